"""Digests of what was written, to detect later damage on reading.

SQLite finds a broken page, not a flipped byte in a value. Frames are checked whenever they are
read; rows and the ledger when ``doctor`` looks, or a backup is to be put back. Every transaction of
the store ends with the digests of what it wrote. Which columns a digest covers is fixed: a later
column is not in it.
"""

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from zlib import crc32

from gapmatch.sqlite import Database

_HEX_DIGITS = 16
_ROWS_AT_A_TIME = 10_000

_QUARTER_COLUMNS = {
    "case_quarters": ("case_id", "firm", "state", "tier", "note"),
    "firms": (
        *("firm", "code", "name", "county", "status", "unit", "probability_uninsured"),
        *("probability_operates", "headcount", "rank", "county_rank", "tier", "kind", "priority"),
        "expected_new_enrollees",
    ),
    "links": ("firm", "unit", "weight", "probability", "decision", "relation"),
    "quarters": ("quarter", "run"),
    "units": ("unit", "unit_id", "code", "name", "county"),
    "verdicts": ("firm", "verdict"),
}
"""Tables of a quarter's rows, with the columns of the digest; the first ones are the key."""

_LEDGER_COLUMNS = {
    "acceptances": ("id", "at", "who", "quarter", "run", "reason", "findings"),
    "cases": ("id", "number", "opened_quarter", "code", "standard_name", "name", "county"),
    "exports": ("id", "at", "who", "what", "quarter", "rows"),
    "imports": ("id", "at", "kind", "read_by", "file", "sha256", "taken", "left_out"),
    "runs": (
        *("id", "quarter", "started_at", "finished_at", "version", "run_by", "settings"),
        *("counts", "timings"),
    ),
    "said": (
        *("id", "at", "who", "verdict", "remark", "firm_code", "firm_name", "unit_id"),
        *("unit_code", "unit_name", "firm_given", "unit_given", "quarter", "import_id"),
        *("source_sheet", "source_row"),
    ),
    "visits": (
        *("id", "at", "who", "case_id", "outcome", "takes_back", "visited_on", "persons"),
        *("remark", "firm_code", "firm_name", "quarter", "import_id", "source_sheet"),
        "source_row",
    ),
    "withdrawals": ("id", "at", "who", "quarter", "run", "reason"),
}
"""Tables of the ledger and of runs: a digest a row."""

_OUTCOMES, _OUTCOME_COLUMNS = "outcomes", ("code", "stage", "label", "closes_case", "effect")
LEDGER_TABLES = (*_LEDGER_COLUMNS, _OUTCOMES)
"""Tables of what people entered, of runs, and of what an entry means."""


@dataclass(frozen=True)
class Damage:
    """A frame or rows of a quarter, or rows of a ledger table, that changed since written."""

    table: str
    quarter: str | None
    rows: int


def record_checksums(database: Database) -> None:
    """Note the digests of all that has none yet; the caller holds the transaction."""
    for table, columns in _LEDGER_COLUMNS.items():
        _record_ledger(database, table, columns)
    sql = "SELECT quarter FROM quarters EXCEPT SELECT quarter FROM checksums WHERE kind = 'rows'"
    for (quarter,) in database.execute(sql).fetchall():
        rows = {name: _digest_rows(database, name, quarter) for name in _QUARTER_COLUMNS}
        insert_checksums(database, quarter, "rows", rows)
    sql = """SELECT f.quarter, f.name, f.parquet FROM frames f LEFT JOIN checksums c
             ON c.quarter = f.quarter AND c.kind = 'frame' AND c.name = f.name
             WHERE c.name IS NULL"""
    for quarter, name, parquet in database.execute(sql).fetchall():
        insert_checksums(database, quarter, "frame", {name: hash_bytes(parquet)})


def record_outcomes(database: Database) -> None:
    """Note the digests of the outcomes, which every run and import writes anew."""
    database.execute("DELETE FROM ledger_checksums WHERE name = ?", [_OUTCOMES])
    rows = [(_OUTCOMES, number, digest) for number, digest in _digest_outcomes(database).items()]
    database.conn.executemany("INSERT INTO ledger_checksums VALUES (?, ?, ?)", rows)


def insert_checksums(
    database: Database, quarter: str, kind: str, digests: Mapping[str, str]
) -> None:
    """Note ``digests`` (name to digest) of a quarter; ``kind``: ``rows``, ``frame`` or ``file``."""
    database.conn.executemany(
        "INSERT OR REPLACE INTO checksums (quarter, kind, name, digest) VALUES (?, ?, ?, ?)",
        [(quarter, kind, name, digest) for name, digest in digests.items()],
    )


def read_checksums(database: Database, quarter: str, kind: str) -> dict[str, str]:
    """Return name to digest of a quarter; empty for a database that knows none."""
    if not _has_checksums(database):
        return {}
    sql = "SELECT name, digest FROM checksums WHERE quarter = ? AND kind = ?"
    return dict(database.execute(sql, [quarter, kind]).fetchall())


def find_damaged_rows(database: Database, quarter: str) -> list[Damage]:
    """Return the tables whose rows of ``quarter`` are known not to be as they were written."""
    if not _has_checksums(database):
        return []
    written = read_checksums(database, quarter, "rows")
    return [
        Damage(name, quarter, 1)
        for name in _QUARTER_COLUMNS
        if written.get(name) != _digest_rows(database, name, quarter)
    ]


def _has_checksums(database: Database) -> bool:
    return "ledger_checksums" in database.table_names()


def find_damaged_ledger(database: Database, table: str) -> Damage | None:
    """Return how many rows of a ledger table are not as they were written, are gone or foreign."""
    if not _has_checksums(database):
        return None
    written = _read_ledger_checksums(database, table)
    if table in _LEDGER_COLUMNS:
        now = _digest_ledger(database, table, _LEDGER_COLUMNS[table])
    elif written:
        now = _digest_outcomes(database)
    else:  # a version that noted none wrote them
        return None
    damaged = {number for number, _digest in now.items() ^ written.items()}
    return Damage(table, None, len(damaged)) if damaged else None


def find_damage(database: Database) -> Iterator[Damage]:
    """Yield all damage: frames, rows of quarters, the ledger."""
    for (quarter,) in database.execute("SELECT quarter FROM quarters").fetchall():
        yield from _find_damaged_frames(database, quarter)
        yield from find_damaged_rows(database, quarter)
    yield from find_ledger_damage(database)


def find_ledger_damage(database: Database) -> Iterator[Damage]:
    """Yield the tables of the ledger that something else than gapmatch changed."""
    for table in LEDGER_TABLES:
        if damage := find_damaged_ledger(database, table):
            yield damage


def _find_damaged_frames(database: Database, quarter: str) -> Iterator[Damage]:
    if not _has_checksums(database):
        return
    sql = "SELECT name, parquet FROM frames WHERE quarter = ? ORDER BY name"
    now = {name: hash_bytes(frame) for name, frame in database.execute(sql, [quarter])}
    written = read_checksums(database, quarter, "frame")
    for name in sorted({name for name, _digest in now.items() ^ written.items()}):
        yield Damage(name, quarter, 1)


def forget_checksums(database: Database, table: str, numbers: Iterable[int]) -> None:
    """Drop the digests of ledger rows that are changed on purpose: purged, or cases renamed."""
    database.conn.executemany(
        "DELETE FROM ledger_checksums WHERE name = ? AND id = ?", [(table, n) for n in numbers]
    )


def forget_frame_checksums(database: Database, quarter: str) -> None:
    """Drop the digests of a quarter's frames, some of which are changed on purpose."""
    database.execute("DELETE FROM checksums WHERE quarter = ? AND kind = 'frame'", [quarter])


def hash_bytes(content: bytes | str) -> str:
    """Return the digest of ``content``; a damaged database may hold text where bytes should be."""
    plain = content.encode(errors="replace") if isinstance(content, str) else content
    return hashlib.sha256(plain).hexdigest()[:_HEX_DIGITS]


def _record_ledger(database: Database, table: str, columns: tuple[str, ...]) -> None:
    known = "SELECT id FROM ledger_checksums WHERE name = ?"
    fresh = _digest_ledger(database, table, columns, f"WHERE id NOT IN ({known})", (table,))
    rows = [(table, number, digest) for number, digest in fresh.items()]
    database.conn.executemany("INSERT INTO ledger_checksums VALUES (?, ?, ?)", rows)


def _read_ledger_checksums(database: Database, table: str) -> dict[int, str]:
    sql = "SELECT id, digest FROM ledger_checksums WHERE name = ?"
    return dict(database.execute(sql, [table]).fetchall())


def _digest_ledger(
    database: Database,
    table: str,
    columns: tuple[str, ...],
    where: str = "",
    parameters: tuple[str, ...] = (),
) -> dict[int, str]:
    sql = f"SELECT {', '.join(columns)} FROM {table} {where}"
    rows = database.execute(sql, parameters).fetchall()
    files = _read_files_by_run(database) if table == "runs" and rows else {}
    return {row[0]: _digest([row, files.get(row[0])]) for row in rows}


def _digest_outcomes(database: Database) -> dict[int, str]:
    rows = database.execute(f"SELECT {', '.join(_OUTCOME_COLUMNS)} FROM {_OUTCOMES}").fetchall()
    return {crc32(str(row[0]).encode()): _digest(row) for row in rows}


def _read_files_by_run(database: Database) -> dict[int, list[tuple[object, ...]]]:
    """Return what is noted of the files of each run: a run's digest covers it."""
    files: dict[int, list[tuple[object, ...]]] = {}
    for sql in (
        "SELECT run, side, file, sha256, bytes FROM inputs ORDER BY run, side, file",
        "SELECT run, side, file, content FROM contents ORDER BY run, side, file",
    ):
        for run, *values in database.execute(sql).fetchall():
            files.setdefault(run, []).append(tuple(values))
    return files


def _digest_rows(database: Database, table: str, quarter: str) -> str:
    columns = ", ".join(_QUARTER_COLUMNS[table])
    sql = f"SELECT {columns} FROM {table} WHERE quarter = ? ORDER BY 1, 2"
    return _digest_cursor(database.execute(sql, [quarter]))


def _digest_cursor(rows: sqlite3.Cursor) -> str:
    """Return ``_digest`` of the list of all rows, few of which are in memory at a time."""
    digest, separator = hashlib.sha256(b"["), ""
    while part := rows.fetchmany(_ROWS_AT_A_TIME):
        digest.update((separator + repr(part)[1:-1]).encode())
        separator = ", "
    digest.update(b"]")
    return digest.hexdigest()[:_HEX_DIGITS]


def _digest(values: object) -> str:
    return hash_bytes(repr(values).encode())
