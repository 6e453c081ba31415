"""A quarter from files to files: read, assess, keep, publish. The two ends of the pipeline."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from time import perf_counter
from typing import Any

import polars as pl

from gapmatch import __version__
from gapmatch.concurrency import both, each
from gapmatch.explanation.link_parts import part_labels
from gapmatch.i18n import _, current_language, speaking
from gapmatch.ledger.case_progress import county_progress, list_unfinished_cases
from gapmatch.ledger.cases import CasePlan
from gapmatch.ledger.quarter_diff import Difference, label_changes
from gapmatch.ledger.stored_diff import compare_with_previous
from gapmatch.ledger.workspace_identity import read_workspace_identity
from gapmatch.linkage import Model, load_model, shipped_model
from gapmatch.pipeline import Apart, Assessment, Basis, Clock, Memory, Observer, Rows
from gapmatch.publish.folder_swap import recover
from gapmatch.publish.outputs import publication
from gapmatch.read import Extract, Side, list_files, read_listed_rows, same_content
from gapmatch.results.listed_rows import ListedRows
from gapmatch.results.run_results import PublishInput, PublishOptions
from gapmatch.run.checkpoints import mark_of, remove, remove_others, run_folder
from gapmatch.run.engine import Engine, EngineChoice, engine_of
from gapmatch.run.gate_check import GateOutcome, accept_findings, find_doubts
from gapmatch.run.rank_training import FILE_NAME, with_learned_model
from gapmatch.schemas import STATUSES
from gapmatch.settings.load import Settings, load_workspace_settings
from gapmatch.store.lock import Holder, writer
from gapmatch.store.runs import InputFile, RunRecord, Store, utc_now
from gapmatch.vocabulary.outcomes import list_outcomes_with
from gapmatch.wording.notes import describe_notes
from gapmatch.wording.sentences import add_sentences


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
    not_data: int = 0
    """Titles, headers, totals, furniture and blank rows: with ``read``, every row of the file."""


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
    left_out: Sequence[str] = ()
    """Files and sheets that hold something like data and were not read."""

    def as_dict(self) -> Mapping[str, Any]:
        """Return everything as plain values."""
        return {**asdict(self), "out": str(self.out)}


@dataclass(frozen=True)
class Sources:
    """Files and folders of the three sources; no registry is an empty sequence."""

    tax: Sequence[Path]
    enrollment: Sequence[Path]
    registry: Sequence[Path] = ()

    def files(self) -> list[Path]:
        """Return every file of the sources; raise ``InputError`` where one is missing."""
        given = [paths for paths in (self.tax, self.enrollment, self.registry) if paths]
        return [file.path for paths in given for file in list_files(paths)]


@dataclass(frozen=True)
class RunOptions:
    """How a run's results are published, and who moves its rows."""

    publish: PublishOptions = field(default_factory=PublishOptions)
    engine: EngineChoice = field(default_factory=EngineChoice)
    accept: str | None = None
    """Why the quarter is right although the gate stops it; null: it is stopped."""
    verify: bool = False
    """Whether the tax list is one to verify, whatever the settings say."""


def run_quarter(
    quarter: str,
    sources: Sources,
    workspace: Path,
    observer: Observer,
    options: RunOptions | None = None,
) -> Summary:
    """Run a quarter in ``workspace``: replaces that quarter's results, or leaves all as it was.

    What it writes is in the language of the settings; the summary, like every error, in the one that is
    spoken now. Raises ``GapmatchError`` with what to do about it.
    """
    started, start = utc_now(), perf_counter()
    clock, chosen = Clock(observer), options or RunOptions()
    own = load_workspace_settings(workspace)
    if chosen.verify:
        own = own.model_copy(update={"tax_list": "verify"})
    settings = with_learned_model(own, workspace / FILE_NAME)
    finished = run_folder(workspace, quarter, mark_of(sources.files(), settings))
    with engine_of(chosen.engine, finished, settings) as engine:
        with clock.stage("read"):
            extracts = read_sources(sources, settings, engine)
        rows = Rows(**{str(e.side): e.rows for e in extracts})
        with writer(workspace, f"run {quarter}") as died, Store.open(workspace) as store:
            recover(workspace / "out", quarter, store.standing_run(quarter))
            remove_others(finished)
            memory = Memory(store.decisions(), store.visits())
            basis = Basis(settings, model_of(settings, workspace), memory)
            apart = engine.assess_apart(rows, quarter, basis, clock)
            found = None if apart else engine.assess(rows, quarter, basis, clock)
            run = 0
            if found is not None:
                doubts = find_doubts(store, quarter, extracts, found, settings)
                checked = accept_findings(doubts, chosen.accept)
                worded = with_sentences(found, settings)
                listed = read_list_to_verify(sources, settings)
                result = _Result(
                    quarter, started, extracts, worded, settings, checked, died, listed
                )
                run = _Keeping(store, workspace, chosen.publish, clock).keep(result)
            engine.hand_over(workspace / "parquet" / quarter)
            remove(workspace, quarter)
    if apart is not None:
        return _Apart(quarter, extracts, apart, settings, workspace).summary(start, clock)
    return result.summary(run, workspace, perf_counter() - start, clock)


@dataclass(frozen=True)
class _Keeping:
    """Where a run's results go, and how."""

    store: Store
    workspace: Path
    options: PublishOptions
    clock: Clock

    def keep(self, result: "_Result") -> int:
        """Store the results and publish them: both, or neither.

        The files are written while the transaction is open; it is committed when they are whole, and then
        they move in. A run killed between the two is finished by the next command (``recover``).
        """
        with publication(self.workspace, result.quarter) as write, self.store.db.atomic():
            with self.clock.stage("store"), speaking(result.settings.language):
                plan = self.store.plan_cases(result.quarter, result.frames())
                frames = _with_cases(result.frames(), plan)
                run = self.store.begin_run(result.record(self.clock), plan)
            with self.clock.stage("publish"), speaking(result.settings.language):
                shown = self._shown(result, frames, run)
                # Here, so that an interrupt ends it at once; the rows take no longer than the files.
                both(
                    lambda: write(shown, self.options),
                    lambda: self.store.keep_frames(result.quarter, frames),
                )
            self._log_contacts(result)
            self._log_handovers(result.quarter, shown)
            self.store.finish_run(run, self.clock.seconds)
        return run

    def _shown(
        self, result: "_Result", frames: Mapping[str, pl.DataFrame], run: int
    ) -> PublishInput:
        """Return what is published: the frames, what changed since last quarter, how far visits are."""
        changed = compare_with_previous(self.store, result.quarter, frames)
        return PublishInput(
            quarter=result.quarter,
            **frames,
            run_info={
                **result.run_info(run, self.clock),
                "workspace": read_workspace_identity(self.store),
            },
            changes=_change_lines(changed) if changed else None,
            totals=changed.totals if changed else None,
            progress=county_progress(self.store),
            part_labels=part_labels(),
            unfinished=list_unfinished_cases(self.store),
            listed=result.listed,
        )

    def _log_handovers(self, quarter: str, shown: PublishInput) -> None:
        """Note how many cases were handed on to other authorities."""
        handed_on = (*list_outcomes_with("labour_inspection"), *list_outcomes_with("share"))
        cases = shown.unfinished
        rows = 0 if cases is None else cases.filter(pl.col("outcome").is_in(handed_on)).height
        if rows:
            self.store.log_export(quarter, "移交/*.xlsx", rows)

    def _log_contacts(self, result: "_Result") -> None:
        if self.options.with_contacts:
            dormant = result.assessment.gaps.filter(pl.col("status") == "dormant").height
            shown = result.assessment.targets.height + dormant
            self.store.log_export(result.quarter, "counties/*.xlsx", shown)


def with_sentences(assessment: Assessment, settings: Settings) -> Assessment:
    """Return ``assessment`` with its sentences, in the language of the settings."""
    frames = {"gaps": assessment.gaps, "targets": assessment.targets}
    worded = add_sentences(frames, settings, settings.language)
    return replace(assessment, gaps=worded["gaps"], targets=worded["targets"])


def _with_cases(frames: Mapping[str, pl.DataFrame], plan: CasePlan) -> dict[str, pl.DataFrame]:
    """Return ``frames`` whose targets say which case they are, and whether it is a new one."""
    states = plan.states.select("firm", pl.col("state").alias("case_state")).drop_nulls("firm")
    told = plan.numbers.join(states, on="firm", how="left")
    targets = frames["targets"].join(told, on="firm", how="left", maintain_order="left")
    return {**frames, "targets": targets}


def _change_lines(changed: Difference) -> pl.DataFrame:
    """Return ``change`` in words and ``firms``."""
    words = label_changes()
    return changed.summary.select(pl.col("kind").replace(words).alias("change"), "firms")


def read_sources(sources: Sources, settings: Settings, engine: Engine) -> list[Extract]:
    """Read the sources that are given, and refuse the same file under two of them."""
    given = {
        Side.TAX: sources.tax,
        Side.ENROLLMENT: sources.enrollment,
        Side.REGISTRY: sources.registry,
    }
    there = [side for side, paths in given.items() if paths]
    extracts = each(lambda side: engine.read(side, given[side], settings), there)
    same_content(extracts)
    return extracts


def read_list_to_verify(sources: Sources, settings: Settings) -> ListedRows | None:
    """Return the tax list with its own columns if it is one to verify, for the answer to the province."""
    if settings.tax_list != "verify":
        return None
    return read_listed_rows(sources.tax, settings.columns.get("tax", {}))


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
    gate: GateOutcome
    died: Holder | None = None
    """Who held the workspace last and did not live to let go."""
    listed: ListedRows | None = None
    """The tax list as it stands, if it is one to verify."""

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
        """What was noted, in the current language."""
        return [
            *self.gate.sentences(current_language()),
            *_left_out(self.extracts),
            *describe_notes(self.assessment.notes, current_language()),
        ]

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
            self.quarter,
            __version__,
            self.started,
            files,
            settings,
            {**self.counts, "gate": self.gate.as_dict()},
            clock.seconds,
        )

    def run_info(self, run: int, clock: Clock) -> dict[str, Any]:
        return {
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
            "gate": self.gate.as_dict(),
        }

    @property
    def quality(self) -> dict[str, Any]:
        return dict(self.assessment.linkage)

    def _recovered(self) -> list[str]:
        if self.died is None:
            return []
        told = _("上一次运行没有正常结束（{doing}，进程 {pid}，自 {since} 起），已清理，不影响结果")
        return [told.format(doing=self.died.doing, pid=self.died.pid, since=self.died.since)]

    def summary(self, run: int, workspace: Path, seconds: float, clock: Clock) -> Summary:
        return Summary(
            quarter=self.quarter,
            run=run,
            out=workspace / "out" / self.quarter,
            seconds=seconds,
            inputs=_input_counts(self.extracts),
            by_county=_by_county(self.assessment),
            quality=self.quality,
            warnings=[*self._recovered(), *self.warnings],
            refused_over_limit=_over_limit(self.extracts, self.settings),
            left_out=_left_out(self.extracts),
            timings=dict(clock.seconds),
        )


@dataclass(frozen=True)
class _Apart:
    """A run whose results are too many for the store and for workbooks: they lie as Parquet."""

    quarter: str
    extracts: Sequence[Extract]
    apart: Apart
    settings: Settings
    workspace: Path

    def summary(self, start: float, clock: Clock) -> Summary:
        """Return what there is to say, and write it beside the results as ``run.json``."""
        out = self.workspace / "parquet" / self.quarter
        told = Summary(
            quarter=self.quarter,
            run=0,
            out=out,
            seconds=perf_counter() - start,
            inputs=_input_counts(self.extracts),
            by_county=self._by_county(out),
            quality=self.apart.quality,
            warnings=[
                *_left_out(self.extracts),
                *describe_notes(self.apart.notes, current_language()),
            ],
            refused_over_limit=_over_limit(self.extracts, self.settings),
            left_out=_left_out(self.extracts),
            timings=dict(clock.seconds),
        )
        text = json.dumps(told.as_dict(), ensure_ascii=False, indent=2, sort_keys=True)
        (out / "run.json").write_text(text + "\n", encoding="utf-8")
        pl.concat([e.defects for e in self.extracts]).write_parquet(out / "defects.parquet")
        return told

    def _by_county(self, out: Path) -> dict[str, dict[str, int]]:
        gaps = (
            pl.scan_parquet(out / "gaps" / "*.parquet")
            .filter(~pl.col("is_repeat"))
            .select("county", "status")
            .collect()
        )
        targets = pl.scan_parquet(out / "targets" / "*.parquet").select("county", "tier").collect()
        return _counted(
            gaps, targets.filter(pl.col("tier") == "A").group_by("county").len("tier_a")
        )


def _over_limit(extracts: Sequence[Extract], settings: Settings) -> bool:
    read, refused = sum(e.rows_in for e in extracts), sum(e.refused for e in extracts)
    return refused > settings.read.refused_share_limit * max(1, read)


def _left_out(extracts: Sequence[Extract]) -> list[str]:
    """Name what was left out, although it may hold data, in the language that is spoken now."""
    text = _("未读取，其中可能有数据：{name}（{why}）")
    return [text.format(name=name, why=why) for e in extracts for name, why in e.left_out.items()]


def _input_counts(extracts: Sequence[Extract]) -> list[InputCount]:
    return [
        InputCount(
            *(str(e.side), f.name, f.rows_in, f.unique + f.folded),
            *(f.duplicates, f.refused, f.not_data),
        )
        for e in extracts
        for f in e.files
    ]


def _by_county(assessment: Assessment) -> dict[str, dict[str, int]]:
    """Count statuses, firms and this quarter's visits by county, counties with most gaps first."""
    originals = assessment.firms.filter(pl.col("duplicate_of").is_null())
    counties = originals.select("firm", county="county_name")
    visits = (
        assessment.targets.filter(pl.col("tier") == "A")
        .join(counties, on="firm")
        .group_by("county")
        .len("tier_a")
    )
    return _counted(counties.join(assessment.gaps.select("firm", "status"), on="firm"), visits)


def _counted(gaps: pl.DataFrame, visits: pl.DataFrame) -> dict[str, dict[str, int]]:
    status = pl.col("status").cast(pl.String)
    counted = gaps.group_by("county").agg(
        pl.len().alias("firms"), *((status == name).sum().alias(name) for name in STATUSES)
    )
    table = counted.join(visits, on="county", how="left").fill_null(0)
    ordered = table.sort("uninsured", "county", descending=[True, False])
    return {
        row.pop("county"): {name: int(n) for name, n in row.items()} for row in ordered.to_dicts()
    }
