"""Where doubt was cut off: pairs worth a review that its budget leaves undecided."""

from collections.abc import Mapping

import polars as pl

_MILLION = 1_000_000
"""Probabilities have six digits: sums of whole numbers are the same in any order."""


def count_unreviewed(settled: pl.DataFrame, reviews: pl.DataFrame) -> pl.DataFrame:
    """Return one row: ``pairs``, and the expected ``false_gaps`` and ``missed_gaps`` in millionths.

    ``settled``: what ``settle`` returned, or a part of it with all pairs of its firms; ``reviews``:
    firm, unit. A pair that is called none costs a false gap only if its firm has no other link.
    """
    marked = reviews.select("firm", "unit", review=pl.lit(value=True))
    decided = settled.join(marked, on=["firm", "unit"], how="left", maintain_order="left")
    looked_at = pl.col("review").fill_null(value=False) | pl.col("doubted")
    is_match = pl.col("decision") == "match"
    has_link = (looked_at | is_match).any().over("firm")
    chance = (pl.col("probability") * _MILLION).round().cast(pl.Int64)
    return (
        decided.with_columns(has_link.alias("has_link"))
        .filter((pl.col("saved") > 0) & ~looked_at)
        .select(
            pl.len().cast(pl.Int64).alias("pairs"),
            chance.filter(~is_match & ~pl.col("has_link")).sum().alias("false_gaps"),
            (_MILLION - chance).filter(is_match).sum().alias("missed_gaps"),
        )
    )


def summarise_unreviewed(counts: pl.DataFrame) -> Mapping[str, int | float]:
    """Return ``pairs`` and expected errors of what ``count_unreviewed`` returned, of all parts."""
    pairs, *errors = counts.sum().row(0)
    false_gaps, missed_gaps = (round((error or 0) / _MILLION, 1) for error in errors)
    return {"pairs": int(pairs or 0), "false_gaps": false_gaps, "missed_gaps": missed_gaps}
