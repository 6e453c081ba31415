"""Makes one operation after another fail: of files, by Python's audit events, and of SQLite, by its connection.

Operations are counted while a ``Fault`` is armed; the one whose turn it is fails, or all from then on
if the fault lasts, as a disk stays full. Only what concerns the workspace counts.

``Deaths`` lets nothing fail, but copies the workspace before each operation: what a process that is
killed there leaves behind, for what the system has of its files outlives it.
"""

import errno
import os
import random
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from gapmatch.errors import GapmatchError
from gapmatch.run.doctor import HealthCheck, doctor

IN_FULL = "GAPMATCH_FAULTS" in os.environ
REPEATED_SHARE = 1 / 3
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_CHANGES = (
    "os.mkdir",
    "os.rename",
    "os.remove",
    "os.rmdir",
    "os.chmod",
    "os.link",
    "shutil.copyfile",
)


@dataclass(frozen=True)
class Kind:
    """How an operation fails: with ``error`` (0: an interrupt), and whether it was carried out by then."""

    name: str
    error: int
    sqlite: int = sqlite3.SQLITE_IOERR
    lasts: bool = False
    late: bool = False
    only: tuple[str, ...] = ()
    """Operations that can fail so; empty: all."""


KINDS = (
    Kind("full", errno.ENOSPC, sqlite3.SQLITE_FULL, lasts=True, only=("write", "mkdir", "sql")),
    Kind("held open", errno.EACCES, lasts=True, only=("rename",)),
    Kind("denied", errno.EACCES, sqlite3.SQLITE_READONLY),
    Kind("broken", errno.EIO, sqlite3.SQLITE_IOERR),
    Kind("interrupted before", 0),
    Kind("interrupted after", 0, late=True, only=("write", "rename", "remove", "sql")),
)


@dataclass
class Fault:
    """The ``turn``-th operation in ``workspace`` fails as ``kind`` says; 0: none, they are only counted."""

    workspace: Path
    kind: Kind
    turn: int = 0
    seen: list[str] = field(default_factory=list)
    """Operations so far that could fail so."""
    sites: list[str] = field(default_factory=list)
    """The line of gapmatch that each of them comes from, with its operation."""

    def happen(self, operation: str, what: object) -> None:
        """Count an operation, and fail if it is its turn."""
        if self.kind.only and operation not in self.kind.only:
            return
        self.seen.append(f"{operation} {what}")
        self.sites.append(f"{operation} {_find_site()}")
        here = len(self.seen)
        if self.turn and (here == self.turn or (self.kind.lasts and here > self.turn)):
            raise self._error(operation, what)

    def _error(self, operation: str, what: object) -> BaseException:
        if not self.kind.error:
            return KeyboardInterrupt()
        if operation == "sql":
            error = sqlite3.OperationalError("injected")
            error.sqlite_errorcode = self.kind.sqlite
            return error
        return OSError(self.kind.error, os.strerror(self.kind.error), str(what))


def _find_site() -> str:
    """Return the innermost line of gapmatch that is at work."""
    frame = sys._getframe()
    while frame.f_back and f"{os.sep}gapmatch{os.sep}" not in frame.f_code.co_filename:
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


def choose_turns(fault: Fault, few: int) -> list[int]:
    """Return the turns to try of those that ``fault`` counted.

    In full (``make faults``): every line that does something fails, and a third of its repetitions, drawn
    by ``GAPMATCH_FAULTS`` as seed. In the suite: ``few``, spread evenly, the last ones among them.
    """
    count = len(fault.sites)
    if IN_FULL:
        draw = random.Random(int(os.environ["GAPMATCH_FAULTS"]))
        first = {site: turn for turn, site in reversed([*enumerate(fault.sites, 1)])}
        drawn = {turn for turn in range(1, count + 1) if draw.random() < REPEATED_SHARE}
        return sorted({*first.values(), *drawn, count})
    step, start = max(1, count / max(1, few - 2)), KINDS.index(fault.kind) + 1
    spread = {start + round(step * n) for n in range(few - 2)}
    return sorted(turn for turn in {*spread, count - 1, count} if 1 <= turn <= count)


@dataclass
class Deaths(Fault):
    """Copies ``workspace`` to ``images`` before each operation that finds it changed."""

    images: Path = Path()
    found: list[tuple[Path, str]] = field(default_factory=list)
    """Copies, each with the operation before which it was made."""
    state: object = None

    def happen(self, operation: str, what: object) -> None:
        """Copy the workspace unless it is as it was."""
        if _busy or not self.workspace.exists():
            return
        _busy.append(True)
        try:
            self._copy(f"{operation} {what}")
        finally:
            _busy.pop()

    def _copy(self, where: str) -> None:
        files = [(p, p.lstat()) for p in sorted(self.workspace.rglob("*"))]
        state = [(p, s.st_ino, s.st_size, s.st_mtime_ns) for p, s in files if p.suffix != ".db-shm"]
        if state == self.state:
            return
        self.state = state
        copy = self.images / str(len(self.found))
        copytree(self.workspace, copy, symlinks=True)
        self.found.append((copy, where))


_armed: list[Fault] = []
_busy: list[bool] = []


def _hook(event: str, args: tuple[Any, ...]) -> None:
    """Let operations on files fail before they are carried out."""
    if not _armed or _busy or event not in ("open", *_CHANGES):
        return
    fault, path = _armed[-1], args[0]
    if not isinstance(path, str | os.PathLike) or fault.kind.late:
        return
    # What removes a tree names its files without their folder.
    if str(fault.workspace) not in str(path) and not isinstance(fault, Deaths):
        return
    if event != "open":
        operation = "write" if event == "shutil.copyfile" else event.removeprefix("os.")
        fault.happen("remove" if operation == "rmdir" else operation, path)
    elif isinstance(args[2], int) and args[2] & _WRITES:
        fault.happen("write", path)
    else:
        fault.happen("read", path)


sys.addaudithook(_hook)


class _Connection(sqlite3.Connection):
    """Fails before or after a statement. What ends a transaction after an error does not fail."""

    def execute(self, sql: str, *args: Any) -> sqlite3.Cursor:
        with _statement(sql):
            return super().execute(sql, *args)

    def executemany(self, sql: str, *args: Any) -> sqlite3.Cursor:
        with _statement(sql):
            return super().executemany(sql, *args)


@contextmanager
def _statement(sql: str) -> Iterator[None]:
    counts = bool(_armed) and not sql.startswith("ROLLBACK")
    if counts and not _armed[-1].kind.late:
        _armed[-1].happen("sql", sql[:60])
    yield
    if counts and _armed and _armed[-1].kind.late:
        _armed[-1].happen("sql", sql[:60])


@contextmanager
def arm(fault: Fault) -> Iterator[Fault]:
    """Let ``fault`` happen in the block."""
    with pytest.MonkeyPatch.context() as patch:
        connect, fsync = sqlite3.connect, os.fsync
        patch.setattr(sqlite3, "connect", lambda *a, **k: connect(*a, **k, factory=_Connection))
        patch.setattr(os, "fsync", _failing("write", "fsync", fsync))
        patch.setattr(Path, "write_bytes", _write_half(Path.write_bytes))
        patch.setattr(Path, "rename", _failing("rename", "rename", Path.rename, audited=True))
        patch.setattr(Path, "unlink", _failing("remove", "unlink", Path.unlink, audited=True))
        _armed.append(fault)
        try:
            yield fault
        finally:
            _armed.pop()


def find_faults(workspace: Path) -> list[HealthCheck]:
    """Return what ``doctor`` finds, but for the disk's space and files that a death left half written."""
    named = ("工作目录", "未写完的文件")
    return [check for check in doctor(workspace) if not check.well and check.what not in named]


def run_struck(
    fault: Fault,
    work: Callable[[], object],
    errors: tuple[type[BaseException], ...] = (GapmatchError, KeyboardInterrupt),
) -> BaseException | None:
    """Return which of ``errors`` the ``work`` raised while ``fault`` was armed, if any."""
    try:
        with arm(fault):
            work()
    except errors as error:
        return error
    return None


def _failing(operation: str, name: str, work: Any, *, audited: bool = False) -> Any:
    """Return ``work`` that may fail: before it, unless the audit event does that, or after it."""

    def run(*args: Any, **kwargs: Any) -> Any:
        if _armed and not _armed[-1].kind.late and not audited:
            _armed[-1].happen(operation, name)
        result = work(*args, **kwargs)
        if _armed and _armed[-1].kind.late:
            _armed[-1].happen(operation, name)
        return result

    return run


def _write_half(write_bytes: Any) -> Any:
    """Return ``Path.write_bytes`` that may write the first half alone: so a full disk fails."""

    def write(path: Path, content: bytes) -> int:
        if _armed and str(_armed[-1].workspace) in str(path):
            fault = _armed[-1]
            try:
                fault.happen("write", f"{path.name}, half of it")
            except BaseException:
                _busy.append(True)
                try:
                    write_bytes(path, bytes(content)[: len(content) // 2])
                finally:
                    _busy.pop()
                raise
        return int(write_bytes(path, content))

    return write
