"""Months of lists that have a row, a column or a sheet for each: the newest holds, none are added up."""

import polars as pl
import pytest
from invented_extracts import balanced, kinds, read_units, write_csv, write_xlsx

from gapmatch.read.months import parse_month, parse_months

HEADER = ("单位编号", "单位名称", "统一社会信用代码")
UNITS = [(f"80{n:04}", f"丙城试验{n}号服务有限公司", f"91330106MA6TES{n:04}") for n in range(1, 25)]
COUNTS = list(range(3, 27))


@pytest.mark.parametrize(
    ("text", "month"),
    [
        ("202212", "202212"), ("2022年10-12月", "202212"), ("2022-10-01至2022-12-31", "202212"),
        ("202210-202212", "202212"), ("2022Q4", "202212"), ("第四季度", "000012"),
        ("十一月", "000011"), ("7月份", "000007"), ("7", "000007"), ("13", None), ("甲", None),
        ("Dec-22", "202212"), ("22-Dec", "202212"), ("Dec 2022", "202212"), ("December-2022", "202212"),
        ("sept-19", "201909"), ("15-Dec-22", "202212"), ("Foo-22", None),
    ],
)  # fmt: skip
def test_a_month_is_read_with_or_without_its_year(text, month):
    assert parse_month(text) == month


@pytest.mark.parametrize(
    ("texts", "months", "why"),
    [
        (["12/22", "6/19"], ["202212", "201906"], "no month is 22"),
        (["22/12", "19/6"], ["202212", "201906"], "the year first"),
        (["22-12", "19-06"], ["202212", "201906"], "hyphens"),
        (["11/12", "12/11"], [None, None], "either may be the month"),
        (["31/12", "12/31"], [None, None], "neither can be"),
        (["12/22", "202211", "甲"], ["202212", "202211", None], "among others"),
    ],
)
def test_two_pairs_of_digits_are_months_by_the_whole_column(texts, months, why):
    assert parse_months(pl.Series(texts)).to_list() == months, why


@pytest.mark.parametrize(
    ("header", "months", "why"),
    [
        ("月份", ("10月", "11月", "12月"), "no year"),
        ("月份", ("10", "11", "12"), "numbers"),
        ("所属月份", ("十月", "十一月", "十二月"), "numerals"),
        ("所属期", ("2022/10", "2022/11", "2022/12"), "slashes"),
        ("核定期", ("2022-10-01至2022-10-31", "202211", "202212"), "a header that no list has"),
        ("季度", ("第二季度", "第三季度", "第四季度"), "quarters"),
    ],
)
def test_rows_of_months_are_not_added_up(tmp_path, header, months, why):
    rows = [
        (*unit, month, str(count + n))
        for unit, count in zip(UNITS, COUNTS, strict=True)
        for n, month in enumerate(months)
    ]
    extract = read_units(write_csv(tmp_path / "a.csv", [(*HEADER, header, "参保人数"), *rows]))
    assert extract.rows["insured_total"].to_list() == [count + 2 for count in COUNTS], why
    assert balanced(extract)


@pytest.mark.parametrize(
    "headings",
    [
        [(*HEADER, "10月参保人数", "11月参保人数", "12月参保人数")],
        [(*HEADER, "参保人数2022年10月", "参保人数2022年11月", "参保人数2022年12月")],
        [(*HEADER, "十月参保人数", "十一月参保人数", "十二月参保人数")],
        [(*HEADER, "参保人数", None, None), (None, None, None, "10月", "11月", "12月")],
    ],
)
def test_of_columns_of_months_the_newest_is_taken(tmp_path, headings):
    rows = [(*unit, count, count + 1, count + 2) for unit, count in zip(UNITS, COUNTS, strict=True)]
    extract = read_units(write_xlsx(tmp_path / "a.xlsx", {"参保": [*headings, *rows]}))
    assert extract.rows["insured_total"].to_list() == [count + 2 for count in COUNTS]


def test_sheets_named_after_months_are_the_months(tmp_path):
    sheets = {
        f"{month}月": [
            (*HEADER, "参保人数"),
            *((*unit, count + month) for unit, count in zip(UNITS, COUNTS, strict=True)),
        ]
        for month in (10, 11, 12)
    }
    extract = read_units(write_xlsx(tmp_path / "a.xlsx", sheets))
    assert extract.rows["insured_total"].to_list() == [count + 12 for count in COUNTS]
    assert extract.rows["last_paid_month"].null_count() == len(UNITS)  # of which year, no one knows


@pytest.mark.parametrize(
    ("header", "known"),
    [((*HEADER, "参保人数"), None), ((*HEADER, "险种", "参保人数"), "养老保险")],
)
def test_counts_are_unknown_where_nothing_says_why_units_have_several_rows(tmp_path, header, known):
    rows = [
        (*unit, *([known] if known else []), str(count + n))
        for unit, count in zip(UNITS, COUNTS, strict=True)
        for n in range(3)
    ]
    extract = read_units(write_csv(tmp_path / "a.csv", [header, *rows]))
    column = "pension_insured" if known else "insured_total"
    assert extract.rows[column].to_list() == [None] * len(UNITS)
    assert "unit_rows_unclear" in kinds(extract)
