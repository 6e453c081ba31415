"""Capacity: visits of this quarter (A), the next (B) and later (C), and those drawn at random."""

from collections.abc import Mapping
from math import floor

import numpy as np
import polars as pl

from gapmatch.quarters import Quarter
from gapmatch.settings.ranking import CAPACITY_WORDS, RankingSettings
from gapmatch.vocabulary.notes import Note

_MIN_VISITS_TO_DRAW = 10  # visits a quarter from which a county draws at least one firm


def assign_tiers(
    frame: pl.DataFrame, capacity: Mapping[str, int], quarter: str, settings: RankingSettings
) -> pl.DataFrame:
    """Add ``county_rank``, ``tier`` and ``drawn_at_random`` to targets sorted by rank.

    ``frame`` has firm, county_name and kind. In each county the lot draws from all its targets,
    each with the same chance; the best ranked of the others fill tier A to the county's capacity,
    no kind beyond its quota.
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
    free = pl.col("visits") - drawn.sum().over("county_name")
    filled = _fill_tier(counted.with_columns(in_a=drawn), "in_a", free, settings)
    filled = _fill_tier(filled.with_columns(in_b="in_a"), "in_b", pl.col("visits"), settings)
    tier = pl.when("in_a").then(pl.lit("A")).when("in_b").then(pl.lit("B")).otherwise(pl.lit("C"))
    return filled.with_columns(tier=tier).drop("visits", "draws", "lot", "in_a", "in_b")


def _fill_tier(
    frame: pl.DataFrame, taken: str, places: pl.Expr, settings: RankingSettings
) -> pl.DataFrame:
    """Mark the best ranked firms of each county up to ``places``, of a kind up to its quota."""
    quotas = settings.quotas.model_dump()
    quota = (pl.col("kind").replace_strict(quotas, default=1.0) * pl.col("visits")).floor()
    is_open = ~pl.col(taken)
    place_in_kind = is_open.cum_sum().over("county_name", "kind")
    is_allowed = is_open & ((place_in_kind <= quota) | (quota >= pl.col("visits")))
    place = pl.col("allowed").cum_sum().over("county_name")
    return (
        frame.with_columns(allowed=is_allowed)
        .with_columns((pl.col(taken) | (pl.col("allowed") & (place <= places))).alias(taken))
        .drop("allowed")
    )


def _map_counties(numbers: Mapping[str, int]) -> pl.Expr:
    return pl.col("county_name").replace_strict({"": 0, **numbers}, return_dtype=pl.Int64)


def _count_visits_by_county(frame: pl.DataFrame, capacity: Mapping[str, int]) -> dict[str, int]:
    """Return visits of each county by its name, a short form, its share of a total, or default."""
    counties = frame["county_name"].unique().sort().to_list()
    named = {c: visits for c in counties if (visits := _find_capacity(c, capacity)) is not None}
    if "total" not in capacity:
        return {county: named.get(county, capacity.get("default", 0)) for county in counties}
    others = frame.filter(~pl.col("county_name").is_in(list(named)))
    left = max(0, capacity["total"] - sum(named.values()))
    spread = spread_visits(others, left, capacity.get("minimum", 0))
    return {county: named.get(county, spread.get(county, 0)) for county in counties}


def note_small_total(counties: pl.Series, capacity: Mapping[str, int]) -> list[Note]:
    """Return a note if the total is less than the counties' own numbers and minimums together.

    ``counties`` has the county of each target.
    """
    minimum, total = capacity.get("minimum", 0), capacity.get("total")
    needed = 0
    for county, firms in counties.value_counts(name="firms").iter_rows():
        visits = _find_capacity(county, capacity)
        needed += min(minimum, firms) if visits is None else visits
    is_small = total is not None and total < needed
    return [Note("small_total", {"total": total, "needed": needed})] if is_small else []


def _find_capacity(county: str, capacity: Mapping[str, int]) -> int | None:
    counties = (key for key in capacity if key not in CAPACITY_WORDS)
    named = [key for key in sorted(counties, key=len, reverse=True) if county.startswith(key)]
    return capacity[named[0]] if named else None


def spread_visits(targets: pl.DataFrame, total: int, minimum: int) -> dict[str, int]:
    """Return visits by county that together reach most persons.

    ``targets`` has county_name and is sorted by rank. Each county's best ``minimum`` targets come
    first (their next best only after all others' if ``total`` is too small), then the best ranked
    of all.
    """
    place = pl.int_range(pl.len()).over("county_name")
    chosen = (
        targets.select("county_name", place=place, at=pl.int_range(pl.len()))
        .with_columns(turn=pl.when(pl.col("place") < minimum).then("place").otherwise(minimum))
        .sort("turn", "at")
        .head(total)
    )
    return dict(chosen.group_by("county_name").len().rows())


def _count_draws(visits: int, share: float) -> int:
    """Return how many of ``visits`` the lot decides: the share, at least one in larger counties."""
    rounded = floor(share * visits + 0.5)
    return max(rounded, int(share > 0 and visits >= _MIN_VISITS_TO_DRAW))


def _draw_lots(frame: pl.DataFrame, quarter: str, seed: int) -> pl.Series:
    """Return a number per target, the same for the same firm whatever the order of the rows."""
    written = Quarter.parse(quarter)
    random = np.random.default_rng([seed, written.year, written.number])
    firms = frame["firm"].to_numpy()
    lots = random.random(int(firms.max()) + 1 if len(firms) else 0)
    return pl.Series("lot", lots[firms])
