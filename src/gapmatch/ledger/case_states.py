"""The states of a case and what leads to each.

The one table of transitions (in words: docs/cases.md). A run gives every case a state from the
quarter's lists; visits that come in afterwards change how it stands now. The first rule that holds
decides.
"""

from collections.abc import Iterable

import polars as pl

OPEN_STATES = ("new", "carried", "reopened")
"""A target of the newest run, and not closed since."""

FINISHED_STATES = ("closed", "settled")
"""Nothing is left to do: closed by an outcome, or found insured."""

INSURED = ("insured", "covered_by_parent", "lines_missing", "under_enrolled", "lapsed")
"""Statuses of a firm that is found among the enrolled units."""

Rule = tuple[str, pl.Expr]


def derive_run_state() -> pl.Expr:
    """Return the state that a run gives.

    Wants ``target``, ``firm`` (null: no longer in the list), ``status``, ``last_state`` (of an
    earlier run), ``closing`` (the last visit of an earlier quarter's sheet closed the case).
    """
    target, last = pl.col("target").fill_null(value=False), pl.col("last_state")
    closed = pl.col("closing").fill_null(value=False)
    rules: tuple[Rule, ...] = (
        ("new", target & last.is_null() & ~closed),
        ("reopened", target & (closed | (last == "settled"))),
        ("carried", target),
        ("gone", pl.col("firm").is_null()),
        ("settled", pl.col("status").is_in(INSURED) | closed),
    )
    return _apply_first_rule(rules, pl.lit("off_list"))


def derive_current_state(newest: str) -> pl.Expr:
    """Return how a case stands now that ``newest`` is the last quarter that was run.

    Wants ``state`` and ``quarter`` of the last run that gave it one, ``closing`` and
    ``visit_quarter`` of the last visit.
    """
    state = pl.col("state")
    # What reopened a case was known when it was reopened: an older visit does not close it again.
    known = (state == "reopened") & (pl.col("visit_quarter") < pl.col("quarter"))
    unlisted_since = state.is_in(OPEN_STATES) & (pl.col("quarter") < pl.lit(newest))
    rules: tuple[Rule, ...] = (
        ("closed", pl.col("closing") & ~known.fill_null(value=False)),
        ("visited", state.is_null()),
        ("off_list", unlisted_since),
    )
    return _apply_first_rule(rules, state)


def _apply_first_rule(rules: Iterable[Rule], otherwise: pl.Expr) -> pl.Expr:
    state = otherwise
    for name, holds in reversed(list(rules)):
        state = pl.when(holds).then(pl.lit(name)).otherwise(state)
    return state
