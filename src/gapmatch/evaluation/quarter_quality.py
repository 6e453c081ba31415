"""How well a quarter was done, measured against a truth: links, gaps and, if known, the ranking."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from gapmatch.evaluation.link_quality import LinkQuality, join_truth, measure_links
from gapmatch.evaluation.rank_quality import (
    compute_shortage,
    measure_kinds,
    measure_ranking,
    measure_tier_a,
)

VISITS = (500, 1000, 1500)
"""Numbers of visits that the ranking is measured at, over all counties."""

Frames = Mapping[str, pl.DataFrame]


@dataclass(frozen=True)
class QuarterQuality:
    """Figures of one quarter.

    ``ranking``: ``order``, ``visits`` and shares among firms without insurance, for this and other
    orders; ``ranking_all_kinds``: the same among all firms, persons short of a unit's count too;
    ``tier_a``: ``county`` (null: all), ``visits`` and shares. All are null if the truth does not
    know who operates.
    """

    links: LinkQuality
    ranking: pl.DataFrame | None = None
    ranking_all_kinds: pl.DataFrame | None = None
    tier_a: pl.DataFrame | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the figures as plain values."""
        tables = {
            "ranking": self.ranking,
            "ranking_all_kinds": self.ranking_all_kinds,
            "tier_a": self.tier_a,
        }
        return self.links.as_dict() | {
            name: table.to_dicts() for name, table in tables.items() if table is not None
        }


def measure_quarter(truth: pl.DataFrame, frames: Frames) -> QuarterQuality:
    """Measure ``frames`` (as stored) against ``truth`` (as ``read_truth`` returns it)."""
    known = join_truth(frames["firms"], truth)
    links = measure_links(known, frames["gaps"], frames["links"], frames["units"])
    if not {"true_operating", "true_employees"} <= set(known.columns):
        return QuarterQuality(links)
    facts = known.select(
        "firm",
        pl.col("true_unit_id").is_not_null().alias("enrolled"),
        (pl.col("true_operating") == "1").fill_null(value=False).alias("operating"),
        pl.col("true_employees").cast(pl.Int64, strict=False).fill_null(0).alias("employees"),
    )
    firms, targets = frames["firms"], frames["targets"]
    amounts = firms.select("firm", "declared_headcount", "declared_wages", "sales")
    known_shortage = compute_shortage(facts, frames["gaps"])
    return QuarterQuality(
        links,
        measure_ranking(amounts, targets.filter(kind="new_enrollment"), facts, VISITS),
        measure_kinds(amounts, targets, known_shortage, VISITS),
        measure_tier_a(firms, targets, known_shortage),
    )
