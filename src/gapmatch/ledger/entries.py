"""Entries of people: written, never changed, and read as frames."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import polars as pl

from gapmatch.ledger.decisions import DECISIONS
from gapmatch.ledger.filled_rows import Pair
from gapmatch.sqlite import Database
from gapmatch.store.checksums import record_outcomes
from gapmatch.vocabulary.outcomes import load_outcomes


class Source(NamedTuple):
    """The place of an entry: import number, sheet and row; all ``None`` for the terminal."""

    number: int | None = None
    sheet: str | None = None
    row: int | None = None


NO_SOURCE = Source()


@dataclass(frozen=True)
class ReviewDecision:
    """A reviewer's verdict on a pair: same, different, unsure or retracted."""

    pair: Pair
    verdict: str
    who: str
    quarter: str
    remark: str | None = None
    given: tuple[str | None, str | None] = (None, None)
    """Names of firm and unit as given, to read; the unit's is taught to the linkage as an alias."""
    source: Source = NO_SOURCE


@dataclass(frozen=True)
class Visit:
    """A visit's result at a firm (``firm_code``, ``firm_name``: as in the hidden key)."""

    firm_code: str | None
    firm_name: str | None
    outcome: str
    who: str
    quarter: str
    visited_on: str | None = None
    persons: int | None = None
    remark: str | None = None
    source: Source = NO_SOURCE


VISITS = pl.Schema(
    {
        "id": pl.Int64,
        "case_id": pl.Int64,
        "outcome": pl.String,
        "visited_on": pl.String,
        "persons": pl.Int64,
        "remark": pl.String,
        "who": pl.String,
        "at": pl.String,
        "quarter": pl.String,
        "firm_code": pl.String,
        "firm_name": pl.String,
    }
)
"""Visits that stand (none taken back), in order of ``id``."""

STANDING_VISITS = """(SELECT *,
    coalesce(visited_on, max(visited_on) OVER (PARTITION BY case_id ORDER BY id)) AS day
  FROM visits WHERE outcome <> 'retracted' AND id NOT IN
  (SELECT takes_back FROM visits WHERE takes_back IS NOT NULL))"""
"""A table of SQL: the visits that none took back; ``day``, ``id``: the order of ``sort_visits``."""


def load_decisions(database: Database) -> pl.DataFrame:
    """Return DECISIONS: every row ever entered, in order."""
    return query_frame(database, f"SELECT {', '.join(DECISIONS)} FROM said ORDER BY id", DECISIONS)


def load_visits(database: Database) -> pl.DataFrame:
    """Return VISITS."""
    sql = f"SELECT {', '.join(VISITS)} FROM {STANDING_VISITS} ORDER BY id"
    return query_frame(database, sql, VISITS)


def sort_visits(visits: pl.DataFrame) -> pl.DataFrame:
    """Return VISITS in the order in which the firms were visited, whenever they came in.

    A workbook that is sent late tells of an earlier day. Without a day, a visit is not before
    those of its case that came in earlier.
    """
    day = pl.col("visited_on").str.to_date(strict=False)
    latest = day.cum_max().forward_fill().over("case_id")
    ordered = visits.sort("id").with_columns(day.fill_null(latest).alias("day"))
    return ordered.sort("day", "id", nulls_last=False).drop("day")


def insert_decisions(database: Database, rows: Iterable[ReviewDecision], at: str) -> None:
    """Append ``rows``; the caller holds the transaction."""
    database.conn.executemany(
        """INSERT INTO said (at, who, verdict, remark, firm_code, firm_name, unit_id, unit_code,
           unit_name, firm_given, unit_given, quarter, import_id, source_sheet, source_row)
           VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)""",
        [(at, d.who, d.verdict, d.remark, *d.pair, *d.given, d.quarter, *d.source) for d in rows],
    )


def insert_visits(database: Database, rows: Iterable[tuple[int, Visit]], at: str) -> None:
    """Append visits, each with the number of its case (``cases.id``)."""
    database.conn.executemany(
        """INSERT INTO visits (at, case_id, who, outcome, visited_on, persons, remark, firm_code,
           firm_name, quarter, import_id, source_sheet, source_row)
           VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)""",
        [
            (
                *(at, case, v.who, v.outcome, v.visited_on, v.persons, v.remark),
                *(v.firm_code, v.firm_name, v.quarter, *v.source),
            )
            for case, v in rows
        ],
    )


def retract_visits(
    database: Database, visits: Iterable[int], at: str, import_id: int | None
) -> None:
    """Take back visits by their numbers; the rows that entered them stay."""
    database.conn.executemany(
        """INSERT INTO visits (at, who, case_id, outcome, takes_back, firm_code, firm_name, quarter,
           import_id) SELECT ?, who, case_id, 'retracted', id, firm_code, firm_name, quarter, ?
           FROM visits WHERE id = ?""",
        [(at, import_id, visit) for visit in visits],
    )


def sync_outcomes(database: Database) -> None:
    """Bring the table of outcomes up to ``config/outcomes.csv``; codes once used stay."""
    database.conn.executemany(
        "INSERT OR REPLACE INTO outcomes (code, stage, label, closes_case, effect) VALUES (?,?,?,"
        "?,?)",
        [
            (o.code, o.stage, o.label_zh, int(o.closes_case), o.effect)
            for o in load_outcomes().values()
        ],
    )
    record_outcomes(database)


def query_frame(
    database: Database, sql: str, schema: pl.Schema, parameters: tuple[object, ...] = ()
) -> pl.DataFrame:
    """Return the rows of a query as a frame of ``schema`` (columns in this order)."""
    rows = database.execute(sql, parameters).fetchall()
    return pl.DataFrame(rows, schema=schema, orient="row")
