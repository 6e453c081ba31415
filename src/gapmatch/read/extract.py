"""One source, read: every file opened, mapped, made canonical, its duplicates marked, its rows counted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from gapmatch.errors import InputError
from gapmatch.language import N_, Said, _, current_language, speaking
from gapmatch.read.body import cut_body
from gapmatch.read.canonical import Sheet, canonicalise
from gapmatch.read.defects import to_frame
from gapmatch.read.enrollment import fold, lines_from_names, settle_lines
from gapmatch.read.files import SourceFile, load_files, open_document
from gapmatch.read.findings import code_findings, duplicates, missing_codes, row_findings
from gapmatch.read.headers import Aliases, Header, find_header
from gapmatch.read.knowledge import aliases_of
from gapmatch.read.mapping import Place, map_columns
from gapmatch.read.model import Extract, FileReport, Finding, Grid, SheetReport, Side
from gapmatch.read.ragged import straighten
from gapmatch.read.recognise import looks_like_other, no_header
from gapmatch.schemas import DEFECTS


@dataclass(frozen=True)
class ReadFile:
    """One file on its way: its canonical rows, its report and its findings."""

    report: FileReport
    rows: pl.DataFrame
    findings: tuple[Finding, ...]


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
    files = [read_file(side, file, aliases) for file in load_files(paths)]
    return _assemble(side, files, language or current_language())


def read_file(side: Side, file: SourceFile, aliases: Aliases) -> ReadFile:
    """Read one file: all its sheets that have a header for this side."""
    document = open_document(file)
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
    if rows.is_empty():
        raise _header_only(file, reports[0])
    rows = rows.with_columns(
        source_file=pl.lit(file.name), data_row=pl.int_range(1, pl.len() + 1, dtype=pl.Int64)
    )
    rows, findings_of_rows = row_findings(rows)
    report = FileReport(
        path=file.path,
        name=file.name,
        sha256=file.sha256,
        bytes=len(file.data),
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


def _header_only(file: SourceFile, report: SheetReport) -> InputError:
    return InputError(
        _("只有表头，没有数据行：{path} 第 {row} 行").format(path=file.path, row=report.header_row),
        _("请检查导出是否完成；如该地确实没有数据，请把这个文件移走后重试。"),
        file=file.path,
        row=report.header_row,
    )


def _read_sheet(
    side: Side, file: SourceFile, grid: Grid, header: Header, aliases: Aliases
) -> tuple[pl.DataFrame, SheetReport, list[Finding]]:
    body = cut_body(grid, header)
    header_row = int(grid.rows[header.first])
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


def _assemble(side: Side, files: Sequence[ReadFile], language: str) -> Extract:
    rows = pl.concat([f.rows for f in files], how="diagonal").with_row_index("n")
    findings = {f.report.name: list(f.findings) for f in files}
    if side is Side.ENROLLMENT:
        rows = lines_from_names(rows)
    rows = duplicates(rows, findings)
    folded_in: dict[str, int] = {}
    repeats = _count(rows.filter("is_duplicate"))
    if side is Side.ENROLLMENT:
        rows = settle_lines(rows)
        if "line" in rows.columns:
            rows, folded_in = _fold(rows.filter(~pl.col("is_duplicate")), findings)
    rows = _abnormal(_divisions(rows))
    missing_codes(rows, findings)
    code_findings(rows, findings)
    out = _count(rows)
    reports = tuple(
        replace(
            f.report,
            rows_out=out.get(f.report.name, 0),
            duplicates=repeats.get(f.report.name, 0),
            folded=folded_in.get(f.report.name, 0),
        )
        for f in files
    )
    table = side.table
    with speaking(language):
        defects = _defects(side, reports, findings)
    return Extract(
        side=side,
        rows=table.check(table.complete(rows).select(list(table))),
        defects=defects,
        files=reports,
    )


def _defects(
    side: Side, reports: Sequence[FileReport], findings: Mapping[str, list[Finding]]
) -> pl.DataFrame:
    frames = [to_frame(side, r.name, findings[r.name]) for r in reports]
    return DEFECTS.check(pl.concat(frames))


def _count(rows: pl.DataFrame) -> dict[str, int]:
    return dict(rows.group_by("source_file", maintain_order=True).len().rows())


def _fold(
    rows: pl.DataFrame, findings: dict[str, list[Finding]]
) -> tuple[pl.DataFrame, dict[str, int]]:
    units = fold(rows)
    kept = set(units["n"])
    folded = _count(rows.filter(~pl.col("n").is_in(list(kept))))
    for unit in units.filter("conflict").iter_rows(named=True):
        findings[unit["source_file"]].append(
            Finding(
                "unit_conflict",
                unit["source_row"],
                value=unit["name"],
                facts={"what": Said(N_("名称"))},
            )
        )
    return units.with_columns(is_duplicate=pl.lit(value=False)), folded


def _divisions(rows: pl.DataFrame) -> pl.DataFrame:
    """Put codes of a division, county or agency column into ``division_code``, names into ``county``."""
    digits = r"^\d{6}(\d{3}|\d{6})?$"
    given = [c for c in ("division", "county", "agency") if c in rows.columns]
    if not given:
        return rows
    codes = [pl.when(pl.col(c).str.contains(digits)).then(pl.col(c)) for c in given]
    names = [
        pl.when(~pl.col(c).str.contains(digits)).then(pl.col(c))
        for c in ("county", "division")
        if c in rows.columns
    ]
    county = pl.coalesce(names) if names else pl.lit(None, dtype=pl.String)
    return rows.with_columns(division_code=pl.coalesce(codes), county=county)


def _abnormal(rows: pl.DataFrame) -> pl.DataFrame:
    """A reason for the abnormal-operation list says that the firm is on it; the flag itself goes first."""
    given = [c for c in ("abnormal", "abnormal_reason") if c in rows.columns]
    return rows.with_columns(abnormal=pl.coalesce(given)) if given else rows
