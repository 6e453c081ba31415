"""The store of a workspace: runs, their inputs, and each quarter's results."""

import getpass
import json
import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import polars as pl

from gapmatch.errors import StoreError, describe_damage, wrap_sqlite_errors, wrap_store_errors
from gapmatch.i18n import _
from gapmatch.private_files import make_workspace_folder
from gapmatch.sqlite import Database
from gapmatch.store.checksums import find_damage, insert_checksums, record_checksums
from gapmatch.store.database import connect, connect_read_only, is_writable
from gapmatch.store.frames import read_firm, read_frame, read_frames
from gapmatch.store.migrations import find_foreign_objects, migrate, refuse_outdated
from gapmatch.workspace_files import DATABASE_NAME


class ExportKind(StrEnum):
    """What the export log calls that which showed persons' data; a page adds names of files."""

    COUNTY_BOOKS = "counties/*.xlsx"
    VERIFIED_LIST = "核查结果.xlsx"
    REFERRALS = "移交/*.xlsx"
    SLIPS = "slips"
    PERSONS = "gapmatch.Workspace.persons"


@dataclass(frozen=True)
class InputFile:
    """A file that a run read: side, path as given, SHA-256 of its bytes, size in bytes."""

    side: str
    file: str
    sha256: str
    bytes: int


@dataclass(frozen=True)
class ReplacedRun:
    """A run whose results a later run of its quarter replaced; ``files``: the lists it read."""

    run: int
    finished_at: str
    files: tuple[str, ...]


@dataclass(frozen=True)
class RunRecord:
    """The stored record of a run besides its frames."""

    quarter: str
    version: str
    started_at: str
    """UTC, ISO 8601: ``get_utc_now()`` at the start."""
    inputs: tuple[InputFile, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    counts: Mapping[str, Any] = field(default_factory=dict)
    timings: Mapping[str, float] = field(default_factory=dict)


def get_utc_now() -> str:
    """Return the time as the store writes it: UTC, ISO 8601, whole seconds."""
    return datetime.now(UTC).replace(microsecond=0).isoformat()


def get_account() -> str | None:
    """Return the name of the account that runs this program, if the system reports it."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return None


@contextmanager
def _report_foreign_changes(database: Database, path: Path) -> Iterator[None]:
    """Turn what SQLite refuses into ``StoreError`` if something else than gapmatch wrote there.

    Of a database as gapmatch wrote it, such an error is a bug, and stays one.
    """
    try:
        yield
    except (sqlite3.IntegrityError, sqlite3.OperationalError) as error:
        refused = (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT)
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in refused and _is_changed_by_others(database):
            raise describe_damage(path, str(error)) from error
        raise


def _is_changed_by_others(database: Database) -> bool:
    broken = database.execute("PRAGMA foreign_key_check").fetchone()
    return bool(broken or find_foreign_objects(database) or next(find_damage(database), None))


@dataclass(frozen=True)
class Store:
    """An open store. Use ``with Store.open(workspace) as store:``."""

    path: Path
    db: Database

    @classmethod
    @contextmanager
    def open(cls, workspace: Path) -> Iterator["Store"]:
        """Open ``workspace``'s database, create it or bring it up to date if needed.

        Raises ``StoreError`` if the folder is read-only, the disk full, or the database locked,
        damaged, or of a newer version; so do all methods while the store is open.
        """
        path = workspace / DATABASE_NAME
        with wrap_store_errors(path):
            make_workspace_folder(workspace)
            database = connect(path)
        with wrap_sqlite_errors(path), closing(database), _report_foreign_changes(database, path):
            migrate(database)
            yield cls(path, database)

    @classmethod
    @contextmanager
    def open_to_read(cls, workspace: Path) -> Iterator["Store"]:
        """Open ``workspace``'s database as ``open`` does, or as it is if nothing can be written."""
        path = workspace / DATABASE_NAME
        if is_writable(path):
            with cls.open(workspace) as store:
                yield store
            return
        with (
            wrap_sqlite_errors(path),
            closing(Database(connect_read_only(path))) as database,
            _report_foreign_changes(database, path),
        ):
            refuse_outdated(database)
            yield cls(path, database)

    def add_run(self, run: RunRecord) -> int:
        """Write a run and return its number.

        Its quarter's results are its own from here on, and none yet. The caller holds the
        transaction, and writes cases and frames in it.
        """
        number = self._insert_run(run)
        self.db.execute("DELETE FROM quarters WHERE quarter = ?", [run.quarter])
        self.db.execute("INSERT INTO quarters VALUES (?, ?)", [run.quarter, number])
        return number

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Write all that the block writes, with its checksums, or nothing of it."""
        is_outermost = not self.db.conn.in_transaction
        with self.db.atomic():
            yield
            if is_outermost:
                record_checksums(self.db)

    def record_files(self, quarter: str, digests: Mapping[str, str]) -> None:
        """Note the files of a run that was just added: path in its folder to SHA-256."""
        insert_checksums(self.db, quarter, "file", digests)

    def read_figures(self, quarter: str) -> pl.DataFrame | None:
        """Return FIGURES of ``quarter`` as of its run; ``None``: a version without them ran it."""
        return read_frame(self.db, quarter, "figures")

    def find_replaced_run(self, quarter: str) -> ReplacedRun | None:
        """Return the last run whose results the standing run of ``quarter`` replaced, if any."""
        sql = (
            "SELECT id, finished_at FROM runs WHERE quarter = ? AND id < ? "
            "AND id NOT IN (SELECT run FROM withdrawals) ORDER BY id DESC LIMIT 1"
        )
        row = self.db.execute(sql, [quarter, self.current_run_id(quarter)]).fetchone()
        if row is None:
            return None
        files = self.db.execute("SELECT file FROM inputs WHERE run = ? ORDER BY 1", [row[0]])
        return ReplacedRun(int(row[0]), str(row[1]), tuple(str(file) for (file,) in files))

    def withdraw(self, quarter: str, reason: str | None) -> int:
        """Remove the results of ``quarter``, log it, and return their run; raise if not held.

        Results that this run replaced do not come back: a store holds one run per quarter.
        """
        run = self.current_run_id(quarter)
        if run is None:
            raise self._build_missing_quarter_error(quarter)
        with self.transaction():
            self.db.execute("DELETE FROM quarters WHERE quarter = ?", [quarter])
            self.db.execute(
                "INSERT INTO withdrawals (at, who, quarter, run, reason) VALUES (?, ?, ?, ?, ?)",
                [get_utc_now(), get_account(), quarter, run, reason],
            )
        return run

    def log_export(self, quarter: str, what: str, rows: int) -> None:
        """Note that an export of ``rows`` rows showed persons' data."""
        record = {"at": get_utc_now(), "who": get_account(), "what": what}
        with self.transaction():
            self.db.table("exports").insert({**record, "quarter": quarter, "rows": rows})

    def store_contents(self, run: int, side: str, contents: Mapping[str, str]) -> None:
        """Record a run's files: file → hash of its rows; the empty name stands for all of them."""
        with self.transaction():
            self.db.conn.executemany(
                "INSERT INTO contents (run, side, file, content) VALUES (?, ?, ?, ?)",
                [(run, side, file, content) for file, content in contents.items()],
            )

    def earlier_contents(self, side: str, but: str) -> dict[str, str]:
        """Return hash of rows → quarter, for the current runs of quarters other than ``but``."""
        sql = (
            "SELECT c.content, q.quarter FROM quarters q JOIN contents c ON c.run = q.run "
            "WHERE c.side = ? AND q.quarter <> ? ORDER BY q.quarter"
        )
        return {
            str(content): str(quarter) for content, quarter in self.db.execute(sql, [side, but])
        }

    def log_acceptance(self, run: int, quarter: str, accepted: Mapping[str, Any]) -> None:
        """Note who accepted the findings of the gate: ``at``, ``who``, ``reason``, ``findings``."""
        record = {**accepted, "findings": _format_json(accepted["findings"])}
        with self.transaction():
            self.db.table("acceptances").insert({"quarter": quarter, "run": run, **record})

    def finish_run(self, run: int, timings: Mapping[str, float]) -> None:
        """Note, in the caller's transaction, a run's end and how long its stages took."""
        self.db.execute(
            "UPDATE runs SET finished_at = ?, timings = ? WHERE id = ?",
            [get_utc_now(), _format_json(timings), run],
        )

    def _insert_run(self, run: RunRecord) -> int:
        record = {
            "quarter": run.quarter,
            "started_at": run.started_at,
            "finished_at": get_utc_now(),
            "version": run.version,
            "run_by": get_account(),
            "settings": _format_json(run.settings),
            "counts": _format_json(run.counts),
            "timings": _format_json(run.timings),
        }
        number = int(self.db.table("runs").insert(record).last_pk or 0)
        self.db.conn.executemany(
            "INSERT INTO inputs (run, side, file, sha256, bytes) VALUES (?, ?, ?, ?, ?)",
            [(number, i.side, i.file, i.sha256, i.bytes) for i in run.inputs],
        )
        return number

    def runs(self) -> pl.DataFrame:
        """Return run, quarter, stands (results are held), started_at, finished_at, version, run_by,
        settings, counts, timings (JSON texts) and inputs (number of files), newest first.
        """  # fmt: skip
        return self.frame(
            """
            SELECT r.id AS run, r.quarter, q.run IS NOT NULL AS stands, r.started_at, r.finished_at,
                   r.version, r.run_by, r.settings, r.counts, r.timings,
                   (SELECT count(*) FROM inputs i WHERE i.run = r.id) AS inputs
            FROM runs r LEFT JOIN quarters q ON q.run = r.id ORDER BY r.id DESC
            """
        ).with_columns(pl.col("stands").cast(pl.Boolean))

    def quarters(self) -> list[str]:
        """Return the quarters whose results are held, oldest first."""
        return [row[0] for row in self.db.execute("SELECT quarter FROM quarters ORDER BY quarter")]

    def current_run_id(self, quarter: str) -> int | None:
        """Return the number of the run whose results stand for ``quarter``, or ``None``."""
        row = self.db.execute("SELECT run FROM quarters WHERE quarter = ?", [quarter]).fetchone()
        return int(row[0]) if row else None

    def settings_of(self, quarter: str) -> Mapping[str, Any]:
        """Return the settings of the run whose results stand for ``quarter``; empty: not held."""
        sql = "SELECT r.settings FROM quarters q JOIN runs r ON r.id = q.run WHERE q.quarter = ?"
        row = self.db.execute(sql, [quarter]).fetchone()
        return dict(json.loads(row[0])) if row else {}

    def read_covered_branches(self, quarter: str) -> Mapping[str, float] | None:
        """Return ``value``, ``low``, ``high``: branches listed that head offices insure, expected.

        Null if there are none, or the run did not note them: versions before did not.
        """
        noted = self._read_counts(quarter).get("quality", {}).get("covered_branches")
        return None if noted is None else {name: noted[name] for name in ("value", "low", "high")}

    def read_findings(self, quarter: str) -> list[Mapping[str, Any]]:
        """Return the values of what the gate found in the run that stands for ``quarter``."""
        findings = self._read_counts(quarter).get("gate", {}).get("findings", [])
        return [dict(finding["values"]) for finding in findings]

    def _read_counts(self, quarter: str) -> dict[str, Any]:
        sql = "SELECT r.counts FROM quarters q JOIN runs r ON r.id = q.run WHERE q.quarter = ?"
        row = self.db.execute(sql, [quarter]).fetchone()
        return dict(json.loads(row[0])) if row else {}

    def get_run_origin(self, quarter: str) -> tuple[str, str]:
        """Return the start time and the language of the run of ``quarter``'s results."""
        sql = "SELECT started_at, settings FROM runs WHERE id = ?"
        row = self.db.execute(sql, [self.current_run_id(quarter)]).fetchone()
        if row is None:
            raise self._build_missing_quarter_error(quarter)
        return str(row[0]), str(json.loads(row[1]).get("language", "zh"))

    def find_latest_quarter(self, before: str | None = None) -> str | None:
        """Return the newest quarter held (earlier than ``before``), or ``None``."""
        held = [quarter for quarter in self.quarters() if before is None or quarter < before]
        return held[-1] if held else None

    def read_list_kind(self, quarter: str) -> str:
        """Return what the tax list of a quarter is for: ``discover`` or ``verify``."""
        return str(self.settings_of(quarter).get("tax_list", "discover"))

    def find_comparable_quarter(self, quarter: str) -> str | None:
        """Return the newest quarter before ``quarter`` with a tax list of its kind, or ``None``."""
        kind = self.read_list_kind(quarter)
        held = [q for q in self.quarters() if q < quarter and self.read_list_kind(q) == kind]
        return held[-1] if held else None

    def results(self, quarter: str) -> dict[str, pl.DataFrame]:
        """Return the frames of ``quarter`` by name; raise ``StoreError`` if it is not held."""
        frames = read_frames(self.db, quarter)
        if not frames:
            raise self._build_missing_quarter_error(quarter)
        return frames

    def result_of_firms(self, quarter: str, firms: Collection[int]) -> dict[str, pl.DataFrame]:
        """Return what ``results`` does, of some firms and the units of their links alone."""
        frames = read_firm(self.db, quarter, firms)
        if not frames:
            raise self._build_missing_quarter_error(quarter)
        return frames

    def result(self, quarter: str, name: str, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """Return one frame without persons, or of it the ``columns`` it has; raise if not held."""
        frame = read_frame(self.db, quarter, name, columns)
        if frame is None:
            raise self._build_missing_quarter_error(quarter)
        return frame

    def frame(self, sql: str) -> pl.DataFrame:
        """Return the rows of a query as a frame whose types follow the values."""
        cursor = self.db.execute(sql)
        names = [column[0] for column in cursor.description]
        return pl.DataFrame(cursor.fetchall(), schema=names, orient="row", infer_schema_length=None)

    def _build_missing_quarter_error(self, quarter: str) -> StoreError:
        held = _("、").join(self.quarters()) or _("（无）")
        return StoreError(
            _("库中没有 {quarter} 的结果，已有：{held}").format(quarter=quarter, held=held),
            _("请先运行 gapmatch run {quarter} …，或改用已有的季度。").format(quarter=quarter),
        )


def _format_json(value: Mapping[str, Any] | Sequence[Any]) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
