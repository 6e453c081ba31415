"""How wide a column must be for its texts."""

import polars as pl

_CODE_WIDTH = 20
"""Texts that are all as short as this are codes or dates."""


def measure_text(text: str) -> int:
    """Return half-width characters: a Chinese one, of three bytes in UTF-8, counts twice."""
    return (len(text.encode("utf-8", "replace")) + len(text)) // 2


def measure_column(cells: pl.Series, sample: int) -> float:
    """Return the width that nine of ten of the first ``sample`` cells need; 0 if all are empty. In
    half-width characters: a Chinese one, of three bytes, counts twice. Codes are never cut.
    """
    texts = cells.head(sample).drop_nulls().cast(pl.String)
    widths = (texts.str.len_bytes() + texts.str.len_chars()) / 2
    most = float(widths.max() or 0.0)  # type: ignore[arg-type]
    return most if most <= _CODE_WIDTH else float(widths.quantile(0.9) or 0.0)
