"""How many work at a firm, when nobody says so honestly: a mixture learned from the extract itself.

For each firm the unknown number of workers n runs over a grid. Three things are seen of it:

* the declared headcount is *honest* (n, give or take), *under* (part of n: part-time and cash wages
  left out) or *padded* (names on paper, the real wages spread thinly over them);
* the wage bill says which: honest and under-declared heads earn a usual wage, padded ones do not;
* the turnover stands for n times what a worker brings in, by section and size, widely scattered.

Expectation–maximisation learns the shares of the three ways to declare, the usual wage and the turnover
per worker of each section (shrunk towards all), the slope by size, the scatter, and the distribution of
sizes. No label is needed; firms count by their probability of operating.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gapmatch.activity.readings import SECTIONS, Floats, Readings
from gapmatch.settings.ranking import ActivitySettings

GRID: Floats = np.concatenate(
    [
        [0.5],  # the owner alone, or with family: half a worker stands for "none employed"
        np.arange(1.0, 13.0),
        12.0 * 1.12 ** np.arange(1, 30),
        12.0 * 1.12**29 * 1.25 ** np.arange(1, 26),
    ]
)
"""Numbers of workers that are considered: exact to 12, then in steps of 12 % to some 320, of 25 % to 85,000."""
_LOG_GRID = np.log(GRID)

HONEST, UNDER, PADDED, WILD = range(4)
_UNDER_RANGE = (0.1, 0.7)  # declared share of the workers; above it declaring counts as honest
_PADDED_RANGE = (1.5, 12.0)  # names per worker
_HONEST_SCATTER = (0.1, 0.05)  # variance 0.1² + 0.05/n: leavers and starters, one head more or less
_PADDED_PAY_SCATTER = 0.4  # log wages of padded firms around the usual wages of their real workers
_BARE_SCATTER = (
    0.25  # how much more a wage bill without a headcount scatters: part-years, mixed staff
)
_UNDER_CENTRE = np.log(0.3)  # log share of the wages that an under-declaring firm files
_NO_PAY = (0.02, 0.02, 0.3, 0.1)  # probability of a wage bill of nothing, by way of declaring
_PSEUDO_KINDS = np.array(
    [14.0, 0.0, 3.0, 0.1]
)  # honest, padded, wild of firms thought of before any is seen
_ROUNDS = 6
_HARDLY = 1e-30  # what remains of every size where nothing fits: then the usual sizes decide
_SELDOM = (
    0.02  # firms of any size that report nothing: paid through an agency, billed by the head office
)
_STEPS = np.arange(
    -12.0, 14.0, 0.05
)  # logs of an amount per usual amount of one worker, for tables
_TAIL = 0.03  # share of turnovers that follow no rule (trading firms, year-end invoices)
_TAIL_WIDTH = 4.0


@dataclass(frozen=True)
class Learned:
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


def learn(readings: Readings, settings: ActivitySettings) -> Learned:
    """Return what ``readings`` teach; with few or no firms, the settings' usual figures."""
    told = (readings.declared >= 0) | (readings.turnover >= 0)
    rows = np.flatnonzero(told & (readings.weight > 0.1))
    step = max(1, -(-len(rows) // settings.learning_firms))
    sample = readings.take(rows[::step])
    learned = _start(sample, settings)
    for _round in range(_ROUNDS):
        learned = _improve(sample, learned, settings)
    return learned


def posterior(readings: Readings, learned: Learned) -> tuple[Floats, Floats]:
    """Return P(n | all that is seen of the firm) over ``GRID``, and P(way of declaring), by firm."""
    values, place = np.unique(readings.declared, return_inverse=True)
    shapes = _declared_tables(values, learned)
    pay = _pay_likelihood(readings, learned)
    rest = learned.sizes * _turnover_likelihood(readings, learned)
    joint = [rest * shape[place] * pay[kind] for kind, shape in enumerate(shapes)]
    whole = joint[HONEST] + joint[UNDER] + joint[PADDED] + joint[WILD] + _HARDLY * learned.sizes
    total = whole.sum(axis=1, keepdims=True)
    kinds = np.stack([part.sum(axis=1) for part in joint], axis=1) / total
    return whole / total, kinds


def _start(sample: Readings, settings: ActivitySettings) -> Learned:
    paid = (sample.declared >= 1) & (sample.wages > 0)
    sold = _counted(sample) & (sample.turnover > 0)
    paid_for = np.where(sample.wages > 0, sample.wages / settings.usual_wage, 0.0)
    heads = np.maximum(np.where(sample.declared >= 1, sample.declared, paid_for), 1.0)
    per_head = np.log(np.where(paid, sample.wages / heads, 1.0))
    per_sale = np.log(np.where(sold, sample.turnover / heads, 1.0))
    wage = _by_section(sample.section, per_head, paid, np.log(settings.usual_wage), settings)
    sales = _by_section(sample.section, per_sale, sold, np.log(settings.usual_sales), settings)
    sizes = _histogram(heads[_counted(sample)])
    return Learned(
        sizes=sizes,
        kinds=_kind_shares(_PSEUDO_KINDS, settings),
        wage=wage,
        wage_scatter=0.3,
        sales=sales,
        slope=1.0,
        sales_scatter=1.0,
        no_turnover=np.clip(0.5 / GRID, _SELDOM, 0.5),
        no_declared=np.clip(0.3 / GRID, _SELDOM, 0.5),
    )


def _improve(sample: Readings, learned: Learned, settings: ActivitySettings) -> Learned:
    sizes, kinds = posterior(sample, learned)
    weight = sample.weight[:, None]
    weighted = sizes * weight
    expected_log = sizes @ _LOG_GRID
    wage, wage_scatter = _learn_wages(sample, kinds, settings)
    slope = _learn_slope(sample, sizes, learned)
    sales, scatter = _learn_sales(sample, sizes, slope, settings)
    declaring = (sample.declared >= 1)[:, None] * kinds * weight
    return replace(
        learned,
        sizes=_smooth(weighted.sum(axis=0)),
        kinds=_kind_shares(declaring.sum(axis=0) + _PSEUDO_KINDS, settings),
        wage=wage,
        wage_scatter=wage_scatter,
        slope=slope,
        sales=sales,
        sales_scatter=scatter,
        no_turnover=_none_by_size(sample.turnover, expected_log, weighted),
        no_declared=_none_by_size(sample.declared, expected_log, weighted),
    )


def _declared_tables(values: Floats, learned: Learned) -> list[Floats]:
    """Return the likelihood of each distinct declared headcount over the grid, by way of declaring."""
    heads = values[:, None]
    given, counted = ~np.isnan(heads), heads >= 1
    gap = np.log(np.where(counted, heads, 1.0)) - _LOG_GRID
    variance = _HONEST_SCATTER[0] ** 2 + _HONEST_SCATTER[1] / GRID
    shapes = (
        np.exp(-0.5 * gap**2 / variance) / np.sqrt(2 * np.pi * variance),
        _flat(gap, _UNDER_RANGE),
        _flat(gap, _PADDED_RANGE),
        np.full_like(gap, 1 / np.log(GRID[-1])),
    )
    told = 1 - learned.no_declared
    return [
        np.where(
            counted,
            share * told * shape,
            np.where(given, learned.no_declared * (kind == UNDER), share),
        )
        for kind, (share, shape) in enumerate(zip(learned.kinds, shapes, strict=True))
    ]


def _pay_likelihood(readings: Readings, learned: Learned) -> list[Floats]:
    """Return the likelihood of the wage bill by way of declaring, over the grid or the same for all of it.

    With a headcount the wage per head tells honest heads from names on paper; without one the wage bill
    itself stands for so many workers.
    """
    wages, heads = readings.wages, readings.declared
    paid = (wages > 0) & (heads >= 1)
    bare = (wages > 0) & np.isnan(heads)
    nothing = (wages == 0) & (heads >= 1)
    off = np.log(np.where(wages > 0, wages, 1.0)) - learned.wage[readings.section]
    per_head = off - np.log(np.where(heads >= 1, heads, 1.0))
    regular = 0.95 * _normal(per_head, learned.wage_scatter) + 0.05 * _normal(per_head, 1.5)
    gap = _STEPS[:, None] - _LOG_GRID
    spread = _looked_up(off, _normal(gap, _PADDED_PAY_SCATTER))
    scatter = float(np.hypot(learned.wage_scatter, _BARE_SCATTER))
    whole, part = regular[:, None], regular[:, None]
    if bare.any():
        alone = bare[:, None]
        whole = np.where(alone, _looked_up(off, _normal(gap, scatter)), whole)
        part = np.where(alone, _looked_up(off, _normal(gap - _UNDER_CENTRE, 0.6)), part)
    by_kind = (whole, part, spread, _normal(per_head, 3.0)[:, None])
    fixed = [np.where(nothing, none, 1.0)[:, None] for none in _NO_PAY]
    known = (paid | bare)[:, None]
    return [np.where(known, told, other) for told, other in zip(by_kind, fixed, strict=True)]


def _turnover_likelihood(readings: Readings, learned: Learned) -> Floats:
    """Return the likelihood of the turnover over the grid; 1 where it is unknown."""
    turnover = readings.turnover
    off = np.log(np.where(turnover > 0, turnover, 1.0)) - learned.sales[readings.section]
    gap = _STEPS[:, None] - learned.slope * _LOG_GRID
    wide = _normal(gap, _TAIL_WIDTH * learned.sales_scatter)
    density = (1 - _TAIL) * _normal(gap, learned.sales_scatter) + _TAIL * wide
    seen = _looked_up(off, density * (1 - learned.no_turnover))
    seen[turnover == 0] = learned.no_turnover
    seen[np.isnan(turnover)] = 1.0
    return seen


def _looked_up(off: Floats, table: Floats) -> Floats:
    """Return the rows of ``table`` (one per step of ``_STEPS``) nearest to ``off``: a hundredth of the work."""
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
    wage = _by_section(sample.section, per_head, use, np.log(settings.usual_wage), settings)
    off = np.abs(per_head - wage[sample.section])[use]
    scatter = 1.4826 * float(np.median(off)) if len(off) > 20 else 0.3
    return wage, min(max(scatter, 0.1), 0.6)


def _learn_slope(sample: Readings, sizes: Floats, learned: Learned) -> float:
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
    sold = (sample.turnover > 0) & _counted(sample)
    mean = sizes @ _LOG_GRID
    off = np.log(np.where(sample.turnover > 0, sample.turnover, 1.0)) - slope * mean
    sales = _by_section(sample.section, off, sold, np.log(settings.usual_sales), settings)
    within = slope**2 * np.maximum(sizes @ _LOG_GRID**2 - mean**2, 0.0)
    spread = np.sqrt((off - sales[sample.section]) ** 2 + within)[sold]
    scatter = 1.4826 * float(np.median(spread)) if sold.sum() > 20 else 1.0
    return sales, min(max(scatter, 0.3), 2.0)


def _counted(sample: Readings) -> NDArray[np.bool_]:
    """Firms of which more than the turnover tells the size, so that they can teach what turnover means."""
    counted: NDArray[np.bool_] = (sample.declared >= 1) | (sample.wages > 0)
    return counted


def _by_section(
    section: NDArray[np.int64],
    values: Floats,
    use: NDArray[np.bool_],
    usual: float,
    settings: ActivitySettings,
) -> Floats:
    """Return the median of ``values`` by section, shrunk towards all sections, and these towards ``usual``."""
    shrink = settings.shrink_firms
    count = int(use.sum())
    overall = float(np.median(values[use])) if count else usual
    overall = (count * overall + shrink * usual / 3) / (count + shrink / 3)
    found = np.full(len(SECTIONS), overall)
    for index in np.unique(section[use]):
        own = values[use & (section == index)]
        found[index] = (len(own) * np.median(own) + shrink * overall) / (len(own) + shrink)
    return found


def _none_by_size(seen: Floats, expected_log: Floats, weighted: Floats) -> Floats:
    """Return the probability that a firm of each size reports nothing, a falling line in log size."""
    known = ~np.isnan(seen)
    if known.sum() < 20:
        return np.clip(0.3 / GRID, _SELDOM, 0.5)
    mass = weighted[known].sum(axis=1)
    edges = np.log([1.6, 3.5, 7.0, 15.0])
    place = np.searchsorted(edges, expected_log[known])
    total = np.bincount(place, mass, len(edges) + 1) + 5.0
    none = np.bincount(place, mass * (seen[known] == 0), len(edges) + 1)
    overall = none.sum() / total.sum()
    share = np.minimum.accumulate((none + 5.0 * overall) / total)
    return np.clip(share, _SELDOM, 0.95)[np.searchsorted(edges, _LOG_GRID)]


def _kind_shares(mass: Floats, settings: ActivitySettings) -> Floats:
    """Return the shares of the ways to declare; that of under-declaring is set, see ``under_share``."""
    others = mass * (np.arange(len(mass)) != UNDER)
    shares = (1 - settings.under_share) * _share(others)
    shares[UNDER] = settings.under_share
    return shares


def _histogram(heads: Floats) -> Floats:
    place = np.abs(np.log(np.maximum(heads, 0.5))[:, None] - _LOG_GRID).argmin(axis=1)
    return _smooth(np.bincount(place, minlength=len(GRID)).astype(float))


def _smooth(mass: Floats) -> Floats:
    """Return shares by size, with a little of a heavy-tailed law everywhere so that no size is impossible."""
    law = GRID**-1.0
    return _share(mass + 20.0 * law / law.sum())


def _share(mass: Floats) -> Floats:
    shares: Floats = mass / mass.sum()
    return shares


def _flat(gap: Floats, limits: tuple[float, float]) -> Floats:
    low, high = np.log(limits[0]), np.log(limits[1])
    inside: Floats = ((gap >= low) & (gap <= high)) / (high - low)
    return inside


def _normal(off: Floats, scatter: float) -> Floats:
    density: Floats = np.exp(-0.5 * (off / scatter) ** 2) / (scatter * np.sqrt(2 * np.pi))
    return density
