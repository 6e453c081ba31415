"""The way from the tax list to this quarter's visits: each step and what it leaves out."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import polars as pl

from gapmatch.i18n import _
from gapmatch.vocabulary.figure_labels import list_figure_labels

SETTLED = ("insured", "covered_by_parent", "out_of_scope")
"""Statuses in which nothing is open."""
NOT_TO_VISIT = ("review", "dormant")
"""Statuses that are open, but are settled elsewhere than at a visit."""


class BridgeStep(NamedTuple):
    """A step of the bridge: firms on it, and what was taken from the step before, by name.

    ``name``: list, open, to_visit, targets, tier_a. ``less``: statuses, ``not_listed`` (no targets
    of the quarter), ``later`` (tiers B and C).
    """

    name: str
    firms: int
    less: Mapping[str, int]


def build_bridge_steps(total: Mapping[str, Any]) -> list[BridgeStep]:
    """Return the steps for a row of ``count_by_status``; each is the one before less ``less``."""
    settled = {status: int(total[status]) for status in SETTLED}
    elsewhere = {status: int(total[status]) for status in NOT_TO_VISIT}
    firms, targets, first = (int(total[name]) for name in ("firms", "targets", "tier_a"))
    is_open = firms - sum(settled.values())
    to_visit = is_open - sum(elsewhere.values())
    return [
        BridgeStep("list", firms, {}),
        BridgeStep("open", is_open, settled),
        BridgeStep("to_visit", to_visit, elsewhere),
        BridgeStep("targets", targets, {"not_listed": to_visit - targets}),
        BridgeStep("tier_a", first, {"later": targets - first}),
    ]


def list_bridge_labels() -> dict[str, str]:
    """Return name of a step to words."""
    return {
        "list": _("税务清册"),
        "open": _("未参保、有缺口或未能确认"),
        "to_visit": _("可以走访"),
        "targets": _("走访目标"),
        "tier_a": list_figure_labels()["tier_a"],
    }


def select_bridge_part(name: str) -> pl.Expr:
    """Return which firms stand on a step, or are left out by it (``not_listed``, ``later``).

    For a frame of ``join_firm_statuses`` without repeated rows.
    """
    status, tier = pl.col("status"), pl.col("tier")
    is_open = ~status.is_in(SETTLED)
    to_visit = is_open & ~status.is_in(NOT_TO_VISIT)
    parts = {
        "list": pl.lit(value=True),
        "open": is_open,
        "to_visit": to_visit,
        "targets": tier.is_not_null(),
        "tier_a": (tier == "A").fill_null(value=False),
        "not_listed": to_visit & tier.is_null(),
        "later": tier.is_in(["B", "C"]).fill_null(value=False),
    }
    return parts[name]
