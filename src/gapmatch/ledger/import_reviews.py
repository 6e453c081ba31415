"""Taking in what reviewers chose in the review sheets."""

from collections.abc import Sequence
from dataclasses import replace

from gapmatch.ledger.entries import ReviewDecision, Source, insert_decisions, load_decisions
from gapmatch.ledger.filled_rows import FilledBook, FilledRow, Pair, RefusedRow
from gapmatch.ledger.find_firms import FirmFinder, PairFinder
from gapmatch.ledger.imports import (
    ImportReport,
    Tally,
    add_import_number,
    choose_author,
    insert_imports,
    is_shuffled,
    select_filled,
    select_own_books,
    summarise_import,
)
from gapmatch.store.runs import Store, get_utc_now
from gapmatch.vocabulary.notes import Note
from gapmatch.vocabulary.outcomes import parse_verdict

_Found = tuple[FilledBook, FilledRow, ReviewDecision]


def import_reviews(
    store: Store,
    books: Sequence[FilledBook],
    who: str | None = None,
    unreadable: Sequence[RefusedRow] = (),
    language: str = "zh",
) -> ImportReport:
    """Take what reviewers chose in the review sheets of ``books``.

    ``who`` is the reviewer; without it, who last saved the workbook, else its county, else its
    name. ``unreadable`` are files that were no workbooks: they are reported with the rows left out.
    Reading the same file again takes nothing.
    """
    tally = Tally(language, left=list(unreadable))
    own = list(select_own_books(store, books, tally))
    firms, pairs = FirmFinder(store), PairFinder(store)
    found = [
        (book, row, decision)
        for book in own
        for row in select_filled(book.reviews, "verdict", tally)
        if (decision := _build_decision(book, row, (who, firms, pairs), tally))
    ]
    known = _KnownDecisions(store, own)
    new = [
        (book, decision)
        for book, _row, decision in _drop_contradictions(found, tally)
        if known.is_new(book, decision, tally)
    ]
    with store.transaction():
        numbers = insert_imports(store, own, "review", [b for b, _d in new], tally)
        at = get_utc_now()
        insert_decisions(store.db, (add_import_number(d, numbers[b.sha256]) for b, d in new), at)
    other = sum("outcome" in row.cells for book in own for row in book.visits)
    report = summarise_import("review", own, len(new), tally, other)
    return replace(report, numbers={b.file: numbers[b.sha256] for b in own})


def _build_decision(
    book: FilledBook,
    row: FilledRow,
    context: tuple[str | None, FirmFinder, PairFinder],
    tally: Tally,
) -> ReviewDecision | None:
    who, firms, pairs = context
    verdict = parse_verdict(row.cells["verdict"])
    if verdict is None:
        tally.leave(row, Note("unknown_verdict", {"text": row.cells["verdict"]}))
        return None
    if isinstance(row.identity, Pair):
        pair = row.identity
    else:
        shown = pairs.find(row, book.quarter)
        if isinstance(shown, Note):
            tally.leave(row, shown)
            return None
        pair = shown
    if is_shuffled(row, pair.firm):
        tally.leave(row, Note("shuffled"))
        return None
    if not firms.has(pair.firm, book.quarter):
        tally.leave(row, Note("unknown_firm"))
        return None
    return ReviewDecision(
        pair,
        verdict,
        choose_author(book, who),
        book.quarter or "",
        row.cells.get("remark"),
        (row.cells.get("name"), row.cells.get("enrollment_name")),
        Source(sheet=row.sheet, row=row.row),
    )


def _drop_contradictions(found: list[_Found], tally: Tally) -> list[_Found]:
    """Return each pair's decisions once; if one author gives two verdicts, all are left out."""
    groups: dict[tuple[Pair, str], list[_Found]] = {}
    for entry in found:
        groups.setdefault((entry[2].pair, entry[2].who), []).append(entry)
    chosen = []
    for entries in groups.values():
        if len({(d.verdict, d.remark) for _b, _r, d in entries}) == 1:
            chosen.append(entries[0])
            continue
        for _book, row, _duplicate in entries:
            tally.leave(row, Note("contradiction"))
    return chosen


class _KnownDecisions:
    """What was decided before.

    A row is new unless its reviewer's last verdict on the pair is the same. Of a file that was read
    before no row is new again, even if the reviewer decided otherwise since.
    """

    def __init__(self, store: Store, books: list[FilledBook]) -> None:
        rows = load_decisions(store.db).rows(named=True)
        self._last: dict[tuple[Pair, str], tuple[str, str | None]] = {}
        self._ever: set[tuple[Pair, str, str | None]] = set()
        for r in rows:
            pair = Pair(*(r[name] for name in Pair._fields))
            self._last[pair, r["who"]] = (r["verdict"], r["remark"])
            self._ever.add((pair, r["verdict"], r["remark"]))
        self._files = {book.sha256 for book in books if _has_been_read(store, book, "review")}

    def is_new(self, book: FilledBook, decision: ReviewDecision, tally: Tally) -> bool:
        words = (decision.verdict, decision.remark)
        known = self._last.get((decision.pair, decision.who)) == words
        known |= book.sha256 in self._files and (decision.pair, *words) in self._ever
        tally.known += known
        self._last[decision.pair, decision.who] = words
        return not known


def _has_been_read(store: Store, book: FilledBook, kind: str) -> bool:
    sql = "SELECT 1 FROM imports WHERE sha256 = ? AND kind = ?"
    return store.db.execute(sql, [book.sha256, kind]).fetchone() is not None
