"""Counts that the report and the charts show: bands of firms, steps to the visits, rates."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import polars as pl

from gapmatch.i18n import _
from gapmatch.schemas import STATUSES, map_statuses, select_statuses
from gapmatch.vocabulary.labels import list_labels
from gapmatch.vocabulary.rules import choose_first

_KINDS = map_statuses("kind")
NOT_TO_VISIT = tuple(status for status in select_statuses("open") if status not in _KINDS)
"""Statuses that are open, but are settled elsewhere than at a visit."""
SETTLED = tuple(status for status in STATUSES if status not in (*_KINDS, *NOT_TO_VISIT))
"""Statuses in which nothing is open."""


class BridgeStep(NamedTuple):
    """A step of the bridge: firms on it, and what was taken from the step before, by name.

    ``name``: list, open, to_visit, targets, tier_a. ``less``: statuses, ``not_listed`` (no targets
    of the quarter), ``later`` (tiers B and C).
    """

    name: str
    firms: int
    less: Mapping[str, int]


def build_bridge_steps(total: Mapping[str, Any]) -> list[BridgeStep]:
    """Return the steps for a row of ``count_by_status``; each is the one before less ``less``."""
    closed = {status: int(total[status]) for status in SETTLED}
    elsewhere = {status: int(total[status]) for status in NOT_TO_VISIT}
    firms, targets, first = (int(total[name]) for name in ("firms", "targets", "tier_a"))
    is_open = firms - sum(closed.values())
    to_visit = is_open - sum(elsewhere.values())
    return [
        BridgeStep("list", firms, {}),
        BridgeStep("open", is_open, closed),
        BridgeStep("to_visit", to_visit, elsewhere),
        BridgeStep("targets", targets, {"not_listed": to_visit - targets}),
        BridgeStep("tier_a", first, {"later": targets - first}),
    ]


def list_bridge_labels() -> dict[str, str]:
    """Return name of a step to words."""
    return list_labels("bridge_step") | {"tier_a": list_labels("figure")["tier_a"]}


def select_bridge_part(name: str) -> pl.Expr:
    """Return which firms stand on a step, or are left out by it (``not_listed``, ``later``)."""
    status, tier = pl.col("status"), pl.col("tier")
    is_open = ~status.is_in(SETTLED)
    to_visit = is_open & ~status.is_in(NOT_TO_VISIT)
    parts = {
        "list": pl.lit(value=True),
        "open": is_open,
        "to_visit": to_visit,
        "targets": tier.is_not_null(),
        "tier_a": (tier == "A").fill_null(value=False),
        "not_listed": to_visit & tier.is_null(),
        "later": tier.is_in(["B", "C"]).fill_null(value=False),
    }
    return parts[name]


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
    """Return the bands of persons in words, smallest first: 1～4 comes before 5～9."""
    unit = _("人")
    middle = [f"{_format_range(low, high - 1)} {unit}" for low, high in pairwise(SIZES)]
    return [_("不足 1 人"), *middle, _format_last_band(SIZES, unit)]


def list_age_labels() -> list[str]:
    """Return the bands of years in words, youngest first; 1～3 ends within the third year."""
    unit = _("年")
    middle = [f"{_format_range(low, high)} {unit}" for low, high in pairwise(AGES)]
    return [_("不足 1 年"), *middle, _format_last_band(AGES, unit)]


def _format_range(low: int, high: int) -> str:
    return _("{low}～{high}").format(low=low, high=high)


def _format_last_band(edges: Sequence[int], unit: str) -> str:
    return _("{edge} {unit}以上").format(edge=edges[-1], unit=unit)


def _assign_band(value: pl.Expr, edges: Sequence[int], labels: Sequence[str]) -> pl.Expr:
    """Put each value into a band ``[edge, next edge)``."""
    below = [value < edge for edge in edges]
    return choose_first(zip(labels, [*below, value.is_not_null()], strict=True))


def count_probability_bins(
    links: pl.DataFrame, bins: int = 20
) -> list[tuple[float, float, str, float]]:
    """Return low end, high end, decision in words and number of pairs, for a histogram."""
    place = (pl.col("probability") * bins).floor().clip(0, bins - 1).cast(pl.Int64).alias("bin")
    counted = (
        links.drop_nulls("probability").group_by(place, "decision").len().sort("bin", "decision")
    )
    words = list_labels("decision")
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


def list_rate_lines(rates: pl.DataFrame) -> list[tuple[str, int, str, str]]:
    """Return words, number of visits, share and its interval for each rate."""
    words = list_labels("drawn_rate")
    return [
        (
            words[row["rate"]],
            row["visits"],
            _("尚无结果") if row["share"] is None else f"{row['share']:.1%}",
            "" if row["share"] is None else f"{row['low']:.1%} – {row['high']:.1%}",
        )
        for row in rates.iter_rows(named=True)
    ]


def list_rate_headings() -> tuple[str, ...]:
    """Return the headings over ``list_rate_lines``."""
    return (_("走访目标中"), _("抽查走访户数"), _("比例"), _("95% 区间"))


def round_to_total(values: pl.Series) -> pl.Series:
    """Return integers that add up to the rounded sum: the largest remainders are rounded up."""
    below = values.fill_null(0.0).floor()
    missing = round(float(values.sum())) - int(below.sum())
    remainders = (values.fill_null(0.0) - below).rank("ordinal", descending=True)
    return (below + (remainders <= missing)).cast(pl.Int64)
