"""Writes one ``Book`` with xlsxwriter; imports nothing heavy: helper processes start fast."""

import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from xlsxwriter.utility import xl_rowcol_to_cell

from gapmatch.forms.facts import FACTS_SHEET
from gapmatch.forms.fast_worksheet import FastRow, FastWorksheet, PackedWorkbook
from gapmatch.forms.formats import Formats
from gapmatch.forms.heights import RowHeights
from gapmatch.forms.sheet_model import (
    FIRST_ROW,
    HEAD_ROW,
    NAMES_ROW,
    Block,
    Book,
    FigureSheet,
    Formula,
    Heading,
    ListSheet,
    Marked,
    TextSheet,
)

CHOICES_SHEET = "_choices"
_FIRST_BLOCK_ROW = 3
_MAX_TEXT_CHARS = 16_000
"""Half of what a cell holds, since rare characters count twice there."""

_PAGE_WIDTH, _PAGE_ROWS, _PAGE_POINTS = 112, 24, 520
"""What A4 landscape holds in full size: units of column width, rows of a block, points."""
_FITTING_ROWS = 40
"""Rows that a page of figures holds if it is printed smaller: no table alone on a second page."""
_TITLE_POINTS = 26

_CREATED = datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)
_MAY = {
    "autofilter": True,
    "sort": True,
    "format_columns": True,
    "format_rows": True,
    "select_locked_cells": True,
    "select_unlocked_cells": True,
}


def write_book(book: Book, folder: Path) -> None:
    """Write ``book`` below ``folder``, which nobody else reads yet."""
    (folder / book.path).write_bytes(render_book(book))


def render_book(book: Book) -> bytes:
    """Return ``book`` as an XLSX file. The same book gives the same bytes."""
    workbook = PackedWorkbook()
    workbook.set_properties({"title": book.title, "created": _CREATED})
    writer = _Writer(workbook, book)
    for sheet in book.sheets:
        writer.add(sheet)
    writer.add_hidden()
    return workbook.pack()


class _Writer:
    def __init__(self, workbook: Any, book: Book) -> None:  # noqa: ANN401
        self._workbook = workbook
        self._book = book
        self._formats = Formats(workbook)
        self._choices: dict[tuple[str, ...], int] = {}

    def add(self, sheet: ListSheet | FigureSheet | TextSheet) -> None:
        page = self._workbook.add_worksheet(sheet.name, FastWorksheet)
        page.set_tab_color(f"#{sheet.tab}")
        page.hide_gridlines(2)
        page.write_string(0, 0, sheet.title, self._formats.other("title"))
        page.set_row(0, _TITLE_POINTS)
        self._set_up_print(page)
        if _wants_fitting(sheet):
            page.fit_to_pages(1, 0)
        if isinstance(sheet, ListSheet):
            self._write_list(page, sheet)
        elif isinstance(sheet, FigureSheet):
            self._write_figures(page, sheet)
        else:
            self._write_text(page, sheet)

    def _set_up_print(self, page: Any) -> None:  # noqa: ANN401
        page.set_paper(9)
        page.set_landscape()
        page.set_margins(left=0.3, right=0.3, top=0.4, bottom=0.55)
        footer = self._book.footer.replace("&", "&&")
        page.set_footer(f"&L&8 {footer}&C&8 {self._book.page_words}&R&8 &A")

    # -- lists ---------------------------------------------------------------------------------

    def _write_list(self, page: Any, sheet: ListSheet) -> None:  # noqa: ANN401
        page.write_string(1, 0, sheet.note, self._formats.other("note"))
        page.set_row(1, 18)
        self._write_headings(page, sheet)
        plain, shaded = (
            self._get_row_formats(sheet, "plain"),
            self._get_row_formats(sheet, "shaded"),
        )
        heights = RowHeights(sheet.headings)
        rows = (
            (row, heights.of(row), shaded if number in sheet.shaded else plain)
            for number, row in enumerate(sheet.rows)
        )
        if any(heading.marked for heading in sheet.headings):
            self._write_marked_rows(page, rows)
        else:
            page.add_rows(FIRST_ROW, rows)
        if not sheet.rows:
            page.write_string(FIRST_ROW, 0, sheet.empty, self._formats.other("empty"))
        self._add_entry_rules(page, sheet)
        self._set_up_view(page, sheet)

    def _get_row_formats(self, sheet: ListSheet, state: str) -> list[Any]:
        return [self._formats.cell(h.style, "entry" if h.entry else state) for h in sheet.headings]

    def _write_marked_rows(self, page: Any, rows: Iterable[FastRow]) -> None:  # noqa: ANN401
        """Write rows in which some texts have two colours, cell by cell."""
        write = _CellWriter(page)
        marks = (self._formats.other("same"), self._formats.other("mark"))
        for number, (row, height, formats) in enumerate(rows, FIRST_ROW):
            page.set_row(number, height)
            write.row(number, row, formats, marks)

    def _write_headings(self, page: Any, sheet: ListSheet) -> None:  # noqa: ANN401
        page.set_row(NAMES_ROW, None, None, self._formats.hidden)
        page.set_row(HEAD_ROW, RowHeights(sheet.headings).measure_headings())
        for column, heading in enumerate(sheet.headings):
            page.write_string(NAMES_ROW, column, heading.name, self._formats.other("names"))
            look = "entry_heading" if heading.entry else "heading"
            page.write_string(HEAD_ROW, column, heading.title, self._formats.other(look))
            hidden = heading.style == "key" or (sheet.locked and _is_empty(sheet, column))
            options = self._formats.hidden if hidden else {}
            width = _fit_numbers(heading, (row[column] for row in sheet.rows))
            page.set_column(column, column, width, None, options)

    def _add_entry_rules(self, page: Any, sheet: ListSheet) -> None:  # noqa: ANN401
        """Check what is filled in, and offer lists to choose from."""
        if not sheet.rows:
            return
        last = FIRST_ROW + len(sheet.rows) - 1
        for column, heading in enumerate(sheet.headings):
            if heading.entry and (rule := self._build_rule(heading)):
                page.data_validation(FIRST_ROW, column, last, column, rule)

    def _build_rule(self, heading: Heading) -> dict[str, Any]:
        words = {"input_title": heading.title[:32], "input_message": heading.hint[:255]}
        stop = {"error_title": heading.title[:32], "error_message": heading.hint[:255]}
        if heading.choices:
            return {
                "validate": "list",
                "source": self._locate_choices(heading.choices),
                **words,
                **stop,
            }
        if heading.style == "date":
            first = datetime(2000, 1, 1)
            return {"validate": "date", "criteria": ">=", "value": first, **words, **stop}
        if heading.style == "integer":
            return {"validate": "integer", "criteria": ">=", "value": 0, **words, **stop}
        return {"validate": "any", **words} if heading.hint else {}

    def _locate_choices(self, choices: tuple[str, ...]) -> str:
        column = self._choices.setdefault(choices, len(self._choices))
        top = xl_rowcol_to_cell(0, column, row_abs=True, col_abs=True)
        end = xl_rowcol_to_cell(len(choices) - 1, column, row_abs=True, col_abs=True)
        return f"='{CHOICES_SHEET}'!{top}:{end}"

    def _set_up_view(self, page: Any, sheet: ListSheet) -> None:  # noqa: ANN401
        last = FIRST_ROW + max(len(sheet.rows) - 1, 0)
        columns = len(sheet.headings) - 1
        page.autofilter(HEAD_ROW, 0, last, columns)
        page.freeze_panes(FIRST_ROW, _count_frozen_columns(sheet))
        page.repeat_rows(0, HEAD_ROW)
        page.print_area(0, sheet.first_printed, last, _find_last_printed(sheet))
        if sheet.first_printed or not sheet.fit_width:
            page.repeat_columns(0, _count_frozen_columns(sheet) - 1)
        page.ignore_errors({"number_stored_as_text": f"A1:{xl_rowcol_to_cell(last, columns)}"})
        if sheet.locked:
            page.protect("", _MAY)

    # -- pages ---------------------------------------------------------------------------------

    def _write_figures(self, page: Any, sheet: FigureSheet) -> None:  # noqa: ANN401
        page.write_string(1, 0, sheet.note, self._formats.other("note"))
        widths: dict[int, float] = {}
        top, breaks = _FIRST_BLOCK_ROW, [_FIRST_BLOCK_ROW]
        for block in sheet.blocks:
            for column, heading in enumerate(block.headings):
                room = _fit_numbers(heading, _list_numbers(block, column))
                widths[column] = max(widths.get(column, 0), room)
            if top > _FIRST_BLOCK_ROW and top - breaks[-1] + len(block.rows) > _PAGE_ROWS:
                breaks.append(top)
            top = self._write_block(page, block, top) + 2
        if len(breaks) > 1 and top <= _FITTING_ROWS:
            page.fit_to_pages(1, 1)
        else:
            page.set_h_pagebreaks(breaks[1:])
        for column, width in widths.items():
            page.set_column(column, column, width)
        if len(sheet.blocks) == 1:
            page.freeze_panes(_FIRST_BLOCK_ROW + 2, 1)
            page.repeat_rows(0, _FIRST_BLOCK_ROW + 1)
        page.protect("", _MAY)

    def _write_block(self, page: Any, block: Block, top: int) -> int:  # noqa: ANN401
        page.write_string(top, 0, block.title, self._formats.other("block"))
        for column, heading in enumerate(block.headings):
            page.write_string(top + 1, column, heading.title, self._formats.other("heading"))
        write = _CellWriter(page)
        marks = (self._formats.other("same"), self._formats.other("mark"))
        formats = [self._formats.cell(heading.style) for heading in block.headings]
        heights = RowHeights(block.headings)
        page.set_row(top + 1, heights.measure_headings())
        for number, row in enumerate(block.rows):
            page.set_row(top + 2 + number, heights.of(row))
            write.row(top + 2 + number, row, formats, marks)
        end = top + 2 + len(block.rows)
        if block.total:
            totals = [self._formats.cell(heading.style, "total") for heading in block.headings]
            write.row(end, _build_totals(block, top + 2), totals, marks)
            end += 1
        return end

    def _write_text(self, page: Any, sheet: TextSheet) -> None:  # noqa: ANN401
        columns = (Heading("term", "", 22, "text"), Heading("text", "", 88, "text"))
        heights = RowHeights(columns)
        for place, column in enumerate(columns):
            page.set_column(place, place, column.width)
        # A heading of the page has no text beside it and runs on over both columns.
        points = [heights.of(line if line[1] else ("", "")) for line in sheet.lines]
        page.set_h_pagebreaks(_break_before_headings(sheet, points))
        for number, (term, text) in enumerate(sheet.lines):
            page.set_row(2 + number, points[number])
            page.write_string(2 + number, 0, term, self._formats.other("term" if text else "block"))
            if text:
                page.write_string(2 + number, 1, text, self._formats.other("prose"))
        page.protect("", _MAY)

    # -- for programs --------------------------------------------------------------------------

    def add_hidden(self) -> None:
        """Write the drop-down lists, and the facts for the program that reads the book."""
        choices = self._workbook.add_worksheet(CHOICES_SHEET)
        for values, column in self._choices.items():
            for row, value in enumerate(values):
                choices.write_string(row, column, value)
        facts = self._workbook.add_worksheet(FACTS_SHEET)
        for row, (name, value) in enumerate(sorted(self._book.facts.items())):
            facts.write_string(row, 0, name)
            facts.write_string(row, 1, value)
        for page in (choices, facts):
            page.hide()
            page.protect("", _MAY)


class _CellWriter:
    """Writes values by their type; a text is always written as text, whatever it begins with."""

    def __init__(self, page: Any) -> None:  # noqa: ANN401
        self._page = page

    def row(
        self,
        number: int,
        values: Sequence[object],
        formats: Sequence[Any],
        marks: Any,  # noqa: ANN401
    ) -> None:
        page = self._page
        string, blank, numeric = page.write_string, page.write_blank, page.write_number
        for column, (value, form) in enumerate(zip(values, formats, strict=True)):
            if type(value) is str:
                string(
                    number,
                    column,
                    value if len(value) <= _MAX_TEXT_CHARS else value[:_MAX_TEXT_CHARS],
                    form,
                )
            elif value is None:
                blank(number, column, None, form)
            elif type(value) is int or type(value) is float:
                numeric(number, column, value, form)
            else:
                self._write_other(number, column, value, form, marks)

    def _write_other(self, number: int, column: int, value: object, form: Any, marks: Any) -> None:  # noqa: ANN401
        if isinstance(value, Marked):
            self._write_marked(number, column, value, form, marks)
        elif isinstance(value, Formula):
            self._page.write_formula(number, column, value.text, form, value.value)
        else:
            self._page.write_datetime(number, column, value, form)

    def _write_marked(self, number: int, column: int, value: Marked, form: Any, marks: Any) -> None:  # noqa: ANN401
        """Write a text in two colours; the file format wants at least two pieces for that."""
        pieces = [(text[i], marked) for text, marked in value.fragments for i in range(len(text))]
        if len(value.fragments) > 1:
            pieces = list(value.fragments)
        if len(pieces) < 2:
            self._page.write_string(number, column, "".join(t for t, _ in pieces), form)
            return
        same, mark = marks
        coloured = [x for text, marked in pieces for x in (mark if marked else same, text)]
        self._page.write_rich_string(number, column, *coloured, form)


def _build_totals(block: Block, first: int) -> tuple[object, ...]:
    """Return the line of sums: a formula under every column of numbers."""
    cells: list[object] = [block.total]
    for column, heading in enumerate(block.headings[1:], start=1):
        values = [row[column] for row in block.rows]
        if heading.style not in ("integer", "decimal", "money"):
            cells.append(None)
            continue
        top, end = (
            xl_rowcol_to_cell(first, column),
            xl_rowcol_to_cell(first + len(values) - 1, column),
        )
        value = _list_numbers(block, column)[-1]
        cells.append(Formula(f"=SUM({top}:{end})", value) if values else 0)
    return tuple(cells)


def _list_numbers(block: Block, column: int) -> list[float]:
    """Return the numbers of a column, and their sum."""
    numbers = [v for row in block.rows if isinstance(v := row[column], int | float)]
    # Floats by fsum: sum() rounds them in another way from Python 3.12 on.
    return [*numbers, math.fsum(numbers) if float in map(type, numbers) else sum(numbers)]


_NUMBER_FORMATS = {"integer": ",.0f", "money": ",.0f", "decimal": ",.1f"}
_NUMBER_MARGIN = 1.7
"""What a number takes in its cell beside its digits; one that does not fit shows as ####."""


def _fit_numbers(heading: Heading, values: Iterable[object]) -> float:
    """Return the width of a column that shows its longest number."""
    shown = _NUMBER_FORMATS.get(heading.style)
    numbers = [v for v in values if isinstance(v, int | float)] if shown else []
    if not shown or not numbers:
        return heading.room
    digits = max(len(format(number, shown)) for number in (min(numbers), max(numbers)))
    return max(heading.room, digits + _NUMBER_MARGIN)


def _wants_fitting(sheet: ListSheet | FigureSheet | TextSheet) -> bool:
    """Whether the sheet is made smaller on paper until its columns fit on a page."""
    if isinstance(sheet, FigureSheet):
        return _measure_width(sheet) > _PAGE_WIDTH
    return isinstance(sheet, ListSheet) and sheet.fit_width


def _break_before_headings(sheet: TextSheet, points: Sequence[float]) -> list[int]:
    """Return the rows of headings that would stand at the foot of a page without their text."""
    breaks: list[int] = []
    used: float = 2 * _TITLE_POINTS
    for place, (term, text) in enumerate(sheet.lines):
        is_heading = bool(term) and not text
        if is_heading and used + sum(points[place : place + 3]) > _PAGE_POINTS:
            breaks.append(2 + place)
            used = 0
        elif used + points[place] > _PAGE_POINTS:
            used = 0
        used += points[place]
    return breaks


def _measure_width(sheet: FigureSheet) -> float:
    """Units of column width that the widest block takes."""
    return max(sum(h.room for h in block.headings) for block in sheet.blocks)


def _is_empty(sheet: ListSheet, column: int) -> bool:
    """Whether a column that no one fills in holds nothing, so that it only takes room."""
    filled_in = sheet.headings[column].entry or not sheet.rows
    return not filled_in and all(row[column] is None for row in sheet.rows)


def _count_frozen_columns(sheet: ListSheet) -> int:
    """Columns that stay in sight: up to the name."""
    names = [h.name.removeprefix("taxpayer_") for h in sheet.headings]
    return names.index("name") + 1 if "name" in names else 0


def _find_last_printed(sheet: ListSheet) -> int:
    shown = [column for column, h in enumerate(sheet.headings) if h.printed and h.style != "key"]
    return shown[-1]
