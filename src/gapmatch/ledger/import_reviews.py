"""Taking in what reviewers chose in the review sheets."""

from collections.abc import Sequence
from pathlib import Path

from gapmatch.forms.reader import FilledBook, FilledRow, parse_verdict
from gapmatch.i18n import _
from gapmatch.ledger.entries import Pair, ReviewDecision, Source, insert_decisions, load_decisions
from gapmatch.ledger.imports import (
    ImportReport,
    Tally,
    author,
    filled_books,
    is_shuffled,
    report_of,
    sourced,
    unambiguous,
    write_imports,
)
from gapmatch.store.runs import Store, utc_now


def import_reviews(store: Store, files: Sequence[Path], who: str | None = None) -> ImportReport:
    """Take what reviewers chose in the review sheets of ``files``.

    ``who`` is the reviewer; without it, who last saved the workbook, else its county, else its name.
    Raises ``InputError`` where a file is no filled workbook; then nothing of any file is taken. Reading the same file again takes nothing.
    """
    books = filled_books(files)
    tally = Tally()
    known = _KnownSaid(store, books)
    said = [
        (book, entry)
        for book in books
        for row in unambiguous(book.reviews, "verdict", tally)
        if (entry := _said(book, row, who, tally)) and known.is_new(book, entry, tally)
    ]
    with store.db.atomic():
        numbers = write_imports(store, books, "review", [b for b, _e in said], tally)
        at = utc_now()
        insert_decisions(store.db, (sourced(e, numbers[b.sha256]) for b, e in said), at)
    other = sum("outcome" in row.cells for book in books for row in book.visits)
    return report_of("review", books, len(said), tally, other)


def _said(book: FilledBook, row: FilledRow, who: str | None, tally: Tally) -> ReviewDecision | None:
    verdict = parse_verdict(row.cells["verdict"])
    _tax, firm_code, firm_name, _gap, _enrollment, *unit = row.key.split("|")
    if verdict is None:
        tally.leave(row, _("认定结果“{text}”不在可选项中").format(text=row.cells["verdict"]))
        return None
    if is_shuffled(row, firm_code, firm_name):
        tally.leave(row, _("系统标识与本行企业不符（可能只排序了部分列）"))
        return None
    pair = Pair(*(text or None for text in (firm_code, firm_name, *unit)))
    source = Source(sheet=row.sheet, row=row.row)
    remark = row.cells.get("remark")
    given = row.cells.get("name"), row.cells.get("enrollment_name")
    return ReviewDecision(
        pair, verdict, author(book, who), book.quarter or "", remark, given, source
    )


class _KnownSaid:
    """What was said before: a row is new unless its reviewer's last word on the pair is the same.

    Of a file that was read before no row is new again, even where the reviewer spoke since.
    """

    def __init__(self, store: Store, books: list[FilledBook]) -> None:
        rows = load_decisions(store.db).rows(named=True)
        self._last: dict[tuple[Pair, str], tuple[str, str | None]] = {}
        self._ever: set[tuple[Pair, str, str | None]] = set()
        for r in rows:
            pair = Pair(
                r["firm_code"], r["firm_name"], r["unit_id"], r["unit_code"], r["unit_name"]
            )
            self._last[pair, r["who"]] = (r["verdict"], r["remark"])
            self._ever.add((pair, r["verdict"], r["remark"]))
        self._files = {book.sha256 for book in books if _was_read(store, book, "review")}

    def is_new(self, book: FilledBook, said: ReviewDecision, tally: Tally) -> bool:
        words = (said.verdict, said.remark)
        known = self._last.get((said.pair, said.who)) == words
        known |= book.sha256 in self._files and (said.pair, *words) in self._ever
        tally.known += known
        self._last[said.pair, said.who] = words
        return not known


def _was_read(store: Store, book: FilledBook, kind: str) -> bool:
    sql = "SELECT 1 FROM imports WHERE sha256 = ? AND kind = ?"
    return store.db.execute(sql, [book.sha256, kind]).fetchone() is not None
