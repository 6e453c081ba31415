"""A process that is killed at any moment loses nothing and leaves the old quarter or the new one, never a mixture.

What a death at each single operation of a run's end leaves is tested by ``tests/faults``, without a process.
"""

import hashlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from gapmatch.cli import main
from gapmatch.ledger.entries import ReviewDecision, load_decisions
from gapmatch.ledger.filled_rows import Pair
from gapmatch.ledger.review_queue import record_decision
from gapmatch.store.lock import HOLDER_NAME
from gapmatch.store.runs import Store
from gapmatch.synth.plan import Plan
from gapmatch.synth.prefecture import make_prefecture
from gapmatch.synth.write import write_extracts
from gapmatch.workspace_files import DATABASE_NAME

pytestmark = pytest.mark.skipif(os.name != "posix", reason="SIGKILL is a thing of POSIX")

QUARTER = "2022Q4"
KILLS = int(os.environ.get("GAPMATCH_KILLS", "0"))
"""How many runs are killed by the clock, which takes minutes; each sign kills one in every test."""
SIGNS = {
    "it holds the workspace": HOLDER_NAME,
    "its files are begun": f"out/.{QUARTER}.new-*",
    "its files are whole": f"out/.{QUARTER}.new-*/run.json",
    "the old files give way": f"out/.{QUARTER}.old-*",
}
"""What is seen in the workspace when a run is killed: however slow the machine, at this step."""


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

    def kill_at_sign(self, sign: str) -> bool:
        """Kill a run as soon as a file of the pattern ``sign`` is there; False where it was over already."""
        process = self.start()
        while process.poll() is None and not next(self.workspace.glob(sign), None):
            time.sleep(0.001)
        return self._end(process)

    def kill(self, moment: float) -> bool:
        """Kill a run after ``moment`` of its life (0 to 1); False where it was over already."""
        process = self.start()
        time.sleep(moment * self.life)
        return self._end(process)

    def _end(self, process: subprocess.Popen[bytes]) -> bool:
        process.send_signal(signal.SIGKILL)
        return process.wait() == -signal.SIGKILL


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Return the command that runs a few firms: most of a life is then its beginning and its end."""
    folder = tmp_path_factory.mktemp("extracts")
    plan = Plan(seed=2, firms=40, quarters=(QUARTER,), prefectures=("520400",))
    files = write_extracts(make_prefecture(plan), folder)[QUARTER]
    sources = ("--tax", *files.tax, "--enrollment", *files.enrollment)
    return [sys.executable, "-m", "gapmatch", "run", QUARTER, *map(str, sources), "--quiet"]


def test_a_run_killed_at_a_step_leaves_the_old_quarter_or_the_new(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    victim = Victim(command, tmp_path / "workspace")
    victim.live()
    kills = survive(victim, [partial(victim.kill_at_sign, sign) for sign in SIGNS.values()])
    capsys.readouterr()
    assert kills >= len(SIGNS) - 1  # the last step is over in an instant


@pytest.mark.skipif(not KILLS, reason="GAPMATCH_KILLS says how often: minutes")
def test_a_run_killed_at_any_moment_leaves_the_old_quarter_or_the_new(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = Victim(command, tmp_path / "first"), Victim(command, tmp_path / "second")
    first.live()
    second.life = first.life
    fresh = KILLS // 4
    kills = survive_in_empty_workspace(second, list(moments(fresh)))
    # Half of the rest hits the last tenth, in which store and files change.
    times = [m if n % 2 else 0.9 + m / 10 for n, m in enumerate(moments(KILLS - fresh))]
    kills += survive(first, [partial(first.kill, moment) for moment in times])
    capsys.readouterr()
    assert kills >= KILLS // 2


def survive(victim: Victim, kills: Sequence[Callable[[], bool]]) -> int:
    """Kill runs of a workspace that holds a quarter and a decision; return how many were killed."""
    decide(victim.workspace)
    before, killed = standing(victim.workspace), 0
    for kill in kills:
        killed += kill()
        before = _check(victim.workspace, {before, before + 1})
        assert decisions(victim.workspace) == 1
    assert [path.name for path in (victim.workspace / "out").iterdir()] == [QUARTER]
    return killed


def survive_in_empty_workspace(victim: Victim, times: Sequence[float]) -> int:
    """Kill first runs of a workspace until one got through; return how many were killed."""
    kills = 0
    for moment in times:
        kills += victim.kill(moment)
        if _check(victim.workspace, {0, 1}):
            break
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
    """Yield moments spread evenly over a life by the golden ratio's steps."""
    for number in range(count):
        yield (number * 0.6180339887 + 0.5) % 1.0


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
        assert store.results(QUARTER)["firms"].height > 30
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
