"""Pairs to review: the list of them, one decision written down, one taken back."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from gapmatch.api.stores import open_store, open_store_for_writing, resolve_quarter
from gapmatch.errors import InputError
from gapmatch.i18n import _, get_language
from gapmatch.ledger import review_queue
from gapmatch.ledger.entries import ReviewDecision, load_decisions, query_frame
from gapmatch.ledger.filled_rows import Pair
from gapmatch.privacy import mask_numbers, mask_persons
from gapmatch.store.runs import get_account
from gapmatch.vocabulary.labels import list_labels
from gapmatch.vocabulary.outcomes import parse_verdict
from gapmatch.wording.ledger_words import add_decision_words

MAX_REMARK_CHARACTERS = 500


def load_review_queue(
    quarter: str | None = None,
    *,
    workspace: str | Path = ".",
    who: str | None = None,
    blind: bool = False,
) -> pl.DataFrame:
    """Return the pairs in review that ``who`` (the account) has to decide, most doubtful first.

    Pairs on which reviewers differ come up again for those whose decision was not the last.
    ``blind``: whatever others decided, for an opinion of one's own.

    ``firm``, ``unit``, ``probability``, the ``tax_…`` and ``enrollment_…`` columns to compare
    (persons and phones masked), ``part_…`` and ``level_…``; ``decision``, ``who``, ``changed``:
    what others decided. Raises ``StoreError`` for a quarter that was not run.
    """
    with open_store(Path(workspace)) as store:
        name = who or get_reviewer()
        pairs = review_queue.load_review_queue(store, name, quarter, blind=blind)
    return mask_persons(add_decision_words(pairs, get_language()))


def record_decision(  # noqa: PLR0913 - what is decided, by name
    pair: Mapping[str, Any],
    verdict: str,
    *,
    quarter: str | None = None,
    workspace: str | Path = ".",
    who: str | None = None,
    remark: str | None = None,
) -> None:
    """Write down at once that ``who`` decided ``pair``, a row of ``load_review_queue``.

    ``verdict``: ``same``, ``different``, ``unsure``, or its words. Earlier decisions stay in the
    ledger, the last one of a reviewer counts. Takes effect when the quarter is run next. Raises
    ``InputError`` for another verdict, ``StoreError`` if somebody else is writing.
    """
    wanted = parse_verdict(verdict)
    if wanted is None:
        raise InputError(
            _("没有这种认定：{text}").format(text=verdict),
            _("可选：{choices}").format(
                choices=_("、").join(list_labels("review_verdict").values())
            ),
        )
    note = mask_numbers((remark or "").strip())[:MAX_REMARK_CHARACTERS] or None
    _write_decision(pair, (wanted, note), quarter, Path(workspace), who)


def retract_decision(
    pair: Mapping[str, Any],
    *,
    quarter: str | None = None,
    workspace: str | Path = ".",
    who: str | None = None,
) -> None:
    """Take back what ``who`` decided of ``pair``: the ledger shows both entries."""
    _write_decision(pair, ("retracted", None), quarter, Path(workspace), who)


def find_last_decision(
    quarter: str | None = None, *, workspace: str | Path = ".", who: str | None = None
) -> Pair | None:
    """Return the pair that ``who`` decided last in a quarter, for ``retract_decision``.

    ``None``: no decision of the reviewer stands that was entered by hand (``undo_import`` takes
    back those of a workbook).
    """
    name = who or get_reviewer()
    with open_store(Path(workspace)) as store:
        sql = "SELECT id FROM said WHERE who = ? AND quarter = ? AND import_id IS NULL"
        chosen = resolve_quarter(store, quarter)
        typed = [int(row[0]) for row in store.db.execute(sql, [name, chosen])]
        decisions = load_decisions(store.db).filter(pl.col("who") == name)
    last = decisions.unique(list(Pair._fields), keep="last", maintain_order=True)
    entered_here = last.filter(pl.col("id").is_in(typed), pl.col("verdict") != "retracted").sort(
        "id"
    )
    return Pair(*entered_here.select(Pair._fields).row(-1)) if entered_here.height else None


def list_decisions(quarter: str | None = None, *, workspace: str | Path = ".") -> pl.DataFrame:
    """Return the decisions that stand of a quarter, newest first.

    ``at``, ``who``, ``verdict`` (code), ``remark``, ``firm``, ``unit`` (names as given).
    """
    sql = """
        SELECT at, who, verdict, remark, coalesce(firm_given, firm_name),
          coalesce(unit_given, unit_name)
        FROM decisions WHERE quarter = ? ORDER BY at DESC"""
    names = ("at", "who", "verdict", "remark", "firm", "unit")
    schema = pl.Schema(dict.fromkeys(names, pl.String()))
    with open_store(Path(workspace)) as store:
        return query_frame(store.db, sql, schema, (resolve_quarter(store, quarter or None),))


def get_reviewer() -> str:
    """Return in whose name decisions are written down if no name is given: the account."""
    return get_account() or "?"


def _write_decision(
    pair: Mapping[str, Any],
    decided: tuple[str, str | None],
    quarter: str | None,
    workspace: Path,
    who: str | None,
) -> None:
    """Write down what was ``decided`` of a pair: verdict and remark."""
    verdict, remark = decided
    given = (pair.get("tax_name"), pair.get("enrollment_name"))
    with open_store_for_writing(workspace, "review") as store:
        wanted = resolve_quarter(store, quarter)
        decision = ReviewDecision(
            review_queue.build_pair(pair), verdict, who or get_reviewer(), wanted, remark, given
        )
        review_queue.record_decision(store, decision)
