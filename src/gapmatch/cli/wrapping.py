"""Breaking texts into lines as Chinese is set.

Between any two characters, but no line begins with a comma. Rich breaks at blanks only, and where a
word is longer than the line at any place: Chinese has no blanks.
"""

import re
from collections.abc import Generator, Iterator, Sequence
from typing import Any

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions
from rich.containers import Lines
from rich.measure import Measurement
from rich.table import Column, Table
from rich.text import Text

_OPENING = "（〔【《“‘「"
_CLOSING = "，。、；：？！）〕】》”’」…%‰"
_WIDE = r"\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef“”‘’…"
_PIECE = re.compile(rf"[{_OPENING}]*(?:[{_WIDE}]|[^\s{_WIDE}]+)[{re.escape(_CLOSING)}]*\s*|\s+")


class Flowing(Text):
    """A text that wraps as Chinese does; words of other scripts stay whole."""

    def wrap(self, console: Console, width: int, **options: Any) -> Lines:
        """Return the lines of the text, each at most ``width`` columns wide."""
        if options.get("no_wrap"):
            return super().wrap(console, width, **options)
        lines = Lines()
        for paragraph in self.split(allow_blank=True):
            lines.extend(paragraph.divide(_find_breaks(paragraph.plain, width)))
        for line in lines:
            line.rstrip()
        if justify := options.get("justify"):
            lines.justify(console, width, justify=justify, overflow="fold")
        return lines

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """Return the result of ``measure_text`` for the text."""
        return measure_text(self.plain)


_MIN_HEADING_WIDTH = 6
"""Columns that a heading gets, so that three Chinese characters stand next to each other."""

_GAP_WIDTH = 2
"""Blanks between two columns of a table without lines."""


def fit_columns(table: Table, room: int) -> None:
    """Set column widths so that ``table`` fits into ``room`` columns; Rich breaks codes in two."""
    wanted = [_measure_column(column) for column in table.columns]
    room -= _GAP_WIDTH * (len(wanted) - 1)
    headings = [cell_len(str(column.header)) for column in table.columns]
    most = sum(max(h, wish.maximum) for h, wish in zip(headings, wanted, strict=True))
    if sum(wish.minimum for wish in wanted) <= room < most:
        widths = _share_room(wanted, room)
        for place in sorted(range(len(widths)), key=lambda p: headings[p] - widths[p]):
            more = min(headings[place] - widths[place], room - sum(widths))
            widths[place] += max(0, more)
        for column, width in zip(table.columns, widths, strict=True):
            column.width = width


def _share_room(wanted: Sequence[Measurement], room: int) -> list[int]:
    """Share ``room`` out: who needs less than a fair share gets that, the others what is left."""
    widths = [0] * len(wanted)
    waiting = set(range(len(wanted)))
    while waiting:
        fair = (room - sum(widths)) // len(waiting)
        short = {place for place in waiting if wanted[place].maximum <= fair}
        long = {place for place in waiting if wanted[place].minimum > fair}
        for place in short or long or waiting:
            least, most = wanted[place]
            widths[place] = max(least, min(most, fair))
        waiting -= short or long or waiting
    return widths


def _measure_column(column: Column) -> Measurement:
    """Return the least and the most that a column may need; a heading may take several lines."""
    heading, *cells = [
        measure_text(text.plain if isinstance(text, Text) else str(text))
        for text in (column.header, *column.cells)
    ]
    in_two_lines = min(heading.maximum, max(4, (heading.maximum + 3) // 4 * 2), _MIN_HEADING_WIDTH)
    least = max(column.min_width or 0, heading.minimum, in_two_lines, *(c.minimum for c in cells))
    most = max((least, *(cell.maximum for cell in cells)))
    return Measurement(most if column.no_wrap else least, most)


def measure_text(text: str) -> Measurement:
    """Return the width of the longest piece that must not be broken, and of the longest line."""
    pieces = [cell_len(piece.group().rstrip()) for piece in _PIECE.finditer(text)]
    lines = [cell_len(line) for line in text.splitlines()]
    return Measurement(max(pieces, default=0), max(lines, default=0))


def _find_breaks(text: str, width: int) -> Iterator[int]:
    """Yield the places where a new line begins."""
    column = 0
    for piece in _PIECE.finditer(text):
        needed = cell_len(piece.group().rstrip())
        if column and column + needed > width:
            yield piece.start()
            column = 0
        if needed > width:
            column = yield from _cut_piece(piece, width)
        else:
            column += cell_len(piece.group())


def _cut_piece(piece: re.Match[str], width: int) -> Generator[int, None, int]:
    """Cut a piece that is longer than a line; return the column that it ends at."""
    column = 0
    for place, character in enumerate(piece.group(), piece.start()):
        if column + cell_len(character) > width:
            yield place
            column = 0
        column += cell_len(character)
    return column
