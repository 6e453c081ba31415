"""Units whose last paid month is long past, although no status says that they stopped."""

import polars as pl
import pytest

from gapmatch.gate.row_dates import find_units_in_arrears
from gapmatch.schemas import LINES
from gapmatch.settings.gate_thresholds import GateSettings
from gapmatch.settings.load import load_settings
from gapmatch.status.quarter_end import drop_later_ends, prepare_units
from gapmatch.vocabulary.arrears import count_paid_months, find_arrears

SETTINGS = load_settings()


def units(*rows):
    """Return a hundred units, of which each of ``rows`` gives a number, a month and a status."""
    listed = [(month, status) for count, month, status in rows for _ in range(count)]
    columns = {f"{line}_status": [status for _month, status in listed] for line in LINES}
    months = [month for month, _status in listed]
    return pl.DataFrame(
        {"last_paid_month": months, **columns},
        schema_overrides=dict.fromkeys(("last_paid_month", *columns), pl.String),
    )


@pytest.mark.parametrize(
    ("rows", "overdue", "code", "why"),
    [
        ([(95, "202212", "正常"), (5, "202111", "正常")], 5, "units_in_arrears", "thirteen months"),
        ([(95, "202212", None), (5, "202111", None)], 5, "units_in_arrears", "no status at all"),
        ([(95, "202212", "正常"), (5, "202112", "正常")], 0, None, "twelve months may be deferred"),
        ([(95, "202212", "正常"), (5, "202101", "停保")], 0, None, "the status says so itself"),
        ([(95, "202212", "正常"), (5, None, "正常")], 0, None, "no month is known"),
        ([(99, "202212", "正常"), (1, "202101", "正常")], 1, None, "one of a hundred"),
        ([(50, "202212", "正常"), (50, "201905", "正常")], 0, "months_not_believed",
         "the column has the months of enrollment"),
    ],
)  # fmt: skip
def test_units_that_pay_no_more_are_found_by_their_month(rows, overdue, code, why):
    listed = units(*rows)
    found = find_arrears(
        count_paid_months(listed, SETTINGS.statuses.payment), "2022Q4", SETTINGS.gap
    )
    going_on = listed.filter(pl.col("pension_status").fill_null("") != "停保")
    current = prepare_units(going_on, "2022Q4", found.paid_since, SETTINGS.gap)
    assert current["overdue"].count() == overdue, why
    codes = [finding.code for finding in find_units_in_arrears(found, GateSettings())]
    assert codes == ([code] if code else []), why


@pytest.mark.parametrize(
    ("status", "holds", "why"),
    [
        ("停保（2022-12-31起）", True, "the last day of the quarter"),
        ("停保（2023-01-01起）", False, "the day after"),
        ("停保（2019-06-30起）", True, "long ago"),
        ("停保", True, "no day"),
        ("正常（2023年起缓缴）", True, "another text"),
    ],
)
def test_a_status_from_a_day_after_the_quarter_does_not_hold_yet(status, holds, why):
    for column in ("pension_status", "status"):
        rows = drop_later_ends(pl.DataFrame({column: [status, None]}), "2022Q4")
        assert rows[column].to_list() == [status if holds else None, None], why


def test_who_owes_since_more_than_a_year_pays_no_more():
    months = ["2022-01", "2021-12", "2018-05"]
    statuses = {"pension_status": [f"欠费（{month}-01起）" for month in months]}
    rows = pl.DataFrame(
        {**statuses, "last_paid_month": [None] * 3}, schema_overrides={"last_paid_month": pl.String}
    )
    settled = prepare_units(rows, "2022Q4", None, SETTINGS.gap)["pension_status"].to_list()
    assert settled == [
        "欠费（2022-01-01起）",
        "长期欠费（2021-12-01起）",
        "长期欠费（2018-05-01起）",
    ]
    assert "长期欠费" in SETTINGS.statuses.payment["stopped"]
