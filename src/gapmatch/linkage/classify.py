"""Classify: match, review or non-match, from two prices and a budget instead of a threshold to tune.

Calling a pair of probability p a match costs (1 − p) × the price of a missed gap, calling it none costs
p × the price of a false gap, looking at it costs the price of a review. Each pair gets the cheapest; the
review budget goes to the pairs where looking saves most (Chow 1970, the reject option).
"""

import numpy as np
import polars as pl

from gapmatch.linkage.bigrams import Floats
from gapmatch.settings import LinkageSettings

DECISIONS = ("match", "review", "non_match")


def decide(probability: Floats, settings: LinkageSettings) -> pl.Series:
    """Return the decision for each pair of ``probability``."""
    as_match = (1.0 - probability) * settings.price_missed_gap
    as_none = probability * settings.price_false_gap
    saved = np.minimum(as_match, as_none) - settings.price_review
    worth = np.flatnonzero(saved > 0)
    order = worth[np.argsort(-np.round(saved[worth], 9), kind="stable")]
    decision = np.where(as_match <= as_none, "match", "non_match").astype(object)
    decision[order[: settings.review_budget]] = "review"
    return pl.Series("decision", decision.tolist(), dtype=pl.String)


def expected_errors(probability: Floats, decision: pl.Series) -> dict[str, dict[str, float]]:
    """Return what the decisions are expected to leave behind, with 95 % intervals.

    ``false_matches``: matches that are none (each hides a gap); ``missed_matches``: non-matches that are
    matches (each a false gap). A sum of independent chances: mean Σp, variance Σp(1 − p).
    """
    chosen = decision.to_numpy()
    return {
        "false_matches": _sum_with_interval(1.0 - probability[chosen == "match"]),
        "missed_matches": _sum_with_interval(probability[chosen == "non_match"]),
        "matches_in_review": _sum_with_interval(probability[chosen == "review"]),
    }


def _sum_with_interval(chances: Floats) -> dict[str, float]:
    mean = float(chances.sum())
    spread = 1.96 * float(np.sqrt((chances * (1.0 - chances)).sum()))
    return {
        "expected": round(mean, 1),
        "low": round(max(0.0, mean - spread), 1),
        "high": round(mean + spread, 1),
    }
