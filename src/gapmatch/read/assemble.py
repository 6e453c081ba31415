"""The files of one source together.

Repeated rows, lines of one unit, shared codes, columns that differ.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from gapmatch.errors import InputError
from gapmatch.i18n import N_, _
from gapmatch.privacy import mask_texts
from gapmatch.read.defects import build_defects
from gapmatch.read.enrollment import fold, fold_repeats, infer_lines, settle_lines
from gapmatch.read.files import refuse_same_file
from gapmatch.read.months import drop_yearless, infer_months
from gapmatch.read.read_model import Extract, FileReport, Finding, ReadFile, SheetReport, Side
from gapmatch.read.row_checks import (
    mark_duplicates,
    report_missing_codes,
    report_missing_columns,
    report_shared_codes,
)
from gapmatch.schemas import CODES, DEFECTS

_UNMASKED = frozenset(
    {
        *(
            "source_file",
            "source_sheet",
            "seq",
            *CODES,
            "unit_id",
            "division_code",
            "last_paid_month",
        ),
        *("legal_rep", "contact", "phone"),
    }
)
"""Columns that identify a row or a firm, and those stored separately and masked."""


def build_header_only_error(path: Path, report: SheetReport) -> InputError:
    """Return the error for a file without data."""
    return InputError(
        _("只有表头，没有数据行：{path} 第 {row} 行").format(path=path, row=report.header_row),
        _("请检查导出是否完成；如该地确实没有数据，请把这个文件移走后重试。"),
        file=path,
        row=report.header_row,
    )


def assemble(side: Side, files: Sequence[ReadFile], language: str) -> Extract:
    """Return the rows of all files as one source: duplicates marked, lines folded, rows counted.

    ``language`` is what the defects are written in. Raises ``InputError`` if two files are the
    same or none has a row.
    """
    refuse_same_file([f.report for f in files])
    if not any(f.rows.height for f in files):
        raise build_header_only_error(files[0].report.path, files[0].report.sheets[0])
    rows = pl.concat([f.rows for f in files], how="diagonal").with_row_index("n")
    findings = {f.report.name: list(f.findings) for f in files}
    if side is Side.ENROLLMENT:
        rows = infer_months(infer_lines(rows))
    rows = mark_duplicates(rows, findings)
    folded_in: dict[str, int] = {}
    repeats = _count(rows.filter("is_duplicate"))
    if side is Side.ENROLLMENT:
        rows = settle_lines(rows)
        if "line" in rows.columns:
            rows, folded_in = _fold(rows.filter(~pl.col("is_duplicate")), findings, fold)
        else:
            rows, folded_in = _fold_repeats(rows, findings)
        rows = drop_yearless(rows)
    rows = _flag_abnormal(_split_divisions(rows))
    report_missing_codes(rows, findings)
    report_shared_codes(rows, findings)
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
    report_missing_columns(files, findings, language)
    defects = _collect_defects(side, reports, findings, language)
    return Extract(
        side=side,
        rows=_mask_rows(side.table.complete(rows).select(list(side.table)), side),
        defects=defects,
        files=reports,
        left_out={
            f"{r.name} [{sheet}]": why for r in reports for sheet, why in r.lost_sheets.items()
        },
    )


def _mask_rows(rows: pl.DataFrame, side: Side) -> pl.DataFrame:
    """Return ``rows`` with numbers of persons masked in all texts but codes, persons and phones.

    Here, before anything is made of the texts, so that no stage, store or file can hold them.
    """
    texts = [c for c, dtype in rows.schema.items() if dtype == pl.String and c not in _UNMASKED]
    return side.table.check(rows.with_columns(mask_texts(rows[c]) for c in texts))


def _collect_defects(
    side: Side, reports: Sequence[FileReport], findings: Mapping[str, list[Finding]], language: str
) -> pl.DataFrame:
    frames = [build_defects(side, r.name, findings[r.name], language) for r in reports]
    return DEFECTS.check(pl.concat(frames))


def _count(rows: pl.DataFrame) -> dict[str, int]:
    return dict(rows.group_by("source_file", maintain_order=True).len().rows())


def _fold_repeats(
    rows: pl.DataFrame, findings: dict[str, list[Finding]]
) -> tuple[pl.DataFrame, dict[str, int]]:
    """Fold the rows of one unit in a list without lines.

    Rows that are the very same stay marked.
    """
    same = rows.filter("is_duplicate")
    units, folded = _fold(rows.filter(~pl.col("is_duplicate")), findings, fold_repeats)
    for file, count in folded.items():
        findings[file].append(Finding("unit_rows_folded", facts={"count": count}))
    # Of a unit that was folded, no row stands for itself any more: its repeated rows are folded
    # too.
    return pl.concat([units, same], how="diagonal").sort("n"), folded


def _fold(
    rows: pl.DataFrame,
    findings: dict[str, list[Finding]],
    fold_rows: Callable[[pl.DataFrame], pl.DataFrame],
) -> tuple[pl.DataFrame, dict[str, int]]:
    units = fold_rows(rows)
    unit_rows = set(units["n"])
    folded = _count(rows.filter(~pl.col("n").is_in(list(unit_rows))))
    for unit in units.filter("conflict").iter_rows(named=True):
        findings[unit["source_file"]].append(
            Finding(
                "unit_conflict",
                unit["source_row"],
                value=unit["name"],
                facts={"what": N_("名称")},
            )
        )
    if "unclear" in units.columns and units["unclear"].any():
        findings[units["source_file"][0]].append(Finding("unit_rows_unclear"))
    return units.with_columns(is_duplicate=pl.lit(value=False)), folded


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
    """A reason for the abnormal-operation list implies that the firm is on it.

    The flag itself goes first.
    """
    given = [c for c in ("abnormal", "abnormal_reason") if c in rows.columns]
    return rows.with_columns(abnormal=pl.coalesce(given)) if given else rows
