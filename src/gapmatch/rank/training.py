"""Learning from visits.

Two logistic models in the place of the two scorecards, if they are clearly better. The models
have the scorecards' form (log-odds = intercept + Σ coefficient × feature), so that what is learned
can be read, and explained to a firm. Strength of the penalty by cross-validation; calibrated by
Platt's method (1999) on out-of-fold predictions, which only scales the coefficients; adopted only
if in later quarters, which the fit has not seen, they capture clearly more enrollees than the
scorecards.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from gapmatch.errors import GapmatchError
from gapmatch.i18n import _
from gapmatch.settings.ranking import Scorecard
from gapmatch.vocabulary.outcomes import list_findings

if TYPE_CHECKING:
    from sklearn.linear_model import LogisticRegression

Floats = NDArray[np.float64]

MIN_VISITS = 200
"""Settled visits below which nothing is learned: a coefficient would rest on a handful of firms."""
MIN_HELD_OUT_VISITS = 60
MIN_CLEAR_GAIN = 0.01
"""A point of captured enrollees, the least gain that is worth a change of model."""
_FIRST = 1 / 3  # part of the held-out visits that a smaller capacity would have allowed
_STRENGTHS = (0.03, 0.1, 0.3, 1.0, 3.0)
_FOLDS, _SEED, _REPEATS = 5, 7, 400

PARTS = {"operates": "operating", "enrolls": "persuaded"}
"""Models to the column of ``config/outcomes.csv`` that labels their visits."""


@dataclass(frozen=True)
class TrainedRanking:
    """The two models, what they were learned from, and how they compare with the scorecards."""

    cards: Mapping[str, Scorecard]
    adopted: bool
    figures: Mapping[str, Any]


def train(visits: pl.DataFrame, scorecards: Mapping[str, Scorecard]) -> TrainedRanking:
    """Fit both models on earlier quarters, compare on later ones, then fit on all.

    ``visits`` has one row per settled visit: quarter, firm, outcome, new_insured (persons, null:
    not known), factor_headcount (persons), and the features as ``operates:<name>`` and
    ``enrolls:<name>``. ``scorecards`` are those in use, under the same two names. Raises
    ``GapmatchError`` if there are too few visits or quarters.
    """
    informative = visits.filter(pl.col("outcome").is_in(list(list_findings("operating")))).sort(
        "quarter", "firm"
    )
    earlier, later = _split(informative)
    fitted = {part: _fit(earlier, part, scorecards[part]) for part in PARTS}
    figures = _compare(later, fitted, scorecards)
    summary = {
        "visits": informative.height,
        "quarters": informative["quarter"].unique().sort().to_list(),
        "held_out_quarters": later["quarter"].unique().sort().to_list(),
        "held_out_visits": later.height,
        **figures,
    }
    clear = figures["gain"] >= MIN_CLEAR_GAIN and figures["gain_low"] > 0
    final = {part: _fit(informative, part, scorecards[part]) for part in PARTS}
    return TrainedRanking(final, clear, summary)


def _split(settled: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return earlier and later visits: the last third of the quarters is held out, one at least."""
    quarters = settled["quarter"].unique().sort()
    held = quarters.tail(max(1, len(quarters) // 3))
    later = settled.filter(pl.col("quarter").is_in(held.implode()))
    earlier = settled.filter(~pl.col("quarter").is_in(held.implode()))
    if settled.height < MIN_VISITS or earlier.is_empty() or later.height < MIN_HELD_OUT_VISITS:
        raise GapmatchError(
            _("已办结的走访只有{visits}次（{quarters}个季度），不足以学习").format(
                visits=settled.height, quarters=len(quarters)
            ),
            _(
                "至少需要{least}次、两个季度，且最近的季度不少于{held}次；在此之前按评分卡排序。"
            ).format(least=MIN_VISITS, held=MIN_HELD_OUT_VISITS),
        )
    return earlier, later


def _fit(visits: pl.DataFrame, part: str, fallback: Scorecard) -> Scorecard:
    """Return the calibrated model of ``part``; the scorecard if the visits have one class only."""
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    known, truth = _select_labelled(visits, part)
    if min(truth.sum(), len(truth) - truth.sum()) < 2 * _FOLDS:
        return fallback
    names = [c.removeprefix(f"{part}:") for c in known.columns if c.startswith(f"{part}:")]
    features = _select_features(known, part, names)
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=_SEED)
    out_of_fold = {
        strength: cross_val_predict(
            _make_logistic(strength), features, truth, cv=folds, method="decision_function"
        )
        for strength in _STRENGTHS
    }
    best = min(_STRENGTHS, key=lambda strength: _log_loss(truth, out_of_fold[strength]))
    model = _make_logistic(best).fit(features, truth)
    platt = _make_logistic(1e6).fit(out_of_fold[best][:, None], truth)
    scale, shift = float(platt.coef_[0, 0]), float(platt.intercept_[0])
    weights = scale * model.coef_[0]
    return type(fallback)(
        intercept=round(scale * float(model.intercept_[0]) + shift, 4),
        coefficients={
            n: round(float(w), 4) for n, w in zip(names, weights, strict=True) if abs(w) >= 5e-5
        },
    )


def _select_labelled(visits: pl.DataFrame, part: str) -> tuple[pl.DataFrame, NDArray[np.int64]]:
    """Return the visits that have a label for ``part``, and the labels."""
    labels = list_findings(PARTS[part])
    known = visits.filter(pl.col("outcome").is_in(list(labels)))
    return known, known["outcome"].replace_strict(labels, return_dtype=pl.Int64).to_numpy()


def _make_logistic(strength: float) -> "LogisticRegression":
    from sklearn.linear_model import LogisticRegression  # an extra

    return LogisticRegression(C=strength, solver="newton-cholesky", max_iter=200)


def _compare(
    later: pl.DataFrame, fitted: Mapping[str, Scorecard], scorecards: Mapping[str, Scorecard]
) -> dict[str, float]:
    """Return captured enrollees, log losses and calibration on visits that no fit has seen."""
    gains = (
        later.select(
            pl.when(pl.col("outcome") == "enrolled")
            .then(pl.coalesce("new_insured", "factor_headcount"))
            .otherwise(0)
            .cast(pl.Float64)
        )
        .to_series()
        .to_numpy()
    )
    learned, before_gains = _estimate_gains(later, fitted), _estimate_gains(later, scorecards)
    random = np.random.default_rng(_SEED)
    differences = []
    for _repeat in range(_REPEATS):
        rows = random.integers(0, len(gains), len(gains))
        differences.append(
            _measure_captured(learned[rows], gains[rows])
            - _measure_captured(before_gains[rows], gains[rows])
        )
    captured, before = _measure_captured(learned, gains), _measure_captured(before_gains, gains)
    figures = {
        "captured": captured,
        "captured_scorecard": before,
        "gain": captured - before,
        "gain_low": float(np.quantile(differences, 0.1)),
        "gain_high": float(np.quantile(differences, 0.9)),
    }
    for part in PARTS:
        figures |= _measure_quality(later, part, fitted[part], "")
        figures |= _measure_quality(later, part, scorecards[part], "_scorecard")
    return {name: round(value, 4) for name, value in figures.items()}


def _estimate_gains(visits: pl.DataFrame, cards: Mapping[str, Scorecard]) -> Floats:
    chance = [1 / (1 + np.exp(-_log_odds(visits, part, cards[part]))) for part in PARTS]
    expected: Floats = visits["factor_headcount"].to_numpy() * np.prod(chance, axis=0)
    return expected


def _measure_captured(expected: Floats, gains: Floats) -> float:
    """Return the share of new enrollees within the first third of the visits."""
    first = np.argsort(-expected, kind="stable")[: max(1, round(_FIRST * len(gains)))]
    return float(gains[first].sum() / max(gains.sum(), 1.0))


def _measure_quality(
    visits: pl.DataFrame, part: str, card: Scorecard, suffix: str
) -> dict[str, float]:
    known, truth = _select_labelled(visits, part)
    odds = _log_odds(known, part, card)
    probability = 1 / (1 + np.exp(-odds))
    return {
        f"{part}_log_loss{suffix}": _log_loss(truth, odds),
        f"{part}_calibration_error{suffix}": _measure_calibration(truth, probability),
    }


def _log_odds(visits: pl.DataFrame, part: str, card: Scorecard) -> Floats:
    names = list(card.coefficients)
    weights = np.array([card.coefficients[name] for name in names])
    odds: Floats = card.intercept + _select_features(visits, part, names) @ weights
    return odds


def _select_features(visits: pl.DataFrame, part: str, names: Sequence[str]) -> Floats:
    columns = [pl.col(f"{part}:{name}").cast(pl.Float64).fill_null(0.0) for name in names]
    return visits.select(columns).to_numpy().reshape(visits.height, len(names))


def _log_loss(truth: NDArray[np.int64], odds: Floats) -> float:
    return float(np.mean(np.logaddexp(0, np.where(truth == 1, -odds, odds))))


def _measure_calibration(truth: NDArray[np.int64], probability: Floats) -> float:
    """Return the mean gap between predicted and observed shares, over fifths of the visits."""
    parts = np.array_split(np.argsort(probability, kind="stable"), 5)
    gaps = [
        abs(probability[rows].mean() - truth[rows].mean()) * len(rows)
        for rows in parts
        if len(rows)
    ]
    return float(sum(gaps) / max(1, len(truth)))
