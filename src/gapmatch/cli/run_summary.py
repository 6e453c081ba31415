"""The summary of a run: by county, what was read, what to mind, and what to do next."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table

from gapmatch.api.stage_durations import format_duration
from gapmatch.cli.report_tables import build_section_table
from gapmatch.cli.terminal import Terminal
from gapmatch.errors import ExitCode
from gapmatch.i18n import LANGUAGES, _, get_language, use_language
from gapmatch.reports import Page, Section, format_local_time
from gapmatch.wording.review_words import describe_review_duty

if TYPE_CHECKING:
    import polars as pl

    from gapmatch.run.assessed_run import InputCount, Summary

_MIN_WIDTH = 110
"""Columns of a terminal in which all figures of a county stand beside each other."""
_FEW_FIGURES = ("firms", "insured", "review", "uninsured", "dormant", "tier_a")


def report(summary: "Summary", terminal: Terminal) -> int:
    """Print what the run came to and return the exit code."""
    terminal.emit(summary.as_dict())
    if terminal.talks:
        _print(summary, terminal)
    for warning in summary.warnings:
        terminal.warn(_("注意：{warning}").format(warning=warning))
    if summary.refused_over_limit:
        terminal.warn(_("弃用的行超过限度，请先看 defects.csv（退出码 3）。"))
    if summary.left_out:
        terminal.warn(_("有文件或工作表没有读取，结果可能缺单位（退出码 3）。"))
    if summary.mostly_hidden:
        terminal.warn(_("有工作表的大部分行是隐藏的，也都读入了，请核对（退出码 3）。"))
    is_doubtful = summary.refused_over_limit or summary.left_out or summary.mostly_hidden
    return ExitCode.ROWS_LEFT_OUT if is_doubtful else ExitCode.DONE


def _print(summary: "Summary", terminal: Terminal) -> None:
    terminal.print_line(build_inputs_table(summary.inputs))
    terminal.print_line()
    is_wide = terminal.out.width >= _MIN_WIDTH
    terminal.print_line(build_county_table(summary.by_county, is_wide=is_wide))
    if not is_wide:
        terminal.print_line(_("其余各种状态见汇总工作簿的“各县区”表。"), style="dim")
    terminal.print_line()
    took = _("{quarter} 完成，用时 {time}。").format(
        quarter=summary.quarter, time=format_duration(summary.seconds)
    )
    terminal.print_line(took, style="bold green")
    for line in list_next_steps(summary):
        terminal.print_line(line)


def build_county_table(
    by_county: Mapping[str, Mapping[str, int]], *, is_wide: bool = True
) -> Table:
    """Return the table by county, its totals in the last row; few figures unless ``is_wide``."""
    from gapmatch.vocabulary.labels import label_county, list_figure_labels, list_status_labels

    columns = ("firms", *list_status_labels(), "tier_a") if is_wide else _FEW_FIGURES
    labels = list_figure_labels()
    rows: list[tuple[str | int, ...]] = [
        (label_county(county), *(counts.get(name, 0) for name in columns))
        for county, counts in by_county.items()
    ]
    totals = (sum(counts.get(name, 0) for counts in by_county.values()) for name in columns)
    headings = (_("县区"), *(labels[name] for name in columns))
    section = Section("", [*rows, (_("合计"), *totals)], headings)
    return build_section_table(section, has_totals=True)


def build_inputs_table(inputs: "Sequence[InputCount]") -> Table:
    """Return what happened to the rows of each file."""
    from gapmatch.vocabulary.labels import list_labels

    sides = list_labels("side")
    rows = [
        (
            *(sides.get(i.side, i.side), i.file, i.read + i.not_data, i.not_data),
            *(i.read, i.used, i.duplicates, i.refused),
        )
        for i in inputs
    ]
    headings = (
        *(_("来源"), _("文件"), _("总行数"), _("非数据行")),
        *(_("读入行"), _("采用"), _("重复"), _("弃用")),
    )
    return build_section_table(Section("", rows, headings))


def _unreviewed_step(unreviewed: Mapping[str, float]) -> list[str]:
    if not unreviewed.get("pairs"):
        return []
    text = _(
        "另有 {pairs} 对存疑，超出待核实名额而没有列出，预计其中误列 {false_gaps:.1f} 户、漏列 "
        "{missed_gaps:.1f} 户。"
    )
    return [text.format(**unreviewed)]


def _verified_files(out: Path) -> list[str]:
    """Name the answer to a list to verify, in whichever language it was written."""
    paths = []
    for language in LANGUAGES:
        with use_language(language):
            names = (_("核查结果.xlsx"), _("复函.docx"))
        paths += [out / name for name in names if (out / name).is_file()]
    text = _("  名单核查：{path}")
    return [text.format(path=path) for path in paths]


def list_next_steps(summary: "Summary") -> list[str]:
    """Return where the results are and what to do with them."""
    if not summary.run:
        return [
            _("结果在：{path}").format(path=summary.out.absolute()),
            _("企业太多，结果只写成 Parquet（links、gaps、targets），没有写入数据库和工作簿。"),
            _("下一步：用 polars、DuckDB 或 Spark 打开；要工作簿，请按市州分别运行。"),
        ]
    reviews = sum(counts.get("review", 0) for counts in summary.by_county.values())
    workspace = summary.out.parents[1]
    where = "" if workspace.resolve() == Path.cwd() else f' -w "{workspace}"'
    steps = [
        _("结果在：{path}").format(path=summary.out.absolute()),
        _("  县区工作簿：{path}").format(path=summary.out / "counties"),
        _("  缺陷清单：{path}").format(path=summary.out / "defects.csv"),
        *_verified_files(summary.out),
        _("下一步：把县区工作簿发给各县区走访"),
        _("  某家企业的依据：gapmatch explain <代码或名称>{where}").format(where=where),
        _("  上门用的走访单（每户一页）：gapmatch slips {quarter}{where}").format(
            quarter=summary.quarter, where=where
        ),
    ]
    steps += _unreviewed_step(summary.quality.get("unreviewed", {}))
    if reviews:
        steps.append(
            _("有 {count} 家待核实，不算未参保：{duty}").format(
                count=f"{reviews:,}", duty=describe_review_duty(get_language())
            )
        )
    return steps


def build_runs_page(runs: "pl.DataFrame") -> Page:
    """Return the runs (of ``Store.runs``), newest first; results that still stand are marked."""
    headings = (
        *(_("序号"), _("季度"), _("现行"), _("完成时间")),
        *(_("运行人"), _("版本"), _("文件数")),
    )
    rows = [
        (
            *(str(row["run"]), row["quarter"], _("是") if row["stands"] else ""),
            format_local_time(row["finished_at"]),
            *(row["run_by"], row["version"], row["inputs"]),
        )
        for row in runs.iter_rows(named=True)
    ]
    none = Section("", [(_("还没有运行过。"),)])
    return Page([Section("", rows, headings) if rows else none], {"runs": runs.to_dicts()})
