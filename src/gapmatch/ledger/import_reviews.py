"""Imports of what reviewers chose in the review sheets."""

from collections.abc import Sequence

from gapmatch.ledger.entries import ReviewDecision, Source, insert_decisions, load_decisions
from gapmatch.ledger.filled_rows import (
    FilledBook,
    FilledRow,
    Pair,
    RefusedRow,
    UnusableRowError,
    describe_contradiction,
)
from gapmatch.ledger.find_firms import FirmFinder, PairFinder
from gapmatch.ledger.imports import (
    ImportReport,
    Tally,
    add_import_number,
    choose_author,
    collect_entries,
    insert_imports,
    select_own_books,
    summarise_import,
)
from gapmatch.store.runs import Store, get_utc_now
from gapmatch.vocabulary.notes import Note
from gapmatch.vocabulary.outcomes import is_sure_verdict, parse_verdict

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
    own_books = list(select_own_books(store, books, tally))
    firms, pairs = FirmFinder(store), PairFinder(store)

    def build_decision(book: FilledBook, row: FilledRow) -> ReviewDecision:
        verdict = parse_verdict(row.cells["verdict"])
        if verdict is None:
            raise UnusableRowError("unknown_verdict", text=row.cells["verdict"])
        remark = row.cells.get("remark")
        if not is_sure_verdict(row.cells["verdict"]):
            facts = {"text": row.cells["verdict"], "verdict": verdict}
            tally.note(row, Note("unsure_verdict", facts))
            remark = "；".join(filter(None, (row.cells["verdict"], remark)))
        key = row.identity
        pair = key if isinstance(key, Pair) else pairs.find(row, book.quarter)
        if firms.check(row, pair.firm, book.quarter) != pair.firm:
            raise UnusableRowError("shuffled")
        return ReviewDecision(
            pair,
            verdict,
            choose_author(book, who),
            book.quarter or "",
            remark,
            (row.cells.get("name"), row.cells.get("enrollment_name")),
            Source(sheet=row.sheet, row=row.row),
        )

    rows = ((book, row) for book in own_books for row in book.reviews)
    entries = collect_entries(rows, "verdict", build_decision, tally)
    known = _KnownDecisions(store, own_books)
    new = [
        (book, decision)
        for book, _row, decision in _drop_contradictions(entries, tally)
        if known.is_new(book, decision, tally)
    ]
    with store.transaction():
        numbers = insert_imports(store, own_books, "review", [b for b, _d in new], tally)
        decided = (add_import_number(d, numbers[b.sha256]) for b, d in new)
        insert_decisions(store.db, decided, get_utc_now())
    other = sum("outcome" in row.cells for book in own_books for row in book.visits)
    return summarise_import("review", numbers, tally, books=own_books, taken=len(new), other=other)


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
            tally.leave(row, describe_contradiction(row, [r.file for _b, r, _d in entries]))
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
        sql = "SELECT sha256 FROM imports WHERE kind = 'review'"
        self._files = {sha256 for (sha256,) in store.db.execute(sql)} & {b.sha256 for b in books}

    def is_new(self, book: FilledBook, decision: ReviewDecision, tally: Tally) -> bool:
        words = (decision.verdict, decision.remark)
        known = self._last.get((decision.pair, decision.who)) == words
        known |= book.sha256 in self._files and (decision.pair, *words) in self._ever
        tally.known += known
        self._last[decision.pair, decision.who] = words
        return not known
