"""What the names of sheets and files say of the rows in them: their month, their insurance line."""

from collections.abc import Callable

import polars as pl

SOURCE = ("source_file", "source_sheet")
"""Columns that name the sheet of a row."""


def add_named_value(
    rows: pl.DataFrame, column: str, find_value: Callable[[str], str | None]
) -> pl.DataFrame:
    """Return ``rows`` with what ``find_value`` finds in the name of their sheet, else their file.

    Only if all sheets or files are named after a value, and not all after the same; else ``rows``
    as they are.
    """
    return add_source_value(
        rows, column, lambda source: find_value(source[1] or "") or find_value(source[0] or "")
    )


def add_source_value(
    rows: pl.DataFrame,
    column: str,
    find_value: Callable[[tuple[str | None, str | None]], str | None],
) -> pl.DataFrame:
    """Return ``rows`` with what ``find_value`` finds for file and sheet, on the same terms."""
    sources = rows.select(SOURCE).unique(maintain_order=True)
    named = [find_value((file, sheet)) for file, sheet in sources.rows()]
    if None in named or len(set(named)) < 2:
        return rows
    return rows.drop(column, strict=False).join(
        sources.with_columns(pl.Series(column, named, dtype=pl.String)),
        on=SOURCE,
        how="left",
        nulls_equal=True,
        maintain_order="left",
    )
