"""A quarter on Spark itself: the same files as from the local engine, whatever happens on the way."""

import os
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest
from two_runs import no_spark, run, small_tasks, tables

from gapmatch.cli import main
from gapmatch.ledger.cases import read_ledger
from gapmatch.ledger.entries import ReviewDecision, Visit, insert_visits
from gapmatch.ledger.filled_rows import Pair
from gapmatch.ledger.review_queue import record_decision
from gapmatch.run.quarter_run import Sources
from gapmatch.spark.cluster import Cluster
from gapmatch.store.runs import Store, get_utc_now
from gapmatch.synth.plan import Plan
from gapmatch.synth.prefecture import make_prefecture
from gapmatch.synth.write import write_extracts
from gapmatch.workspace_files import CHECKPOINTS_FOLDER

pytestmark = pytest.mark.skipif(bool(no_spark()), reason=no_spark() or "Spark can be run")

BEFORE, QUARTER = "2022Q3", "2022Q4"
EXTRACTS = Path(__file__).parents[3] / "shared/data/extracts"


@dataclass(frozen=True)
class Taught:
    """A workspace in which people have decided and visited, and the next quarter's files."""

    workspace: Path
    sources: Sources
    local: dict[str, bytes]

    def copy(self, target: Path) -> Path:
        """Return a workspace like it."""
        return shutil.copytree(self.workspace, target)


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Taught:
    folder = tmp_path_factory.mktemp("taught")
    plan = Plan(seed=3, firms=1_200, quarters=(BEFORE, QUARTER), prefectures=("520400",))
    files = write_extracts(make_prefecture(plan), folder / "extracts")
    sources = {q: Sources(f.tax, f.enrollment, f.registry) for q, f in files.items()}
    small_tasks(folder / "w")
    run(BEFORE, sources[BEFORE], folder / "w")
    enter_decisions(folder / "w")
    enter_visits(folder / "w")
    shutil.copytree(folder / "w", folder / "local")
    run(QUARTER, sources[QUARTER], folder / "local")
    local = tables(folder / "local", QUARTER)
    untaught = folder / "untaught"
    small_tasks(untaught)
    run(QUARTER, sources[QUARTER], untaught)
    assert tables(untaught, QUARTER)["gaps.csv"] != local["gaps.csv"]
    return Taught(folder / "w", sources[QUARTER], local)


def enter_decisions(workspace: Path) -> None:
    """Confirm pairs and refuse pairs, against what was found."""
    with Store.open(workspace) as store:
        results = store.results(BEFORE)
        firms, units = results["firms"], results["units"]
        pairs = (
            results["links"]
            .filter(pl.col("unit").is_not_null())
            .join(firms, on="firm")
            .join(units, on="unit", suffix="_unit")
            .sort("firm", "unit")
        )
        matches = pairs.filter(pl.col("decision") == "match").head(15)
        others = pairs.filter(pl.col("decision") != "match").head(15)
        for verdict, some in (("different", matches), ("same", others)):
            for row in some.iter_rows(named=True):
                pair = Pair(
                    row["taxpayer_code"],
                    row["standard_name"],
                    row["unit_id"],
                    None,
                    row["standard_name_unit"],
                )
                names = (row["name"], row["name_unit"])
                record_decision(store, ReviewDecision(pair, verdict, "某乙", BEFORE, given=names))


def enter_visits(workspace: Path) -> None:
    """Say of the first targets what a visit found."""
    outcomes = ("enrolled", "matched_late", "dispatch", "no_staff")
    with Store.open(workspace) as store:
        cases = read_ledger(store.db).cases.unique("code", keep="first").sort("case_id").head(40)
        rows = [
            (
                case["case_id"],
                Visit(
                    firm_code=case["code"],
                    firm_name=case["standard_name"],
                    outcome=outcomes[number % len(outcomes)],
                    who="某乙",
                    quarter=BEFORE,
                    visited_on="2022-10-20",
                    persons=3,
                ),
            )
            for number, case in enumerate(cases.iter_rows(named=True))
        ]
        with store.db.atomic():
            insert_visits(store.db, rows, get_utc_now())


@dataclass
class Steps:
    """Which steps were asked for, and which of them had to be done; ``before`` is told of each."""

    asked: list[str]
    done: list[str]
    before: Callable[[Cluster, str], None] = lambda cluster, step: None


@pytest.fixture
def steps(monkeypatch) -> Steps:
    found, work = Steps([], []), Cluster.run_step

    def counted(self, step, task, *parts):
        found.before(self, step)
        found.asked.append(step)
        if not (self.folder / step / "_SUCCESS").exists():
            found.done.append(step)
        return work(self, step, task, *parts)

    monkeypatch.setattr(Cluster, "run_step", counted)
    return found


@pytest.fixture
def tidy_workers() -> Iterator[None]:
    """Remove what workers of a cluster on this machine leave in the folder of Spark itself."""
    import pyspark

    work = Path(pyspark.__file__).parent / "work"
    before = set(work.glob("*"))
    yield
    for left in set(work.glob("*")) - before:
        shutil.rmtree(left, ignore_errors=True)


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is a thing of POSIX")
def test_a_run_that_lost_a_worker_and_was_stopped_goes_on_and_says_what_the_local_engine_says(
    taught, tmp_path, steps, capfd, monkeypatch
):
    monkeypatch.delenv("SPARK_CONF_DIR", raising=False)
    workspace = taught.copy(tmp_path / "w")
    s = taught.sources
    command = ["run", QUARTER, "--engine", "spark", "-w", str(workspace)]
    for name, paths in (("tax", s.tax), ("enrollment", s.enrollment), ("registry", s.registry)):
        command += [f"--{name}", *map(str, paths)]
    killer = Killer(list_python_workers)

    def disturb(cluster: Cluster, step: str) -> None:
        if step == "link-agreed":
            killer.begin(cluster.session)
        if step == "judged":
            raise KeyboardInterrupt

    steps.before = disturb
    assert main([*command, "--master", "local[2,4]"]) == 130
    assert killer.wait() == 1
    first = list(steps.done)
    assert "link-agreed" in first
    kept = next((workspace / CHECKPOINTS_FOLDER / QUARTER).iterdir())
    assert kept.stat().st_mode & 0o077 == 0
    steps.asked, steps.done, steps.before = [], [], lambda cluster, step: None
    assert main([*command, "--master", "local[2]"]) == 0
    assert steps.done[0] == "judged"
    assert not set(first) & set(steps.done)
    assert set(first) <= set(steps.asked)
    assert_done(taught, workspace)
    told = capfd.readouterr()
    assert not [word for word in ("WARN", "log4j", "incubator", "py4j") if word in told.err]


@pytest.mark.long
@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is a thing of POSIX")
def test_an_executor_that_is_killed_changes_nothing(taught, tmp_path, steps, tidy_workers):
    workspace = taught.copy(tmp_path / "w")
    killer = Killer(list_executors)

    def disturb(cluster: Cluster, step: str) -> None:
        if step == "link-agreed":
            killer.begin(cluster.session)

    steps.before = disturb
    run(QUARTER, taught.sources, workspace, "local-cluster[2,1,2048]")
    assert killer.wait() == 1
    assert_done(taught, workspace)


def assert_done(taught: Taught, workspace: Path) -> None:
    """The quarter is what the local engine says, lies as Parquet too, and left no steps behind."""
    assert tables(workspace, QUARTER) == taught.local
    links = pl.read_parquet(workspace / "parquet" / QUARTER / "links" / "*.parquet")
    assert links.height == pl.read_csv(workspace / "out" / QUARTER / "links.csv").height
    assert not (workspace / CHECKPOINTS_FOLDER).exists()


class Killer:
    """Kills one of the processes that a run has set to work, as soon as they work."""

    def __init__(self, list_victims: Callable[[], list[int]]) -> None:
        self.list_victims, self.killed = list_victims, 0

    def begin(self, session) -> None:
        self.thread = threading.Thread(target=self._kill_one, args=(session,))
        self.thread.start()

    def wait(self) -> int:
        """Return how many were killed."""
        self.thread.join()
        return self.killed

    def _kill_one(self, session) -> None:
        jobs = session.sparkContext.statusTracker()
        end = time.monotonic() + 60
        while not jobs.getActiveJobsIds() and time.monotonic() < end:
            time.sleep(0.01)
        os.kill(self.list_victims()[0], signal.SIGKILL)
        self.killed += 1


def list_executors() -> list[int]:
    found = [pid for pid in own_processes() if b"CoarseGrainedExecutorBackend" in command(pid)]
    assert len(found) == 2
    return found


def list_python_workers() -> list[int]:
    """Python's processes that do the work: the daemon, which Java started, has forked them."""
    daemons = [pid for pid in own_processes() if b"pyspark.daemon" in command(pid)]
    return [pid for pid in daemons if parent_of(pid) in daemons]


def own_processes() -> list[int]:
    """Return the processes that descend from this one."""
    every = [int(p.name) for p in Path("/proc").iterdir() if p.name.isdigit()]
    parents = {pid: parent for pid in every if (parent := parent_of(pid))}
    own: set[int] = {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in own} - own:
        own |= more
    return sorted(own - {os.getpid()})


def parent_of(pid: int) -> int:
    """Return the parent of a process; 0 where it is gone."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
    except (OSError, IndexError):
        return 0


def command(pid: int) -> bytes:
    """Return the command line of a process; empty where it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


@pytest.mark.long
@pytest.mark.skipif(not EXTRACTS.is_dir(), reason="the shared extracts are not on this machine")
def test_the_shared_extracts_are_linked_as_by_the_local_engine(tmp_path):
    files = (["正常纳税企业清册.xlsx"], ["参保单位.csv"], ["市场主体登记.csv"])
    sources = Sources(*([EXTRACTS / QUARTER / name for name in names] for names in files))
    for name, master in (("local", None), ("spark", "local[2]")):
        small_tasks(tmp_path / name, rows=12_000)
        run(QUARTER, sources, tmp_path / name, master)
    assert tables(tmp_path / "spark", QUARTER) == tables(tmp_path / "local", QUARTER)
