"""Capacity: who is visited this quarter (A), next (B), later (C); and the few that are drawn by lot."""

from collections.abc import Mapping
from math import floor

import numpy as np
import polars as pl

from gapmatch.quarters import Quarter
from gapmatch.settings.ranking import RankingSettings

_MIN_VISITS_TO_DRAW = 10  # visits a quarter from which a county draws at least one firm


def assign_tiers(
    frame: pl.DataFrame, capacity: Mapping[str, int], quarter: str, settings: RankingSettings
) -> pl.DataFrame:
    """Add ``county_rank``, ``tier`` and ``drawn_at_random`` to targets sorted by rank.

    ``frame`` has firm and county_name. In each county the lot draws from all its targets, each with
    the same chance; the best ranked of the others fill tier A to the county's capacity.
    """
    visits = _count_visits_by_county(frame, capacity)
    draws = {county: _count_draws(count, settings.random_share) for county, count in visits.items()}
    counted = frame.with_columns(
        county_rank=pl.int_range(1, pl.len() + 1).over("county_name").cast(pl.UInt32),
        visits=_map_counties(visits),
        draws=_map_counties(draws),
        lot=_draw_lots(frame, quarter, settings.random_seed),
    ).with_columns(
        drawn_at_random=pl.col("lot").rank("ordinal").over("county_name") <= pl.col("draws")
    )
    drawn = pl.col("drawn_at_random")
    place = (~drawn).cum_sum().over("county_name")  # among those ranked, not drawn
    free = pl.col("visits") - drawn.sum().over("county_name")
    tier = (
        pl.when(drawn | (place <= free))
        .then(pl.lit("A"))
        .when(place <= free + pl.col("visits"))
        .then(pl.lit("B"))
        .otherwise(pl.lit("C"))
    )
    return counted.with_columns(tier=tier).drop("visits", "draws", "lot")


def _map_counties(numbers: Mapping[str, int]) -> pl.Expr:
    return pl.col("county_name").replace_strict({"": 0, **numbers}, return_dtype=pl.Int64)


def _count_visits_by_county(frame: pl.DataFrame, capacity: Mapping[str, int]) -> dict[str, int]:
    """Return visits a quarter for each county of ``frame``: by its name, by a short form, else the default."""
    counties = frame["county_name"].unique().sort().to_list()
    return {county: _find_capacity(county, capacity) for county in counties}


def _find_capacity(county: str, capacity: Mapping[str, int]) -> int:
    named = [key for key in sorted(capacity, key=len, reverse=True) if county.startswith(key)]
    return capacity[named[0]] if named else capacity.get("default", 0)


def _count_draws(visits: int, share: float) -> int:
    """Return how many of ``visits`` the lot decides: the share, rounded; one at least in larger counties."""
    rounded = floor(share * visits + 0.5)
    return max(rounded, int(share > 0 and visits >= _MIN_VISITS_TO_DRAW))


def _draw_lots(frame: pl.DataFrame, quarter: str, seed: int) -> pl.Series:
    """Return a number per target, the same for the same firm whatever the order of the rows."""
    written = Quarter.parse(quarter)
    random = np.random.default_rng([seed, written.year, written.number])
    firms = frame["firm"].to_numpy()
    lots = random.random(int(firms.max()) + 1 if len(firms) else 0)
    return pl.Series("lot", lots[firms])
