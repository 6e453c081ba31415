"""Visits of a quarter and what they found.

Outcomes follow from the truth and from hidden willingness. Their codes are those of
``config/outcomes.csv``.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from gapmatch.quarters import Quarter
from gapmatch.synth.business import Filings
from gapmatch.synth.cast import Cast, Kind
from gapmatch.synth.draws import Flags, Floats, Ints, Rng, make_stream
from gapmatch.synth.insurance import Insurance, find_covered_branches
from gapmatch.synth.particulars import Register
from gapmatch.synth.plan import Plan
from gapmatch.synth.word_lists import Words

RANDOM_VISIT_SHARE = 0.15
"""Visits drawn by lot, not by what firms declare."""
WRONGLY_LISTED_SHARE = 0.03
"""Visits to firms that were enrolled all along."""


@dataclass(frozen=True)
class Scene:
    """What visits of quarter number ``quarter`` are drawn from: firms, truth and what they file."""

    plan: Plan
    cast: Cast
    register: Register
    words: Words
    insurance: Insurance
    quarter: int
    filings: Filings


def simulate_visits(scene: Scene, rested: Flags) -> tuple[pl.DataFrame, Ints]:
    """Return a quarter's visits, and the firms that enroll because of them.

    ``rested`` marks firms not visited lately. Columns: entity, quarter, taxpayer_code, visited
    (date), at_random, outcome, new_insured (persons).
    """
    rng = make_stream(scene.plan.seed, f"visits {scene.quarter}")
    firms, at_random = _choose(scene, rested, rng)
    outcome = _decide_outcomes(scene, firms, rng)
    enrolled = outcome == "enrolled"
    number = Quarter.parse(scene.plan.quarters[scene.quarter]).index + 1
    begin = np.datetime64(f"{number // 4}-{number % 4 * 3 + 1:02d}-05", "D")
    gained = np.ceil(scene.filings.employees[firms] * rng.uniform(0.6, 1.0, len(firms)))
    frame = pl.DataFrame(
        {
            "entity": firms,
            "quarter": pl.Series([scene.plan.quarters[scene.quarter]]).new_from_index(
                0, len(firms)
            ),
            "taxpayer_code": scene.register.frame["code"].gather(pl.Series(firms)),
            "visited": begin + rng.integers(0, 80, len(firms)).astype("timedelta64[D]"),
            "at_random": at_random,
            "outcome": outcome.tolist(),
            "new_insured": np.where(enrolled, np.maximum(gained, 1), 0).astype(np.int64),
        }
    )
    return frame.sort("visited", "entity"), firms[enrolled]


def _choose(scene: Scene, rested: Flags, rng: Rng) -> tuple[Ints, Flags]:
    """Draw the firms to visit: mostly those that declare many workers, some by lot."""
    present = scene.cast.find_filers(scene.quarter) & rested
    own_unit = scene.insurance.has_unit(scene.quarter)
    count = round(scene.plan.visit_share * scene.plan.firms)
    late = round(count * WRONGLY_LISTED_SHARE)
    by_lot = round(count * RANDOM_VISIT_SHARE)
    open_ = np.flatnonzero(present & ~own_unit)
    insured = np.flatnonzero(present & own_unit)
    declared = np.log1p(np.maximum(scene.filings.headcount, 0))
    attraction = declared + 0.8 * rng.gumbel(0, 1, len(present))
    attraction[scene.cast.kind == Kind.PUBLIC] = 0
    lot = rng.permutation(open_)[:by_lot]
    rest = np.setdiff1d(open_, lot)
    best = rest[np.argsort(-attraction[rest], kind="stable")[: max(0, count - late - len(lot))]]
    firms = np.concatenate([lot, best, rng.permutation(insured)[:late]])
    return firms, np.isin(firms, lot)


def _decide_outcomes(
    scene: Scene, firms: Ints, rng: Rng
) -> np.ndarray[tuple[int], np.dtype[np.str_]]:
    cast, filings, now = scene.cast, scene.filings, scene.quarter
    leaving = (cast.departure == now)[firms] & (now < len(scene.plan.quarters) - 1)
    talk = _decide_talks(scene, firms, rng)
    idle = rng.choice(["dormant", "unreachable", "no_staff"], len(firms), p=[0.72, 0.2, 0.08])
    gone = rng.choice(["deregistered", "moved"], len(firms), p=[0.7, 0.3])
    return np.select(
        [
            (cast.kind == Kind.PUBLIC)[firms],
            scene.insurance.has_unit(now)[firms],
            find_covered_branches(cast, scene.insurance, now)[firms],
            leaving,
            ~filings.operating[firms],
            (filings.employees == 0)[firms],
        ],
        [
            np.full(len(firms), "public"),
            np.full(len(firms), "matched_late"),
            np.full(len(firms), "parent_insured"),
            gone,
            idle,
            np.full(len(firms), "no_staff"),
        ],
        talk,
    )


def _decide_talks(scene: Scene, firms: Ints, rng: Rng) -> np.ndarray[tuple[int], np.dtype[np.str_]]:
    """Return how the talk with an employer ends who operates, has workers and insures none."""
    enrolls = rng.random(len(firms)) < 1 / (1 + np.exp(-_compute_willingness(scene)[firms]))
    small = scene.filings.employees[firms] <= 2
    other = np.where(
        small,
        rng.choice(
            ["refused", "resident_only", "dispatch", "no_staff", "unreachable"],
            len(firms),
            p=[0.22, 0.4, 0.03, 0.25, 0.1],
        ),
        rng.choice(
            ["refused", "resident_only", "dispatch", "no_staff", "unreachable"],
            len(firms),
            p=[0.42, 0.38, 0.12, 0.03, 0.05],
        ),
    )
    return np.where(enrolls, "enrolled", other)


def _compute_willingness(scene: Scene) -> Floats:
    """Return the log odds that an employer enrolls when visited; ``eager`` stays hidden."""
    cast, filings = scene.cast, scene.filings
    industry = np.array([i.willing for i in scene.words.industries])[cast.industry]
    kind = np.select(
        [
            np.isin(cast.kind, [Kind.COOPERATIVE, Kind.TRADER]),
            cast.kind == Kind.BRANCH,
            cast.kind == Kind.WORKS,
        ],
        [-1.4, 0.5, -0.7],
        0.2,
    )
    first = np.datetime64(f"{Quarter.parse(scene.plan.quarters[0]).index // 4}-01-01", "D")
    young = (first - scene.register.opened).astype(np.int64) < 1100
    return np.asarray(
        -0.75
        + 1.3 * industry
        + kind
        + 0.5 * young
        + 0.25 * np.log1p(filings.employees)
        + 0.6 * (filings.headcount > 0)
        + 0.4 * (filings.sales > 0)
        - 0.5 * (filings.zero_months >= 3)
        + 0.35 * scene.insurance.eager
    )
