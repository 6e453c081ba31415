"""Taking back everything that one import entered; nothing is deleted."""

from dataclasses import dataclass, replace

import polars as pl

from gapmatch.errors import InputError
from gapmatch.i18n import _
from gapmatch.ledger.entries import (
    STANDING_VISITS,
    ReviewDecision,
    Source,
    insert_decisions,
    query_frame,
    retract_visits,
)
from gapmatch.ledger.filled_rows import Pair
from gapmatch.store.runs import Store, get_account, get_utc_now

_PAIR = ", ".join(Pair._fields)
# Next to max(), SQLite takes the other columns from the row that has the maximum.
_STANDING_DECISIONS = f"""
    FROM (SELECT max(id) AS id, import_id, verdict, quarter, who, {_PAIR}
          FROM said GROUP BY who, {_PAIR})
    WHERE verdict <> 'retracted'"""
"""Decisions that are their reviewer's last on the pair."""


@dataclass(frozen=True)
class UndoReport:
    """What was taken back of import ``number``: visits and decisions."""

    number: int
    file: str
    visits: int
    decisions: int


def undo_import(store: Store, number: int) -> UndoReport:
    """Take back import ``number``; raise ``InputError`` if nothing of it stands."""
    row = store.db.execute("SELECT file, sha256 FROM imports WHERE id = ?", [number]).fetchone()
    if row is None:
        raise InputError(
            _("没有第 {number} 次导入").format(number=number),
            _("导入编号见导入时的报告，或“回传”页（gapmatch desk）的导入记录。"),
        )
    sql = f"SELECT id FROM {STANDING_VISITS} WHERE import_id = ? ORDER BY id"
    visits = [int(visit) for (visit,) in store.db.execute(sql, [number])]
    decisions = _find_standing_decisions(store, number)
    if not visits and not decisions:
        raise InputError(
            _("第 {number} 次导入没有可撤回的内容").format(number=number),
            _("可能已经撤回，或当时没有采用任何一行。"),
        )
    at = get_utc_now()
    with store.transaction():
        record = {
            "at": at,
            "kind": "undo",
            "read_by": get_account(),
            "file": row[0],
            "sha256": row[1],
            "taken": len(visits) + len(decisions),
            "left_out": 0,
        }
        undo = int(store.db.table("imports").insert(record).last_pk or 0)
        retract_visits(store.db, visits, at, undo)
        _restore_corrected(store, number, (at, undo))
        source = Source(number=undo)
        taken_back = (replace(d, verdict="retracted", source=source) for d in decisions)
        insert_decisions(store.db, taken_back, at)
    return UndoReport(number, row[0], len(visits), len(decisions))


def _restore_corrected(store: Store, number: int, entered: tuple[str, int]) -> None:
    """Enter once more the visits that the import had taken back to correct them."""
    store.db.execute(
        """INSERT INTO visits (at, who, case_id, outcome, visited_on, persons, remark, firm_code,
           firm_name, quarter, import_id)
           SELECT ?, old.who, old.case_id, old.outcome, old.visited_on, old.persons, old.remark,
           old.firm_code, old.firm_name, old.quarter, ?
           FROM visits back JOIN visits old ON old.id = back.takes_back
           WHERE back.import_id = ? ORDER BY old.id""",
        [*entered, number],
    )


def _find_standing_decisions(store: Store, number: int) -> list[ReviewDecision]:
    sql = f"SELECT {_PAIR}, who, quarter {_STANDING_DECISIONS} AND import_id = ? ORDER BY id"
    return [
        ReviewDecision(Pair(*pair), "retracted", who, quarter or "")
        for *pair, who, quarter in store.db.execute(sql, [number])
    ]


IMPORTS = pl.Schema(
    {
        "number": pl.Int64,
        "at": pl.String,
        "kind": pl.String,
        "file": pl.String,
        "read_by": pl.String,
        "taken": pl.Int64,
        "left_out": pl.Int64,
        "standing": pl.Int64,
    }
)
"""The imports, newest first; ``standing``: the entries that ``undo_import`` would take back."""


def list_imports(store: Store) -> pl.DataFrame:
    """Return IMPORTS."""
    sql = f"""
        SELECT i.id, i.at, i.kind, i.file, i.read_by, i.taken, i.left_out,
          (SELECT count(*) FROM {STANDING_VISITS} v WHERE v.import_id = i.id)
        FROM imports i ORDER BY i.id DESC"""
    frame = query_frame(store.db, sql, IMPORTS)
    counts = f"SELECT import_id, count(*) {_STANDING_DECISIONS} GROUP BY import_id"
    decided = {number: n for number, n in store.db.execute(counts) if number is not None}
    more = pl.col("number").replace_strict(decided, default=0, return_dtype=pl.Int64)
    return frame.with_columns(pl.col("standing") + more)


IMPORTED = pl.Schema(
    {
        "number": pl.String,
        "name": pl.String,
        "before": pl.String,
        "entry": pl.String,
        "visited_on": pl.String,
        "persons": pl.Int64,
    }
)
"""What stands of an import: number of the case (null: a decision on a pair), the name as given,
outcome or verdict, and the outcome that stood before."""


def list_imported(store: Store, number: int) -> pl.DataFrame:
    """Return IMPORTED of import ``number``: its visits, then its decisions."""
    sql = f"""
        SELECT c.number, c.name, (
          SELECT o.outcome FROM {STANDING_VISITS} o WHERE o.case_id = v.case_id AND o.id < v.id
          ORDER BY o.id DESC), v.outcome, v.visited_on, v.persons
        FROM {STANDING_VISITS} v JOIN cases c ON c.id = v.case_id WHERE v.import_id = ?
        UNION ALL
        SELECT NULL, coalesce(firm_given, firm_name) || ' / ' || coalesce(unit_given, unit_name),
          NULL, verdict, NULL, NULL
        FROM said WHERE import_id = ? AND verdict <> 'retracted'"""
    return query_frame(store.db, sql, IMPORTED, (number, number))
