"""Units that remarks name: a firm that was insured all along, and under which unit."""

import polars as pl

from gapmatch.ledger.entries import ReviewDecision, Visit
from gapmatch.ledger.filled_rows import FilledBook, Pair, RefusedRow
from gapmatch.ledger.identity import select_identity
from gapmatch.ledger.imports import Tally
from gapmatch.store.runs import Store
from gapmatch.vocabulary.notes import Note
from gapmatch.vocabulary.outcomes import parse_outcome

_Unit = tuple[str | None, str | None, str | None, str | None]
"""``unit_id``, code, standard name, name as given."""


def confirm_units(
    store: Store, visits: list[tuple[FilledBook, Visit]], tally: Tally
) -> list[tuple[FilledBook, ReviewDecision]]:
    """Return a decision for each firm found insured whose unit is named in the remark."""
    wanted = [
        (b, v) for b, v in visits if (o := parse_outcome(v.outcome)) and o.effect == "same_firm"
    ]
    quarter = store.find_latest_quarter()
    if not wanted or not quarter:
        return []
    named = _index_units(store.result(quarter, "units"))
    decided = []
    for book, visit in wanted:
        unit = _find_unit(named, visit.remark or "")
        if unit is None:
            reason = tally.describe(Note("no_unit_in_remark"))
            tally.notes.append(
                RefusedRow(book.file, visit.source.sheet or "", visit.source.row or 0, reason)
            )
            continue
        *identity, given = unit
        pair = Pair(visit.firm_code, visit.firm_name, *identity)
        names = None, given
        decision = ReviewDecision(
            pair, "same", visit.who, visit.quarter, visit.remark, names, visit.source
        )
        decided.append((book, decision))
    return decided


def _index_units(units: pl.DataFrame) -> list[dict[str, list[_Unit]]]:
    """Return word to units, for their numbers, codes, and names as given and standard."""
    identities = select_identity(units, "unit").join(
        units.select("unit", "unit_id", pl.col("name").alias("given")), on="unit"
    )
    rows = identities.sort("unit").select("unit_id", "code", "name", "given").rows()
    by_word: list[dict[str, list[_Unit]]] = [{}, {}, {}, {}]
    for row in rows:
        for words, word, shortest in zip(by_word, row, (4, 9, 4, 4), strict=True):
            if word and len(word) >= shortest:
                words.setdefault(word.upper(), []).append(row)
    return by_word


def _find_unit(by_word: list[dict[str, list[_Unit]]], remark: str) -> _Unit | None:
    """Return the one unit whose number, code or whole name ``remark`` has, the longest first."""
    text = remark.upper()
    for words in by_word if text else ():
        longest = max(
            (word for word in words if word in text), key=lambda w: (len(w), w), default=""
        )
        if len(words.get(longest, ())) == 1:
            return words[longest][0]
    return None
