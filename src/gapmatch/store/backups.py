"""Backups of the database, putting one back, and finding out what is wrong with a database."""

import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from gapmatch.errors import StoreError, describe_damage, wrap_store_errors
from gapmatch.i18n import _
from gapmatch.private_files import make_private_file, make_private_folder
from gapmatch.store.database import DATABASE_NAME, connect_read_only
from gapmatch.store.frames import unpacked
from gapmatch.store.lock import writer
from gapmatch.store.runs import utc_now

BACKUPS = "backups"
"""Folder of the copies that get no other place."""

PEOPLE = ("said", "visits", "cases", "imports", "exports")
"""Tables that hold what people entered; what runs wrote can be made again from the extracts."""


@dataclass(frozen=True)
class Finding:
    """One thing that ``doctor`` looked at: what, whether it is well, and details for the user."""

    what: str
    well: bool
    detail: str


def backup(workspace: Path, target: Path | None = None) -> Path:
    """Copy the database while it is in use, check the copy, and return its path.

    Without ``target`` (a file) the copy goes to ``backups/`` in the workspace under a name with the
    time. An existing file is never overwritten. Raises ``StoreError``.
    """
    source = workspace / DATABASE_NAME
    if not source.exists():
        raise StoreError(
            _("工作目录中没有数据库：{path}").format(path=source), _("请检查 --workspace。")
        )
    place = target or _free(workspace / BACKUPS / f"gapmatch-{_stamp()}.db")
    if place.exists():
        raise StoreError(
            _("文件已存在，不会覆盖：{path}").format(path=place), _("请换一个文件名。")
        )
    beside = place.with_name(f"{place.name}.part")
    with wrap_store_errors(place):
        make_private_folder(place.parent)
        try:
            _copy(source, beside)
            beside.rename(place)
        finally:
            beside.unlink(missing_ok=True)
    return place


def restore(workspace: Path, copy: Path) -> Path | None:
    """Put a checked ``copy`` in the database's place; return where the old database was kept.

    Raises ``StoreError`` where the copy is missing or damaged (then nothing is changed), or another
    program works in the workspace.
    """
    if not copy.is_file():
        raise StoreError(_("找不到备份文件：{path}").format(path=copy), _("请检查文件名。"))
    place = workspace / DATABASE_NAME
    with writer(workspace, "restore"), wrap_store_errors(place):
        beside = place.with_name(f"{DATABASE_NAME}.restored")
        beside.unlink(missing_ok=True)
        try:
            with wrap_store_errors(copy):
                _copy(copy, beside)
            old = _set_aside(place)
            beside.replace(place)
        finally:
            beside.unlink(missing_ok=True)
    return old


def doctor(workspace: Path) -> list[Finding]:
    """Look the database over without changing it and say what is safe. Never raises for damage."""
    path = workspace / DATABASE_NAME
    if not path.exists():
        return [Finding(_("数据库"), well=False, detail=_("不存在：{path}").format(path=path))]
    findings = [_folder(workspace)]
    try:
        with closing(connect_read_only(path)) as connection:
            findings += [_opened(path), _integrity(connection), _references(connection)]
            findings += [_people(connection, table) for table in PEOPLE]
            findings += _quarters(connection)
    except sqlite3.Error as error:
        findings.append(Finding(_("数据库"), well=False, detail=_why_unread(path, error)))
    return findings


def _why_unread(path: Path, error: sqlite3.Error) -> str:
    """A database with a log beside it cannot even be read where nothing can be written."""
    if "readonly" in str(error):
        return _("工作目录只读，没有检查；请复制到可以写入的文件夹后再检查")
    return describe_damage(path, str(error)).message


def _copy(source: Path, target: Path) -> None:
    """Copy by SQLite's online backup, which takes a whole state while others write; then check it."""
    target.unlink(missing_ok=True)
    make_private_file(target)
    with closing(connect_read_only(source)) as from_, closing(sqlite3.connect(target)) as to:
        from_.backup(to)
        to.execute("PRAGMA journal_mode = DELETE")
        problem = _problem(to)
        if problem or not _is_ours(to):
            raise describe_damage(source, problem or _("不是 gapmatch 的数据库"))
    _to_disk(target)


def _to_disk(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _set_aside(place: Path) -> Path | None:
    """Move the old database with its log out of the way, whole: it may be the better one."""
    if not place.exists():
        return None
    old = _free(place.with_name(f"gapmatch-before-restore-{_stamp()}.db"))
    for suffix in ("-wal", "-shm"):
        part = place.with_name(place.name + suffix)
        if part.exists():
            part.replace(old.with_name(old.name + suffix))
    shutil.move(place, old)
    return old


def _free(path: Path) -> Path:
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_stem(f"{path.stem}-{number}")
    return free


def _stamp() -> str:
    return utc_now()[:19].replace(":", "").replace("-", "")


def _problem(connection: sqlite3.Connection) -> str | None:
    lines = [row[0] for row in connection.execute("PRAGMA integrity_check(5)")]
    return None if lines == ["ok"] else "; ".join(str(line) for line in lines)


def _is_ours(connection: sqlite3.Connection) -> bool:
    sql = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'quarters'"
    return connection.execute(sql).fetchone() is not None


def _folder(workspace: Path) -> Finding:
    writable = os.access(workspace, os.W_OK)
    free = shutil.disk_usage(workspace).free // 1_000_000
    detail = _("可写，剩余空间 {free} MB") if writable else _("只读，剩余空间 {free} MB")
    return Finding(_("工作目录"), writable and free > 100, detail.format(free=free))


def _opened(path: Path) -> Finding:
    size = path.stat().st_size / 1_000_000
    return Finding(_("数据库"), well=True, detail=_("可打开，{size:.1f} MB").format(size=size))


def _integrity(connection: sqlite3.Connection) -> Finding:
    problem = _problem(connection)
    detail = problem or _("未发现问题")
    return Finding(_("完整性"), problem is None, detail)


def _references(connection: sqlite3.Connection) -> Finding:
    broken = connection.execute("PRAGMA foreign_key_check").fetchall()
    detail = _("未发现问题") if not broken else _("{n} 行引用了不存在的内容").format(n=len(broken))
    return Finding(_("引用关系"), not broken, detail)


def _people(connection: sqlite3.Connection, table: str) -> Finding:
    words = {
        "said": _("人工认定"),
        "visits": _("走访记录"),
        "cases": _("案件"),
        "imports": _("导入记录"),
        "exports": _("导出记录"),
    }
    try:
        rows = len(connection.execute(f"SELECT * FROM {table}").fetchall())
    except sqlite3.Error as error:
        return Finding(words[table], well=False, detail=_("读不全：{error}").format(error=error))
    return Finding(words[table], well=True, detail=_("{n} 行，全部可读").format(n=rows))


def _quarters(connection: sqlite3.Connection) -> list[Finding]:
    """Unpack every frame: a quarter that cannot be read is to be run again from its extracts."""
    findings = []
    for (quarter,) in connection.execute(
        "SELECT quarter FROM quarters ORDER BY quarter"
    ).fetchall():
        detail, well = _("结果可读"), True
        try:
            sql = "SELECT parquet FROM frames WHERE quarter = ?"
            for (parquet,) in connection.execute(sql, [quarter]):
                unpacked(parquet)
        except Exception as error:
            detail, well = _("读不全，请重新运行该季度：{error}").format(error=error), False
        findings.append(Finding(_("季度 {quarter}").format(quarter=quarter), well, detail))
    return findings
