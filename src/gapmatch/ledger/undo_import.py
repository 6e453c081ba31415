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
    retract_visits,
)
from gapmatch.ledger.filled_rows import Pair
from gapmatch.store.runs import Store, get_account, get_utc_now


@dataclass(frozen=True)
class UndoReport:
    """What was taken back of import ``number``: visits and decisions."""

    number: int
    file: str
    visits: int
    decisions: int


def undo_import(store: Store, number: int) -> UndoReport:
    """Take back the visits and decisions of import ``number``; visits it corrected stand again.

    Raises ``InputError`` if there is no such import, or nothing of it stands.
    """
    row = store.db.execute("SELECT file, sha256 FROM imports WHERE id = ?", [number]).fetchone()
    if row is None:
        raise InputError(
            _("没有第 {number} 次导入").format(number=number),
            _("导入的编号见导入时的报告，或库中的 imports 表。"),
        )
    visits, decisions = (
        _find_standing_visits(store, number),
        _find_standing_decisions(store, number),
    )
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


def _find_standing_visits(store: Store, number: int) -> list[int]:
    sql = f"SELECT id FROM {STANDING_VISITS} WHERE import_id = ? ORDER BY id"
    return [int(visit) for (visit,) in store.db.execute(sql, [number])]


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
    """Return the decisions of the import that are their reviewer's last on the pair."""
    sql = """
        SELECT firm_code, firm_name, unit_id, unit_code, unit_name, who, quarter FROM said s
        WHERE import_id = ? AND verdict <> 'retracted' AND NOT EXISTS (
          SELECT 1 FROM said t WHERE t.id > s.id AND t.who = s.who AND t.firm_code IS s.firm_code
          AND t.firm_name IS s.firm_name AND t.unit_id IS s.unit_id AND t.unit_code IS s.unit_code
          AND t.unit_name IS s.unit_name) ORDER BY id"""
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
"""The imports, newest first. ``kind``: visits, review or undo; ``standing``: entries of it that
``undo_import`` would take back."""


def list_imports(store: Store) -> pl.DataFrame:
    """Return IMPORTS."""
    sql = f"""
        SELECT i.id, i.at, i.kind, i.file, i.read_by, i.taken, i.left_out,
          (SELECT count(*) FROM {STANDING_VISITS} v WHERE v.import_id = i.id)
        FROM imports i ORDER BY i.id DESC"""
    rows = store.db.execute(sql).fetchall()
    frame = pl.DataFrame(rows, schema=IMPORTS, orient="row")
    decided = _count_standing_decisions(store)
    more = pl.col("number").replace_strict(decided, default=0, return_dtype=pl.Int64)
    return frame.with_columns(pl.col("standing") + more)


def _count_standing_decisions(store: Store) -> dict[int, int]:
    """Return import to its decisions that are their reviewer's last on the pair."""
    pair = "firm_code, firm_name, unit_id, unit_code, unit_name, who"
    # Next to max(), SQLite takes the other columns from the row that has the maximum.
    sql = f"""
        SELECT import_id, count(*) FROM
          (SELECT max(id), import_id, verdict FROM said GROUP BY {pair})
        WHERE verdict <> 'retracted' AND import_id IS NOT NULL GROUP BY import_id"""
    return dict(store.db.execute(sql).fetchall())


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
    rows = store.db.execute(sql, [number, number]).fetchall()
    return pl.DataFrame(rows, schema=IMPORTED, orient="row")
