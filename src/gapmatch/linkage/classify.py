"""Classify: match, review or non-match, from prices and a budget instead of a threshold to tune.

Calling a pair of probability p a match costs (1 − p) × the price of a missed gap, calling it none
costs p × the price of a false gap, looking at it costs the price of a review. Each pair gets the
cheapest; the review budget goes to the pairs where looking saves most (Chow 1970, the reject
option).
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from gapmatch.linkage.bigrams import Flags, Floats
from gapmatch.settings.load import LinkageSettings

UNRECOGNISED_PRIOR = (2.0, 40.0)
"""Beta distribution, on real lists, of the share of firms whose unit has an unrecognisable name."""
OTHER_KEYS = ("code", "person", "phone")
"""What brings a firm to light whose name does not."""
UNRECOGNISABLE = ("similar_low", "different", "industry_conflict", "number_conflict")


def decide(probability: Floats, assigned: Flags, settings: LinkageSettings) -> pl.Series:
    """Return match, review or non_match for each pair.

    Only an ``assigned`` pair can be a match. A pair that lost its unit by little (twins that share
    one unit) is reviewed like any other doubt, so that it is not called uninsured meanwhile.
    """
    decision, saved = choose_cheapest(probability, assigned, settings)
    looked_at = pl.Series(select_for_review(saved, settings.review_budget))
    return decision.to_frame().select(
        pl.when(looked_at).then(pl.lit("review")).otherwise("decision").alias("decision")
    )["decision"]


def choose_cheapest(
    probability: Floats, assigned: Flags, settings: LinkageSettings
) -> tuple[pl.Series, Floats]:
    """Return match or non_match for each pair, whichever costs less, and what a look at it would save."""
    as_match = np.where(assigned, (1.0 - probability) * settings.price_missed_gap, np.inf)
    as_none = probability * settings.price_false_gap
    saved = np.round(np.minimum(as_match, as_none) - settings.price_review, 9)
    matches = pl.DataFrame({"match": as_match <= as_none})
    decision = pl.when("match").then(pl.lit("match")).otherwise(pl.lit("non_match"))
    return matches.select(decision.alias("decision"))["decision"], saved


def select_for_review(saved: Floats, budget: int) -> Flags:
    """Return for which pairs a look saves most, ``budget`` at the most.

    The first ones if it saves the same.
    """
    worth = np.flatnonzero(saved > 0)
    chosen = np.zeros(len(saved), dtype=bool)
    chosen[worth[np.argsort(-saved[worth], kind="stable")][:budget]] = True
    return chosen


def estimate_errors(links: pl.DataFrame) -> dict[str, dict[str, float]]:
    """Return what the decisions are expected to leave behind, with 95 % intervals.

    ``links``: LINKS. ``missed_gaps``: matches that are none, each hides a gap; ``false_gaps``:
    firms called uninsured that are not, those included whose unit no one would recognise;
    ``matches_in_review``. A sum of independent chances: mean Σp, variance Σp(1 − p).
    """
    probability = links["probability"].fill_null(0.0).to_numpy()
    decision = links["decision"].to_numpy()
    settled = links.filter(pl.col("decision") != "non_match")["firm"].implode()
    open_firms = (~links["firm"].is_in(settled)).to_numpy()
    return {
        "missed_gaps": _sum_with_interval(1.0 - probability[decision == "match"]),
        "false_gaps": _add_unrecognised(probability[open_firms], estimate_unrecognised(links)),
        "matches_in_review": _sum_with_interval(probability[decision == "review"]),
    }


@dataclass(frozen=True)
class Unrecognised:
    """Enrolled firms whose unit nothing brings to light.

    ``alpha``, ``beta`` of their share, of ``matches``. ``others``: share of the linked firms on
    which no key except the name agrees.
    """

    alpha: float
    beta: float
    others: float
    matches: int

    @property
    def expected(self) -> float:
        """Number of firms to expect."""
        return self.alpha / (self.alpha + self.beta) * self.others * self.matches

    @property
    def variance(self) -> float:
        """Variance of that number (beta-binomial: the share itself is not known)."""
        total = self.alpha + self.beta
        mean = self.alpha / total
        spread = mean * (1.0 - mean) / (total + 1.0)
        exposed = self.others * self.matches
        return exposed * mean * (1.0 - mean) + exposed * max(0.0, exposed - 1.0) * spread


def estimate_unrecognised(links: pl.DataFrame) -> Unrecognised:
    """Estimate how many enrolled firms have their unit under a name that no one would recognise.

    Equal codes prove how often the names of one firm are wholly different; if lists have no codes,
    the shipped share is used, which was fitted to real lists (docs/linkage.md). A firm comes to
    light by any other key that agrees, so the share is that of the firms on which none does.
    """
    if "level_name" not in links.columns:
        return Unrecognised(*UNRECOGNISED_PRIOR, 1.0, 0)
    own = links.filter((pl.col("decision") == "match") & (pl.col("relation") == "same"))
    proven = own.filter(pl.col("level_code") == "same")
    strange = proven.filter(pl.col("level_name").is_in(UNRECOGNISABLE)).height
    alpha, beta = UNRECOGNISED_PRIOR
    agreeing = [own.filter(pl.col(f"level_{c}") == "same").height for c in OTHER_KEYS]
    others = float(np.prod([1.0 - count / max(1, own.height) for count in agreeing]))
    return Unrecognised(alpha + strange, beta + proven.height - strange, others, own.height)


SHARE_COLUMNS = (
    *("firm", "decision", "relation", "level_name"),
    *(f"level_{key}" for key in OTHER_KEYS),
)
"""Columns of LINKS that ``compute_unrecognised_share`` needs."""


def compute_unrecognised_share(links: pl.DataFrame) -> float:
    """Return the chance that a firm without a link is enrolled under a name no one would recognise.

    ``links``: ``SHARE_COLUMNS`` of LINKS. The firms that ``estimate_unrecognised`` expects, over
    those without a link.
    """
    settled = links.filter(pl.col("decision") != "non_match")["firm"].implode()
    open_firms = links.filter(~pl.col("firm").is_in(settled))["firm"].n_unique()
    expected = estimate_unrecognised(links).expected
    return round(min(1.0, expected / open_firms), 6) if open_firms else 0.0


def _add_unrecognised(chances: Floats, hidden: Unrecognised) -> dict[str, float]:
    mean = float(chances.sum()) + hidden.expected
    variance = float((chances * (1.0 - chances)).sum()) + hidden.variance
    return _compute_interval(mean, variance)


def _sum_with_interval(chances: Floats) -> dict[str, float]:
    return _compute_interval(float(chances.sum()), float((chances * (1.0 - chances)).sum()))


def _compute_interval(mean: float, variance: float) -> dict[str, float]:
    spread = 1.96 * float(np.sqrt(variance))
    return {
        "value": round(mean, 1),
        "low": round(max(0.0, mean - spread), 1),
        "high": round(mean + spread, 1),
    }
