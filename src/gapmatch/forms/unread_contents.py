"""What a returned workbook holds beside the texts of its cells: comments, strokes, colours …"""

import io
import posixpath
import re
import zipfile
from collections.abc import Mapping, Set
from typing import NamedTuple
from xml.etree import ElementTree

from gapmatch.forms.formats import OWN_FILLS, OWN_FONTS
from gapmatch.read.workbook_parts import list_sheets, parse_column

_STYLED = re.compile(rb'<(?:\w+:)?c\b[^<>]*?\br="([A-Z]+)(\d+)"[^<>]*?\bs="(\d+)"')
_SHARED_TEXT = re.compile(
    rb'<(?:\w+:)?c\b(?=[^<>]*\bt="s")[^<>]*?\br="([A-Z]+)(\d+)"[^<>]*><(?:\w+:)?v>(\d+)</'
)
_CELL_WITH_TEXT = re.compile(
    rb'<(?:\w+:)?c\b[^<>]*?\br="([A-Z]+)(\d+)"[^<>]*><(?:\w+:)?is>(.*?)</(?:\w+:)?is>', re.DOTALL
)
_STROKE = re.compile(rb'<(?:\w+:)?strike\b(?![^<>]*\bval="(?:0|false)")')
_COMMENT = re.compile(rb"<(?:\w+:)?comment\b")
_ANCHOR = re.compile(rb"<(?:\w+:)?(?:twoCell|oneCell|absolute)Anchor\b")
"""A picture or shape: LibreOffice writes a drawing for each sheet, most of them without any."""


class UnreadContents(NamedTuple):
    """Comments (number) and drawings of a sheet; the places of cells whose text is struck out, or a
    part of it, and of those that somebody coloured.
    """

    comments: int = 0
    drawings: bool = False
    struck: frozenset[tuple[int, int]] = frozenset()
    coloured: frozenset[tuple[int, int]] = frozenset()


class _Marks(NamedTuple):
    """Numbers of cell formats that strike out or colour, and of texts of which a part is struck."""

    striking: frozenset[bytes]
    colouring: frozenset[bytes]
    struck_texts: frozenset[bytes]


def find_unread_contents(data: bytes) -> Mapping[str, UnreadContents]:
    """Return what there is by the name of the sheet; nothing for other formats than XLSX."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            marks = _find_marks(archive)
            parts = archive.namelist()
            sheets = [(name, part) for name, part in list_sheets(archive) if part in parts]
            return {name: _inspect(archive, part, marks) for name, part in sheets}
    except (zipfile.BadZipFile, OSError, ValueError, KeyError, ElementTree.ParseError):
        return {}


def _inspect(archive: zipfile.ZipFile, part: str, marks: _Marks) -> UnreadContents:
    folder, name = posixpath.split(part)
    parts = set(archive.namelist())
    relations = f"{folder}/_rels/{name}.rels"
    related = []
    if relations in parts:
        elements = ElementTree.fromstring(archive.read(relations))
        targets = (posixpath.join("/" + folder, e.get("Target", "")) for e in elements)
        found = (posixpath.normpath(target).removeprefix("/") for target in targets)
        related = [part for part in found if part in parts]  # some lead nowhere
    comments = [target for target in related if "comment" in target and target.endswith(".xml")]
    drawings = [target for target in related if "drawings/drawing" in target]
    sheet = archive.read(part)
    styled = _STYLED.findall(sheet) if marks.striking or marks.colouring else []
    struck = [(column, row) for column, row, style in styled if style in marks.striking]
    if marks.struck_texts:
        shared = _SHARED_TEXT.findall(sheet)
        struck += [(column, row) for column, row, text in shared if text in marks.struck_texts]
    if _STROKE.search(sheet):
        texts = _CELL_WITH_TEXT.findall(sheet)
        struck += [(column, row) for column, row, text in texts if _STROKE.search(text)]
    coloured = [(column, row) for column, row, style in styled if style in marks.colouring]
    return UnreadContents(
        sum(len(_COMMENT.findall(archive.read(target))) for target in comments),
        any(_ANCHOR.search(archive.read(target)) for target in drawings),
        _locate(struck),
        _locate(coloured),
    )


def _locate(cells: list[tuple[bytes, bytes]]) -> frozenset[tuple[int, int]]:
    return frozenset((int(row) - 1, parse_column(column)) for column, row in cells)


def _find_marks(archive: zipfile.ZipFile) -> _Marks:
    parts = archive.namelist()
    shared = archive.read(_TEXTS) if _TEXTS in parts else b""
    texts = re.split(rb"</(?:\w+:)?si>", shared) if _STROKE.search(shared) else []
    struck = frozenset(str(i).encode() for i, text in enumerate(texts) if _STROKE.search(text))
    if _STYLES not in parts:
        return _Marks(frozenset(), frozenset(), struck)
    root = ElementTree.fromstring(archive.read(_STYLES))
    fonts, fills = _list_children(root, "fonts"), _list_children(root, "fills")
    formats = _list_children(root, "cellXfs")

    def pick(attribute: str, chosen: list[bool]) -> frozenset[bytes]:
        numbers = {str(number) for number, is_chosen in enumerate(chosen) if is_chosen}
        found = (str(i).encode() for i, f in enumerate(formats) if f.get(attribute) in numbers)
        return frozenset(found)

    colouring = pick("fontId", [_has_colour(font, "color", OWN_FONTS) for font in fonts])
    colouring |= pick("fillId", [_has_colour(fill, "fgColor", OWN_FILLS) for fill in fills])
    striking = pick("fontId", [_STROKE.search(ElementTree.tostring(f)) is not None for f in fonts])
    return _Marks(striking, colouring, struck)


_TEXTS, _STYLES = "xl/sharedStrings.xml", "xl/styles.xml"
_PLAIN_COLOURS = {"theme": {"0", "1"}, "indexed": {"0", "1", "8", "9", "64", "65"}, "auto": {"1"}}
"""Black and white, by theme, by number, and as the program has it."""
_MIN_TINT = 0.04
"""The lightest that a palette offers is 0.05."""


def _has_colour(look: ElementTree.Element, name: str, ours: Set[str]) -> bool:
    """Whether a font or a fill has a colour that is neither ours nor black or white."""
    for mark in look.iter():
        if mark.tag.endswith(f"}}{name}"):
            rgb = mark.get("rgb", "")[-6:].upper()
            plain = any(mark.get(kind) in found for kind, found in _PLAIN_COLOURS.items())
            if rgb not in {*ours, "000000", "FFFFFF"} and (not plain or _is_tinted(mark)):
                return True
    return False


def _is_tinted(mark: ElementTree.Element) -> bool:
    """Whether black or white is made a grey, as a palette offers them."""
    return abs(float(mark.get("tint", 0))) >= _MIN_TINT


def _list_children(root: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return [child for part in root if part.tag.endswith(f"}}{name}") for child in part]
