"""Damaged files and files made to take all memory: refused in words, never read as something else."""

import io
import random
import re
import struct
import zipfile
from pathlib import Path

import openpyxl
import polars as pl
import pytest
import xlsxwriter

from gapmatch.errors import InputError
from gapmatch.read import Side, read_extract
from gapmatch.read.archives import verify_xls
from gapmatch.read.compound_file import contain_workbook, extract_workbook
from gapmatch.read.files import open_document
from gapmatch.read.kinds import OLE
from gapmatch.read.parquet_pages import measure_pages
from gapmatch.settings.reading import ReadSettings

FILES = Path(__file__).parent / "files"
HEADER = ("纳税人名称", "纳税人识别号", "从业人数")
ROWS = [(f"青禾{chr(0x4E00 + 7 * n)}商贸有限公司", f"91530100MA6{n:06}X", n) for n in range(12)]


def make_xlsx(edit=None, cells=()):
    """Return a small workbook, as Excel packs it; ``edit`` changes the XML of its sheet."""
    book = openpyxl.Workbook()
    for row in (HEADER, *ROWS):
        book.active.append(row)
    for cell, value in cells:
        book.active[cell] = value
    buffer = io.BytesIO()
    book.save(buffer)
    return (
        edit_part(buffer.getvalue(), "xl/worksheets/sheet1.xml", edit)
        if edit
        else buffer.getvalue()
    )


def edit_part(data, name, edit):
    """Return an archive with one part changed by ``edit``, checksums right."""
    new = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(new, "w", 8) as copy:
        for part in old.namelist():
            copy.writestr(part, edit(old.read(part)) if part == name else old.read(part))
    return new.getvalue()


def make_parquet():
    buffer = io.BytesIO()
    pl.DataFrame(ROWS, schema=HEADER, orient="row").write_parquet(buffer)
    return buffer.getvalue()


KINDS = {
    "xlsx": make_xlsx,
    "ods": (FILES / "清册.ods").read_bytes,
    "xls": (FILES / "清册.xls").read_bytes,
    "parquet": make_parquet,
}
CHECKED = ("xlsx", "ods")
"""Kinds whose parts have checksums. XLS has none, and Parquet may do without."""


def read(path, data, limits=None):
    path.write_bytes(data)
    return read_extract(Side.TAX, [path], {}, limits=limits).rows


def flip(data, seed):
    """Return ``data`` with one bit changed."""
    place, bit = random.Random(seed).randrange(len(data)), random.Random(-seed - 1).randrange(8)
    return data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1 :]


def count_outcomes(kind, folder, seeds):
    """Return how many flipped bits left the rows the same, made a refusal, and changed rows."""
    data = KINDS[kind]()
    file = folder / f"a.{kind}"
    right = read(file, data)
    same = refused = changed = 0
    for seed in seeds:
        try:
            rows = read(file, flip(data, seed))
        except InputError:
            refused += 1
        else:
            same += rows.equals(right)
            changed += not rows.equals(right)
    return same, refused, changed


@pytest.mark.parametrize("kind", CHECKED)
def test_a_flipped_bit_of_an_archive_changes_no_row_in_silence(kind, tmp_path):
    same, refused, changed = count_outcomes(kind, tmp_path, range(60))
    assert changed == 0
    assert refused > same


@pytest.mark.parametrize("kind", ["xls", "parquet"])
def test_a_flipped_bit_of_a_file_without_checksums_is_no_traceback(kind, tmp_path):
    assert sum(count_outcomes(kind, tmp_path, range(20))) == 20


def test_a_length_in_a_page_that_would_end_the_process_is_damage(tmp_path):
    data = make_parquet()
    last_of_a_page = 109  # polars takes it for a run of 2**61 values, and no memory is left
    with pytest.raises(InputError, match="已损坏"):
        read(tmp_path / "a.parquet", data[:last_of_a_page] + b"\x19" + data[last_of_a_page + 1 :])


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
def test_thousands_of_flipped_bits_change_no_row_in_silence(kind, tmp_path):
    _same, _refused, changed = count_outcomes(kind, tmp_path, range(3_000))
    assert changed == 0 or kind not in CHECKED


def spoil_cell(xml):
    return xml.replace(b'<c r="C5" t="n"><v>3</v>', b'<c r="C5" t="s"><v>999999</v>')


def test_a_bad_cell_refuses_the_sheet_that_it_stands_in(tmp_path):
    assert spoil_cell(b'<c r="C5" t="n"><v>3</v>') != b'<c r="C5" t="n"><v>3</v>'
    data = make_xlsx(spoil_cell)
    assert data != make_xlsx()
    with pytest.raises(InputError, match=r"损坏|不完整"):
        read(tmp_path / "a.xlsx", data)


def make_bomb():
    return make_xlsx(lambda xml: xml.replace(b"</sheetData>", b" " * 30_000_000 + b"</sheetData>"))


def make_repeated_ods(rows):
    """Return an ODS workbook that ends in ``rows``."""
    end = b"</table:table>"
    data = (FILES / "清册.ods").read_bytes()
    return edit_part(data, "content.xml", lambda xml: xml.replace(end, rows.encode() + end, 1))


def test_an_ods_that_ends_in_a_blank_row_as_wide_as_a_sheet_is_read(tmp_path):
    end = b"<table:table-cell/></table:table-row></table:table><table:named-expressions/>"
    wide = end.replace(b"cell/>", b'cell table:number-columns-repeated="16384"/>')
    data = (FILES / "清册.ods").read_bytes()
    edited = edit_part(data, "content.xml", lambda xml: xml.replace(end, wide))
    assert edited != data
    assert read(tmp_path / "a.ods", edited).height > 0


_CELL = "<table:table-cell{}><text:p>甲</text:p></table:table-cell>"
_ROW = "<table:table-row{}>{}</table:table-row>"
LARGE = [
    ("xlsx", lambda: make_xlsx(cells=[("XFD1048576", 1)]), "XFD1048576", "a stray cell at the end"),
    ("xlsx", lambda: make_xlsx(cells=[("CZ1048576", 1)]), "CZ1048576", "a long and wide rectangle"),
    ("xlsx", make_bomb, "倍", "a part that unpacks to a thousand times its size"),
    ("ods", lambda: make_repeated_ods(_ROW.format(' table:number-rows-repeated="90000000"', _CELL.format(""))), "91,04", "rows repeated"),
    ("ods", lambda: make_repeated_ods(_ROW.format("", _CELL.format(' table:number-columns-repeated="90000000"'))), "90,000,0", "cells repeated"),
    ("ods", lambda: make_repeated_ods(_ROW.format("", '<table:table-cell table:number-columns-repeated="16000"/>' + _CELL.format(""))), "16,00", "a cell far to the right"),
    ("csv", f"{','.join(HEADER)}\n甲{',' * 500_000}\n".encode, "第 2 行", "a wide line"),
    ("parquet", lambda: table_of(3_000), "3,000 列", "a wide table"),
]  # fmt: skip


def table_of(columns):
    buffer = io.BytesIO()
    pl.DataFrame({f"c{n}": ["x"] for n in range(columns)}).write_parquet(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(("kind", "make", "words", "why"), LARGE)
def test_what_would_take_all_memory_is_refused_by_its_size(kind, make, words, why, tmp_path):
    with pytest.raises(InputError) as caught:
        read(tmp_path / f"a.{kind}", make())
    assert words in str(caught.value.message), why
    assert caught.value.remedy


def put_in_sheet(rows):
    """Return a workbook whose sheet ends in ``rows``, which only an attacker writes so."""
    return make_xlsx(lambda xml: xml.replace(b"</sheetData>", rows.encode() + b"</sheetData>"))


def add_prefix(xml):
    """Return the XML of a sheet with a prefix to all its elements."""
    return re.sub(rb"<(/?)(\w)", rb"<\1x:\2", xml).replace(b"xmlns=", b"xmlns:x=")


def move_sheet(data):
    """Return a workbook whose sheet lies elsewhere."""
    new = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(new, "w", 8) as copy:
        for part in old.namelist():
            moved = re.sub(rb"worksheets/sheet1.xml", b"a/b.txt", old.read(part))
            copy.writestr(part.replace("worksheets/sheet1.xml", "a/b.txt"), moved)
    return new.getvalue()


def flag_as_encrypted(data):
    """Return a workbook of which one part, that nobody needs, is said to be under a password."""
    new = io.BytesIO(data)
    with zipfile.ZipFile(new, "a") as archive:
        archive.writestr("x.bin", b"x")
    flagged = bytearray(new.getvalue())
    flagged[flagged.find(b"x.bin") - 24] |= 1
    flagged[flagged.rfind(b"x.bin") - 38] |= 1
    return bytes(flagged)


def share_long_text(cells):
    """Return a workbook in which all ``cells`` show one long text."""
    book, new = io.BytesIO(), io.BytesIO()
    writer = xlsxwriter.Workbook(book)
    writer.add_worksheet().write(0, 0, "甲" * 10_000)
    writer.close()
    with zipfile.ZipFile(book) as old, zipfile.ZipFile(new, "w", 8) as copy:
        for part in old.namelist():
            row = b'<c r="A1" t="s"><v>0</v></c>'
            copy.writestr(part, old.read(part).replace(row, row * cells))
    return new.getvalue()


def make_far_xlsb():
    """Return what of a binary workbook is looked at: a row, and a number far to its right."""
    sheet = bytes.fromhex("0004FFFF0F000510FF3F0000000000000000000000000000")
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("xl/workbook.bin", b"")
        archive.writestr("xl/worksheets/sheet1.bin", sheet)
    return data.getvalue()


def make_far_xls():
    """Return an old workbook with one number far away."""
    data = bytearray((FILES / "清册.xls").read_bytes())
    at = re.search(rb"(?:\xFD\x00\x0A|\x03\x02\x0E)\x00", data[4000:]).end() + 4000
    data[at : at + 4] = b"\xff" * 4
    return bytes(data)


def share_long_xls_text(cells):
    """Return what of an old workbook is looked at: a long text in two pieces, and cells that show it."""

    def record(kind, content):
        return struct.pack("<HH", kind, len(content)) + content

    start = bytes.fromhex("00060500BB0DCC07000000000600000" + "0")
    first = (
        struct.pack("<IIHB", cells, 2, 2, 0) + b"ab" + struct.pack("<HB", 30_000, 0) + b"a" * 8_000
    )
    texts = (
        record(0xFC, first)
        + record(0x3C, b"\0" + b"a" * 8_000)
        + record(0x3C, b"\1" + b"a\0" * 4_000)
        + record(0x3C, b"\0" + b"a" * 10_000)
    )
    shown = b"".join(record(0xFD, struct.pack("<HHHI", row, 0, 0, 1)) for row in range(cells))
    end = record(0x0A, b"")
    return record(0x809, start) + texts + end + record(0x809, b"\0\6\x10" + start[3:]) + shown + end


def contain(workbook, before=(), behind=()):
    """Return the container of an old workbook: a table of sectors, a directory, the workbook.

    ``before`` and ``behind``: other entries of the directory: name, type, first sector, size.
    """
    count = -(-len(workbook) // 512)
    tables = -(-(count + 1) // 127)
    chain = [*range(tables + 2, tables + 1 + count), 0xFFFFFFFE]
    numbers = [0xFFFFFFFD] * tables + [0xFFFFFFFE, *chain]
    table = struct.pack(
        f"<{128 * tables}I", *numbers, *[0xFFFFFFFF] * (128 * tables - len(numbers))
    )
    entries = b"".join(
        name.encode("utf-16-le").ljust(64, b"\0")
        + bytes((0, 0, kind))
        + bytes(49)
        + struct.pack("<IQ", start, size)
        for name, kind, start, size in [
            ("Root Entry", 5, 0xFFFFFFFE, 0),
            *before,
            ("Workbook", 2, tables + 1, len(workbook)),
            *behind,
        ]
    )
    listed = [*range(tables), *[0xFFFFFFFF] * (109 - tables)]
    marks = (0, tables, tables, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    header = OLE.ljust(24, b"\0") + struct.pack(
        "<HHHHH6x9I109I", 62, 3, 0xFFFE, 9, 6, *marks, *listed
    )
    return header + table + entries.ljust(512, b"\0") + workbook.ljust(512 * count, b"\0")


def repeat_long_text(rows):
    """Return a table in which all rows share one long text."""
    texts = pl.Series("纳税人名称", ["甲" * 30_000]).new_from_index(0, rows)
    buffer = io.BytesIO()
    pl.DataFrame([texts]).write_parquet(buffer)
    return buffer.getvalue()


_FAR_ROW = '<row r="1048576">{}</row>'
DISGUISED = [
    ("xlsx", lambda: put_in_sheet("<row r='1048576'><c r='XFD1048576'><v>1</v></c></row>"), "16,384", "single quotes"),
    ("xlsx", lambda: put_in_sheet('<row r = "9"><c\nr = "XFD1048576"><v>1</v></c></row>'), "16,384", "blanks"),
    ("xlsx", lambda: put_in_sheet(_FAR_ROW.format('<c r="xfd1048576"><v>1</v></c>')), "16,384", "small letters"),
    ("xlsx", lambda: put_in_sheet('<row x=">" r="4294967000"><c><v>1</v></c></row>'), "4,294,967", "a mark that ends a tag"),
    ("xlsx", lambda: put_in_sheet("<row>" + "<c><v>1</v></c>" * 3_000 + "</row>"), "3,000 列", "cells without a place"),
    ("xlsx", lambda: make_xlsx(add_prefix, cells=[("XFD1048576", 1)]), "16,384", "elements under a prefix"),
    ("xlsx", lambda: move_sheet(make_xlsx(cells=[("XFD1048576", 1)])), "16,384", "a sheet in another folder"),
    ("xlsx", lambda: flag_as_encrypted(make_xlsx(cells=[("XFD1048576", 1)])), "密码", "half a password"),
    ("xlsx", lambda: share_long_text(4_000), "解压后", "a long text in many cells"),
    ("xlsx", lambda: edit_part(share_long_text(1), "xl/sharedStrings.xml", lambda xml: xml.replace(b'uniqueCount="1"', b'uniqueCount="4294967295"')), "4,294,967,295 行", "a false number of texts"),
    ("xlsb", make_far_xlsb, "16,384", "a binary sheet"),
    ("xls", make_far_xls, "65,536 列", "a number beyond all columns of its format"),
    ("ods", lambda: make_repeated_ods(_ROW.format(" table:number-rows-repeated = '90000000'", _CELL.format(""))), "91,04", "single quotes and blanks"),
    ("ods", lambda: make_repeated_ods(_ROW.format("", '<table:table-cell office:value="3" table:number-columns-repeated="90000000"/>')), "90,000,0", "a number without its text"),
    ("ods", lambda: make_repeated_ods(_ROW.format(' table:number-rows-repeated="1000"', _CELL.format("").replace("甲", "甲" * 50_000))), "解压后", "a long text repeated"),
    ("ods", lambda: make_repeated_ods(_ROW.format("", _CELL.format("").replace("甲", '甲<text:s text:c="4000000000"/>'))), "解压后", "blanks by their number"),
    ("parquet", lambda: repeat_long_text(2_000), "解压后", "a long text in many rows"),
    ("csv", lambda: b"\n" * 10_000_001, "10,000,0", "lines without end"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "make", "words", "why"), DISGUISED)
def test_what_would_take_all_memory_is_seen_however_it_is_written(kind, make, words, why, tmp_path):
    with pytest.raises(InputError) as caught:
        open_document(tmp_path / f"a.{kind}", make(), ReadSettings(max_unpacked_mb=100))
    assert words in str(caught.value.message), why
    assert caught.value.remedy


def test_pages_of_a_parquet_file_are_measured_before_they_are_unpacked(tmp_path):
    buffer = io.BytesIO()
    pl.DataFrame({"a": ["甲" * 1_000_000]}).write_parquet(buffer)
    assert measure_pages(buffer.getvalue()) > 3_000_000
    with pytest.raises(InputError, match="解压后有 3 MB"):
        open_document(tmp_path / "a", buffer.getvalue(), ReadSettings(max_unpacked_mb=1))


def test_a_long_text_that_many_cells_of_an_old_workbook_share_is_measured(tmp_path):
    with pytest.raises(InputError, match="解压后有 2,250 MB"):
        verify_xls(contain(share_long_xls_text(25_000)), tmp_path / "a.xls", ReadSettings())
    verify_xls(contain(share_long_xls_text(20_000)), tmp_path / "a.xls", ReadSettings())


def overwrite(data, *places):
    """Return ``data`` with 32-bit numbers written over it: pairs of place and number."""
    for at, number in places:
        data = data[:at] + struct.pack("<I", number) + data[at + 4 :]
    return data


def declare_size(*places):
    """Return an old workbook whose sheet says otherwise how large it is: rows from, to, columns."""
    data = (FILES / "清册.xls").read_bytes()
    at = data.index(bytes.fromhex("00020e00")) + 4
    return overwrite(data, *((at + place, number) for place, number in places))


_CONTAINED = contain(share_long_xls_text(40))
"""Sector 0 has the table from place 512 on, sector 1 the directory, the workbook begins in sector 2."""
TORN = [
    (lambda: overwrite(_CONTAINED, (512 + 4 * 3, 2)), "a circle of sectors"),
    (lambda: overwrite(_CONTAINED, (512 + 4 * 2, 50_000_000)), "a sector far beyond the end"),
    (lambda: overwrite(_CONTAINED, (512 + 4 * 2, 0xFFFFFFFF)), "a sector that is free"),
    (lambda: overwrite(_CONTAINED, (1024 + 128 + 120, 2_000_000_000)), "a workbook longer than its file"),
    (lambda: overwrite(_CONTAINED, (1024 + 128 + 116, 40_000_000)), "a workbook that begins beyond the end"),
    (lambda: overwrite(_CONTAINED, (76, 40_000_000)), "a table beyond the end"),
    (lambda: overwrite(_CONTAINED, (68, 2)), "sectors of tables that hold something else"),
    (lambda: overwrite(_CONTAINED, (44, 2_000_000_000)), "more tables than sectors"),
    (lambda: overwrite(_CONTAINED, (48, 1_000)), "a directory beyond the end"),
    (lambda: overwrite(_CONTAINED, (64, 1), (60, 2), (1024 + 128 + 120, 4_000)), "a small workbook whose sectors nothing holds"),
    (lambda: _CONTAINED[:30] + b"\x0a" + _CONTAINED[31:], "sectors of a size that there is not"),
    (lambda: _CONTAINED[:40] + _CONTAINED[80:], "a piece of the header is missing"),
    (lambda: _CONTAINED[:600], "cut off in its table"),
    (lambda: declare_size((4, 1 << 30)), "more rows than a sheet has"),
    (lambda: declare_size((0, 9)), "a first row behind the last"),
    (lambda: declare_size((4, 65_536), (8, 0xFFFF0000)), "too large a rectangle"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "why"), TORN)
def test_an_old_workbook_that_would_take_all_memory_is_damaged(make, why, tmp_path):
    with pytest.raises(InputError, match="损坏") as caught:
        open_document(tmp_path / "a.xls", make(), ReadSettings())
    assert caught.value.remedy, why


_PROPERTIES = "\x05SummaryInformation"
LEFT = [
    ((), [("删去的", 0, 3, 5_000)], (), "a deleted stream whose sectors the workbook took"),
    ((), [("删去的", 0, 90_000_000, 5_000)], (), "a deleted stream beyond the end"),
    ((), [("删去的", 0, 0xFFFFFFFF, 5_000)], (), "a deleted stream that begins nowhere"),
    ([("Workbook", 0, 3, 5_000)], (), (), "the workbook as it was before it was saved again"),
    ((), [(_PROPERTIES, 2, 90_000_000, 5_000)], (), "properties beyond the end"),
    ((), [(_PROPERTIES, 2, 1, 2_000_000_000)], (), "properties longer than the file"),
    ((), [(_PROPERTIES, 2, 5, 300)], ((60, 90_000_000), (64, 1)), "small sectors beyond the end"),
    ((), [("_VBA_PROJECT_CUR", 1, 0, 0), ("dir", 2, 90_000_000, 9_000)], (), "macros beyond the end"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "behind", "places", "why"), LEFT)
def test_what_lies_beside_an_old_workbook_in_its_container_does_not_matter(
    before, behind, places, why, tmp_path
):
    given = (FILES / "清册.xls").read_bytes()
    workbook = extract_workbook(given).ljust(9_000, b"\0")
    data = overwrite(contain(workbook, before, behind), *places)
    rows = read(tmp_path / "a.xls", data)
    assert rows.height, why
    assert rows.equals(read(tmp_path / "a.xls", given)), why


def test_an_old_workbook_of_any_size_comes_out_of_its_container_as_it_was():
    for size in (0, 1, 4_095, 4_096, 4_097, 1023 * 4_096, 1024 * 4_096, 9_000_000):
        stream = bytes([size % 251 + 1]) * size
        found = extract_workbook(contain_workbook(stream))
        assert found.rstrip(b"\0") == stream


FAR = [
    (lambda: make_xlsx(lambda xml: xml.replace(b"</sheetData>", b'<row r="1048576"><c r="XFD1048576" s="0"/></row></sheetData>')), "xlsx", "an empty cell left by formatting"),
    (lambda: make_xlsx(cells=[("B90000", "91530100MA6000000X")]), "xlsx", "a row after a gap"),
    (lambda: make_repeated_ods(_ROW.format(' table:number-rows-repeated="1048000"', '<table:table-cell table:number-columns-repeated="16384"/>')), "ods", "the empty rest of a sheet"),
    (lambda: make_xlsx(lambda xml: re.sub(rb'<(row|c) r="\w+"', rb"<\1", xml)), "xlsx", "a sheet without a place in any tag"),
    (lambda: make_repeated_ods("".join(_ROW.format(' table:number-rows-repeated="1048570"', "<table:table-cell/>") + '</table:table><table:table table:name="空">' for _n in range(30)) + _ROW.format("", _CELL.format(""))), "ods", "the empty rests of many sheets"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "kind", "why"), FAR)
def test_what_only_looks_large_is_read(make, kind, why, tmp_path):
    assert read(tmp_path / f"a.{kind}", make()).height > 0, why


def test_the_limits_are_those_of_the_settings(tmp_path):
    with pytest.raises(InputError, match=r"20 列"):
        read(tmp_path / "a.parquet", table_of(20), ReadSettings(max_columns=10))
