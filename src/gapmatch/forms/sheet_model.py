"""What a workbook holds, as plain values: made in one process, written in any other.

Nothing here imports polars or xlsxwriter, so that a process that only writes starts at once.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from gapmatch.i18n import _

NAMES_ROW, HEAD_ROW, FIRST_ROW = 2, 3, 4
"""Rows of a list, from 0: title, note, hidden machine names, headings, then the rows."""


class Marked(NamedTuple):
    """A text of which parts are coloured: fragments, each plain (False) or marked (True)."""

    fragments: tuple[tuple[str, bool], ...]


class Formula(NamedTuple):
    """A formula with the value that it has now, for programs that do not calculate."""

    text: str
    value: int | float | str


@dataclass(frozen=True)
class Heading:
    """One column of a sheet.

    ``style`` is one of ``text, line, long, code, integer, number, decimal, money, percent, date,
    choice, key``. ``entry`` columns are unlocked, for the reader to fill in; ``hint`` is shown
    while one does. In ``marked`` columns texts may have coloured parts.
    """

    name: str
    title: str
    width: float
    style: str = "text"
    entry: bool = False
    hint: str = ""
    choices: tuple[str, ...] = ()
    marked: bool = False
    printed: bool = True
    """Whether the column is on the paper too, not on the screen alone."""

    @property
    def room(self) -> float:
        """Width of the column: as wanted, but no word of the title may be broken."""
        words = (len(word) for word in self.title.split() if word.isascii())
        return max(self.width, 1.2 * max(words, default=0) + 1)


@dataclass(frozen=True)
class ListSheet:
    """A list with filters: title, hidden row of machine names, headings, rows."""

    name: str
    title: str
    note: str
    headings: tuple[Heading, ...]
    rows: tuple[tuple[object, ...], ...]
    shaded: frozenset[int] = frozenset()
    """Rows to shade (numbered from 0)."""
    tab: str = "1F4E79"
    empty: str = ""
    """What stands in place of the rows if there are none."""
    locked: bool = True
    """Whether the sheet is protected, so that only the cells to fill in take an entry."""
    fit_width: bool = True
    """Whether all columns go on one page; data of many columns takes several beside each other."""
    first_printed: int = 0
    """Column that the paper begins with, to the right of those that stay in sight."""


@dataclass(frozen=True)
class Block:
    """A small table on a page of figures; ``total`` adds a line of sums."""

    title: str
    headings: tuple[Heading, ...]
    rows: tuple[tuple[object, ...], ...]
    total: str = ""


@dataclass(frozen=True)
class FigureSheet:
    """Small tables below each other."""

    name: str
    title: str
    note: str
    blocks: tuple[Block, ...]
    tab: str = "7F7F7F"


@dataclass(frozen=True)
class TextSheet:
    """A page to read; each line is a heading (empty text) or a heading and its text."""

    name: str
    title: str
    lines: tuple[tuple[str, str], ...]
    tab: str = "7F7F7F"


Sheet = ListSheet | FigureSheet | TextSheet


@dataclass(frozen=True)
class Book:
    """One workbook: where it goes, its sheets, and facts for the program that reads it back."""

    path: str
    title: str
    sheets: tuple[Sheet, ...]
    facts: dict[str, str] = field(default_factory=dict)
    footer: str = ""
    page_words: str = field(default_factory=lambda: _("第 &P 页，共 &N 页"))

    @property
    def cells(self) -> int:
        """Cells to write, as a measure of the work."""
        lists = (s for s in self.sheets if isinstance(s, ListSheet))
        return sum(len(s.rows) * len(s.headings) for s in lists)
