"""A quarter measured against a truth: its links, its gaps and, if known, its ranking."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import polars as pl

from gapmatch.evaluation.gap_reliability import (
    StatedFalseGaps,
    compare_stated_false_gaps,
    measure_reliability,
)
from gapmatch.evaluation.link_quality import (
    LinkQuality,
    choose_true_units,
    join_truth,
    measure_links,
)
from gapmatch.evaluation.name_difference import count_by_difference
from gapmatch.evaluation.rank_quality import (
    compute_shortage,
    measure_kinds,
    measure_ranking,
    measure_tier_a,
)
from gapmatch.results.tables import share_links

VISITS = (500, 1000, 1500)
"""Numbers of visits that the ranking is measured at, over all counties."""

Frames = Mapping[str, pl.DataFrame]


@dataclass(frozen=True)
class QuarterQuality:
    """Figures of one quarter.

    ``reliability``: bands of ``probability_uninsured``, stated and true (``measure_reliability``);
    ``stated_false_gaps``: the expected false gaps beside the true ones; ``differences``: errors by
    how the names of firm and unit differ (``count_by_difference``). ``ranking``: ``order``,
    ``visits`` and shares among firms without insurance, for this and other orders;
    ``ranking_all_kinds``: the same among all firms, persons short of a unit's count too;
    ``tier_a``: ``county`` (null: all), ``visits`` and shares. The last three are null if the truth
    does not know who operates.
    """

    links: LinkQuality
    reliability: pl.DataFrame
    stated_false_gaps: StatedFalseGaps
    differences: pl.DataFrame
    ranking: pl.DataFrame | None = None
    ranking_all_kinds: pl.DataFrame | None = None
    tier_a: pl.DataFrame | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the figures as plain values."""
        names = ("reliability", "differences", "ranking", "ranking_all_kinds", "tier_a")
        tables = {name: getattr(self, name) for name in names}
        shown = {name: table.to_dicts() for name, table in tables.items() if table is not None}
        stated = {"stated_false_gaps": asdict(self.stated_false_gaps)}
        return self.links.as_dict() | stated | shown


def measure_quarter(truth: pl.DataFrame, frames: Frames, lost: int = 0) -> QuarterQuality:
    """Measure ``frames`` (as stored) against ``truth`` (as ``read_truth`` returns it).

    ``lost``: how many firms may be without a unit that the list lacks, as the gate says.
    """
    firms, units, gaps, links = (frames[n] for n in ("firms", "units", "gaps", "links"))
    shared = share_links(links, firms)
    known = choose_true_units(join_truth(firms, truth), shared, units)
    quality = QuarterQuality(
        measure_links(known, gaps, shared, units),
        measure_reliability(_select_settled(known, firms), gaps),
        compare_stated_false_gaps(known, firms, links, lost),
        count_by_difference(known, firms, units, gaps),
    )
    if not {"true_operating", "true_employees"} <= set(known.columns):
        return quality
    # A public body has workers that no visit insures: without this they are the largest gains.
    statuses = pl.col("true_status") if "true_status" in known.columns else pl.lit("")
    in_scope = (statuses != "out_of_scope").fill_null(value=True)
    employees = pl.col("true_employees").cast(pl.Int64, strict=False)
    facts = known.select(
        "firm",
        _find_insuring_unit(known).is_not_null().alias("enrolled"),
        (pl.col("true_operating") == "1").fill_null(value=False).alias("operating"),
        pl.when(in_scope).then(employees.fill_null(0)).otherwise(0).alias("employees"),
        in_scope.alias("in_scope"),
    )
    targets = frames["targets"]
    amounts = firms.select("firm", "declared_headcount", "declared_wages", "sales")
    known_shortage = compute_shortage(facts, frames["gaps"])
    return replace(
        quality,
        ranking=measure_ranking(amounts, targets.filter(kind="new_enrollment"), facts, VISITS),
        ranking_all_kinds=measure_kinds(amounts, targets, known_shortage, VISITS),
        tier_a=measure_tier_a(firms, targets, known_shortage),
    )


def _find_insuring_unit(known: pl.DataFrame) -> pl.Expr:
    """The unit that insures the firm's workers: its own, else its head office's, if it is known."""
    return pl.coalesce(c for c in ("true_unit_id", "true_parent_unit_id") if c in known.columns)


def _select_settled(known: pl.DataFrame, firms: pl.DataFrame) -> pl.DataFrame:
    """Return firm and true_unit_id, that of the head office too.

    A truth without ``parent_unit_id`` does not say whether a branch without a unit is insured.
    """
    insured = known.select("firm", true_unit_id=_find_insuring_unit(known))
    if "true_parent_unit_id" in known.columns:
        return insured
    branches = firms.filter(pl.col("branch").fill_null("") != "")["firm"].implode()
    return insured.filter(~pl.col("firm").is_in(branches) | pl.col("true_unit_id").is_not_null())
