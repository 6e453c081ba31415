"""How far a workbook reaches: rows, columns and text that its parser would make room for.

A few bytes can stand for all memory: a cell at the far end of a sheet, a row or a cell that is
repeated, a long text that a million cells share. What is measured here is never less than what the
parser takes, however a tag is written; only what seems to go beyond the limits is followed tag by
tag, since that takes long.
"""

import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from xml.parsers import expat

from gapmatch.read.workbook_parts import Style, list_xls_records, parse_column


@dataclass
class Extent:
    """The rectangle that a sheet's values lie in, its rightmost cell, and bytes of shared text."""

    rows: int = 0
    columns: int = 0
    cell: str = ""
    text: int = 0

    def add(self, row: int, column: int, cell: str = "") -> None:
        """Stretch the rectangle to a cell, counted from 0."""
        self.rows = max(self.rows, row + 1)
        if column >= self.columns:
            self.columns, self.cell = column + 1, cell


_SHARED_TEXT = re.compile(rb"<(?:\w+:)?si\b")
_TEXT_LIST = re.compile(rb"<(?:\w+:)?sst\b[^<]*")
_COUNT = re.compile(rb"ount\s*=\s*[\"'](\d+)")
_FAR = re.compile(rb'r="(?:([A-Za-z]{2,})(\d+)|[A-Za-z]?(\d{5,}))"')
"""Columns beyond Z and rows of five digits; it begins with fixed text, which makes it quick."""
_CELL_TAGS = tuple(b"<c" + mark for mark in (b" ", b">", b"/", b"\n", b"\r", b"\t"))
_NEAR_ROWS, _NEAR_COLUMNS = 9_999, 26
_PLAIN_ROWS, _PLAIN_COLUMNS = 99_999, 702
_MIN_CELL_BYTES = len('<c r="A1"><v>1</v></c>')
_PLACE = re.compile(r"([A-Za-z]+)(\d+)")
_VALUES = frozenset({"v", "f", "is"})


def measure_shared_texts(xml: bytes) -> list[int]:
    """Return the size of each shared text of an XLSX file, tags included."""
    return [len(text) for text in _SHARED_TEXT.split(xml)[1:]]


def count_shared_texts(xml: bytes) -> int:
    """Return how many shared texts an XLSX file says it has: the parser makes room for them."""
    return max((int(n) for tag in _TEXT_LIST.findall(xml) for n in _COUNT.findall(tag)), default=0)


def estimate_sheet(xml: bytes, style: Style) -> Extent | None:
    """Return an extent that an XLSX sheet does not go beyond; ``None`` if it is oddly written.

    Its ``text`` is the number of cells: each may show the longest of the shared texts.
    """
    if style.has_prefix:
        return None
    if style.is_near:
        return Extent(_PLAIN_ROWS, _PLAIN_COLUMNS, text=len(xml) // _MIN_CELL_BYTES)
    is_plain = xml.count(b"<row") == xml.count(b'<row r="') and sum(
        xml.count(tag) for tag in _CELL_TAGS
    ) == (cells := xml.count(b'<c r="'))
    if not is_plain:
        return None
    far = _FAR.findall(xml)
    rows = (int(row or alone) for _column, row, alone in far)
    widest = max((parse_column(c.upper()) for c in {column for column, *_r in far}), default=0)
    return Extent(max(rows, default=_NEAR_ROWS), max(widest + 1, _NEAR_COLUMNS), text=cells)


def measure_sheet(xml: bytes, texts: Sequence[int]) -> Extent:
    """Return the extent of an XLSX sheet, each tag followed. Raises ``ExpatError``."""
    walk = _SheetWalk(texts)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = walk.start
    parser.EndElementHandler = walk.end
    parser.CharacterDataHandler = walk.add_text
    parser.Parse(xml, True)  # noqa: FBT003 - takes no names
    return walk.extent


class _SheetWalk:
    """Follows the tags of a sheet as the parser does: without an address, the next place."""

    def __init__(self, texts: Sequence[int]) -> None:
        self.extent = Extent()
        self._texts = texts
        self._row, self._column = -1, -1
        self._is_shared = False
        self._value: list[str] | None = None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Take the place of a row or cell; a cell with a value counts."""
        name = tag.rpartition(" ")[2]
        if name == "row":
            given = attributes.get("r", "")
            self._row = int(given) - 1 if given.isdecimal() else self._row + 1
            self._column = -1
        elif name == "c":
            place = _PLACE.fullmatch(attributes.get("r", ""))
            self._column = parse_column(place[1].upper().encode()) if place else self._column + 1
            self._row = int(place[2]) - 1 if place else self._row
            self._is_shared = attributes.get("t") == "s"
            self._cell = place[0] if place else ""
        elif name in _VALUES:
            self.extent.add(max(self._row, 0), self._column, self._cell)
            self._value = [] if name == "v" and self._is_shared else None

    def add_text(self, text: str) -> None:
        """Take the number of a shared text."""
        if self._value is not None:
            self._value.append(text)

    def end(self, _tag: str) -> None:
        """Add the size of the shared text that the cell shows."""
        number = "".join(self._value or ()).strip()
        if number.isdecimal() and int(number) < len(self._texts):
            self.extent.text += self._texts[int(number)]
        self._value = None


_ODS_TABLE = re.compile(rb"<table:table[\s>]")
_ODS_REPEATED = re.compile(rb"number-(row|column)s-repeated\s*=\s*[\"'](\d+)")
_ODS_SPACES = re.compile(rb"text:c\s*=\s*[\"'](\d+)")
_FILLER_COLUMNS = 100
"""Cells that are repeated more often are counted with their text."""


# What a value begins with: texts and notes, attributes of numbers and dates, but no end of a tag.
_ODS_VALUES = (b"<text:", b"<office:", *(mark + b"office:" for mark in (b" ", b"\n", b"\r", b"\t")))


def measure_ods(xml: bytes) -> Extent:
    """Return an extent that no sheet of an ODS file goes beyond."""
    extent = Extent(text=sum(map(int, _ODS_SPACES.findall(xml))))
    for table in _ODS_TABLE.split(xml):
        _add_ods_rows(extent, table)
    return extent


def _add_ods_rows(extent: Extent, table: bytes) -> None:
    rows = 0
    for row in table.split(b"<table:table-row")[1:]:
        last = max(row.rfind(mark) for mark in _ODS_VALUES)
        end = row.find(b"<", last + 1)  # of the tag that has the last value
        repeats = [
            (kind, int(n)) for kind, n in _ODS_REPEATED.findall(row[: end if end > 0 else None])
        ]
        times = max((n for kind, n in repeats if kind == b"row"), default=1)
        rows += times
        if last < 0:
            continue
        cells = [n for kind, n in repeats if kind == b"column"]
        wide = row.count(b"<table:table-cell", 0, end) + row.count(b"<table:covered", 0, end)
        extent.add(rows - 1, wide + sum(cells) - 1)
        often = max(cells, default=0)
        extent.text += len(row) * (times - 1 + (often if often > _FILLER_COLUMNS else 0))


_ROW_HEADER, _FIRST_VALUE, _LAST_VALUE = 0, 2, 11
"""Records of XLSB that hold the number of a row, or a value ([MS-XLSB] 2.3)."""


def measure_xlsb(part: bytes) -> Extent:
    """Return the extent of a part of an XLSB file; none for one that holds no sheet."""
    extent, at, row = Extent(), 0, 0
    while at < len(part):
        kind, at = _read_number(part, at, 2)
        size, at = _read_number(part, at, 4)
        if kind == _ROW_HEADER and size >= 4:
            row = int.from_bytes(part[at : at + 4], "little")
        elif _FIRST_VALUE <= kind <= _LAST_VALUE and size >= 4:
            extent.add(row, int.from_bytes(part[at : at + 4], "little"))
        at += size
    return extent


def _read_number(data: bytes, at: int, most: int) -> tuple[int, int]:
    """Return a number of seven bits a byte, and the place after it."""
    number = 0
    for place in range(most):
        byte = data[at] if at < len(data) else 0
        at += 1
        number |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            break
    return number, at


_WORKBOOK_START = bytes.fromhex("0908100000060500")
_SHARED_TEXTS, _CONTINUED, _SHARED_TEXT_CELL = 0x00FC, 0x003C, 0x00FD
_DIMENSIONS, _MAX_XLS_CELLS = 0x0200, 65_536 * 256
_XLS_VALUES = frozenset({0x0006, 0x00BD, 0x00D6, 0x00FD, 0x0203, 0x0204, 0x0205, 0x027E})


def measure_xls(data: bytes) -> Extent:
    """Return the extent of the sheets of an XLS file; raise ``ValueError`` if it cannot be."""
    extent, texts = Extent(), _measure_xls_texts(data)
    for _sheet, kind, content in list_xls_records(data):
        if kind == _DIMENSIONS and len(content) >= 8:
            form = "<IIHH" if len(content) >= 12 else "<HHHH"
            _check_dimensions(*struct.unpack_from(form, content))
        if kind in _XLS_VALUES and len(content) >= 4:
            extent.add(*struct.unpack_from("<HH", content))
        if kind == _SHARED_TEXT_CELL and len(content) >= 10:
            number = int.from_bytes(content[6:10], "little")
            extent.text += texts[number] if number < len(texts) else 0
    return extent


def _check_dimensions(row: int, rows: int, column: int, columns: int) -> None:
    """Raise ``ValueError`` if the parser would make room for more cells than a sheet has."""
    if ((rows - row) % 2**32) * ((columns - column) % 2**32) > _MAX_XLS_CELLS:
        raise ValueError(rows, columns)


def _measure_xls_texts(data: bytes) -> list[int]:
    """Return the bytes of each shared text of an XLS file, up to the first that is damaged."""
    pieces: list[bytes] = []
    for _part, kind, content in list_xls_records(data, _WORKBOOK_START):
        if kind == _SHARED_TEXTS or (kind == _CONTINUED and pieces):
            pieces.append(content)
        elif pieces:
            break
    texts, left, width = [], 0, 1
    extra = 0
    for number, piece in enumerate(pieces):
        at = 8 if number == 0 else 0
        if number and left:  # a text goes on: how wide its characters are is said anew
            width, at = 1 + (piece[:1] > b"\0"), 1
        while at < len(piece):
            taken = min(left, (len(piece) - at) // width)
            left, at = left - taken, at + taken * width
            if left:
                break
            skipped = min(extra, len(piece) - at)
            extra, at = extra - skipped, at + skipped
            if extra or at + 3 > len(piece):
                break
            left, flags = struct.unpack_from("<HB", piece, at)
            width, at = 1 + (flags & 1), at + 3
            texts.append(3 * left)  # as much as UTF-8 takes
            if flags & 8 and at + 2 <= len(piece):
                extra, at = 4 * int.from_bytes(piece[at : at + 2], "little"), at + 2
            if flags & 4 and at + 4 <= len(piece):
                extra, at = extra + int.from_bytes(piece[at : at + 4], "little"), at + 4
    return texts
