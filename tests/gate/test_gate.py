"""The gate: lists that are a part are stopped, honest ones are not."""

import random
from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from gapmatch.gate.compare_quarters import compare_quarters
from gapmatch.gate.content import find_repeated_content, find_repeats, read_contents
from gapmatch.gate.file_doubts import (
    FileColumns,
    FileLength,
    find_doubtful_columns,
    find_export_limits,
    find_fields_behind_header,
    find_hidden_rows,
    find_missing_columns,
    find_repeated_units,
    find_stated_statuses,
)
from gapmatch.gate.findings import STOP, WARNING, QuarterLists, count_lost
from gapmatch.gate.inspect_lists import find_uncounted_units, inspect_lists
from gapmatch.gate.missing_rows import SheetLength, find_missing_rows
from gapmatch.gate.row_dates import (
    find_no_new_units,
    find_older_firms,
    find_other_months,
    find_other_periods,
    find_several_quarters,
)
from gapmatch.linkage.classify import add_lost_units
from gapmatch.read import Side
from gapmatch.schemas import DEFECTS, FIRMS, UNITS
from gapmatch.settings.gate_thresholds import GateSettings
from gapmatch.wording.note_sentences import describe_finding, list_findings

GATE = GateSettings()
COUNTIES = ("东山县", "西河区", "南岭县", "北湖县")


def make_lists(
    matched: float = 0.3,
    *,
    firms: int = 1_200,
    units: int | None = None,
    without: tuple[str, ...] = (),
    headcount: int | None = 30,
    counties: tuple[str, ...] = COUNTIES,
    verify: bool = False,
) -> QuarterLists:
    """Lists of a prefecture: every tenth firm declares ``headcount`` workers, and is matched twice as often."""
    rows = []
    shuffled = random.Random(7).sample(range(firms), firms)
    for number in range(firms):
        county = counties[number % len(counties)]
        large = number % 10 == 0
        chance = min(1.0, matched * (2 if large else 1))
        found = county not in without and (number // 10 * 37 + number * 11) % 100 < 100 * chance
        rows.append(
            {
                "firm": number,
                "clean_name": f"{shuffled[number]:06}商贸有限公司",
                "code_text": f"91{number:016}",
                "code_kind": "credit_code",
                "uscc_valid": True,
                "uscc": f"91{shuffled[number]:016}",
                "county_name": county,
                "declared_headcount": None if headcount is None else headcount if large else 3,
                "sales": 900_000.0 if large else 50_000.0,
                "status": "insured" if found else "uninsured",
                "insured_count": 4 if found else None,
                "unit": number // 3 if found else None,
            }
        )
    types = {
        "firm": pl.UInt32,
        "unit": pl.UInt32,
        "declared_headcount": pl.Int64,
        "insured_count": pl.Int64,
    }
    frame = FIRMS.complete(pl.DataFrame(rows, schema_overrides=types))
    count = int(0.4 * firms) if units is None else units
    there = [c for c in counties if c not in without]
    unit_frame = UNITS.complete(
        pl.DataFrame(
            {
                "unit": pl.Series(range(count), dtype=pl.UInt32),
                "unit_id": [f"{there[n % len(there)]}{n:06}" for n in range(count)],
                "clean_name": [f"{there[n % len(there)]}单位{n}" for n in range(count)],
                "county_name": [there[n % len(there)] for n in range(count)],
                "legal_form": "有限公司",
                "insured_total": pl.Series([5] * count, dtype=pl.Int64),
            }
        )
    )
    gaps = frame.select("firm", "status", "insured_count", "unit")
    return QuarterLists(frame.drop("status", "insured_count", "unit"), unit_frame, gaps, verify)


def with_firms(lists: QuarterLists, **columns) -> QuarterLists:
    return replace(lists, firms=lists.firms.with_columns(**columns))


def with_units(lists: QuarterLists, **columns) -> QuarterLists:
    return replace(lists, units=lists.units.with_columns(**columns))


def matched_only_where(lists: QuarterLists, condition: pl.Expr) -> QuarterLists:
    """Lists whose firms are matched only where ``condition`` on FIRMS holds."""
    gaps = lists.gaps.join(lists.firms.select("firm", there=condition), on="firm")
    found = pl.when("there").then("status").otherwise(pl.lit("uninsured"))
    return replace(lists, gaps=gaps.with_columns(status=found).drop("there"))


def codes(findings, severity=STOP):
    return {f.code for f in findings if f.severity == severity}


def test_a_whole_list_earns_no_finding():
    assert inspect_lists(make_lists(), GATE) == []


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
    assert codes(inspect_lists(lists, GATE)) == expected, why


@pytest.mark.parametrize(
    ("share", "units", "headcount", "sales", "expected", "why"),
    [
        (0.15, 300, None, None, {"fewer_units_than_expected"}, "two thirds of a list without any sizes"),
        (0.21, 470, None, None, set(), "a whole list without any sizes"),
        (0.15, 470, None, None, set(), "few matched, but many units"),
        (0.20, 340, 30, None, {"fewer_units_than_expected"}, "two thirds: of large firms too few are found"),
        (0.20, 340, None, 1.0, {"fewer_units_than_expected"}, "the same by sales"),
        (0.20, 470, 30, None, set(), "few of the large, but units for so many firms"),
        (0.26, 340, 30, None, set(), "few units, but firms matched as elsewhere"),
        (0.18, 250, 30, None, {"few_units"}, "half of a list in which many are enrolled"),
        (0.18, 250, None, None, {"fewer_units_than_expected"}, "the same without any sizes: it cannot be told"),
        (0.12, 250, None, None, {"few_units"}, "half of a list in which few are enrolled"),
    ],
)  # fmt: skip
def test_part_of_the_units_shows_in_several_shares_at_once(
    share, units, headcount, sales, expected, why
):
    lists = make_lists(share, units=units, headcount=headcount)
    lists = with_firms(lists, sales=pl.lit(sales, dtype=pl.Float64))
    codes_found = {f.code for f in inspect_lists(lists, GATE)}
    assert codes_found & {"few_units", "fewer_units_than_expected"} == expected, why


def test_few_units_are_no_doubt_if_large_employers_are_there():
    """A tax list of all sole traders has few units a firm, and few of them matched."""
    lists = make_lists(0.2, units=250)
    large = pl.col("declared_headcount") >= GATE.large_headcount
    gaps = lists.gaps.join(lists.firms.select("firm", large=large), on="firm")
    status = pl.when("large").then(pl.lit("insured")).otherwise("status")
    assert inspect_lists(replace(lists, gaps=gaps.with_columns(status=status)), GATE) == []


@pytest.mark.parametrize(
    ("status", "why"),
    [
        ("covered_by_parent", "branches of firms enrolled in other counties"),
        ("review", "pairs in review with units of other counties"),
    ],
)
def test_a_county_without_units_shows_whatever_its_firms_are_besides(status, why):
    """A quarter of its firms are half-found elsewhere; units of its own there are none."""
    lists = make_lists(0.4, without=("西河区",))
    gaps = lists.gaps.join(lists.firms.select("firm", "county_name"), on="firm")
    there = (pl.col("county_name") == "西河区") & (pl.col("firm") % 16 == 1)
    gaps = gaps.with_columns(status=pl.when(there).then(pl.lit(status)).otherwise("status"))
    found = inspect_lists(replace(lists, gaps=gaps.drop("county_name")), GATE)
    named = [f.values["counties"] for f in found if f.code == "counties_without_units"]
    assert named == [["西河区"]], why


def test_counties_of_units_that_the_tax_list_lacks_are_named():
    lists = make_lists()
    here = pl.col("county_name").is_in(["东山县", "西河区"])
    part = replace(lists, firms=lists.firms.filter(here))
    part = replace(part, gaps=part.gaps.join(part.firms.select("firm"), on="firm"))
    found = [f for f in inspect_lists(part, GATE) if f.code == "counties_without_firms"]
    assert [f.values["counties"] for f in found] == [["北湖县", "南岭县"]]
    assert found[0].severity == WARNING
    assert "counties_without_firms" not in codes(inspect_lists(lists, GATE), WARNING)


TENTH_COUNTIES = tuple(f"第{n}县" for n in range(10))


@pytest.mark.parametrize(
    ("lists", "expected", "why"),
    [
        (make_lists(headcount=None), set(), "a whole list without headcounts"),
        (
            make_lists(0.15, headcount=None),
            {"few_large_taxpayers_matched"},
            "half of the units, no headcounts: the firms with the highest sales are missed",
        ),
        (
            with_firms(make_lists(0.12, units=230, headcount=None), sales=None),
            {"few_units"},
            "half of the units, names and codes alone: 0.2 units a firm, 0.13 matched",
        ),
        (
            matched_only_where(make_lists(0.9), pl.col("clean_name") < "0008"),
            {"missing_end"},
            "units were cut in the order of names",
        ),
        (
            matched_only_where(make_lists(0.9), pl.col("uscc") > f"91{360:016}"),
            {"missing_end"},
            "units from the beginning of the order of codes are missing",
        ),
        (
            matched_only_where(make_lists(0.9), pl.col("clean_name") < "00115"),
            set(),
            "a short end without matches proves nothing",
        ),
        (
            matched_only_where(make_lists(0.9), ~pl.col("clean_name").str.contains("^0004|^0005")),
            {"missing_end"},
            "units from the middle of the order of names are missing: a sheet was not exported",
        ),
        (
            matched_only_where(
                make_lists(0.9),
                ~pl.col("uscc").str.slice(2).cast(pl.Int64).is_between(500, 700)
                | (pl.col("firm") % 20 == 1),
            ),
            {"missing_end"},
            "a few of another list are among those of the middle of the order of codes",
        ),
        (
            matched_only_where(
                make_lists(0.9),
                ~pl.col("clean_name").str.contains("^0004|^0005") | (pl.col("firm") % 2 == 1),
            ),
            set(),
            "names of a trade that is enrolled half as often stand together",
        ),
        (
            matched_only_where(
                make_lists(0.9), ~pl.col("clean_name").str.contains("^00040|^00041")
            ),
            set(),
            "a short run without matches proves nothing",
        ),
        (
            matched_only_where(
                make_lists(0.9), (pl.col("county_name") == "东山县") | (pl.col("firm") % 100 == 1)
            ),
            {"counties_without_units"},
            "a stray match in each county does not clear it",
        ),
        (
            matched_only_where(
                make_lists(0.6), (pl.col("county_name") != "东山县") | (pl.col("firm") % 8 < 5)
            ),
            set(),
            "a county that is enrolled half as often is an honest one",
        ),
    ],
)
def test_a_part_shows_without_headcounts_in_order_and_by_shares(lists, expected, why):
    assert codes(inspect_lists(lists, GATE)) == expected, why


@pytest.mark.parametrize(
    ("lists", "expected", "why"),
    [
        (make_lists(0.05, verify=True), set(), "few are matched: so the list claims"),
        (make_lists(0.9, verify=True), {"verify_many_matched"}, "most are matched"),
        (
            make_lists(0.05, verify=True, counties=TENTH_COUNTIES, without=("第3县",)),
            {"counties_without_units"},
            "units of a county are missing",
        ),
        (
            with_units(
                make_lists(verify=True, counties=TENTH_COUNTIES, without=("第3县",)),
                county_name=pl.lit("未知"),
            ),
            set(),
            "no unit has a county",
        ),
    ],
)
def test_a_list_to_verify_has_checks_of_its_own(lists, expected, why):
    assert codes(inspect_lists(lists, GATE), WARNING) == expected, why


@pytest.mark.parametrize(
    ("insured", "expected", "why"),
    [
        (4, set(), "insured and declared are of one order"),
        (90, {"persons_do_not_fit"}, "ten times as many insured as declared"),
        (None, set(), "unknown is no finding"),
    ],
)
def test_persons_insured_must_fit_persons_declared(insured, expected, why):
    lists = make_lists()
    gaps = lists.gaps.with_columns(insured_count=pl.lit(insured, pl.Int64))
    assert codes(inspect_lists(replace(lists, gaps=gaps), GATE), WARNING) == expected, why


@pytest.mark.parametrize(
    ("lists", "expected", "why"),
    [
        (make_lists(0.9), set(), "most enterprises pay tax"),
        (make_lists(0.9, units=1_200), {"unanswered_enterprises"}, "a third is in the tax list"),
        (
            with_units(make_lists(0.9, units=1_200), legal_form=pl.lit("")),
            set(),
            "public bodies are in no tax list",
        ),
        (
            with_firms(make_lists(0.9), uscc_valid=pl.lit(value=False)),
            {"invalid_codes"},
            "no code is valid",
        ),
        (
            with_firms(make_lists(0.9), uscc_valid=None, code_kind=pl.lit(None, pl.String)),
            set(),
            "no code is given",
        ),
    ],
)
def test_a_part_of_the_tax_list_and_codes_that_are_none_are_warned_of(lists, expected, why):
    assert codes(inspect_lists(lists, GATE), WARNING) == expected, why


@pytest.mark.parametrize(
    ("now", "stops", "warnings", "why"),
    [
        (make_lists(), set(), set(), "the same again"),
        (with_firms(make_lists(), uscc_valid=None), {"valid_codes"}, set(), "no valid code"),
        (with_units(make_lists(), county_name=pl.lit("未知")), {"counties"}, set(), "no county"),
        (with_firms(make_lists(), sales=None), set(), {"sales"}, "no amounts"),
        (
            with_units(make_lists(), insured_total=pl.lit(None, pl.Int64)),
            set(),
            {"insured_persons"},
            "no counts",
        ),
        (make_lists(headcount=None, verify=True), set(), set(), "a list to verify"),
    ],
)
def test_a_column_that_emptied_is_found(now, stops, warnings, why):
    found = [f for f in compare_quarters(now, make_lists(), "2022Q3", GATE) if "what" in f.values]
    assert {f.values["what"] for f in found if f.severity == STOP} == stops, why
    assert {f.values["what"] for f in found if f.severity == WARNING} == warnings, why


@pytest.mark.parametrize(
    ("sheet_rows", "data_rows", "expected"),
    [
        (65_536, 65_535, [("sheet_full", STOP)]),
        (10_003, 10_000, [("rows_at_limit", WARNING)]),
        (9_007, 9_006, []),
    ],
)
def test_a_file_as_long_as_an_export_can_be_is_found(sheet_rows, data_rows, expected):
    lengths = [FileLength("enrollment", "a.xls", sheet_rows, data_rows)]
    assert [(f.code, f.severity) for f in find_export_limits(lengths)] == expected


@pytest.mark.parametrize(
    ("sheets", "expected", "why"),
    [
        ([("a", 100, 0), ("a", 50, 0)], [], "nothing is hidden"),
        ([("a", 100, 1)], [("a", 1, 100)], "a single row"),
        ([("a", 100, 30), ("a", 50, 40), ("b", 9, 0)], [("a", 70, 150)], "two sheets of a file"),
        ([("a", 9, 9), ("b", 9, 2)], [("a", 9, 9), ("b", 2, 9)], "two files"),
    ],
)
@pytest.mark.parametrize("side", Side)
def test_hidden_rows_are_named_for_each_file(sheets, expected, why, side):
    lengths = [FileLength(str(side), file, 999, rows, hidden) for file, rows, hidden in sheets]
    found = list(find_hidden_rows(lengths))
    named = [(f.values["file"], f.values["hidden"], f.values["rows"]) for f in found]
    assert named == expected, why
    assert {f.severity for f in found} <= {WARNING}


A, B = {"name": "名称", "address": "地址"}, {"name": "企业名称"}


@pytest.mark.parametrize(
    ("files", "expected", "why"),
    [
        ([A, B], [(["1.parquet"], ("地址",))], "a part without a column that the other has"),
        ([A, A, B, B], [(["2.parquet", "3.parquet"], ("地址",))], "two parts of one kind"),
        ([B, B, A], [], "a column that most parts do not have"),
        ([A, A], [], "the same columns"),
        ([B], [], "a single file"),
    ],
)
def test_a_part_that_lacks_columns_of_the_others_is_named(files, expected, why):
    listed = [FileColumns("tax", f"{n}.parquet", headers) for n, headers in enumerate(files)]
    found = find_missing_columns([*listed, FileColumns("enrollment", "u.csv", {"unit_id": "编号"})])
    assert [(f.values["files"], f.values["columns"]) for f in found] == expected, why


def test_one_county_without_units_is_a_warning():
    lists = make_lists(firms=3_000, counties=TENTH_COUNTIES, without=("第3县",))
    assert codes(inspect_lists(lists, GATE), WARNING) == {"counties_without_units"}
    assert codes(inspect_lists(lists, GATE)) == set()


OPENED = pl.lit(date(2022, 12, 20)) - pl.duration(days=3 * pl.col("firm").cast(pl.Int64))
"""A firm was opened every three days, the last one first."""


@pytest.mark.parametrize(
    ("matched", "opened", "expected", "why"),
    [
        (pl.col("firm") > 400, OPENED, {"missing_end"}, "of firms opened since 2019 none is found"),
        (pl.col("firm") > 130, OPENED, set(), "firms of the last year insure nobody as yet"),
        (
            (pl.col("firm") > 400) | (pl.col("firm") % 2 == 1),
            OPENED,
            set(),
            "young ones insure less",
        ),
        (pl.col("firm") > 400, pl.lit(None, pl.Date), set(), "no date is known"),
    ],
)
def test_units_that_came_last_are_missed(matched, opened, expected, why):
    lists = with_firms(make_lists(0.9), open_date=opened)
    found = inspect_lists(matched_only_where(lists, matched), GATE)
    assert {f.code for f in found if f.values.get("order") == "open_date"} == expected, why
    assert all(f.severity == WARNING for f in found if f.values.get("order") == "open_date")


@pytest.mark.parametrize(
    ("newest", "expected", "why"),
    [
        (date(2022, 12, 1), set(), "units enroll until the quarter ends"),
        (date(2022, 3, 1), set(), "a small place, in which hardly any does"),
        (date(2021, 11, 1), {"no_new_units"}, "nobody enrolled for more than a year"),
        (None, set(), "no date is known"),
    ],
)
def test_a_list_without_new_units_is_named(newest, expected, why):
    days = pl.duration(days=10 * pl.col("unit").cast(pl.Int64))
    lists = with_units(make_lists(), enroll_date=(pl.lit(newest, pl.Date) - days).cast(pl.Date))
    assert {f.code for f in find_no_new_units(lists, "2022Q4", GATE)} == expected, why


def make_small_county(firms=40, units=0, division="520303") -> QuarterLists:
    """Lists with one small county, of whose firms none is matched."""
    lists = make_lists(0.3, units=700)
    small = pl.when(pl.col("firm") < firms).then(pl.lit("小湾县")).otherwise("county_name")
    place = pl.when(pl.col("firm") < firms).then(pl.lit(division)).otherwise(pl.lit("520304"))
    lists = with_firms(lists, county_name=small, division=place)
    lists = matched_only_where(lists, pl.col("firm") >= firms)
    own = pl.when(pl.col("unit") < units).then(pl.lit("小湾县")).otherwise("county_name")
    return with_units(lists, county_name=own)


@pytest.mark.parametrize(
    ("lists", "expected", "why"),
    [
        (make_small_county(), {"小湾县"}, "too few firms for shares, and no unit at all"),
        (make_small_county(14), {"小湾县"}, "eight units should be there"),
        (make_small_county(8), set(), "so few firms may have none by chance"),
        (make_small_county(units=1), set(), "a unit is there, if only the county's office"),
        (make_small_county(division="530102"), set(), "firms of another prefecture, that pay here"),
        (with_units(make_small_county(), county_name=pl.lit("未知")), set(), "units say no county"),
    ],
)
def test_a_small_county_without_any_unit_is_named(lists, expected, why):
    found = inspect_lists(lists, GATE)
    named = [f for f in found if f.code == "counties_without_units"]
    assert {county for f in named for county in f.values["counties"]} == expected, why
    assert all(f.severity == WARNING for f in named)


@pytest.mark.parametrize(
    ("lists", "whole", "why"),
    [
        (make_lists(0.2, units=330), 0.36, "two thirds of the units"),
        (make_lists(0.08, units=200), 0.2, "half of them"),
        (make_lists(0.3, without=("东山县",)), 0.3, "a county is missing"),
    ],
)
def test_what_may_be_lacking_widens_what_is_stated(lists, whole, why):
    found = inspect_lists(lists, GATE)
    lost = count_lost(f.values for f in found)
    matched = int(lists.originals["matched"].sum())
    assert matched + lost >= whole * lists.originals.height, why
    stated = {"false_gaps": {"value": 2.0, "low": 0.0, "high": 5.0}}
    widened = add_lost_units(stated, lost)["false_gaps"]
    assert widened == {"value": 2.0, "low": 0.0, "high": 5.0 + lost}


def test_a_whole_list_widens_nothing():
    assert count_lost(f.values for f in inspect_lists(make_lists(), GATE)) == 0


@pytest.mark.parametrize(
    ("firms", "elsewhere", "severity", "why"),
    [
        (400, 400, STOP, "a list of another prefecture"),
        (40, 40, STOP, "a short one: each row says so itself"),
        (400, 210, STOP, "a list of two prefectures, ours the smaller"),
        (400, 120, WARNING, "a list of two prefectures, ours the larger"),
        (400, 20, None, "a few are registered elsewhere"),
        (6, 4, None, "so few are seen row by row"),
        (400, 0, None, "our own"),
    ],
)
def test_rows_of_other_prefectures_are_seen(firms, elsewhere, severity, why):
    lists = make_lists(0.05, firms=firms, verify=True)
    place = pl.when(pl.col("firm") < elsewhere).then(pl.lit("昆明市"))
    lists = replace(lists, gaps=lists.gaps.with_columns(other_place=place))
    found = [f for f in inspect_lists(lists, GATE) if f.code == "rows_elsewhere"]
    assert [f.severity for f in found] == [severity] * (severity is not None), why
    assert all(f.values["places"] == ["昆明市"] for f in found)


def test_a_list_to_verify_may_match_nobody():
    assert inspect_lists(make_lists(0.0, units=50, verify=True), GATE) == []


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


@pytest.mark.parametrize(
    ("columns", "expected", "why"),
    [
        (
            {"declared_headcount": pl.col("declared_headcount") * 10},
            {"headcount_changed_meaning"},
            "persons ten times as many",
        ),
        (
            {"sales": pl.col("sales") / 10_000},
            {"amount_changed_meaning"},
            "yuan became ten thousand yuan",
        ),
        ({"sales": pl.col("sales") / 4}, set(), "sales begin anew with the year"),
        ({"sales": pl.lit(None, pl.Float64)}, set(), "unknown is no change"),
    ],
)
def test_a_column_that_means_something_else_is_stopped(columns, expected, why):
    now = with_firms(make_lists(), **columns)
    assert codes(compare_quarters(now, make_lists(), "2022Q3", GATE)) == expected, why


SOME = pl.when(pl.col("unit") % 3 == 0).then(None).otherwise(pl.lit(5, pl.Int64))


@pytest.mark.parametrize(
    ("columns", "expected", "why"),
    [
        ({"insured_total": pl.lit(None, pl.Int64)}, set(), "all unknown"),
        ({"insured_total": SOME}, set(), "a third unknown is not zero"),
        (
            {"insured_total": pl.lit(None, pl.Int64), "injury_insured": pl.lit(1, pl.Int64)},
            set(),
            "another column than last quarter's counts something else",
        ),
        ({"insured_total": pl.lit(2, pl.Int64)}, {"drop_of_insured_persons"}, "a real drop"),
    ],
)
def test_insured_persons_are_compared_like_with_like(columns, expected, why):
    now = with_units(make_lists(), **columns)
    assert codes(compare_quarters(now, make_lists(), "2022Q3", GATE)) == expected, why


@pytest.mark.parametrize(
    ("now", "stops", "warnings", "why"),
    [
        (
            with_firms(make_lists(), county_name=pl.col("county_name").replace("东山县", "东山市")),
            set(),
            {"county_renamed"},
            "the firms of the county stand under a new name",
        ),
        (
            with_units(
                make_lists(),
                county_name=pl.when(pl.col("unit") < 9)
                .then("county_name")
                .otherwise(pl.col("county_name").replace("东山县", "西河区")),
                unit_id=pl.format("新{}", "unit_id"),
                clean_name=pl.format("新{}", "clean_name"),
            ),
            {"county_gone"},
            set(),
            "a few strays do not make a county",
        ),
    ],
)
def test_a_county_is_gone_only_if_its_rows_are(now, stops, warnings, why):
    found = compare_quarters(now, make_lists(), "2022Q3", GATE)
    assert codes(found) == stops, why
    assert codes(found, WARNING) == warnings, why


@pytest.mark.parametrize(
    ("left", "expected", "why"), [(40, {"county_fell"}, "less than half"), (60, set(), "more")]
)
def test_a_county_that_lost_half_of_its_units_is_named(left, expected, why):
    lists = make_lists(firms=4_000)
    there = (pl.col("county_name") != "东山县") | (pl.col("unit") // 4 % 100 < left)
    now = replace(lists, units=lists.units.filter(there))
    assert codes(compare_quarters(now, lists, "2022Q3", GATE), WARNING) == expected, why


@pytest.mark.parametrize(
    ("columns", "expected", "why"),
    [
        ({}, set(), "all have a count"),
        ({"insured_total": SOME}, {"persons_unknown"}, "a third without a count and a status"),
        ({"insured_total": None}, set(), "a list without counts"),
        ({"insured_total": SOME, "injury_status": pl.lit("正常")}, set(), "a status says so"),
        ({"insured_total": SOME, "injury_insured": pl.lit(3)}, set(), "of one line it is known"),
    ],
)
def test_units_of_which_nothing_is_known_are_named(columns, expected, why):
    units = with_units(make_lists(), **columns).units
    assert {f.code for f in find_uncounted_units(units)} == expected, why


@pytest.mark.parametrize(
    ("now", "before", "stops", "why"),
    [
        (make_lists(firms=400, units=480, verify=True), make_lists(verify=True), set(), "shorter"),
        (make_lists(verify=True), make_lists(0.9), set(), "another kind of list"),
        (
            make_lists(verify=True, units=200),
            make_lists(verify=True),
            {"drop_of_units", "drop_of_insured_persons"},
            "the units are compared all the same",
        ),
    ],
)
def test_lists_to_verify_are_drawn_up_anew(now, before, stops, why):
    assert codes(compare_quarters(now, before, "2022Q3", GATE)) == stops, why


def rows_of(amount: float | None = 5.0, rows: int = 400) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "source_file": ["a.csv"] * rows,
            "is_duplicate": [False] * rows,
            "seq": [str(n) for n in range(rows)],
            "name": [f"第{n}公司" for n in range(rows)],
            "sales": pl.Series([amount] * rows, dtype=pl.Float64),
        }
    )


@pytest.mark.parametrize(
    ("now", "expected", "why"),
    [
        (
            rows_of().reverse().with_columns(source_file=pl.lit("b.xlsx"), seq=pl.lit("1")),
            [("same_rows", STOP)],
            "another format and order",
        ),
        (
            rows_of().with_columns(
                source_file=pl.when(pl.int_range(400) < 200)
                .then(pl.lit("甲.xlsx"))
                .otherwise(pl.lit("乙.xlsx"))
            ),
            [("same_rows_of_side", STOP)],
            "one file became two",
        ),
        (rows_of(6.0), [], "the same firms with new figures"),
        (rows_of().head(399), [], "one firm fewer"),
    ],
)
def test_what_another_quarter_was_made_from_is_known_by_its_contents(now, expected, why):
    earlier = {content.digest: "2022Q3" for content in read_contents(rows_of()).values()}
    found = find_repeated_content("tax", read_contents(now), earlier, GATE)
    assert [(f.code, f.severity) for f in found] == expected, why


def test_a_short_list_without_amounts_may_stay_the_same():
    rows = read_contents(rows_of(None, rows=60))
    earlier = {content.digest: "2022Q3" for content in rows.values()}
    (finding,) = find_repeated_content("enrollment", rows, earlier, GATE)
    assert finding.severity == WARNING


@pytest.mark.parametrize(
    ("lists", "expected", "why"),
    [
        (make_lists(), set(), "two lists of a prefecture"),
        (
            replace(make_lists(), units=make_lists().firms),
            {"same_list_on_both_sides"},
            "the tax list on both sides",
        ),
        (
            replace(make_lists(), units=make_lists().firms.head(500)),
            {"same_list_on_both_sides"},
            "a part of the tax list in the place of the units",
        ),
        (
            replace(make_lists(firms=500), units=make_lists().firms),
            {"same_list_on_both_sides"},
            "a part of the units in the place of the tax list",
        ),
        (
            replace(make_lists(firms=500, verify=True), units=make_lists().firms),
            set(),
            "firms to be verified that are all enrolled",
        ),
        (
            with_firms(make_lists(), code_text=(pl.col("firm") // 2).cast(pl.String)),
            {"firms_listed_twice"},
            "both quarters' files, each firm twice",
        ),
    ],
)
def test_a_list_that_is_there_twice_is_stopped(lists, expected, why):
    assert codes(find_repeats(lists, GATE)) == expected, why


def with_persons(lists: QuarterLists, persons: int, *, matched_small: bool) -> QuarterLists:
    """Lists whose units have ``persons`` each; small firms are matched as before, or not at all."""
    sized = with_units(lists, insured_total=pl.lit(persons, dtype=pl.Int64))
    return sized if matched_small else matched_only_where(sized, pl.col("declared_headcount") > 3)


NO_HEADCOUNT = {"declared_headcount": pl.lit(None, dtype=pl.Int64)}


@pytest.mark.parametrize(
    ("lists", "severity", "why"),
    [
        (with_persons(make_lists(), 5, matched_small=False), STOP, "filtered by persons"),
        (with_persons(make_lists(), 5, matched_small=True), None, "odd counts, but nobody lacks"),
        (with_persons(make_lists(), 2, matched_small=False), None, "small units are there"),
        (with_firms(make_lists(), **NO_HEADCOUNT), WARNING, "the size of no firm is known"),
        (make_lists(units=250), None, "few units prove nothing"),
    ],
)
def test_a_list_without_small_units_is_doubted(lists, severity, why):
    found = [f.severity for f in inspect_lists(lists, GATE) if f.code == "no_small_units"]
    assert found == ([severity] if severity else []), why


@pytest.mark.parametrize(
    ("firms", "units", "expected", "why"),
    [
        (500, 0, ["合作社"], "companies alone"),
        (500, 4, ["合作社"], "strays"),
        (500, 20, [], "some are there"),
        (200, 0, [], "few firms have that form"),
    ],
)
def test_legal_forms_that_the_units_lack_are_named(firms, units, expected, why):
    lists = make_lists(0.4)
    form = pl.when(pl.col("firm") < firms).then(pl.lit("合作社")).otherwise(pl.lit("company"))
    of_unit = pl.when(pl.col("unit") < units).then(pl.lit("合作社")).otherwise(pl.lit("company"))
    lists = with_units(with_firms(lists, form_class=form), form_class=of_unit)
    found = [f for f in inspect_lists(lists, GATE) if f.code == "forms_without_units"]
    assert [f.severity for f in found] == [WARNING] * len(expected), why
    assert [form for f in found for form in f.values["forms"]] == expected, why


@pytest.mark.parametrize(
    ("matched", "units", "expected", "why"),
    [
        (0.6, 2_900, {"lists_swapped"}, "more units than firms, and most are found"),
        (0.3, 2_900, set(), "the tax list of one county, the units of all"),
        (0.6, 700, set(), "a prefecture that insures most firms"),
    ],
)
def test_swapped_lists_are_stopped(matched, units, expected, why):
    found = codes(inspect_lists(make_lists(matched, units=units), GATE))
    assert found & {"lists_swapped"} == expected, why


@pytest.mark.parametrize(
    ("rows", "repeated", "expected", "why"),
    [
        (800, 400, {"units_listed_twice"}, "two quarters in one list"),
        (800, 100, set(), "some units have two accounts"),
        (200, 100, set(), "a short list"),
    ],
)
def test_units_listed_twice_are_stopped(rows, repeated, expected, why):
    assert codes(find_repeated_units("参保.csv", rows, repeated, GATE)) == expected, why


@pytest.mark.parametrize(
    ("month", "quarter", "expected", "why"),
    [
        ("202212", "2022Q4", set(), "the quarter's last month"),
        ("202208", "2022Q4", set(), "booked two months late"),
        ("202112", "2022Q4", {"other_months_paid"}, "last year's list"),
        ("202305", "2022Q4", {"other_months_paid"}, "a later list"),
        (None, "2022Q4", set(), "no month is known"),
    ],
)
def test_months_of_another_time_are_stopped(month, quarter, expected, why):
    lists = with_units(make_lists(), last_paid_month=pl.lit(month, dtype=pl.String))
    slip = pl.when(pl.col("unit") == 0).then(pl.lit("209901")).otherwise("last_paid_month")
    lists = with_units(lists, last_paid_month=slip) if month else lists
    assert codes(find_other_months(lists, quarter, GATE)) == expected, why


@pytest.mark.parametrize(
    ("month", "severity", "why"),
    [
        ("202212", None, "the quarter's own"),
        ("202209", WARNING, "declared late, or the list of last quarter"),
        ("202112", STOP, "last year's list"),
    ],
)
def test_periods_of_another_quarter_are_found(month, severity, why):
    found = [f.severity for f in find_other_periods({"清册.xlsx": month}, "2022Q4")]
    assert found == ([severity] if severity else []), why


@pytest.mark.parametrize(
    ("rows", "severity", "why"),
    [
        ({"2022Q4": 1_000}, None, "one quarter"),
        ({"2022Q4": 990, "2022Q3": 10}, None, "late declarations"),
        ({"2022Q4": 950, "2022Q3": 50}, WARNING, "many of them"),
        ({"2022Q4": 500, "2022Q3": 500}, STOP, "two quarters"),
        ({"Q3": 500, "Q4": 500}, STOP, "of no year"),
        ({}, None, "no such column"),
    ],
)
def test_rows_of_several_quarters_are_found(rows, severity, why):
    found = [f.severity for f in find_several_quarters({"a.csv": rows}, GATE.max_missing_rows)]
    assert found == ([severity] if severity else []), why


@pytest.mark.parametrize(
    ("opened", "enrolled", "expected", "why"),
    [
        (date(2022, 11, 1), date(2022, 12, 20), set(), "new firms enroll late"),
        (date(2021, 12, 1), date(2022, 12, 20), {"firms_older_than_units"}, "last year's list"),
        (None, date(2022, 12, 20), set(), "no firm is dated"),
    ],
)
def test_firms_that_are_older_than_all_units_are_found(opened, enrolled, expected, why):
    firms = with_firms(make_lists(), open_date=pl.lit(opened, dtype=pl.Date))
    lists = with_units(firms, enroll_date=pl.lit(enrolled, dtype=pl.Date))
    assert codes(find_older_firms(lists, GATE), WARNING) == expected, why


@pytest.mark.parametrize(
    ("now", "before", "expected", "why"),
    [
        (date(2022, 12, 20), date(2022, 9, 20), set(), "firms open every week"),
        (date(2022, 9, 20), date(2022, 9, 20), set(), "the newest is still the newest"),
        (date(2021, 12, 20), date(2022, 9, 20), {"list_older_than_last"}, "last year's list"),
        (None, date(2022, 9, 20), set(), "no dates now"),
    ],
)
@pytest.mark.parametrize("side", ["tax", "enrollment"])
def test_a_list_older_than_the_last_one_is_stopped(side, now, before, expected, why):
    def dated(day: date | None) -> QuarterLists:
        given = pl.lit(day, dtype=pl.Date)
        lists = make_lists()
        return (
            with_firms(lists, open_date=given)
            if side == "tax"
            else with_units(lists, enroll_date=given)
        )

    found = codes(compare_quarters(dated(now), dated(before), "2022Q3", GATE))
    assert found & {"list_older_than_last"} == expected, why


@pytest.mark.parametrize("code", sorted(list_findings()))
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_sentence_has_its_places_filled(code, language):
    words = {"order": "name", "end": "last", "side": "tax", "column": "sales"}
    numbers = dict.fromkeys(("firms", "matched", "before", "now", "units", "known", "workers"), 1)
    others = {"counties": ["某县"], "file": "a.csv", "quarter": "2022Q3", "newest": "2022Q4"}
    persons = {"insured": 1, "declared": 1, "rows": 1, "repeated": 1, "edge": "x", "what": "sales"}
    doubt = {"pairs": 9, "budget": 300, "false_gaps": 3.2, "missed_gaps": 1.0}
    title = {"run": "2022Q4", "words": "2022Q3"}
    lists = {"held_list": "discover", "given_list": "verify"}
    kinds = {
        "small": 0,
        "elsewhere": 2,
        "places": ["某市"],
        "hidden": 3,
        "persons": 3,
        "forms": ["合作社"],
        "month": "2021-12",
        "status": "停保",
    }
    absurd = {
        "expected": 9,
        "stated": 9.5,
        "found": 8.0,
        "header": "人数",
        "others": 9,
        "quarters": ["2022Q3"],
        "table": "tax",
        "count": 2,
        "row": 3,
        "files": ["a.csv"],
        "columns": ["人数"],
    }
    values = {**words, **numbers, **others, **persons, **doubt, **title, **lists, **absurd, **kinds}
    sentence = describe_finding(code, values, language)
    assert "{" not in sentence


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_file_of_any_source_can_end_where_exports_are_cut(side, language):
    finding = next(find_export_limits([FileLength(str(side), "a.csv", 60_001, 60_000)]))
    assert "a.csv" in describe_finding(finding.code, finding.values, language)


def test_columns_with_numbers_beyond_all_reason_are_named():
    kinds = ["absurd_number", "absurd_number", "negative_number", "absurd_number"]
    defects = DEFECTS.complete(
        pl.DataFrame(
            {
                "source_file": ["乙.csv", "乙.csv", "乙.csv", "甲.csv"],
                "source_row": [7, 3, 2, None],
                "column": ["人数", "人数", "人数", "工资"],
                "kind": kinds,
                "count": [1, 1, 1, 40],
            }
        )
    )
    found = [f.values for f in find_doubtful_columns(defects)]
    assert found == [
        {"file": "乙.csv", "header": "人数", "count": 2, "row": 3},
        {"file": "甲.csv", "header": "工资", "count": 40, "row": 0},
    ]


@pytest.mark.parametrize(
    ("kind", "found", "why"),
    [
        ("status_stated", [{"file": "甲.csv", "status": "停保", "count": 40}], "of a sheet 停保单位"),
        ("status_unknown", [], "a status that nobody stated"),
    ],
)  # fmt: skip
def test_statuses_that_a_title_states_are_named(kind, found, why):
    columns = {"source_file": ["甲.csv"], "kind": [kind], "value": ["停保"], "count": [40]}
    defects = DEFECTS.complete(pl.DataFrame(columns))
    assert [f.values for f in find_stated_statuses(defects)] == found, why


@pytest.mark.parametrize(
    ("kind", "found", "why"),
    [
        ("column_without_header", [("fields_behind_header", WARNING)], "a text in each row"),
        ("columns_may_be_shifted", [("columns_shifted", STOP)], "a number, perhaps in between"),
        ("too_many_fields_joined", [], "a row was mended"),
    ],
)
def test_rows_that_go_on_behind_the_header_are_named(kind, found, why):
    defects = DEFECTS.complete(
        pl.DataFrame({"source_file": ["甲.csv"], "kind": [kind], "count": [40]})
    )
    named = list(find_fields_behind_header(defects))
    assert [(f.code, f.severity) for f in named] == found, why
    assert all(f.values == {"file": "甲.csv", "rows": 40} for f in named)


@pytest.mark.parametrize(
    ("rows", "text", "number", "found", "why"),
    [
        (1_000, "2022年第四季度清册（共1,000户）", 1_000, [], "as it says"),
        (1_000, "清册", 1_020, [], "a few rows struck out"),
        (1_000, "其中小微企业共 12 户", 1_000, [], "the total of a part"),
        (667, "共计：1000 家", 0, [("fewer_rows_than_declared", STOP)], "a third is missing"),
        (950, "合计 1000 户", 0, [("fewer_rows_than_declared", WARNING)], "a twentieth"),
        (667, "清册", 1_000, [("numbers_missing", STOP)], "numbers with gaps"),
        (960, "清册", 1_000, [("numbers_missing", WARNING)], "some gaps"),
    ],
)
def test_a_list_that_is_shorter_than_it_says_is_a_part(rows, text, number, found, why):
    sheet = SheetLength("enrollment", "参保.xlsx", rows, (text,), number)
    findings = [(f.code, f.severity) for f in find_missing_rows([sheet], GATE)]
    assert findings == found, why


@pytest.mark.parametrize(
    ("stated", "found", "severity", "why"),
    [
        (965, 1_053, WARNING, "a row below the total"),
        (1_053, 1_000, WARNING, "little is missing"),
        (1_500, 1_000, STOP, "a third is missing"),
    ],
)
def test_a_total_that_its_rows_do_not_come_to_is_a_doubt(stated, found, severity, why):
    sheet = SheetLength("tax", "清册.xlsx", 1_000, (), 0, [("从业人数", 1_003, stated, found)])
    findings = [(f.code, f.severity) for f in find_missing_rows([sheet], GATE)]
    assert findings == [("total_disagrees", severity)], why


def test_counties_that_are_numbered_through_are_judged_together():
    through = [SheetLength("enrollment", f"{n}.xlsx", 500, (), 500 * n) for n in (1, 2, 3)]
    alone = [SheetLength("enrollment", f"{n}.xlsx", 500, (), 500) for n in (1, 2, 3)]
    assert not [*find_missing_rows(through, GATE), *find_missing_rows(alone, GATE)]
    (finding,) = find_missing_rows(through[1:], GATE)
    assert (finding.code, finding.severity) == ("numbers_missing", STOP)


def test_a_filtered_tax_list_is_not_stopped_for_the_gaps_in_its_numbers():
    (finding,) = find_missing_rows([SheetLength("tax", "正常户.xlsx", 667, (), 1_000)], GATE)
    assert (finding.code, finding.severity) == ("numbers_missing", WARNING)
