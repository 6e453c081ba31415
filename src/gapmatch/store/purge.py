"""Removing persons' data of old quarters; the statistics stay."""

from dataclasses import dataclass

import polars as pl

from gapmatch.store.checksums import forget_checksums, forget_frame_checksums
from gapmatch.store.frames import read_frame
from gapmatch.store.migrations import build_guards
from gapmatch.store.packing import pack
from gapmatch.store.runs import Store


@dataclass(frozen=True)
class Purged:
    """What was removed: quarters gone through, persons' rows, remarks of visitors and reviewers."""

    quarters: int
    persons: int
    remarks: int


def purge(store: Store, before: str) -> Purged:
    """Remove persons' data of the quarters earlier than ``before`` (``2021Q1``).

    Removed: representatives, contacts and phones; the raw values in lists of defects; the remarks
    that visitors and reviewers wrote (they may name persons). Retained: firms, units, links,
    statuses, counts, decisions and outcomes. The freed pages are overwritten, so nothing stays
    readable in the file.
    """
    old = [quarter for quarter in store.quarters() if quarter < before]
    store.db.execute("PRAGMA secure_delete = ON")
    with store.transaction():
        persons = sum(_drop_persons(store, quarter) for quarter in old)
        remarks = _drop_remarks(store, before)
    store.db.conn.execute("VACUUM")
    store.db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return Purged(len(old), persons, remarks)


def _drop_persons(store: Store, quarter: str) -> int:
    sql = "SELECT rows FROM frames WHERE quarter = ? AND name = 'persons'"
    persons = store.db.execute(sql, [quarter]).fetchone()
    store.db.execute("DELETE FROM frames WHERE quarter = ? AND name = 'persons'", [quarter])
    defects = read_frame(store.db, quarter, "defects")
    if defects is not None and "value" in defects.columns:
        bare = defects.with_columns(pl.lit(None, pl.String).alias("value"))
        store.db.execute(
            "UPDATE frames SET parquet = ? WHERE quarter = ? AND name = 'defects'",
            [pack(bare), quarter],
        )
    forget_frame_checksums(store.db, quarter)
    return int(persons[0]) if persons else 0


def _drop_remarks(store: Store, before: str) -> int:
    """Blank old remarks: the one change that the append-only tables allow, because law demands it.
    《个人信息保护法》art. 19: stored no longer than the purpose needs.
    """
    removed = 0
    for table in ("said", "visits"):
        store.db.execute(f"DROP TRIGGER {table}_unchanged")
        with_remarks = f"FROM {table} WHERE remark IS NOT NULL AND quarter < ?"
        rows = [row[0] for row in store.db.execute(f"SELECT id {with_remarks}", [before])]
        store.db.execute(
            f"UPDATE {table} SET remark = NULL WHERE remark IS NOT NULL AND quarter < ?", [before]
        )
        forget_checksums(store.db, table, rows)
        removed += len(rows)
        store.db.execute(build_guards(table)[1])
    return removed
