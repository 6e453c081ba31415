"""Inspect workbooks before they are read: sizes, checksums, extent of their sheets.

The parser of workbooks ignores checksums, so a flipped bit would change rows in silence; and it
makes room for all that a sheet speaks of, so that one stray cell could take all memory.
"""

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from xml.parsers.expat import ExpatError

from gapmatch.errors import InputError
from gapmatch.i18n import _
from gapmatch.read.compound_file import contain_workbook, extract_workbook
from gapmatch.read.extents import (
    Extent,
    count_shared_texts,
    estimate_sheet,
    measure_ods,
    measure_shared_texts,
    measure_sheet,
    measure_xls,
    measure_xlsb,
)
from gapmatch.read.workbook import build_password_error
from gapmatch.read.workbook_parts import SheetParts, find_style, scan_ods, scan_sheet
from gapmatch.settings.reading import ReadSettings

_MEGABYTE = 1_000_000
_SMALL = 10 * _MEGABYTE
"""A part that unpacks to less does no harm, however well it is packed."""
_MAX_PARTS = 10_000
_MANIFEST = "META-INF/manifest.xml"
_IS_ENCRYPTED = 0x1
ARCHIVE_ERRORS = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError, OverflowError),
    *(NotImplementedError, RuntimeError, KeyError, ExpatError),
)
"""What a damaged archive raises while it is unpacked."""


def verify_archive(data: bytes, path: Path, limits: ReadSettings) -> Mapping[str, SheetParts]:
    """Return what the parser drops of each sheet; raise ``InputError`` for damage or excess."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            if any(part.flag_bits & _IS_ENCRYPTED for part in parts):
                raise build_password_error(path)
            _refuse_large_parts(parts, path, limits)
            if _MANIFEST in archive.namelist() and b"encryption-data" in archive.read(_MANIFEST):
                raise build_password_error(path)
            found = _verify_parts(archive, path, limits)
    except ARCHIVE_ERRORS as error:
        raise _build_damaged_error(path) from error
    return {name.replace("\\", "/"): sheet for name, sheet in found.items()}


def verify_xls(data: bytes, path: Path, limits: ReadSettings) -> bytes:
    """Return an XLS file with nothing but its workbook.

    Raises ``InputError`` if the workbook is damaged, or its sheets reach beyond ``limits``.
    """
    try:
        stream = extract_workbook(data)
        extent = measure_xls(stream)
        alone = contain_workbook(stream)
    except (struct.error, ValueError, IndexError) as error:
        raise _build_torn_error(path) from error
    _refuse_beyond(extent, path, limits)
    return alone


def _refuse_large_parts(parts: list[zipfile.ZipInfo], path: Path, limits: ReadSettings) -> None:
    """Raise ``InputError`` for what is too large by its own word, before anything is unpacked."""
    unpacked = sum(part.file_size for part in parts)
    if unpacked > limits.max_unpacked_mb * _MEGABYTE or len(parts) > _MAX_PARTS:
        raise build_too_large_error(path, describe_unpacked(unpacked))
    for part in parts:
        packed = max(part.compress_size, 1)
        if part.file_size > _SMALL and part.file_size > limits.max_compression_ratio * packed:
            ratio = f"{part.file_size / packed:,.0f}"
            raise build_too_large_error(
                path,
                _("其中 {part} 解压后是原来的 {ratio} 倍").format(part=part.filename, ratio=ratio),
            )


def _verify_parts(
    archive: zipfile.ZipFile, path: Path, limits: ReadSettings
) -> dict[str, SheetParts]:
    """Unpack each part, known by its contents: size, checksum, extent; return sheets."""
    is_binary = "xl/workbook.bin" in archive.namelist()
    texts: list[int] = []
    sheets: dict[str, SheetParts] = {}
    estimates: list[tuple[zipfile.ZipInfo, Extent | None]] = []
    for part in archive.infolist():
        content = archive.open(part).read()
        if part.filename == "content.xml":
            _refuse_beyond(measure_ods(content), path, limits)
            sheets |= scan_ods(content)
        elif b"sheetData" in content:
            style = find_style(content)
            estimates.append((part, estimate_sheet(content, style)))
            sheets[part.filename] = scan_sheet(content, style)
        elif b"sst" in content and not is_binary:
            texts += measure_shared_texts(content)
            _refuse_beyond(Extent(count_shared_texts(content), 1), path, limits)
        elif is_binary:
            _refuse_beyond(measure_xlsb(content), path, limits)
    longest = max(texts, default=0)
    for part, estimate in estimates:
        if estimate is None or not _is_within(estimate, limits, longest):
            _refuse_beyond(measure_sheet(archive.open(part).read(), texts), path, limits)
    return sheets


def _is_within(extent: Extent, limits: ReadSettings, text_size: int = 1) -> bool:
    return (
        extent.columns <= limits.max_columns
        and extent.rows * extent.columns <= limits.max_cells
        and extent.text * text_size <= limits.max_unpacked_mb * _MEGABYTE
    )


def _refuse_beyond(extent: Extent, path: Path, limits: ReadSettings) -> None:
    if _is_within(extent, limits):
        return
    if _is_within(replace(extent, text=0), limits):
        raise build_too_large_error(path, describe_unpacked(extent.text))
    size = _("{rows} 行、{columns} 列").format(
        rows=f"{extent.rows:,}", columns=f"{extent.columns:,}"
    )
    cell = _("（最远的单元格是 {cell}）").format(cell=extent.cell) if extent.cell else ""
    raise build_too_large_error(path, size + cell)


def _build_damaged_error(path: Path) -> InputError:
    return InputError(
        _("文件已损坏（内容与校验值不符）：{path}").format(path=path),
        _("请重新复制或下载；仍不行的，用 Excel 打开并另存为新的 .xlsx 文件，或请来件单位重发。"),
        file=path,
    )


def _build_torn_error(path: Path) -> InputError:
    return InputError(
        _("文件已损坏（其中的工作簿残缺不全）：{path}").format(path=path),
        _("请重新复制或下载；仍不行的，用 Excel 打开并另存为新的 .xlsx 文件，或请来件单位重发。"),
        file=path,
    )


def describe_unpacked(size: int) -> str:
    """Return how many bytes the contents of a file come to."""
    return _("解压后有 {size} MB").format(size=f"{size / _MEGABYTE:,.0f}")


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
