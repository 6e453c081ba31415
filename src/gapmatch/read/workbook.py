"""Workbooks (XLSX, XLSM, XLSB, XLS, ODS) to grids of strings, in one pass over the file."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import fastexcel
import polars as pl

from gapmatch.errors import InputError
from gapmatch.i18n import _
from gapmatch.read.cell_cleaning import clean_cells
from gapmatch.read.read_model import Document, Grid, NumericCells
from gapmatch.read.workbook_parts import SheetParts, name_sheets


def read_workbook(
    data: bytes, path: Path, encoding: str, parts: Mapping[str, SheetParts] | None = None
) -> Document:
    """Return the sheets of a workbook, as strings, with the rows that Excel shows.

    ``parts``: the details of the XML of a zipped workbook. Raises ``InputError`` for a workbook
    that is damaged or protected by a password.
    """
    try:
        reader = fastexcel.read_excel(data)
        names = reader.sheet_names
        sheets = name_sheets(data, encoding, names, parts or {})
        grids = tuple(_read_sheet(reader, name, sheets.get(name)) for name in names)
    except fastexcel.FastExcelError as error:
        raise _build_unreadable_error(path, error) from error
    except BaseException as error:
        # The parser is Rust code; on damaged files it may panic, which is no Exception.
        if type(error).__name__ != "PanicException":
            raise
        raise _build_unreadable_error(path, error) from error
    return Document(encoding, grids)


def _read_sheet(reader: fastexcel.ExcelReader, name: str, found: SheetParts | None) -> Grid:
    """Return a sheet; ``found``: details of its XML, none without cells (a chart) or XML."""
    parts = found or SheetParts()
    try:
        sheet = reader.load_sheet(
            name,
            header_row=None,
            skip_rows=0,
            dtypes="string",
            skip_whitespace_tail_rows=True,
            whitespace_as_null=True,
        )
    except fastexcel.FastExcelError as error:
        if found is not None or "shared string" in str(error):
            raise
        if "has no sheet" not in str(error) and "not found" not in str(error).lower():
            raise
        return _build_empty_grid(name)  # chart sheets and the like
    cells = pl.DataFrame(sheet)
    cells.columns = [f"c{i}" for i in range(cells.width)]
    cells = clean_cells(cells.with_columns(pl.all().cast(pl.String)))
    return Grid(
        cells=cells,
        rows=pl.Series("source_row", range(1, cells.height + 1), dtype=pl.Int64),
        sheet=name,
        visible=sheet.visible == "visible",
        numeric=_build_numeric_cells(reader, name) if parts.long_numbers else None,
        without_value=parts.without_value,
        merges=parts.merges,
        hidden_rows=_clip(parts.hidden_rows, cells.height),
        hidden_columns=_clip(parts.hidden_columns, cells.width),
    )


def _clip(spans: Sequence[range], size: int) -> frozenset[int]:
    return frozenset(n for span in spans for n in range(span.start, min(span.stop, size)))


def _build_empty_grid(name: str) -> Grid:
    return Grid(pl.DataFrame(), pl.Series("source_row", [], dtype=pl.Int64), sheet=name)


def _build_numeric_cells(reader: fastexcel.ExcelReader, name: str) -> NumericCells:
    """Return a function that marks the numeric cells of some columns.

    As a Boolean, the parser reads a number as true and a text as nothing, so that a text
    "915205201234561280" can be distinguished from a number that Excel cut to 15 digits.
    """

    def find_numeric(columns: Sequence[int]) -> pl.DataFrame:
        sheet = reader.load_sheet(
            name, header_row=None, skip_rows=0, dtypes="boolean", use_columns=list(columns)
        )
        frame = pl.DataFrame(sheet)
        frame.columns = [f"c{i}" for i in sorted(columns)]
        return frame.select(pl.all().is_not_null())

    return find_numeric


def _build_unreadable_error(path: Path, error: BaseException) -> InputError:
    if "assword" in str(error):
        return build_password_error(path)
    if "shared string" in str(error):
        return InputError(
            _("工作簿不完整，缺少共享字符串表（sharedStrings），文字读不出来：{path}").format(
                path=path
            ),
            _("请用 Excel 打开并另存为新的 .xlsx 文件；打开后没有文字的，请来件单位重新导出。"),
            file=path,
        )
    return InputError(
        _("工作簿已损坏，无法打开：{path}").format(path=path),
        _("请用 Excel 打开并另存为新的 .xlsx 文件后重试；打不开时请重新下载或请来件单位重发。"),
        file=path,
    )


def build_password_error(path: Path) -> InputError:
    """Return the error for a workbook that needs a password."""
    return InputError(
        _("工作簿设有打开密码，无法读取：{path}").format(path=path),
        _("请用 Excel 打开该文件，在“文件—信息—保护工作簿—用密码进行加密”中清空密码，保存后重试。"),
        file=path,
    )
