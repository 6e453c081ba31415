"""Firms that compete for the same units, on one screen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import polars as pl

from gapmatch.desk.pair_queue import QUEUES
from gapmatch.desk.pair_view import PairView, build_pair_view
from gapmatch.desk.stored_quarter import StoredQuarter
from gapmatch.i18n import _
from gapmatch.vocabulary.labels import label_county

Row = Mapping[str, Any]


class GroupPair(NamedTuple):
    """A firm and a unit in a group; ``decision``: match, review, non_match."""

    key: str
    view: PairView
    firm_name: str
    county: str
    decision: str
    is_open: bool


@dataclass(frozen=True)
class ReviewGroup:
    """Firms that compete for the same units, by unit."""

    place: int
    groups: int
    firms: int
    units: Sequence[tuple[str, str, Sequence[GroupPair]]]
    """Name and number of the unit, and its firms, likeliest first."""


def group_competitors(stored: StoredQuarter, queue: pl.DataFrame) -> list[frozenset[int]]:
    """Return the units of each group of competitors among the pairs that are left.

    A group: units connected through firms that are or may be theirs, with an open pair, and more
    than one firm at one unit. In the order of the queue.
    """
    edges = _collect_claims(stored, queue).select("firm", "unit").rows()
    firms_of: dict[int, set[int]] = {}
    units_of: dict[int, set[int]] = {}
    for firm, unit in edges:
        firms_of.setdefault(unit, set()).add(firm)
        units_of.setdefault(firm, set()).add(unit)
    groups: list[frozenset[int]] = []
    placed: set[int] = set()
    for unit in queue["unit"].to_list():
        if unit in placed:
            continue
        group = _connect_units(unit, firms_of, units_of)
        placed |= group
        if any(len(firms_of[member]) > 1 for member in group):
            groups.append(group)
    return groups


def _connect_units(
    unit: int, firms_of: Mapping[int, set[int]], units_of: Mapping[int, set[int]]
) -> frozenset[int]:
    found, fresh = {unit}, [unit]
    while fresh:
        firms = firms_of[fresh.pop()]
        more = {other for firm in firms for other in units_of[firm]} - found
        found |= more
        fresh += sorted(more)
    return frozenset(found)


def _collect_claims(stored: StoredQuarter, queue: pl.DataFrame) -> pl.DataFrame:
    """Return the links of the queue's units: matches, reviews, and who lost the unit narrowly."""
    lost = pl.col("lost_to").is_not_null() | (pl.col("decision") != "non_match")
    return stored.results.links.filter(pl.col("unit").is_in(queue["unit"].implode()), lost)


def build_review_group(
    stored: StoredQuarter, decisions: pl.DataFrame, who: str, place: int = 1
) -> ReviewGroup | None:
    """Return a group of competitors (from 1), ``None`` if there is none."""
    queue = QUEUES.load(stored, decisions, who)
    groups = group_competitors(stored, queue)
    if not groups:
        return None
    number = min(max(1, place), len(groups))
    units = groups[number - 1]
    is_open = set(queue["key"].to_list())
    claims = _collect_claims(stored, queue).filter(pl.col("unit").is_in(sorted(units)))
    pairs: dict[int, list[GroupPair]] = {}
    names: dict[int, tuple[str, str]] = {}
    for row in claims.sort("unit", "weight", descending=[False, True]).iter_rows(named=True):
        pair = _build_group_pair(row, stored, is_open)
        pairs.setdefault(row["unit"], []).append(pair)
        names[row["unit"]] = (pair.view.unit_name, pair.view.unit_id)
    return ReviewGroup(
        place=number,
        groups=len(groups),
        firms=claims["firm"].n_unique(),
        units=[(*names[unit], pairs[unit]) for unit in pairs],
    )


def _build_group_pair(row: Row, stored: StoredQuarter, is_open: set[str]) -> GroupPair:
    firm, unit = stored.find_firm(row["firm"]), stored.find_unit(row["unit"])
    key = f"{row['firm']}-{row['unit']}"
    return GroupPair(
        key=key,
        view=build_pair_view(row, firm, unit),
        firm_name=firm["name"] or _("（没有名称）"),
        county=label_county(firm["county_name"]),
        decision=str(row["decision"]),
        is_open=key in is_open,
    )
