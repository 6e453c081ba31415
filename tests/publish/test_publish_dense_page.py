"""Rows that go to XML as they come, against xlsxwriter's own way."""

import datetime as dt
import io
import re
import zipfile

import openpyxl
import pytest
from xlsxwriter import Workbook

from gapmatch.forms.fast_worksheet import FastWorkbook, FastWorksheet, PackedWorkbook

ROWS = [
    ("甲公司", 3, 0.25, dt.date(2023, 2, 15), None),
    ("=1+1", -2, 1e-7, dt.date(1999, 12, 31), "-5"),
    ("+86", 0, 123456789.125, None, "@cmd"),
    ("\t制表", None, 0.1, dt.date(2024, 2, 29), "a<b&c>\"d'\x01"),
    ("两行\n文字 ", 10**12, None, None, " 前后空格 "),
    ("", True, None, None, "\u3000前有全角空格"),
    ("_x0041_", 1, None, None, "<r>像富文本</r>"),
    ("末尾换行\n", 1, None, None, '引号"和\t制表'),
]


def written(rows, add, kind=FastWorkbook) -> tuple[object, list[str]]:
    buffer = io.BytesIO()
    workbook = kind(buffer, {"in_memory": True})
    page = workbook.add_worksheet("表", FastWorksheet)
    page.write_string(0, 0, "题目")
    day = workbook.add_format({"num_format": "yyyy-mm-dd"})
    text = workbook.add_format({"bold": True})
    add(page, rows, [text, text, text, day, text])
    workbook.close()
    archive = zipfile.ZipFile(io.BytesIO(buffer.getvalue()))
    parts = ("xl/worksheets/sheet1.xml", "xl/sharedStrings.xml")
    return openpyxl.load_workbook(buffer)["表"], [archive.read(part).decode() for part in parts]


def fast(page, rows, formats):
    page.add_rows(2, [(row, 33.9, formats) for row in rows])


def slow(page, rows, formats):
    for number, row in enumerate(rows, 2):
        page.set_row(number, 33.9)
        for column, (value, form) in enumerate(zip(row, formats, strict=True)):
            if isinstance(value, str):
                page.write_string(number, column, value, form)
            elif isinstance(value, dt.date):
                page.write_datetime(number, column, value, form)
            elif value is None:
                page.write_blank(number, column, None, form)
            else:
                page.write_number(number, column, value, form)


def test_fast_rows_are_the_same_as_cells_written_one_by_one():
    (ours, our_xml), (theirs, their_xml) = written(ROWS, fast), written(ROWS, slow, Workbook)
    spans = re.compile(' spans="[0-9:]+"')
    assert [spans.sub("", xml) for xml in our_xml] == [spans.sub("", xml) for xml in their_xml]
    for row in range(1, len(ROWS) + 3):
        for column in range(1, 6):
            one, other = ours.cell(row, column), theirs.cell(row, column)
            assert (one.value, one.data_type, one.number_format, one.font.b) == (
                other.value,
                other.data_type,
                other.number_format,
                other.font.b,
            )


def test_a_packed_book_has_the_parts_that_xlsxwriter_packs():
    buffer = io.BytesIO()
    books = (PackedWorkbook(), FastWorkbook(buffer, {"in_memory": True}))
    for book in books:
        book.set_properties({"created": dt.datetime(2000, 1, 1)})
        fast(book.add_worksheet("表", FastWorksheet), ROWS, [book.add_format()] * 5)
    books[1].close()
    ours, theirs = (zipfile.ZipFile(place) for place in (io.BytesIO(books[0].pack()), buffer))
    assert ours.testzip() is None
    assert [(n, ours.read(n)) for n in ours.namelist()] == [
        (n, theirs.read(n)) for n in theirs.namelist()
    ]


def test_texts_that_begin_like_formulas_stay_texts():
    sheet, _xml = written(ROWS, fast)
    assert [sheet.cell(row, 1).data_type for row in range(3, 8)] == ["s"] * 5


def test_a_page_without_rows_is_whole():
    sheet, _xml = written([], fast)
    assert sheet.max_row == 1


def test_a_value_that_no_cell_can_hold_is_refused():
    with pytest.raises(TypeError):
        written([(object(), None, None, None, None)], fast)
