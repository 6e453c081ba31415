"""What taking in review sheets and visit sheets has in common.

Every filled row is taken, asked about, or left out with its file, sheet, row and reason.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

import polars as pl
from rapidfuzz import fuzz

from gapmatch.ledger.entries import ReviewDecision, Visit
from gapmatch.ledger.filled_rows import (
    FilledBook,
    FilledRow,
    FirmIdentity,
    RefusedRow,
    build_refused_rows,
)
from gapmatch.ledger.identity import strip_code
from gapmatch.ledger.workspace_identity import read_workspace_identity
from gapmatch.privacy import mask_numbers
from gapmatch.store.runs import Store, get_account, get_utc_now
from gapmatch.vocabulary.entry_words import parse_count
from gapmatch.vocabulary.notes import Note
from gapmatch.wording.ledger_words import describe_entry_note

Entry = TypeVar("Entry", ReviewDecision, Visit)

_SAME_NAME_RATIO = 50.0
"""Names less alike (rapidfuzz ratio, 0–100) are of different firms: 贵州甲建材/乙药房 is 20."""


@dataclass(frozen=True)
class ImportReport:
    """What an import did. ``left`` and ``notes``: ``file``, ``sheet``, ``row``, ``reason``.

    ``taken``: rows that were new; ``known``: filled rows that were there already; ``blank``: rows
    that no one filled in; ``other``: filled rows that the other kind of import takes; ``decided``:
    visits that also settled a pair (found insured all along). ``numbers``: file to the number of
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
    own = read_workspace_identity(store)
    for book in books:
        if own and book.workspace and book.workspace != own:
            note = Note("other_workspace", {"other": book.workspace, "own": own})
            tally.left.append(RefusedRow(book.file, "", 0, tally.describe(note)))
            continue
        if book.quarter and book.quarter not in store.quarters():
            note = Note("quarter_not_run", {"quarter": book.quarter})
            tally.notes.append(RefusedRow(book.file, "", 0, tally.describe(note)))
        yield book


def select_filled(rows: Iterable[FilledRow], entry: str, tally: Tally) -> Iterator[FilledRow]:
    """Yield the rows in which ``entry`` is filled in.

    Others are blank, or left out if half filled; a zero of persons alone was filled down.
    """
    for row in rows:
        if entry in row.cells:
            if row.repeats_above:
                tally.note(row, Note("repeats_above"))
            yield row
        elif row.is_filled("remark", "date") or parse_count(row.cells.get("persons", "0")) != 0:
            tally.leave(row, Note("no_outcome"))
        else:
            tally.blank += 1


def is_shuffled(row: FilledRow, firm: FirmIdentity) -> bool:
    """Whether the row shows another firm than its hidden key: only some columns were sorted."""
    shown_code, shown_name = row.cells.get("code", ""), row.cells.get("name", "")
    code, name = firm.code or "", firm.name or ""
    if not shown_name or not name or (code and strip_code(shown_code) == strip_code(code)):
        return False
    bare = re.sub("^[0-9]{6}／", "", name).replace("／", "")
    return max(fuzz.ratio(shown_name, bare), fuzz.ratio(shown_name, name)) < _SAME_NAME_RATIO


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
    return replace(entry, source=replace(entry.source, number=number))


def summarise_import(
    kind: str, books: Sequence[FilledBook], taken: int, tally: Tally, other: int
) -> ImportReport:
    """Return the report of an import."""
    return ImportReport(
        kind=kind,
        files=len(books),
        taken=taken,
        known=tally.known,
        blank=tally.blank,
        other=other,
        decided=0,
        left=build_refused_rows(tally.left),
        notes=build_refused_rows(tally.notes),
        refused=tuple(tally.left),
    )
