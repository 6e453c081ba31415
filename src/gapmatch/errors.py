"""The hierarchy of errors; each message has the fact, the place and the remedy."""

import errno
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from gapmatch.i18n import _

if TYPE_CHECKING:
    import sqlite3


class ExitCode(IntEnum):
    """How a command ended, for scripts."""

    DONE = 0
    FAULT = 1
    """An input, a setting or the workspace is at fault."""
    WRONG_USAGE = 2
    ROWS_LEFT_OUT = 3
    """Done, but more rows were refused than the settings allow, or rows or files were left out."""
    STOPPED = 4
    """The gate stopped a run, or would stop it."""
    INTERRUPTED = 130


class GapmatchError(Exception):
    """Something a user can put right. The command line prints it and exits with 1.

    ``message`` describes the problem (with file, row, column and value if there are any);
    ``remedy`` is what to do about it.
    """

    exit_code = ExitCode.FAULT

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message}\n{self.remedy}" if self.remedy else self.message


class InputError(GapmatchError):
    """An extract cannot be read, or is not of the kind that was declared."""

    def __init__(
        self,
        message: str,
        remedy: str = "",
        *,
        file: Path | str | None = None,
        row: int | None = None,
        column: str | None = None,
    ) -> None:
        super().__init__(message, remedy)
        self.file = file
        self.row = row
        self.column = column


class SettingsError(GapmatchError):
    """A setting is misspelt, of the wrong type or out of range."""


class StoreError(GapmatchError):
    """The workspace's database or folder cannot be used."""


class BusyError(StoreError):
    """Another program works in the workspace; nothing was done."""


class PublishError(GapmatchError):
    """The results cannot be written."""


class GateError(GapmatchError):
    """What was read cannot be the whole of a quarter; a person may accept it all the same.

    ``findings``: ``code``, ``severity``, ``values`` of each.
    """

    exit_code = ExitCode.STOPPED

    def __init__(
        self, message: str, remedy: str = "", findings: Sequence[Mapping[str, Any]] = ()
    ) -> None:
        super().__init__(message, remedy)
        self.findings = findings


class PendingMoveError(PublishError):
    """A run stands in the store, but its files could not take their place in ``out/``."""


class InterruptedRunError(GapmatchError):
    """A run was interrupted when its new results were, or may be, there; the message says which."""

    exit_code = ExitCode.INTERRUPTED


class OutputError(GapmatchError):
    """The work is done, but what was to be printed about it cannot be printed."""


_Kind = TypeVar("_Kind", bound=GapmatchError)
_MAX_PATH_BYTES = 500
"""SQLite opens no longer ones, its log's name included."""
_DISK_FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}


@contextmanager
def wrap_os_errors(path: Path, kind: type[GapmatchError]) -> Iterator[None]:
    """Turn the file system's errors about ``path`` into errors of ``kind``."""
    try:
        yield
    except OSError as error:
        raise describe_os_error(error, path, kind) from error


def describe_os_error(error: OSError, path: Path, kind: type[_Kind]) -> _Kind:
    """Return ``error`` as what is wrong and what to do; ``path`` is used if it names no file."""
    place = error.filename or path
    if error.errno in _DISK_FULL:
        # Of a copy, the first file is the one that is read.
        return kind(
            _("磁盘空间不足，未能写入：{path}").format(path=error.filename2 or place),
            _("请腾出空间（建议 100 MB 以上）后重新运行。"),
        )
    if error.errno == errno.ELOOP:
        return kind(
            _("这是一个链接，不会通过它写入：{path}").format(path=place),
            _("请删除该链接，或用 --workspace 指定另一个文件夹。"),
        )
    if isinstance(error, PermissionError) or error.errno == errno.EROFS:
        return kind(
            _("没有写入权限，或文件正被占用：{path}").format(path=place),
            _(
                "请检查文件夹是否只读，关闭正在打开该文件的 Excel 或 WPS，或用 --workspace "
                "指定一个有写入权限的文件夹。"
            ),
        )
    return kind(
        _("读写磁盘出错：{path}（{detail}）").format(path=place, detail=error.strerror or error),
        _("请检查磁盘或网络盘的连接后重试；若反复出现，请运行 gapmatch doctor。"),
    )


@contextmanager
def wrap_sqlite_errors(path: Path) -> Iterator[None]:
    """Turn SQLite's errors about the database ``path`` into ``StoreError``."""
    import sqlite3

    try:
        yield
    except sqlite3.Error as error:
        raise _describe_sqlite_error(error, path) from error
    except UnicodeDecodeError as error:
        raise describe_damage(path, str(error)) from error


@contextmanager
def wrap_store_errors(path: Path) -> Iterator[None]:
    """Turn errors of SQLite and the file system about ``path`` into ``StoreError``."""
    with wrap_os_errors(path, StoreError), wrap_sqlite_errors(path):
        yield


def _describe_unopened(path: Path) -> StoreError:
    size = len(os.fsencode(path.absolute()))
    if size > _MAX_PATH_BYTES:
        return StoreError(
            _("路径太长，数据库打不开：{path}（{size} 字节，最多 {most}）").format(
                path=path, size=size, most=_MAX_PATH_BYTES
            ),
            _("请把工作目录移到更浅的位置，或改用短一些的文件夹名（一个汉字三个字节）。"),
        )
    return StoreError(
        _("工作目录不可写，无法打开或写入数据库：{path}").format(path=path),
        _("请检查文件夹是否存在、是否只读，或用 --workspace 指定一个有写入权限的文件夹。"),
    )


def _describe_sqlite_error(error: "sqlite3.Error", path: Path) -> StoreError:
    import sqlite3

    # Extended codes have the primary code in their low byte. An error of the sqlite3 module itself
    # (such as a wrong number of parameters) has no code: that is a bug, and stays one.
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        if "decode to UTF-8" in str(error):
            return describe_damage(path, str(error))
        raise error
    match code & 0xFF:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return StoreError(
                _("数据库正被另一个程序占用：{path}").format(path=path),
                _(
                    "请等另一次运行结束，或关闭打开该文件的程序（如数据库查看工具）后重试。已有结果不受影响。"
                ),
            )
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
            return _describe_unopened(path)
        case sqlite3.SQLITE_FULL:
            return describe_os_error(OSError(errno.ENOSPC, ""), path, StoreError)
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return describe_damage(path, str(error))
        case sqlite3.SQLITE_IOERR:
            return describe_os_error(OSError(errno.EIO, str(error)), path, StoreError)
    raise error


def describe_damage(path: Path, detail: str) -> StoreError:
    """Return the error for a database that SQLite cannot read as one."""
    return StoreError(
        _("数据库已损坏或不是 gapmatch 的数据库：{path}（{detail}）").format(
            path=path, detail=detail
        ),
        _(
            "请先不要删除该文件。运行 gapmatch doctor 查看哪些内容仍可用，再用 gapmatch restore "
            "恢复备份。"
        ),
    )
