"""Backups of the database, and putting one back."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from gapmatch.errors import StoreError, describe_damage, wrap_store_errors
from gapmatch.i18n import _
from gapmatch.private_files import flush_file, make_private_file, make_private_folder
from gapmatch.quarters import is_quarter
from gapmatch.sqlite import Database
from gapmatch.store.checksums import Damage, find_damage
from gapmatch.store.database import connect, connect_read_only
from gapmatch.store.lock import lock_workspace
from gapmatch.store.migrations import find_foreign_objects, refuse_newer
from gapmatch.store.runs import get_utc_now
from gapmatch.workspace_files import BACKUPS_FOLDER, DATABASE_NAME, SET_ASIDE_NAME

_PAGES_AT_A_TIME = 4_096
"""Pages (of 4 kB) that are copied between two reports."""


def backup(
    workspace: Path, target: Path | None = None, report: Callable[[str], None] = lambda _text: None
) -> Path:
    """Copy the database while it is in use, check the copy, and return its path.

    ``report`` is called with what is being done, again and again. Without ``target`` (a file) the
    copy goes to ``backups/`` in the workspace under a name with the time. An existing file is never
    overwritten. Raises ``StoreError``.
    """
    source = workspace / DATABASE_NAME
    if not source.exists():
        raise StoreError(
            _("工作目录中没有数据库：{path}").format(path=source), _("请检查 --workspace。")
        )
    place = target or _choose_free_path(workspace / BACKUPS_FOLDER / f"gapmatch-{_stamp()}.db")
    if place.exists():
        raise StoreError(
            _("文件已存在，不会覆盖：{path}").format(path=place), _("请换一个文件名。")
        )
    staged = place.with_name(f"{place.name}.part")
    with wrap_store_errors(place):
        make_private_folder(place.parent)
        try:
            _copy(source, staged, report)
            staged.rename(place)
        finally:
            staged.unlink(missing_ok=True)
    return place


def restore(workspace: Path, copy: Path) -> Path | None:
    """Put the contents of ``copy`` into the database; return where the old database was copied to.

    Raises ``StoreError`` if the copy is missing, damaged or not a whole backup of ours (then
    nothing is changed), or another program works in the workspace. Killed at any moment, the
    database is the old one or the new one: SQLite writes the contents in one transaction.
    """
    if not copy.is_file():
        raise StoreError(_("找不到备份文件：{path}").format(path=copy), _("请检查文件名。"))
    place = workspace / DATABASE_NAME
    with lock_workspace(workspace, "restore"), wrap_store_errors(place):
        checked = place.with_name(f"{DATABASE_NAME}.restored")
        try:
            with wrap_store_errors(copy):
                _copy(copy, checked)
                refuse_foreign(checked, copy)
            old = _set_aside(place)
            if place.exists():
                _overwrite(checked, place)
            else:
                _put_in_place(checked, place)
        finally:
            checked.unlink(missing_ok=True)
    return old


def list_backups(workspace: Path) -> list[Path]:
    """Return the backups in the folder of the workspace, newest first; links are none."""
    folder = workspace / BACKUPS_FOLDER
    found = [] if folder.is_symlink() else sorted(folder.glob("*.db"), reverse=True)
    return [path for path in found if path.is_file() and not path.is_symlink()]


def count_contents(path: Path) -> dict[str, int | str]:
    """Return what a database holds: ``quarters`` (the names), ``decisions``, ``visits``, and when
    somebody last ran or entered something (``latest``, empty: never).

    Raises ``StoreError`` if it is none of ours, or damaged.
    """
    sql = """
        SELECT (SELECT group_concat(quarter, ' ') FROM (SELECT quarter FROM quarters ORDER BY 1)),
               (SELECT count(*) FROM said), (SELECT count(*) FROM visits),
               (SELECT max(at) FROM (SELECT finished_at AS at FROM runs UNION ALL
                SELECT at FROM said UNION ALL SELECT at FROM visits))"""
    with wrap_store_errors(path), closing(connect_read_only(path)) as connection:
        row = connection.execute(sql).fetchone()
    names = ("quarters", "decisions", "visits", "latest")
    return {name: value or "" for name, value in zip(names, row, strict=True)}


def refuse_foreign(checked: Path, given: Path) -> None:
    """Raise ``StoreError`` unless the database has exactly the schema of gapmatch, intact.

    ``given`` is the file to name. A trigger or view of somebody else's could change or hide what
    people entered later on.
    """
    with closing(Database(connect_read_only(checked))) as database:
        refuse_newer(database)
        foreign = [*find_foreign_objects(database), *_find_foreign_marks(database)]
        if foreign:
            raise StoreError(
                _("不是 gapmatch 的备份：{path}（多出或缺少：{names}）").format(
                    path=given, names=_("、").join(foreign)
                ),
                _("请选用 gapmatch backup 写出的文件。"),
            )
        damage = [describe_rows(found) for found in find_damage(database)]
        damage += sorted({row[0] for row in database.execute("PRAGMA foreign_key_check")})
    if damage:
        raise StoreError(
            _("备份已损坏：{path}（{what}）").format(path=given, what=_("、").join(damage)),
            _("请改用另一份备份；现有数据库没有改动。"),
        )


def _find_foreign_marks(database: Database) -> list[str]:
    """Return marks of other programs, and quarters that are none: a folder is named after them."""
    marks = ("application_id", "user_version")
    quarters = database.execute("SELECT quarter FROM quarters")
    return [
        *(mark for mark in marks if database.execute(f"PRAGMA {mark}").fetchone()[0]),
        *(str(name) for (name,) in quarters if not is_quarter(str(name))),
    ]


def find_restore_obstacle(copy: Path) -> str | None:
    """Return why ``restore`` would refuse a backup; ``None`` if it would not."""
    try:
        refuse_foreign(copy, copy)
    except StoreError as error:
        return error.message
    return None


def describe_rows(damage: Damage) -> str:
    """Return where something is damaged, for people: table, and quarter or number of rows."""
    if damage.quarter is not None:
        return f"{damage.quarter} {damage.table}"
    return _("{table} {n} 行").format(table=damage.table, n=damage.rows)


def _copy(source: Path, target: Path, report: Callable[[str], None] = lambda _text: None) -> None:
    """Copy by SQLite's online backup, which takes a whole state while others write; check it."""

    def report_share(_status: int, remaining: int, pages: int) -> None:
        report(_("正在复制 {share:.0%}").format(share=1 - remaining / max(pages, 1)))

    target.unlink(missing_ok=True)
    make_private_file(target)
    with closing(connect_read_only(source)) as from_, closing(sqlite3.connect(target)) as to:
        # Read in one transaction, the state stays the same however many steps the copy takes.
        from_.execute("BEGIN")
        from_.execute("SELECT count(*) FROM sqlite_master").fetchone()
        from_.backup(to, pages=_PAGES_AT_A_TIME, progress=report_share)
        to.execute("PRAGMA journal_mode = DELETE")
        report(_("正在核对"))
        problem = find_problem(to)
        if problem or not _is_ours(to):
            raise describe_damage(source, problem or _("不是 gapmatch 的数据库"))
    flush_file(target)


def _set_aside(place: Path) -> Path | None:
    """Copy the old database, which may be the better one, with its log; move what is none."""
    if not place.exists():
        return None
    old = _choose_free_path(place.with_name(SET_ASIDE_NAME.format(time=_stamp())))
    try:
        _copy(place, old)
    except (StoreError, sqlite3.Error):
        old.unlink(missing_ok=True)
        for suffix in ("", "-wal", "-shm"):
            part = place.with_name(place.name + suffix)
            if part.exists():
                part.replace(old.with_name(old.name + suffix))
    return old


def _put_in_place(source: Path, target: Path) -> None:
    for suffix in ("-wal", "-shm"):  # of the one that is gone: they are not its own
        target.with_name(target.name + suffix).unlink(missing_ok=True)
    source.replace(target)


def _overwrite(source: Path, target: Path) -> None:
    """Write ``source`` into ``target`` in one transaction, through its log if it has one."""
    with closing(connect(target).conn) as to, closing(connect_read_only(source)) as from_:
        from_.backup(to)


def _choose_free_path(path: Path) -> Path:
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_stem(f"{path.stem}-{number}")
    return free


def _stamp() -> str:
    return get_utc_now()[:19].replace(":", "").replace("-", "")


def find_problem(connection: sqlite3.Connection) -> str | None:
    """Return what SQLite finds wrong with a database, ``None`` for nothing."""
    lines = [row[0] for row in connection.execute("PRAGMA integrity_check(5)")]
    return None if lines == ["ok"] else "; ".join(str(line) for line in lines)


def _is_ours(connection: sqlite3.Connection) -> bool:
    sql = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'quarters'"
    return connection.execute(sql).fetchone() is not None
