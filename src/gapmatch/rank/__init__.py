"""Whom to visit first, why, with what to offer; and how good that order was."""

from gapmatch.rank.measure import measure_ranking
from gapmatch.rank.sample import rates_by_lot
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
    "measure_ranking",
    "order_targets",
    "rank_targets",
    "rates_by_lot",
    "score_targets",
    "tell_targets",
]
