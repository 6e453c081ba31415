"""The review queue: the pairs that are still to be decided, and writing one decision down."""

from collections.abc import Mapping

import polars as pl

from gapmatch.errors import StoreError
from gapmatch.i18n import _
from gapmatch.ledger.decisions import resolve_decisions
from gapmatch.ledger.entries import ReviewDecision, insert_decisions, load_decisions
from gapmatch.ledger.filled_rows import Pair
from gapmatch.ledger.identity import select_code_and_name
from gapmatch.store.runs import Store, get_utc_now

_SIDES = (
    *("name", "code_text", "county_name", "address", "legal_rep", "phone", "legal_form"),
    *("industry", "branch"),
)


def load_review_queue(
    store: Store, who: str, quarter: str | None = None, *, blind: bool = False
) -> pl.DataFrame:
    """Return the pairs in review that ``who`` has still to decide.

    A pair on which ``who`` and others differ comes up again for those whose decision was not
    the last. ``blind``: others' decisions count for nothing, so that a second opinion is one.

    ``firm``, ``unit``, ``probability``, ``weight``, ``relation``, ``firm_code``, ``firm_name``,
    ``unit_id``, ``unit_code``, ``unit_name`` (contents, for ``record_decision``), ``tax_…`` and
    ``enrollment_…`` columns to show, the ``part_…`` and ``level_…`` columns, and ``decision``,
    ``voices``, ``changes`` (RESOLVED) of others' decisions. The most informative pairs come first:
    those nearest to even odds. Persons are in it: mask them. Raises ``StoreError`` if no quarter is
    held.
    """
    chosen = quarter or store.find_latest_quarter()
    if chosen is None:
        raise StoreError(_("库中还没有任何季度的结果。"), _("请先运行 gapmatch run。"))
    decisions = load_decisions(store.db)
    counted = select_own_decisions(decisions, who) if blind else decisions
    return build_review_queue(store.results(chosen), counted, who)


def select_own_decisions(decisions: pl.DataFrame, who: str) -> pl.DataFrame:
    """Return what a blind reviewer's queue is built of."""
    return decisions.filter(pl.col("who") == who)


def build_review_queue(
    frames: Mapping[str, pl.DataFrame], decisions: pl.DataFrame, who: str
) -> pl.DataFrame:
    """Return what ``load_review_queue`` does, for a quarter's frames and a frame of DECISIONS."""
    firms, units, links = frames["firms"], frames["units"], frames["links"]
    resolved = resolve_decisions(firms, units, decisions)
    mine = resolve_decisions(firms, units, select_own_decisions(decisions, who))
    decided = resolved.filter(pl.col("decision").is_in(["same", "different"]))
    deciders = pl.col("voices").list.eval(pl.element().struct.field("who"))
    contradicted = resolved.filter(
        pl.col("decision") == "disputed", deciders.list.contains(who), deciders.list.last() != who
    )
    answered = mine.filter(pl.col("decision") != "stale").join(
        contradicted, on=["firm", "unit"], how="anti"
    )
    done = pl.concat([decided, answered])
    reviews = links.filter(pl.col("decision") == "review")
    own_firms = firms.filter(pl.col("firm").is_in(reviews["firm"].implode()))
    own_units = units.filter(pl.col("unit").is_in(reviews["unit"].implode()))
    return (
        reviews.select("firm", "unit", "probability", "weight", "relation", "^(part|level)_.*$")
        .join(done, on=["firm", "unit"], how="anti")
        .join(_add_side(own_firms, "firm", "tax"), on="firm")
        .join(_add_side(own_units, "unit", "enrollment"), on="unit")
        .join(own_units.select("unit", "unit_id"), on="unit")
        .join(
            resolved.select("firm", "unit", "decision", "voices", "changes"),
            on=["firm", "unit"],
            how="left",
        )
        .sort((pl.col("probability") - 0.5).abs(), "firm", "unit")
    )


def build_pair(row: Mapping[str, object]) -> Pair:
    """Return the contents of a row of ``load_review_queue``."""
    return Pair(*(None if row[name] is None else str(row[name]) for name in Pair._fields))


def record_decision(store: Store, decision: ReviewDecision) -> None:
    """Write down one verdict at once, so that a session can end at any moment."""
    with store.transaction():
        insert_decisions(store.db, [decision], get_utc_now())


def count_unused_decisions(store: Store, quarter: str) -> int:
    """Return how many pairs stand decided otherwise than when ``quarter`` was run last."""
    key = f"{', '.join(Pair._fields)}, who"
    # Next to max(), SQLite takes the other columns from the row that has the maximum.
    last = f"SELECT max(id), {key}, verdict FROM said WHERE at <= ? GROUP BY {key}"
    began = """SELECT r.started_at FROM quarters q JOIN runs r ON r.id = q.run
               WHERE q.quarter = ?"""
    started = store.db.execute(began, [quarter]).fetchone()
    verdicts = [
        {tuple(row[1:-1]): row[-1] for row in store.db.execute(last, [until])}
        for until in (started[0] if started else "", "9999")
    ]
    used, now = ({k: v for k, v in rows.items() if v != "retracted"} for rows in verdicts)
    return len({pair[:-1] for pair in used.keys() | now.keys() if used.get(pair) != now.get(pair)})


def _add_side(frame: pl.DataFrame, key: str, side: str) -> pl.DataFrame:
    shown = [pl.col(c).alias(f"{side}_{c}") for c in _SIDES if c in frame.columns]
    return frame.select(key, *shown).join(select_code_and_name(frame, key), on=key)
