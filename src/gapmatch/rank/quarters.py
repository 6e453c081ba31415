"""Counting in quarters."""

import polars as pl


def quarter_number(quarter: pl.Expr) -> pl.Expr:
    """Return quarters since the year 0 of a text like ``2022Q4``; null where it is none."""
    year = quarter.str.slice(0, 4).cast(pl.Int64, strict=False)
    return 4 * year + quarter.str.slice(5, 1).cast(pl.Int64, strict=False) - 1


def quarter_index(quarter: str) -> int:
    """Return quarters since the year 0 of ``2022Q4``."""
    return 4 * int(quarter[:4]) + int(quarter[5]) - 1
