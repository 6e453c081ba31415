"""What a returned workbook holds beside the texts of its cells: comments, pictures, struck rows."""

import io
import posixpath
import re
import zipfile
from collections.abc import Mapping
from typing import NamedTuple
from xml.etree import ElementTree

from gapmatch.read.workbook_parts import list_sheets, parse_column

_STYLED = re.compile(rb'<(?:\w+:)?c\b[^<>]*?\br="([A-Z]+)(\d+)"[^<>]*?\bs="(\d+)"')
_COMMENT = re.compile(rb"<(?:\w+:)?comment\b")
_ANCHOR = re.compile(rb"<(?:\w+:)?(?:twoCell|oneCell|absolute)Anchor\b")
"""A picture or shape: LibreOffice writes a drawing for each sheet, most of them without any."""


class UnreadContents(NamedTuple):
    """Comments (number) and drawings of a sheet; the places of cells whose text is struck out."""

    comments: int = 0
    drawings: bool = False
    struck: frozenset[tuple[int, int]] = frozenset()


def find_unread_contents(data: bytes) -> Mapping[str, UnreadContents]:
    """Return what there is by the name of the sheet; nothing for other formats than XLSX."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            styles = _list_striking_styles(archive)
            parts = archive.namelist()
            sheets = [(name, part) for name, part in list_sheets(archive) if part in parts]
            return {name: _inspect(archive, part, styles) for name, part in sheets}
    except (zipfile.BadZipFile, OSError, ValueError, KeyError, ElementTree.ParseError):
        return {}


def _inspect(archive: zipfile.ZipFile, part: str, styles: frozenset[bytes]) -> UnreadContents:
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
    struck = _STYLED.findall(archive.read(part)) if styles else []
    return UnreadContents(
        sum(len(_COMMENT.findall(archive.read(target))) for target in comments),
        any(_ANCHOR.search(archive.read(target)) for target in drawings),
        frozenset((int(row) - 1, parse_column(column)) for column, row, s in struck if s in styles),
    )


def _list_striking_styles(archive: zipfile.ZipFile) -> frozenset[bytes]:
    """Return the numbers of the cell formats whose font is struck out."""
    if "xl/styles.xml" not in archive.namelist():
        return frozenset()
    root = ElementTree.fromstring(archive.read("xl/styles.xml"))
    fonts = _list_children(root, "fonts")
    struck = {
        str(number)
        for number, font in enumerate(fonts)
        for mark in font
        if mark.tag.endswith("}strike") and mark.get("val", "1") not in ("0", "false")
    }
    formats = enumerate(_list_children(root, "cellXfs"))
    return frozenset(str(number).encode() for number, f in formats if f.get("fontId") in struck)


def _list_children(root: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return [child for part in root if part.tag.endswith(f"}}{name}") for child in part]
