"""report.html: one page for the head of the bureau; no network, no script, readable on a phone."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl

from gapmatch.language import _
from gapmatch.publish import html
from gapmatch.publish.figures import by_status, county_order, firm_statuses
from gapmatch.publish.html import Bar
from gapmatch.publish.inputs import PublishInput
from gapmatch.publish.labels import kind_labels, section_labels, status_labels
from gapmatch.publish.pages import quarter_words
from gapmatch.publish.prefecture import quality_lines

_COLOURS: Mapping[str, str] = {
    "insured": "#2e7d4f",
    "covered_by_parent": "#7fb98f",
    "lines_missing": "#f0b23c",
    "under_enrolled": "#e6903c",
    "lapsed": "#b9770e",
    "review": "#6c7fd1",
    "uninsured": "#c0392b",
    "dormant": "#9aa5b1",
    "out_of_scope": "#d3d9e0",
}
_RED = _COLOURS["uninsured"]
_SIZES = (1, 5, 10, 20, 50, 100, 300)
_AGES = (1, 3, 5, 10, 20)
_MOST_BARS = 30


def report_page(results: PublishInput) -> str:
    """Return the report as one HTML page."""
    statuses = firm_statuses(results)
    whole = by_status(statuses).row(0, named=True)
    title = _("{quarter} 参保扩面比对报告").format(quarter=quarter_words(results.quarter))
    body = "".join(
        (
            _header(title, results),
            _glance(whole),
            _warnings(results),
            _funnel(results, whole),
            _counties(results, statuses),
            _groups(statuses),
            _quality(results),
            _changes(results),
            _defects(results),
            _made(results),
        )
    )
    style = (Path(__file__).parent / "report.css").read_text(encoding="utf-8")
    return html.page(title, style, body)


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
            (html.number(whole["firms"]), _("纳税户（清册行数）"), ""),
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


def _funnel(results: PublishInput, whole: Mapping[str, Any]) -> str:
    """From the tax list to the first tier: every row has its place, and the numbers add up."""
    firms = whole["firms"]
    rows = [
        Bar(label, whole[status], html.share(whole[status], firms), _COLOURS[status])
        for status, label in status_labels().items()
    ]
    adds = " + ".join(html.number(row.value) for row in rows)
    return html.section(
        _("从税务清册到走访名单"),
        html.stack(rows),
        html.paragraph(
            _("每行恰有一种状态：{adds} = {firms} 行。").format(
                adds=adds, firms=html.number(firms)
            ),
            "soft",
        ),
        html.funnel(_steps(results, whole)),
        _target_words(results),
    )


_SETTLED = ("insured", "covered_by_parent", "out_of_scope")
_NOT_TO_VISIT = ("review", "dormant")


def _steps(results: PublishInput, whole: Mapping[str, Any]) -> list[Bar]:
    """Each step is the one before less what its remark names."""
    open_ones = whole["firms"] - sum(whole[status] for status in _SETTLED)
    to_visit = open_ones - sum(whole[status] for status in _NOT_TO_VISIT)
    targets, first = whole["targets"], whole["tier_a"]
    left_out = _("减去 未列入 {n}（重复行，或近期已走访、已办结）")
    later = _("减去 B、C 层 {n}，以后各季走访")
    return [
        Bar(_("税务清册"), whole["firms"], _read_words(results, whole["firms"]), "#5d7a99"),
        Bar(_("未参保、有缺口或未能确认"), open_ones, _less(whole, _SETTLED), "#8d6b94"),
        Bar(_("可以走访"), to_visit, _less(whole, _NOT_TO_VISIT), "#b5563f"),
        Bar(_("走访目标"), targets, left_out.format(n=html.number(to_visit - targets)), _RED),
        Bar(_("A 层，本季走访"), first, later.format(n=html.number(targets - first)), _RED),
    ]


def _less(whole: Mapping[str, Any], statuses: Sequence[str]) -> str:
    labels = status_labels()
    named = _("、").join(f"{labels[s]} {html.number(whole[s])}" for s in statuses)
    return _("减去 {named}").format(named=named)


def _read_words(results: PublishInput, firms: int) -> str:
    """How the rows of the tax list came to be, as far as the run says."""
    tax = results.run_info.get("counts", {}).get("tax", {})
    duplicates = results.firms.filter(pl.col("is_duplicate")).height
    text = _("税务清册共 {firms} 行").format(firms=html.number(firms))
    if "read" in tax:
        text = _("税务清册读入 {read} 行，无法使用 {refused} 行，参与比对 {firms} 行").format(
            read=html.number(tax["read"]),
            refused=html.number(tax.get("refused", 0)),
            firms=html.number(firms),
        )
    more = _("；其中与前面某行完全重复 {n} 行，随首行定状态，不重复列入名单。")
    return text + (more.format(n=html.number(duplicates)) if duplicates else _("。"))


def _target_words(results: PublishInput) -> str:
    counts = {str(kind): int(n) for kind, n in results.targets.group_by("kind").len().rows()}
    named = _("、").join(
        f"{label} {html.number(counts[kind])}"
        for kind, label in kind_labels().items()
        if kind in counts
    )
    return html.paragraph(_("走访目标按类别：{named}。").format(named=named)) if named else ""


def _counties(results: PublishInput, statuses: pl.DataFrame) -> str:
    counts = {row["county"]: row for row in by_status(statuses, "county").iter_rows(named=True)}
    ordered = [counts[county] for county in county_order(results)]
    shown = ("firms", *status_labels(), "targets", "tier_a", "expected_tier_a")
    titles = (
        _("县（市、区）"),
        _("纳税户"),
        *status_labels().values(),
        _("走访目标"),
        _("A 层"),
        _("A 层预计新增"),
    )
    total = by_status(statuses).row(0, named=True)
    by_size = sorted(ordered, key=lambda row: (-row["uninsured"], row["county"]))
    return html.section(
        _("各县（市、区）"),
        html.heading(
            _("疑似未参保户数")
            if len(ordered) <= _MOST_BARS
            else _("疑似未参保户数最多的 {n} 个县（市、区）").format(n=_MOST_BARS)
        ),
        html.bars(
            [
                Bar(r["county"], r["uninsured"], html.share(r["uninsured"], r["firms"]), _RED)
                for r in by_size[:_MOST_BARS]
            ]
        ),
        html.table(
            titles,
            [(row["county"], *(html.number(row[c]) for c in shown)) for row in ordered],
            (_("合计"), *(html.number(total[c]) for c in shown)),
        ),
    )


def _groups(statuses: pl.DataFrame) -> str:
    sections = section_labels()
    by_section = statuses.with_columns(pl.col("section").replace(sections).alias("group"))
    return html.section(
        _("疑似未参保户的构成"),
        html.paragraph(_("百分数是该类纳税户中疑似未参保的比例。"), "soft"),
        '<div class="two"><div>',
        html.heading(_("按行业门类")),
        _group_bars(by_section, list(sections.values())),
        "</div><div>",
        html.heading(_("按估计用工人数")),
        _group_bars(_banded(statuses, "headcount", _SIZES, _("人")), _band_labels(_SIZES, _("人"))),
        html.heading(_("按成立年限")),
        _group_bars(_banded(statuses, "age", _AGES, _("年")), _band_labels(_AGES, _("年"))),
        "</div></div>",
    )


def _group_bars(statuses: pl.DataFrame, order: Sequence[str]) -> str:
    unknown = _("不详")
    filled = statuses.with_columns(pl.col("group").fill_null(unknown))
    counts = {row["group"]: row for row in by_status(filled, "group").iter_rows(named=True)}
    ordered = [name for name in order if name in counts]
    ordered += sorted(name for name in counts if name not in order)
    return html.bars(
        [
            Bar(name, row["uninsured"], html.share(row["uninsured"], row["firms"]), _RED)
            for name in ordered
            if (row := counts[name])["firms"]
        ]
    )


def _banded(statuses: pl.DataFrame, column: str, edges: Sequence[int], unit: str) -> pl.DataFrame:
    """Put each firm into a band ``[edge, next edge)``; rounded first where persons are counted."""
    value = pl.col(column).round(0) if column == "headcount" else pl.col(column)
    *labels, last = _band_labels(edges, unit)
    below = (
        pl.when(value < edge).then(pl.lit(label)) for edge, label in zip(edges, labels, strict=True)
    )
    band = pl.coalesce(*below, pl.when(value.is_not_null()).then(pl.lit(last)))
    return statuses.with_columns(band.alias("group"))


def _band_labels(edges: Sequence[int], unit: str) -> list[str]:
    first = _("不足 {edge} {unit}").format(edge=edges[0], unit=unit)
    last = _("{edge} {unit}以上").format(edge=edges[-1], unit=unit)
    whole = unit == _("人")
    middle = [
        f"{low}～{high - 1 if whole else high} {unit}"
        if not whole or high - 1 > low
        else f"{low} {unit}"
        for low, high in pairwise(edges)
    ]
    return [first, *middle, last]


def _quality(results: PublishInput) -> str:
    lines = quality_lines(results)
    return html.section(
        _("比对质量"),
        html.table(
            (_("项目"), _("数量"), _("区间或说明")),
            [(words, html.number(value), note) for words, value, note in lines],
            words=frozenset({2}),
        ),
        html.paragraph(
            _(
                "误列：已参保却列为未参保，白跑一趟；漏列：未参保却没有列出，职工没有保障。均为估计数。"
            ),
            "soft",
        ),
    )


def _changes(results: PublishInput) -> str:
    if results.changes is None or not results.changes.height:
        return ""
    rows = results.changes.select("change", "firms").rows()
    return html.section(
        _("与上季相比"),
        html.table((_("变化"), _("户数")), [(str(c), html.number(n)) for c, n in rows]),
    )


def _defects(results: PublishInput) -> str:
    if not results.defects.height:
        return html.section(_("数据问题"), html.paragraph(_("读入的数据未发现问题。")))
    counts = (
        results.defects.group_by("source_file", "defect", "consequence")
        .agg(pl.len().alias("rows"))
        .sort("rows", "source_file", "defect", "consequence", descending=[True, *[False] * 3])
    )
    return html.section(
        _("数据问题"),
        html.paragraph(
            _("共 {n} 条，逐条见 defects.csv。").format(n=html.number(results.defects.height))
        ),
        html.table(
            (_("文件"), _("问题"), _("处理"), _("条数")),
            [
                (file or "", defect or "", consequence or "", html.number(rows))
                for file, defect, consequence, rows in counts.head(60).rows()
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
    timings = info.get("timings", {})
    spent = _("、").join(f"{stage} {seconds:.2f}" for stage, seconds in timings.items())
    return html.section(
        _("这份报告怎么来的"),
        html.table((_("输入文件"), _("行数"), _("SHA-256 前 16 位")), inputs) if inputs else "",
        html.paragraph(
            _("gapmatch {version}，运行编号 {run}。").format(
                version=info.get("version", "—"), run=info.get("run_id", "—")
            ),
            "soft",
        ),
        html.paragraph(_("各步用时（秒）：{spent}").format(spent=spent), "soft") if spent else "",
        html.paragraph(_("设置与全部计数见 run.json。"), "soft"),
    )
