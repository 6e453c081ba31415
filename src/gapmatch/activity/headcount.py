"""Estimate the headcount of each firm, with its basis and contradictions between sources."""

import numpy as np
import polars as pl

from gapmatch.activity.amounts import Floats, Readings
from gapmatch.activity.mixture import GRID, HONEST, UNDER, Mixture, compute_posterior
from gapmatch.settings.ranking import ActivitySettings
from gapmatch.vocabulary.rules import choose_first

_SLICE_ROWS = 3_000  # firms over the grid: small enough to stay in the processor's cache
_LOW, _HIGH = 0.1, 0.9
_WORKERS = np.where(GRID < 1, 0.0, GRID)


def estimate_headcounts(amounts: pl.DataFrame, learned: Mixture) -> pl.DataFrame:
    """Return firm, headcount, headcount_low, headcount_high (80 % interval) and what they rest on.

    ``amounts`` has firm, section, declared, wages, turnover, probability_operates; ``learned``:
    what ``learn`` returned. ``by_wages`` and ``by_turnover`` are the persons that the wage bill and
    the turnover stand for, taken alone.
    """
    readings = Readings.from_amounts(amounts)
    starts = range(0, len(readings), _SLICE_ROWS)
    parts = [
        _summarise_posterior(
            *compute_posterior(readings.take(slice(start, start + _SLICE_ROWS)), learned)
        )
        for start in starts
    ]
    found = np.concatenate(parts) if parts else np.empty((0, 5))
    by_turnover = (np.log(np.maximum(readings.turnover, 1.0)) - learned.sales[readings.section]) / (
        learned.slope
    )
    return amounts.select(
        "firm",
        pl.Series("headcount", found[:, 0]),
        pl.Series("headcount_low", found[:, 1]),
        pl.Series("headcount_high", found[:, 2]),
        pl.Series("declared_honestly", found[:, 3]),
        pl.Series("declared_under", found[:, 4]),
        pl.Series("usual_wage", np.exp(learned.wage[readings.section])),
        by_wages=pl.Series(readings.wages / np.exp(learned.wage[readings.section])).fill_nan(None),
        by_turnover=pl.when(pl.col("turnover") > 0).then(pl.Series(np.exp(by_turnover))),
    )


def _summarise_posterior(sizes: Floats, kinds: Floats) -> Floats:
    """Return mean, 10 % and 90 % quantile, P(honest), P(under-declared), one row per firm."""
    below = sizes.cumsum(axis=1)
    low = _WORKERS[(below < _LOW).sum(axis=1).clip(max=len(GRID) - 1)]
    high = _WORKERS[(below < _HIGH).sum(axis=1).clip(max=len(GRID) - 1)]
    # Not a product of matrices: its last digits depend on the number and place of the rows.
    mean = (sizes * _WORKERS).sum(axis=1)
    return np.stack(
        [mean, np.minimum(low, mean), np.maximum(high, mean), kinds[:, HONEST], kinds[:, UNDER]],
        axis=1,
    )


_MAX_PERSONS = 1e9
"""More persons than there are: estimates from absurd amounts are capped here."""


def explain_headcounts(estimates: pl.DataFrame, settings: ActivitySettings) -> pl.DataFrame:
    """Return firm, the persons that each source implies, and whether the sources contradict.

    * ``basis_declared``, ``basis_wages``, ``basis_turnover``: whole persons, null without the
      source;
    * ``conflict_code``: unpaid, thin_pay, low_sales, undeclared; null if nothing contradicts;
    * ``conflict_pay``: the yearly wage of a declared head, yuan.

    ``estimates`` has what ``estimate_headcounts`` returns and declared, wages, turnover.
    """
    return estimates.select(
        "firm",
        basis_declared=pl.col("declared").cast(pl.Int64),
        basis_wages=_round_persons("by_wages", pl.col("wages") > 0),
        basis_turnover=_round_persons("by_turnover", pl.col("turnover") > 0),
        conflict_code=_classify_conflict(settings),
        conflict_pay=pl.when(pl.col("declared") > 0).then(
            (pl.col("wages") / pl.col("declared")).round(0).cast(pl.Int64, strict=False)
        ),
    )


def _classify_conflict(settings: ActivitySettings) -> pl.Expr:
    declared, estimate = pl.col("declared"), pl.col("headcount")
    far = (declared - estimate).abs() >= settings.conflict_persons
    more = far & (declared >= settings.conflict_factor * estimate)
    fewer = far & (estimate >= settings.conflict_factor * declared)
    thin = pl.col("by_wages") < declared / settings.conflict_factor
    rules = {
        "unpaid": (declared >= settings.conflict_persons) & (pl.col("wages") == 0),
        "thin_pay": more & thin,
        "low_sales": more,
        "undeclared": fewer,
    }
    return choose_first(rules.items())


def _round_persons(column: str, known: pl.Expr) -> pl.Expr:
    persons = pl.col(column).round(0).clip(1, _MAX_PERSONS).cast(pl.Int64)
    return pl.when(known).then(persons)
