"""The true activity of firms and what they declare to the tax office, quarter by quarter."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from gapmatch.quarters import Quarter
from gapmatch.synth.cast import Cast, Kind, Role
from gapmatch.synth.draws import Flags, Floats, Ints, Rng, make_stream, pick
from gapmatch.synth.particulars import NEVER, Register
from gapmatch.synth.plan import Plan
from gapmatch.synth.word_lists import Words


class Habit(IntEnum):
    """What a firm declares as its headcount."""

    SILENT = 0
    HONEST = 1
    LOW = 2
    """Part-time workers, or wages in cash."""
    PAPER = 3
    """Names on paper, to save tax."""
    ZERO = 4


HABITS, DORMANT_HABITS = (0.28, 0.52, 0.1, 0.05, 0.05), (0.48, 0.05, 0.0, 0.11, 0.36)
MISSING = -1


@dataclass(frozen=True)
class Nature:
    """What stays the same for a firm; one element each."""

    size: Floats
    """Persons at work, before the quarter's ups and downs."""
    wage: Floats
    """Yuan a head and year."""
    sales: Floats
    """Yuan a head and year."""
    habit: Ints
    dormant_from: Ints
    """Quarter (0 is the plan's first) in which it stops operating; far ahead: never."""
    lists_sales: Flags


@dataclass(frozen=True)
class Filings:
    """One quarter: the truth (operating, employees) and what is declared; one element a firm.

    ``headcount`` and ``wages`` are ``MISSING`` if not declared. Yuan are cumulative in the year.
    """

    operating: Flags
    employees: Ints
    headcount: Ints
    wages: Floats
    sales: Floats
    tax: Floats
    zero_months: Ints


def make_nature(plan: Plan, cast: Cast, words: Words) -> Nature:
    """Draw every firm's size, wage level, productivity and filing habit."""
    rng = make_stream(plan.seed, "nature")
    count = len(cast)
    industries = words.industries
    staff = np.array([i.median_staff for i in industries])[cast.industry]
    staff = staff * np.select(
        [
            cast.kind == Kind.PUBLIC,
            cast.kind == Kind.CHAIN,
            np.isin(cast.kind, [Kind.TRADER, Kind.COOPERATIVE]),
        ],
        [6.0, 12.0, 0.6],
        1.0,
    )
    dormant = (rng.random(count) < plan.dormant_share) & (cast.role == Role.FILER)
    dormant &= ~np.isin(cast.kind, [Kind.PUBLIC, Kind.CHAIN])
    late = rng.random(count) < 0.12
    since = np.where(late, rng.integers(0, len(plan.quarters), count), -1)
    habit = np.where(dormant, pick(rng, DORMANT_HABITS, count), pick(rng, HABITS, count))
    return Nature(
        size=staff * rng.lognormal(0, 1.0, count),
        wage=np.array([i.wage for i in industries])[cast.industry] * rng.lognormal(0, 0.25, count),
        sales=np.array([i.sales_per_head for i in industries])[cast.industry]
        * rng.lognormal(0, 0.8, count),
        habit=habit,
        dormant_from=np.where(dormant, since, NEVER),
        lists_sales=rng.random(count) < 0.8,
    )


def simulate_quarter(plan: Plan, register: Register, nature: Nature, quarter: int) -> Filings:
    """Return a quarter's truth and filings (``quarter`` 0 is the plan's first)."""
    rng = make_stream(plan.seed, f"filings {quarter}")
    operating = nature.dormant_from > quarter
    drift = rng.lognormal(0, 0.08, len(operating))
    employees = np.where(operating, np.floor(nature.size * drift), 0).astype(np.int64)
    months = _count_months_of_year(plan, register, quarter)
    headcount = _draw_headcounts(employees, nature.habit, operating, rng)
    sales = _draw_sales(nature, employees, operating, rng) * months / 12
    wages = _draw_wages(nature, headcount, months / 12, rng)
    tax = sales * rng.uniform(0.008, 0.03, len(sales))
    age = _compute_age_in_months(plan, register, quarter)
    zero_months = _draw_zero_months(operating, age, rng)
    # Nothing was sold in a year of zero returns.
    sold = zero_months < np.minimum(age, 12)
    return Filings(
        operating=operating,
        employees=employees,
        headcount=headcount,
        wages=wages,
        sales=np.round(sales * sold),
        tax=np.round(tax * sold),
        zero_months=zero_months,
    )


def _draw_headcounts(employees: Ints, habit: Ints, operating: Flags, rng: Rng) -> Ints:
    count = len(employees)
    on_paper = np.where(
        operating, employees * rng.uniform(1.3, 3.0, count) + 1, rng.integers(1, 9, count)
    )
    declared = np.select(
        [habit == Habit.HONEST, habit == Habit.LOW, habit == Habit.PAPER],
        [
            employees * rng.lognormal(-0.03, 0.08, count),
            employees * rng.uniform(0.15, 0.75, count),
            on_paper,
        ],
        0.0,
    )
    return np.where(habit == Habit.SILENT, MISSING, np.round(declared)).astype(np.int64)


def _draw_wages(nature: Nature, headcount: Ints, years: Floats, rng: Rng) -> Floats:
    """Wages so far for the declared heads; few firms without a headcount declare wages."""
    part_time = np.where(rng.random(len(headcount)) < 0.08, 0.35, 1.0)
    rate = nature.wage * part_time * np.where(nature.habit == Habit.PAPER, 0.4, 1.0)
    heads = np.where(headcount == MISSING, np.floor(nature.size), headcount)
    declares = (headcount != MISSING) | (
        (rng.random(len(headcount)) < 0.06) & (nature.dormant_from > 0)
    )
    paid = heads * rate * years * rng.lognormal(0, 0.05, len(headcount))
    return np.where(declares, np.round(paid), MISSING)


def _draw_sales(nature: Nature, employees: Ints, operating: Flags, rng: Rng) -> Floats:
    """Sales of a year: heads times productivity; some firms bill through others or not at all."""
    count = len(employees)
    real = np.maximum(employees, 0.5) * nature.sales * rng.lognormal(0, 0.3, count)
    real = np.where(nature.lists_sales | (employees > 25), real, 0)
    idle = np.where(rng.random(count) < 0.2, rng.lognormal(9.5, 1.6, count), 0)
    return np.where(operating, real, idle)


def _draw_zero_months(operating: Flags, age: Ints, rng: Rng) -> Ints:
    count = len(operating)
    busy = np.where(rng.random(count) < 0.58, 0, rng.geometric(0.45, count))
    idle = np.where(rng.random(count) < 0.45, 12, rng.integers(4, 12, count))
    return np.minimum(np.minimum(np.where(operating, busy, idle), 12), age)


def _compute_age_in_months(plan: Plan, register: Register, quarter: int) -> Ints:
    number = Quarter.parse(plan.quarters[quarter]).index
    end = np.datetime64(f"{number // 4}-01", "M") + np.timedelta64(number % 4 * 3 + 3, "M")
    age = (end - register.opened.astype("datetime64[M]")).astype(np.int64)
    return np.asarray(np.maximum(age, 1))


def _count_months_of_year(plan: Plan, register: Register, quarter: int) -> Ints:
    """Months of the calendar year that the firm has filed for, up to the quarter's end."""
    passed = (Quarter.parse(plan.quarters[quarter]).index % 4 + 1) * 3
    return np.minimum(_compute_age_in_months(plan, register, quarter), passed)
