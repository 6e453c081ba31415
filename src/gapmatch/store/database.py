"""Opening the workspace's database: private, in WAL mode, and with errors put into words."""

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlite_utils import Database

from gapmatch.errors import StoreError
from gapmatch.i18n import _

DATABASE_NAME = "gapmatch.db"
BUSY_SECONDS = 10.0
"""How long a statement waits for another program's short write before it gives up."""


def connect(path: Path) -> Database:
    """Open (and create, readable by its owner alone) the database at ``path``.

    WAL lets an analyst read while a run writes; ``synchronous=FULL`` makes what was committed survive
    a power cut. Where a network share cannot do WAL, SQLite stays in its default mode by itself.
    Raises ``sqlite3.Error`` or ``OSError``: callers wrap this in ``spoken_errors``.
    """
    make_private(path)
    # One thread at a time: a run writes its frames in one while another writes the files.
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, check_same_thread=False)
    try:
        database = Database(connection)
        database.execute("PRAGMA foreign_keys = ON")
        database.execute("PRAGMA synchronous = FULL")
        database.enable_wal()
    except BaseException:
        connection.close()
        raise
    return database


def make_private(path: Path) -> None:
    """Create ``path`` if it is missing, and let its owner alone read it (Windows: inherited rights)."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    os.close(descriptor)
    if os.name == "posix":
        with suppress(PermissionError):  # another owner's file that we may write, but not chmod
            path.chmod(0o600)


@contextmanager
def spoken_errors(path: Path) -> Iterator[None]:
    """Turn SQLite's and the file system's errors about ``path`` into ``StoreError``."""
    try:
        with spoken_sqlite_errors(path):
            yield
    except OSError as error:
        raise _spoken_os(error, path) from error


@contextmanager
def spoken_sqlite_errors(path: Path) -> Iterator[None]:
    """Turn SQLite's errors alone: what else fails meanwhile is not the database's affair."""
    try:
        yield
    except sqlite3.Error as error:
        raise _spoken(error, path) from error


def _spoken(error: sqlite3.Error, path: Path) -> StoreError:
    # Extended codes keep the primary code in their low byte. An error of the sqlite3 module itself
    # (a wrong number of parameters, say) has no code: that is a bug, and stays one.
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        raise error
    match code & 0xFF:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return _locked(path)
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
            return _not_writable(path)
        case sqlite3.SQLITE_FULL:
            return _disk_full(path)
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return damaged(path, str(error))
        case sqlite3.SQLITE_IOERR:
            return _disk_failed(path, str(error))
    raise error


def _spoken_os(error: OSError, path: Path) -> StoreError:
    if error.errno == errno.ENOSPC:
        return _disk_full(path)
    if isinstance(error, PermissionError) or error.errno == errno.EROFS:
        return _not_writable(path)
    return _disk_failed(path, str(error))


def _locked(path: Path) -> StoreError:
    return StoreError(
        _("数据库正被另一个程序占用：{path}").format(path=path),
        _(
            "请等另一次运行结束，或关闭打开该文件的程序（如数据库查看工具）后重试。已有结果不受影响。"
        ),
    )


def _not_writable(path: Path) -> StoreError:
    return StoreError(
        _("工作目录不可写，无法打开或写入数据库：{path}").format(path=path),
        _("请检查文件夹是否存在、是否只读，或用 --workspace 指定一个有写入权限的文件夹。"),
    )


def _disk_full(path: Path) -> StoreError:
    return StoreError(
        _("磁盘空间不足，未能写入：{path}").format(path=path),
        _("本次写入已全部撤销，原有结果完好。请腾出空间（建议 100 MB 以上）后重新运行。"),
    )


def _disk_failed(path: Path, detail: str) -> StoreError:
    return StoreError(
        _("读写磁盘出错：{path}（{detail}）").format(path=path, detail=detail),
        _("请检查磁盘或网络盘的连接后重试；若反复出现，请运行 gapmatch doctor。"),
    )


def damaged(path: Path, detail: str) -> StoreError:
    """Return the error for a database that SQLite cannot read as one."""
    return StoreError(
        _("数据库已损坏或不是 gapmatch 的数据库：{path}（{detail}）").format(
            path=path, detail=detail
        ),
        _(
            "请先不要删除该文件。运行 gapmatch doctor 查看哪些内容仍可用，再用 gapmatch restore 恢复备份。"
        ),
    )
