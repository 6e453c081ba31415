"""Who is enrolled when: the insurance side's truth, and the visits that change it."""

from dataclasses import dataclass, field

import numpy as np

from gapmatch.synth.business import Filings
from gapmatch.synth.cast import Cast, Kind, Role
from gapmatch.synth.draws import Flags, Floats, Ints, Rng, make_stream
from gapmatch.synth.particulars import NEVER
from gapmatch.synth.plan import Plan

COVERED_SHARE = 0.6
"""Branches that their head office insures, wherever the head office is enrolled itself."""
PAUSED_AT_START, PAUSING = 0.045, 0.006


@dataclass(frozen=True)
class Insurance:
    """One element for each entity."""

    start: Ints
    """Quarter (0 is the plan's first) that first enrolls the unit; ``NEVER``: none."""
    paused_from: Ints
    """Quarter from which payment is stopped."""
    covered: Flags
    """A branch that its head office insures as soon as that one is enrolled."""
    cover: Floats
    """Share of the workers that the unit insures."""
    lines: Ints
    """Bits 1 pension, 2 unemployment, 4 work injury."""
    eager: Floats
    """Hidden: how readily the employer insures."""

    def has_unit(self, quarter: int) -> Flags:
        """Return who has a unit of its own in a quarter."""
        return np.asarray(self.start <= quarter)


@dataclass
class Enrolling:
    """The simulation's state while it walks through the quarters."""

    plan: Plan
    cast: Cast
    insurance: Insurance
    queue: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    """Firms that a visit persuaded: enrolled in the next quarter."""

    def step(self, quarter: int, filings: Filings) -> None:
        """Enroll a quarter's newcomers: the persuaded, then the readiest up to the plan's share."""
        start = self.insurance.start
        start[self.queue[start[self.queue] == NEVER]] = quarter
        present = self.cast.find_filers(quarter)
        wanted = (
            round(self.plan.enrolled_share * present.sum()) - (present & (start <= quarter)).sum()
        )
        free = np.flatnonzero(present & (start == NEVER) & self._find_candidates(quarter, filings))
        if wanted > 0:
            readiness = 0.9 * np.log(filings.employees[free]) + self.insurance.eager[free]
            chosen = free[np.argsort(-readiness, kind="stable")[:wanted]]
            start[chosen] = quarter

    def _find_candidates(self, quarter: int, filings: Filings) -> Flags:
        by_head = find_covered_branches(self.cast, self.insurance, quarter)
        can = (filings.employees > 0) & (self.cast.kind != Kind.PUBLIC)
        return np.asarray(can & ~by_head)


def find_covered_branches(cast: Cast, insurance: Insurance, quarter: int) -> Flags:
    """Return the branches that an enrolled head office insures in a quarter."""
    head = np.where(cast.parent >= 0, insurance.start[cast.parent], NEVER)
    return np.asarray(insurance.covered & (head <= quarter) & (insurance.start > quarter))


def begin(plan: Plan, cast: Cast) -> Enrolling:
    """Return the state before the first quarter: only entities outside the tax list enrolled."""
    rng = make_stream(plan.seed, "insurance")
    count = len(cast)
    start = np.full(count, NEVER)
    outside = np.isin(cast.role, [Role.FORMER, Role.PUBLIC])
    outside |= (cast.role == Role.OUTSIDE) & (rng.random(count) < 0.5)
    start[outside] = np.where(
        rng.random(outside.sum()) < 0.97, -1, rng.integers(0, len(plan.quarters), outside.sum())
    )
    insurance = Insurance(
        start=start,
        paused_from=_draw_pauses(plan, cast, rng),
        covered=(cast.parent >= 0) & (rng.random(count) < COVERED_SHARE),
        cover=np.where(
            rng.random(count) < 0.7, rng.uniform(0.85, 1.0, count), rng.uniform(0.25, 0.85, count)
        ),
        lines=_draw_lines(cast, rng),
        eager=rng.logistic(0, 0.8, count),
    )
    return Enrolling(plan, cast, insurance)


def _draw_pauses(plan: Plan, cast: Cast, rng: Rng) -> Ints:
    count = len(cast)
    paused = np.where(rng.random(count) < PAUSED_AT_START, -1, NEVER)
    quarters = np.ceil(rng.exponential(1 / PAUSING, count)).astype(np.int64)
    paused = np.where((paused == NEVER) & (quarters < len(plan.quarters)), quarters, paused)
    former = (cast.role == Role.FORMER) & (rng.random(count) < 0.5)
    gone = (cast.role == Role.FILER) & (rng.random(count) < 0.4)
    left = np.where(gone & (cast.departure < len(plan.quarters) - 1), cast.departure + 1, NEVER)
    return np.where(cast.kind == Kind.PUBLIC, NEVER, np.where(former, -1, np.minimum(paused, left)))


def _draw_lines(cast: Cast, rng: Rng) -> Ints:
    """Most units have all three lines; some lack unemployment, builders insure injury only."""
    drawn = rng.random(len(cast))
    return np.select([drawn < 0.9, drawn < 0.94, drawn < 0.98], [7, 5, 4], 6)
