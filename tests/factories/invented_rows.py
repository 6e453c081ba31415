"""Rows of both extracts from short descriptions, as read and as standardised."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from gapmatch.schemas import ENROLLMENT_ROWS, TAX_ROWS, Table
from gapmatch.standardise.sides_of_extracts import (
    find_home_division,
    standardise_firms,
    standardise_units,
)

Row = Mapping[str, Any]


def tax_rows(rows: Sequence[Row]) -> pl.DataFrame:
    """TAX_ROWS: what a row does not say is null; rows are numbered as they stand."""
    return _as_read(TAX_ROWS, rows, "税务.xlsx")


def enrollment_rows(rows: Sequence[Row]) -> pl.DataFrame:
    """ENROLLMENT_ROWS: what a row does not say is null; rows are numbered as they stand."""
    return _as_read(ENROLLMENT_ROWS, rows, "参保.csv")


def standardised(
    tax: pl.DataFrame, enrollment: pl.DataFrame, registry: pl.DataFrame | None = None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """FIRMS and UNITS of rows as read."""
    return standardise_firms(tax, registry), standardise_units(enrollment, find_home_division(tax))


def _as_read(table: Table, rows: Sequence[Row], file: str) -> pl.DataFrame:
    numbered = [
        {"source_file": file, "source_row": number + 1, "data_row": number, "is_duplicate": False}
        | {"code_precision_lost": False, **row}
        for number, row in enumerate(rows, start=1)
    ]
    frame = pl.DataFrame(numbered, infer_schema_length=None) if numbered else table.empty()
    return table.complete(frame)
