"""Files of a source, or of a quarter, before a run: how they are read, and what is doubtful."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from gapmatch.gate.findings import STOP, GateFinding
from gapmatch.i18n import _, get_language
from gapmatch.privacy import PERSONAL, mask_person_codes
from gapmatch.read import Extract, Side, read_extract
from gapmatch.read.column_refusals import get_label as column_label
from gapmatch.read.read_model import FileReport
from gapmatch.reports import Page, Section
from gapmatch.run.column_profile import ColumnProfile, profile_columns
from gapmatch.schemas import ORIGIN
from gapmatch.settings.reading import ReadSettings
from gapmatch.vocabulary.labels import list_labels
from gapmatch.wording.note_sentences import describe_finding

if TYPE_CHECKING:
    from gapmatch.run.quarter_run import Sources

MAX_SHOWN_ROWS = 3
_MAX_SHOWN_CHARACTERS = 200
MAX_FULL_FILES = 3
"""So many files have all their columns listed; of more, only what was guessed or left aside."""


def check_files(
    side: str,
    paths: Sequence[Path],
    extra: Mapping[str, list[str]],
    before: pl.DataFrame | None = None,
    limits: ReadSettings | None = None,
) -> Page:
    """Read ``paths`` as ``side`` and return how they were understood; nothing is written.

    ``extra``: headers of the settings, as in ``[columns.tax]``; ``before``: FIRMS or UNITS of the
    last quarter, to compare with; ``limits``: how large a file may be, ``[read]``. Raises
    ``InputError`` if a file cannot be read at all.
    """
    return describe_extract(read_extract(Side(side), paths, extra, limits=limits), before)


def describe_extract(extract: Extract, before: pl.DataFrame | None) -> Page:
    """Return how an extract was understood, with a profile of its columns."""
    profiles = profile_columns(extract, before)
    sections = [
        _list_files(extract),
        _list_row_counts(extract),
        *(
            _list_columns(extract.side, f, len(extract.files) <= MAX_FULL_FILES)
            for f in extract.files
        ),
        _profile(extract.side, profiles),
        _list_left_out(extract),
        _show_first_rows(extract),
        _list_defects(extract.defects),
    ]
    return Page(
        [section for section in sections if section.rows], _collect_facts(extract, profiles)
    )


def _profile(side: Side, profiles: Sequence[ColumnProfile]) -> Section:
    """What each column holds; shares of the last quarter if there is one."""
    rows = [
        (
            column_label(side, p.column),
            f"{p.share:.1%}",
            "" if p.share_before is None else f"{p.share_before:.1%}",
            p.distinct,
            "" if p.valid is None or not p.filled else f"{p.valid / p.filled:.1%}",
            " … ".join(p.examples),
        )
        for p in profiles
    ]
    headings = (
        *(_("列"), _("有值"), _("上季度有值"), _("不同值"), _("其中有效"), _("示例（已遮盖）")),
    )
    return Section(_("各列概况"), rows, headings)


def _list_files(extract: Extract) -> Section:
    headings = (
        *(_("文件"), _("工作表"), _("编码"), _("表头行")),
        *(_("数据行"), _("采用"), _("重复"), _("弃用")),
    )
    rows = [
        (
            *(f.name, f.sheet or "", f.encoding, f.header_row),
            *(f.rows_in, f.unique + f.folded, f.duplicates, f.refused),
        )
        for f in extract.files
    ]
    return Section(_("文件"), rows, headings)


def _list_row_counts(extract: Extract) -> Section:
    """Count every physical row of each file by its fate; the parts add up to all rows."""
    headings = (
        *(_("文件"), _("总行数"), _("数据行"), _("标题行"), _("表头行数")),
        *(_("合计、注释"), _("页码、签名"), _("空行")),
    )
    rows = [
        (
            *(f.name, f.physical_rows, f.rows_in, f.title_rows, f.header_rows),
            *(f.footers, f.furniture, f.blank_rows),
        )
        for f in extract.files
    ]
    return Section(_("各行去向"), rows, headings)


def _list_left_out(extract: Extract) -> Section:
    rows = [(name, _(why)) for name, why in extract.left_out.items()]
    return Section(_("未读取，其中可能有数据"), rows, (_("文件或工作表"), _("原因")))


def _list_columns(side: Side, file: FileReport, in_full: bool) -> Section:  # noqa: FBT001
    shown = file.mapping if in_full else file.guessed
    rows = [
        (header, column_label(side, canonical), _("猜测，请核对") if header in file.guessed else "")
        for header, canonical in shown.items()
    ]
    rows += [(header, "", _("未使用")) for header in file.unmapped]
    return Section(
        _("列的对应：{file}").format(file=file.name), rows, (_("表头"), _("读作"), _("说明"))
    )


def _show_first_rows(extract: Extract) -> Section:
    first = mask_person_codes(extract.rows.head(MAX_SHOWN_ROWS))
    shown = [
        column
        for column in extract.side.table
        if column not in (*ORIGIN, *PERSONAL) and _has_values(first[column])
    ]
    rows = [
        (column_label(extract.side, column), *(_format_value(value) for value in first[column]))
        for column in shown
    ]
    places = (
        _("{file} 第{row}行").format(file=file, row=row)
        for file, row in first.select("source_file", "source_row").iter_rows()
    )
    return Section(_("前几行（不显示人员和电话）"), rows, (_("列"), *places))


def _has_values(column: pl.Series) -> bool:
    return bool(column.any()) if column.dtype == pl.Boolean else column.null_count() < len(column)


def _format_value(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.2f}"
    text = "" if value is None else str(value)
    return text if len(text) <= _MAX_SHOWN_CHARACTERS else f"{text[:_MAX_SHOWN_CHARACTERS]}…"


def _list_defects(defects: pl.DataFrame) -> Section:
    # The row that sums up the rest comes first and does not describe the kind: a listed one stands
    # for it.
    listed = pl.col("source_row").is_not_null() | (pl.len() == 1)
    by_kind = defects.group_by("kind", "column", maintain_order=True).agg(
        pl.col("count").sum(),
        *(
            pl.coalesce(pl.col(c).filter(listed).first(), pl.col(c).first())
            for c in ("defect", "consequence", "source_file", "source_row")
        ),
    )
    rows = [
        (
            row["count"],
            row["column"],
            row["defect"],
            row["consequence"],
            _place(row["source_file"], row["source_row"]),
        )
        for row in by_kind.sort("count", descending=True, maintain_order=True).iter_rows(named=True)
    ]
    headings = (_("次数"), _("列"), _("问题"), _("处理"), _("首处"))
    return Section(_("缺陷"), rows, headings)


def _place(file: str | None, row: int | None) -> str:
    return _("{file} 第{row}行").format(file=file or "", row=row) if row is not None else file or ""


def _collect_facts(extract: Extract, profiles: Sequence[ColumnProfile]) -> dict[str, Any]:
    files = [
        {
            "file": f.name,
            "encoding": f.encoding,
            "sheet": f.sheet,
            "header_row": f.header_row,
            "columns": dict(f.mapping),
            "guessed": sorted(f.guessed),
            "unused": list(f.unmapped),
            "physical_rows": f.physical_rows,
            "not_data": f.not_data,
            "rows": f.rows_in,
            "duplicates": f.duplicates,
            "refused": f.refused,
        }
        for f in extract.files
    ]
    kinds = extract.defects.group_by("kind").agg(pl.col("count").sum()).sort("kind")
    return {
        "side": str(extract.side),
        "files": files,
        "left_out": {name: _(why) for name, why in extract.left_out.items()},
        "defects": dict(kinds.iter_rows()),
        "profile": [asdict(profile) for profile in profiles],
    }


def check_quarter_files(
    sources: "Sources", workspace: Path, quarter: str | None, *, verify: bool = False
) -> Page:
    """Read and link ``sources`` and return a run's findings and ``sides``; nothing is written."""
    from gapmatch.run.preview import preview_quarter  # loads the whole linkage

    preview = preview_quarter(sources, workspace, quarter, verify=verify)
    pages = {
        str(extract.side): describe_extract(extract, preview.earlier.get(str(extract.side)))
        for extract in preview.extracts
    }
    labels = list_labels("side")
    sections = [
        Section(f"{labels[side]}：{section.title}", section.rows, section.headings)
        for side, page in pages.items()
        for section in page.sections
    ]
    facts = {
        "quarter": preview.quarter,
        "previous": preview.previous,
        "gate": [asdict(finding) for finding in preview.findings],
        "sides": {side: page.facts for side, page in pages.items()},
    }
    findings = _describe(preview.findings, preview.quarter, preview.previous)
    return Page([*sections, findings], facts)


def _describe(findings: Sequence[GateFinding], quarter: str, previous: str | None) -> Section:
    """The findings as a table, last on the screen, where they are seen."""
    title = _("按 {quarter} 核对的疑点").format(quarter=quarter)
    if previous is not None:
        title = _("按 {quarter} 核对的疑点（与 {previous} 比较）").format(
            quarter=quarter, previous=previous
        )
    language = get_language()
    rows = [
        (
            _("停下") if finding.severity == STOP else _("提醒"),
            describe_finding(finding.code, finding.values, language),
        )
        for finding in findings
    ]
    none = [("", _("没有发现疑点，可以运行。"))]
    return Section(title, rows or none, (_("程度"), _("疑点")))
