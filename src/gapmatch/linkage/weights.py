"""Weights of the agreement levels, learned from the extracts themselves without labels.

Expectation maximisation over the candidate pairs (Winkler 1988), with two changes that leave the
probabilities honest: candidates of one unit, and of one firm, compete (at most one is the match),
and levels on which values agree are weighed by how many firms share the value.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import polars as pl

from gapmatch.linkage.bigrams import Flags, Floats, Ints
from gapmatch.linkage.levels import (
    AGREEMENT,
    DOUBTFUL_NAMES,
    GIVEN_NAME,
    LADDERS,
    ORDER,
    build_agreement_mask,
    get_level,
    is_silent,
)
from gapmatch.linkage.weight_model import Model

ROUNDS = 12
COMPETITION_ROUNDS = 3
"""Messages between firms and units that compete; more change no decision."""
SHIPPED_STRENGTH = 60.0
"""Pairs' worth of evidence that the shipped model counts for against the extracts' own."""
NAME_STRENGTH = 200.0
"""The same for how names differ, which few matches show: only the names prove them."""
NAME_CHANCE_SHARE = 0.1
"""Strength of the shipped chance of names, as a share of the list's units.

A handful of pairs whose names nearly agree may be all matches or all chance: the lists fit either.
How often it is chance differs less between lists than how often staff write a name otherwise.
"""
_DOUBTFUL_NAMES = np.array([name in DOUBTFUL_NAMES for name in LADDERS["name"]])
MIN_PROBABILITY = 1e-12
_ALONE_AT_ADDRESS = 1.5
"""Firms that share an address, or as many as the units that do: fewer than two."""
MISSING = "missing"
MAX_BLANK_SHARE = 1.0 - 1e-6
"""A comparison that no pair allows still has the shipped proportions between its other levels."""


@dataclass(frozen=True)
class Evidence:
    """What pairs agree on, ready for weighing: any slice of pairs gives the weights of the whole.

    ``levels``: comparison → level per pair; ``firms_alike``: comparison → number of firms that
    share the agreeing value (1 if rarity does not count); ``firm``, ``unit``: whose pair it is,
    numbered from 0 in the order of the firms and units that have pairs; ``counts``: number of
    firms, of units in the lists; ``settled``: bits that people's decisions add to a pair, 0 if
    no one decided; ``eligible``: pairs that can be one firm at all.
    """

    levels: Mapping[str, Ints]
    firms_alike: Mapping[str, Floats]
    firm: Ints
    unit: Ints
    counts: tuple[int, int]
    settled: Floats
    eligible: Flags
    unit_name: pl.Series | None = None

    def subtract_from_one(self, probability: Floats) -> Floats:
        """Return the chance that a pair is none, which accounts of one employer share.

        A firm with two accounts has one of them by its name, and the other is no namesake's.
        """
        if self.unit_name is None:
            return 1.0 - probability
        account, size = self._accounts
        shared: Floats = (1.0 - np.bincount(account, probability)) / size
        return np.maximum(shared, 0.0)[account]

    @cached_property
    def _accounts(self) -> tuple[Ints, Ints]:
        """Number the pairs by firm and employer, and count the pairs of each number."""
        owners = pl.DataFrame({"firm": self.firm, "unit_name": self.unit_name})
        account = owners.select(pl.struct("firm", "unit_name").rank("dense") - 1).to_series()
        numbers: Ints = account.to_numpy().astype(np.int64)
        return numbers, np.bincount(numbers)

    @cached_property
    def rarity_parts(self) -> Mapping[str, Floats]:
        """Bits that the rarity of an agreeing value adds, by comparison, whatever the model."""
        return {c: -np.log2(alike) for c, alike in self.firms_alike.items() if c in AGREEMENT}

    @cached_property
    def at_least_some(self) -> Mapping[str, Floats]:
        """``firms_alike``, never so few that nothing can be divided by them."""
        return {c: np.maximum(alike, 1e-9) for c, alike in self.firms_alike.items()}


@dataclass(frozen=True)
class Chance:
    """How often values agree by chance in these lists.

    ``shares``: comparison → share of each level among random pairs; ``found``: comparison → number
    of units whose value some firm has, for the comparisons of single values.
    """

    shares: Mapping[str, Floats]
    found: Mapping[str, int]


def gather_evidence(
    compared: pl.DataFrame, rarity: pl.DataFrame, counts: tuple[int, int]
) -> Evidence:
    """Turn compared pairs and their rarities into arrays.

    ``compared``: what ``compare`` returns, with ``settled`` (Float64, bits); ``rarity``: what
    ``rarities`` returns for it; ``counts``: number of firms, of units.
    """
    alike = {
        c: (rarity[c].fill_null(1.0 / max(1, counts[0])) * counts[0]).to_numpy()
        if c in rarity.columns
        else np.ones(compared.height)
        for c in LADDERS
    }
    return Evidence(
        levels={c: compared[c].to_numpy().astype(np.int64) for c in LADDERS},
        firms_alike=alike,
        firm=_number_keys(compared["firm"]),
        unit=_number_keys(compared["unit"]),
        counts=counts,
        settled=compared["settled"].to_numpy(),
        eligible=_is_eligible(compared, alike["address"]),
        unit_name=compared["unit_name"] if "unit_name" in compared.columns else None,
    )


def collect_level_evidence(weighed: pl.DataFrame) -> Evidence:
    """Return the columns by which weighed pairs affect each other: owners, levels, settled."""
    return Evidence(
        levels={c: weighed[c].to_numpy().astype(np.int64) for c in LADDERS},
        firms_alike={},
        firm=_number_keys(weighed["firm"]),
        unit=_number_keys(weighed["unit"]),
        counts=(0, 0),
        settled=weighed["settled"].to_numpy(),
        eligible=weighed["eligible"].to_numpy(),
    )


def gather_chance(compared: pl.DataFrame, found: Mapping[str, int]) -> Chance:
    """Count the levels of random pairs; ``found``: comparison → units whose value some firm has."""
    shares = {c: _compute_shares(compared[c].to_numpy(), len(LADDERS[c])) for c in LADDERS}
    return Chance(shares, found)


def _number_keys(keys: pl.Series) -> Ints:
    places: Ints = np.unique(keys.to_numpy(), return_inverse=True)[1].astype(np.int64)
    return places


def _is_eligible(compared: pl.DataFrame, at_address: Floats) -> Flags:
    """A head office and its branch are two firms, unless a code or a reviewer proves otherwise.

    All else that they share, the person in charge above all, is what a head office shares with
    branches, and what one owner's firms share: two valid codes under two names are two firms as
    well. So are two names at one address, with nothing but the address in common: neighbours,
    unless nobody else is at that address (``at_address``: number of firms).
    """
    related = compared["name"] == get_level("name", "parent_branch")
    named = [get_level("name", n) for n in ("similar_high", "similar_middle", "missing")]
    another = (compared["code"] == get_level("code", "other_firm")) & ~compared["name"].is_in(named)
    coded = compared["code"].is_in(
        [get_level("code", c) for c in ("same_of_parent", "near", "prefix")]
    )
    neighbours = (compared["address"] == get_level("address", "same")) & (
        compared["name"] == get_level("name", "different")
    )
    for comparison in ("code", "person", "phone"):
        neighbours &= pl.Series(is_silent(comparison, compared[comparison].to_numpy()))
    neighbours &= pl.Series(at_address > _ALONE_AT_ADDRESS)
    possible = (~related | coded) & ~another & ~neighbours
    eligible: Flags = (possible | (compared["settled"] > 0)).to_numpy()
    return eligible


def _compute_shares(levels: Ints, size: int) -> Floats:
    counted = np.bincount(levels, minlength=size).astype(float)
    share: Floats = counted / max(1.0, counted.sum())
    return share


def compute_parts(model: Model, evidence: Evidence) -> dict[str, Floats]:
    """Return the parts that add up to a pair's weight: comparisons, rarities, prior, people."""
    parts: dict[str, Floats] = {}
    for comparison, levels in evidence.levels.items():
        parts[comparison] = model.weights(comparison, evidence.counts[0])[levels]
        if comparison in AGREEMENT:
            parts[f"{comparison}_rarity"] = evidence.rarity_parts[comparison]
    parts["prior"] = np.full(len(evidence.firm), compute_prior_weight(model, evidence.counts[0]))
    parts["decision"] = evidence.settled
    return parts


def sum_parts(found: Mapping[str, Floats]) -> Floats:
    """Return the sum of ``parts``, added in their order."""
    first, *others = found.values()
    weight = first.copy()
    for part in others:
        weight += part
    return weight


def compute_prior_weight(model: Model, firms: int) -> float:
    """Return log2 of the odds that a unit and a firm taken at random are the same."""
    return float(np.log2(model.matched_share / (1 - model.matched_share) / max(1, firms)))


def compute_competing_probability(weight: Floats, evidence: Evidence) -> Floats:
    """Return the probability of each pair, given at most one firm per unit and unit per firm.

    A competitor counts as far as no other pair takes it: belief propagation on the matching
    (sum-product), exact if the pairs form no circle. Those of one firm, and of one unit, sum to
    one at most.
    """
    odds = np.where(evidence.eligible, np.exp2(np.clip(weight, -60.0, 60.0)), 0.0)
    if_firm_free = odds
    for _round in range(COMPETITION_ROUNDS):
        if_unit_free = odds / (1.0 + _sum_others(if_firm_free, evidence.unit))
        if_firm_free = odds / (1.0 + _sum_others(if_unit_free, evidence.firm))
    of_firm = if_unit_free / (1.0 + _sum_by(if_unit_free, evidence.firm))
    of_unit = if_firm_free / (1.0 + _sum_by(if_firm_free, evidence.unit))
    probability: Floats = np.minimum(of_firm, of_unit)
    return probability


def _sum_by(odds: Floats, owner: Ints) -> Floats:
    total: Floats = np.bincount(owner, odds).astype(float)
    return total[owner]


def _sum_others(odds: Floats, owner: Ints) -> Floats:
    """Return the sum of the odds of the owner's other pairs; what rounding leaves is none."""
    return np.maximum(_sum_by(odds, owner) - odds, 0.0)


def refine(model: Model, evidence: Evidence, chance: Chance) -> Model:
    """Fit the model to the extracts in a fixed number of rounds, leaning on ``model``."""
    shipped = model = fit_blanks(model, chance)
    for _round in range(ROUNDS):
        weight = sum_parts(compute_parts(model, evidence))
        model = _Fit(shipped, evidence, chance).fit_to(
            compute_competing_probability(weight, evidence)
        )
    return model


def fit_blanks(model: Model, chance: Chance) -> Model:
    """Return the model for pairs with both values, with the blank shares of these lists.

    How often a value is missing is counted in the lists, and to begin with it is the same among
    matches: blanks of other lists are no evidence on a pair. A comparison that one side cannot
    make so weighs nothing at all, however many pairs the shipped model stands for.
    """
    m, u = dict(model.m), dict(model.u)
    for comparison, ladder in LADDERS.items():
        if MISSING not in ladder or comparison == "name":
            continue
        place = get_level(comparison, MISSING)
        blank = float(
            np.clip(chance.shares[comparison][place], 1.0 - MAX_BLANK_SHARE, MAX_BLANK_SHARE)
        )
        for table in (m, u):
            present = (1.0 - blank) / max(1.0 - table[comparison][place], MIN_PROBABILITY)
            table[comparison] = table[comparison] * present
            table[comparison][place] = blank
    return model.replace_probabilities(m, u, model.matched_share)


@dataclass(frozen=True)
class _Fit:
    """The maximisation: counts levels under given probabilities, leaning on the shipped model."""

    shipped: Model
    evidence: Evidence
    chance: Chance

    def fit_to(self, probability: Floats) -> Model:
        """Return the model that the pairs' probabilities make most likely."""
        m, u = {}, {}
        for comparison in LADDERS:
            if self._is_missing_everywhere(comparison):
                m[comparison] = self.shipped.m[comparison].copy()
                u[comparison] = self.shipped.u[comparison].copy()
            else:
                m[comparison] = self._fit_matched(probability, comparison)
                u[comparison] = self._fit_chance(probability, comparison)
            enforce_level_order(m[comparison], u[comparison], comparison, self.evidence.counts[0])
        total = float(probability.sum()) + SHIPPED_STRENGTH * self.shipped.matched_share
        share = total / (self.evidence.counts[1] + SHIPPED_STRENGTH)
        return self.shipped.replace_probabilities(m, u, min(share, 0.999))

    def _is_missing_everywhere(self, comparison: str) -> bool:
        """Return whether one side has no value at all to compare."""
        if MISSING not in LADDERS[comparison] or comparison == "name":
            return False
        blank = get_level(comparison, MISSING)
        drawn = self.chance.shares[comparison].sum() == self.chance.shares[comparison][blank]
        return bool(drawn and (self.evidence.levels[comparison] == blank).all())

    def _fit_matched(self, probability: Floats, comparison: str) -> Floats:
        strength = NAME_STRENGTH if comparison == "name" else SHIPPED_STRENGTH
        smoothed = (
            self._count_matches(probability, comparison) + strength * self.shipped.m[comparison]
        )
        share: Floats = smoothed / smoothed.sum()
        if comparison == "name":
            share = self._bound_doubtful_names(share, probability)
        return share

    def _bound_doubtful_names(self, share: Floats, probability: Floats) -> Floats:
        """Return the names' shares, the doubtful ones no greater than proven pairs show.

        Nothing but its own guess makes a pair of doubtful names a match, so that guesses would
        confirm each other: four hundred owners with a second firm, or names alone.
        """
        coded = self.evidence.levels["code"] == get_level("code", "same")
        proven = self._count_matches(np.where(coded, probability, 0.0), "name")
        proven += NAME_STRENGTH * self.shipped.m["name"]
        bounded = np.where(_DOUBTFUL_NAMES, np.minimum(share, proven / proven.sum()), share)
        bounded /= bounded.sum()
        return bounded

    def _count_matches(self, probability: Floats, comparison: str) -> Floats:
        """Return the number of matches to expect on each level."""
        levels, size = self.evidence.levels[comparison], len(LADDERS[comparison])
        return np.bincount(levels, probability, minlength=size).astype(np.float64)

    def _fit_chance(self, probability: Floats, comparison: str) -> Floats:
        """Chance of each level: on agreement levels per unit, else the share among all pairs.

        Agreement by chance is known from the lists themselves: the units whose value some firm has,
        less those that are matches. For names the candidates stand for all pairs (each as 1/n of
        the n firms that share the core), on the other levels a random sample does.
        """
        firms, units = self.evidence.counts
        levels, size = self.evidence.levels[comparison], len(LADDERS[comparison])
        chance = self.evidence.subtract_from_one(probability)
        unlikely = chance / self.evidence.at_least_some[comparison]
        counted = agreeing = np.bincount(levels, unlikely, minlength=size)
        if comparison in self.chance.found:
            matched = self._count_matches(probability, comparison)
            agreeing = np.maximum(self.chance.found[comparison] - matched, 0.0)
        rest = max(0.0, float(firms) * units - len(probability))
        shipped, pseudo = self.shipped.u[comparison], SHIPPED_STRENGTH * max(1, firms)
        strength = SHIPPED_STRENGTH
        if comparison == "name":
            strength = max(strength, NAME_CHANCE_SHARE * units)
        per_unit = (agreeing + strength * shipped) / (units + strength)
        sampled = counted + self.chance.shares[comparison] * rest
        per_pair = (sampled + pseudo * shipped) / (len(probability) + rest + pseudo)
        for alternatives in GIVEN_NAME.get(comparison, ()):
            places = [get_level(comparison, name) for name in alternatives]
            per_pair[places] = per_pair[places].sum()
        by_chance = np.where(build_agreement_mask(comparison), per_unit, per_pair)
        bounded: Floats = np.maximum(by_chance, MIN_PROBABILITY)
        return bounded


def enforce_level_order(m: Floats, u: Floats, comparison: str, firms: int) -> None:
    """Pool neighbouring levels whose weights are out of order: more agreement never weighs less."""
    per_pair = np.where(build_agreement_mask(comparison), 1.0 / max(1, firms), 1.0)
    chance = u * per_pair
    ordered: set[int] = set()
    for chain in ORDER[comparison]:
        places = [get_level(comparison, name) for name in chain]
        # What another chain has put in its place stays there: only what hangs below it may move.
        (_cap if places[0] in ordered else _merge_violators)(m, chance, places)
        ordered.update(places)
    u[:] = chance / per_pair


def _cap(m: Floats, u: Floats, places: list[int]) -> None:
    """Make weights along a chain of levels monotone by raising the lower level's chance."""
    for above, below in pairwise(places):
        u[below] = max(u[below], m[below] / _compute_ratio(m, u, [above]))


def _merge_violators(m: Floats, u: Floats, places: list[int]) -> None:
    """Pool adjacent violators along a chain; pooled levels share one ratio m/u."""
    blocks: list[list[int]] = []
    for place in places:
        blocks.append([place])
        while len(blocks) > 1 and _compute_ratio(m, u, blocks[-2]) < _compute_ratio(
            m, u, blocks[-1]
        ):
            last = blocks.pop()
            blocks[-1] += last
    for block in blocks:
        if len(block) > 1:
            ratio = _compute_ratio(m, u, block)
            u[block] = m[block] / ratio


def _compute_ratio(m: Floats, u: Floats, block: list[int]) -> float:
    return float(m[block].sum() / u[block].sum())
