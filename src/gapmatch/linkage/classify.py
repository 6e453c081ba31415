"""Classify: match, review or non-match, from prices and a budget instead of a threshold to tune.

Calling a pair of probability p a match costs (1 − p) × the price of a missed gap, calling it none
costs p × the price of a false gap, looking at it costs the price of a review. Each pair gets the
cheapest; the review budget goes to the pairs where looking saves most (Chow 1970, the reject
option).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from gapmatch.linkage.bigrams import Flags, Floats
from gapmatch.linkage.relations import IDENTIFYING_CODES
from gapmatch.linkage.unrecognised import Unrecognised, estimate_unrecognised
from gapmatch.settings.load import LinkageSettings

_NORMAL_95 = 1.96
_RARE_EVENT = 0.025
"""So many errors or fewer are none at all in 97.5 of 100 cases."""
TWIN_SHARE = 5e-4
"""Links without a code that lead to another firm, and nothing in the lists can tell.

Of 12,800 such links of real firms in eight prefectures 14 to 20 are wrong, of which the
probabilities explain half (``benchmarks/other_firms.py``).
"""


def choose_cheapest(
    probability: Floats, assigned: Flags, settings: LinkageSettings
) -> tuple[pl.Series, Floats]:
    """Return the cheaper of match and non_match for each pair, and the saving of a review."""
    as_match = np.where(assigned, (1.0 - probability) * settings.price_missed_gap, np.inf)
    as_none = probability * settings.price_false_gap
    saved = np.round(np.minimum(as_match, as_none) - settings.price_review, 9)
    matches = pl.DataFrame({"match": as_match <= as_none})
    decision = pl.when("match").then(pl.lit("match")).otherwise(pl.lit("non_match"))
    return matches.select(decision.alias("decision"))["decision"], saved


def select_for_review(saved: Floats, budget: int) -> Flags:
    """Return the ``budget`` pairs at most for which a look saves most, the first of equals."""
    worth = np.flatnonzero(saved > 0)
    chosen = np.zeros(len(saved), dtype=bool)
    chosen[worth[np.argsort(-saved[worth], kind="stable")][:budget]] = True
    return chosen


def estimate_errors(links: pl.DataFrame) -> dict[str, dict[str, float]]:
    """Return what the decisions are expected to leave behind, with 95 % intervals.

    ``links``: LINKS. ``missed_gaps``: matches that are none, each hides a gap, those included that
    no probability knows of (``TWIN_SHARE``, as uncertain as an exponential one); ``false_gaps``:
    firms called uninsured that are not, those included whose unit no one would recognise;
    ``matches_in_review``. A sum of independent chances: mean Σp, variance Σp(1 − p).
    """
    probability = links["probability"].fill_null(0.0).to_numpy()
    decision = links["decision"].to_numpy()
    decided_firms = links.filter(pl.col("decision") != "non_match")["firm"].implode()
    open_firms = (~links["firm"].is_in(decided_firms)).to_numpy()
    wrong = 1.0 - probability[decision == "match"]
    twins = TWIN_SHARE * _count_uncoded_matches(links)
    spread = float((wrong * (1.0 - wrong)).sum()) + twins + twins**2
    return {
        "missed_gaps": compute_interval(float(wrong.sum()) + twins, spread),
        "false_gaps": _add_unrecognised(probability[open_firms], estimate_unrecognised(links)),
        "matches_in_review": _sum_with_interval(probability[decision == "review"]),
    }


def add_lost_units(errors: Mapping[str, Any], lost: int) -> dict[str, Any]:
    """Return ``errors`` with ``lost`` false gaps more at the most.

    ``estimate_errors`` supposes a whole list of units: no link shows a unit that is not there.
    ``lost``: how many firms may be without theirs, as the gate says.
    """
    stated = errors["false_gaps"]
    return {**errors, "false_gaps": {**stated, "high": stated["high"] + float(lost)}}


def _count_uncoded_matches(links: pl.DataFrame) -> int:
    matches = links.filter(pl.col("decision") == "match")
    if "level_code" not in matches.columns:
        return 0
    return matches.filter(~pl.col("level_code").is_in(IDENTIFYING_CODES)).height


def _add_unrecognised(chances: Floats, hidden: Unrecognised) -> dict[str, float]:
    mean = float(chances.sum()) + hidden.expected
    variance = float((chances * (1.0 - chances)).sum()) + hidden.variance
    return compute_interval(mean, variance)


def _sum_with_interval(chances: Floats) -> dict[str, float]:
    return compute_interval(float(chances.sum()), float((chances * (1.0 - chances)).sum()))


def compute_interval(mean: float, variance: float) -> dict[str, float]:
    """Return whole firms: quantiles of a gamma distribution (Wilson-Hilferty), never below zero."""
    if mean <= 0.0 or variance <= 0.0:
        return dict.fromkeys(("value", "low", "high"), round(mean, 1))
    relative = variance / (9.0 * mean * mean)
    low, high = (
        mean * max(0.0, 1.0 - relative + z * float(np.sqrt(relative))) ** 3
        for z in (-_NORMAL_95, _NORMAL_95)
    )
    return {
        "value": round(mean, 1),
        "low": float(np.floor(low)),
        "high": max(float(np.floor(high + 0.5)), float(mean > _RARE_EVENT)),
    }
