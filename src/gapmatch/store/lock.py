"""One writer at a time in a workspace.

The lock is SQLite's own exclusive lock on a file next to the database: it works on every system
that the database itself works on, and the system lets go of it when its holder dies, however it
dies. Who holds it stands in a small text file, which a refused second run reads out.
"""

import json
import os
import platform
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from gapmatch.errors import BusyError, wrap_store_errors
from gapmatch.i18n import _
from gapmatch.private_files import make_private_file, make_workspace_folder, read_json_object
from gapmatch.store.runs import get_account, get_utc_now

LOCK_NAME = "gapmatch.lock"
HOLDER_NAME = "gapmatch.lock.json"


@dataclass(frozen=True)
class Holder:
    """Who holds the workspace: process, computer, account, since when (UTC), doing what."""

    pid: int
    host: str
    who: str | None
    since: str
    doing: str


@contextmanager
def lock_workspace(workspace: Path, doing: str) -> Iterator[Holder | None]:
    """Hold ``workspace`` as its one writer; ``doing`` is shown to others (``run 2022Q4``).

    Gives the holder before us if it died without letting go, else ``None``. Raises ``BusyError``
    with who holds it and since when.
    """
    path = workspace / LOCK_NAME
    with wrap_store_errors(path):
        make_workspace_folder(workspace)
        make_private_file(path)
        connection = sqlite3.connect(path, timeout=0, isolation_level=None)
    with closing(connection):
        _take(connection, workspace, path)
        before = read_holder(workspace)
        with wrap_store_errors(path):
            _write_holder(workspace, doing)
        try:
            yield before
        finally:
            with suppress(OSError):
                (workspace / HOLDER_NAME).unlink()


def _take(connection: sqlite3.Connection, workspace: Path, path: Path) -> None:
    try:
        connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            with wrap_store_errors(path):
                raise
        raise _describe_holder(workspace, read_holder(workspace)) from error


def read_holder(workspace: Path) -> Holder | None:
    """Return who is noted as holder, or ``None`` if no one is or the note cannot be read."""
    try:
        return Holder(**read_json_object(workspace / HOLDER_NAME))
    except TypeError:
        return None


def _write_holder(workspace: Path, doing: str) -> None:
    path = workspace / HOLDER_NAME
    make_private_file(path)
    holder = Holder(os.getpid(), platform.node(), get_account(), get_utc_now(), doing)
    path.write_text(json.dumps(asdict(holder), ensure_ascii=False), encoding="utf-8")


def _describe_holder(workspace: Path, holder: Holder | None) -> BusyError:
    wait = _("请等它结束后重试；若确认它已无响应，请结束该进程，无需删除任何文件。")
    if holder is None:
        return BusyError(_("另一次运行正在使用工作目录：{path}").format(path=workspace), wait)
    return BusyError(
        _(
            "工作目录正被占用：{path}（{doing}，进程 {pid}，计算机 {host}，用户 {who}，自 {since} "
            "起）"
        ).format(path=workspace, **asdict(replace(holder, who=holder.who or "?"))),
        wait,
    )
