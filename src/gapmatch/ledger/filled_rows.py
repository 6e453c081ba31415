"""Rows of a workbook that came back, as the ledger takes them in."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import polars as pl

from gapmatch.vocabulary.notes import Note

VISIT_ENTRIES = ("outcome", "date", "persons", "remark")
REVIEW_ENTRIES = ("verdict", "remark")


class FirmIdentity(NamedTuple):
    """A firm by content, as a hidden key has it; a missing text is ``None``."""

    code: str | None
    name: str | None


class Pair(NamedTuple):
    """A firm and a unit by content, as a hidden key has them; a missing text is ``None``."""

    firm_code: str | None
    firm_name: str | None
    unit_id: str | None
    unit_code: str | None
    unit_name: str | None

    @property
    def firm(self) -> FirmIdentity:
        """The firm of the pair."""
        return FirmIdentity(self.firm_code, self.firm_name)


class UnusableRowError(Exception):
    """A row that cannot be taken, with the reason."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.note = Note(code, facts)


@dataclass(frozen=True)
class FilledRow:
    """A row of a list, its filled cells by machine name; ``identity`` is its key's, if whole."""

    file: str
    sheet: str
    row: int
    identity: FirmIdentity | Pair | None
    cells: Mapping[str, str]
    repeats_above: bool = False
    """Whether an entry is that of the row above: a merged cell, or 同上."""

    misplaced: bool = False
    """Whether the outcome stood in another column than its own."""

    def is_filled(self, *entries: str) -> bool:
        """Whether one of ``entries`` has been filled in."""
        return any(entry in self.cells for entry in entries)


@dataclass(frozen=True)
class RefusedRow:
    """A row (0: the file as such) that is not taken, with the reason and what it shows."""

    file: str
    sheet: str
    row: int
    reason: str
    cells: Mapping[str, str] = field(default_factory=dict)
    identity: FirmIdentity | Pair | None = None


@dataclass(frozen=True)
class FilledBook:
    """A returned workbook: its facts, its rows of visits and of pairs."""

    file: str
    sha256: str
    editor: str | None
    """Who last saved it, as Excel noted it."""
    quarter: str | None
    """The quarter that it was written for, if still readable."""
    county: str | None
    workspace: str | None
    """The identity of the workspace that wrote it, if still readable."""
    is_correction: bool = False
    """Whether it is a sheet of rows that an import left out, put right."""
    visits: list[FilledRow] = field(default_factory=list)
    reviews: list[FilledRow] = field(default_factory=list)
    refused: list[RefusedRow] = field(default_factory=list)
    """Sheets of ours on which no list can be found any more."""


def describe_contradiction(row: FilledRow, files: Iterable[str]) -> Note:
    """Return why ``row`` is left out: rows of ``files``, its own too, say different things."""
    if others := sorted({*files} - {row.file}):
        return Note("contradicts_files", {"files": others})
    return Note("contradiction")


def build_refused_rows(rows: list[RefusedRow]) -> pl.DataFrame:
    """Return ``file``, ``sheet``, ``row``, ``reason``."""
    schema = {"file": pl.String, "sheet": pl.String, "row": pl.Int64, "reason": pl.String}
    values = [(row.file, row.sheet, row.row, row.reason) for row in rows]
    return pl.DataFrame(values, schema=schema, orient="row").sort("file", "sheet", "row")
