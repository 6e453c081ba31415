"""Damaged files and files made to take all memory: refused in words, never read as something else."""

import io
import random
import zipfile
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from gapmatch.errors import InputError
from gapmatch.read import Side, read_extract
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
    assert sum(count_outcomes(kind, tmp_path, range(40))) == 40


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


_CELL = "<table:table-cell{}><text:p>甲</text:p></table:table-cell>"
_ROW = "<table:table-row{}>{}</table:table-row>"
LARGE = [
    ("xlsx", lambda: make_xlsx(cells=[("XFD1048576", 1)]), "XFD1048576", "a stray cell at the end"),
    ("xlsx", lambda: make_xlsx(cells=[("CZ1048576", 1)]), "CZ1048576", "a long and wide rectangle"),
    ("xlsx", make_bomb, "倍", "a part that unpacks to a thousand times its size"),
    ("ods", lambda: make_repeated_ods(_ROW.format(' table:number-rows-repeated="90000000"', _CELL.format(""))), "90,000,0", "rows repeated"),
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


FAR = [
    (lambda: make_xlsx(lambda xml: xml.replace(b"</sheetData>", b'<row r="1048576"><c r="XFD1048576" s="0"/></row></sheetData>')), "xlsx", "an empty cell left by formatting"),
    (lambda: make_xlsx(cells=[("B90000", "91530100MA6000000X")]), "xlsx", "a row after a gap"),
    (lambda: make_repeated_ods(_ROW.format(' table:number-rows-repeated="1048000"', '<table:table-cell table:number-columns-repeated="16384"/>')), "ods", "the empty rest of a sheet"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "kind", "why"), FAR)
def test_what_only_looks_large_is_read(make, kind, why, tmp_path):
    assert read(tmp_path / f"a.{kind}", make()).height > 0, why


def test_the_limits_are_those_of_the_settings(tmp_path):
    with pytest.raises(InputError, match=r"20 列"):
        read(tmp_path / "a.parquet", table_of(20), ReadSettings(max_columns=10))
