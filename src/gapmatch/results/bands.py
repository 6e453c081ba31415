"""Counts that the report and the charts show.

Bands of firms, sureness of links, reach of visits.
"""

from collections.abc import Sequence
from itertools import pairwise

import polars as pl

from gapmatch.i18n import _
from gapmatch.vocabulary.labels import list_decision_labels

SIZES = (1, 5, 10, 20, 50, 100, 300)
"""Persons at work; each edge opens a band."""
AGES = (1, 3, 5, 10, 20)
"""Years since the firm was founded."""
_CAPTURE_POINTS = 60


def build_size_band() -> pl.Expr:
    """Return the band of ``headcount``, rounded first, as words; null stays null."""
    return _assign_band(pl.col("headcount").round(0), SIZES, list_size_labels())


def build_age_band() -> pl.Expr:
    """Return the band of ``age`` in years as words; null stays null."""
    return _assign_band(pl.col("age"), AGES, list_age_labels())


def list_size_labels() -> list[str]:
    """Return the bands of persons in words, smallest first.

    Whole numbers, so 1～4 comes before 5～9.
    """
    unit = _("人")
    middle = [f"{low}～{high - 1} {unit}" for low, high in pairwise(SIZES)]
    return _format_labels(SIZES, unit, middle)


def list_age_labels() -> list[str]:
    """Return the bands of years in words, youngest first.

    1～3 ends just before the third year is over.
    """
    unit = _("年")
    return _format_labels(AGES, unit, [f"{low}～{high} {unit}" for low, high in pairwise(AGES)])


def _format_labels(edges: Sequence[int], unit: str, middle: Sequence[str]) -> list[str]:
    first = _("不足 {edge} {unit}").format(edge=edges[0], unit=unit)
    last = _("{edge} {unit}以上").format(edge=edges[-1], unit=unit)
    return [first, *middle, last]


def _assign_band(value: pl.Expr, edges: Sequence[int], labels: Sequence[str]) -> pl.Expr:
    """Put each value into a band ``[edge, next edge)``."""
    *lower, last = labels
    below = (
        pl.when(value < edge).then(pl.lit(label)) for edge, label in zip(edges, lower, strict=True)
    )
    return pl.coalesce(*below, pl.when(value.is_not_null()).then(pl.lit(last)))


def count_probability_bins(
    links: pl.DataFrame, bins: int = 20
) -> list[tuple[float, float, str, float]]:
    """Return low end, high end, decision in words and number of pairs, for a histogram."""
    place = (pl.col("probability") * bins).floor().clip(0, bins - 1).cast(pl.Int64).alias("bin")
    counted = (
        links.drop_nulls("probability").group_by(place, "decision").len().sort("bin", "decision")
    )
    words = list_decision_labels()
    return [(b / bins, (b + 1) / bins, words[d], n) for b, d, n in counted.rows()]


def compute_capture_points(targets: pl.DataFrame, order: pl.Expr) -> list[tuple[float, float]]:
    """Return visits and the share of expected new insured reached, at about 60 places."""
    ranked = targets.with_columns(order.alias("_order")).sort(
        "_order", "firm", descending=[True, False], nulls_last=True
    )
    reached = ranked["expected_new_enrollees"].fill_null(0).cum_sum()
    total = float(reached[-1]) if len(reached) else 0.0
    if not total:
        return [(0.0, 0.0)]
    step = max(1, len(reached) // _CAPTURE_POINTS)
    places = sorted({*range(step - 1, len(reached), step), len(reached) - 1})
    return [(0.0, 0.0), *((place + 1.0, float(reached[place]) / total) for place in places)]
