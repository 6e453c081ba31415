"""A workspace looked over without changing it: what is damaged, and what is safe."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from gapmatch.errors import StoreError, describe_damage
from gapmatch.i18n import _
from gapmatch.publish.folder_swap import (
    STAGED_FOLDERS,
    list_written_files,
    read_run_info,
    read_written_hashes,
)
from gapmatch.quarters import QUARTER_GLOB
from gapmatch.run.housekeeping import find_unfinished_files
from gapmatch.sqlite import Database
from gapmatch.store.backups import find_problem
from gapmatch.store.checksums import (
    LEDGER_TABLES,
    find_damaged_ledger,
    find_damaged_rows,
    read_checksums,
)
from gapmatch.store.database import connect_read_only
from gapmatch.store.frames import load_frame
from gapmatch.store.migrations import find_foreign_objects, refuse_newer
from gapmatch.workspace_files import DATABASE_NAME

_UNREADABLE = (sqlite3.Error, UnicodeDecodeError)
"""Errors of reading a damaged database; the latter if SQLite's message quotes damaged text."""


@dataclass(frozen=True)
class HealthCheck:
    """One thing that ``doctor`` looked at: what, whether it is well, and details for the user."""

    what: str
    well: bool
    detail: str


def doctor(
    workspace: Path, report: Callable[[str], None] = lambda _text: None
) -> list[HealthCheck]:
    """Inspect the workspace without changing it, calling ``report``; raise nothing for damage."""
    path = workspace / DATABASE_NAME
    if not path.exists():
        return [HealthCheck(_("数据库"), well=False, detail=_("不存在：{path}").format(path=path))]
    findings = [_check_folder(workspace)]
    try:
        with closing(Database(connect_read_only(path))) as database:
            # A flipped byte may leave text that is none: it is then not what was written, no more.
            database.conn.text_factory = lambda text: text.decode(errors="replace")
            report(_("正在检查数据库"))
            findings += [_describe_size(path), _check_pages(database), _check_references(database)]
            findings.append(_check_schema(database))
            there = database.table_names()
            report(_("正在检查台账"))
            findings += [
                _check_ledger(database, table) for table in LEDGER_TABLES if table in there
            ]
            findings += _check_quarters(workspace, database, report)
            findings += _check_unfinished(workspace)
    except _UNREADABLE as error:
        findings.append(HealthCheck(_("数据库"), well=False, detail=_why_unread(path, error)))
    return findings


def _why_unread(path: Path, error: Exception) -> str:
    """A database with a log next to it cannot even be read if nothing can be written."""
    if "readonly" in str(error):
        return _("工作目录只读，没有检查；请复制到可以写入的文件夹后再检查")
    return describe_damage(path, str(error)).message


def _check_folder(workspace: Path) -> HealthCheck:
    writable = os.access(workspace, os.W_OK)
    free = shutil.disk_usage(workspace).free // 1_000_000
    detail = _("可写，剩余空间 {free} MB") if writable else _("只读，剩余空间 {free} MB")
    return HealthCheck(_("工作目录"), writable and free > 100, detail.format(free=free))


def _check_unfinished(workspace: Path) -> list[HealthCheck]:
    """Name what a command that was killed had begun to write: it may hold data of persons."""
    left = find_unfinished_files(workspace)
    if not left:
        return []
    names = _("、").join(path.relative_to(workspace).as_posix() for path in left)
    detail = _(
        "被打断的命令没有写完的：{names}；写入数据库的命令（如下一次运行）会清除一小时以前的"
    ).format(names=names)
    return [HealthCheck(_("未写完的文件"), well=False, detail=detail)]


def _describe_size(path: Path) -> HealthCheck:
    size = path.stat().st_size / 1_000_000
    return HealthCheck(_("数据库"), well=True, detail=_("可打开，{size:.1f} MB").format(size=size))


def _check_pages(database: Database) -> HealthCheck:
    problem = find_problem(database.conn)
    return HealthCheck(_("完整性"), problem is None, problem or _("未发现问题"))


def _check_references(database: Database) -> HealthCheck:
    broken = database.execute("PRAGMA foreign_key_check").fetchall()
    detail = _("未发现问题") if not broken else _("{n} 行引用了不存在的内容").format(n=len(broken))
    return HealthCheck(_("引用关系"), not broken, detail)


def _check_schema(database: Database) -> HealthCheck:
    try:
        refuse_newer(database)
    except StoreError as error:
        return HealthCheck(_("结构"), well=False, detail=error.message)
    foreign = find_foreign_objects(database)
    if not foreign:
        return HealthCheck(_("结构"), well=True, detail=_("未发现问题"))
    detail = _("与 gapmatch 写的不同（损坏，或被别的程序改过）：{names}")
    return HealthCheck(_("结构"), well=False, detail=detail.format(names=_("、").join(foreign)))


def _check_ledger(database: Database, table: str) -> HealthCheck:
    words = {
        "said": _("人工认定"),
        "visits": _("走访记录"),
        "cases": _("案件"),
        "imports": _("导入记录"),
        "exports": _("导出记录"),
        "runs": _("运行记录"),
        "withdrawals": _("撤下记录"),
        "acceptances": _("疑点确认记录"),
        "outcomes": _("走访结果的种类"),
    }
    try:
        rows = len(database.execute(f"SELECT * FROM {table}").fetchall())
        damage = find_damaged_ledger(database, table)
    except _UNREADABLE as error:
        return HealthCheck(
            words[table], well=False, detail=_("读不全：{error}").format(error=error)
        )
    if damage:
        detail = _("{n} 行与写入时不同（已损坏），共 {rows} 行").format(n=damage.rows, rows=rows)
        return HealthCheck(words[table], well=False, detail=detail)
    return HealthCheck(words[table], well=True, detail=_("{n} 行，全部可读").format(n=rows))


def _check_quarters(
    workspace: Path, database: Database, report: Callable[[str], None]
) -> list[HealthCheck]:
    """Look at the frames, the rows and the files of every quarter, and at folders of none."""
    rows = database.execute("SELECT quarter, run FROM quarters ORDER BY quarter").fetchall()
    findings = []
    for number, (quarter, run) in enumerate(rows, 1):
        shown = _("正在检查 {quarter}（{number}/{all}）")
        report(shown.format(quarter=quarter, number=number, all=len(rows)))
        findings.append(_check_frames(database, quarter))
        try:
            findings.append(_check_files(workspace, database, quarter, run))
        except OSError as error:
            detail = _("读不全：{error}").format(error=error)
            findings.append(HealthCheck(f"out/{quarter}", well=False, detail=detail))
    held = {quarter for quarter, _run in rows}
    stray = [p for p in sorted((workspace / "out").glob(QUARTER_GLOB)) if p.name not in held]
    return [*findings, *(_describe_stray(folder) for folder in stray)]


def _check_frames(database: Database, quarter: str) -> HealthCheck:
    """Load every frame: a quarter that cannot be read is to be run again from its extracts."""
    what, detail, well = _("季度 {quarter}").format(quarter=quarter), _("结果可读"), True
    try:
        digests = read_checksums(database, quarter, "frame")
        sql = "SELECT name, parquet FROM frames WHERE quarter = ?"
        for name, parquet in database.execute(sql, [quarter]).fetchall():
            load_frame(quarter, name, parquet, digests.get(name))
        lost = digests.keys() ^ _list_frames(database, quarter) if digests else set()
        tables = [damage.table for damage in find_damaged_rows(database, quarter)]
        if lost or tables:
            names = _("、").join([*sorted(lost), *tables])
            detail = _("与写入时不同（已损坏）：{names}；请重新运行该季度").format(names=names)
            well = False
    except (*_UNREADABLE, StoreError) as error:
        text = error.message if isinstance(error, StoreError) else str(error)
        detail, well = _("读不全，请重新运行该季度：{error}").format(error=text), False
    return HealthCheck(what, well, detail)


def _list_frames(database: Database, quarter: str) -> set[str]:
    rows = database.execute("SELECT name FROM frames WHERE quarter = ?", [quarter])
    return {str(row[0]) for row in rows.fetchall()}


def _check_files(workspace: Path, database: Database, quarter: str, run: int) -> HealthCheck:
    """Compare the files of a quarter with those that its run wrote."""
    place, what = workspace / "out" / quarter, f"out/{quarter}"
    if any(place.parent.glob(STAGED_FOLDERS.replace(QUARTER_GLOB, quarter))):
        detail = _("有一次换入没有做完；下一条命令（如 gapmatch runs）会接着做")
        return HealthCheck(what, well=False, detail=detail)
    info = read_run_info(place)
    if info is None:
        detail = _("文件不在或不全；请重新运行该季度，或从备份找回")
        return HealthCheck(what, well=False, detail=detail)
    if info.get("run_id") != run:
        detail = _("是第 {there} 次运行的文件，而数据库里是第 {run} 次；请重新运行该季度")
        return HealthCheck(
            what, well=False, detail=detail.format(there=info.get("run_id"), run=run)
        )
    return _compare_files(what, place, read_checksums(database, quarter, "file"))


def _compare_files(what: str, place: Path, written: dict[str, str]) -> HealthCheck:
    there = list_written_files(place)
    expected = {**read_written_hashes(place), **written}
    lost = sorted(expected.keys() - there.keys())
    changed = sorted(n for n in expected.keys() & there.keys() if expected[n] != there[n])
    edited = [name for name in changed if name.endswith(".xlsx")]
    broken = [name for name in changed if name not in edited]
    if lost or broken:
        names = _("、").join([*lost, *broken])
        detail = _("缺少，或与运行时写出的不同：{names}；请重新运行该季度")
        return HealthCheck(what, well=False, detail=detail.format(names=names))
    if edited:
        detail = _("与数据库一致；{n} 个工作簿被填写或改动过").format(n=len(edited))
        return HealthCheck(what, well=True, detail=detail)
    return HealthCheck(
        what, well=True, detail=_("与数据库一致，{n} 个文件").format(n=len(expected))
    )


def _describe_stray(folder: Path) -> HealthCheck:
    detail = _("数据库里没有这个季度：数据库可能换过、丢过，或撤下后文件没有移走")
    return HealthCheck(f"out/{folder.name}", well=False, detail=detail)
