"""Whom to visit first, why, and with what to offer."""

from gapmatch.rank.targets import (
    ORDERED,
    describe_targets,
    order_targets,
    rank_targets,
    score_targets,
)

__all__ = ["ORDERED", "describe_targets", "order_targets", "rank_targets", "score_targets"]
