"""Estimate headcounts from unreliable declarations by a mixture learned from the extract itself.

For each firm the unknown number of workers n runs over a grid. Three things are seen of it:

* the declared headcount is *honest* (n, give or take), *under* (part of n: part-time and cash wages
  left out) or *padded* (names on paper, the real wages spread thinly over them);
* the wage bill discriminates: honest and under-declared heads earn a usual wage, padded ones do
  not;
* the turnover stands for n times what a worker brings in, by section and size, widely scattered.

Expectation–maximisation learns the shares of the three ways to declare, the usual wage and the
turnover per worker of each section (shrunk towards all), the slope by size, the scatter, and the
distribution of sizes. No label is needed; firms count by their probability of operating.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gapmatch.activity.amounts import SECTIONS, Floats, Readings
from gapmatch.settings.ranking import ActivitySettings

GRID: Floats = np.concatenate(
    [
        [0.5],  # the owner alone, or with family: half a worker stands for "none employed"
        np.arange(1.0, 13.0),
        12.0 * 1.12 ** np.arange(1, 30),
        12.0 * 1.12**29 * 1.25 ** np.arange(1, 26),
    ]
)
"""Numbers of workers: all to 12, then in steps of 12 % to some 320, of 25 % to 85,000."""
_LOG_GRID = np.log(GRID)

HONEST, UNDER, PADDED, OUTLIER = range(4)
_UNDER_RANGE = (0.1, 0.7)  # declared share of the workers; above it declaring counts as honest
_PADDED_RANGE = (1.5, 12.0)  # names per worker
_HONEST_SCATTER = (0.1, 0.05)  # variance 0.1² + 0.05/n: leavers and starters, one head more or less
_PADDED_PAY_SCATTER = 0.4  # log wages of padded firms around the usual wages of their real workers
_BARE_SCATTER = 0.25  # what a wage bill without a headcount scatters more: part-years, mixed staff
_UNDER_CENTRE = np.log(0.3)  # log share of the wages that an under-declaring firm files
_NO_PAY = (0.02, 0.02, 0.3, 0.1)  # probability of a wage bill of nothing, by way of declaring
# Firms of each way to declare (honest, under, padded, outlier) assumed before any is seen.
_PSEUDO_KINDS = np.array([14.0, 0.0, 3.0, 0.1])
_ROUNDS = 6
_LIKELIHOOD_FLOOR = 1e-30  # floor of each size's likelihood: if nothing fits, the prior decides
# Firms of any size that report nothing: paid through an agency, billed by the head office.
_MIN_BLANK_SHARE = 0.02
_STEPS = np.arange(-12.0, 14.0, 0.05)  # logs of an amount per usual amount of one worker
_TAIL = 0.03  # share of turnovers that follow no rule (trading firms, year-end invoices)
_TAIL_WIDTH = 4.0


@dataclass(frozen=True)
class Mixture:
    """What an extract teaches. ``wage`` and ``sales`` are logs, one per section."""

    sizes: Floats
    kinds: Floats
    wage: Floats
    wage_scatter: float
    sales: Floats
    slope: float
    sales_scatter: float
    no_turnover: Floats
    no_declared: Floats


def fit_mixture(readings: Readings, settings: ActivitySettings) -> Mixture:
    """Fit the mixture to ``readings``; with few or no firms, the settings' typical figures hold."""
    has_reading = (readings.declared >= 0) | (readings.turnover >= 0)
    rows = np.flatnonzero(has_reading & (readings.weight > 0.1))
    step = max(1, -(-len(rows) // settings.learning_firms))
    sample = readings.take(rows[::step])
    learned = _start_mixture(sample, settings)
    for _round in range(_ROUNDS):
        learned = _update_mixture(sample, learned, settings)
    return learned


def compute_posterior(readings: Readings, learned: Mixture) -> tuple[Floats, Floats]:
    """Return P(n | readings of the firm) over ``GRID``, and P(way of declaring), by firm."""
    values, place = np.unique(readings.declared, return_inverse=True)
    shapes = _compute_declared_likelihood(values, learned)
    pay = _compute_pay_likelihood(readings, learned)
    rest = learned.sizes * _compute_turnover_likelihood(readings, learned)
    joint = [rest * shape[place] * pay[kind] for kind, shape in enumerate(shapes)]
    joint_total = (
        joint[HONEST]
        + joint[UNDER]
        + joint[PADDED]
        + joint[OUTLIER]
        + _LIKELIHOOD_FLOOR * learned.sizes
    )
    total = joint_total.sum(axis=1, keepdims=True)
    kinds = np.stack([part.sum(axis=1) for part in joint], axis=1) / total
    return joint_total / total, kinds


def _start_mixture(sample: Readings, settings: ActivitySettings) -> Mixture:
    paid_for = np.where(sample.wages > 0, sample.wages / settings.usual_wage, 0.0)
    heads = np.maximum(np.where(sample.declared >= 1, sample.declared, paid_for), 1.0)
    paid = (sample.declared >= 1) & (sample.wages / heads > 0)
    sold = _has_size_evidence(sample) & (sample.turnover / heads > 0)
    per_head = np.log(np.where(paid, sample.wages / heads, 1.0))
    per_sale = np.log(np.where(sold, sample.turnover / heads, 1.0))
    wage = _estimate_by_section(
        sample.section, per_head, paid, np.log(settings.usual_wage), settings
    )
    sales = _estimate_by_section(
        sample.section, per_sale, sold, np.log(settings.usual_sales), settings
    )
    sizes = _count_sizes(heads[_has_size_evidence(sample)])
    return Mixture(
        sizes=sizes,
        kinds=_compute_kind_shares(_PSEUDO_KINDS, settings),
        wage=wage,
        wage_scatter=0.3,
        sales=sales,
        slope=1.0,
        sales_scatter=1.0,
        no_turnover=np.clip(0.5 / GRID, _MIN_BLANK_SHARE, 0.5),
        no_declared=np.clip(0.3 / GRID, _MIN_BLANK_SHARE, 0.5),
    )


def _update_mixture(sample: Readings, learned: Mixture, settings: ActivitySettings) -> Mixture:
    sizes, kinds = compute_posterior(sample, learned)
    weight = sample.weight[:, None]
    weighted = sizes * weight
    expected_log = sizes @ _LOG_GRID
    wage, wage_scatter = _learn_wages(sample, kinds, settings)
    slope = _learn_slope(sample, sizes, learned)
    sales, scatter = _learn_sales(sample, sizes, slope, settings)
    declaring = (sample.declared >= 1)[:, None] * kinds * weight
    return replace(
        learned,
        sizes=_add_tail(weighted.sum(axis=0)),
        kinds=_compute_kind_shares(declaring.sum(axis=0) + _PSEUDO_KINDS, settings),
        wage=wage,
        wage_scatter=wage_scatter,
        slope=slope,
        sales=sales,
        sales_scatter=scatter,
        no_turnover=_estimate_blank_share(sample.turnover, expected_log, weighted),
        no_declared=_estimate_blank_share(sample.declared, expected_log, weighted),
    )


def _compute_declared_likelihood(values: Floats, learned: Mixture) -> list[Floats]:
    """Return the likelihood of each distinct declared count over the grid, by way of declaring."""
    heads = values[:, None]
    given, counted = ~np.isnan(heads), heads >= 1
    gap = np.log(np.where(counted, heads, 1.0)) - _LOG_GRID
    variance = _HONEST_SCATTER[0] ** 2 + _HONEST_SCATTER[1] / GRID
    shapes = (
        np.exp(-0.5 * gap**2 / variance) / np.sqrt(2 * np.pi * variance),
        _compute_flat_density(gap, _UNDER_RANGE),
        _compute_flat_density(gap, _PADDED_RANGE),
        np.full_like(gap, 1 / np.log(GRID[-1])),
    )
    reporting = 1 - learned.no_declared
    return [
        np.where(
            counted,
            share * reporting * shape,
            np.where(given, learned.no_declared * (kind == UNDER), share),
        )
        for kind, (share, shape) in enumerate(zip(learned.kinds, shapes, strict=True))
    ]


def _compute_pay_likelihood(readings: Readings, learned: Mixture) -> list[Floats]:
    """Return the likelihood of the wage bill by way of declaring, over the grid or constant."""
    wages, heads = readings.wages, readings.declared
    paid = (wages > 0) & (heads >= 1)
    bare = (wages > 0) & np.isnan(heads)
    nothing = (wages == 0) & (heads >= 1)
    off = np.log(np.where(wages > 0, wages, 1.0)) - learned.wage[readings.section]
    per_head = off - np.log(np.where(heads >= 1, heads, 1.0))
    regular = 0.95 * _compute_normal_density(
        per_head, learned.wage_scatter
    ) + 0.05 * _compute_normal_density(per_head, 1.5)
    gap = _STEPS[:, None] - _LOG_GRID
    spread = _look_up_rows(off, _compute_normal_density(gap, _PADDED_PAY_SCATTER))
    scatter = float(np.hypot(learned.wage_scatter, _BARE_SCATTER))
    full, part = regular[:, None], regular[:, None]
    if bare.any():
        alone = bare[:, None]
        full = np.where(alone, _look_up_rows(off, _compute_normal_density(gap, scatter)), full)
        part = np.where(
            alone, _look_up_rows(off, _compute_normal_density(gap - _UNDER_CENTRE, 0.6)), part
        )
    by_kind = (full, part, spread, _compute_normal_density(per_head, 3.0)[:, None])
    fixed = [np.where(nothing, none, 1.0)[:, None] for none in _NO_PAY]
    known = (paid | bare)[:, None]
    return [
        np.where(known, likelihood, other) for likelihood, other in zip(by_kind, fixed, strict=True)
    ]


def _compute_turnover_likelihood(readings: Readings, learned: Mixture) -> Floats:
    """Return the likelihood of the turnover over the grid; 1 if it is unknown."""
    turnover = readings.turnover
    off = np.log(np.where(turnover > 0, turnover, 1.0)) - learned.sales[readings.section]
    gap = _STEPS[:, None] - learned.slope * _LOG_GRID
    wide = _compute_normal_density(gap, _TAIL_WIDTH * learned.sales_scatter)
    density = (1 - _TAIL) * _compute_normal_density(gap, learned.sales_scatter) + _TAIL * wide
    seen = _look_up_rows(off, density * (1 - learned.no_turnover))
    seen[turnover == 0] = learned.no_turnover
    seen[np.isnan(turnover)] = 1.0
    return seen


def _look_up_rows(off: Floats, table: Floats) -> Floats:
    """Return the rows of ``table`` (one per step of ``_STEPS``) nearest to ``off``."""
    place = np.rint((off - _STEPS[0]) / (_STEPS[1] - _STEPS[0]))
    rows: Floats = table[place.clip(0, len(_STEPS) - 1).astype(np.int64)]
    return rows


def _learn_wages(
    sample: Readings, kinds: Floats, settings: ActivitySettings
) -> tuple[Floats, float]:
    paid = (sample.declared >= 1) & (sample.wages > 0)
    regular = kinds[:, HONEST] + kinds[:, UNDER]
    use = paid & (regular > 0.5)
    per_head = np.log(np.where(use, sample.wages / np.maximum(sample.declared, 1), 1.0))
    wage = _estimate_by_section(
        sample.section, per_head, use, np.log(settings.usual_wage), settings
    )
    off = np.abs(per_head - wage[sample.section])[use]
    scatter = 1.4826 * float(np.median(off)) if len(off) > 20 else 0.3
    return wage, min(max(scatter, 0.1), 0.6)


def _learn_slope(sample: Readings, sizes: Floats, learned: Mixture) -> float:
    """Return by how much turnover grows with size (log on log), held near proportional growth."""
    sold = sample.turnover > 0
    if sold.sum() < 50:
        return learned.slope
    weight = sample.weight[sold]
    off = np.log(sample.turnover[sold]) - learned.sales[sample.section[sold]]
    mean = sizes[sold] @ _LOG_GRID
    square = sizes[sold] @ _LOG_GRID**2
    off = np.clip(off - learned.slope * mean, -3 * learned.sales_scatter, 3 * learned.sales_scatter)
    about_mean = mean - np.average(mean, weights=weight)
    change = float((weight * (off * about_mean - learned.slope * (square - mean**2))).sum())
    spread = float((weight * square).sum() - (weight * mean).sum() ** 2 / weight.sum())
    return min(max(learned.slope + change / max(spread, 1.0), 0.7), 1.3)


def _learn_sales(
    sample: Readings, sizes: Floats, slope: float, settings: ActivitySettings
) -> tuple[Floats, float]:
    sold = (sample.turnover > 0) & _has_size_evidence(sample)
    mean = sizes @ _LOG_GRID
    off = np.log(np.where(sample.turnover > 0, sample.turnover, 1.0)) - slope * mean
    sales = _estimate_by_section(sample.section, off, sold, np.log(settings.usual_sales), settings)
    within = slope**2 * np.maximum(sizes @ _LOG_GRID**2 - mean**2, 0.0)
    spread = np.sqrt((off - sales[sample.section]) ** 2 + within)[sold]
    scatter = 1.4826 * float(np.median(spread)) if sold.sum() > 20 else 1.0
    return sales, min(max(scatter, 0.3), 2.0)


def _has_size_evidence(sample: Readings) -> NDArray[np.bool_]:
    """Firms whose size is known from more than turnover; the turnover model is fitted to them."""
    counted: NDArray[np.bool_] = (sample.declared >= 1) | (sample.wages > 0)
    return counted


def _estimate_by_section(
    section: NDArray[np.int64],
    values: Floats,
    use: NDArray[np.bool_],
    prior: float,
    settings: ActivitySettings,
) -> Floats:
    """Return the median of ``values`` by section, shrunk to that of all, and that to ``prior``."""
    shrink = settings.shrink_firms
    count = int(use.sum())
    overall = float(np.median(values[use])) if count else prior
    overall = (count * overall + shrink * prior / 3) / (count + shrink / 3)
    estimates = np.full(len(SECTIONS), overall)
    for index in np.unique(section[use]):
        sample = values[use & (section == index)]
        estimates[index] = (len(sample) * np.median(sample) + shrink * overall) / (
            len(sample) + shrink
        )
    return estimates


def _estimate_blank_share(seen: Floats, expected_log: Floats, weighted: Floats) -> Floats:
    """Return the probability that a firm of each size reports nothing, linear in log size."""
    known = ~np.isnan(seen)
    if known.sum() < 20:
        return np.clip(0.3 / GRID, _MIN_BLANK_SHARE, 0.5)
    mass = weighted[known].sum(axis=1)
    edges = np.log([1.6, 3.5, 7.0, 15.0])
    place = np.searchsorted(edges, expected_log[known])
    total = np.bincount(place, mass, len(edges) + 1) + 5.0
    none = np.bincount(place, mass * (seen[known] == 0), len(edges) + 1)
    overall = none.sum() / total.sum()
    share = np.minimum.accumulate((none + 5.0 * overall) / total)
    return np.clip(share, _MIN_BLANK_SHARE, 0.95)[np.searchsorted(edges, _LOG_GRID)]


def _compute_kind_shares(mass: Floats, settings: ActivitySettings) -> Floats:
    """Return the shares of the ways to declare; ``under_share`` sets that of under-declaring."""
    others = mass * (np.arange(len(mass)) != UNDER)
    shares = (1 - settings.under_share) * _normalise_mass(others)
    shares[UNDER] = settings.under_share
    return shares


def _count_sizes(heads: Floats) -> Floats:
    place = np.abs(np.log(np.maximum(heads, 0.5))[:, None] - _LOG_GRID).argmin(axis=1)
    return _add_tail(np.bincount(place, minlength=len(GRID)).astype(float))


def _add_tail(mass: Floats) -> Floats:
    """Return shares by size, mixed with a heavy-tailed law so that no size is impossible."""
    law = GRID**-1.0
    return _normalise_mass(mass + 20.0 * law / law.sum())


def _normalise_mass(mass: Floats) -> Floats:
    shares: Floats = mass / mass.sum()
    return shares


def _compute_flat_density(gap: Floats, limits: tuple[float, float]) -> Floats:
    low, high = np.log(limits[0]), np.log(limits[1])
    inside: Floats = ((gap >= low) & (gap <= high)) / (high - low)
    return inside


def _compute_normal_density(off: Floats, scatter: float) -> Floats:
    density: Floats = np.exp(-0.5 * (off / scatter) ** 2) / (scatter * np.sqrt(2 * np.pi))
    return density
