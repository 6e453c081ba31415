"""A worksheet that takes many plain rows at once.

xlsxwriter stores every cell as an object and inspects each again on saving. The lists are nearly
all of a workbook and know their columns' formats beforehand, so their rows go to XML as they come,
which takes half the time. Everything around them is left to xlsxwriter; what is used of its inner
side (``_write_rows``, the table of shared strings, a format's number) is held by a test that writes
the same rows both ways.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

FastRow = tuple[Sequence[object], float, Sequence[Any]]
"""Values, height in points, and the format of each cell."""

_DAY_ZERO = date(1899, 12, 30).toordinal()


class FastWorksheet(Worksheet):  # type: ignore[misc] # xlsxwriter has no types
    """A worksheet to which rows of texts, numbers, dates and empty cells can be added fast."""

    def __init__(self) -> None:
        super().__init__()
        self._ready: list[str] = []

    def add_rows(self, first: int, rows: Iterable[FastRow]) -> None:
        """Add rows from row ``first`` on, below all others."""
        shared = self.str_table._get_shared_string_index
        openings: dict[int, list[tuple[str, str]]] = {}
        number = first
        for values, height, formats in rows:
            number += 1
            if id(formats) not in openings:
                openings[id(formats)] = _build_openings(formats)
            row = f'{number}" s="'
            cells = [f'<row r="{number}" ht="{_round_to_pixels(height)}" customHeight="1">']
            for value, (opening, form) in zip(values, openings[id(formats)], strict=True):
                if value is None:
                    cells.append(f"{opening}{row}{form}/>")
                elif type(value) is str:
                    cells.append(f'{opening}{row}{form} t="s"><v>{shared(value)}</v></c>')
                else:
                    cells.append(f"{opening}{row}{form}><v>{_convert_number(value):.16G}</v></c>")
            cells.append("</row>")
            self._ready.append("".join(cells))
        if number > first:
            self._check_dimensions(number - 1, max(len(formats) - 1, 0))

    def _write_rows(self) -> None:
        super()._write_rows()
        self.fh.write("".join(self._ready))


def _build_openings(formats: Sequence[Any]) -> list[tuple[str, str]]:
    """Return the beginning of a cell in each column, and the end of its attributes."""
    return [
        (f'<c r="{xl_col_to_name(column)}', f'{form._get_xf_index()}"')
        for column, form in enumerate(formats)
    ]


def _round_to_pixels(height: float) -> str:
    """Round a height to whole pixels, as Excel does."""
    return f"{int(height * 4 / 3 + 0.5) * 0.75:.16g}"


def _convert_number(value: object) -> float:
    if isinstance(value, int | float):
        return value
    if isinstance(value, date):
        return value.toordinal() - _DAY_ZERO
    raise TypeError(type(value))
