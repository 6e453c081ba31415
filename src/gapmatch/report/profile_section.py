"""The report's annex on what was read: each column of each source, beside the last quarter's."""

from collections.abc import Mapping, Sequence
from typing import Any

from gapmatch.i18n import _
from gapmatch.read.mapping import get_label
from gapmatch.read.read_model import Side
from gapmatch.read.recognise import get_side_name
from gapmatch.report import html
from gapmatch.results.run_results import PublishInput


def build_profile_section(results: PublishInput) -> str:
    """Return a page with a profile of every column; nothing if the run has none."""
    profiles: Mapping[str, Sequence[Mapping[str, Any]]] = results.run_info.get("profile", {})
    tables = [_draw_profile(Side(side), rows) for side, rows in profiles.items() if rows]
    if not tables:
        return ""
    text = _(
        "每一列有多少行填了、有多少个不同的值、填了的有多少像样；旁边是上季度填了的比例。"
        "比例明显下降的，多半是导出时少了列或换了列。示例已遮盖。"
    )
    section = html.render_section(_("各列概况"), html.render_paragraph(text, "soft"), *tables)
    return f'<div class="sheet">{section}</div>\n'


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
