"""Relations other than identity: head offices that stand for branches, second accounts.

One firm to one unit is the rule. The data mean something else if a unit that belongs to no one else
points to a firm that already has one (two insurance accounts), and if a branch without a unit of
its own shares more than the name with the unit of its head office.
"""

import numpy as np
import polars as pl

from gapmatch.linkage.bigrams import Flags, Floats
from gapmatch.linkage.levels import DOUBTFUL_NAMES, FULL_NAMES, OTHER_NAMES, get_level, is_silent
from gapmatch.linkage.sides import SideRows
from gapmatch.linkage.weight_model import Model
from gapmatch.linkage.weights import Evidence

RELATION_MIN_PROBABILITY = 0.95
"""Below this probability neither relation is claimed: the pair stays what it is, a non-match."""
SHARED = {"code": "same_of_parent", "person": "same", "phone": "same"}
"""Evidence beyond the name, one of which a head office needs: never by name alone."""
CONTRADICTING = {"person": ("different",), "county": ("prefecture", "different")}
"""Levels on which a full name under two valid codes may be two firms'."""


def find_second_accounts(
    weight: Floats, assigned: Flags, evidence: Evidence, weighed: pl.DataFrame
) -> tuple[Flags, Floats]:
    """Return pairs of a left-over unit and a firm that has a unit, with their probability.

    Names or codes must agree with the firm's (two firms of one owner share all the rest), or with
    those of the unit that it has: accounts of one employer stand or fall together. ``weighed``: the
    pairs, with what ``mark_accounts`` returned.
    """
    sure = assigned & (weight > 0)
    free_unit = ~np.isin(evidence.unit, evidence.unit[sure])
    served_firm = np.isin(evidence.firm, evidence.firm[sure])
    named = evidence.levels["name"] <= get_level("name", "typo")
    coded = np.isin(
        evidence.levels["code"], [get_level("code", c) for c in ("same", "near", "missing")]
    )
    is_proven = evidence.eligible & ((named & coded) | (evidence.settled > 0))
    probability = compute_account_probability(weight, evidence)
    possible = can_be_same(evidence, weighed)
    of_sibling = _sibling_probability(weighed, sure & possible, probability)
    is_proven |= evidence.eligible & (of_sibling > 0.0)
    probability = np.maximum(probability, of_sibling)
    accounts: Flags = (
        free_unit & served_firm & is_proven & (probability >= RELATION_MIN_PROBABILITY)
    )
    return accounts, probability


def mark_accounts(pairs: pl.DataFrame, units: SideRows) -> pl.DataFrame:
    """Return ``unit_code``, ``unit_name`` a pair: valid organisation, name with county."""
    return units.account_marks[pairs["unit"]]


def _sibling_probability(weighed: pl.DataFrame, sure: Flags, probability: Floats) -> Floats:
    """Return how probable the firm's own unit is if the pair's is another account of it; else 0."""
    own_units = weighed.select(
        "firm", own_code="unit_code", own_name="unit_name", own_probability=pl.Series(probability)
    ).filter(pl.Series(sure))
    joined = weighed.select("firm", "unit_code", "unit_name").join(
        own_units, on="firm", how="left", maintain_order="left"
    )
    uncoded = pl.col("unit_code").is_null() | pl.col("own_code").is_null()
    siblings = (pl.col("unit_code") == pl.col("own_code")).fill_null(value=False) | (
        uncoded & (pl.col("unit_name") == pl.col("own_name")).fill_null(value=False)
    )
    chance = pl.when(siblings).then("own_probability").otherwise(0.0)
    return joined.select(chance.alias("chance"))["chance"].to_numpy()


IDENTIFYING_CODES = ("same", "near", "prefix", "same_of_parent")


def is_identified(evidence: Evidence) -> Flags:
    """Return which pairs are one firm by a code, or because a person said so."""
    coded = np.isin(evidence.levels["code"], [get_level("code", c) for c in IDENTIFYING_CODES])
    identified: Flags = coded | (evidence.settled > 0)
    return identified


def find_lost_links(before: Flags, matched: Flags, evidence: Evidence) -> Flags:
    """Return which pairs that were linked ``before`` (a flag for each) are lost for no reason.

    A firm that has another unit now is no gap. A unit that another firm has by its code, or by a
    person's decision, is that firm's; one that it has by its name alone is in doubt.
    """
    taken = np.isin(evidence.unit, evidence.unit[matched & is_identified(evidence)])
    lost: Flags = before & ~np.isin(evidence.firm, evidence.firm[matched]) & ~taken
    return lost


def can_be_same(evidence: Evidence, weighed: pl.DataFrame) -> Flags:
    """Return which pairs may be called one firm without a look at them.

    Owners have several firms and agents file for many: person, phone and address depend on each
    other. Under a name that is another firm's they bring a pair to review, however many of them
    agree. So does an address without which a doubtful name would not be enough: neighbours in one
    village and one trade often have names that are alike. So do two valid codes, which are those
    of a firm before and after it registered anew, or of two firms. ``weighed``: the pairs, with
    ``namesakes`` (one name that two firms may have).
    """
    named = ~np.isin(evidence.levels["name"], [get_level("name", n) for n in OTHER_NAMES])
    named &= ~weighed["namesakes"].to_numpy() & ~_rests_on_address(evidence, weighed)
    named &= ~_has_other_code(evidence)
    possible: Flags = named | is_identified(evidence)
    return possible


def _has_other_code(evidence: Evidence) -> Flags:
    """Return pairs of two valid codes, unless all else is one firm's.

    No two firms of a county have one registered name, so that under the whole of it another code is
    a new registration; under another person or in another county it may be a shop of that name.
    """
    full = np.isin(evidence.levels["name"], [get_level("name", n) for n in FULL_NAMES])
    for comparison, levels in CONTRADICTING.items():
        numbers = [get_level(comparison, level) for level in levels]
        full &= ~np.isin(evidence.levels[comparison], numbers)
    other: Flags = (evidence.levels["code"] == get_level("code", "conflict")) & ~full
    return other


def _rests_on_address(evidence: Evidence, weighed: pl.DataFrame) -> Flags:
    """Return pairs of doubtful names that nothing but the address makes likely."""
    doubtful = np.isin(evidence.levels["name"], [get_level("name", n) for n in DOUBTFUL_NAMES])
    for comparison in ("person", "phone"):
        doubtful &= is_silent(comparison, evidence.levels[comparison])
    of_address = weighed["part_address"] + weighed["part_address_rarity"]
    resting: Flags = doubtful & ((weighed["weight"] - of_address) < 0.0).to_numpy()
    return resting


def compute_account_probability(weight: Floats, evidence: Evidence) -> Floats:
    """Return the probability of each pair if a firm may have several units, but a unit one firm."""
    odds = np.where(evidence.eligible, np.exp2(np.clip(weight, -60.0, 60.0)), 0.0)
    of_unit = np.bincount(evidence.unit, odds)[evidence.unit]
    probability: Floats = odds / (1.0 + of_unit)
    return probability


def find_head_offices(compared: pl.DataFrame, firms: SideRows, units: SideRows) -> Flags:
    """Return the pairs of a branch and its head office's unit, on more than the name."""
    branches = (compared["name"] == get_level("name", "parent_branch")).to_numpy()
    is_head_office = np.zeros(compared.height, dtype=bool)
    if branches.any():
        is_head_office[branches] = _is_inside(compared.filter(pl.Series(branches)), firms, units)
    return is_head_office


def _is_inside(related: pl.DataFrame, firms: SideRows, units: SideRows) -> Flags:
    shares = _has_same_door(related)
    for comparison, name in SHARED.items():
        shares |= (related[comparison] == get_level(comparison, name)).to_numpy()
    firm_names = firms.names[related["firm_name"]]
    unit_names = units.names[related["unit_name"]]
    inside = (firm_names["branch"] != "") & (firm_names["parent_core"] == unit_names["core"])
    is_inside: Flags = shares & inside.fill_null(value=False).to_numpy()
    return is_inside


def _has_same_door(compared: pl.DataFrame) -> Flags:
    """Return pairs at one door, unless the persons in charge differ."""
    same = compared["address"] == get_level("address", "same")
    same_door: Flags = (same & (compared["person"] != get_level("person", "different"))).to_numpy()
    return same_door


def compute_head_office_probability(
    weight: Floats, compared: pl.DataFrame, model: Model, firms: int
) -> Floats:
    """Return the probability that a unit is the firm's head office, given the parent's name."""
    weights = model.weights("name", firms)
    agreeing = weights[get_level("name", "core")] - weights[compared["name"].to_numpy()]
    odds = np.exp2(np.clip(weight + agreeing, -60.0, 60.0))
    probability: Floats = odds / (1.0 + odds)
    return probability
