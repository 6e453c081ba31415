"""Commit a run to the workspace: store and ``out/`` both stay old or both become new.

    1  stage      an empty folder next to out/2022Q4
    2  begin      one transaction of the database
    3  write      the run, its cases and its frames into the database
    4  write      all files into the staged folder, run.json last; then onto the disk
    5  commit     from here on the run stands
    6  install    the staged folder takes the place of out/2022Q4

Whatever happens before 5 ends leaves everything as it was. Whatever happens after it leaves a
complete folder of the run that stands: this run tries once more, else the next command does
(``housekeeping.finish_moves_if_idle``).
"""  # fmt: skip

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from gapmatch.errors import (
    GapmatchError,
    InterruptedRunError,
    PendingMoveError,
    PublishError,
    wrap_os_errors,
    wrap_sqlite_errors,
)
from gapmatch.explanation.link_parts import list_part_labels
from gapmatch.i18n import _, get_language, use_language
from gapmatch.ledger.case_progress import assess_cases, select_unfinished_cases, summarise_cases
from gapmatch.ledger.cases import (
    CasePlan,
    plan_cases,
    read_ledger,
    read_workspace_identity,
    write_plan,
)
from gapmatch.ledger.entries import sync_outcomes
from gapmatch.ledger.quarter_diff import Difference, compare_with_previous
from gapmatch.pipeline import Clock
from gapmatch.publish.folder_swap import finish_move, install_folder, seal_folder, stage_folder
from gapmatch.publish.outputs import write_results
from gapmatch.results.quarter_figures import count_figures
from gapmatch.results.run_results import PublishInput, PublishOptions
from gapmatch.run.assessed_run import AssessedRun
from gapmatch.run.column_profile import profile_columns
from gapmatch.run.earlier_quarters import find_drawn_rates, read_earlier_rows
from gapmatch.run.gate_check import log_gate
from gapmatch.store.database import connect_read_only
from gapmatch.store.frames import Frames, write_frame, write_frames
from gapmatch.store.runs import ExportKind, RunRecord, Store
from gapmatch.vocabulary.labels import list_labels
from gapmatch.vocabulary.outcomes import AUTHORITY_EFFECTS, list_outcomes_with
from gapmatch.wording.ledger_words import build_case_note


@dataclass(frozen=True)
class RunCommit:
    """Destination and form of a run's results."""

    store: Store
    workspace: Path
    options: PublishOptions
    clock: Clock

    def commit(self, result: AssessedRun) -> int:
        """Store and publish ``result``, and return the number of the run.

        Raises ``GapmatchError`` with the actual state: everything as it was, or
        (``PendingMoveError``, ``InterruptedRunError``) the new run.
        """
        place = self.workspace / "out" / result.quarter
        before = self.store.current_run_id(result.quarter)
        try:
            with wrap_os_errors(place, PublishError), wrap_sqlite_errors(self.store.path):
                staged = stage_folder(place)
                with self.store.transaction(), use_language(result.settings.language):
                    run = self._write_run(result, staged)
                install_folder(staged, place)
        except BaseException as error:
            stands = _read_committed_run(self.store.path, result.quarter)
            if stands is None or stands == before:
                _leave_as_it_was(error, place, before)
                raise
            _retry_move(error, place, stands)
            return stands
        return run

    def _write_run(self, result: AssessedRun, staged: Path) -> int:
        """Write the rows of the open transaction and the files of the staged folder."""
        with self.clock.stage("store"):
            kind = result.settings.tax_list
            plan = plan_run_cases(self.store, result.quarter, result.frames(), kind)
            frames = _add_cases(result.frames(), plan)
            run = write_rows(self.store, result.record(self.clock), frames, plan)
            log_gate(self.store, run, result.quarter, result.extracts, result.gate)
        with self.clock.stage("publish"):
            shown = self._collect_results(result, frames, run)
            written = write_results(shown, staged, self.options, self.workspace)
            self.store.record_files(result.quarter, written)
            seal_folder(staged, self.workspace / "out" / result.quarter, result.settings.language)
        self._log_contacts(result)
        self._log_handovers(result.quarter, shown)
        self.store.finish_run(run, self.clock.seconds)
        return run

    def _collect_results(self, result: AssessedRun, frames: Frames, run: int) -> PublishInput:
        """Return the input of publishing: frames, changes since last quarter, visit progress."""
        changed = compare_with_previous(self.store, result.quarter, frames)
        cases = assess_cases(self.store)
        results = PublishInput.from_frames(
            result.quarter,
            frames,
            run_info={
                **result.run_info(run, self.clock),
                "workspace": read_workspace_identity(self.store),
                "profile": _profile_sides(result, self.store),
            },
            changes=_describe_changes(changed) if changed else None,
            totals=changed.totals if changed else None,
            progress=summarise_cases(cases),
            part_labels=list_part_labels(),
            unfinished=select_unfinished_cases(cases),
            listed=result.listed,
        )
        figures = count_figures(results)
        write_frame(self.store.db, result.quarter, "figures", figures)
        earlier = self.store.find_comparable_quarter(result.quarter)
        before = self.store.read_figures(earlier) if earlier else None
        drawn = find_drawn_rates(self.store, before=result.quarter)
        return replace(results, figures=figures, figures_before=before, drawn_rates=drawn)

    def _log_handovers(self, quarter: str, shown: PublishInput) -> None:
        """Note how many cases were referred to other authorities."""
        handed_on = [code for e in AUTHORITY_EFFECTS for code in list_outcomes_with(e)]
        cases = shown.unfinished
        rows = 0 if cases is None else cases.filter(pl.col("outcome").is_in(handed_on)).height
        if rows:
            self.store.log_export(quarter, ExportKind.REFERRALS, rows)

    def _log_contacts(self, result: AssessedRun) -> None:
        if self.options.with_contacts:
            dormant = result.assessment.gaps.filter(pl.col("status") == "dormant").height
            shown = result.assessment.targets.height + dormant
            self.store.log_export(result.quarter, ExportKind.COUNTY_BOOKS, shown)
            if result.listed is not None:
                rows = result.listed.rows.height
                self.store.log_export(result.quarter, ExportKind.VERIFIED_LIST, rows)


def _profile_sides(result: AssessedRun, store: Store) -> dict[str, list[dict[str, Any]]]:
    """Return the profile of each side's columns as plain values, beside the last quarter's."""
    _quarter, earlier = read_earlier_rows(store, result.quarter)
    return {
        str(e.side): [asdict(p) for p in profile_columns(e, earlier.get(str(e.side)))]
        for e in result.extracts
    }


@dataclass
class Completion:
    """Which run is complete; 0: none yet."""

    run: int = 0


@contextmanager
def watch_completion(place: Path) -> Iterator[Completion]:
    """Report an interruption or bug in the block as after completion, once the run is complete."""
    completion = Completion()
    try:
        yield completion
    except KeyboardInterrupt as error:
        if not completion.run:
            raise
        raise _describe_interruption(place) from error
    except Exception as error:
        if completion.run and not isinstance(error, GapmatchError):
            text = _("{quarter} 的新结果已写入数据库和 {path}")
            error.add_note(text.format(quarter=place.name, path=place))
        raise


def plan_run_cases(store: Store, quarter: str, frames: Frames, kind: str = "discover") -> CasePlan:
    """Return the case numbers of ``quarter`` before it is written, for the workbooks to show.

    ``kind`` of its tax list: a firm that is not on a list of another kind is not gone.
    """
    others = [held for held in store.quarters() if store.read_list_kind(held) != kind]
    ledger = replace(read_ledger(store.db, before=quarter), other_quarters=others)
    plan = plan_cases(quarter, frames["firms"], frames["gaps"], frames["targets"], ledger)
    worded = plan.states.with_columns(build_case_note(get_language()).alias("note"))
    return replace(plan, states=worded)


def write_rows(store: Store, record: RunRecord, frames: Frames, plan: CasePlan) -> int:
    """Write a run, its cases and its frames in the open transaction; return its number."""
    run = store.add_run(record)
    sync_outcomes(store.db)
    write_plan(store.db, plan)
    write_frames(store.db, record.quarter, frames)
    return run


def _add_cases(frames: Frames, plan: CasePlan) -> dict[str, pl.DataFrame]:
    """Return ``frames`` with the case of each target, and whether it is new."""
    states = plan.states.select("firm", pl.col("state").alias("case_state")).drop_nulls("firm")
    numbers = plan.numbers.join(states, on="firm", how="left")
    targets = frames["targets"].join(numbers, on="firm", how="left", maintain_order="left")
    return {**frames, "targets": targets}


def _describe_changes(changed: Difference) -> pl.DataFrame:
    """Return ``kind``, ``change`` in words and ``firms``."""
    words = list_labels("change")
    return changed.summary.select("kind", pl.col("kind").replace(words).alias("change"), "firms")


def _read_committed_run(path: Path, quarter: str) -> int | None:
    """Return the run that stands for all to see, asked anew; ``None`` if nothing can be read."""
    with suppress(sqlite3.Error), closing(connect_read_only(path)) as connection:
        sql = "SELECT run FROM quarters WHERE quarter = ?"
        row = connection.execute(sql, [quarter]).fetchone()
        return int(row[0]) if row else None
    return None


def _leave_as_it_was(error: BaseException, place: Path, before: int | None) -> None:
    """Remove staged files, and add to the error that nothing changed."""
    with suppress(OSError, PublishError):
        finish_move(place, before)
    if isinstance(error, GapmatchError):
        error.remedy = (error.remedy + _("原有结果没有改动。")).strip()


def _retry_move(error: BaseException, place: Path, run: int) -> None:
    """Try once more to bring the files of a run to their place; raise what is to be known."""
    try:
        with wrap_os_errors(place, PublishError):
            finish_move(place, run)
    except BaseException as blocked:
        raise _describe_pending(place, blocked) from error
    if isinstance(error, KeyboardInterrupt):
        raise _describe_interruption(place) from error


def _describe_interruption(place: Path) -> InterruptedRunError:
    text = _("已中断，但本次运行已经完成：{quarter} 的新结果已写入数据库和 {path}。")
    return InterruptedRunError(text.format(quarter=place.name, path=place))


def _describe_pending(place: Path, blocked: BaseException) -> GapmatchError:
    known = blocked if isinstance(blocked, GapmatchError) else None
    kind = InterruptedRunError if isinstance(blocked, KeyboardInterrupt) else PendingMoveError
    return kind(
        _("{quarter} 的新结果已写入数据库，但新文件还没有换入 {path}{why}").format(
            quarter=place.name, path=place, why=f"：{known.message}" if known else ""
        ),
        _("{remedy}不必重新运行：下一条 gapmatch 命令（如 gapmatch runs）会把新文件换入。")
        .format(remedy=known.remedy if known else "")
        .strip(),
    )
