"""A quarter from files to files: read, assess, keep, publish. The two ends of the pipeline."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import polars as pl

from gapmatch import __version__
from gapmatch.language import again, speaking
from gapmatch.linkage import Model, load_model, shipped_model
from gapmatch.linkage.explain import part_labels
from gapmatch.pipeline import Assessment, Basis, Clock, Memory, Observer, Rows, assess
from gapmatch.publish import PublishInput, PublishOptions, publication, recover
from gapmatch.read import Extract, Side, read_extract, same_content
from gapmatch.schemas import STATUSES
from gapmatch.settings import Settings, load_settings
from gapmatch.store import InputFile, RunRecord, Store, utc_now, writer

SETTINGS_NAME = "gapmatch.toml"


@dataclass(frozen=True)
class InputCount:
    """What became of the rows of one extract file: ``read = kept + duplicates + refused``.

    ``kept`` counts the line rows that were folded into their unit too.
    """

    side: str
    file: str
    read: int
    kept: int
    duplicates: int
    refused: int


@dataclass(frozen=True)
class Summary:
    """What a run came to, for people and scripts."""

    quarter: str
    run: int
    out: Path
    seconds: float
    inputs: Sequence[InputCount]
    by_county: Mapping[str, Mapping[str, int]]
    quality: Mapping[str, Any]
    warnings: Sequence[str]
    refused_over_limit: bool
    timings: Mapping[str, float]

    def as_dict(self) -> Mapping[str, Any]:
        """Return everything as plain values."""
        return {**asdict(self), "out": str(self.out)}


@dataclass(frozen=True)
class Sources:
    """Files and folders of the three sources; no registry is an empty sequence."""

    tax: Sequence[Path]
    enrollment: Sequence[Path]
    registry: Sequence[Path] = ()


def run_quarter(quarter: str, sources: Sources, workspace: Path, observer: Observer) -> Summary:
    """Run a quarter in ``workspace``: replaces that quarter's results, or leaves all as it was.

    What it writes is in the language of the settings; the summary, like every error, in the one that is
    spoken now. Raises ``GapmatchError`` with what to do about it.
    """
    started, start = utc_now(), perf_counter()
    settings = load_settings(workspace / SETTINGS_NAME)
    clock = Clock(observer)
    with clock.stage("read"):
        extracts = read_sources(sources, settings)
    rows = Rows(**{str(e.side): e.rows for e in extracts})
    with writer(workspace, f"run {quarter}"), Store.open(workspace) as store:
        recover(workspace / "out", quarter, store.standing_run(quarter))
        memory = Memory(store.decisions(), store.visits())
        basis = Basis(settings, model_of(settings, workspace), memory)
        with speaking(settings.language):
            assessment = assess(rows, quarter, basis, clock)
        result = _Result(quarter, started, extracts, assessment, settings)
        run = _keep(result, store, workspace, clock)
    return result.summary(run, workspace, perf_counter() - start, clock)


def _keep(result: "_Result", store: Store, workspace: Path, clock: Clock) -> int:
    """Store the results and publish them: both, or neither.

    The files are written while the transaction is open; it is committed when they are whole, and then
    they move in. A run killed between the two is finished by the next one (``recover``).
    """
    frames = result.frames()
    with publication(workspace, result.quarter) as write, store.db.atomic():
        with clock.stage("store"):
            with speaking(result.settings.language):
                cases = store.plan_cases(result.quarter, frames)
            run = store.write_run(result.record(clock), frames, cases)
        with clock.stage("publish"), speaking(result.settings.language):
            write(result.to_publish(run, clock), PublishOptions())
    return run


def read_sources(sources: Sources, settings: Settings) -> list[Extract]:
    """Read the sources that are given, and refuse the same file under two of them."""
    given = {
        Side.TAX: sources.tax,
        Side.ENROLLMENT: sources.enrollment,
        Side.REGISTRY: sources.registry,
    }
    extracts = [
        read_extract(side, paths, settings.columns.get(str(side), {}), settings.language)
        for side, paths in given.items()
        if paths
    ]
    same_content(extracts)
    return extracts


def model_of(settings: Settings, workspace: Path = Path()) -> Model:
    """Return the linkage model that the settings name (seen from ``workspace``), else the shipped one."""
    named = settings.linkage.model
    return load_model(workspace / named) if named else shipped_model()


@dataclass(frozen=True)
class _Result:
    quarter: str
    started: str
    extracts: Sequence[Extract]
    assessment: Assessment
    settings: Settings

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        return {
            str(e.side): {"read": e.rows_in, "duplicates": e.duplicates, "refused": e.refused}
            for e in self.extracts
        }

    @property
    def defects(self) -> pl.DataFrame:
        return pl.concat([e.defects for e in self.extracts])

    @property
    def warnings(self) -> list[str]:
        """What was noted, in the language that is spoken now."""
        return [str(again(note)) for note in self.assessment.notes]

    def frames(self) -> dict[str, pl.DataFrame]:
        a = self.assessment
        return {
            "firms": a.firms,
            "units": a.units,
            "links": a.links,
            "gaps": a.gaps,
            "targets": a.targets,
            "defects": self.defects,
        }

    def record(self, clock: Clock) -> RunRecord:
        files = tuple(
            InputFile(str(e.side), str(f.path), f.sha256, f.bytes)
            for e in self.extracts
            for f in e.files
        )
        settings = self.settings.model_dump(mode="json")
        return RunRecord(
            self.quarter, __version__, self.started, files, settings, self.counts, clock.seconds
        )

    def to_publish(self, run: int, clock: Clock) -> PublishInput:
        info = {
            "run_id": run,
            "version": __version__,
            "started": self.started,
            "finished": utc_now(),
            "inputs": [
                {"side": str(e.side), "file": f.name, "sha256": f.sha256, "rows": f.rows_in}
                for e in self.extracts
                for f in e.files
            ],
            "settings": self.settings.model_dump(mode="json"),
            "timings": {name: round(seconds, 3) for name, seconds in clock.seconds.items()},
            "counts": self.counts,
            "warnings": self.warnings,
            "quality": self.quality,
        }
        return PublishInput(
            quarter=self.quarter, **self.frames(), run_info=info, part_labels=part_labels()
        )

    @property
    def quality(self) -> dict[str, Any]:
        return dict(self.assessment.linkage)

    def summary(self, run: int, workspace: Path, seconds: float, clock: Clock) -> Summary:
        read = sum(e.rows_in for e in self.extracts)
        refused = sum(e.refused for e in self.extracts)
        return Summary(
            quarter=self.quarter,
            run=run,
            out=workspace / "out" / self.quarter,
            seconds=seconds,
            inputs=_input_counts(self.extracts),
            by_county=_by_county(self.assessment),
            quality=self.quality,
            warnings=self.warnings,
            refused_over_limit=refused > self.settings.read.refused_share_limit * max(1, read),
            timings=dict(clock.seconds),
        )


def _input_counts(extracts: Sequence[Extract]) -> list[InputCount]:
    return [
        InputCount(str(e.side), f.name, f.rows_in, f.unique + f.folded, f.duplicates, f.refused)
        for e in extracts
        for f in e.files
    ]


def _by_county(assessment: Assessment) -> dict[str, dict[str, int]]:
    """Count statuses, firms and this quarter's visits by county, counties with most gaps first."""
    counties = assessment.firms.select("firm", "county_name")
    counted = (
        counties.join(assessment.gaps.select("firm", pl.col("status").cast(pl.String)), on="firm")
        .group_by("county_name")
        .agg(
            pl.len().alias("firms"),
            *((pl.col("status") == status).sum().alias(status) for status in STATUSES),
        )
    )
    visits = (
        assessment.targets.filter(pl.col("tier") == "A")
        .join(counties, on="firm")
        .group_by("county_name")
        .len("tier_a")
    )
    table = counted.join(visits, on="county_name", how="left").fill_null(0)
    ordered = table.sort("uninsured", "county_name", descending=[True, False])
    return {
        row.pop("county_name"): {name: int(n) for name, n in row.items()}
        for row in ordered.to_dicts()
    }
