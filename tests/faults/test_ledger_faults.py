"""Imports, purge, withdrawal and backup that fail or are killed anywhere have done all of their work, or none."""

from collections.abc import Callable
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
from filled_workbooks import VISITS, fill
from trials import Trials

from gapmatch.api.operations import withdraw
from gapmatch.api.returns import import_visits, undo_import
from gapmatch.api.stores import open_store, open_store_for_writing
from gapmatch.ledger.filled_rows import FilledBook, FilledRow, Pair
from gapmatch.ledger.import_reviews import import_reviews
from gapmatch.pipeline import NullObserver
from gapmatch.results.run_results import PublishOptions
from gapmatch.run.quarter_run import RunOptions, Sources, run_quarter
from gapmatch.store.backups import backup
from gapmatch.store.purge import purge
from gapmatch.store.runs import Store
from gapmatch.synth.plan import Plan
from gapmatch.synth.prefecture import make_prefecture
from gapmatch.synth.write import write_extracts

QUARTER = "2022Q4"
VISIT = {"outcome": "已参保缴费", "date": "2022-11-03", "persons": 3, "remark": "电话已通"}
TURNS = 2


def clear_persons(workspace: Path) -> None:
    with open_store_for_writing(workspace, "purge") as store:
        purge(store, "2023Q1")


def enter_review(workspace: Path) -> None:
    """Import a decision on a firm that was visited; a small quarter leaves none to be reviewed."""
    with open_store_for_writing(workspace, "review import") as store:
        firm = store.db.execute("SELECT firm_code, firm_name FROM visits").fetchone()
        pair = Pair(*firm, "1", None, "乙")
        row = FilledRow("a.xlsx", "待核实", 5, pair, {"verdict": "同一单位"})
        book = FilledBook("a.xlsx", "0" * 64, None, QUARTER, None, None, reviews=[row])
        import_reviews(store, [book], "某乙")


TASKS: dict[str, Callable[[Path], object]] = {
    "visits": lambda w: import_visits(find_books(w, "again"), workspace=w, who="某甲"),
    "reviews": enter_review,
    "undo": lambda w: undo_import(1, workspace=w),
    "purge": clear_persons,
    "withdraw": lambda w: withdraw(QUARTER, "写错", workspace=w),
    "backup": backup,
}


def find_books(workspace: Path, folder: str) -> list[Path]:
    return sorted((workspace.parent / folder).glob("*.xlsx"))


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a workspace with a quarter and an import, next to workbooks that are still to come in."""
    folder = tmp_path_factory.mktemp("ledger")
    plan = Plan(seed=2, firms=80, quarters=(QUARTER,), prefectures=("520400",))
    files = write_extracts(make_prefecture(plan), folder / "extracts")[QUARTER]
    workspace = folder / "workspace"
    options = RunOptions(PublishOptions(processes=1))
    run_quarter(QUARTER, Sources(files.tax, files.enrollment), workspace, NullObserver(), options)
    books = sorted((workspace / "out" / QUARTER / "counties").glob("*.xlsx"))
    for name, given in (("first", books[::2]), ("again", books[1::2])):
        (folder / name).mkdir()
        for book in given:
            (folder / name / book.name).write_bytes(book.read_bytes())
            fill(folder / name / book.name, {VISITS: lambda _row: VISIT})
    import_visits(find_books(workspace, "first"), workspace=workspace, who="某甲")
    return workspace


def read_state(workspace: Path) -> tuple[object, ...]:
    """Return what the tasks change: entries, remarks, quarters and persons of the store, copies."""
    counts = (
        "SELECT count(*) FROM visits",
        "SELECT count(*) FROM said",
        "SELECT count(remark) FROM visits",
        "SELECT count(*) FROM quarters",
        "SELECT count(*) FROM frames WHERE name = 'persons'",
    )
    with Store.open(workspace) as store:
        rows = [store.db.execute(sql).fetchone()[0] for sql in counts]
    return (*rows, len(list(workspace.glob("backups/*.db"))))


def check(workspace: Path, before: object, after: object, where: str) -> str:
    """Let the next command put things in order; the state must be one of both, undamaged. Say which."""
    with open_store(workspace) as store:
        held = store.quarters()
    state = read_state(workspace)
    assert state in (before, after), where
    bad = find_faults(workspace)
    assert not bad, f"{where}: {bad}"
    assert (workspace / "out" / QUARTER).exists() == (QUARTER in held), where
    return "new" if state == after else "old"


@pytest.mark.parametrize("task", TASKS)
def test_a_task_that_fails_or_dies_anywhere_is_done_or_not(
    filled: Path, tmp_path: Path, trials: Trials, task: str
) -> None:
    for folder in ("first", "again"):
        copytree(filled.parent / folder, tmp_path / folder)
    before = read_state(filled)
    after = die_everywhere(filled, tmp_path, trials, task)
    assert after != before
    number = list(TASKS).index(task)
    for kind in KINDS if IN_FULL else KINDS[number % 3 :: 3]:
        for turn in choose_turns(count_operations(filled, tmp_path, task, kind), TURNS):
            workspace = tmp_path / "trial"
            copytree(filled, workspace)
            fault = Fault(workspace, kind, turn)
            error = run_struck(fault, partial(TASKS[task], workspace))
            where = f"{task}, {kind.name}, {turn}: {fault.seen[-1:]}"
            with trials.trial(where):
                end = check(workspace, before, after, where)
                assert end == "new" or error is not None, where
                trials.count(end)
            rmtree(workspace)


def count_operations(filled: Path, folder: Path, task: str, kind: Kind) -> Fault:
    """Return the operations of a task that can fail in this way."""
    workspace = folder / "trial"
    copytree(filled, workspace)
    with arm(Fault(workspace, kind)) as fault:
        TASKS[task](workspace)
    rmtree(workspace)
    return fault


def die_everywhere(filled: Path, folder: Path, trials: Trials, task: str) -> tuple[object, ...]:
    """Check what a death at each operation leaves; return the state after the task."""
    workspace, before = folder / "trial", read_state(filled)
    copytree(filled, workspace)
    deaths = Deaths(workspace, Kind("killed", 0), images=folder / "images")
    with arm(deaths):
        TASKS[task](workspace)
    after = read_state(workspace)
    found = deaths.found if IN_FULL else deaths.found[-2 * TURNS :]
    for copy, where in found:
        with trials.trial(f"{task}, killed before {where}"):
            trials.count(check(copy, before, after, where))
    rmtree(workspace)
    return after
