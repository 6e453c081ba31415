"""Reading filled workbooks back, whatever was done to them in between.

Rows are known by the hidden key in one of their columns, never by their place, the sheet's name or
its headings: ``tax|code|name`` for a firm, ``tax|…||enrollment|unit number|code|name`` for a pair.
Columns are known by the hidden row of machine names; where that was deleted, by the headings, and
last by what the cells say.
"""

import hashlib
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import fastexcel
import polars as pl

from gapmatch.errors import InputError
from gapmatch.i18n import LANGUAGES, _, speaking
from gapmatch.ledger.decisions import verdict_words
from gapmatch.vocabulary.outcomes import fold_text, parse_outcome

Row = Sequence[str | None]

FACTS_SHEET = "_gapmatch"
_PAIR_KEY = re.compile(r"tax\|[^|]*\|[^|]*\|\|enrollment\|[^|]*\|[^|]*\|[^|]*")
_FIRM_KEY = re.compile(r"tax\|[^|]*\|[^|]*")
_QUARTER = re.compile(r"[0-9]{4}Q[1-4]")
_MACHINE_NAMES = frozenset(
    {"verdict", "outcome", "date", "persons", "remark", "name", "code", "enrollment_name"}
)


@dataclass(frozen=True)
class FilledRow:
    """A row with a key. ``cells``: verdict, outcome, date, persons, remark, name, code, enrollment_name as text."""

    file: str
    sheet: str
    row: int
    key: str
    cells: Mapping[str, str]


@dataclass(frozen=True)
class StrayRow:
    """A row that cannot be taken, with the reason."""

    file: str
    sheet: str
    row: int
    reason: str


@dataclass(frozen=True)
class FilledBook:
    """A filled workbook: its facts, rows of pairs and of firms, and rows without a usable key."""

    file: str
    sha256: str
    editor: str | None
    """Who last saved it, as Excel noted it."""
    facts: Mapping[str, str]
    reviews: list[FilledRow] = field(default_factory=list)
    visits: list[FilledRow] = field(default_factory=list)
    strays: list[StrayRow] = field(default_factory=list)

    @property
    def quarter(self) -> str | None:
        """The quarter that the workbook was written for, where it still says so."""
        quarter = self.facts.get("quarter", "")
        return quarter if _QUARTER.fullmatch(quarter) else None


def read_sheets(files: Sequence[Path]) -> list[FilledBook]:
    """Read filled workbooks (xlsx, xls, ods, as Excel, WPS or LibreOffice save them).

    Raises ``InputError`` for a file that is missing, is no workbook, or is none of ours (no row with a
    key, no facts): then nothing of any file is to be taken.
    """
    return [_read_book(path) for path in files]


def _read_book(path: Path) -> FilledBook:
    content = _content(path)
    reader = _reader(path, content)
    book = FilledBook(path.name, hashlib.sha256(content).hexdigest(), _editor(path), _facts(reader))
    for name in reader.sheet_names:
        if not name.startswith("_"):
            _take_sheet(book, name, _rows(reader, name))
    if not (book.reviews or book.visits or book.facts.get("form", "").startswith("county")):
        raise _nothing_there(path, reader.sheet_names)
    return book


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(
            _("无法打开文件：{path}（{error}）").format(path=path, error=error.strerror or error),
            _("请检查文件名，并在 Excel 或 WPS 中关闭该文件后重试；本次没有导入任何内容。"),
            file=path,
        ) from error


def _reader(path: Path, content: bytes) -> fastexcel.ExcelReader:
    try:
        return fastexcel.read_excel(content)
    except fastexcel.FastExcelError as error:
        raise InputError(
            _("不是可读的 Excel 工作簿：{path}").format(path=path),
            _("请在 Excel 或 WPS 中打开并另存为 .xlsx（不要加密码）后重试；本次没有导入任何内容。"),
            file=path,
        ) from error


def _nothing_there(path: Path, sheets: Sequence[str]) -> InputError:
    return InputError(
        _("文件中没有可识别的内容：{path}（工作表：{sheets}）").format(
            path=path, sheets=_("、").join(sheets)
        ),
        _("只能导入本工具生成并填写的县区工作簿，须保留隐藏的“系统标识”列；本次没有导入任何内容。"),
        file=path,
    )


def _rows(reader: fastexcel.ExcelReader, name: str) -> list[Row]:
    """Return all rows of a sheet as texts; the first is row 1 of Excel."""
    sheet = reader.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
    return list(sheet.to_polars().iter_rows())


def _facts(reader: fastexcel.ExcelReader) -> dict[str, str]:
    if FACTS_SHEET not in reader.sheet_names:
        return {}
    rows = (row for row in _rows(reader, FACTS_SHEET) if len(row) > 1)
    return {str(row[0]): str(row[1]) for row in rows if row[0] and row[1]}


def _editor(path: Path) -> str | None:
    """Return ``lastModifiedBy`` of an Office Open XML file, else ``None``."""
    try:
        with zipfile.ZipFile(path) as archive:
            core = ElementTree.fromstring(archive.read("docProps/core.xml"))
    except (OSError, zipfile.BadZipFile, KeyError, ElementTree.ParseError):
        return None
    names = (e.text for e in core.iter() if e.tag.endswith("}lastModifiedBy"))
    return next((name.strip() for name in names if name and name.strip()), None)


def _take_sheet(book: FilledBook, sheet: str, rows: list[Row]) -> None:
    """Add what ``sheet`` holds to ``book``; a sheet without keys holds nothing for us."""
    column = _key_column(rows)
    if column is None:
        return
    first, names = _columns(rows, column)
    for number, row in enumerate(rows[first:], start=first + 1):
        cells = {name: text for name, i in names.items() if (text := _cell(row, i))}
        _take_row(book, FilledRow(book.file, sheet, number, _cell(row, column), cells))


def _take_row(book: FilledBook, row: FilledRow) -> None:
    filled = {"verdict", "outcome", "date", "persons", "remark"} & row.cells.keys()
    if _PAIR_KEY.fullmatch(row.key):
        book.reviews.append(row)
    elif _FIRM_KEY.fullmatch(row.key):
        book.visits.append(row)
    elif row.key or filled:
        reason = _("系统标识被改动") if row.key else _("没有系统标识（新增的行）")
        book.strays.append(StrayRow(row.file, row.sheet, row.row, reason))


def _key_column(rows: list[Row]) -> int | None:
    """Return the column with most keys."""
    width = max((len(row) for row in rows), default=0)
    counts = [sum(_is_key(_cell(row, i)) for row in rows) for i in range(width)]
    return counts.index(max(counts)) if any(counts) else None


def _is_key(text: str) -> bool:
    return text.startswith("tax|") and bool(_PAIR_KEY.fullmatch(text) or _FIRM_KEY.fullmatch(text))


def _columns(rows: list[Row], key: int) -> tuple[int, dict[str, int]]:
    """Return the first row of the list, and machine name to column.

    From the hidden row of names, below which stand the headings; else from the headings, and what
    they leave open from the contents.
    """
    keyed = next(i for i, row in enumerate(rows) if _is_key(_cell(row, key)))
    for i, row in enumerate(rows[:keyed]):
        names = {_cell(row, column): column for column in range(len(row))}
        if names.get("key") == key:
            known = {name: names[name] for name in _MACHINE_NAMES & names.keys()}
            return min(i + 2, keyed), known
    return keyed, {**_by_contents(rows[keyed:], key), **_by_headings(rows[:keyed])}


def _by_headings(rows: list[Row]) -> dict[str, int]:
    """Recognise headings as they were written, line breaks and spaces apart."""
    known = {
        fold_text(text): name
        for language in LANGUAGES
        for name, texts in _headings(language).items()
        for text in texts
    }
    return {
        known[word]: i
        for row in rows
        for i in range(len(row))
        if (word := fold_text(_cell(row, i))) in known
    }


def _headings(language: str) -> dict[str, tuple[str, ...]]:
    """Return machine name to the headings that a workbook in ``language`` has for it."""
    with speaking(language):
        return {
            "verdict": (_("认定结果"),),
            "outcome": (_("走访结果"), _("复查结果")),
            "date": (_("走访日期"), _("复查日期")),
            "persons": (_("新增参保人数"),),
            "remark": (_("备注"),),
            "name": (_("纳税人名称"), _("纳税人名称（税务）")),
            "enrollment_name": (_("参保单位名称（社保）"),),
            "code": (_("统一社会信用代码（纳税人识别号）"), _("纳税人代码")),
        }


def _by_contents(rows: list[Row], key: int) -> dict[str, int]:
    """Recognise the columns of verdicts and outcomes by the words in them."""
    found: dict[str, int] = {}
    width = max((len(row) for row in rows), default=0)
    for name, test in (("verdict", parse_verdict), ("outcome", parse_outcome)):
        hits = [sum(test(_cell(row, i)) is not None for row in rows) for i in range(width)]
        hits[key] = 0
        if any(hits):
            found[name] = hits.index(max(hits))
    return found


def _cell(row: Row, column: int) -> str:
    return (row[column] or "").strip() if column < len(row) else ""


def parse_verdict(text: str) -> str | None:
    """Return same, different or unsure for what a reviewer chose, else ``None``."""
    return _verdicts().get(fold_text(text))


@cache
def _verdicts() -> dict[str, str]:
    """Return what may stand for each verdict: its words in either language, and its code."""
    words = {code: code for code in verdict_words()}
    for language in LANGUAGES:
        with speaking(language):
            words |= {fold_text(word): code for code, word in verdict_words().items()}
    return words


def parse_date(text: str) -> date | None:
    """Return the date that a cell holds: ISO, ``2023/2/1``, ``2023年2月1日``, ``20230201``, a serial."""
    if match := re.match(r"(\d{4})\D{1,2}(\d{1,2})\D{1,2}(\d{1,2})(?!\d)", text):
        parts = [int(part) for part in match.groups()]
    elif re.fullmatch(r"(19|20)\d{6}", text):
        parts = [int(text[:4]), int(text[4:6]), int(text[6:])]
    elif re.fullmatch(r"\d{5}(\.\d+)?", text):  # days since 1899-12-30, as spreadsheets count
        return date(1899, 12, 30) + timedelta(days=int(float(text)))
    else:
        return None
    try:
        return date(*parts)
    except ValueError:
        return None


def parse_count(text: str) -> int | None:
    """Return the whole number, not below nought, that a cell holds (``3``, ``3.0``, ``3人``)."""
    match = re.fullmatch(r"(\d{1,6})(?:\.0+)?\s*[人名个]?", text)
    return int(match[1]) if match else None


def frame_of_strays(strays: Sequence[StrayRow]) -> pl.DataFrame:
    """Return ``file``, ``sheet``, ``row``, ``reason``."""
    schema = {"file": pl.String, "sheet": pl.String, "row": pl.Int64, "reason": pl.String}
    rows = [(s.file, s.sheet, s.row, s.reason) for s in strays]
    return pl.DataFrame(rows, schema=schema, orient="row").sort("file", "sheet", "row")
