"""Whom to visit first, why, and with what to offer."""

from gapmatch.rank.targets import (
    ORDERED,
    held_back,
    order_targets,
    rank_targets,
    score_targets,
    tell_targets,
)

__all__ = [
    "ORDERED",
    "held_back",
    "order_targets",
    "rank_targets",
    "score_targets",
    "tell_targets",
]
