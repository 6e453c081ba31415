"""What the parser drops of a workbook: errors, formulas without a value, merges, what is hidden."""

import io
import re
import struct
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from xml.etree import ElementTree as ET
from xml.parsers import expat
from xml.sax.saxutils import unescape

import polars as pl

from gapmatch.read.read_model import LostCell, Merge

# Cells but those that every program writes, up to ZZ99999. Their address counts, not the row's.
_FAR = (
    r'<c(?:[>/\n\r\t]| (?:[^r]|r[^=]|r=[^"]|r="(?:[^A-Z]|[A-Z]{3}|'
    r'[A-Z]{1,2}(?:[^A-Z0-9]|[0-9]{1,5}[^0-9"]|[0-9]{6}))))'
)
_PREFIX = r":(?:sheetData|row|c)[ >/\n\r\t]"
# A number of 16 digits or more in the XML of a sheet: Excel stores only 15 of them.
# The pattern begins with fixed text, which makes the search quick; "</v>" does not match.
_LONG = r"v>-?(?:[0-9]{16}|[0-9](?:\.[0-9]+)?[eE]\+?(?:1[5-9]|[2-9][0-9]))"
_LONG_NUMBER = re.compile(_LONG.encode())
_MAYBE_ERROR = re.compile(rb't="e"')
_ERROR = re.compile(
    rb'<(?:\w+:)?c\b[^<>]*?\br="([A-Z]+)(\d+)"[^<>]*?\bt="e"[^<>]*>(?:<(?:\w+:)?f\b(?:[^<>]*/>|'
    rb"[^<>]*>[^<]*</(?:\w+:)?f>))?<(?:\w+:)?v>([^<]*)<"
)
_FORMULA = re.compile(
    rb'<(?:\w+:)?c\b[^<>]*?\br="([A-Z]+)(\d+)"[^<>]*><(?:\w+:)?f\b(?:[^<>]*/>|[^<>]*>([^<]*)</(?:\w+:)?f>)'
    rb"\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
_MERGE = re.compile(rb'<(?:\w+:)?mergeCell\b[^<>]*?ref="([A-Z]+)(\d+):([A-Z]+)(\d+)"')
_MAYBE_HIDDEN = re.compile(b"hidden=")
_HIDDEN = re.compile(rb"\bhidden=[\"'](?:1|true)[\"']")
_ROW = re.compile(rb"<(?:\w+:)?row\b([^<>]*)")
_NUMBER_OF_ROW = re.compile(rb"\br=[\"'](\d+)")
_COLUMNS = re.compile(rb"<(?:\w+:)?col\b([^<>]*)")
_FIRST_AND_LAST = re.compile(rb"\b(min|max)=[\"'](\d+)")
_PIECE_BYTES = 1_000_000
_ODS_NOTED = re.compile(
    rb"number-rows-spanned\s*=\s*[\"'](?!1[\"'])|visibility\s*=\s*[\"'](?:collapse|filter)"
)
_SHEET_START = bytes.fromhex("0908100000061000")
_END_OF_PART, _MERGED_CELLS, _ROW_OF_XLS, _COLUMNS_OF_XLS = 0x000A, 0x00E5, 0x0208, 0x007D
"""Records of XLS ([MS-XLS] 2.3)."""
_NOTED_OF_XLS = frozenset({_MERGED_CELLS, _ROW_OF_XLS, _COLUMNS_OF_XLS})
_XLS_ROW_IS_HIDDEN = 0x20
_ODS_HIDDEN = ("collapse", "filter")
_ROOT = re.compile(rb"<(\w+:)?worksheet\b")
_ROOT_WITHIN = 4_096
"""Bytes at the beginning of a sheet among which its root stands."""
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


@dataclass(frozen=True)
class SheetParts:
    """Whether a sheet may hold numbers that Excel cut; cells without a value, merged, hidden."""

    long_numbers: bool = True
    without_value: tuple[LostCell, ...] = ()
    merges: tuple[Merge, ...] = ()
    hidden_rows: tuple[range, ...] = ()
    hidden_columns: tuple[range, ...] = ()


def name_sheets(
    data: bytes, kind: str, names: Sequence[str], parts: Mapping[str, SheetParts]
) -> Mapping[str, SheetParts]:
    """Return ``parts`` by the names of their sheets; those of XLS are in the order of ``names``."""
    if kind == "xls":
        found = scan_xls(data)
        return dict(zip(names, found, strict=True)) if len(found) == len(names) else {}
    if kind == "ods" or not parts:
        return parts
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return {name: parts[part] for name, part in list_sheets(archive) if part in parts}
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError, KeyError, ET.ParseError):
        return {}


def list_sheets(archive: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    """Yield the name and the part of each sheet of XML."""
    book = ET.fromstring(archive.read("xl/workbook.xml"))
    related = ET.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    targets = {r.get("Id"): r.get("Target", "") for r in related}
    for sheet in book.iter():
        if not sheet.tag.endswith("}sheet"):
            continue
        ids = [v for k, v in sheet.attrib.items() if k.endswith("}id")]
        target = targets.get(sheet.get(_RELATION) or (ids[0] if ids else None), "")
        part = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
        if "sheets/chart" not in part:
            yield sheet.get("name", ""), part


@dataclass(frozen=True)
class Style:
    """How the XML of a sheet is written."""

    is_near: bool
    """All cells have the addresses that every program writes, up to ZZ99999."""
    has_prefix: bool
    """Its elements have a prefix."""
    is_bare: bool
    """There is no error, no formula and no long number in it."""


def find_style(xml: bytes) -> Style:
    """Return how the XML of a sheet is written."""
    lost = (r't="e"', r"[<:]f[ />]", _LONG)
    if not _has_pattern(xml, _FAR, _PREFIX, *lost):
        return Style(is_near=True, has_prefix=False, is_bare=True)
    return Style(
        is_near=not _has_pattern(xml, _FAR),
        has_prefix=_has_pattern(xml, _PREFIX),
        is_bare=not _has_pattern(xml, *lost),
    )


def _has_pattern(xml: bytes, *patterns: str) -> bool:
    """Whether a pattern is found, or the XML is no UTF-8.

    Polars looks for many patterns in the time that Python takes for one. Pieces take no new memory.
    """
    start = 0
    while start < len(xml):
        tag = xml.rfind(b"<", start + 1, start + _PIECE_BYTES)
        end = tag if tag > 0 and start + _PIECE_BYTES < len(xml) else len(xml)
        piece = pl.Series([xml[start:end]], dtype=pl.Binary).cast(pl.String, strict=False)
        if piece.str.contains("|".join(patterns))[0] is not False:
            return True
        start = end
    return False


def scan_sheet(xml: bytes, style: Style) -> SheetParts:
    """Return the details in the XML of a sheet."""
    hidden = _find_hidden(xml)
    if style.is_bare:
        return SheetParts(False, (), _find_merges(xml), *hidden)  # noqa: FBT003 - as below
    lost: list[LostCell] = []
    # Plain searches first: they are many times quicker, and most sheets have neither.
    if _MAYBE_ERROR.search(xml):
        lost += [
            _build_lost_cell("error_value", column, row, value)
            for column, row, value in _ERROR.findall(xml)
        ]
    if _has_formula(xml):
        lost += [
            _build_lost_cell("formula_without_value", column, row, b"=" + value)
            for column, row, value in _FORMULA.findall(xml)
        ]
    return SheetParts(bool(_LONG_NUMBER.search(xml)), tuple(lost), _find_merges(xml), *hidden)


def _find_hidden(xml: bytes) -> tuple[tuple[range, ...], tuple[range, ...]]:
    """Return the rows that are hidden, by hand or by a filter, and the columns."""
    if not _MAYBE_HIDDEN.search(xml):
        return (), ()
    rows, number = [], 0
    for (attributes,) in map(re.Match.groups, _ROW.finditer(xml)):
        given = _NUMBER_OF_ROW.search(attributes)
        number = int(given[1]) if given else number + 1
        if _HIDDEN.search(attributes):
            rows.append(range(number - 1, number))
    columns = []
    for attributes in _COLUMNS.findall(xml, 0, max(xml.find(b"sheetData"), 0)):
        place = {name: int(value) for name, value in _FIRST_AND_LAST.findall(attributes)}
        if len(place) == 2 and _HIDDEN.search(attributes):
            columns.append(range(place[b"min"] - 1, place[b"max"]))
    return tuple(rows), tuple(columns)


def scan_ods(xml: bytes) -> dict[str, SheetParts]:
    """Return cells over several rows and what is hidden in each sheet of an ODS file, by name."""
    if not _ODS_NOTED.search(xml):
        return {}
    walk = _OdsWalk()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = walk.start
    parser.EndElementHandler = walk.end
    parser.Parse(xml, True)  # noqa: FBT003 - takes no names
    return {name: found.freeze() for name, found in walk.tables.items()}


class _Noted(NamedTuple):
    """What there is in a sheet, while it is walked."""

    merges: list[Merge]
    rows: list[range]
    columns: list[range]

    def freeze(self) -> SheetParts:
        return SheetParts(
            merges=tuple(self.merges),
            hidden_rows=tuple(self.rows),
            hidden_columns=tuple(self.columns),
        )


class _OdsWalk:
    """Counts the rows and cells of each table, repeated ones too."""

    def __init__(self) -> None:
        self.tables: dict[str, _Noted] = {}
        self._table = _Noted([], [], [])
        self._row, self._column, self._repeats = 0, 0, 1

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Take the place of a cell."""
        name = tag.rpartition(" ")[2]
        given = {key.rpartition(" ")[2]: value for key, value in attributes.items()}
        if name == "table":
            self._table = self.tables.setdefault(given.get("name", ""), _Noted([], [], []))
            self._row = self._column = 0
        elif name == "table-column":
            start, self._column = (
                self._column,
                self._column + int(given.get("number-columns-repeated", 1)),
            )
            if given.get("visibility") in _ODS_HIDDEN:
                self._table.columns.append(range(start, self._column))
        elif name == "table-row":
            self._column, self._repeats = 0, int(given.get("number-rows-repeated", 1))
            if given.get("visibility") in _ODS_HIDDEN:
                self._table.rows.append(range(self._row, self._row + self._repeats))
        elif name in ("table-cell", "covered-table-cell"):
            rows = int(given.get("number-rows-spanned", 1))
            if rows > 1:
                self._table.merges.append(Merge(self._column, self._row, self._row + rows - 1))
            self._column += int(given.get("number-columns-repeated", 1))

    def end(self, tag: str) -> None:
        """Go on to the next row."""
        if tag.endswith(" table-row"):
            self._row += self._repeats


def scan_xls(data: bytes) -> list[SheetParts]:
    """Return cells over several rows and what is hidden in each sheet of an XLS file, in order."""
    sheets: list[_Noted] = []
    for sheet, kind, content in list_xls_records(data):
        if sheet == len(sheets):
            sheets.append(_Noted([], [], []))
        if kind not in _NOTED_OF_XLS:
            continue
        first = int.from_bytes(content[:2], "little")
        # Of another size: a record that lies in two pieces.
        if kind == _MERGED_CELLS and len(content) == 2 + 8 * first:
            for top, last, left, right in struct.iter_unpack("<HHHH", content[2:]):
                if top < last and left <= right:
                    sheets[sheet].merges.append(Merge(left, top, last))
        elif kind == _ROW_OF_XLS and content[12:13] and content[12] & _XLS_ROW_IS_HIDDEN:
            sheets[sheet].rows.append(range(first, first + 1))
        elif kind == _COLUMNS_OF_XLS and content[8:9] and content[8] & 1:
            last = int.from_bytes(content[2:4], "little")
            sheets[sheet].columns.append(range(first, last + 1))
    return [found.freeze() for found in sheets]


def list_xls_records(data: bytes, start: bytes = _SHEET_START) -> Iterator[tuple[int, int, bytes]]:
    """Yield the records of an XLS file's sheets: number of the part, kind, content."""
    part, at = 0, data.find(start)
    while at >= 0:
        while at + 4 <= len(data):
            kind, size = struct.unpack_from("<HH", data, at)
            if kind == _END_OF_PART:
                break
            yield part, kind, data[at + 4 : at + 4 + size]
            at += 4 + size
        part, at = part + 1, data.find(start, at)


def _find_merges(xml: bytes) -> tuple[Merge, ...]:
    behind = max(xml.rfind(b"sheetData"), 0)  # merges stand behind all cells
    return tuple(
        Merge(parse_column(column), int(first) - 1, int(last) - 1)
        for column, first, _other, last in _MERGE.findall(xml, behind)
        if int(last) > int(first)
    )


def _has_formula(xml: bytes) -> bool:
    """Whether the sheet has the element of formulas, under the prefix that its root has."""
    root = _ROOT.search(xml, 0, _ROOT_WITHIN)
    if root is None:
        return b"f>" in xml or b"f " in xml or b"f/" in xml
    return re.search(rb"<%bf[ />]" % (root[1] or b""), xml) is not None


def _build_lost_cell(kind: str, column: bytes, row: bytes, value: bytes) -> LostCell:
    text = unescape(value.decode("utf-8", "replace"), {"&quot;": '"'})
    return LostCell(int(row) - 1, parse_column(column), kind, text[:60])


def parse_column(letters: bytes) -> int:
    """Return the 0-based place of the column that a workbook calls ``letters``."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1
