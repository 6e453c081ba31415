"""The results of reading: the rows of one source, what is wrong, and a report for each file."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from pathlib import Path

import polars as pl

from gapmatch.i18n import _
from gapmatch.schemas import ENROLLMENT_ROWS, REGISTRY_ROWS, TAX_ROWS, Table


class Side(StrEnum):
    """The three sources."""

    TAX = "tax"
    ENROLLMENT = "enrollment"
    REGISTRY = "registry"

    @property
    def table(self) -> Table:
        """The frame that an extract of this side becomes."""
        return {"tax": TAX_ROWS, "enrollment": ENROLLMENT_ROWS, "registry": REGISTRY_ROWS}[self]


NumericCells = Callable[[Sequence[int]], pl.DataFrame]


@dataclass(frozen=True)
class Grid:
    """One sheet as it stands: strings, null if a cell is blank.

    ``cells`` has the columns ``c0``, ``c1``, …; ``rows`` is the row that Excel or an editor shows
    for each of them; ``widths`` the number of fields in each line of a text file. ``numeric`` marks
    for chosen columns which cells the workbook stores as numbers; null for text files. ``headings``
    are the headers if a schema gives them: no row is one then, and columns may be numbers, dates or
    booleans. ``nested`` are the places of columns of lists or structures, which are left blank.
    """

    cells: pl.DataFrame
    rows: pl.Series
    sheet: str | None = None
    visible: bool = True
    widths: pl.Series | None = None
    numeric: NumericCells | None = None
    headings: tuple[str, ...] | None = None
    nested: frozenset[int] = frozenset()
    without_value: tuple["LostCell", ...] = ()
    merges: tuple["Merge", ...] = ()
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    """Places of rows and columns that Excel does not show."""

    def get_row_number(self, place: int) -> int:
        """Return the row that is shown for a place in ``cells``; the first is the schema's."""
        return int(self.rows[place]) if place >= 0 else 1


@dataclass(frozen=True)
class LostCell:
    """A cell with an error, or a formula never calculated (``kind`` of the finding)."""

    place: int
    column: int
    kind: str
    value: str


@dataclass(frozen=True)
class Merge:
    """A cell over several rows: its column and its first and last place."""

    column: int
    first: int
    last: int


@dataclass(frozen=True)
class Document:
    """One file, opened: its sheets, how it was encoded, and what was wrong with its bytes."""

    encoding: str
    grids: tuple[Grid, ...]
    defects: tuple["Finding", ...] = ()


@dataclass(frozen=True)
class Finding:
    """A finding: ``kind`` (see ``defects.explain``) with row, column, value and numbers."""

    kind: str
    row: int | None = None
    column: str | None = None
    value: str | None = None
    sheet: str | None = None
    facts: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True)
class Match:
    """A header and the canonical column that it stands for.

    ``stage``: 0 alias, 1 alias without what stands in brackets, 2 alias behind a known prefix,
    3 ends like an alias, 4 spelt like an alias. From 3 on it is a guess and reported as one.
    ``factor`` turns the header's unit into the canonical one (万元 → 10000).
    """

    index: int
    header: str
    canonical: str
    stage: int
    rank: int
    factor: float | None = None

    @property
    def guessed(self) -> bool:
        """Whether the header is not in the lists and was only taken to mean this column."""
        return self.stage >= 3


@dataclass(frozen=True)
class ColumnMap:
    """The columns of one sheet: for each canonical column the headers that give it, best first."""

    columns: dict[str, tuple[Match, ...]]
    unmapped: tuple[str, ...]
    dropped: tuple[str, ...]
    passed_over: tuple[tuple[Match, Match], ...] = ()
    """Columns of numbers beside which another was taken, with that one; their contents differ."""
    unread_statuses: tuple[Match, ...] = ()
    """Columns that look like statuses and are not understood."""

    @cached_property
    def matches(self) -> list[Match]:
        """All matches in use, in the order of the sheet."""
        return sorted((m for ms in self.columns.values() for m in ms), key=lambda m: m.index)


@dataclass(frozen=True)
class SheetPlace:
    """The place of a sheet, for errors."""

    side: Side
    path: Path
    sheet: str | None
    row: int

    def __str__(self) -> str:
        where = _("{path} 第 {row} 行").format(path=self.path, row=self.row)
        return (
            _("{where}（工作表“{sheet}”）").format(where=where, sheet=self.sheet)
            if self.sheet
            else where
        )


@dataclass(frozen=True)
class Total:
    """A total of a sheet that no sum of its rows comes to; without header a number of rows."""

    header: str
    row: int
    stated: float
    found: float


@dataclass(frozen=True)
class SheetReport:
    """How one sheet (or text file) was understood, and what was left out of its rows."""

    sheet: str | None
    header_row: int
    mapping: Mapping[str, str]
    guessed: Mapping[str, str]
    unmapped: tuple[str, ...]
    dropped_columns: tuple[str, ...]
    titles: int
    footers: int
    blanks: int
    repeated_headers: int
    rows_in: int
    furniture: int = 0
    header_rows: int = 1
    title_rows: int = 0
    blanks_above: int = 0
    physical_rows: int = 0
    title_texts: tuple[str, ...] = ()
    """What stands above the header."""
    note_texts: tuple[str, ...] = ()
    """What stands between and below the data rows: notes, totals, signatures."""
    highest_number: int = 0
    """The highest number (序号) of a row; 0 if rows are not numbered."""
    wrong_totals: tuple[Total, ...] = ()
    """Totals that disagree with the rows."""
    newest_period: str | None = None
    """The newest month (YYYYMM) that columns of periods (所属期) name, but for slips."""
    quarters: Mapping[str, int] = field(default_factory=dict)
    """How many rows a column of periods puts in each quarter."""
    hidden_rows: int = 0
    """Data rows that are hidden, by hand or by a filter."""


@dataclass(frozen=True)
class FileReport:
    """One file of a source.

    Balance: ``rows_in == unique + duplicates + refused + folded``, where ``folded`` counts the line
    rows that became part of a unit of another row, and ``physical_rows`` from the first line to the
    last are ``rows_in`` and what is no data: titles, headers, totals, furniture and blank rows.
    ``rows_out`` rows of the frame are from this file. ``lost_sheets``: sheet → why it was left out,
    although it holds something like data.
    """

    path: Path
    name: str
    sha256: str
    bytes: int
    encoding: str
    sheets: tuple[SheetReport, ...]
    skipped_sheets: Mapping[str, str]
    lost_sheets: Mapping[str, str] = field(default_factory=dict)
    rows_in: int = 0
    rows_out: int = 0
    duplicates: int = 0
    refused: int = 0
    folded: int = 0

    @property
    def unique(self) -> int:
        """Rows that stand for themselves."""
        return self.rows_in - self.duplicates - self.refused - self.folded

    @property
    def sheet(self) -> str | None:
        """The sheet that was read (the first of several)."""
        return self.sheets[0].sheet

    @property
    def header_row(self) -> int:
        """Row of the header as Excel shows it."""
        return self.sheets[0].header_row

    @property
    def mapping(self) -> Mapping[str, str]:
        """Header → canonical column, over all sheets."""
        return {h: c for s in self.sheets for h, c in s.mapping.items()}

    @property
    def guessed(self) -> Mapping[str, str]:
        """The part of ``mapping`` that was guessed."""
        return {h: c for s in self.sheets for h, c in s.guessed.items()}

    @property
    def unmapped(self) -> tuple[str, ...]:
        """Headers that stand for nothing known or were not needed."""
        return tuple(dict.fromkeys(h for s in self.sheets for h in s.unmapped))

    @property
    def titles(self) -> int:
        """Title lines above the headers."""
        return sum(s.titles for s in self.sheets)

    @property
    def footers(self) -> int:
        """Totals, notes and signatures that were left out."""
        return sum(s.footers for s in self.sheets)

    @property
    def blanks(self) -> int:
        """Blank rows between the header and the last row."""
        return sum(s.blanks for s in self.sheets)

    @property
    def not_data(self) -> int:
        """Rows of the file that are no data, from its first line to its last."""
        known = self.title_rows + self.header_rows + self.footers + self.furniture
        return known + self.blank_rows

    @property
    def blank_rows(self) -> int:
        """Blank rows from the first line to the last."""
        return self.blanks + sum(s.blanks_above for s in self.sheets)

    @property
    def furniture(self) -> int:
        """Rules, page numbers, signatures, titles of groups."""
        return sum(s.furniture for s in self.sheets)

    @property
    def header_rows(self) -> int:
        """Rows of headers, also repeated ones."""
        return sum(s.header_rows + s.repeated_headers for s in self.sheets)

    @property
    def title_rows(self) -> int:
        """Rows above the headers."""
        return sum(s.title_rows for s in self.sheets)

    @property
    def physical_rows(self) -> int:
        """Rows from the first line to the last that holds anything."""
        return sum(s.physical_rows for s in self.sheets)


@dataclass(frozen=True)
class ReadFile:
    """One file, read by itself: its canonical rows, its report and its findings."""

    report: FileReport
    rows: pl.DataFrame
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Extract:
    """One source as read: ``rows`` (TaxRows, EnrollmentRows, RegistryRows), defects, files."""

    side: Side
    rows: pl.DataFrame
    defects: pl.DataFrame
    files: tuple[FileReport, ...]
    left_out: Mapping[str, str] = field(default_factory=dict)
    """File or sheet → why it was left out, although it may hold data."""
    units_repeated: int = 0
    """Rows of units that another row is of, if neither months nor lines set them apart."""

    @property
    def rows_in(self) -> int:
        """Data rows in all files."""
        return sum(f.rows_in for f in self.files)

    @property
    def rows_out(self) -> int:
        """Rows of the frame."""
        return sum(f.rows_out for f in self.files)

    @property
    def duplicates(self) -> int:
        """Rows with the very same contents as an earlier one."""
        return sum(f.duplicates for f in self.files)

    @property
    def refused(self) -> int:
        """Rows with neither name nor code."""
        return sum(f.refused for f in self.files)

    @property
    def folded(self) -> int:
        """Line rows that became part of the unit of another row."""
        return sum(f.folded for f in self.files)

    @property
    def unique(self) -> int:
        """Rows that stand for themselves."""
        return sum(f.unique for f in self.files)
