"""Classify: match, review or non-match, from prices and a budget instead of a threshold to tune.

Calling a pair of probability p a match costs (1 − p) × the price of a missed gap, calling it none costs
p × the price of a false gap, looking at it costs the price of a review. Each pair gets the cheapest; the
review budget goes to the pairs where looking saves most (Chow 1970, the reject option).
"""

import numpy as np
import polars as pl

from gapmatch.linkage.bigrams import Flags, Floats
from gapmatch.settings import LinkageSettings


def decide(probability: Floats, assigned: Flags, settings: LinkageSettings) -> pl.Series:
    """Return match, review or non_match for each pair.

    Only an ``assigned`` pair can be a match. A pair that lost its unit by little (twins that share one
    unit) is reviewed like any other doubt, so that it is not called uninsured meanwhile.
    """
    as_match = np.where(assigned, (1.0 - probability) * settings.price_missed_gap, np.inf)
    as_none = probability * settings.price_false_gap
    saved = np.minimum(as_match, as_none) - settings.price_review
    worth = np.flatnonzero(saved > 0)
    order = worth[np.argsort(-np.round(saved[worth], 9), kind="stable")]
    decision = np.where(as_match <= as_none, "match", "non_match").astype(object)
    decision[order[: settings.review_budget]] = "review"
    return pl.Series("decision", decision.tolist(), dtype=pl.String)


def expected_errors(links: pl.DataFrame) -> dict[str, dict[str, float]]:
    """Return what the decisions are expected to leave behind, with 95 % intervals.

    ``links``: LINKS. ``missed_gaps``: matches that are none, each hides a gap; ``false_gaps``: firms
    called uninsured that are not; ``matches_in_review``. A sum of independent chances: mean Σp,
    variance Σp(1 − p).
    """
    probability = links["probability"].fill_null(0.0).to_numpy()
    decision = links["decision"].to_numpy()
    settled = links.filter(pl.col("decision") != "non_match")["firm"].implode()
    open_firms = (~links["firm"].is_in(settled)).to_numpy()
    return {
        "missed_gaps": _sum_with_interval(1.0 - probability[decision == "match"]),
        "false_gaps": _sum_with_interval(probability[open_firms]),
        "matches_in_review": _sum_with_interval(probability[decision == "review"]),
    }


def _sum_with_interval(chances: Floats) -> dict[str, float]:
    mean = float(chances.sum())
    spread = 1.96 * float(np.sqrt((chances * (1.0 - chances)).sum()))
    return {
        "value": round(mean, 1),
        "low": round(max(0.0, mean - spread), 1),
        "high": round(mean + spread, 1),
    }
