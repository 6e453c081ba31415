"""``report.html``: one page for the head of the bureau; no network, for a phone and for print.

Every figure has a plain form that needs no script; with the extra ``charts`` installed, Vega draws
it.
"""

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from gapmatch.forms.guide import format_quarter
from gapmatch.i18n import _
from gapmatch.read.column_refusals import get_label
from gapmatch.read.read_model import Side
from gapmatch.read.recognise import get_side_name
from gapmatch.report import html
from gapmatch.report.gap_sections import (
    build_counties_section,
    build_funnel_section,
    build_groups_section,
    draw_bridge,
    draw_verification_bridge,
    verification_section,
)
from gapmatch.report.head_page import build_head_page
from gapmatch.report.html import Figures
from gapmatch.report.quality_sections import (
    build_changes_section,
    build_drawn_section,
    build_quality_section,
    build_reach_section,
    build_visits_section,
)
from gapmatch.reports import format_local_time
from gapmatch.results.quarter_figures import count_by_status, count_defect_kinds, join_firm_statuses
from gapmatch.results.run_results import PublishInput


def render_report(results: PublishInput, runtime: str | None = None) -> str:
    """Return the report as one HTML page; ``runtime`` (``load_vega_runtime``) draws its figures."""
    statuses, figures = join_firm_statuses(results), Figures(runtime)
    total = count_by_status(statuses).row(0, named=True)
    title = _("{quarter} 参保扩面比对报告").format(quarter=format_quarter(results.quarter))
    body = "".join(
        (
            _render_header(title, results),
            build_head_page(
                results, draw_verification_bridge(results) or draw_bridge(results, total)
            ),
            _render_warnings(results),
            verification_section(results),
            build_funnel_section(results, total),
            build_counties_section(results, statuses, figures),
            build_groups_section(statuses, figures),
            build_reach_section(results, figures),
            build_quality_section(results, figures),
            build_changes_section(results, figures),
            build_visits_section(results, figures),
            build_drawn_section(results),
            _render_defects(results),
            build_profile_section(results),
            _render_footer(results),
        )
    )
    style = (Path(__file__).parent / "report.css").read_text(encoding="utf-8")
    return html.render_page(title, style, body + figures.build_scripts())


def _render_header(title: str, results: PublishInput) -> str:
    made = format_local_time(str(results.run_info.get("finished", "")))
    when = _("生成时间 {time}").format(time=made) if made else ""
    intro = _("税务正常纳税企业清册与社保参保单位逐户比对的结果。名单是线索，以走访核实为准。")
    below = html.render_paragraph(when, "soft") if when else ""
    return f"<header><h1>{escape(title)}</h1>{html.render_paragraph(intro)}{below}</header>\n"


def _render_warnings(results: PublishInput) -> str:
    texts = [str(text) for text in results.run_info.get("warnings", ())]
    return html.render_section(
        _("请注意"), *(html.render_paragraph(text, "warning") for text in texts)
    )


def _render_defects(results: PublishInput) -> str:
    if not results.defects.height:
        return html.render_section(
            _("数据问题"), html.render_paragraph(_("读入的数据未发现问题。"))
        )
    return html.render_section(
        _("数据问题"),
        html.render_paragraph(
            _("共 {n} 条，逐条见 defects.csv。").format(
                n=html.format_number(int(results.defects["count"].fill_null(1).sum()))
            )
        ),
        html.render_table(
            (_("文件"), _("问题"), _("处理"), _("条数")),
            [
                (file or "", defect or "", consequence or "", html.format_number(rows))
                for file, defect, consequence, rows in count_defect_kinds(results).head(60).rows()
            ],
            words=frozenset({1, 2}),
        ),
    )


def _render_footer(results: PublishInput) -> str:
    info = results.run_info
    inputs = [
        (str(i.get("file", "")), html.format_number(i.get("rows")), str(i.get("sha256", ""))[:16])
        for i in info.get("inputs", ())
    ]
    return html.render_section(
        _("这份报告怎么来的"),
        html.render_table((_("输入文件"), _("行数"), _("SHA-256 前 16 位")), inputs)
        if inputs
        else "",
        html.render_paragraph(
            _("gapmatch {version}，运行编号 {run}。").format(
                version=info.get("version", "—"), run=info.get("run_id", "—")
            ),
            "soft",
        ),
        html.render_paragraph(_("设置、全部计数和各步用时见 run.json。"), "soft"),
    )


def build_profile_section(results: PublishInput) -> str:
    """Return the profile of every column; nothing if the run has none."""
    profiles: Mapping[str, Sequence[Mapping[str, Any]]] = results.run_info.get("profile", {})
    tables = [_draw_profile(Side(side), rows) for side, rows in profiles.items() if rows]
    if not tables:
        return ""
    text = _(
        "每一列有多少行填了、有多少个不同的值、填了的有多少像样；旁边是上季度填了的比例。"
        "比例明显下降的，多半是导出时少了列或换了列。示例已遮盖。"
    )
    return html.render_section(_("各列概况"), html.render_paragraph(text, "soft"), *tables)


def _draw_profile(side: Side, rows: Sequence[Mapping[str, Any]]) -> str:
    name = _("{source}，{n} 行").format(
        source=get_side_name(side), n=html.format_number(rows[0]["rows"])
    )
    headings = (
        *(_("列"), _("有值"), _("上季度有值"), _("不同值"), _("其中有效"), _("示例（已遮盖）")),
    )
    return html.render_heading(name) + html.render_table(
        headings, [_list_cells(side, row) for row in rows], words=frozenset({5})
    )


def _list_cells(side: Side, row: Mapping[str, Any]) -> tuple[str, ...]:
    before, valid, filled = row["share_before"], row["valid"], row["filled"]
    return (
        get_label(side, row["column"]),
        html.format_share(filled, row["rows"]),
        "" if before is None else html.format_share(before, 1),
        html.format_number(row["distinct"]),
        "" if valid is None or not filled else html.format_share(valid, filled),
        " … ".join(row["examples"]),
    )
