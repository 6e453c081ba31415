"""Imports of review sheets and of visit sheets: what both have in common.

Every filled row is taken, asked about, or left out with its file, sheet, row and reason.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

import polars as pl

from gapmatch.ledger.cases import read_workspace_identity
from gapmatch.ledger.entries import ReviewDecision, Visit
from gapmatch.ledger.filled_rows import (
    FilledBook,
    FilledRow,
    RefusedRow,
    UnusableRowError,
    build_refused_rows,
)
from gapmatch.privacy import mask_numbers
from gapmatch.store.runs import Store, get_account, get_utc_now
from gapmatch.vocabulary.entry_words import parse_count
from gapmatch.vocabulary.notes import Note
from gapmatch.wording.ledger_words import describe_entry_note

Entry = TypeVar("Entry", ReviewDecision, Visit)


@dataclass(frozen=True)
class ImportReport:
    """What an import did. ``left`` and ``notes``: ``file``, ``sheet``, ``row``, ``reason``.

    ``taken``: rows that were new; ``known``: filled rows that were there already; ``blank``: rows
    that no one filled in; ``other``: filled rows that the other kind of import takes; ``decided``:
    visits that also decided a pair (found insured all along). ``numbers``: file to the number of
    its import; ``refused``: the rows of ``left`` with what they show, for a correction sheet;
    ``corrections``: that sheet, if one was written.
    """

    kind: str
    files: int
    taken: int
    known: int
    blank: int
    other: int
    decided: int
    left: pl.DataFrame
    notes: pl.DataFrame
    numbers: dict[str, int] = field(default_factory=dict)
    refused: tuple[RefusedRow, ...] = ()
    corrections: Path | None = None


@dataclass
class Tally:
    """Counts of rows while they are gone through; reasons are worded in ``language``."""

    language: str
    known: int = 0
    blank: int = 0
    left: list[RefusedRow] = field(default_factory=list)
    notes: list[RefusedRow] = field(default_factory=list)

    def describe(self, note: Note) -> str:
        """Return the sentence of ``note``."""
        return describe_entry_note(note, self.language)

    def leave(self, row: FilledRow, why: Note) -> None:
        """Count ``row`` as left out."""
        reason = self.describe(why)
        refused = RefusedRow(row.file, row.sheet, row.row, reason, row.cells, row.identity)
        self.left.append(refused)

    def note(self, row: FilledRow, what: Note) -> None:
        """Add something to check about a row that is taken all the same."""
        self.notes.append(RefusedRow(row.file, row.sheet, row.row, self.describe(what)))


def select_own_books(
    store: Store, books: Sequence[FilledBook], tally: Tally
) -> Iterator[FilledBook]:
    """Yield the books of this workspace; one of another is refused as a file."""
    workspace = read_workspace_identity(store)
    for book in books:
        if workspace and book.workspace and book.workspace != workspace:
            note = Note("other_workspace", {"other": book.workspace, "own": workspace})
            tally.left.append(RefusedRow(book.file, "", 0, tally.describe(note)))
            continue
        if book.quarter and book.quarter not in store.quarters():
            note = Note("quarter_not_run", {"quarter": book.quarter})
            tally.notes.append(RefusedRow(book.file, "", 0, tally.describe(note)))
        yield book


def collect_entries(
    rows: Iterable[tuple[FilledBook, FilledRow]],
    column: str,
    build: Callable[[FilledBook, FilledRow], Entry],
    tally: Tally,
) -> list[tuple[FilledBook, FilledRow, Entry]]:
    """Return what ``build`` makes of the rows with ``column``; others are blank or half filled.

    A row that cannot be used, but was put right in a correction sheet among the books, is settled.
    """
    entries = []
    for book, row in rows:
        try:
            if column in row.cells:
                if row.repeats_above:
                    tally.note(row, Note("repeats_above"))
                entries.append((book, row, build(book, row)))
            elif row.is_filled("remark", "date") or (
                "persons" in row.cells and parse_count(row.cells["persons"]) != 0
            ):
                shown = (row.cells.get(entry) for entry in ("date", "persons", "remark"))
                raise UnusableRowError("no_outcome", text="；".join(filter(None, shown)))
            else:
                tally.blank += 1
        except UnusableRowError as reason:
            tally.leave(row, reason.note)
    corrected = {row.identity for book, row, _entry in entries if book.is_correction} - {None}
    left = [refused for refused in tally.left if refused.identity not in corrected]
    tally.known += len(tally.left) - len(left)
    tally.left = left
    return entries


def choose_author(book: FilledBook, who: str | None) -> str:
    """Return ``who``, else who last saved the workbook, else its county, else its file's name."""
    return mask_numbers(who or book.editor or book.county or Path(book.file).stem)


def insert_imports(
    store: Store,
    books: Sequence[FilledBook],
    kind: str,
    sources: Sequence[FilledBook],
    tally: Tally,
) -> dict[str, int]:
    """Write one row per file and return SHA-256 to its number."""
    numbers = {}
    for book in books:
        record = {
            "at": get_utc_now(),
            "kind": kind,
            "read_by": get_account(),
            "file": book.file,
            "sha256": book.sha256,
            "taken": sum(source is book for source in sources),
            "left_out": sum(refused.file == book.file for refused in tally.left),
        }
        numbers[book.sha256] = int(store.db.table("imports").insert(record).last_pk or 0)
    return numbers


def add_import_number(entry: Entry, number: int) -> Entry:
    """Return ``entry`` with the number of the import that it came by."""
    return replace(entry, source=entry.source._replace(number=number))


def summarise_import(  # noqa: PLR0913 - what a report counts
    kind: str,
    numbers: Mapping[str, int],
    tally: Tally,
    *,
    books: Sequence[FilledBook],
    taken: int,
    other: int,
    decided: int = 0,
) -> ImportReport:
    """Return the report of an import; ``numbers``: of ``insert_imports``."""
    return ImportReport(
        kind=kind,
        files=len(books),
        taken=taken,
        known=tally.known,
        blank=tally.blank,
        other=other,
        decided=decided,
        left=build_refused_rows(tally.left),
        notes=build_refused_rows(tally.notes),
        numbers={book.file: numbers[book.sha256] for book in books},
        refused=tuple(tally.left),
    )
