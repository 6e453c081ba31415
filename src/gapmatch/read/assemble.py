"""Files of one source together: repeated rows, lines of one unit, shared codes, columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from gapmatch.errors import InputError
from gapmatch.i18n import N_, _
from gapmatch.privacy import WORDS, mask_columns, mask_texts
from gapmatch.read.defects import build_defects
from gapmatch.read.files import refuse_same_file
from gapmatch.read.lines import count_line_cells, find_counted_lines, infer_lines, settle_lines
from gapmatch.read.months import drop_yearless, infer_months
from gapmatch.read.read_model import Extract, FileReport, Finding, ReadFile, SheetReport, Side
from gapmatch.read.row_checks import (
    find_repeated_rows,
    find_shared_codes,
    hash_contents,
    mark_duplicates,
    report_missing_codes,
    report_missing_columns,
    report_shared_codes,
    select_codes,
    select_uncoded,
)
from gapmatch.read.rows_of_units import RowsOfUnits, count_rows_of_units, fold_units
from gapmatch.schemas import CODES, DEFECTS

_CODES = (*CODES, "unit_id")
_PERSONS = ("legal_rep", "contact", "phone")
_UNMASKED = frozenset(
    {
        *("source_file", "source_sheet", "seq", *_CODES, "division_code", "last_paid_month"),
        *_PERSONS,
    }
)
"""Columns that identify a row or a firm, and those stored separately and masked."""


def build_no_rows_error(path: Path, report: SheetReport) -> InputError:
    """Return the error for a file without data, or whose rows are all no firms or units."""
    if left_out := report.rows_in + report.footers + report.furniture:
        return InputError(
            _("没有一行能读作企业或单位：{path} 第 {row} 行的表头下面有 {count} 行").format(
                path=path, row=report.header_row, count=left_out
            ),
            _(
                "请核对名称、代码两列认对了没有，名称是否完整；如该地确实没有数据，"
                "请把这个文件移走后重试。"
            ),
            file=path,
            row=report.header_row,
        )
    return InputError(
        _("只有表头，没有数据行：{path} 第 {row} 行").format(path=path, row=report.header_row),
        _("请检查导出是否完成；如该地确实没有数据，请把这个文件移走后重试。"),
        file=path,
        row=report.header_row,
    )


def refuse_no_rows(reports: Sequence[FileReport]) -> None:
    """Raise ``InputError`` if two files are the same or none has a row."""
    refuse_same_file(reports)
    if not any(r.rows_in > r.refused for r in reports):
        raise build_no_rows_error(reports[0].path, reports[0].sheets[0])


def assemble(side: Side, files: Sequence[ReadFile], language: str) -> Extract:
    """Return the rows of all files as one source: duplicates marked, lines folded, rows counted.

    ``language`` is what the defects are written in. Raises ``InputError`` if two files are the
    same or none has a row.
    """
    refuse_no_rows([f.report for f in files])
    rows = pl.concat([f.rows for f in files], how="diagonal").with_row_index("n")
    findings = {f.report.name: list(f.findings) for f in files}
    if side is Side.ENROLLMENT:
        rows = infer_months(infer_lines(rows))
    repeats = find_repeated_rows(hash_contents(rows))
    rows = mark_duplicates(rows, repeats, findings)
    counts = RowCounts(duplicates=count_by_file(repeats))
    units_repeated = 0
    if side is Side.ENROLLMENT:
        rows = settle_lines(rows, find_counted_lines(count_line_cells(rows)))
        once = rows.filter(~pl.col("is_duplicate"))
        folded = fold(rows, RowsOfUnits.from_counts(count_rows_of_units(once)))
        report_conflicts(folded.conflicts, findings)
        report_folding(folded.counts if folded.is_noted else {}, folded.unclear, findings)
        units_repeated = 0 if _has_periods(rows) else sum(folded.counts.values()) + repeats.height
        rows, counts = folded.rows, replace(counts, folded=folded.counts)
    rows = settle_columns(rows, side)
    report_missing_codes(select_uncoded(rows), findings)
    report_shared_codes(find_shared_codes(select_codes(rows)), findings)
    report_missing_columns(files, findings, language)
    reports = complete_reports([f.report for f in files], replace(counts, out=count_by_file(rows)))
    return Extract(
        side=side,
        rows=complete_rows(rows, side),
        defects=_collect_defects(side, reports, findings, language),
        files=reports,
        left_out=list_lost_sheets(reports),
        units_repeated=units_repeated,
    )


def _has_periods(rows: pl.DataFrame) -> bool:
    """Whether rows are of several lines or months."""
    months = rows["last_paid_month"] if "last_paid_month" in rows.columns else pl.Series()
    return "line" in rows.columns or months.n_unique() > 1


@dataclass(frozen=True)
class RowCounts:
    """Rows by file: those that came out, repeated ones, and those folded into other rows."""

    out: Mapping[str, int] = field(default_factory=dict)
    duplicates: Mapping[str, int] = field(default_factory=dict)
    folded: Mapping[str, int] = field(default_factory=dict)


def complete_reports(reports: Sequence[FileReport], counts: RowCounts) -> tuple[FileReport, ...]:
    """Return the reports of files with what only all files together show."""
    return tuple(
        replace(
            report,
            rows_out=counts.out.get(report.name, 0),
            duplicates=counts.duplicates.get(report.name, 0),
            folded=counts.folded.get(report.name, 0),
        )
        for report in reports
    )


def list_lost_sheets(reports: Sequence[FileReport]) -> dict[str, str]:
    """Return the sheets that were left out although they hold something like data, and why."""
    return {f"{r.name} [{sheet}]": why for r in reports for sheet, why in r.lost_sheets.items()}


def settle_columns(rows: pl.DataFrame, side: Side) -> pl.DataFrame:
    """Return rows with the columns that follow from others of the same row."""
    dated = drop_yearless(rows) if side is Side.ENROLLMENT else rows
    return _flag_abnormal(_split_divisions(dated))


def complete_rows(rows: pl.DataFrame, side: Side) -> pl.DataFrame:
    """Return rows as the frame of their side, with numbers of persons masked in all texts.

    Here, before anything is made of the texts, so that no stage, store or file can hold them. A
    code alone is first compared in full (``mask_person_codes``); with words beside it, it is a
    text. Phones stay beside persons.
    """
    known = side.table.complete(rows).select(list(side.table))
    filled = [c for c, dtype in known.schema.items() if dtype == pl.String and c in rows.columns]
    worded = [c for c in _CODES if c in filled]
    texts = known.select(c for c in filled if c not in _UNMASKED)
    masked = known.with_columns(
        *mask_columns(texts),
        *mask_columns(known.select(c for c in _PERSONS if c in filled), phones=False),
    )
    return side.table.check(_mask_worded(masked, worded))


def _mask_worded(rows: pl.DataFrame, codes: Sequence[str]) -> pl.DataFrame:
    """Return rows, those of the ``codes`` masked that have words beside them; most have none."""
    worded = rows.select(pl.col(codes).filter(pl.col(codes).str.contains(WORDS)).unique().implode())
    shown = {column.name: column.item() for column in worded if len(column.item())}
    return rows.with_columns(
        pl.col(c).replace(texts, mask_texts(texts)) for c, texts in shown.items()
    )


def _collect_defects(
    side: Side, reports: Sequence[FileReport], findings: Mapping[str, list[Finding]], language: str
) -> pl.DataFrame:
    frames = [build_defects(side, r.name, findings[r.name], language) for r in reports]
    return DEFECTS.check(pl.concat(frames))


def count_by_file(rows: pl.DataFrame) -> dict[str, int]:
    """Return the number of rows of each file."""
    return dict(rows.group_by("source_file", maintain_order=True).len().rows())


@dataclass(frozen=True)
class FoldedRows:
    """Rows of which each is a unit, and what became of the others.

    ``conflicts``: place and name of units with several names; ``counts``: folded rows by file;
    ``unclear``: the file of the first unit if sums of rows are unknown; ``is_noted``: whether
    folding is a defect.
    """

    rows: pl.DataFrame
    conflicts: pl.DataFrame
    counts: Mapping[str, int]
    unclear: str | None
    is_noted: bool


def fold(rows: pl.DataFrame, of_list: RowsOfUnits) -> FoldedRows:
    """Fold the rows of each unit; its repeated rows, which are no further unit, with them."""
    once = rows.filter(~pl.col("is_duplicate"))
    units = fold_units(once, of_list)
    place = ("n", "source_file", "source_row", "name")
    is_unclear = "unclear" in units.columns and bool(units["unclear"].any())
    return FoldedRows(
        units.with_columns(is_duplicate=pl.lit(value=False)),
        units.filter("conflict").select(place),
        count_by_file(once.filter(~pl.col("n").is_in(units["n"].implode()))),
        units["source_file"][0] if is_unclear else None,
        "line" not in rows.columns,
    )


def report_conflicts(conflicts: pl.DataFrame, findings: Mapping[str, list[Finding]]) -> None:
    """Report units whose rows have several names."""
    facts = {"what": N_("名称")}
    for unit in conflicts.iter_rows(named=True):
        finding = Finding("unit_conflict", unit["source_row"], value=unit["name"], facts=facts)
        findings[unit["source_file"]].append(finding)


def report_folding(
    counts: Mapping[str, int], unclear: str | None, findings: Mapping[str, list[Finding]]
) -> None:
    """Report rows folded by file, and in the file ``unclear`` that their sums are unknown."""
    if unclear is not None:
        findings[unclear].append(Finding("unit_rows_unclear"))
    for file, count in counts.items():
        findings[file].append(Finding("unit_rows_folded", facts={"count": count}))


def _split_divisions(rows: pl.DataFrame) -> pl.DataFrame:
    """Put codes of division columns into ``division_code``, names into ``county``."""
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


def _flag_abnormal(rows: pl.DataFrame) -> pl.DataFrame:
    """A reason for the abnormal-operation list puts the firm on it; the flag itself goes first."""
    given = [c for c in ("abnormal", "abnormal_reason") if c in rows.columns]
    return rows.with_columns(abnormal=pl.coalesce(given)) if given else rows
