"""Gains of more visits than planned."""

from dataclasses import dataclass
from typing import Any

import polars as pl


@dataclass(frozen=True)
class MoreVisits:
    """What ``added`` visits bring beside the planned ones; persons are expected newly insured."""

    planned: int
    planned_persons: float
    added: int
    added_persons: float
    counties: pl.DataFrame
    """``county``, ``planned``, ``added`` (visits), ``added_persons``; most persons first."""

    def as_dict(self) -> dict[str, Any]:
        """Return the figures as plain values."""
        return {
            "planned": self.planned,
            "planned_persons": round(self.planned_persons, 1),
            "added": self.added,
            "added_persons": round(self.added_persons, 1),
            "counties": self.counties.to_dicts(),
        }


def estimate_more_visits(targets: pl.DataFrame, visits: int) -> MoreVisits:
    """Return what ``visits`` to the best ranked targets outside tier A bring."""
    planned = targets.filter(pl.col("tier") == "A")
    added = targets.filter(pl.col("tier") != "A").sort("rank").head(visits)
    persons = pl.col("expected_new_enrollees").sum().round(1)
    counties = (
        added.group_by("county")
        .agg(pl.len().cast(pl.Int64).alias("added"), persons.alias("added_persons"))
        .join(
            planned.group_by("county").agg(planned=pl.len().cast(pl.Int64)), on="county", how="left"
        )
        .select("county", pl.col("planned").fill_null(0), "added", "added_persons")
        .sort("added_persons", "county", descending=[True, False])
    )
    return MoreVisits(
        planned.height,
        float(planned["expected_new_enrollees"].sum()),
        added.height,
        float(added["expected_new_enrollees"].sum()),
        counties,
    )


def estimate_visits(targets: pl.DataFrame, visits: int) -> MoreVisits:
    """Return what ``visits`` in all bring: the best ranked of tier A, or it and more."""
    planned = targets.filter(pl.col("tier") == "A")
    if visits >= planned.height:
        return estimate_more_visits(targets, visits - planned.height)
    return estimate_more_visits(planned.sort("rank").head(visits), 0)
