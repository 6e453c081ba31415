"""A run that fails or is killed at any file operation or SQL statement leaves the old quarter or the new one.

The suite tries some operations of each kind; ``make faults`` lets every line that does something fail.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from shutil import copytree, rmtree

import pytest
from fault_injector import (
    IN_FULL,
    KINDS,
    Deaths,
    Fault,
    Kind,
    arm,
    choose_turns,
    find_faults,
    run_struck,
)
from trials import Trials

from gapmatch.api.stores import open_store
from gapmatch.errors import InterruptedRunError, PendingMoveError
from gapmatch.ledger.entries import ReviewDecision, load_decisions
from gapmatch.ledger.filled_rows import Pair
from gapmatch.ledger.review_queue import record_decision
from gapmatch.pipeline import Clock, NullObserver
from gapmatch.publish.folder_swap import read_run_info
from gapmatch.results.run_results import PublishOptions
from gapmatch.run import quarter_run
from gapmatch.run.assessed_run import AssessedRun
from gapmatch.run.commit import RunCommit, watch_completion
from gapmatch.run.doctor import doctor
from gapmatch.run.housekeeping import find_unfinished_moves, finish_moves
from gapmatch.store.backups import backup, restore
from gapmatch.store.lock import lock_workspace
from gapmatch.store.runs import Store
from gapmatch.synth.plan import Plan
from gapmatch.synth.prefecture import make_prefecture
from gapmatch.synth.write import write_extracts
from gapmatch.workspace_files import DATABASE_NAME

QUARTER = "2022Q4"
EDITED = b"filled in by a county"
TURNS = 6
"""Turns of each kind that the suite tries."""


@dataclass(frozen=True)
class Prepared:
    """A workspace in which run 1 stands, with a workbook that was filled in; and run 2, to be brought in."""

    workspace: Path
    result: AssessedRun


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prepared]:
    """Return the workspace that every trial begins with."""
    folder = tmp_path_factory.mktemp("faults")
    plan = Plan(seed=2, firms=40, quarters=(QUARTER,), prefectures=("640200",))
    files = write_extracts(make_prefecture(plan), folder / "extracts")[QUARTER]
    caught: list[AssessedRun] = []

    class Catching(RunCommit):
        def commit(self, result: AssessedRun) -> int:
            caught.append(result)
            return super().commit(result)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(quarter_run, "RunCommit", Catching)
        sources = quarter_run.Sources(files.tax, files.enrollment)
        quarter_run.run_quarter(QUARTER, sources, folder / "workspace", NullObserver())
    with Store.open(folder / "workspace") as store:
        decision = ReviewDecision(Pair("1", "甲", "2", None, "乙"), "same", "某乙", QUARTER)
        record_decision(store, decision)
    county = next((folder / "workspace/out" / QUARTER / "counties").glob("*.xlsx"))
    county.write_bytes(EDITED)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gapmatch.publish.folder_swap._PAUSE_SECONDS", 0)
        yield Prepared(folder / "workspace", caught[0])


def bring_in(workspace: Path, result: AssessedRun) -> None:
    """Do what a run does once its quarter is assessed."""
    with (
        watch_completion(workspace / "out" / QUARTER) as completion,
        lock_workspace(workspace, f"run {QUARTER}"),
        Store.open(workspace) as store,
    ):
        finish_moves(workspace, store)
        commit = RunCommit(store, workspace, PublishOptions(processes=1), Clock())
        completion.run = commit.commit(result)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name.replace(" ", "-"))
def test_a_run_that_fails_anywhere_says_what_is_there(
    prepared: Prepared, tmp_path: Path, trials: Trials, kind: Kind
) -> None:
    counted = count_operations(prepared, tmp_path / "count", kind)
    assert counted.seen
    for turn in choose_turns(counted, TURNS):
        workspace = tmp_path / "trial"
        copytree(prepared.workspace, workspace)
        fault = Fault(workspace, kind, turn)
        error = run_struck(fault, partial(bring_in, workspace, prepared.result))
        where = f"{kind.name}, {turn}: {fault.seen[turn - 1]}"
        with trials.trial(where):
            trials.count(check(workspace, error, where))
        rmtree(workspace)


def count_operations(prepared: Prepared, workspace: Path, kind: Kind) -> Fault:
    """Return the operations that can fail in this way."""
    copytree(prepared.workspace, workspace)
    with arm(Fault(workspace, kind)) as fault:
        bring_in(workspace, prepared.result)
    check(workspace, None, "no fault")
    return fault


def check(workspace: Path, error: BaseException | None, where: str) -> str:
    """Compare what was said with what is there, then let the next command put it in order.

    Returns whether the old quarter or the new one stands.
    """
    before = standing(workspace)
    assert before in (1, 2), where
    if error is None or isinstance(error, PendingMoveError | InterruptedRunError):
        assert before == 2, where
    elif isinstance(error, KeyboardInterrupt) or "没有改动" in str(error):
        assert before == 1, where
    if (
        error is None
    ):  # the old files may still lie there under another name, the new ones are in place
        info = read_run_info(workspace / "out" / QUARTER)
        assert info is not None, where
        assert info["run_id"] == before, where
    with open_store(workspace) as store:
        assert store.current_run_id(QUARTER) == before, where
        assert load_decisions(store.db).height == 1, where
    bad = find_faults(workspace)
    assert not bad, f"{where}: {bad}"
    assert not find_unfinished_moves(workspace), where
    out = workspace / "out" / QUARTER
    assert EDITED in {path.read_bytes() for path in out.rglob("*.xlsx")}, where
    return ("old", "new")[before - 1]


def standing(workspace: Path) -> int:
    """Return the run that the store holds, before anything is put in order."""
    with Store.open(workspace) as store:
        return store.current_run_id(QUARTER) or 0


def choose_deaths(deaths: Deaths) -> list[tuple[Path, str]]:
    """Return the copies to check: all, or some, among them the last ones: the end is the hard part."""
    found = deaths.found
    return found if IN_FULL else found[: -2 * TURNS : len(found) // TURNS] + found[-2 * TURNS :]


def test_a_run_killed_at_any_operation_leaves_the_old_quarter_or_the_new(
    prepared: Prepared, tmp_path: Path, trials: Trials
) -> None:
    workspace, images = tmp_path / "trial", tmp_path / "images"
    copytree(prepared.workspace, workspace)
    deaths = Deaths(workspace, Kind("killed", 0), images=images)
    with arm(deaths):
        bring_in(workspace, prepared.result)
    stood = []
    for copy, where in choose_deaths(deaths):
        stood.append(standing(copy))
        expect = KeyboardInterrupt() if stood[-1] == 1 else InterruptedRunError("")
        with trials.trial(f"killed before {where}"):
            trials.count(check(copy, expect, where))
            info = read_run_info(copy / "out" / QUARTER)
            assert info is not None, where
            assert info["run_id"] == stood[-1], where
    assert stood == sorted(stood)
    assert set(stood) == {1, 2}


def test_a_first_run_killed_at_any_operation_leaves_nothing_or_all(
    prepared: Prepared, tmp_path: Path, trials: Trials
) -> None:
    deaths = Deaths(tmp_path / "trial", Kind("killed", 0), images=tmp_path / "images")
    with arm(deaths):
        bring_in(deaths.workspace, prepared.result)
    stood = []
    for copy, where in choose_deaths(deaths):
        with trials.trial(f"killed before {where}"):
            if not (copy / DATABASE_NAME).exists():
                assert not list(copy.rglob("*.xlsx")), where
                trials.count("old")
                continue
            with open_store(copy) as store:
                stood.append(store.current_run_id(QUARTER) or 0)
            assert (copy / "out" / QUARTER).exists() == bool(stood[-1]), where
            assert not find_unfinished_moves(copy), where
            bad = find_faults(copy)
            assert not bad, f"{where}: {bad}"
            trials.count("new" if stood[-1] else "old")
    assert stood == sorted(stood)
    assert set(stood) == {0, 1}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name.replace(" ", "-"))
def test_a_backup_that_is_put_back_is_there_or_the_old_database_is(
    prepared: Prepared, tmp_path: Path, trials: Trials, kind: Kind
) -> None:
    origin = tmp_path / "origin"
    origin.mkdir()
    (origin / DATABASE_NAME).write_bytes((prepared.workspace / DATABASE_NAME).read_bytes())
    copy = backup(origin, tmp_path / "copy.db")
    with Store.open(origin) as store:
        decision = ReviewDecision(Pair("3", "丙", "4", None, "丁"), "same", "某乙", QUARTER)
        record_decision(store, decision)
    counted = Fault(tmp_path / "count", kind)
    copytree(origin, counted.workspace)
    with arm(counted):
        restore(counted.workspace, copy)
    for turn in choose_turns(counted, 2 * TURNS):
        workspace = tmp_path / "trial"
        copytree(origin, workspace)
        fault = Fault(workspace, kind, turn)
        error = run_struck(fault, partial(restore, workspace, copy))
        with Store.open(workspace) as store:
            entered = load_decisions(store.db).height
        where = f"{kind.name}, {turn}: {fault.seen[-1:]}"
        with trials.trial(where):
            assert entered in ((1,) if error is None else (1, 2)), where
            damaged = [
                f for f in doctor(workspace) if not f.well and f.what.startswith(("完", "引", "人"))
            ]
            assert not damaged, where
            assert len(list(workspace.glob("gapmatch.db.*"))) == 0 or error is not None, where
            trials.count("new" if entered == 1 else "old")
        rmtree(workspace)
