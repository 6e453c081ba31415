"""Workbooks: sheets, types of cells, and the digits that Excel loses."""

import datetime as dt
import io
import re
import struct
import zipfile
from pathlib import Path

import openpyxl
import polars as pl
import pytest
import xlsxwriter
from invented_extracts import TAX_HEADER, TAX_ROWS, balanced, kinds, read_tax, write_xlsx

ROWS = (TAX_HEADER, *TAX_ROWS)
NAMES = [row[2] for row in TAX_ROWS]
FILES = Path(__file__).parent / "files"


def test_titles_blanks_totals_and_notes_are_no_data_and_said(tmp_path):
    path = write_xlsx(
        tmp_path / "清册.xlsx",
        {
            "清册": [
                ("甲市纳税清册",),
                ("数据来源：税务局", None, None, None, "制表日期：2022年"),
                (),
                TAX_HEADER,
                TAX_ROWS[0],
                (),
                *TAX_ROWS[1:],
                ("合　计", None, None, None, None, 15),
                ("制表人：张三", None, None, "审核：李四"),
                ("注：本表供参考",),
            ]
        },
    )
    extract = read_tax(path)
    report = extract.files[0]
    assert extract.rows["name"].to_list() == NAMES
    assert extract.rows["source_row"].to_list() == [5, 7, 8]
    assert extract.rows["data_row"].to_list() == [1, 2, 3]
    assert (report.titles, report.blanks, report.footers, report.header_row) == (3, 1, 3, 4)
    assert extract.defects["source_row"].to_list() == [9, 10, 11]
    assert kinds(extract) == {"footer_dropped"}
    assert balanced(extract)


def test_a_firm_whose_name_begins_like_a_total_stays(tmp_path):
    rows = [TAX_HEADER, (1, "91520102MA6TEST10X", "合计试验有限公司", "甲区", "", 1), (2, None, "注目试验有限公司", None, None, None),
            (3, None, "总计商贸有限公司", None, None, None)]  # fmt: skip
    extract = read_tax(write_xlsx(tmp_path / "a.xlsx", {"s": rows}))
    assert extract.rows.height == 3


def test_subtotals_and_pages_pasted_together_are_left_out(tmp_path):
    title = ("甲市纳税清册",)
    rows = [
        title,
        TAX_HEADER,
        TAX_ROWS[0],
        ("小计", None, None, None, None, 3),
        title,
        TAX_HEADER,
        *TAX_ROWS[1:],
    ]
    extract = read_tax(write_xlsx(tmp_path / "a.xlsx", {"s": rows}))
    assert extract.rows["name"].to_list() == NAMES
    assert extract.rows["data_row"].to_list() == [1, 2, 3]
    assert kinds(extract) == {"footer_dropped", "header_repeated", "title_repeated"}


def test_a_row_that_numbers_the_columns_is_no_data(tmp_path):
    numbered = ("栏次", 1, 2, 3, 4, 5)
    extract = read_tax(write_xlsx(tmp_path / "a.xlsx", {"s": [TAX_HEADER, numbered, *TAX_ROWS]}))
    assert extract.rows["name"].to_list() == NAMES


def test_a_heading_of_two_rows_counts_as_one(tmp_path):
    rows = [
        ("单位编号", "单位名称", "参保人数", None, None, "参保状态"),
        (None, None, "养老", "失业", "工伤", None),
        ("7001", "甲公司", 3, 2, 1, "参保缴费"),
    ]
    from invented_extracts import read_units

    row = read_units(write_xlsx(tmp_path / "a.xlsx", {"s": rows})).rows.row(0, named=True)
    assert (row["pension_insured"], row["unemployment_insured"], row["injury_insured"]) == (3, 2, 1)
    assert row["injury_status"] == "参保缴费"


def test_sheets_without_the_header_are_skipped_and_said(tmp_path):
    path = write_xlsx(
        tmp_path / "a.xlsx",
        {
            "封面": [("甲市税务局",)],
            "一": [TAX_HEADER, TAX_ROWS[0]],
            "Sheet2": [],
            "二": [TAX_HEADER, *TAX_ROWS[1:]],
        },
    )
    extract = read_tax(path)
    assert extract.rows["source_sheet"].to_list() == ["一", "二", "二"]
    assert extract.rows["data_row"].to_list() == [1, 2, 3]
    assert dict(extract.files[0].skipped_sheets) == {"封面": "没有认出表头", "Sheet2": "空白"}
    assert extract.defects.filter(kind="sheet_skipped").height == 2


def test_a_hidden_sheet_is_skipped_where_a_visible_one_serves(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for name, hidden in (("今", False), ("旧", True)):
            sheet = book.add_worksheet(name)
            for r, row in enumerate(ROWS):
                sheet.write_row(r, 0, row)
            if hidden:
                sheet.hide()
    extract = read_tax(path)
    assert set(extract.rows["source_sheet"]) == {"今"}
    assert dict(extract.files[0].skipped_sheets) == {"旧": "隐藏的工作表"}


def test_numbers_dates_and_phones_stored_as_numbers_are_read(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["纳税人名称", "税号", "开业日期", "联系电话", "从业人数", "工资总额"])
    sheet.append(["甲公司", "91520001", dt.date(2019, 1, 2), 13800000000.0, 3.0, 1234.5])
    sheet.append(["乙公司", "91520002", 43467, "13900000000", "5人", "1,000"])
    sheet.append(["丙公司", 520102000000001, dt.datetime(2019, 1, 2, 3, 4), None, None, None])
    book.save(tmp_path / "a.xlsx")
    rows = read_tax(tmp_path / "a.xlsx").rows
    assert rows["open_date"].to_list() == [dt.date(2019, 1, 2)] * 3
    assert rows["phone"].to_list() == ["13800000000", "13900000000", None]
    assert rows["declared_headcount"].to_list() == [3, 5, None]
    assert rows["declared_wages"].to_list() == [1234.5, 1000.0, None]
    assert rows["taxpayer_code"][2] == "520102000000001"
    assert not rows["code_precision_lost"].any()


def test_only_codes_that_excel_cut_are_marked_as_cut(tmp_path):
    rows = [
        ("纳税人名称", "统一社会信用代码"),
        ("甲公司", 915201020000012345),
        ("乙公司", "915201020000012288"),
        ("丙公司", "91520102MA6TEST10X"),
        ("丁公司", "9.15201E+17"),
        ("戊公司", 520102000000001),
    ]
    extract = read_tax(write_xlsx(tmp_path / "a.xlsx", {"s": rows}))
    assert extract.rows["code_precision_lost"].to_list() == [True, False, False, True, False]
    assert extract.rows["credit_code"][1] == "915201020000012288"
    assert extract.rows["credit_code"][4] == "520102000000001"
    assert extract.defects.filter(kind="code_precision_lost")["source_row"].to_list() == [2, 5]


def test_codes_rounded_before_they_became_text_are_marked_where_chance_cannot_explain_them(
    tmp_path,
):
    rounded = [f"甲{i}公司,9152010200000{i:02}000" for i in range(10, 20)]
    whole = [f"乙{i}公司,9152010200{i:04}7123" for i in range(1000)]
    few, many = tmp_path / "few.csv", tmp_path / "many.csv"
    few.write_text("\n".join(["纳税人名称,统一社会信用代码", rounded[0], *whole]), encoding="utf-8")
    many.write_text(
        "\n".join(["纳税人名称,统一社会信用代码", *rounded, whole[0]]), encoding="utf-8"
    )
    assert read_tax(few).rows["code_precision_lost"].sum() == 0
    assert read_tax(many).rows["code_precision_lost"].sum() == 10


def test_a_million_styled_blank_rows_below_the_data_are_nothing(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet, style = book.add_worksheet(), book.add_format({"bg_color": "#EEEEEE"})
        for r, row in enumerate(ROWS):
            sheet.write_row(r, 0, row)
        for r in range(len(ROWS), 200_000):
            sheet.write_blank(r, 0, None, style)
    extract = read_tax(path)
    assert extract.rows.height == 3
    assert extract.files[0].blanks == 0


def test_a_table_that_begins_in_the_middle_of_a_sheet_keeps_its_rows(tmp_path):
    book = openpyxl.Workbook()
    for r, row in enumerate(ROWS):
        for c, value in enumerate(row):
            book.active.cell(5 + r, 3 + c, value)
    book.save(tmp_path / "a.xlsx")
    assert read_tax(tmp_path / "a.xlsx").rows["source_row"].to_list() == [6, 7, 8]


@pytest.mark.parametrize("ending", [".xls", ".csv", ".dat"])
def test_a_workbook_is_known_by_its_bytes_whatever_its_ending(tmp_path, ending):
    path = write_xlsx(tmp_path / "a.xlsx", {"s": ROWS})
    renamed = path.rename(path.with_suffix(ending))
    assert read_tax(renamed).files[0].encoding == "xlsx"


def test_text_saved_with_the_ending_of_a_workbook_is_read(tmp_path):
    path = tmp_path / "a.xls"
    path.write_text(
        "\n".join("\t".join(str(v or "") for v in row) for row in ROWS), encoding="gb18030"
    )
    assert read_tax(path).rows["name"].to_list() == NAMES


@pytest.mark.parametrize("name", ["清册.xls", "清册.ods", "清册.xlsb"])
def test_other_kinds_of_workbooks_are_read(name):
    path = FILES / name
    if not path.exists():
        pytest.skip(f"no sample of {path.suffix}")
    rows = read_tax(path).rows
    assert rows["name"].to_list() == NAMES
    assert rows["declared_headcount"].to_list() == [3, 12, None]


def merge_in_ods(data: bytes) -> bytes:
    """Return an ODS workbook in which the county of the second firm spans two rows."""
    cell = '<table:table-cell office:value-type="string" calcext:value-type="string"><text:p>乙县</text:p></table:table-cell>'.encode()
    new = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(new, "w", 8) as copy:
        for part in old.namelist():
            content = old.read(part)
            if part == "content.xml":
                assert content.count(cell) == 2
                spans = cell.replace(
                    b"table-cell ", b'table-cell table:number-rows-spanned="2" ', 1
                )
                first = content.index(cell)
                rest = content[first + len(cell) :].replace(cell, b"<table:covered-table-cell/>")
                content = content[:first] + spans + rest
            copy.writestr(part, content)
    return new.getvalue()


def merge_in_xls(data: bytes) -> bytes:
    """Return an XLS workbook in which the county of the second firm spans two rows.

    The cell below becomes a record that nobody reads, and that of the window one of merges.
    """
    below = struct.pack("<HHHH", 0x00FD, 10, 4, 3)
    window = data.index(struct.pack("<HH", 0x023E, 18))
    merges = struct.pack("<HHHHHHHHHHH", 0x00E5, 18, 2, 3, 4, 3, 3, 0, 0, 0, 5)
    edited = data[:window] + merges + data[window + len(merges) :]
    assert edited.count(below) == 1
    return edited.replace(below, struct.pack("<HHHH", 0x0868, 10, 4, 3))


@pytest.mark.parametrize(
    ("kind", "merge"), [("ods", merge_in_ods), ("xls", merge_in_xls)], ids=["ods", "xls"]
)
def test_a_cell_over_two_rows_belongs_to_both_in_every_format(kind, merge, tmp_path):
    path = tmp_path / f"清册.{kind}"
    path.write_bytes(merge((FILES / f"清册.{kind}").read_bytes()))
    extract = read_tax(path)
    assert extract.rows["county"].to_list() == ["甲区", "乙县", "乙县"]
    assert "merged_down" in extract.defects["kind"].to_list()


def edit_parts(data: bytes, part: str, *changes: tuple[bytes, bytes]) -> bytes:
    """Return a zipped workbook with the first of each text replaced in one of its parts."""
    new = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(new, "w", 8) as copy:
        for name in old.namelist():
            content = old.read(name)
            for before, after in changes if name == part else ():
                assert before in content
                content = content.replace(before, after, 1)
            copy.writestr(name, content)
    return new.getvalue()


def hide_in_xlsx(second_row: str, *, columns: bytes = b"", prefix: bytes = b"") -> bytes:
    """Return an XLSX workbook of three firms; the tag of the second is given."""
    book = io.BytesIO()
    with xlsxwriter.Workbook(book, {"in_memory": True}) as writer:
        sheet = writer.add_worksheet("清册")
        for place, row in enumerate([TAX_HEADER, *TAX_ROWS]):
            sheet.write_row(place, 0, row)
    data, part = book.getvalue(), "xl/worksheets/sheet1.xml"
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        (tag,) = re.findall(rb'<row r="3"[^>]*>', archive.read(part))
    changes = [(tag, second_row.encode()), (b"<sheetData>", columns + b"<sheetData>")]
    return edit_parts(data, part, *changes)


def hide_in_ods(row: bytes, column: bytes = b"") -> bytes:
    """Return an ODS workbook of three firms; attributes of the third's row and a column's given."""
    data = (FILES / "清册.ods").read_bytes()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        content = archive.read("content.xml")
    at = [found.end() for found in re.finditer(rb"<table:table-row", content)][3]
    first = content.index(b"<table:table-column") + len(b"<table:table-column")
    edited = content[:first] + column + content[first:at] + row + content[at:]
    return edit_parts(data, "content.xml", (content, edited))


def hide_in_xls(*, row: bool, column: bool) -> bytes:
    data = (FILES / "清册.xls").read_bytes()
    shown = bytes.fromhex("0802100003000000")
    at = data.index(shown) + 4 + 12
    if row:
        data = data[:at] + bytes([data[at] | 0x20]) + data[at + 1 :]
    at = data.index(bytes.fromhex("7d000c0000000001")) + 4
    if column:
        data = data[: at + 2] + b"\0\0" + data[at + 4 : at + 8] + b"\1" + data[at + 9 :]
    return data


_FILTER = b' table:visibility="filter"'
HIDDEN = [
    ("xlsx", lambda: hide_in_xlsx('<row r="3" hidden="1">'), 1, False, "by hand or by a filter"),
    ("xlsx", lambda: hide_in_xlsx('<row hidden="true" r="3" ht="0">'), 1, False, "another order"),
    ("xlsx", lambda: hide_in_xlsx("<row hidden='1'>"), 1, False, "without a number"),
    ("xlsx", lambda: hide_in_xlsx('<row r="3" hidden="0">'), 0, False, "shown, and said so"),
    ("xlsx", lambda: hide_in_xlsx('<row r="3">', columns=b'<cols><col min="1" max="2" hidden="1"/></cols>'), 0, True, "columns"),
    ("xlsx", lambda: hide_in_xlsx('<row r="3">', columns=b'<cols><col min="90" max="16384" hidden="1"/></cols>'), 0, False, "empty columns"),
    ("ods", lambda: hide_in_ods(_FILTER), 1, False, "filtered"),
    ("ods", lambda: hide_in_ods(b" table:visibility='collapse'"), 1, False, "by hand"),
    ("ods", lambda: hide_in_ods(b' table:visibility="visible"'), 0, False, "shown, and said so"),
    ("ods", lambda: hide_in_ods(b"", b' table:visibility="collapse"'), 0, True, "columns"),
    ("xls", lambda: hide_in_xls(row=True, column=False), 1, False, "by hand or by a filter"),
    ("xls", lambda: hide_in_xls(row=False, column=True), 0, True, "columns"),
    ("xls", lambda: hide_in_xls(row=False, column=False), 0, False, "nothing"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "make", "rows", "has_column", "why"), HIDDEN)
def test_what_is_hidden_is_read_and_named(kind, make, rows, has_column, why, tmp_path):
    path = tmp_path / f"清册.{kind}"
    path.write_bytes(make())
    extract = read_tax(path)
    assert extract.rows["name"].to_list() == NAMES, why
    assert [sheet.hidden_rows for sheet in extract.files[0].sheets] == [rows], why
    hidden = extract.defects.filter(kind="rows_hidden")
    assert hidden["count"].to_list() == [rows] * rows, why
    assert ("column_hidden" in kinds(extract)) == has_column, why


def test_a_list_in_a_hidden_sheet_alone_is_read_and_named(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("说明").write(0, 0, "见附表")
        sheet = book.add_worksheet("清册")
        sheet.hide()
        for place, row in enumerate([TAX_HEADER, *TAX_ROWS]):
            sheet.write_row(place, 0, row)
    extract = read_tax(path)
    assert extract.rows["name"].to_list() == NAMES
    assert extract.defects.filter(kind="sheet_hidden")["source_sheet"].to_list() == ["清册"]


def test_parquet_is_read(tmp_path):
    frame = pl.DataFrame(
        {"纳税人名称": ["甲公司"], "税号": ["91520001"], "成立日期": [dt.date(2019, 1, 2)]}
    )
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    (tmp_path / "a.parquet").write_bytes(buffer.getvalue())
    assert read_tax(tmp_path / "a.parquet").rows["open_date"].to_list() == [dt.date(2019, 1, 2)]
