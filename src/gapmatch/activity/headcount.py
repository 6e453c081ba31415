"""The estimated headcount of each firm, what it rests on, and where the sources contradict each other."""

import numpy as np
import polars as pl

from gapmatch.activity.mixture import GRID, HONEST, UNDER, Learned, posterior
from gapmatch.activity.readings import Floats, Readings
from gapmatch.i18n import _
from gapmatch.settings.ranking import ActivitySettings

_ROWS_AT_A_TIME = 3_000  # firms over the grid: small enough to stay in the processor's cache
_LOW, _HIGH = 0.1, 0.9
_WORKERS = np.where(GRID < 1, 0.0, GRID)


def estimate_headcounts(amounts: pl.DataFrame, learned: Learned) -> pl.DataFrame:
    """Return firm, headcount, headcount_low, headcount_high (80 % interval) and what they rest on.

    ``amounts`` has firm, section, declared, wages, turnover, probability_operates; ``learned``: what
    ``learn`` returned. ``by_wages`` and ``by_turnover`` are the persons that the wage bill and the turnover stand for, taken alone.
    """
    readings = Readings.of(amounts)
    starts = range(0, len(readings), _ROWS_AT_A_TIME)
    parts = [
        _summary(*posterior(readings.take(slice(start, start + _ROWS_AT_A_TIME)), learned))
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


def _summary(sizes: Floats, kinds: Floats) -> Floats:
    """Return mean, 10 % and 90 % quantile, P(honest), P(under-declared), one row per firm."""
    below = sizes.cumsum(axis=1)
    low = _WORKERS[(below < _LOW).sum(axis=1).clip(max=len(GRID) - 1)]
    high = _WORKERS[(below < _HIGH).sum(axis=1).clip(max=len(GRID) - 1)]
    # Not a product of matrices: its last digits depend on how many rows lie beside a row, and where.
    mean = (sizes * _WORKERS).sum(axis=1)
    return np.stack(
        [mean, np.minimum(low, mean), np.maximum(high, mean), kinds[:, HONEST], kinds[:, UNDER]],
        axis=1,
    )


def headcount_words(estimates: pl.DataFrame, settings: ActivitySettings) -> pl.DataFrame:
    """Return firm, headcount_basis, headcount_conflict; the latter null where nothing contradicts.

    ``estimates`` has what ``estimate_headcounts`` returns and declared, wages, turnover.
    """
    declared = pl.col("declared").cast(pl.Int64)
    basis = pl.concat_str(
        pl.when(declared.is_not_null()).then(pl.format(_("个税申报{}人"), declared)),
        _persons("by_wages", _("工资总额约合{}人"), pl.col("wages") > 0),
        _persons("by_turnover", _("销售额约合{}人"), pl.col("turnover") > 0),
        separator=_("，"),
        ignore_nulls=True,
    )
    return estimates.select(
        "firm",
        headcount_basis=pl.when(basis != "").then(basis).otherwise(pl.lit(_("没有可用的用工依据"))),
        headcount_conflict=_conflict(settings),
    )


_MOST_TOLD = 1e9
"""More persons than there are: what amounts beyond all reason come to is told as this many."""


def _conflict(settings: ActivitySettings) -> pl.Expr:
    declared, estimate = pl.col("declared"), pl.col("headcount")
    heads = declared.cast(pl.Int64)
    workers = estimate.round(0).cast(pl.Int64)
    far = (declared - estimate).abs() >= settings.conflict_persons
    pay = (pl.col("wages") / declared).round(0).cast(pl.Int64)
    more = far & (declared >= settings.conflict_factor * estimate)
    fewer = far & (estimate >= settings.conflict_factor * declared)
    thin = pl.col("by_wages") < declared / settings.conflict_factor
    return (
        pl.when((declared >= settings.conflict_persons) & (pl.col("wages") == 0))
        .then(pl.format(_("申报{}人，但全年工资为0"), heads))
        .when(more & thin)
        .then(
            pl.format(
                _("申报{}人，但人均年工资仅{}元，估计在岗约{}人，疑有挂名"), heads, pay, workers
            )
        )
        .when(more)
        .then(pl.format(_("申报{}人，但销售额只相当于约{}人"), heads, workers))
        .when(fewer)
        .then(pl.format(_("只申报{}人，但经营规模相当于约{}人，疑未全员申报"), heads, workers))
    )


def _persons(column: str, text: str, known: pl.Expr) -> pl.Expr:
    persons = pl.col(column).round(0).clip(1, _MOST_TOLD).cast(pl.Int64)
    return pl.when(known).then(pl.format(text, persons))
