"""A run that is killed at any moment loses nothing and leaves the old quarter or the new one, never a mixture."""

import hashlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree, rmtree

import pytest

from gapmatch.cli import main
from gapmatch.ledger.entries import ReviewDecision, load_decisions
from gapmatch.ledger.filled_rows import Pair
from gapmatch.ledger.review_queue import record_decision
from gapmatch.store.lock import HOLDER_NAME
from gapmatch.store.runs import Store
from gapmatch.synth import Plan, make_prefecture, write_extracts
from gapmatch.workspace_files import DATABASE_NAME

pytestmark = pytest.mark.skipif(os.name != "posix", reason="SIGKILL is a thing of POSIX")

QUARTER = "2022Q4"
KILLS = int(os.environ.get("GAPMATCH_KILLS", "14"))
"""Set the variable to kill more often than there is time for in every test."""
FRESH = 4
"""Of these, so many at most hit the first run of each empty workspace."""
AT_ONCE = 2
"""Workspaces that are tried side by side."""


@dataclass
class Victim:
    """Runs to be killed in one workspace, and how long their life is (seconds)."""

    command: list[str]
    workspace: Path
    life: float = 0.0

    def start(self) -> subprocess.Popen[bytes]:
        """Begin a run."""
        command = [*self.command, "-w", str(self.workspace)]
        alone = {**os.environ, "POLARS_MAX_THREADS": "1"}
        quiet = subprocess.DEVNULL
        return subprocess.Popen(command, stdout=quiet, stderr=quiet, env=alone)

    def live(self) -> None:
        """Let a whole run pass, and time it."""
        begun = time.perf_counter()
        assert self.start().wait() == 0
        self.life = time.perf_counter() - begun

    def kill(self, moment: float) -> bool:
        """Kill a run after ``moment`` of its life (0 to 1); False where it was over already."""
        process = self.start()
        time.sleep(moment * self.life)
        process.send_signal(signal.SIGKILL)
        return process.wait() == -signal.SIGKILL


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Return the command that runs a small prefecture."""
    folder = tmp_path_factory.mktemp("extracts")
    plan = Plan(seed=2, firms=300, quarters=(QUARTER,), prefectures=("520400",))
    files = write_extracts(make_prefecture(plan), folder)[QUARTER]
    sources = ("--tax", *files.tax, "--enrollment", *files.enrollment)
    return [sys.executable, "-m", "gapmatch", "run", QUARTER, *map(str, sources), "--quiet"]


def test_a_run_killed_at_any_moment_leaves_the_old_quarter_or_the_new(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    victims = [Victim(command, tmp_path / str(number)) for number in range(AT_ONCE)]
    with ThreadPoolExecutor(AT_ONCE) as threads:
        kills = sum(threads.map(survive, victims))
    capsys.readouterr()
    assert kills >= KILLS


STEPS = (
    # Function, at whose call (or at whose end) the run kills itself; does the new run stand then?
    ("gapmatch.run.commit.stage_folder", "begin", False),
    ("gapmatch.run.commit.write_rows", "begin", False),
    ("gapmatch.run.commit.write_rows", "end", False),
    ("gapmatch.run.commit.write_results", "end", False),
    ("gapmatch.publish.folder_swap.preserve_edited_files", "end", False),
    ("gapmatch.run.commit.seal_folder", "end", False),
    ("gapmatch.store.runs.Store.finish_run", "end", False),
    ("gapmatch.run.commit.install_folder", "begin", True),
    ("gapmatch.publish.folder_swap._retire", "begin", True),
    ("gapmatch.publish.folder_swap._retire", "end", True),
    ("gapmatch.publish.folder_swap._rename", "end", True),
    ("gapmatch.run.commit.install_folder", "end", True),
)
"""The last 200 ms of a run, step by step."""

SUICIDE = """
import os, signal, sys
from importlib import import_module
def arm(path, moment):
    owner, name = path.rsplit(".", 1)
    try:
        owner = import_module(owner)
    except ModuleNotFoundError:
        module, cls = owner.rsplit(".", 1)
        owner = getattr(import_module(module), cls)
    work = getattr(owner, name)
    def die(*args, **kwargs):
        if moment == "begin":
            os.kill(os.getpid(), signal.SIGKILL)
        work(*args, **kwargs)
        os.kill(os.getpid(), signal.SIGKILL)
    setattr(owner, name, die)
arm(*sys.argv[1:3])
from gapmatch.cli import main
main(sys.argv[3:])
"""


def test_a_run_killed_at_any_step_of_its_end_leaves_the_old_quarter_or_the_new(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    steps = [STEPS[0::2], STEPS[1::2]]
    first = Victim(command, tmp_path / "0")
    first.live()
    copytree(first.workspace, tmp_path / "1")
    with ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(kill_at_steps, [command] * 2, [tmp_path / "0", tmp_path / "1"], steps))
    capsys.readouterr()


def kill_at_steps(command: list[str], workspace: Path, steps: Sequence[tuple]) -> None:
    """Kill a run at each step; the next command must find the run that stands, with its files."""
    run = whole(workspace)
    edited = next((workspace / "out" / QUARTER / "counties").glob("*.xlsx"))
    for function, moment, stands in steps:
        edited.write_bytes(function.encode() + moment.encode())
        arguments = [function, moment, *command[3:], "-w", str(workspace)]
        quiet = subprocess.DEVNULL
        process = subprocess.run(
            [sys.executable, "-c", SUICIDE, *arguments], stdout=quiet, stderr=quiet, check=False
        )
        assert process.returncode == -signal.SIGKILL, function
        assert main(["runs", "-w", str(workspace)]) == 0
        run += stands
        if stands:
            assert whole(workspace) == run, (function, moment)
        else:
            assert standing(workspace) == run, (function, moment)
            assert edited.read_bytes() == function.encode() + moment.encode()
        assert [path.name for path in (workspace / "out").iterdir()] == [QUARTER]
    kept = {path.read_bytes() for path in (workspace / "out" / QUARTER / "填写过的旧表").iterdir()}
    assert {f.encode() + m.encode() for f, m, stands in steps if stands} <= kept


def survive(victim: Victim) -> int:
    """Kill runs of a workspace, empty at first, check it each time, and return how many were killed."""
    kills = 0
    victim.live()
    for place in victim.workspace.iterdir():
        place.unlink() if place.is_file() else rmtree(place)
    for moment in moments(FRESH):
        kills += victim.kill(moment)
        before = _check(victim.workspace, {0, 1})
        if before:
            break
    if not before:
        victim.live()
    victim.live()
    decide(victim.workspace)
    before = standing(victim.workspace)
    for moment in moments(KILLS // AT_ONCE):
        kills += victim.kill(moment)
        before = _check(victim.workspace, {before, before + 1})
        assert decisions(victim.workspace) == 1
        if kills >= KILLS / AT_ONCE:
            break
    victim.live()
    assert _check(victim.workspace, {before + 1})
    assert_tidy(victim.workspace)
    return kills


def _check(workspace: Path, expected: set[int]) -> int:
    """Give the next command, then compare store and files; return the run that stands, 0 for none."""
    code = main(["runs", "-w", str(workspace)])
    if not (workspace / DATABASE_NAME).is_file() or not standing(workspace):
        assert 0 in expected
        assert not (workspace / "out" / QUARTER).exists()
        return 0
    assert code == 0
    run = whole(workspace)
    assert run in expected
    return run


def moments(count: int) -> Iterator[float]:
    """Yield moments spread over a life; more of them, earlier ones, where runs ended too soon."""
    spread = 1.0
    while spread > 0.5:
        for number in range(count):
            # The golden ratio's steps: spread evenly however many of them are used.
            yield spread * ((number * 0.6180339887 + 0.5) % 1.0)
        spread *= 0.9


def decide(workspace: Path) -> None:
    """Enter a decision, which no run may lose."""
    with Store.open(workspace) as store:
        record_decision(
            store, ReviewDecision(Pair("1", "甲", "2", None, "乙"), "same", "某乙", QUARTER)
        )


def decisions(workspace: Path) -> int:
    """Return how many rows people have entered."""
    with Store.open(workspace) as store:
        return load_decisions(store.db).height


def standing(workspace: Path) -> int:
    """Return the run whose results stand, 0 where none does."""
    with Store.open(workspace) as store:
        return store.current_run_id(QUARTER) or 0


def whole(workspace: Path) -> int:
    """Return the run that store and files both are of, after checking both from end to end."""
    with closing(sqlite3.connect(workspace / DATABASE_NAME)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
    with Store.open(workspace) as store:
        run = store.current_run_id(QUARTER)
        assert run is not None
        assert store.results(QUARTER)["firms"].height > 250
    out = workspace / "out" / QUARTER
    info = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert info["run_id"] == run
    files = {p.relative_to(out).as_posix(): p for p in out.rglob("*") if p.is_file()}
    files = {name: path for name, path in files.items() if "填写过的旧表" not in name}
    del files["run.json"]
    assert {name: sha256(path) for name, path in files.items()} == info["outputs"]
    return run


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def assert_tidy(workspace: Path) -> None:
    """Nothing is left of the runs that were killed."""
    assert [path.name for path in (workspace / "out").iterdir()] == [QUARTER]
    assert not (workspace / HOLDER_NAME).exists()
