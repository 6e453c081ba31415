"""Reading filled workbooks back, whatever was done to them in between.

Rows are known by the hidden key in one of their columns, never by their place, the sheet's name or
its headings. If keys were lost, the visible values of a row (code, name, unit) identify it in the
ledger. What is written elsewhere than in the cells to fill in is named.
"""

import csv
import io
import re
import unicodedata
import zipfile
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import polars as pl
from xlsxwriter.utility import xl_col_to_name

from gapmatch.errors import InputError
from gapmatch.forms.facts import FACTS_SHEET
from gapmatch.forms.headings import list_sheets_without_entries
from gapmatch.forms.keys import CHECK, list_changed_columns, parse_key
from gapmatch.forms.returned_lists import (
    ENTRIES,
    ReturnedList,
    Row,
    find_headings,
    find_list_by_contents,
    find_lists,
    get_cell,
    is_heading,
    is_our_heading,
    name_heading,
)
from gapmatch.forms.sheet_model import FIRST_ROW
from gapmatch.forms.unread_contents import UnreadContents, find_unread_contents
from gapmatch.i18n import LANGUAGES, _, use_language
from gapmatch.ledger.filled_rows import FilledBook, FilledRow, Pair, RefusedRow
from gapmatch.privacy import mask_code, mask_numbers
from gapmatch.quarters import is_quarter
from gapmatch.read.cell_cleaning import clean_cells
from gapmatch.read.files import build_missing_error, load, open_document
from gapmatch.read.kinds import OLE
from gapmatch.read.knowledge import load_knowledge
from gapmatch.read.read_model import Grid
from gapmatch.read.text import decode
from gapmatch.settings.reading import ReadSettings
from gapmatch.vocabulary.entry_words import is_blank_entry, parse_count, parse_dates
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
_MAX_ROWS_NAMED = 30
"""Rows with texts written into other cells that are named one by one."""
_REMARKS_BELOW = frozenset({"注", "备注", "说明"})
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
    )
    ours = {facts.get(f"sheet.{role}") for role in _ROLES_WITH_ENTRIES}
    unread = find_unread_contents(content.data)
    above = {text for fact, text in facts.items() if fact.startswith(("title.", "note."))}
    found = False
    for name, grid in grids.items():
        if name[:1] == "_":
            continue
        contents = unread.get(name, UnreadContents())
        is_list = _take_sheet(book, grid, contents, above, ours=name in ours)
        found |= is_list
        if is_list or (grid.cells.height and name not in {*ours, *_list_idle_sheets()}):
            reasons = _list_unread_reasons(contents, is_list=is_list)
            book.refused.extend(RefusedRow(book.file, name, 0, reason) for reason in reasons)
    if not found:
        raise _build_empty_error(path, list(grids))
    return book


def _list_unread_reasons(contents: UnreadContents, *, is_list: bool) -> Iterator[str]:
    """Yield what a sheet holds that is not taken in."""
    if not is_list:
        yield _("没有认出企业和结果，本表没有导入")
    if contents.comments:
        yield _("有 {n} 条批注没有导入；请把结果填在单元格里").format(n=contents.comments)
    if contents.drawings:
        yield _("有图片或文本框，没有导入；请把结果填在单元格里")


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


@dataclass
class _SheetCells:
    """The cells of a sheet, and what those say that were left to the cells above them."""

    rows: list[Row]
    struck: Set[tuple[int, int]]
    """Places and columns of cells whose text is struck out."""
    coloured: Set[int]
    """Places of rows that somebody coloured."""
    merged: dict[tuple[int, int], str] = field(default_factory=dict)
    """Place and column to the text of the merged cell that spans it."""
    marked: set[int] = field(default_factory=set)
    """Places of rows that a line through a text, or a merged cell, says something of."""

    @classmethod
    def from_grid(cls, grid: Grid, unread: UnreadContents) -> "_SheetCells":
        struck = unread.struck
        sheet = cls(_list_rows(grid), struck, {place for place, _column in unread.coloured})
        for lost in grid.without_value:  # what a reader would see: #N/A, or the formula
            row = list(sheet.rows[lost.place])
            row[lost.column] = lost.value
            sheet.rows[lost.place] = row
        for merge in grid.merges:
            if text := sheet.get_text(merge.first, merge.column):
                places = range(merge.first + 1, min(merge.last + 1, len(sheet.rows)))
                sheet.merged |= {(place, merge.column): text for place in places}
        sheet.marked |= {place for place, _column in (*struck, *sheet.merged)}
        return sheet

    def get_text(self, place: int, column: int) -> str:
        return get_cell(self.rows[place], column) if place < len(self.rows) else ""

    def read_cells(
        self, place: int, columns: Mapping[str, int], above: Mapping[str, str]
    ) -> tuple[dict[str, str], bool]:
        """Return a row's cells by machine name, masked, and whether some repeat those above."""
        cells, repeated = {}, False
        for name, column in columns.items():
            text = given = self.get_text(place, column)
            if not text and name in _ONCE_FOR_ALL:
                text = self.merged.get((place, column), "")
            elif name in ENTRIES and text in _list_dittos():
                text = above.get(name, text)
            repeated |= text != given
            if name == "code":
                text = unicodedata.normalize("NFKC", text)
            if text and not (name in ENTRIES and is_blank_entry(name, text)):
                cells[name] = mask_code(text) if name in _CODES else mask_numbers(text)
        return cells, repeated


def _take_sheet(
    book: FilledBook, grid: Grid, unread: UnreadContents, above: Set[str], *, ours: bool
) -> bool:
    """Add what a sheet holds to ``book``; return whether it has a list.

    ``above`` are the titles and notes that the lists were written with; ``ours`` marks a sheet that
    was written as a list: if none can be found on it, it is reported.
    """
    sheet = _SheetCells.from_grid(grid, unread)
    lists = list(find_lists(sheet.rows)) or list(find_list_by_contents(sheet.rows))
    if lists and lists[0].by_contents:
        reason = _("表头认不出，只按内容认出了企业和结果；日期、人数、备注没有导入，请恢复表头")
        book.refused.append(RefusedRow(book.file, grid.sheet or "", 0, reason))
    elif not lists and ours and grid.cells.height:
        reason = _("工作表中认不出走访结果或认定结果的列，请恢复表头后再导入")
        book.refused.append(RefusedRow(book.file, grid.sheet or "", 0, reason))
    elif not lists:
        _note_unknown_columns(book, grid, sheet.rows, find_headings(sheet.rows), len(sheet.rows))
    elif above:
        _note_text_above(book, grid, sheet.rows[: lists[0].first], above)
    ends = [*(found.first for found in lists[1:]), len(sheet.rows)]
    for found, end in zip(lists, ends, strict=False):
        _take_list(book, grid, sheet, found, end)
        _note_unknown_columns(book, grid, sheet.rows, found, end)
    return bool(lists)


def _note_text_above(book: FilledBook, grid: Grid, rows: list[Row], ours: Set[str]) -> None:
    """Note what is written above the headings; ``ours`` are titles and notes of lists."""
    for row in rows:
        texts = [text for text in row if text]
        if sum(map(is_our_heading, texts)) > 1:
            return
        for text in texts:
            own = max(filter(text.startswith, ours), default="", key=len)
            if added := text.removeprefix(own).strip():
                reason = _("表头上方写的“{text}”没有导入；请填在黄色列").format(
                    text=mask_numbers(added)
                )
                book.refused.append(RefusedRow(book.file, grid.sheet or "", 0, reason))


def _note_unknown_columns(
    book: FilledBook, grid: Grid, rows: list[Row], found: ReturnedList, end: int
) -> None:
    """Note the columns of a list that are none of ours and hold something."""
    if found.by_contents or not found.first:
        return
    above = rows[max(0, found.first - 2) : found.first]  # machine names, headings
    ours = {
        i  # of columns to fill in that stand twice, one is read: the other is none of ours
        for row in above
        for i, text in enumerate(row)
        if text and name_heading(text) not in {None, *ENTRIES}
    }
    last = end if end == len(rows) else end - FIRST_ROW  # the headings of the next list
    filled = {i for row in rows[found.first : last] for i, text in enumerate(row) if text}
    if unknown := sorted(filled - ours - set(found.columns.values()) - set(found.choices)):
        names = _("、").join(get_cell(above[-1], i) or xl_col_to_name(i) for i in unknown)
        reason = _("以下各列没有导入：{columns}").format(columns=mask_numbers(names))
        book.refused.append(RefusedRow(book.file, grid.sheet or "", 0, reason))


def _take_list(
    book: FilledBook, grid: Grid, sheet: _SheetCells, found: ReturnedList, end: int
) -> None:
    columns = {name: i for name, i in found.columns.items() if name != "key"}
    key = found.columns.get("key")
    cells: dict[str, str] = {}
    last = end if end == len(sheet.rows) else end - FIRST_ROW  # the headings of the next list
    if last == found.first + 1:
        last = found.first  # the sentence of a list without firms
    entries = [*(i for name, i in columns.items() if name in ENTRIES), *found.choices]
    coloured: list[int] = []
    for place in range(found.first, end):
        # Most rows were not filled in: nothing but their number counts.
        is_filled = place in sheet.marked or any(sheet.rows[place][i] for i in entries)
        cells, repeated = sheet.read_cells(place, columns, cells) if is_filled else ({}, False)
        if is_filled and found.choices:
            _read_ticks(sheet, place, found.choices, cells)
        identity = parse_key(sheet.get_text(place, key)) if key is not None else None
        if place in sheet.coloured and identity and not cells.keys() & ENTRIES:
            coloured.append(grid.get_row_number(place))
        if identity is None and (not cells.keys() & ENTRIES or is_heading(sheet.rows[place])):
            if place < last and (text := _find_loose_text(sheet.rows[place], found.columns)):
                reason = _("第 {row} 行不是名单上的企业，没有导入：{text}").format(
                    row=grid.get_row_number(place), text=mask_numbers(text)
                )
                book.refused.append(RefusedRow(book.file, grid.sheet or "", 0, reason))
            continue
        number = grid.get_row_number(place)
        of_pairs = "verdict" in columns if identity is None else isinstance(identity, Pair)
        placed = cells if of_pairs else _place_outcome(cells)
        misplaced = placed is not cells
        row = FilledRow(
            book.file, grid.sheet or "", number, identity, placed, repeated, misplaced=misplaced
        )
        if any((place, columns.get(name)) in sheet.struck for name in cells.keys() & _DECISIVE):
            reason = _("本行有删除线，没有导入；仍然有效的，请去掉删除线")
            book.refused.append(RefusedRow(row.file, row.sheet, number, reason, cells, identity))
            continue
        (book.reviews if of_pairs else book.visits).append(row)
    reasons = [*_describe_coloured(coloured), *_describe_changed(grid, sheet, found, end)]
    book.refused.extend(RefusedRow(book.file, grid.sheet or "", 0, reason) for reason in reasons)


def _describe_coloured(rows: Sequence[int]) -> Iterator[str]:
    if rows:
        yield _("第 {rows} 行只涂了颜色，没有填结果，没有导入；请把颜色的意思填在黄色列").format(
            rows=_format_row_numbers(rows)
        )


def _describe_changed(
    grid: Grid, sheet: _SheetCells, found: ReturnedList, end: int
) -> Iterator[str]:
    """Yield what was written into cells that no one fills in, row by row."""
    names = sheet.rows[found.first - 2] if found.first > 1 else ()
    at = {name: i for i, name in enumerate(names) if name}
    check = next((name for name in at if name.startswith(CHECK)), None)
    if check is None:
        return
    changed: dict[int, str] = {}
    for place in range(found.first, end):
        shown = {name: sheet.get_text(place, i) for name, i in at.items()}
        if columns := list_changed_columns(check, shown[check], shown):
            changed[place] = _("；").join(shown[name] or "—" for name in columns)
    if len(changed) > _MAX_ROWS_NAMED:
        numbers = [grid.get_row_number(place) for place in changed]
        yield _(
            "第 {rows} 行的企业信息与发出时不同，可能只排序了部分列；改动没有导入，请核对"
        ).format(rows=_format_row_numbers(numbers))
        return
    for place, text in changed.items():
        yield _("第 {row} 行的企业信息改成了“{text}”，没有导入；请把结果填在黄色列").format(
            row=grid.get_row_number(place), text=mask_numbers(text)
        )


def _format_row_numbers(rows: Sequence[int]) -> str:
    """Return row numbers in words, runs of them as 5–9."""
    runs: list[list[int]] = []
    for row in rows:
        if runs and row == runs[-1][-1] + 1:
            runs[-1].append(row)
        else:
            runs.append([row])
    return _("、").join(f"{r[0]}–{r[-1]}" if len(r) > 1 else str(r[0]) for r in runs)


def _read_ticks(
    sheet: _SheetCells, place: int, choices: Mapping[int, str], cells: dict[str, str]
) -> None:
    """Enter the choices that are ticked in a row; more than one is for a person to settle."""
    marks = {label: sheet.get_text(place, i) for i, label in choices.items()}
    ticked = [label for label, mark in marks.items() if mark.strip(_NO_TICK)]
    if ticked and "outcome" not in cells:
        cells["outcome"] = _("、").join(ticked)


def _find_loose_text(row: Row, columns: Mapping[str, int]) -> str:
    """Return what is written in a row without firm and entries; sums and signatures are nothing."""
    firms = [columns[name] for name in ("name", "code") if name in columns]
    texts = [text.strip() for text in row if text and text.strip()]
    if not texts or ("key" not in columns and any(get_cell(row, i) for i in firms)):
        return ""
    layout = load_knowledge().layout
    words = {*layout["totals"], *layout["footers"]} - _REMARKS_BELOW
    return "" if re.split(r"[:：]", texts[0])[0] in words else " ".join(texts)


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


@cache
def _list_dittos() -> frozenset[str]:
    return frozenset(load_knowledge().layout["dittos"])
