"""Reading filled workbooks back, whatever was done to them in between.

Rows are known by the hidden key in one of their columns, never by their place, the sheet's name or
its headings. If keys were lost, the visible values of a row (code, name, unit) identify it in the
ledger. Columns are known by the hidden row of machine names; if that was deleted, by the headings
or what staff call them, and last by the contents of the cells. A list may be followed by another
one with columns of its own: two workbooks copied into one sheet.
"""

import csv
import io
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import polars as pl

from gapmatch.errors import InputError
from gapmatch.forms.facts import FACTS_SHEET
from gapmatch.forms.headings import list_known_headings
from gapmatch.forms.keys import parse_key
from gapmatch.i18n import LANGUAGES, _, use_language
from gapmatch.ledger.filled_rows import (
    REVIEW_ENTRIES,
    VISIT_ENTRIES,
    FilledBook,
    FilledRow,
    Pair,
    RefusedRow,
)
from gapmatch.privacy import mask_code, mask_numbers
from gapmatch.quarters import is_quarter
from gapmatch.read.cell_cleaning import clean_cells
from gapmatch.read.files import build_missing_error, load, open_document
from gapmatch.read.kinds import OLE
from gapmatch.read.knowledge import load_knowledge
from gapmatch.read.read_model import Grid
from gapmatch.read.text import decode
from gapmatch.settings.reading import ReadSettings
from gapmatch.vocabulary.entry_words import fold_text, is_blank_entry, list_heading_words
from gapmatch.vocabulary.outcomes import is_sure_outcome, parse_outcome, parse_verdict

Row = Sequence[str | None]

_ENTRIES = frozenset((*VISIT_ENTRIES, *REVIEW_ENTRIES))
_SHOWN = frozenset(
    {"name", "code", "unit_id", "enrollment_name", "enrollment_code", "case", "town"}
)
_TEXT_ENDINGS = (".csv", ".txt", ".tsv")
_CODE = re.compile(r"[0-9A-Z]{15,20}")
_NAME = re.compile(r"(公司|厂|店|部|场|社|行|院|所|中心|企业|工作室|经营户)$")
_MAX_HEADING = 60
_MAX_HEADING_ROW = 30
"""Rows in which the first headings are looked for."""
_ROLES_WITH_ENTRIES = ("visits", "later", "review", "recheck", "unfinished")
_CODES = frozenset({"code", "unit_id"})
_ONCE_FOR_ALL = frozenset({"outcome", "date", "remark", "verdict"})
"""What a merged cell says of every row that it spans; persons it gives for all of them together."""


class Returns(NamedTuple):
    """The workbooks that could be read, and the files that could not, each with its reason."""

    books: list[FilledBook]
    unreadable: list[RefusedRow]


def read_workbooks(files: Sequence[Path]) -> Returns:
    """Read filled workbooks (xlsx, xls, ods, csv, as Excel, WPS or LibreOffice save them).

    The same contents are read once. Raises ``InputError`` if not one of ``files`` is a workbook of
    ours: a file that is missing, is no workbook, or holds no list.
    """
    books: dict[str, FilledBook] = {}
    errors: list[InputError] = []
    for path in files:
        try:
            book = _read_book(path)
        except InputError as error:
            errors.append(error)
        else:
            books.setdefault(book.sha256, book)
    if errors and not books:
        raise errors[0]
    unreadable = [
        RefusedRow(mask_numbers(Path(e.file or "").name), "", 0, str(e.message)) for e in errors
    ]
    unreadable += (refused for book in books.values() for refused in book.refused)
    return Returns(list(books.values()), unreadable)


def _read_book(path: Path) -> FilledBook:
    if not path.exists():
        raise build_missing_error(path)
    content = load(path)
    grids = {grid.sheet or "": grid for grid in _open_grids(path, content.data)}
    facts = _read_facts(grids.pop(FACTS_SHEET, None))
    quarter = facts.get("quarter", "")
    book = FilledBook(
        file=mask_numbers(path.name),
        sha256=content.sha256,
        editor=_read_editor(path),
        quarter=quarter if is_quarter(quarter) else None,
        county=facts.get("county"),
        workspace=facts.get("workspace"),
    )
    ours = {facts.get(f"sheet.{role}") for role in _ROLES_WITH_ENTRIES}
    lists = [
        _take_sheet(book, grid, ours=name in ours)
        for name, grid in grids.items()
        if name[:1] != "_"
    ]
    if not any(lists):
        raise _build_empty_error(path, list(grids))
    return book


def _open_grids(path: Path, data: bytes) -> tuple[Grid, ...]:
    """Return the sheets of a file; a text file has one, divided as Excel saves it.

    Its lines are not judged by what divides them best: every key has strokes in it.
    """
    if path.suffix.lower() not in _TEXT_ENDINGS or data.startswith((b"PK", OLE)):
        return open_document(path, data, ReadSettings()).grids
    text = decode(data).text
    comma = text.count(",") >= text.count("\t")
    records = list(csv.reader(io.StringIO(text, newline=""), "excel" if comma else "excel-tab"))
    width = max(map(len, records), default=0)
    rows = [[*record, *[None] * (width - len(record))] for record in records]
    cells = pl.DataFrame(rows, {f"c{i}": pl.String for i in range(width)}, orient="row")
    return (Grid(clean_cells(cells), pl.Series(range(1, cells.height + 1), dtype=pl.Int64)),)


def _build_empty_error(path: Path, sheets: Sequence[str]) -> InputError:
    return InputError(
        _("文件中没有可识别的内容：{path}（工作表：{sheets}）").format(
            path=path, sheets=_("、").join(sheets)
        ),
        _("只能导入本工具生成并填写的县区工作簿，须保留“系统标识”列或表头；本次没有导入任何内容。"),
        file=path,
    )


def _list_rows(grid: Grid) -> list[Row]:
    return list(grid.cells.iter_rows())


def _read_facts(grid: Grid | None) -> dict[str, str]:
    rows = _list_rows(grid) if grid else []
    return {row[0]: row[1] for row in rows if len(row) > 1 and row[0] and row[1]}


def _read_editor(path: Path) -> str | None:
    """Return ``lastModifiedBy`` of an Office Open XML file, else ``None``."""
    try:
        with zipfile.ZipFile(path) as archive:
            core = ElementTree.fromstring(archive.read("docProps/core.xml"))
    except (OSError, zipfile.BadZipFile, KeyError, ElementTree.ParseError):
        return None
    names = (e.text for e in core.iter() if e.tag.endswith("}lastModifiedBy"))
    return next((name.strip() for name in names if name and name.strip()), None)


@dataclass(frozen=True)
class _ReturnedList:
    """A list on a sheet: the place of its first row, machine name to column, its key's too."""

    first: int
    columns: Mapping[str, int]
    by_contents: bool = False
    """Whether its headings are gone, so that only some of its columns are known."""


@dataclass
class _SheetCells:
    """The cells of a sheet, and what those say that were left to the cells above them."""

    rows: list[Row]
    merged: dict[tuple[int, int], str] = field(default_factory=dict)
    """Place and column to the text of the merged cell that spans it."""

    @classmethod
    def from_grid(cls, grid: Grid) -> "_SheetCells":
        sheet = cls(_list_rows(grid))
        for merge in grid.merges:
            if text := sheet.get_text(merge.first, merge.column):
                places = range(merge.first + 1, min(merge.last + 1, len(sheet.rows)))
                sheet.merged |= {(place, merge.column): text for place in places}
        return sheet

    def get_text(self, place: int, column: int) -> str:
        return _get_cell(self.rows[place], column) if place < len(self.rows) else ""

    def read_cells(
        self, place: int, columns: Mapping[str, int], above: Mapping[str, str]
    ) -> tuple[dict[str, str], bool]:
        """Return the cells of a row by machine name, and whether some repeat those above.

        Numbers of persons in them are masked: what is refused is shown.
        """
        cells, repeated = {}, False
        for name, column in columns.items():
            text = given = self.get_text(place, column)
            if not text and name in _ONCE_FOR_ALL:
                text = self.merged.get((place, column), "")
            elif name in _ENTRIES and text in _list_dittos():
                text = above.get(name, text)
            repeated |= text != given
            if text and not (name in _ENTRIES and is_blank_entry(name, text)):
                cells[name] = mask_code(text) if name in _CODES else mask_numbers(text)
        return cells, repeated


def _take_sheet(book: FilledBook, grid: Grid, *, ours: bool) -> bool:
    """Add what a sheet holds to ``book``; return whether it has a list.

    ``ours`` marks a sheet that was written as a list: if none can be found on it, it is reported.
    """
    sheet = _SheetCells.from_grid(grid)
    lists = list(_find_lists(sheet.rows)) or list(_find_list_by_contents(sheet.rows))
    if lists and lists[0].by_contents:
        reason = _("表头认不出，只按内容认出了企业和结果；日期、人数、备注没有导入，请恢复表头")
        book.refused.append(RefusedRow(book.file, grid.sheet or "", 0, reason))
    elif not lists and ours and grid.cells.height:
        reason = _("工作表中认不出走访结果或认定结果的列，请恢复表头后再导入")
        book.refused.append(RefusedRow(book.file, grid.sheet or "", 0, reason))
    ends = [*(found.first for found in lists[1:]), len(sheet.rows)]
    for found, end in zip(lists, ends, strict=False):
        _take_list(book, grid, sheet, found, end)
    return bool(lists)


def _take_list(
    book: FilledBook, grid: Grid, sheet: _SheetCells, found: _ReturnedList, end: int
) -> None:
    columns = {name: i for name, i in found.columns.items() if name != "key"}
    key = found.columns.get("key")
    cells: dict[str, str] = {}
    for place in range(found.first, end):
        cells, repeated = sheet.read_cells(place, columns, cells)
        identity = parse_key(sheet.get_text(place, key)) if key is not None else None
        if identity is None and (not cells.keys() & _ENTRIES or _is_heading(sheet.rows[place])):
            continue
        number = grid.get_row_number(place)
        row = FilledRow(book.file, grid.sheet or "", number, identity, cells, repeated)
        of_pairs = "verdict" in columns if identity is None else isinstance(identity, Pair)
        (book.reviews if of_pairs else book.visits).append(row)


def _find_lists(rows: list[Row]) -> Iterator[_ReturnedList]:
    """Yield each list of a sheet: one begins below machine names, or below headings.

    Between the machine names and the first firm stand the headings, which someone may have deleted.
    """
    key = _find_key_column(rows)
    begin, found = 0, False
    for i, row in enumerate(rows):
        if i >= _MAX_HEADING_ROW and not found:
            return
        if i < begin or (key is not None and _is_key(_get_cell(row, key))):
            continue
        names, begin = _find_machine_names(row), i + 1
        if not _is_list(names):
            names = _recognise_headings(row)
        elif i + 1 < len(rows) and not _is_filled(rows[i + 1], names):
            begin = i + 2
        if _is_list(names):
            found = True
            yield _ReturnedList(begin, names if key is None else {"key": key, **names})


def _is_list(names: Mapping[str, int]) -> bool:
    return bool(names.keys() & {"outcome", "verdict"}) and bool(names.keys() & {"name", "code"})


def _is_heading(row: Row) -> bool:
    return _is_list(_find_machine_names(row)) or _is_list(_recognise_headings(row))


def _is_filled(row: Row, names: Mapping[str, int]) -> bool:
    """Whether a row is one of a list with these columns, and not that of its headings."""
    texts = {name: _get_cell(row, column) for name, column in names.items()}
    return (
        _is_key(texts.get("key", ""))
        or _CODE.fullmatch(texts.get("code", "")) is not None
        or parse_outcome(texts.get("outcome", "")) is not None
        or parse_verdict(texts.get("verdict", "")) is not None
    )


def _find_list_by_contents(rows: list[Row]) -> Iterator[_ReturnedList]:
    """Yield the list whose headings are gone: its columns are known by what stands in them.

    A sheet without keys that has some headings of ours is a list in which nothing is filled in.
    """
    key = _find_key_column(rows)
    if key is None and any(_find_machine_names(r) or _recognise_headings(r) for r in rows):
        return
    tests: dict[str, Callable[[str], object]] = {
        "verdict": parse_verdict,
        "outcome": is_sure_outcome,
        "code": _CODE.fullmatch,
        "name": _NAME.search,
    }
    width = max((len(row) for row in rows), default=0)
    names = {} if key is None else {"key": key}
    for name, test in tests.items():
        hits = [
            0 if i in names.values() else sum(bool(test(_get_cell(row, i))) for row in rows)
            for i in range(width)
        ]
        if any(hits):
            names[name] = hits.index(max(hits))
    if not (names.keys() & _ENTRIES and names.keys() & {"key", "name", "code"}):
        return
    firms = [names[name] for name in ("key", "code", "name") if name in names][:1]
    tested = _is_key if key is not None else tests["code" if "code" in names else "name"]
    first = next(i for i, row in enumerate(rows) if tested(_get_cell(row, firms[0])))
    headed = [_recognise_headings(row) for row in rows[:first]]
    more = {name: column for found in headed for name, column in found.items()}
    yield _ReturnedList(first, {**names, **more}, by_contents=not more.keys() & {"date", "remark"})


def _find_key_column(rows: list[Row]) -> int | None:
    """Return the column with most keys."""
    keyed = (i for row in rows for i, text in enumerate(row) if text and _is_key(text))
    return min(((-count, i) for i, count in Counter(keyed).items()), default=(0, None))[1]


def _is_key(text: str) -> bool:
    return text.startswith("tax|") and parse_key(text) is not None


def _find_machine_names(row: Row) -> dict[str, int]:
    return {name: i for i, name in enumerate(row) if name in _MACHINE_NAMES}


_MACHINE_NAMES = _ENTRIES | _SHOWN | {"key"}


def _recognise_headings(row: Row) -> dict[str, int]:
    """Recognise headings as they were written, else what staff call them (``entry_words.csv``)."""
    # Headings are short; addresses and reasons need not be folded to be told from them.
    texts = reversed([(i, text) for i, text in enumerate(row) if text and len(text) < _MAX_HEADING])
    words = {fold_text(text): i for i, text in texts}
    others = {name: words[word] for word, name in list_heading_words().items() if word in words}
    return others | {
        name: words[word] for word, name in _name_by_heading().items() if word in words
    }


@cache
def _name_by_heading() -> dict[str, str]:
    """Return heading to machine name, of the columns that matter here, in every language."""
    known: dict[str, str] = {}
    for language in LANGUAGES:
        with use_language(language):
            known |= {
                fold_text(title): name
                for name, title in list_known_headings()
                if name in _MACHINE_NAMES
            }
    return known


@cache
def _list_dittos() -> frozenset[str]:
    return frozenset(load_knowledge().layout["dittos"])


def _get_cell(row: Row, column: int) -> str:
    return (row[column] or "").strip() if column < len(row) else ""
