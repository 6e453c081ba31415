"""The cells of a returned sheet, and what those say that were left to the cells above them."""

import unicodedata
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from functools import cache

from gapmatch.forms.returned_lists import ENTRIES, Row, get_cell
from gapmatch.forms.unread_contents import UnreadContents
from gapmatch.privacy import mask_code, mask_numbers
from gapmatch.read.knowledge import load_knowledge
from gapmatch.read.read_model import Grid
from gapmatch.vocabulary.entry_words import is_blank_entry

_CODES = frozenset({"code", "unit_id"})
_ONCE_FOR_ALL = frozenset({"outcome", "date", "remark", "verdict"})
"""What a merged cell says of every row that it spans; persons it gives for all of them together."""


@dataclass
class SheetCells:
    """The rows of a sheet of texts, by their places."""

    grid: Grid
    rows: list[Row]
    struck: Set[tuple[int, int]]
    """Places and columns of cells whose text is struck out."""
    coloured: Set[int]
    """Places of rows that somebody coloured."""
    merged: dict[tuple[int, int], str] = field(default_factory=dict)
    """Place and column to the text of the merged cell that spans it."""
    marked: Set[int] = frozenset()
    """Places of rows that a line through a text, or a merged cell, says something of."""

    @classmethod
    def from_grid(cls, grid: Grid, unread: UnreadContents) -> "SheetCells":
        """Return the cells as a reader of the sheet sees them: errors and formulas too."""
        coloured = {place for place, _column in unread.coloured}
        sheet = cls(grid, list(grid.cells.iter_rows()), unread.struck, coloured)
        for lost in grid.without_value:
            row = list(sheet.rows[lost.place])
            row[lost.column] = lost.value
            sheet.rows[lost.place] = row
        for merge in grid.merges:
            if text := sheet.get_text(merge.first, merge.column):
                places = range(merge.first + 1, min(merge.last + 1, len(sheet.rows)))
                sheet.merged |= {(place, merge.column): text for place in places}
        sheet.marked = {place for place, _column in (*sheet.struck, *sheet.merged)}
        return sheet

    def get_text(self, place: int, column: int) -> str:
        """Return the text of a cell; empty if there is none."""
        return get_cell(self.rows[place], column) if place < len(self.rows) else ""

    def read_cells(
        self, place: int, columns: Mapping[str, int], above: Mapping[str, str]
    ) -> tuple[dict[str, str], bool]:
        """Return a row's cells by machine name, masked, and whether some repeat those above."""
        cells, repeated = {}, False
        for name, column in columns.items():
            text = given = self.get_text(place, column)
            if not text and name in _ONCE_FOR_ALL:
                text = self.merged.get((place, column), "")
            elif name in ENTRIES and text in _list_dittos():
                text = above.get(name, text)
            repeated |= text != given
            if name == "code":
                text = unicodedata.normalize("NFKC", text)
            if text and not (name in ENTRIES and is_blank_entry(name, text)):
                cells[name] = mask_code(text) if name in _CODES else mask_numbers(text)
        return cells, repeated


@cache
def _list_dittos() -> frozenset[str]:
    return frozenset(load_knowledge().layout["dittos"])
