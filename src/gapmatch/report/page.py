"""report.html: one page for the head of the bureau; no network, readable on a phone and in print.

Every figure has a plain form that needs no script; with the extra ``charts`` installed, Vega draws it.
"""

from collections.abc import Mapping
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any

from gapmatch.forms.guide import format_quarter
from gapmatch.i18n import _
from gapmatch.report import html
from gapmatch.report.figure_html import Figures
from gapmatch.report.gap_sections import counties_section, funnel_section, groups_section
from gapmatch.report.quality_sections import (
    changes_section,
    quality_section,
    reach_section,
    visits_section,
)
from gapmatch.report.verification_section import verification_section
from gapmatch.results.figures import by_status, defect_kinds, firm_statuses
from gapmatch.results.run_results import PublishInput


def report_page(results: PublishInput, runtime: str | None = None) -> str:
    """Return the report as one HTML page; ``runtime`` (``vega_runtime``) draws its figures."""
    statuses, figures = firm_statuses(results), Figures(runtime)
    whole = by_status(statuses).row(0, named=True)
    title = _("{quarter} 参保扩面比对报告").format(quarter=format_quarter(results.quarter))
    body = "".join(
        (
            _header(title, results),
            _glance(whole),
            _warnings(results),
            verification_section(results),
            funnel_section(results, whole),
            counties_section(results, statuses, figures),
            groups_section(statuses, figures),
            reach_section(results, figures),
            quality_section(results, figures),
            changes_section(results, figures),
            visits_section(results, figures),
            _defects(results),
            _made(results),
        )
    )
    style = (Path(__file__).parent / "report.css").read_text(encoding="utf-8")
    return html.page(title, style, body + figures.scripts())


def _header(title: str, results: PublishInput) -> str:
    made = _local_time(str(results.run_info.get("finished", "")))
    when = _("生成时间 {time}").format(time=made) if made else ""
    intro = _("税务正常纳税企业清册与社保参保单位逐户比对的结果。名单是线索，以走访核实为准。")
    return (
        f"<header><h1>{escape(title)}</h1>"
        f"{html.paragraph(intro)}{html.paragraph(when, 'soft') if when else ''}</header>\n"
    )


def _local_time(text: str) -> str:
    """Return a time as the reader's clock shows it, to the minute; another text as it stands."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return f"{moment.astimezone() if moment.tzinfo else moment:%Y-%m-%d %H:%M}"


def _glance(whole: Mapping[str, Any]) -> str:
    return html.cards(
        (
            (html.number(whole["firms"]), _("纳税户（不含重复行）"), ""),
            (html.number(whole["uninsured"]), _("疑似未参保户"), "key"),
            (html.number(whole["targets"]), _("走访目标户"), ""),
            (html.number(whole["tier_a"]), _("其中 A 层，本季走访"), "key"),
            (html.number(whole["expected_tier_a"]), _("A 层预计新增参保人数"), ""),
            (html.number(whole["review"]), _("待人工核实户"), ""),
        )
    )


def _warnings(results: PublishInput) -> str:
    texts = [str(text) for text in results.run_info.get("warnings", ())]
    return html.section(_("请注意"), *(html.paragraph(text, "warning") for text in texts))


def _defects(results: PublishInput) -> str:
    if not results.defects.height:
        return html.section(_("数据问题"), html.paragraph(_("读入的数据未发现问题。")))
    return html.section(
        _("数据问题"),
        html.paragraph(
            _("共 {n} 条，逐条见 defects.csv。").format(
                n=html.number(int(results.defects["count"].fill_null(1).sum()))
            )
        ),
        html.table(
            (_("文件"), _("问题"), _("处理"), _("条数")),
            [
                (file or "", defect or "", consequence or "", html.number(rows))
                for file, defect, consequence, rows in defect_kinds(results).head(60).rows()
            ],
            words=frozenset({1, 2}),
        ),
    )


def _made(results: PublishInput) -> str:
    info = results.run_info
    inputs = [
        (str(i.get("file", "")), html.number(i.get("rows")), str(i.get("sha256", ""))[:16])
        for i in info.get("inputs", ())
    ]
    return html.section(
        _("这份报告怎么来的"),
        html.table((_("输入文件"), _("行数"), _("SHA-256 前 16 位")), inputs) if inputs else "",
        html.paragraph(
            _("gapmatch {version}，运行编号 {run}。").format(
                version=info.get("version", "—"), run=info.get("run_id", "—")
            ),
            "soft",
        ),
        html.paragraph(_("设置、全部计数和各步用时见 run.json。"), "soft"),
    )
