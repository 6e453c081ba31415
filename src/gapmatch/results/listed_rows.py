"""The rows of a list to verify as they stand in its files, with all of its own columns."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

ORIGIN = ("source_file", "source_sheet", "source_row")
"""What finds a row of FIRMS again: file, sheet and the row that Excel shows."""


@dataclass(frozen=True)
class ListedColumn:
    """A column of the list: its header as written, and the canonical column that it was read as."""

    header: str
    canonical: str | None = None


@dataclass(frozen=True)
class ListedRows:
    """All rows in their own order: ORIGIN, then ``columns`` as the texts ``c0``, ``c1`` …"""

    columns: tuple[ListedColumn, ...]
    rows: pl.DataFrame

    @property
    def texts(self) -> list[str]:
        """The names of the text columns of ``rows``."""
        return [f"c{place}" for place in range(len(self.columns))]


def stack_tables(tables: Sequence[ListedRows]) -> ListedRows:
    """Return the tables of several sheets or files concatenated, columns aligned by header."""
    places: dict[tuple[str, int], int] = {}
    columns: list[ListedColumn] = []
    frames = []
    for table in tables:
        renamed = {}
        for place, (column, key) in enumerate(
            zip(table.columns, _number_headers(table.columns), strict=True)
        ):
            if key not in places:
                places[key] = len(columns)
                columns.append(column)
            renamed[f"c{place}"] = f"c{places[key]}"
        frames.append(table.rows.rename(renamed))
    rows = pl.concat(frames, how="diagonal")
    listed = ListedRows(tuple(columns), rows)
    return ListedRows(listed.columns, rows.select(*ORIGIN, *listed.texts))


def _number_headers(columns: Sequence[ListedColumn]) -> list[tuple[str, int]]:
    """Return each header with its number among those of the same text."""
    headers = [column.header for column in columns]
    return [(header, headers[:place].count(header)) for place, header in enumerate(headers)]
