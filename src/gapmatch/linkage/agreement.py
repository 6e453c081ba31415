"""What the pairs of a slice agree on, and how much each still weighs; pure on any slice."""

from dataclasses import dataclass

import polars as pl

from gapmatch.linkage.bigrams import BigramIndex
from gapmatch.linkage.compare import compare
from gapmatch.linkage.frequencies import compute_rarities
from gapmatch.linkage.levels import COUNTED_VALUES
from gapmatch.linkage.relations import (
    RELATION_MIN_PROBABILITY,
    compute_head_office_probability,
    find_head_offices,
    mark_accounts,
)
from gapmatch.linkage.sides import SideRows
from gapmatch.linkage.weight_model import Model
from gapmatch.linkage.weights import Evidence, compute_parts, gather_evidence, sum_parts

MIN_CANDIDATE_WEIGHT = -12.0
"""Candidates below this weight (odds under 1 in 4,000) are discarded."""
RARITY = ("name", *COUNTED_VALUES)


@dataclass(frozen=True)
class ComparedLists:
    """Both lists as they are compared, or the parts of them that some pairs need."""

    firms: SideRows
    units: SideRows
    index: BigramIndex

    @property
    def totals(self) -> tuple[int, int]:
        """Number of firms, of units in the whole lists."""
        return self.firms.total_rows, self.units.total_rows


def measure_agreement(pairs: pl.DataFrame, lists: ComparedLists) -> pl.DataFrame:
    """Return pairs with what they agree on.

    ``pairs``: firm, unit and any more columns, which stay. Adds a level per comparison,
    ``similarity``, ``rarity_<comparison>`` (share of firms, null if it does not count) and
    ``office`` (the unit is the head office of the firm, a branch, on more than its name).
    """
    compared = compare(pairs, lists.firms, lists.units, lists.index)
    rarity = compute_rarities(compared, lists.firms, lists.units, lists.index)
    office = find_head_offices(compared, lists.firms, lists.units)
    return pl.concat(
        [
            pairs,
            compared.drop("firm", "unit", "firm_name", "unit_name"),
            rarity.rename(lambda c: f"rarity_{c}"),
            pl.DataFrame({"office": office}),
            mark_accounts(pairs, lists.units),
        ],
        how="horizontal",
    )


def collect_evidence(agreed: pl.DataFrame, totals: tuple[int, int]) -> Evidence:
    """Return what ``measure_agreement`` returned (with ``settled``) as arrays."""
    rarity = agreed.select(pl.col(f"rarity_{c}").alias(c) for c in RARITY)
    return gather_evidence(agreed, rarity, totals)


def weigh(agreed: pl.DataFrame, model: Model, totals: tuple[int, int]) -> pl.DataFrame:
    """Return the pairs that can still become links, with their weight and its parts.

    Adds ``weight``, ``part_<name>`` (bits), ``eligible`` and ``office_probability`` (null below
    ``RELATION_MIN_PROBABILITY`` and where the unit is no head office). A pair far below all doubt
    is left out: with the odds against it at thousands to one it neither is a link nor takes any
    probability from one.
    """
    evidence = collect_evidence(agreed, totals)
    part = compute_parts(model, evidence)
    weight = sum_parts(part)
    likely = compute_head_office_probability(weight, agreed, model, totals[0])
    office = agreed["office"].to_numpy() & (likely >= RELATION_MIN_PROBABILITY)
    decided = ((agreed["settled"] != 0.0) | agreed["doubted"] | agreed["linked_before"]).to_numpy()
    weighed = agreed.with_columns(
        *(pl.Series(f"part_{name}", values) for name, values in part.items()),
        pl.Series("weight", weight),
        pl.Series("eligible", evidence.eligible),
        pl.when(pl.Series(office)).then(pl.Series(likely)).alias("office_probability"),
    )
    remaining = weighed.filter(pl.Series((weight > MIN_CANDIDATE_WEIGHT) | office | decided))
    return remaining.drop("office", *(f"rarity_{c}" for c in RARITY))
