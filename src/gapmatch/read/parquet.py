"""Parquet files to grids: the schema is the header; numbers, dates and yes/no stay."""

import io
from pathlib import Path

import polars as pl
from polars import selectors as cs

from gapmatch.errors import InputError
from gapmatch.i18n import _
from gapmatch.read.archives import build_too_large_error, describe_unpacked
from gapmatch.read.cell_cleaning import clean_cells
from gapmatch.read.parquet_pages import measure_pages
from gapmatch.read.parquet_trial import survives_parsing
from gapmatch.read.read_model import Document, Grid
from gapmatch.settings.reading import ReadSettings

ENCODING = "parquet"
_MEGABYTE = 1_000_000


def read_parquet(data: bytes, path: Path, limits: ReadSettings) -> Document:
    """Return the one grid of a Parquet file; raise ``InputError`` if it is damaged or too large."""
    try:
        unpacked = measure_pages(data)
        if unpacked > limits.max_unpacked_mb * _MEGABYTE:
            raise build_too_large_error(path, describe_unpacked(unpacked))
        if not survives_parsing(data):
            raise _build_damaged_error(path)
        _refuse_large(data, path, limits)
        frame = pl.read_parquet(io.BytesIO(data), hive_partitioning=False)
        _refuse_long_texts(frame, path, limits)
        cells = clean_cells(_simplify_frame(frame))
    except (pl.exceptions.PolarsError, OSError, ValueError, TypeError, OverflowError) as error:
        raise _build_damaged_error(path) from error
    except BaseException as error:
        # The parser is Rust code; on damaged files it may panic, which is no Exception.
        if type(error).__name__ != "PanicException":
            raise
        if "WouldBlock" in str(error):  # no memory for a thread of its own
            raise MemoryError from error
        raise _build_damaged_error(path) from error
    cells.columns = [f"c{i}" for i in range(cells.width)]
    rows = pl.Series("source_row", range(2, cells.height + 2), dtype=pl.Int64)
    nested = frozenset(i for i, dtype in enumerate(frame.dtypes) if _is_nested(dtype))
    grid = Grid(cells, rows, headings=tuple(frame.columns), nested=nested)
    return Document(ENCODING, (grid,))


def _is_nested(dtype: pl.DataType) -> bool:
    """Whether a column holds lists or structures; lists of texts can be shown as a text."""
    return dtype.is_nested() and dtype != pl.List(pl.String)


def _refuse_large(data: bytes, path: Path, limits: ReadSettings) -> None:
    lazy = pl.scan_parquet(io.BytesIO(data), hive_partitioning=False)
    columns = len(lazy.collect_schema())
    rows = int(lazy.select(pl.len()).collect().item())
    if columns > limits.max_columns or rows * columns > limits.max_cells:
        what = _("{rows} 行、{columns} 列").format(rows=f"{rows:,}", columns=f"{columns:,}")
        raise build_too_large_error(path, what)


def _refuse_long_texts(frame: pl.DataFrame, path: Path, limits: ReadSettings) -> None:
    """Raise ``InputError`` if the texts are larger than they look: rows may share a long one."""
    size = sum(_measure_texts(column) for column in frame.iter_columns())
    if size > limits.max_unpacked_mb * _MEGABYTE:
        raise build_too_large_error(path, describe_unpacked(size))


def _measure_texts(column: pl.Series) -> int:
    if column.dtype == pl.List(pl.String):
        return _measure_texts(column.explode())
    if column.dtype == pl.Binary:
        return int(column.bin.size().cast(pl.Int64).sum())
    if isinstance(column.dtype, pl.Categorical | pl.Enum):
        return _measure_texts(column.cast(pl.String))
    if column.dtype != pl.String:
        return 0
    return int(column.str.len_bytes().cast(pl.Int64).sum())


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
    if _is_nested(dtype):  # refused if it is a column that is read
        return pl.Series(column.name, [None], dtype=pl.String).new_from_index(0, len(column))
    return column.cast(pl.String)


def _build_damaged_error(path: Path) -> InputError:
    return InputError(
        _("Parquet 文件已损坏：{path}").format(path=path),
        _("请重新导出或重新复制这个文件，再重试；它若是多余的，请移出文件夹。"),
        file=path,
    )
