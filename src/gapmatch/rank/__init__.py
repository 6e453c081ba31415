"""Whom to visit first, why, and with what to offer."""

from gapmatch.rank.targets import (
    ORDERED,
    describe_targets,
    order_targets,
    rank_targets,
    score_targets,
)
from gapmatch.rank.tiers import note_small_total

__all__ = [
    "ORDERED",
    "describe_targets",
    "note_small_total",
    "order_targets",
    "rank_targets",
    "score_targets",
]
