"""Was doubt cut off? Pairs that wanted a review and got none, since the review budget was spent."""

from collections.abc import Mapping

from gapmatch.gate.findings import WARNING, GateFinding
from gapmatch.settings.gate_thresholds import GateSettings


def find_exhausted_review_budget(
    unreviewed: Mapping[str, int | float], budget: int, gate: GateSettings
) -> list[GateFinding]:
    """Return a warning if what the ``budget`` of reviews left undecided is expected to cost errors.

    ``unreviewed``: ``pairs``, and the expected ``false_gaps`` and ``missed_gaps`` among them.
    """
    if unreviewed["false_gaps"] + unreviewed["missed_gaps"] < gate.max_unreviewed_errors:
        return []
    return [GateFinding("review_budget_exhausted", WARNING, {**unreviewed, "budget": budget})]
