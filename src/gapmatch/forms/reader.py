"""Reading filled workbooks back, whatever was done to them in between.

Rows are known by the hidden key in one of their columns, never by their place, the sheet's name or
its headings. If keys were lost, the visible values of a row (code, name, unit) identify it in the
ledger. What is written elsewhere than in the cells to fill in is named.
"""

import csv
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence, Set
from functools import cache
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import polars as pl

from gapmatch.errors import InputError
from gapmatch.forms.facts import CORRECTION_FORM, FACTS_SHEET
from gapmatch.forms.headings import list_sheets_without_entries
from gapmatch.forms.keys import parse_key
from gapmatch.forms.returned_cells import SheetCells
from gapmatch.forms.returned_lists import (
    ENTRIES,
    ReturnedList,
    find_list_without_entries,
    find_lists,
    is_heading,
)
from gapmatch.forms.stray_texts import (
    describe_changed_cells,
    describe_coloured_rows,
    describe_loose_text,
    describe_texts_above,
    describe_unknown_columns,
    describe_unread_contents,
)
from gapmatch.forms.unread_contents import UnreadContents, find_unread_contents
from gapmatch.i18n import LANGUAGES, _, use_language
from gapmatch.ledger.filled_rows import FilledBook, FilledRow, Pair, RefusedRow
from gapmatch.privacy import mask_numbers
from gapmatch.quarters import is_quarter
from gapmatch.read.cell_cleaning import clean_cells
from gapmatch.read.files import build_missing_error, load, open_document
from gapmatch.read.kinds import OLE
from gapmatch.read.read_model import Grid
from gapmatch.read.text import decode
from gapmatch.settings.reading import ReadSettings
from gapmatch.vocabulary.entry_words import parse_count, parse_dates
from gapmatch.vocabulary.outcomes import is_sure_outcome

_TEXT_ENDINGS = (".csv", ".txt", ".tsv")
_PAPER_ENDINGS = (
    *(".docx", ".doc", ".wps", ".rtf", ".odt", ".pdf"),
    *(".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".heic"),
)
_DECISIVE = frozenset({"name", "outcome", "verdict"})
"""Where a line through the text takes back the row."""
_ROLES_WITH_ENTRIES = ("visits", "later", "review", "recheck", "unfinished")
_NO_TICK = "-—/×xX✗✘0否无 "


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
        RefusedRow(
            mask_numbers(Path(e.file or "").name),
            "",
            0,
            "；".join(filter(None, (e.message, e.remedy))),
        )
        for e in errors
    ]
    unreadable += (refused for book in books.values() for refused in book.refused)
    return Returns(list(books.values()), unreadable)


def _read_book(path: Path) -> FilledBook:
    if not path.exists():
        raise build_missing_error(path)
    if path.suffix.lower() in _PAPER_ENDINGS:
        raise InputError(
            _("走访单、告知书、扫描件和照片不能导入：{path}").format(path=path),
            _("请把结果录入该县区工作簿的“走访名单”（counties 文件夹里的 xlsx），再导入工作簿。"),
            file=path,
        )
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
        is_correction=facts.get("form") == CORRECTION_FORM,
    )
    ours = {facts.get(f"sheet.{role}") for role in _ROLES_WITH_ENTRIES}
    unread = find_unread_contents(content.data)
    above = {text for fact, text in facts.items() if fact.startswith(("title.", "note."))}
    found = False
    for name, grid in grids.items():
        if name[:1] == "_":
            continue
        contents = unread.get(name, UnreadContents())
        sheet = SheetCells.from_grid(grid, contents)
        is_list = _take_sheet(book, sheet, above, ours=name in ours)
        found |= is_list
        if is_list or (sheet.rows and name not in {*ours, *_list_idle_sheets()}):
            _refuse(book, sheet, describe_unread_contents(contents, is_list=is_list))
    if not found:
        raise _build_empty_error(path, list(grids))
    return book


def _refuse(book: FilledBook, sheet: SheetCells, reasons: Iterable[str]) -> None:
    """Add what is not taken of a sheet as such."""
    name = sheet.grid.sheet or ""
    book.refused.extend(RefusedRow(book.file, name, 0, reason) for reason in reasons)


@cache
def _list_idle_sheets() -> frozenset[str]:
    """Return the names of our sheets that no one fills in, in every language."""
    names: set[str] = set()
    for language in LANGUAGES:
        with use_language(language):
            names |= set(list_sheets_without_entries())
    return frozenset(names)


def _open_grids(path: Path, data: bytes) -> tuple[Grid, ...]:
    """Return the sheets of a file; a text file has one, divided as Excel saves it."""
    if path.suffix.lower() not in _TEXT_ENDINGS or data.startswith((b"PK", OLE)):
        return open_document(path, data, ReadSettings()).grids
    text = decode(data).text
    divider = max(",\t;", key=text.count)
    records = list(csv.reader(io.StringIO(text, newline=""), delimiter=divider))
    width = max(map(len, records), default=0)
    rows = [[*record, *[None] * (width - len(record))] for record in records]
    cells = pl.DataFrame(rows, {f"c{i}": pl.String for i in range(width)}, orient="row")
    return (Grid(clean_cells(cells), pl.Series(range(1, cells.height + 1), dtype=pl.Int64)),)


def _build_empty_error(path: Path, sheets: Sequence[str]) -> InputError:
    message = _("文件中没有可识别的内容：{path}").format(path=path)
    named = _("（工作表：{sheets}）").format(sheets=_("、").join(filter(None, sheets)))
    return InputError(
        message + (named if any(sheets) else ""),  # a text file has no sheets
        _("只能导入本工具生成并填写的县区工作簿，须保留“系统标识”列或表头；本次没有导入任何内容。"),
        file=path,
    )


def _read_facts(grid: Grid | None) -> dict[str, str]:
    rows = grid.cells.iter_rows() if grid else ()
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


def _take_sheet(book: FilledBook, sheet: SheetCells, above: Set[str], *, ours: bool) -> bool:
    """Add what a sheet holds to ``book``; return whether it has a list.

    ``above`` are the titles and notes that the lists were written with; ``ours`` marks a sheet that
    was written as a list: if none can be found on it, it is reported.
    """
    rows = sheet.rows
    lists = find_lists(rows)
    if lists and lists[0].by_contents:
        reason = _("表头认不出，只按内容认出了企业和结果；日期、人数、备注没有导入，请恢复表头")
        _refuse(book, sheet, [reason])
    elif not lists and ours and rows:
        reason = _("工作表中认不出走访结果或认定结果的列，请恢复表头后再导入")
        _refuse(book, sheet, [reason])
    elif not lists:
        _refuse(book, sheet, describe_unknown_columns(rows, find_list_without_entries(rows)))
    elif above:
        _refuse(book, sheet, describe_texts_above(rows[: lists[0].first], above))
    for found in lists:
        _take_list(book, sheet, found)
        _refuse(book, sheet, describe_changed_cells(sheet, found))
        _refuse(book, sheet, describe_unknown_columns(rows, found))
    return bool(lists)


def _take_list(book: FilledBook, sheet: SheetCells, found: ReturnedList) -> None:
    columns = {name: i for name, i in found.columns.items() if name != "key"}
    key = found.columns.get("key")
    cells: dict[str, str] = {}
    is_empty = found.last == found.first + 1  # a sentence instead of firms
    last = found.first if is_empty else found.last
    entries = [*(i for name, i in columns.items() if name in ENTRIES), *found.choices]
    coloured: list[int] = []
    for place in range(found.first, found.end):
        # Most rows were not filled in: nothing but their number counts.
        is_filled = place in sheet.marked or any(sheet.rows[place][i] for i in entries)
        cells, repeated = sheet.read_cells(place, columns, cells) if is_filled else ({}, False)
        if is_filled and found.choices:
            _read_ticks(sheet, place, found.choices, cells)
        number, has_entry = sheet.grid.get_row_number(place), bool(cells.keys() & ENTRIES)
        identity = parse_key(sheet.get_text(place, key)) if key is not None else None
        is_open = not has_entry and not _has_words(sheet.rows[place], entries)
        if place in sheet.coloured and identity and is_open:
            coloured.append(number)
        if identity is None and (not has_entry or is_heading(sheet.rows[place])):
            if place < last:
                _refuse(book, sheet, describe_loose_text(sheet, place, found.columns))
            continue
        of_pairs = "verdict" in columns if identity is None else isinstance(identity, Pair)
        placed = cells if of_pairs else _place_outcome(cells)
        row = FilledRow(
            *(book.file, sheet.grid.sheet or "", number, identity, placed, repeated),
            misplaced=placed is not cells,
        )
        if any((place, columns.get(name)) in sheet.struck for name in cells.keys() & _DECISIVE):
            reason = _("本行有删除线，没有导入；仍然有效的，请去掉删除线")
            book.refused.append(RefusedRow(row.file, row.sheet, number, reason, cells, identity))
            continue
        (book.reviews if of_pairs else book.visits).append(row)
    _refuse(book, sheet, describe_coloured_rows(coloured))


def _has_words(row: Sequence[str | None], columns: Sequence[int]) -> bool:
    """Whether somebody filled in cells, be it that no one went there yet; a dash says nothing."""
    return any(map(str.isalnum, "".join(row[i] or "" for i in columns)))


def _read_ticks(
    sheet: SheetCells, place: int, choices: Mapping[int, str], cells: dict[str, str]
) -> None:
    """Enter the choices that are ticked in a row; more than one is for a person to settle."""
    marks = {label: sheet.get_text(place, i) for i, label in choices.items()}
    ticked = [label for label, mark in marks.items() if mark.strip(_NO_TICK)]
    if ticked and "outcome" not in cells:
        cells["outcome"] = _("、").join(ticked)


def _place_outcome(cells: dict[str, str]) -> dict[str, str]:
    """Return the cells with the outcome in its own column, if it was put into another one.

    Where a date or a number stands in the column of the outcome, both change places.
    """
    given = cells.get("outcome", "")
    if given and parse_count(given) is None and not parse_dates(given):
        return cells
    others = [n for n in ("date", "persons", "remark") if is_sure_outcome(cells.get(n, ""))]
    if len(others) != 1:
        return cells
    placed = {**cells, "outcome": cells[others[0]], others[0]: given}
    return {name: text for name, text in placed.items() if text}
