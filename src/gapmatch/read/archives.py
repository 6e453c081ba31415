"""Inspect zipped workbooks before they are read: sizes, checksums, extent of their sheets.

The parser of workbooks ignores checksums, so a flipped bit would change rows in silence; and it
makes room for the whole rectangle that a sheet's values lie in, so that one stray cell could take
all memory.
"""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from gapmatch.errors import InputError
from gapmatch.i18n import _
from gapmatch.read.workbook_parts import SheetParts, parse_column, scan_sheet
from gapmatch.settings.reading import ReadSettings

_MEGABYTE = 1_000_000
_SMALL = 10 * _MEGABYTE
"""A part that unpacks to less does no harm, however well it is packed."""
_CHUNK = 1 << 20
_MAX_PARTS = 10_000
_IS_ENCRYPTED = 0x1
_DAMAGES = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError, OverflowError),
    *(NotImplementedError, RuntimeError, KeyError),
)
"""What a damaged archive raises while it is unpacked."""

# A first look takes some text for cells or rows that is none. Both patterns begin with fixed text,
# which makes the search many times quicker.
_MAYBE_FAR_CELL = re.compile(rb'r="([A-Z]{2,3})(\d+)"')
_MAYBE_ROW = re.compile(rb'row [^<>]*?\br="(\d+)"')
# Cells with a value: those without one are often left behind by formatting, and take no room.
_FILLED = rb'<(?:\w+:)?c [^<>]*?\br="([A-Z]{%s,3})(\d+)"(?:[^<>]*[^/<>])?>'
_FAR_CELL, _CELL = re.compile(_FILLED % b"2"), re.compile(_FILLED % b"1")
_ROW = re.compile(rb'<(?:\w+:)?row [^<>]*?\br="(\d+)"')
_ODS_ROW = re.compile(
    rb'<table:table-row\b[^<>]*number-rows-repeated="(\d+)"(?:[^<>]*[^/<>])?>(.*?)</table:table-row>',
    re.S,
)
_ODS_TEXT = b"<text:p"
_ODS_REPEATED = re.compile(rb'number-columns-repeated="(\d+)"')


def verify_archive(data: bytes, path: Path, limits: ReadSettings) -> Mapping[str, SheetParts]:
    """Return what the parser drops of each sheet, by the name of its part in a zipped file.

    Raises ``InputError`` unless each part fits its checksum and ``limits``. A file under a password
    is left to the reader of workbooks, which names it.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            if any(part.flag_bits & _IS_ENCRYPTED for part in parts):
                return {}
            _refuse_large_parts(parts, path, limits)
            found = {p.filename: _verify_part(archive, p, path, limits) for p in parts}
    except _DAMAGES as error:
        raise _build_damaged_error(path) from error
    return {name.replace("\\", "/"): sheet for name, sheet in found.items() if sheet is not None}


def _refuse_large_parts(parts: list[zipfile.ZipInfo], path: Path, limits: ReadSettings) -> None:
    """Raise ``InputError`` for what is too large by its own word, before anything is unpacked."""
    unpacked = sum(part.file_size for part in parts)
    if unpacked > limits.max_unpacked_mb * _MEGABYTE or len(parts) > _MAX_PARTS:
        raise build_too_large_error(
            path, _("解压后有 {size} MB").format(size=f"{unpacked / _MEGABYTE:,.0f}")
        )
    for part in parts:
        packed = max(part.compress_size, 1)
        if part.file_size > _SMALL and part.file_size > limits.max_compression_ratio * packed:
            ratio = f"{part.file_size / packed:,.0f}"
            raise build_too_large_error(
                path,
                _("其中 {part} 解压后是原来的 {ratio} 倍").format(part=part.filename, ratio=ratio),
            )


def _verify_part(
    archive: zipfile.ZipFile, part: zipfile.ZipInfo, path: Path, limits: ReadSettings
) -> SheetParts | None:
    """Unpack a part once: its size, its checksum, how far its cells reach, what is in a sheet."""
    with archive.open(part) as file:
        if part.filename == "content.xml":
            _refuse_repeats(file.read(), path, limits)
            return None
        if not re.search(r"sheet.*\.xml$", part.filename, re.I):
            while file.read(_CHUNK):
                pass
            return None
        xml = file.read()
    _refuse_wide_sheet(xml, path, limits)
    return scan_sheet(xml)


def _refuse_wide_sheet(xml: bytes, path: Path, limits: ReadSettings) -> None:
    """Raise ``InputError`` with the cell if the values of an XLSX sheet reach too far."""
    if _is_within(*_estimate_extent(xml), limits):
        return
    rows = max((int(found[1]) for found in _ROW.finditer(xml)), default=0)
    columns, _cell, lowest = _measure_extent(_FAR_CELL, xml)
    if _is_within(max(rows, lowest), max(columns, 26), limits):
        return
    # Rows may be empty, and the first columns were taken for filled: now to the letter.
    columns, cell, rows = _measure_extent(_CELL, xml)
    if not _is_within(rows, columns, limits):
        raise _build_extent_error(rows, columns, cell, path)


def _estimate_extent(xml: bytes) -> tuple[int, int]:
    """Return numbers of rows and columns that the values of a sheet do not go beyond."""
    far = _MAYBE_FAR_CELL.findall(xml)
    rows = [*_MAYBE_ROW.findall(xml), *(row for _column, row in far)]
    widest = max((parse_column(column) for column in {column for column, _row in far}), default=0)
    return max(map(int, rows), default=0), max(widest + 1, 26)


def _measure_extent(cell: re.Pattern[bytes], xml: bytes) -> tuple[int, str, int]:
    """Return the rightmost column with a value, the cell that it is in, and the lowest row."""
    widest, where, lowest = 0, "", 0
    for found in cell.finditer(xml):
        column = parse_column(found[1])
        lowest = max(lowest, int(found[2]))
        if column >= widest:
            widest, where = column + 1, (found[1] + found[2]).decode()
    return widest, where, lowest


def _is_within(rows: int, columns: int, limits: ReadSettings) -> bool:
    return columns <= limits.max_columns and rows * columns <= limits.max_cells


def _build_extent_error(rows: int, columns: int, cell: str, path: Path) -> InputError:
    size = _("{rows} 行、{columns} 列").format(rows=f"{rows:,}", columns=f"{columns:,}")
    where = _("（最远的单元格是 {cell}）").format(cell=cell) if cell else ""
    return build_too_large_error(path, size + where)


def _refuse_repeats(xml: bytes, path: Path, limits: ReadSettings) -> None:
    """Raise ``InputError`` if an ODS file repeats filled rows or columns beyond all measure."""
    columns = max(_measure_ods_rows(xml), default=1)
    rows = xml.count(b"<table:table-row")
    rows += sum(int(found[1]) for found in _ODS_ROW.finditer(xml) if _ODS_TEXT in found[2])
    if not _is_within(rows, columns, limits):
        raise _build_extent_error(rows, columns, "", path)


def _measure_ods_rows(xml: bytes) -> Iterator[int]:
    """Yield how far the filled cells of each row reach, repeated cells as often as they are."""
    for row in xml.split(b"<table:table-row")[1:]:
        end = row.rfind(_ODS_TEXT)
        if end >= 0:
            repeats = sum(map(int, _ODS_REPEATED.findall(row, 0, end)))
            cells = row.count(b"<table:table-cell", 0, end)
            yield cells + row.count(b"<table:covered-table-cell", 0, end) + repeats


def _build_damaged_error(path: Path) -> InputError:
    return InputError(
        _("文件已损坏（内容与校验值不符）：{path}").format(path=path),
        _("请重新复制或下载；仍不行的，用 Excel 打开并另存为新的 .xlsx 文件，或请来件单位重发。"),
        file=path,
    )


def build_too_large_error(path: Path, what: str) -> InputError:
    """Return the error for a file that goes beyond the limits of the settings."""
    return InputError(
        _("文件过大，没有读取：{path}：{what}").format(path=path, what=what),
        _(
            "请用 Excel 打开，删去清册以外的行、列和工作表，另存为新的 .xlsx 文件；确是这么大的，"
            "请在 gapmatch.toml 的 [read] 中调高限度。"
        ),
        file=path,
    )
