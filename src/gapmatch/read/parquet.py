"""Parquet files to grids.

The schema is the header, and numbers, dates and yes/no stay what they are.
"""

import io
from pathlib import Path

import polars as pl
from polars import selectors as cs

from gapmatch.errors import InputError
from gapmatch.i18n import _
from gapmatch.read.archives import build_too_large_error
from gapmatch.read.cell_cleaning import clean_cells
from gapmatch.read.read_model import Document, Grid
from gapmatch.settings.reading import ReadSettings

ENCODING = "parquet"


def read_parquet(data: bytes, path: Path, limits: ReadSettings) -> Document:
    """Return the one grid of a Parquet file; its rows are numbered as if its header were the first.

    Raises ``InputError`` for a file that is damaged, or larger by its own word than ``limits``.
    """
    try:
        _refuse_large(data, path, limits)
        frame = pl.read_parquet(io.BytesIO(data), hive_partitioning=False)
        cells = clean_cells(_simplify_frame(frame))
    except (pl.exceptions.PolarsError, OSError, ValueError, TypeError, OverflowError) as error:
        raise _build_damaged_error(path) from error
    except BaseException as error:
        # The parser is Rust code; on damaged files it may panic, which is no Exception.
        if type(error).__name__ != "PanicException":
            raise
        raise _build_damaged_error(path) from error
    cells.columns = [f"c{i}" for i in range(cells.width)]
    rows = pl.Series("source_row", range(2, cells.height + 2), dtype=pl.Int64)
    return Document(ENCODING, (Grid(cells, rows, headings=tuple(frame.columns)),))


def _refuse_large(data: bytes, path: Path, limits: ReadSettings) -> None:
    lazy = pl.scan_parquet(io.BytesIO(data), hive_partitioning=False)
    columns = len(lazy.collect_schema())
    rows = int(lazy.select(pl.len()).collect().item())
    if columns > limits.max_columns or rows * columns > limits.max_cells:
        what = _("{rows} 行、{columns} 列").format(rows=f"{rows:,}", columns=f"{columns:,}")
        raise build_too_large_error(path, what)


def _simplify_frame(frame: pl.DataFrame) -> pl.DataFrame:
    """Return ``frame`` with columns of texts, numbers, dates and booleans only."""
    plain = pl.DataFrame([_simplify_column(column) for column in frame.iter_columns()])
    # Something must be text for a row to be a firm.
    return plain if plain.select(cs.string()).width else plain.cast(pl.String)


def _simplify_column(column: pl.Series) -> pl.Series:
    dtype = column.dtype
    if dtype.is_float():  # if there is no number, pandas writes NaN
        return column.fill_nan(None)
    if isinstance(dtype, pl.Decimal):  # a whole one may hold a code, exactly
        return column.cast(pl.Float64 if dtype.scale else pl.String)
    if dtype.is_numeric() or dtype.is_temporal() or dtype == pl.Boolean:
        return column
    if dtype == pl.List(pl.String):
        return column.list.join("；")
    if dtype.is_nested():  # no list of firms has a use for these
        return pl.Series(column.name, [None], dtype=pl.String).new_from_index(0, len(column))
    return column.cast(pl.String)


def _build_damaged_error(path: Path) -> InputError:
    return InputError(
        _("Parquet 文件已损坏：{path}").format(path=path),
        _("请重新导出或重新复制这个文件，再重试；它若是多余的，请移出文件夹。"),
        file=path,
    )
