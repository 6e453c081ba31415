"""Run a quarter from files to files: read, assess, store, publish."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from time import perf_counter

from gapmatch.concurrency import map_threads
from gapmatch.errors import InputError
from gapmatch.i18n import _
from gapmatch.ledger.entries import load_decisions, load_visits
from gapmatch.linkage import Model, load_model, load_shipped_model
from gapmatch.linkage.classify import add_lost_units
from gapmatch.pipeline import Assessment, Basis, Clock, Memory, ParquetOnlyResult, StageObserver
from gapmatch.quarters import Quarter
from gapmatch.read import Extract, Side, list_files, read_listed_rows, refuse_same_content
from gapmatch.results.listed_rows import ListedRows
from gapmatch.results.run_results import PublishOptions
from gapmatch.run.assessed_run import AssessedRun, GatedRun, Summary
from gapmatch.run.checkpoints import hash_run, locate_run_folder, remove, remove_others
from gapmatch.run.commit import RunCommit, watch_completion
from gapmatch.run.earlier_quarters import load_earlier_links
from gapmatch.run.engine import Engine, EngineChoice, open_engine
from gapmatch.run.gate_check import accept_findings, find_doubts, note_lost_units
from gapmatch.run.housekeeping import finish_moves, list_papers, refuse_lost_database
from gapmatch.run.model_training import replace_scorecards
from gapmatch.run.parquet_run import install_parquet, summarise_parquet
from gapmatch.settings.load import Settings, load_workspace_settings
from gapmatch.store.backups import describe_rows
from gapmatch.store.checksums import find_ledger_damage
from gapmatch.store.frames import WORKING_COLUMNS
from gapmatch.store.lock import Holder, lock_workspace
from gapmatch.store.runs import Store, get_utc_now
from gapmatch.wording.sentences import add_sentences
from gapmatch.workspace_files import PARQUET_FOLDER, RANKING_MODEL_NAME

_FIRST_QUARTER = Quarter(1999, 1)
"""The levying of social insurance premiums is regulated since 1999."""


@dataclass(frozen=True)
class Sources:
    """Files and folders of the three sources; no registry is an empty sequence."""

    tax: Sequence[Path]
    enrollment: Sequence[Path]
    registry: Sequence[Path] = ()

    def files(self) -> list[Path]:
        """Return every file of the sources; raise ``InputError`` if one is missing."""
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
    """Whether the tax list is one to verify, overriding the settings."""


def run_quarter(
    quarter: str,
    sources: Sources,
    workspace: Path,
    observer: StageObserver,
    options: RunOptions | None = None,
) -> Summary:
    """Run a quarter in ``workspace``: replaces that quarter's results, or leaves all as it was.

    What it writes is in the language of the settings; the summary, like every error, in the one
    of this process. Raises ``GapmatchError`` with a remedy.
    """
    refuse_mistyped_quarter(quarter, date.today())
    refuse_lost_database(workspace)
    started, start = get_utc_now(), perf_counter()
    clock, chosen = Clock(observer), options or RunOptions()
    settings = load_run_settings(workspace, verify=chosen.verify)
    finished = locate_run_folder(workspace, quarter, hash_run(sources.files(), settings))
    out, parquet = workspace / "out" / quarter, workspace / PARQUET_FOLDER / quarter
    with watch_completion(out) as done, open_engine(chosen.engine, finished, settings) as engine:
        with clock.stage("read"):
            extracts = read_sources(sources, settings, engine)
        with lock_workspace(workspace, f"run {quarter}") as died, Store.open(workspace) as store:
            recovered = [*_describe_death(died), *map(str, finish_moves(workspace, store))]
            recovered += [*_describe_edits(store), *_describe_old_papers(workspace, quarter)]
            remove_others(finished)
            basis = load_basis(settings, workspace, store, quarter)
            found = _assess(engine, extracts, quarter, basis, clock)
            doubts = find_doubts(store, quarter, extracts, found, settings)
            gate = accept_findings(doubts, chosen.accept)
            common = (quarter, started, extracts, settings, gate, recovered)
            written = engine.find_results()
            if isinstance(found, ParquetOnlyResult):
                assert written is not None  # the engine wrote them there
                quality = add_lost_units(found.quality, gate.lost)
                large = GatedRun(*common, quality, [*found.notes, *note_lost_units(gate.lost)])
                summary = summarise_parquet(large, written, parquet, clock, start)
                with install_parquet(written, parquet, started, summary):
                    pass  # nothing of it is in the store
            else:
                found = add_run_sentences(_drop_working_columns(found), settings)
                listed = read_list_to_verify(sources, settings)
                quality = add_lost_units(found.linkage, gate.lost)
                notes = [*found.notes, *note_lost_units(gate.lost)]
                result = AssessedRun(*common, quality, notes, found, listed)
                with install_parquet(written, parquet, started, None):
                    done.run = RunCommit(store, workspace, chosen.publish, clock).commit(result)
                counties = result.count_by_county()
                summary = result.summarise(done.run, out, counties, clock, start)
            remove(workspace, quarter)
    return summary


def load_run_settings(workspace: Path, *, verify: bool) -> Settings:
    """Return the workspace's settings with its ranking; ``verify``: for a list to verify."""
    own = load_workspace_settings(workspace)
    if verify:
        own = own.model_copy(update={"tax_list": "verify"})
    return replace_scorecards(own, workspace / RANKING_MODEL_NAME)


def load_basis(settings: Settings, workspace: Path, store: Store | None, quarter: str) -> Basis:
    """Return what an assessment goes by besides its lists; without a store, nothing earlier."""
    memory = None
    if store:
        links = load_earlier_links(store, quarter)
        memory = Memory(load_decisions(store.db), load_visits(store.db), links)
    return Basis(settings, load_configured_model(settings, workspace), memory)


def _assess(
    engine: Engine, extracts: Sequence[Extract], quarter: str, basis: Basis, clock: Clock
) -> Assessment | ParquetOnlyResult:
    large = engine.assess_to_parquet(extracts, quarter, basis, clock)
    return large or engine.assess(extracts, quarter, basis, clock)


def _describe_death(died: Holder | None) -> list[str]:
    """Return a sentence on who held the workspace last and did not live to let go."""
    if died is None:
        return []
    text = _("上一次运行没有正常结束（{doing}，进程 {pid}，自 {since} 起），已清理，不影响结果")
    return [text.format(doing=died.doing, pid=died.pid, since=died.since)]


def _describe_edits(store: Store) -> list[str]:
    """Return a sentence on what was changed in the ledger by something else than gapmatch."""
    tables = [describe_rows(damage) for damage in find_ledger_damage(store.db)]
    if not tables:
        return []
    text = _("台账与写入时不同（已损坏，或被别的程序改过）：{tables}；请运行 gapmatch doctor 查看")
    return [text.format(tables=_("、").join(tables))]


def _describe_old_papers(workspace: Path, quarter: str) -> list[str]:
    """Return a sentence on slips, letters and tables of the results that this run replaces."""
    names = _("、").join(folder.name for folder in list_papers(workspace, quarter))
    text = _("out/ 里的 {names} 是按以前的结果做的，名单可能变了：要用的请重新做")
    return [text.format(names=names)] if names else []


def refuse_mistyped_quarter(quarter: str, today: date) -> None:
    """Raise ``InputError`` for a quarter long ago, or later than the next one."""
    wanted, newest = Quarter.parse(quarter), Quarter.from_day(today).next()
    if _FIRST_QUARTER <= wanted <= newest:
        return
    raise InputError(
        _("季度像是写错了：{quarter}（今天是 {today}）").format(quarter=quarter, today=today),
        _("请核对；可以运行的是 {first} 到 {newest}。本机日期不对的，请先改正。").format(
            first=_FIRST_QUARTER, newest=newest
        ),
    )


def _drop_working_columns(assessment: Assessment) -> Assessment:
    """Return ``assessment`` without what only the linkage reads: a third of the memory of FIRMS."""
    firms, units = (frame.drop(WORKING_COLUMNS) for frame in (assessment.firms, assessment.units))
    return replace(assessment, firms=firms, units=units)


def add_run_sentences(assessment: Assessment, settings: Settings) -> Assessment:
    """Return ``assessment`` with its sentences, in the language of the settings."""
    frames = {"firms": assessment.firms, "gaps": assessment.gaps, "targets": assessment.targets}
    worded = add_sentences(frames, settings, settings.language)
    return replace(assessment, gaps=worded["gaps"], targets=worded["targets"])


def read_sources(sources: Sources, settings: Settings, engine: Engine) -> list[Extract]:
    """Read the sources that are given, and refuse the same file under two of them."""
    given = {
        Side.TAX: sources.tax,
        Side.ENROLLMENT: sources.enrollment,
        Side.REGISTRY: sources.registry,
    }
    there = [side for side, paths in given.items() if paths]
    extracts = map_threads(lambda side: engine.read(side, given[side], settings), there, len(given))
    refuse_same_content(extracts)
    return extracts


def read_list_to_verify(sources: Sources, settings: Settings) -> ListedRows | None:
    """Return the tax list with its own columns if it is one to verify, for the reply."""
    if settings.tax_list != "verify":
        return None
    return read_listed_rows(sources.tax, settings.columns.get("tax", {}), settings.read)


def load_configured_model(settings: Settings, workspace: Path = Path()) -> Model:
    """Return the linkage model named in the settings (relative to ``workspace``), else shipped."""
    named = settings.linkage.model
    return load_model(workspace / named) if named else load_shipped_model()
