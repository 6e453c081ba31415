"""What taking in review sheets and visit sheets has in common.

All files are taken or none, each row once. A row is left out only with its file, sheet, row and reason.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

import polars as pl
from rapidfuzz import fuzz

from gapmatch.forms.reader import FilledBook, FilledRow, StrayRow, frame_of_strays, read_sheets
from gapmatch.i18n import _
from gapmatch.ledger.entries import ReviewDecision, Visit
from gapmatch.store.runs import Store, account, utc_now

Entry = TypeVar("Entry", ReviewDecision, Visit)

_LIKE = 50.0
"""Names that agree less (rapidfuzz ratio, 0–100) belong to different firms: 贵州甲建材 / 乙药房 is 20."""


@dataclass(frozen=True)
class ImportReport:
    """What an import did. ``left`` and ``notes``: ``file``, ``sheet``, ``row``, ``reason``.

    ``taken``: rows that were new; ``known``: filled rows that were there already; ``blank``: rows that
    nobody filled in; ``other``: filled rows that the other kind of import takes; ``decided``: visits
    that also settled a pair (found insured all along).
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


@dataclass
class Tally:
    """What became of rows while they are gone through."""

    known: int = 0
    blank: int = 0
    left: list[StrayRow] = field(default_factory=list)
    notes: list[StrayRow] = field(default_factory=list)

    def leave(self, row: FilledRow, reason: str) -> None:
        """Count ``row`` as left out."""
        self.left.append(StrayRow(row.file, row.sheet, row.row, reason))

    def note(self, row: FilledRow, reason: str) -> None:
        """Tell something of a row that is taken all the same."""
        self.notes.append(StrayRow(row.file, row.sheet, row.row, reason))


def filled_books(files: Sequence[Path]) -> list[FilledBook]:
    """Read ``files``, the same contents once; raises ``InputError`` as ``read_sheets`` does."""
    return list({book.sha256: book for book in read_sheets(files)}.values())


def unambiguous(rows: list[FilledRow], entry: str, tally: Tally) -> list[FilledRow]:
    """Return the filled rows, each key once; a key that says two things in one file is left out."""
    by_key: dict[str, list[FilledRow]] = {}
    for row in rows:
        if _is_filled(row, entry, tally):
            by_key.setdefault(row.key, []).append(row)
    chosen = []
    for same in by_key.values():
        if len({tuple(sorted(row.cells.items())) for row in same}) == 1:
            chosen.append(same[0])
            continue
        for row in same:
            tally.leave(row, _("同一户在表中出现多次且填写不一致"))
    return chosen


def _is_filled(row: FilledRow, entry: str, tally: Tally) -> bool:
    if entry in row.cells:
        return True
    if row.cells.keys() & {"remark", "date", "persons"}:
        tally.leave(row, _("填写了备注或日期，但没有选择结果"))
    else:
        tally.blank += 1
    return False


def is_shuffled(row: FilledRow, code: str, name: str) -> bool:
    """Whether the row shows another firm than its hidden key: only some columns were sorted."""
    shown_code, shown_name = row.cells.get("code", ""), row.cells.get("name", "")
    if not shown_name or not name or (code and _plain(shown_code) == _plain(code)):
        return False
    bare = re.sub("^[0-9]{6}／", "", name).replace("／", "")
    return max(fuzz.ratio(shown_name, bare), fuzz.ratio(shown_name, name)) < _LIKE


def _plain(code: str) -> str:
    return "".join(character for character in code.upper() if character.isalnum())


def author(book: FilledBook, who: str | None) -> str:
    """Return who speaks: as told, else who last saved the workbook, else its county, else its name."""
    return who or book.editor or book.facts.get("county") or Path(book.file).stem


def write_imports(
    store: Store,
    books: list[FilledBook],
    kind: str,
    sources: list[FilledBook],
    tally: Tally,
) -> dict[str, int]:
    """Write one row per file and return SHA-256 to its number."""
    for book in books:
        tally.left.extend(book.strays)
    numbers = {}
    for book in books:
        record = {
            "at": utc_now(),
            "kind": kind,
            "read_by": account(),
            "file": book.file,
            "sha256": book.sha256,
            "taken": sum(source is book for source in sources),
            "left_out": sum(stray.file == book.file for stray in tally.left),
        }
        numbers[book.sha256] = int(store.db.table("imports").insert(record).last_pk or 0)
    return numbers


def sourced(entry: Entry, number: int) -> Entry:
    """Return ``entry`` with the number of the import that it came by."""
    return replace(entry, source=replace(entry.source, number=number))


def report_of(
    kind: str, books: list[FilledBook], taken: int, tally: Tally, other: int
) -> ImportReport:
    """Draw the report together."""
    return ImportReport(
        kind=kind,
        files=len(books),
        taken=taken,
        known=tally.known,
        blank=tally.blank,
        other=other,
        decided=0,
        left=frame_of_strays(tally.left),
        notes=frame_of_strays(tally.notes),
    )
