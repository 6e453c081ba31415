"""The gate: lists that are a part are stopped, honest ones are not."""

import polars as pl
import pytest

from gapmatch.gate import STOP, WARNING, compare_quarters, inspect_lists, inspect_reviews
from gapmatch.gate.findings import Lists
from gapmatch.settings.gate_thresholds import GateSettings
from gapmatch.wording.gate_sentences import describe_finding

GATE = GateSettings()
COUNTIES = ("东山县", "西河区", "南岭县", "北湖县")


def make_lists(
    matched: float = 0.3,
    *,
    firms: int = 1_200,
    units: int | None = None,
    without: tuple[str, ...] = (),
    headcount: int = 30,
    counties: tuple[str, ...] = COUNTIES,
) -> Lists:
    """Lists of a prefecture: every tenth firm declares ``headcount`` workers, and is matched twice as often."""
    rows = []
    for number in range(firms):
        county = counties[number % len(counties)]
        large = number % 10 == 0
        chance = min(1.0, matched * (2 if large else 1))
        found = county not in without and (number // 10 * 37 + number * 11) % 100 < 100 * chance
        rows.append(
            (number, county, headcount if large else 3, "insured" if found else "uninsured")
        )
    frame = pl.DataFrame(
        rows,
        schema={
            "firm": pl.UInt32,
            "county_name": pl.String,
            "declared_headcount": pl.Int64,
            "status": pl.String,
        },
        orient="row",
    ).with_columns(duplicate_of=pl.lit(None, pl.UInt32))
    count = int(0.4 * firms) if units is None else units
    there = [c for c in counties if c not in without]
    unit_frame = pl.DataFrame(
        {
            "unit": pl.Series(range(count), dtype=pl.UInt32),
            "county_name": [there[n % len(there)] for n in range(count)],
            "insured_total": pl.Series([5] * count, dtype=pl.Int64),
        }
    )
    return Lists(frame.drop("status"), unit_frame, frame.select("firm", "status"))


def codes(findings, severity=STOP):
    return {f.code for f in findings if f.severity == severity}


def test_a_whole_list_earns_no_finding():
    assert inspect_lists(make_lists(), GATE, verify=False) == []


@pytest.mark.parametrize(
    ("lists", "expected", "why"),
    [
        (make_lists(0.1), {"few_large_matched"}, "large employers are known to every bureau"),
        (make_lists(0.05, units=100, headcount=3), {"few_units"}, "a tenth of the usual units"),
        (
            make_lists(without=("东山县", "西河区", "南岭县")),
            {"few_large_matched", "counties_without_units"},
            "one county's units for four counties' firms",
        ),
        (make_lists(0.1, firms=200), set(), "a short list proves nothing"),
        (
            make_lists(0.1, units=100_000, headcount=3),
            set(),
            "many units, few in common: two real lists",
        ),
    ],
)
def test_a_part_of_the_units_is_stopped_in_a_first_quarter(lists, expected, why):
    assert codes(inspect_lists(lists, GATE, verify=False)) == expected, why


def test_one_county_without_units_is_a_warning():
    counties = tuple(f"第{n}县" for n in range(10))
    lists = make_lists(firms=3_000, counties=counties, without=("第3县",))
    assert codes(inspect_lists(lists, GATE, verify=False), WARNING) == {"counties_without_units"}
    assert codes(inspect_lists(lists, GATE, verify=False)) == set()


def test_a_list_to_verify_may_match_nobody():
    assert inspect_lists(make_lists(0.0, units=50), GATE, verify=True) == []


@pytest.mark.parametrize(
    ("now", "expected", "why"),
    [
        (make_lists(), set(), "the same again"),
        (make_lists(firms=1_100), set(), "a few firms fewer"),
        (
            make_lists(units=300),
            {"drop_of_units", "drop_of_insured_persons"},
            "a third of the units gone",
        ),
        (make_lists(firms=800, units=480), {"drop_of_firms"}, "a third of the firms gone"),
        (make_lists(0.15), {"drop_of_matched_share"}, "half of the matches gone"),
        (make_lists(without=("东山县",)), {"county_gone"}, "a county's units gone"),
        (make_lists(headcount=3), set(), "the median firm declares as many as before"),
    ],
)
def test_what_fell_away_since_last_quarter_is_stopped(now, expected, why):
    found = codes(compare_quarters(now, make_lists(), "2022Q3", GATE))
    assert expected <= found, why
    if not expected:
        assert found == set(), why


def test_a_headcount_column_that_means_something_else_is_stopped():
    before, now = make_lists(), make_lists()
    tenfold = now.firms.with_columns(pl.col("declared_headcount") * 10)
    found = compare_quarters(Lists(tenfold, now.units, now.gaps), before, "2022Q3", GATE)
    assert codes(found) == {"headcount_changed_meaning"}


def test_an_unknown_number_of_insured_persons_is_no_drop():
    now = make_lists()
    unknown = now.units.with_columns(insured_total=pl.lit(None, pl.Int64))
    found = compare_quarters(Lists(now.firms, unknown, now.gaps), make_lists(), "2022Q3", GATE)
    assert found == []


@pytest.mark.parametrize(
    ("false_gaps", "missed_gaps", "expected"),
    [(0.0, 0.0, set()), (0.6, 0.3, set()), (0.6, 0.4, {"review_budget_exhausted"})],
)
def test_doubt_that_was_cut_off_is_a_warning_if_it_costs_an_error(
    false_gaps, missed_gaps, expected
):
    unreviewed = {"pairs": 40, "false_gaps": false_gaps, "missed_gaps": missed_gaps}
    found = inspect_reviews(unreviewed, 300, GATE)
    assert {finding.code for finding in found} == expected
    assert {finding.severity for finding in found} <= {WARNING}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_finding_is_a_sentence_with_its_numbers(language):
    lists = make_lists(0.05, units=100, without=("东山县", "西河区"))
    for finding in [
        *inspect_lists(lists, GATE, verify=False),
        *compare_quarters(lists, make_lists(), "2022Q3", GATE),
        *inspect_reviews({"pairs": 9, "false_gaps": 3.2, "missed_gaps": 1.0}, 300, GATE),
    ]:
        sentence = describe_finding(finding.code, finding.values, language)
        assert "{" not in sentence
