"""A job of the desk that fails anywhere tells its page what is there; so do files that it is given or that it writes.

The run of the job is one of a list handed down to be verified, after a quarter whose refused visits are handed over.
"""

import hashlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from shutil import copytree, rmtree

import pytest
from fault_injector import IN_FULL, KINDS, Fault, Kind, arm, choose_turns, find_faults, run_struck
from filled_workbooks import VISITS, fill
from trials import Trials

from gapmatch.api.papers import write_cases, write_slips
from gapmatch.api.quarter_files import write_table_books
from gapmatch.api.returns import import_visits
from gapmatch.api.stores import open_store
from gapmatch.api.workspace import Workspace
from gapmatch.desk import job_files, jobs
from gapmatch.desk.extract_list import _store
from gapmatch.desk.job_process import run_job
from gapmatch.desk.uploads import store_file
from gapmatch.errors import GapmatchError
from gapmatch.pipeline import NullObserver
from gapmatch.results.run_results import PublishOptions
from gapmatch.run.quarter_run import RunOptions, Sources, run_quarter
from gapmatch.synth.plan import Plan
from gapmatch.synth.prefecture import make_prefecture
from gapmatch.synth.write import write_extracts

BEFORE, QUARTER = "2022Q3", "2022Q4"
REFUSED = {"outcome": "拒不参保", "date": "2022-09-03", "remark": "改日再去"}
FEW = 3


@pytest.fixture(scope="module")
def ordered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, job_files.Job]]:
    """Return a workspace with a quarter and its refusals, and the order to run the next one."""
    folder = tmp_path_factory.mktemp("jobs")
    plan = Plan(seed=2, firms=60, quarters=(BEFORE, QUARTER), prefectures=("640200",))
    files = write_extracts(make_prefecture(plan), folder / "extracts")
    workspace, options = folder / "workspace", RunOptions(PublishOptions(processes=1))
    sources = Sources(files[BEFORE].tax, files[BEFORE].enrollment)
    run_quarter(BEFORE, sources, workspace, NullObserver(), options)
    books = sorted((workspace / "out" / BEFORE / "counties").glob("*.xlsx"))
    assert sum(fill(book, {VISITS: lambda _row: REFUSED}) for book in books)
    import_visits(books, workspace=workspace, who="某甲")
    lists = {"tax": files[QUARTER].tax, "enrollment": files[QUARTER].enrollment}
    order = jobs.JobOrder("run", QUARTER, lists, verify=True, accept="试")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gapmatch.publish.folder_swap._PAUSE_SECONDS", 0)
        patch.setattr("gapmatch.desk.job_files.ATTEMPT_SECONDS", 0)
        yield workspace, jobs._build_job(workspace, order)


def do_job(workspace: Path, job: job_files.Job) -> None:
    folder = job_files.find_job_folder(workspace)
    run_job(folder, job.number)


def prepare(ordered: tuple[Path, job_files.Job], workspace: Path) -> job_files.Job:
    """Copy the workspace and write the order into it, as the page does."""
    rmtree(workspace, ignore_errors=True)
    copytree(ordered[0], workspace)
    job = job_files.Job(**{**vars(ordered[1]), "workspace": str(workspace), "started": 0.0})
    job_files.write_record(job_files.find_job_folder(workspace), job_files.JOB, job)
    return job


@pytest.mark.parametrize("kind", KINDS if IN_FULL else KINDS[::5], ids=lambda kind: kind.name)
def test_a_job_that_fails_anywhere_tells_its_page_what_is_there(
    ordered: tuple[Path, job_files.Job], tmp_path: Path, trials: Trials, kind: Kind
) -> None:
    workspace = tmp_path / "trial"
    job = prepare(ordered, workspace)
    with arm(Fault(workspace, kind)) as counted:
        do_job(workspace, job)
    assert jobs.read_state(workspace).state == "done"
    names = {path.name for path in (workspace / "out" / QUARTER).rglob("*.*")}
    assert {"劳动监察.xlsx", "核查结果.xlsx", "复函.docx"} <= names
    # Each runs a quarter, whose own operations fail in the other tests: a fifth of them, in full.
    for turn in choose_turns(counted, FEW)[:: 5 if IN_FULL else 1]:
        job = prepare(ordered, workspace)
        fault = Fault(workspace, kind, turn)
        try:
            with arm(fault):
                do_job(workspace, job)
        except (GapmatchError, OSError, KeyboardInterrupt):
            pass  # the process ends; what it wrote to its log nobody reads
        with trials.trial(f"{kind.name}, {turn}: {fault.seen[-1]}"):
            trials.count(judge(workspace))


def judge(workspace: Path) -> str:
    """Compare what the page shows with what is there; return whether the quarter is the new one."""
    state = jobs.read_state(workspace)
    assert state.outcome is not None
    words = state.outcome.message + state.outcome.remedy
    with open_store(workspace) as store:
        stands = store.current_run_id(QUARTER) is not None
    assert (workspace / "out" / QUARTER / "run.json").exists() == stands
    if state.state == "done":
        assert stands
    elif stands:
        assert state.state == "failed", state
        assert "没有改动" not in words, words
        assert "不受影响" not in words, words
    bad = find_faults(workspace)
    assert not bad, bad
    return "new" if stands else "old"


def write_list(workspace: Path) -> None:
    write_cases(Workspace(workspace).cases(), workspace / "案件.xlsx", workspace=workspace)


TASKS: dict[str, Callable[[Path], object]] = {
    "cases": write_list,
    "tables": lambda w: write_table_books(BEFORE, workspace=w),
    "slips": lambda w: write_slips(BEFORE, workspace=w),
    "upload": lambda w: store_file(w, "extracts", next((w / "out" / BEFORE).rglob("*.xlsx"))),
    "choices": lambda w: _store(w, "choices.json", {"tax": ["甲.xlsx"]}),
}


def hash_files(workspace: Path) -> dict[str, str]:
    files = [path for path in workspace.rglob("*") if path.is_file()]
    return {
        str(path.relative_to(workspace)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
        if not path.name.startswith("gapmatch.")
    }


@pytest.mark.parametrize("task", TASKS)
def test_a_file_is_written_whole_or_stays_as_it_was(
    ordered: tuple[Path, job_files.Job], tmp_path: Path, trials: Trials, task: str
) -> None:
    workspace = tmp_path / "trial"
    before = hash_files(ordered[0])
    for kind in KINDS if IN_FULL else KINDS[list(TASKS).index(task) % 3 :: 3]:
        prepare(ordered, workspace)
        with arm(Fault(workspace, kind)) as counted:
            TASKS[task](workspace)
        after = hash_files(workspace)
        for turn in choose_turns(counted, FEW):
            prepare(ordered, workspace)
            fault = Fault(workspace, kind, turn)
            error = run_struck(fault, partial(TASKS[task], workspace))
            there = hash_files(workspace)
            with trials.trial(f"{task}, {kind.name}, {turn}: {fault.seen[-1]}"):
                left = there.keys() - after.keys()
                assert all(Path(name).name.startswith(".") for name in left), left
                assert all(there[n] in (before.get(n), after[n]) for n in there.keys() - left)
                assert there == after or error is not None
                trials.count("new" if there == after else "old")
