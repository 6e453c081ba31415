"""The states of a case and what leads to each.

The one table of transitions (in words: docs/cases.md). A run gives every case a state from the
quarter's lists; visits that come in afterwards change how it stands now. The first rule that holds
decides.
"""

import polars as pl

from gapmatch.schemas import INSURED_STATUSES
from gapmatch.vocabulary.rules import choose_first

OPEN_STATES = ("new", "carried", "reopened")
"""A target of the newest run, and not closed since."""

FINISHED_STATES = ("closed", "settled")
"""Nothing is left to do: closed by an outcome, or found insured."""


def derive_run_state() -> pl.Expr:
    """Return the state that a run gives.

    Wants ``target``, ``firm`` (null: no longer in the list), ``status``, ``last_state`` (of an
    earlier run), ``closing`` (the last visit of an earlier quarter's sheet closed the case).
    """
    target, last = pl.col("target").fill_null(value=False), pl.col("last_state")
    closed = pl.col("closing").fill_null(value=False)
    rules = (
        ("new", target & last.is_null() & ~closed),
        ("reopened", target & (closed | (last == "settled"))),
        ("carried", target),
        ("gone", pl.col("firm").is_null()),
        ("settled", pl.col("status").is_in(INSURED_STATUSES) | closed),
    )
    return choose_first(rules, "off_list")


def derive_current_state(newest: str) -> pl.Expr:
    """Return how a case stands now that ``newest`` is the last quarter that was run.

    Wants ``state`` and ``quarter`` of the last run that gave it one, ``closing`` and
    ``visit_quarter`` of the last visit.
    """
    state = pl.col("state")
    # What reopened a case was known when it was reopened: an older visit does not close it again.
    known = (state == "reopened") & (pl.col("visit_quarter") < pl.col("quarter"))
    unlisted_since = state.is_in(OPEN_STATES) & (pl.col("quarter") < pl.lit(newest))
    rules = (
        ("closed", pl.col("closing") & ~known.fill_null(value=False)),
        ("visited", state.is_null()),
        ("off_list", unlisted_since),
    )
    return choose_first(rules, state)
