"""Workbooks that are written when somebody asks for them: the CSV tables, and the cases."""

import io

import polars as pl
import pytest
from invented_prefecture import prefecture

from gapmatch.forms.case_book import build_case_book
from gapmatch.publish.table_files import build_table_books
from gapmatch.results.tables import (
    build_gaps_table,
    build_links_table,
    build_targets_table,
    encode_csv,
)

RESULTS = prefecture(60).complete_frames()
CASES = pl.DataFrame(
    [
        ("5226-000001", "甲店", "refused", "2023-01-05", 0, 1, True, True, "王大明", "电话13812345678"),
        ("5226-000002", "乙店", "enrolled", "2023-01-06", 4, 2, False, False, "李四", None),
        ("5226-000003", "丙店", None, None, 0, 0, True, False, None, None),
    ],
    schema=[
        *("number", "name", "outcome", "visited_on", "persons_gained", "visits", "open", "overdue"),
        *("who", "remark"),
    ],
    orient="row",
).with_columns(
    *(pl.lit(text).alias(c) for c, text in {"county": "云溪区", "tier": "A"}.items()),
    pl.Series("state", ["carried", "closed", "carried"]),
    *(pl.lit(text).alias(c) for c, text in {"opened_quarter": "2022Q4", "code": "9152", "note": ""}.items()),
)  # fmt: skip


@pytest.mark.parametrize(
    ("place", "table"), [(0, build_gaps_table), (1, build_links_table), (2, build_targets_table)]
)
def test_a_table_in_a_workbook_has_the_rows_and_columns_of_the_csv(place, table):
    sheet = build_table_books(RESULTS)[place].sheets[0]
    read = pl.read_csv(io.BytesIO(encode_csv(table(RESULTS))), infer_schema=False)
    assert [heading.title for heading in sheet.headings] == read.columns
    codes = read.columns.index("taxpayer_code")
    assert [row[codes] for row in sheet.rows] == read["taxpayer_code"].to_list()
    assert all(isinstance(row[codes], str) for row in sheet.rows)


def test_a_table_in_a_workbook_explains_its_codes():
    lines = build_table_books(RESULTS)[0].sheets[-1].lines
    assert lines[0] == ("status", "")
    assert ("uninsured", "疑似未参保") in lines


def test_cases_say_what_is_to_be_done_and_mask_persons():
    sheet = build_case_book(CASES, "2022Q4", "案件.xlsx").sheets[0]
    names = [heading.name for heading in sheet.headings]
    refused, enrolled, untouched = (dict(zip(names, row, strict=True)) for row in sheet.rows)
    assert (refused["outcome"], refused["late"]) == ("拒不参保", "逾期")
    assert "劳动保障监察" in refused["step"]
    assert (refused["who"], refused["remark"]) == ("王**", "电话138****5678")
    assert (enrolled["step"], enrolled["persons_gained"]) == (None, 4)
    assert (untouched["step"], untouched["persons_gained"]) == ("上门走访", None)
