"""Firms that compete for the same units, on one screen."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from gapmatch.desk.pair_queue import QUEUES
from gapmatch.desk.pair_view import PairView, build_pair_view
from gapmatch.desk.stored_quarter import StoredQuarter
from gapmatch.linkage.connected import group_connected

Row = Mapping[str, Any]


def group_competitors(stored: StoredQuarter, queue: pl.DataFrame) -> pl.DataFrame:
    """Return the claims on the units of the pairs that are left, with ``group`` (from 1).

    A group: units connected through firms that are or may be theirs (matches, reviews, and who lost
    a unit narrowly), and more than one firm at one unit. In the order of the queue.
    """
    claimed = pl.col("lost_to").is_not_null() | (pl.col("decision") != "non_match")
    places = queue.select("unit", place=pl.int_range(pl.len())).unique("unit", keep="first")
    claims = stored.results.links.filter(claimed).join(places, on="unit")
    if claims.is_empty():
        return claims.with_columns(group=pl.lit(0))
    together = claims.join(group_connected(claims.select("firm", "unit"), 1), on="firm")
    counted = together.with_columns(rivals=pl.col("firm").n_unique().over("unit"))
    contested = counted.filter(pl.col("rivals").max().over("together") > 1)
    first = contested.with_columns(first=pl.col("place").min().over("together"))
    return first.with_columns(group=pl.col("first").rank("dense").cast(pl.Int64))


def build_review_group(
    stored: StoredQuarter, decisions: pl.DataFrame, who: str, place: int = 1
) -> Row | None:
    """Return a group of competitors (from 1), ``None`` if there is none."""
    queue = QUEUES.load(stored, decisions, who)
    claims = group_competitors(stored, queue)
    groups = int(claims["group"].max() or 0)  # type: ignore[arg-type]
    if not groups:
        return None
    number = min(max(1, place), groups)
    own = claims.filter(pl.col("group") == number).sort("unit", "weight", descending=[False, True])
    is_open = set(queue["key"].to_list())
    pairs: dict[int, list[tuple[PairView, str, bool]]] = {}
    for row in own.iter_rows(named=True):
        firm, unit = stored.find_firm(row["firm"]), stored.find_unit(row["unit"])
        pair = build_pair_view(row, firm, unit)
        pairs.setdefault(row["unit"], []).append((pair, row["decision"], pair.key in is_open))
    return {
        "place": number,
        "groups": groups,
        "firms": own["firm"].n_unique(),
        "units": list(pairs.values()),
    }
