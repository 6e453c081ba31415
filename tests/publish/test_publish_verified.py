"""The list that was handed down, with the verdict on every row, and the bridge to the visits."""

import re
from dataclasses import replace

import openpyxl
import polars as pl
import pytest
from invented_prefecture import prefecture

from gapmatch.forms.writer import write_book
from gapmatch.papers.verified_list import build_verified_books
from gapmatch.read.defects import explain
from gapmatch.report.page import render_report
from gapmatch.results.listed_rows import ListedColumn, ListedRows, stack_tables
from gapmatch.results.quarter_figures import build_bridge, count_verdicts
from gapmatch.results.run_results import PublishInput, PublishOptions
from gapmatch.schemas import DEFECTS, map_statuses
from gapmatch.vocabulary.labels import CONFIRMED_PARTS, list_labels

REPEATED, NAMELESS = 7, 500
COLUMNS = (
    ListedColumn("登记号"),
    ListedColumn("企业名称", "name"),
    ListedColumn("代码", "credit_code"),
    ListedColumn("负责人", "legal_rep"),
    ListedColumn("联系电话", "phone"),
    ListedColumn("人数", "declared_headcount"),
)


@pytest.fixture(scope="module")
def results() -> PublishInput:
    """300 firms of a list to verify, in reverse order, one a repeat; and a row that nobody could read."""
    made = prefecture(300).complete_frames()
    firms = made.firms.with_columns(
        duplicate_of=pl.when(pl.col("firm") == REPEATED).then(pl.lit(1, pl.UInt32))
    )
    gaps = made.gaps.with_columns(
        verdict=pl.col("status").cast(pl.String).replace_strict(map_statuses("verdict"))
    )
    rows = firms.select(
        *("source_file", "source_sheet", "source_row"),
        c0=pl.col("firm").cast(pl.String),
        c1="name",
        c2="taxpayer_code",
        c3="legal_rep",
        c4="phone",
        c5=pl.col("declared_headcount").cast(pl.String),
    ).reverse()
    unread = rows.head(1).with_columns(
        pl.lit(NAMELESS, pl.Int64).alias("source_row"), c1=pl.lit(None, pl.String)
    )
    settings = {**made.run_info, "settings": {"tax_list": "verify"}}
    listed = ListedRows(COLUMNS, pl.concat([rows, unread]))
    return replace(made, firms=firms, gaps=gaps, run_info=settings, listed=listed)


@pytest.fixture(scope="module")
def rows(results) -> list[dict[str, object]]:
    """The rows of the first sheet by the machine names of their columns."""
    return rows_of(results, PublishOptions())


def rows_of(results: PublishInput, options: PublishOptions) -> list[dict[str, object]]:
    sheet = build_verified_books(results, options)[0].sheets[0]
    names = [heading.name for heading in sheet.headings]
    return [dict(zip(names, row, strict=True)) for row in sheet.rows]


def test_every_row_of_the_list_is_there_in_its_order_with_all_of_its_columns(results, rows):
    own = [row["c0"] for row in rows]
    assert own == results.listed.rows["c0"].to_list()
    headings = build_verified_books(results, PublishOptions())[0].sheets[0].headings
    assert [h.title for h in headings[: len(COLUMNS)]] == [column.header for column in COLUMNS]


def test_the_list_prints_on_a4_with_each_line_of_insurance_on_a_line(results, rows, tmp_path):
    made = build_verified_books(results, PublishOptions())[0]
    write_book(made, tmp_path)
    page = openpyxl.load_workbook(tmp_path / made.path).worksheets[0].page_setup
    assert (page.paperSize, page.orientation, page.fitToHeight) == (9, "landscape", 0)
    lines = {piece for row in rows for piece in (row["lines"] or "养老 1").split("\n")}
    assert all(re.fullmatch(r"(养老|失业|工伤) \d+", piece) for piece in lines), lines


def test_codes_stay_texts_and_counts_are_numbers(rows):
    assert {type(row["c2"]) for row in rows} == {str}
    assert {type(row["c5"]) for row in rows} == {float, type(None)}


def test_a_row_that_could_not_be_read_is_to_be_settled(rows):
    assert rows[-1]["verdict"] == "待定"
    assert "请核对原表" in str(rows[-1]["evidence"])


@pytest.mark.parametrize(
    ("kind", "words", "why"),
    [
        ("group_dropped", "按地区、行业或类型汇总的行", "an industry is no firm"),
        ("not_a_firm", "不像是一个单位", "nor is a note"),
        ("no_name_no_code", "既没有名称也没有代码", "a row with persons alone"),
        ("not_a_number", "没有名称和代码，无从核查", "of another column: not why it was left out"),
    ],
)
def test_a_row_that_was_left_out_says_what_is_wrong_with_it(results, kind, words, why):
    row = results.listed.rows.tail(1).select("source_file", "source_sheet", "source_row")
    defect, consequence = explain(kind)
    found = row.with_columns(
        kind=pl.lit(kind),
        side=pl.lit("tax"),
        defect=pl.lit(defect),
        consequence=pl.lit(consequence),
    )
    told = rows_of(replace(results, defects=DEFECTS.complete(found)), PublishOptions())
    assert words in str(told[-1]["evidence"]), why
    assert [row["verdict"] for row in told].count("待定") == 1 + sum(
        row["verdict"] == "待定" for row in rows_of(results, PublishOptions())[:-1]
    )


def test_a_row_with_a_firm_listed_before_says_where(rows):
    named = [row for row in rows if row["repeats"]]
    assert [row["c0"] for row in named] == [str(REPEATED)]
    assert "第5行" in str(named[0]["repeats"])


def test_the_verdicts_of_the_rows_are_those_of_the_bridge(results, rows):
    total = count_verdicts(results).sum().row(0, named=True)
    for verdict, word in list_labels("verdict").items():
        counted = sum(row["verdict"] == word and not row["repeats"] for row in rows)
        assert counted - (verdict == "to_settle") == total[verdict], verdict


def test_the_numbers_of_the_bridge_add_up_in_every_county(results):
    counts = count_verdicts(results)
    verdicts, parts = list(list_labels("verdict")), list(CONFIRMED_PARTS)
    assert counts.filter(pl.sum_horizontal(verdicts) != pl.col("firms")).is_empty()
    assert counts.filter(pl.sum_horizontal(parts) != pl.col("confirmed")).is_empty()


def test_each_total_of_the_bridge_is_the_one_above_less_what_stands_between(results):
    total = None
    for line in build_bridge(results):
        if line.is_total:
            assert total in (None, line.firms), line.label
            total = line.firms
        else:
            total += line.firms if line.is_added else -line.firms


def test_persons_are_masked_unless_they_are_asked_for(results, rows):
    full = rows_of(results, PublishOptions(with_contacts=True))
    assert rows
    assert len(full) == len(rows)
    assert all("*" in str(row["c3"]) and "****" in str(row["c4"]) for row in rows)
    assert not any("*" in f"{row['c3']}{row['c4']}" for row in full)


def test_a_list_that_nobody_handed_down_has_no_answer(results):
    plain = replace(results, run_info={"settings": {"tax_list": "discover"}})
    assert build_verified_books(plain, PublishOptions()) == []
    assert "名单核查" not in render_report(plain)


def test_the_bridge_stands_in_the_report_too(results):
    page = render_report(results)
    assert all(line.label in page for line in build_bridge(results) if line.firms)


def test_tables_of_several_files_share_the_columns_of_one_header():
    origin = {"source_file": ["甲"], "source_sheet": [None], "source_row": [2]}
    schema = {"source_sheet": pl.String}
    first = ListedRows(
        (ListedColumn("名称"), ListedColumn("备注"), ListedColumn("备注")),
        pl.DataFrame({**origin, "c0": ["a"], "c1": ["b"], "c2": ["c"]}, schema_overrides=schema),
    )
    second = ListedRows(
        (ListedColumn("备注"), ListedColumn("税号")),
        pl.DataFrame({**origin, "c0": ["d"], "c1": ["e"]}, schema_overrides=schema),
    )
    stacked = stack_tables([first, second])
    assert [column.header for column in stacked.columns] == ["名称", "备注", "备注", "税号"]
    assert stacked.rows.select(stacked.texts).rows() == [
        ("a", "b", "c", None),
        (None, "d", None, "e"),
    ]
