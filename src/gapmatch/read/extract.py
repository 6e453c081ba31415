"""One source, read: every file by itself, then all of them together."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from pathlib import Path

import polars as pl

from gapmatch.errors import InputError
from gapmatch.i18n import N_, Said, current_language
from gapmatch.read.assemble import assemble, header_only
from gapmatch.read.body import cut_body
from gapmatch.read.canonical import Sheet, canonicalise
from gapmatch.read.files import SourceFile, list_files, load, open_document
from gapmatch.read.findings import row_findings
from gapmatch.read.headers import Aliases, Header, find_header
from gapmatch.read.knowledge import aliases_of
from gapmatch.read.mapping import Place, map_columns
from gapmatch.read.parquet import ENCODING
from gapmatch.read.ragged import straighten
from gapmatch.read.read_model import Extract, FileReport, Finding, Grid, ReadFile, SheetReport, Side
from gapmatch.read.recognise import looks_like_other, no_header

_AT_ONCE = 4
"""Files that are read side by side; more would only fill the memory."""


def read_extract(
    side: Side,
    paths: Sequence[Path],
    extra_headers: Mapping[str, list[str]],
    language: str | None = None,
) -> Extract:
    """Read one source from files or folders.

    ``extra_headers`` are a workspace's own headers: canonical column → headers, before all others.
    ``language``: what the defects are written in (``zh``, ``en``), else what is spoken now; errors are
    always in the latter.

    Returns an ``Extract`` whose ``rows`` are exactly TaxRows, EnrollmentRows or RegistryRows in the
    order of files and rows. Raises ``InputError`` with file, row and remedy where a file cannot be
    read or cannot be what it is said to be.
    """
    aliases = aliases_of(side, extra_headers)
    files = list_files(paths)
    with ThreadPoolExecutor(min(len(files), _AT_ONCE)) as threads:
        # Each in the caller's context, which knows the language; the first file at fault is told.
        contexts = [copy_context() for _file in files]
        read = threads.map(lambda c, f: c.run(read_file, side, f, aliases), contexts, files)
        return assemble(side, list(read), language or current_language())


def read_file(side: Side, file: SourceFile, aliases: Aliases) -> ReadFile:
    """Read one file: all its sheets that have a header for this side.

    It looks at no other file, so that it may run anywhere; what it takes and returns can be pickled.
    A Parquet file may have no rows; of others that is an error, as all is that ``read_extract`` names.
    """
    content = load(file.path)
    document = open_document(file.path, content.data)
    findings = list(document.defects)
    sheets, skipped = _usable_sheets(side, file, document.grids, aliases)
    frames, reports = [], []
    for grid, header in sheets:
        frame, sheet, found = _read_sheet(side, file, grid, header, aliases)
        frames.append(frame)
        reports.append(sheet)
        findings += found
    if len(document.grids) > 1:
        findings += [_skipped(name, why) for name, why in skipped.items()]
    rows = pl.concat(frames, how="diagonal")
    if rows.is_empty() and document.encoding != ENCODING:
        raise header_only(file.path, reports[0])
    rows = rows.with_columns(
        source_file=pl.lit(file.name), data_row=pl.int_range(1, pl.len() + 1, dtype=pl.Int64)
    )
    rows, findings_of_rows = row_findings(rows)
    report = FileReport(
        path=file.path,
        name=file.name,
        sha256=content.sha256,
        bytes=len(content.data),
        encoding=document.encoding,
        sheets=tuple(reports),
        skipped_sheets=skipped,
        rows_in=sum(r.rows_in for r in reports),
        refused=sum(r.rows_in for r in reports) - rows.height,
    )
    return ReadFile(report, rows, (*findings, *findings_of_rows))


def _skipped(name: str, why: str) -> Finding:
    return Finding("sheet_skipped", sheet=name, facts={"name": name, "why": why})


def _usable_sheets(
    side: Side, file: SourceFile, grids: Sequence[Grid], aliases: Aliases
) -> tuple[list[tuple[Grid, Header]], dict[str, str]]:
    """Return the sheets that have a header for ``side``, and why the others were skipped."""
    usable: list[tuple[Grid, Header]] = []
    skipped: dict[str, str] = {}
    swapped: InputError | None = None
    for grid in grids:
        header = find_header(grid, aliases)
        other = looks_like_other(side, grid, header, file.path)
        swapped = swapped or other
        if other is None and header is not None:
            usable.append((grid, header))
        else:
            skipped[grid.sheet or ""] = _why_skipped(grid, other)
    shown = [(g, h) for g, h in usable if g.visible]
    if shown:
        skipped |= {g.sheet or "": Said(N_("隐藏的工作表")) for g, _h in usable if not g.visible}
        usable = shown
    if not usable:
        raise swapped or no_header(side, file.path, grids)
    return usable, skipped


def _why_skipped(grid: Grid, other: InputError | None) -> str:
    if grid.cells.is_empty():
        return Said(N_("空白"))
    return Said(N_("像是别的清册") if other else N_("没有认出表头"))


def _read_sheet(
    side: Side, file: SourceFile, grid: Grid, header: Header, aliases: Aliases
) -> tuple[pl.DataFrame, SheetReport, list[Finding]]:
    body = cut_body(grid, header)
    header_row = grid.row_at(header.first)
    place = Place(side, file.path, grid.sheet, header_row)
    columns = map_columns(header, body.rows, aliases, place)
    rows, ragged = straighten(grid, body.rows, columns, header.width)
    sheet = Sheet(side, grid, rows, columns, [*body.findings, *ragged])
    frame = canonicalise(sheet)
    report = SheetReport(
        sheet=grid.sheet,
        header_row=header_row,
        mapping={m.header: m.canonical for m in columns.matches},
        guessed={m.header: m.canonical for m in columns.matches if m.guessed},
        unmapped=columns.unmapped,
        dropped_columns=columns.dropped,
        titles=len(header.titles),
        footers=body.footers,
        blanks=body.blanks,
        repeated_headers=body.repeated_headers,
        rows_in=frame.height,
    )
    return frame, report, sheet.findings
