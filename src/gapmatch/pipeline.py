"""The main job from top to bottom: frames in, frames out.

read → standardise → block → compare → classify → gap → rank → publish

Reading, the store and publishing are at the two ends (``run/quarter_run.py``); between them every
stage is a function from frames to frames.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, Protocol, Self

import polars as pl

from gapmatch.activity.estimate import estimate_activity, find_missing_inputs
from gapmatch.concurrency import run_in_parallel
from gapmatch.gate.content import ContentDigests
from gapmatch.interruptions import stop_if_interrupted
from gapmatch.ledger.decisions import EARLIER_LINKS, find_aliases, resolve_for_linkage
from gapmatch.ledger.visit_effects import resolve_visit_effects
from gapmatch.linkage import LINKED_COLUMNS, Linkage, Model, link
from gapmatch.linkage.classify import compute_interval
from gapmatch.linkage.unrecognised import compute_unrecognised_share, count_evidence
from gapmatch.privacy import mask_person_codes
from gapmatch.rank.targets import rank_targets
from gapmatch.rank.tiers import note_small_total
from gapmatch.read import Extract
from gapmatch.schemas import FIRMS, UNKNOWN_COUNTY
from gapmatch.settings.load import Settings
from gapmatch.standardise.comparability import add_comparability
from gapmatch.standardise.new_registrations import find_new_registrations
from gapmatch.standardise.other_places import add_other_places
from gapmatch.standardise.sides_of_extracts import (
    add_aliases,
    find_home_division,
    standardise_firms,
    standardise_units,
)
from gapmatch.status.branches import add_covered, count_branches, find_covered, sum_covered
from gapmatch.status.decide import decide_statuses
from gapmatch.status.quarter_end import drop_later_ends, prepare_units
from gapmatch.status.unknown_words import find_unknown_statuses
from gapmatch.vocabulary.arrears import count_paid_months, find_arrears
from gapmatch.vocabulary.notes import Note


class StageObserver(Protocol):
    """Receives the beginning of each stage, such as a progress display."""

    def begin(self, stage: str) -> None:
        """``stage`` begins; the one before it is over."""


class NullObserver:
    """An observer that does nothing."""

    def begin(self, stage: str) -> None:
        """Do nothing."""


@dataclass
class Clock:
    """Announces each stage to an observer and records its duration in seconds."""

    observer: StageObserver = field(default_factory=NullObserver)
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time what runs inside as the stage ``name``; none begins after Ctrl+C."""
        stop_if_interrupted()
        self.observer.begin(name)
        start = perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + perf_counter() - start


class StageCache(Protocol):
    """Stores the frames of finished stages, so that a stopped run can resume."""

    def frames(
        self, stage: str, make: Callable[[], Mapping[str, pl.DataFrame]]
    ) -> Mapping[str, pl.DataFrame]:
        """Return the stored frames of ``stage``, else those that ``make`` returns."""


@dataclass(frozen=True)
class Rows:
    """What was read: TAX_ROWS, ENROLLMENT_ROWS, and REGISTRY_ROWS if there is a third source."""

    tax: pl.DataFrame
    enrollment: pl.DataFrame
    registry: pl.DataFrame | None = None

    @classmethod
    def from_extracts(cls, extracts: Sequence[Extract]) -> Self:
        """Return the rows of what was read."""
        return cls(**{str(extract.side): extract.rows for extract in extracts})


@dataclass(frozen=True)
class Memory:
    """Decisions, visits and certain links of earlier quarters, as the store returns them."""

    decisions: pl.DataFrame
    visits: pl.DataFrame
    links: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=EARLIER_LINKS))

    @property
    def frames(self) -> tuple[pl.DataFrame, ...]:
        """All that is remembered."""
        return self.decisions, self.visits, self.links


@dataclass(frozen=True)
class Basis:
    """The other inputs of an assessment: settings, linkage model, earlier entries."""

    settings: Settings
    model: Model
    memory: Memory | None = None

    def compute_digest(self) -> str:
        """Return a digest of what is remembered and of the linkage model, for checkpoints."""
        memory, model = self.memory, self.model
        frames = memory.frames if memory else ()
        entered = [(f.height, int(f.hash_rows().sum())) for f in frames if f.height]
        levels = [{name: p.tolist() for name, p in of.items()} for of in (model.m, model.u)]
        return compute_digest([entered, model.version, levels, model.matched_share])


def compute_digest(values: object) -> str:
    """Return a digest of plain ``values``: sixteen hexadecimal digits."""
    text = json.dumps(values, ensure_ascii=True, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Assessment:
    """The results of a quarter: one frame per stage (see ``schemas.py``), a summary and notes."""

    firms: pl.DataFrame
    units: pl.DataFrame
    links: pl.DataFrame
    activity: pl.DataFrame
    gaps: pl.DataFrame
    targets: pl.DataFrame
    linkage: Mapping[str, Any]
    notes: Sequence[Note]


@dataclass(frozen=True)
class ParquetOnlyResult:
    """Summary of results that stay in their Parquet files, with what each input file held."""

    quality: Mapping[str, Any]
    notes: Sequence[Note]
    contents: Mapping[str, Mapping[str, ContentDigests]]


def assess(
    rows: Rows,
    quarter: str,
    basis: Basis,
    clock: Clock | None = None,
    cache: StageCache | None = None,
) -> Assessment:
    """Take the extracts of one quarter (``2022Q4``) to statuses and ranked targets."""
    clock, settings, memory = clock or Clock(), basis.settings, basis.memory
    with clock.stage("standardise"):
        firms, units = _load_or_make(
            cache, "standardise", ("firms", "units"), lambda: standardise(rows, memory)
        )
    with clock.stage("link"):
        manual = (
            resolve_for_linkage(firms, units, memory.decisions, memory.links) if memory else None
        )
        # A filtered frame is a copy: of a million firms, each column takes 16 MB and more.
        linked = firms.select("firm", *LINKED_COLUMNS, "duplicate_of")
        originals = linked.filter(pl.col("duplicate_of").is_null())
        visits = (
            resolve_visit_effects(firms, memory.visits, quarter, settings.ranking.recheck_quarters)
            if memory
            else None
        )
        # Activity is estimated from the tax list alone and does not depend on the links.
        linkage, activity = run_in_parallel(
            lambda: _load_or_link(
                cache, lambda: link(originals, units, basis.model, settings.linkage, manual)
            ),
            lambda: estimate_activity(firms, quarter, settings, visits),
        )
    with clock.stage("gap"):
        missed = compute_unrecognised_share(count_evidence(linkage.links))
        judging = settings.apply_missed_share(missed)
        covered = find_covered(firms, units, linkage.links, visits, judging.gap)
        judged = add_comparability(add_covered(drop_later_ends(firms, quarter), covered))
        if settings.tax_list == "verify":
            judged = add_other_places(judged, find_home_division(rows.enrollment))
        months = count_paid_months(units, settings.statuses.payment)
        paid_since = find_arrears(months, quarter, settings.gap).paid_since
        current = prepare_units(units, quarter, paid_since, settings.gap)
        gaps = decide_statuses(judged, current, linkage.links, activity, judging)
    with clock.stage("rank"):
        targets = rank_targets(firms, gaps, activity, quarter, settings)
    lists, words = (rows.tax, rows.enrollment), settings.statuses.words
    notes = [
        *find_missing_inputs(firms, units),
        *linkage.notes,
        *note_covered_branches(count_branches(gaps, covered, "uninsured")),
        *note_uncovered_branches(count_branches(gaps, covered, "covered_by_parent")),
        *note_new_registrations(
            find_new_registrations(
                rows.registry, lists, quarter, words, find_home_division(rows.tax)
            )
        ),
        *note_small_total(_list_target_counties(targets, firms), settings.capacity),
        *find_unknown_statuses(firms, units, settings.statuses),
    ]
    described = firms.drop("section").join(
        activity.select("firm", "section"), on="firm", how="left", maintain_order="left"
    )
    return Assessment(
        FIRMS.complete(mask_person_codes(described)),
        mask_person_codes(units),
        linkage.links,
        activity,
        gaps,
        targets,
        linkage.summary,
        notes,
    )


@dataclass(frozen=True)
class _LinkResult:
    """What a run uses of a linkage, in a form that a checkpoint can hold."""

    links: pl.DataFrame
    summary: Mapping[str, Any]
    notes: Sequence[Note]

    def to_frames(self) -> dict[str, pl.DataFrame]:
        """Return the links, and all else as one text."""
        notes = [[note.code, dict(note.facts)] for note in self.notes]
        text = json.dumps({"summary": dict(self.summary), "notes": notes}, ensure_ascii=True)
        return {"links": self.links, "others": pl.DataFrame({"json": [text]})}

    @classmethod
    def from_frames(cls, frames: Mapping[str, pl.DataFrame]) -> Self:
        """Return what ``to_frames`` was made of."""
        others = json.loads(frames["others"]["json"][0])
        notes = [Note(code, facts) for code, facts in others["notes"]]
        return cls(frames["links"], others["summary"], notes)


def _load_or_link(cache: StageCache | None, make: Callable[[], Linkage]) -> _LinkResult:
    def make_result() -> _LinkResult:
        made = make()
        return _LinkResult(made.links, made.summary, made.notes)

    if cache is None:
        return make_result()
    return _LinkResult.from_frames(cache.frames("link", lambda: make_result().to_frames()))


def _list_target_counties(targets: pl.DataFrame, firms: pl.DataFrame) -> pl.Series:
    """Return the county of each target."""
    return targets.select("firm").join(firms, on="firm")["county_name"].fill_null(UNKNOWN_COUNTY)


def note_covered_branches(counts: pl.DataFrame) -> list[Note]:
    """Return a note on listed branches that head offices may insure: ``count_branches``."""
    listed, mean, variance = sum_covered(counts)
    return [Note("covered_branches", _bound(listed, mean, variance))] if listed else []


def note_uncovered_branches(counts: pl.DataFrame) -> list[Note]:
    """Return a note on branches with an enrolled head office, which may not insure them."""
    branches, mean, variance = sum_covered(counts)
    if not branches:
        return []
    return [Note("uncovered_branches", _bound(branches, branches - mean, variance))]


def _bound(branches: int, mean: float, variance: float) -> Mapping[str, float]:
    interval = compute_interval(mean, variance)
    high = min(interval["high"], float(branches))
    return {"count": branches, "expected": interval["value"], "low": interval["low"], "high": high}


def note_new_registrations(found: pl.DataFrame | None) -> list[Note]:
    """Return a note on firms that are newly registered and in neither list, if there are any."""
    if found is None or found.is_empty():
        return []
    return [Note("new_registrations", {"count": found.height})]


def _load_or_make(
    cache: StageCache | None,
    stage: str,
    names: tuple[str, ...],
    make: Callable[[], tuple[pl.DataFrame, ...]],
) -> tuple[pl.DataFrame, ...]:
    if cache is None:
        return make()
    frames = cache.frames(stage, lambda: dict(zip(names, make(), strict=True)))
    return tuple(frames[name] for name in names)


def standardise(rows: Rows, memory: Memory | None) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return FIRMS and UNITS, names under which units were confirmed as aliases of their firms."""
    home = find_home_division(rows.tax)

    def standardise_tax() -> pl.DataFrame:
        firms = standardise_firms(rows.tax, rows.registry)
        return add_aliases(firms, find_aliases(firms, memory.decisions), home) if memory else firms

    return run_in_parallel(
        standardise_tax, lambda: standardise_units(rows.enrollment, home, rows.registry)
    )
