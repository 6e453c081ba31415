"""Run a command under a time and a memory limit and measure it with all its child processes (Linux)."""

import contextlib
import os
import resource
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter, sleep
from typing import IO

POLL_SECONDS = 0.2
GB = 1e9
_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Limits:
    """What a command may take before it is ended."""

    seconds: float
    gb: float


@dataclass(frozen=True)
class Watched:
    """What a command took, all its processes together.

    ``state``: ``done``, ``over 1200 s``, ``over 20 GB`` or ``failed: …``.
    """

    state: str
    wall: float
    cpu: float
    peak_gb: float
    output: str


@dataclass
class _Tree:
    """The processes of a command, as last seen."""

    root: int
    peak: float = 0.0
    cpu: dict[int, float] = field(default_factory=dict)

    def look(self) -> None:
        """Add up memory (shared pages once) and keep each process's CPU time, also past its end."""
        known = _processes()
        pids = _descendants(self.root, known)
        self.cpu |= {pid: known[pid].cpu for pid in pids}
        # One process knows its own peak; the shared pages of several are to be counted once.
        bytes_of = _proportional if len(pids) > 1 else _highest
        self.peak = max(self.peak, sum(map(bytes_of, pids)) / GB)

    def end(self) -> None:
        """Kill what is left of the command; it has a session of its own."""
        for pid in _descendants(self.root, _processes()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


@dataclass(frozen=True)
class _Process:
    parent: int
    session: int
    cpu: float


def watch(command: Sequence[str], limits: Limits) -> Watched:
    """Run ``command`` to its end or to the first limit."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        start = perf_counter()
        child = subprocess.Popen(command, stdout=output, stderr=errors, start_new_session=True)
        tree = _Tree(child.pid)
        try:
            over = _follow(child, tree, start, limits)
        finally:
            tree.end()
        used = _used(child)
        wall = perf_counter() - start
        state = over or _state(child.returncode, _text(errors))
        return Watched(
            state,
            wall,
            max(sum(tree.cpu.values()), used.ru_utime + used.ru_stime),
            tree.peak,
            _text(output),
        )


def _follow(
    child: subprocess.Popen[bytes], tree: _Tree, start: float, limits: Limits
) -> str | None:
    """Look at the processes until the first one has ended or a limit is passed; return which."""
    while not _ended(child.pid):
        tree.look()
        if perf_counter() - start > limits.seconds:
            return f"over {limits.seconds:g} s"
        if tree.peak > limits.gb:
            return f"over {limits.gb:g} GB"
        sleep(POLL_SECONDS)
    return None


def _ended(pid: int) -> bool:
    """Say whether a child has ended, and leave it to be waited for."""
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _used(child: subprocess.Popen[bytes]) -> resource.struct_rusage:
    _pid, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return used


def _state(code: int, errors: str) -> str:
    if code == 0:
        return "done"
    last = next((line for line in reversed(errors.splitlines()) if line.strip()), "")
    return f"failed: {last.strip() or f'exit code {code}'}"


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode("utf-8", errors="replace")


def _processes() -> dict[int, _Process]:
    """Return the machine's processes by number."""
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                found[int(folder.name)] = _read(folder)
    return found


def _read(folder: Path) -> _Process:
    """Read /proc/PID/stat (proc(5)); the name in brackets before the fields may hold blanks."""
    fields = (folder / "stat").read_text().rpartition(")")[2].split()
    return _Process(int(fields[1]), int(fields[3]), (int(fields[11]) + int(fields[12])) / _TICK)


def _descendants(root: int, known: Mapping[int, _Process]) -> list[int]:
    """Return ``root``, what it started, and what is left of its session where a parent is gone."""
    found = {pid for pid, process in known.items() if root in (pid, process.session)}
    while more := {pid for pid, p in known.items() if p.parent in found} - found:
        found |= more
    return sorted(found)


def _highest(pid: int) -> int:
    """Return the most memory that was ever resident (rusage would count that of our own before exec)."""
    return _kilobytes(Path(f"/proc/{pid}/status"), "VmHWM:")


def _proportional(pid: int) -> int:
    """Return resident memory in which a page of several processes counts in parts."""
    return _kilobytes(Path(f"/proc/{pid}/smaps_rollup"), "Pss:")


def _kilobytes(path: Path, name: str) -> int:
    """Return an entry of a /proc file in bytes; 0 where the process has just ended."""
    with contextlib.suppress(OSError):
        for line in path.read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1]) * 1024
    return 0
