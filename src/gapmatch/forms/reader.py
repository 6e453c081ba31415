"""Reading filled workbooks back, whatever was done to them in between.

Rows are known by the hidden key in one of their columns, never by their place, the sheet's name or
its headings. If keys were lost, the visible values of a row (code, name, unit) identify it in the
ledger. Columns are known by the hidden row of machine names; if that was deleted, by the headings,
and last by the contents of the cells.
"""

import hashlib
import re
import zipfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import fastexcel

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
from gapmatch.read.archives import verify_archive, verify_xls
from gapmatch.read.kinds import OLE
from gapmatch.read.workbook import wrap_parser_errors
from gapmatch.settings.reading import ReadSettings
from gapmatch.vocabulary.entry_words import fold_text
from gapmatch.vocabulary.outcomes import parse_outcome
from gapmatch.vocabulary.verdicts import parse_verdict

Row = Sequence[str | None]

_QUARTER = re.compile(r"[0-9]{4}Q[1-4]")
_ENTRIES = frozenset((*VISIT_ENTRIES, *REVIEW_ENTRIES))
_SHOWN = frozenset(
    {"name", "code", "unit_id", "enrollment_name", "enrollment_code", "case", "town"}
)
_MAX_HEADING_ROW = 30
"""Rows in which headings are looked for, if no key marks the beginning of the list."""


class Returns(NamedTuple):
    """The workbooks that could be read, and the files that could not, each with its reason."""

    books: list[FilledBook]
    unreadable: list[RefusedRow]


def read_workbooks(files: Sequence[Path]) -> Returns:
    """Read filled workbooks (xlsx, xls, ods, as Excel, WPS or LibreOffice save them).

    The same contents are read once. Raises ``InputError`` if not one of ``files`` is a workbook of
    ours: a file that is missing, is no workbook, or holds no list and no facts.
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
    unreadable = [RefusedRow(Path(e.file or "").name, "", 0, str(e.message)) for e in errors]
    return Returns(list(books.values()), unreadable)


def _read_book(path: Path) -> FilledBook:
    content = _read_content(path)
    reader = _open_reader(path, content)
    with wrap_parser_errors(path):
        facts = _read_facts(reader)
    quarter = facts.get("quarter", "")
    book = FilledBook(
        file=path.name,
        sha256=hashlib.sha256(content).hexdigest(),
        editor=_read_editor(path),
        quarter=quarter if _QUARTER.fullmatch(quarter) else None,
        county=facts.get("county"),
        workspace=facts.get("workspace"),
    )
    with wrap_parser_errors(path):
        for name in reader.sheet_names:
            if not name.startswith("_"):
                _take_sheet(book, name, _read_rows(reader, name))
    if not (book.reviews or book.visits or facts.get("form", "").startswith("county")):
        raise _build_empty_error(path, reader.sheet_names)
    return book


def _read_content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(
            _("无法打开文件：{path}（{error}）").format(path=path, error=error.strerror or error),
            _("请检查文件名，并在 Excel 或 WPS 中关闭该文件后重试；本次没有导入任何内容。"),
            file=path,
        ) from error


def _open_reader(path: Path, content: bytes) -> fastexcel.ExcelReader:
    if content.startswith(b"PK"):
        verify_archive(content, path, ReadSettings())
    if content.startswith(OLE):
        verify_xls(content, path, ReadSettings())
    try:
        return fastexcel.read_excel(content)
    except fastexcel.FastExcelError as error:
        raise InputError(
            _("不是可读的 Excel 工作簿：{path}").format(path=path),
            _("请在 Excel 或 WPS 中打开并另存为 .xlsx（不要加密码）后重试；本次没有导入任何内容。"),
            file=path,
        ) from error


def _build_empty_error(path: Path, sheets: Sequence[str]) -> InputError:
    return InputError(
        _("文件中没有可识别的内容：{path}（工作表：{sheets}）").format(
            path=path, sheets=_("、").join(sheets)
        ),
        _("只能导入本工具生成并填写的县区工作簿，须保留“系统标识”列或表头；本次没有导入任何内容。"),
        file=path,
    )


def _read_rows(reader: fastexcel.ExcelReader, name: str) -> list[Row]:
    """Return all rows of a sheet as texts; the first is row 1 of Excel."""
    sheet = reader.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
    return list(sheet.to_polars().iter_rows())


def _read_facts(reader: fastexcel.ExcelReader) -> dict[str, str]:
    if FACTS_SHEET not in reader.sheet_names:
        return {}
    rows = (row for row in _read_rows(reader, FACTS_SHEET) if len(row) > 1)
    return {str(row[0]): str(row[1]) for row in rows if row[0] and row[1]}


def _read_editor(path: Path) -> str | None:
    """Return ``lastModifiedBy`` of an Office Open XML file, else ``None``."""
    try:
        with zipfile.ZipFile(path) as archive:
            core = ElementTree.fromstring(archive.read("docProps/core.xml"))
    except (OSError, zipfile.BadZipFile, KeyError, ValueError, ElementTree.ParseError):
        return None
    names = (e.text for e in core.iter() if e.tag.endswith("}lastModifiedBy"))
    return next((name.strip() for name in names if name and name.strip()), None)


def _take_sheet(book: FilledBook, sheet: str, rows: list[Row]) -> None:
    """Add what ``sheet`` holds to ``book``.

    A sheet without keys and headings holds nothing for us.
    """
    key = _find_key_column(rows)
    if key is not None:
        first, names = _find_columns(rows, key)
    elif (found := _find_columns_without_keys(rows)) is not None:
        first, names = found
    else:
        return
    of_pairs = "verdict" in names
    for number, row in enumerate(rows[first:], start=first + 1):
        cells = {name: text for name, i in names.items() if (text := _get_cell(row, i))}
        identity = parse_key(_get_cell(row, key)) if key is not None else None
        if identity is None and not cells.keys() & _ENTRIES:
            continue
        filled = FilledRow(book.file, sheet, number, identity, cells)
        pairs = of_pairs if identity is None else isinstance(identity, Pair)
        (book.reviews if pairs else book.visits).append(filled)


def _find_key_column(rows: list[Row]) -> int | None:
    """Return the column with most keys."""
    width = max((len(row) for row in rows), default=0)
    counts = [sum(_is_key(_get_cell(row, i)) for row in rows) for i in range(width)]
    return counts.index(max(counts)) if any(counts) else None


def _is_key(text: str) -> bool:
    return text.startswith("tax|") and parse_key(text) is not None


def _find_columns(rows: list[Row], key: int) -> tuple[int, dict[str, int]]:
    """Return the first row of the list, and machine name to column.

    From the hidden row of names, below which stand the headings; else from the headings, and what
    they leave open from the contents.
    """
    keyed = next(i for i, row in enumerate(rows) if _is_key(_get_cell(row, key)))
    for i, row in enumerate(rows[:keyed]):
        names = _find_machine_names(row)
        if names.pop("key", None) == key:
            return min(i + 2, keyed), names
    # A row above the first key may be one whose own key was lost, so the list begins at the
    # headings.
    headed = _find_columns_without_keys(rows[:keyed])
    first = headed[0] if headed else keyed
    return first, {**_recognise_contents(rows[keyed:], key), **_recognise_headings(rows[:keyed])}


def _find_columns_without_keys(rows: list[Row]) -> tuple[int, dict[str, int]] | None:
    """Return the same for a list without keys: it has the name or code of a firm, and an entry."""
    for i, row in enumerate(rows[:_MAX_HEADING_ROW]):
        names = _find_machine_names(row)
        if _is_list(names):
            return i + 2, names
    for i, row in enumerate(rows[:_MAX_HEADING_ROW]):
        names = _recognise_headings([row])
        if _is_list(names):
            return i + 1, names
    return None


def _is_list(names: dict[str, int]) -> bool:
    return bool(names.keys() & {"outcome", "verdict"}) and bool(names.keys() & {"name", "code"})


def _find_machine_names(row: Row) -> dict[str, int]:
    known = _ENTRIES | _SHOWN | {"key"}
    return {name: i for i in range(len(row)) if (name := _get_cell(row, i)) in known}


def _recognise_headings(rows: list[Row]) -> dict[str, int]:
    """Recognise headings as they were written, line breaks and spaces apart."""
    known = _name_by_heading()
    return {
        known[word]: i
        for row in rows
        for i in range(len(row))
        if (word := fold_text(_get_cell(row, i))) in known
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
                if name in _ENTRIES | _SHOWN
            }
    return known


def _recognise_contents(rows: list[Row], key: int) -> dict[str, int]:
    """Recognise the columns of verdicts and outcomes by the words in them."""
    found: dict[str, int] = {}
    width = max((len(row) for row in rows), default=0)
    for name, test in (("verdict", parse_verdict), ("outcome", parse_outcome)):
        hits = [sum(test(_get_cell(row, i)) is not None for row in rows) for i in range(width)]
        hits[key] = 0
        if any(hits):
            found[name] = hits.index(max(hits))
    return found


def _get_cell(row: Row, column: int) -> str:
    return (row[column] or "").strip() if column < len(row) else ""
