"""How high a row must be to show its wrapped texts.

Excel fits rows by itself when it opens a file, LibreOffice and some versions of WPS do not; so the
height is written down.
"""

import math
from collections.abc import Iterable

from gapmatch.forms.sheet_model import Heading, Marked
from gapmatch.forms.widths import measure_text

_LINE_POINTS = 15.5
"""Points a line of 10-point text takes."""

_PADDING_POINTS = 3.0
_MAX_POINTS = 409.0
_WRAPPED = {"text", "long", "code", "choice", "centre"}

_PER_WIDTH = 1.04
"""Half-width characters of 10 points in a unit of column width (a digit of 11 points)."""

_PER_LATIN = 0.85
"""Letters of a sentence are narrower than digits: half-width characters each."""


class RowHeights:
    """Heights for rows under the same headings."""

    def __init__(self, headings: Iterable[Heading]) -> None:
        self._headings = tuple(headings)
        wrapped = [
            (heading.style != "long", place, max(2, int(heading.room * _PER_WIDTH)))
            for place, heading in enumerate(self._headings)
            if heading.style in _WRAPPED
        ]
        # Long texts first: where they make the row high, the others need not be measured.
        self._wrapped = [(place, room) for _is_short, place, room in sorted(wrapped)]

    def of(self, row: tuple[object, ...]) -> float:
        """Return the height of a row, in points."""
        most = 1
        for place, room in self._wrapped:
            value = row[place]
            if value is None:
                continue
            # Most cells are too short to make the row higher; only the others are measured.
            if type(value) is str and 2 * len(value) <= (most - value.count("\n")) * room:
                continue
            if (lines := _count_lines(value, room)) > most:
                most = lines
        return _convert_to_points(most)

    def measure_headings(self) -> float:
        """Return the height of the headings themselves, in points; bold text is a little wider."""
        return (
            _convert_to_points(
                max(_count_lines(h.title, int(h.room * 0.95)) for h in self._headings)
            )
            + 3
        )


def _convert_to_points(lines: int) -> float:
    return min(_MAX_POINTS, lines * _LINE_POINTS + _PADDING_POINTS)


def _count_lines(value: object, room: int) -> int:
    """Lines that a text takes in a column with room for so many half-width characters."""
    if isinstance(value, Marked):
        value = "".join(text for text, _ in value.fragments)
    if not isinstance(value, str):
        return 1
    lines = 0
    for line in value.split("\n"):
        lines += -(-_measure_width(line) // max(room, 2)) or 1
    return lines


def _measure_width(text: str) -> int:
    """Half-width characters, those of sentences in Latin letters narrower."""
    if text.isascii():
        return math.ceil(len(text) * _PER_LATIN) if " " in text else len(text)
    return measure_text(text)
