"""The CSV files that other programs rely on."""

import csv
import io
from dataclasses import replace

import polars as pl
import pytest
from invented_prefecture import nothing, prefecture

from gapmatch.publish.table_files import write_tables
from gapmatch.results.tables import (
    build_defects_table,
    build_gaps_table,
    build_links_table,
    build_targets_table,
    encode_csv,
    round_numbers,
)

PROMISED = [
    (
        build_links_table,
        "tax_row,taxpayer_code,taxpayer_name,unit_id,unit_name,unit_code,probability,decision,basis",
    ),
    (build_gaps_table, "tax_row,taxpayer_code,taxpayer_name,county,status,probability_uninsured"),
    (build_targets_table, "rank,county_rank,tier,tax_row"),
    (build_defects_table, "source_file,source_row,column,value,defect,consequence"),
]


@pytest.mark.parametrize(("table", "columns"), PROMISED)
def test_the_promised_columns_come_first_and_every_file_names_its_source(table, columns):
    made = table(prefecture(60).complete_frames())
    assert ",".join(made.columns).startswith(columns)
    assert "source_file" in made.columns


@pytest.mark.parametrize(("table", "columns"), PROMISED)
def test_no_rows_give_a_file_with_a_header_only(table, columns):
    lines = encode_csv(table(nothing().complete_frames())).decode("utf-8-sig").splitlines()
    assert len(lines) == 1
    assert lines[0].startswith(columns)


@pytest.mark.parametrize("table", [table for table, _ in PROMISED])
def test_the_row_order_of_the_frames_changes_nothing(table):
    results = prefecture(120)
    frames = ("firms", "units", "links", "gaps", "targets", "defects")
    shuffled = replace(
        results, **{f: getattr(results, f).sample(fraction=1, shuffle=True, seed=3) for f in frames}
    )
    assert encode_csv(table(results.complete_frames())) == encode_csv(
        table(shuffled.complete_frames())
    )


def test_every_row_of_the_tax_list_has_one_line_in_gaps():
    results = prefecture(80).complete_frames()
    assert sorted(build_gaps_table(results)["tax_row"]) == list(range(1, 81))


def test_a_file_begins_with_a_byte_order_mark_so_that_excel_reads_chinese():
    assert encode_csv(pl.DataFrame({"a": ["甲"]})).startswith(b"\xef\xbb\xbfa\n")


CELLS = [
    ("=1+1", "'=1+1", "a formula"),
    ("+86 138", "'+86 138", "a phone that Excel would add up"),
    ("-5", "-5", "a plain number is no formula"),
    ("+12.5", "+12.5", "a plain number with a sign"),
    ("-2+cmd|' /C calc'!A0", "'-2+cmd|' /C calc'!A0", "dynamic data exchange"),
    ("@SUM(A1)", "'@SUM(A1)", "an old Lotus formula"),
    ("\tx", "'\tx", "a tab before the text"),
    ("\rx", "'\rx", "a carriage return before the text"),
    ("＝1", "'＝1", "full-width signs count as formulas in East Asian Excel"),
    ("贵州=1", "贵州=1", "a sign inside a text does no harm"),
]


@pytest.mark.parametrize(("given", "written", "why"), CELLS)
def test_a_text_that_excel_would_run_is_written_with_a_mark_before_it(given, written, why):
    text = encode_csv(pl.DataFrame({"value": [given]})).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(text, newline="")))[1] == [written], why


def test_numbers_are_rounded_to_as_many_digits_as_mean_something():
    frame = pl.DataFrame(
        {"probability": [0.12345678], "weight": [1.00004999], "part_name": [-0.00001]}
    )
    assert encode_csv(frame).decode("utf-8-sig").splitlines()[1] == "0.123457,1.0,0.0"


def test_phones_and_identity_cards_in_defects_are_masked():
    results = prefecture(10)
    values = ["13812345678", "电话13812345678转2", "520102199001011234", "915206000123456789", "12"]
    frame = results.defects.head(5).with_columns(pl.Series("value", values))
    masked = build_defects_table(replace(results, defects=frame).complete_frames())[
        "value"
    ].to_list()
    assert sorted(masked) == sorted(
        ["138****5678", "电话138****5678转2", "520102***********4", "915206000123456789", "12"]
    )


def test_a_firm_that_lost_its_unit_says_to_which_row():
    results = prefecture(30)
    links = results.links.with_columns(pl.lit(3).cast(pl.UInt32).alias("lost_to"))
    table = build_links_table(replace(results, links=links).complete_frames())
    assert table["lost_to_tax_row"].unique().to_list() == [4]
    assert table["lost_to_name"].unique().to_list() == [results.firms["name"][3]]


def test_a_firm_without_a_taxpayer_code_is_listed_under_another_code_that_it_gives():
    results = prefecture(5)
    firms = results.firms.with_columns(
        pl.lit(" ").alias("taxpayer_code"), pl.lit("91X").alias("credit_code")
    )
    assert set(
        build_gaps_table(replace(results, firms=firms).complete_frames())["taxpayer_code"]
    ) == {"91X"}


def write_long_and_short(tmp_path, most: int):
    results = prefecture(90, ("云溪区", "未知"))
    settings = {"run": {"max_csv_rows": most}}
    complete = replace(results, run_info={"settings": settings}).complete_frames()
    write_tables(complete, tmp_path)
    return complete


def test_a_long_table_is_one_parquet_file_and_a_csv_for_every_county(tmp_path):
    results = write_long_and_short(tmp_path, 89)
    assert not (tmp_path / "gaps.csv").exists()
    whole = pl.read_parquet(tmp_path / "gaps.parquet")
    assert whole.equals(round_numbers(build_gaps_table(results)))
    parts = sorted(path.name for path in (tmp_path / "gaps").iterdir())
    assert parts == ["云溪区.csv", "县区未填（待分派）.csv"]
    lines = [
        row
        for name in parts
        for row in csv.reader(io.StringIO((tmp_path / "gaps" / name).read_text("utf-8-sig")))
    ]
    header = lines[0]
    rows = [row for row in lines if row != header]
    expected = csv.reader(io.StringIO(encode_csv(build_gaps_table(results)).decode("utf-8-sig")))
    assert sorted(rows) == sorted(list(expected)[1:])


def test_a_table_of_as_many_rows_as_allowed_is_one_csv(tmp_path):
    write_long_and_short(tmp_path, 90)
    assert (tmp_path / "gaps.csv").exists()
    assert not (tmp_path / "gaps.parquet").exists()


def test_defects_are_one_csv_whatever_their_number(tmp_path):
    write_long_and_short(tmp_path, 1)
    assert (tmp_path / "defects.csv").exists()


def test_long_tables_are_for_their_owner_alone(tmp_path):
    write_long_and_short(tmp_path, 1)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
