"""The report's sections on how sure the results are, what changed, and what visits brought."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from gapmatch.forms.guide import format_quarter
from gapmatch.forms.prefecture_book import list_quality_lines
from gapmatch.i18n import _
from gapmatch.report import html
from gapmatch.report.drawing.bars import Bar, build_total_bars, draw_part_bars, draw_steps
from gapmatch.report.drawing.curves import (
    Axes,
    Line,
    Marker,
    draw_curves,
    draw_histogram,
    draw_intervals,
)
from gapmatch.report.drawing.theme import DECISIONS, GREEN, GREY, RED, remove_legend
from gapmatch.report.html import Figures
from gapmatch.results.breakdowns import (
    compute_capture_points,
    count_probability_bins,
    list_rate_headings,
    list_rate_lines,
)
from gapmatch.results.run_results import PublishInput
from gapmatch.vocabulary.labels import label_county, list_labels, list_progress_labels

_CLOSED, _OPEN = GREEN, "#f0b23c"


def build_reach_section(results: PublishInput, figures: Figures) -> str:
    """What the first visits reach: why the list is walked from the top."""
    targets = results.targets
    total = float(targets["expected_new_enrollees"].sum())
    if not total:
        return ""
    points = compute_capture_points(targets, pl.col("priority"))
    first = targets.filter(pl.col("tier") == "A")
    text = _("A 层 {n} 户占走访目标的 {part}，预计新增参保人数占全部目标的 {share}。").format(
        n=html.format_number(first.height),
        part=html.format_share(first.height, targets.height),
        share=html.format_share(float(first["expected_new_enrollees"].sum()), total),
    )
    lines = (
        Line(_("按名单顺序走访"), points, RED),
        Line(_("随意走访"), ((0, 0.0), (targets.height, 1.0)), GREY, (4, 4)),
    )
    axes = Axes(_("走访户数"), _("占预计新增参保人数"))
    spec = draw_curves(lines, axes, _("走访能覆盖多少"), [Marker(first.height, _("A 层"))])
    return html.render_section(
        _("按名单走访能覆盖多少"), figures.show(spec, html.render_paragraph(text))
    )


def build_quality_section(results: PublishInput, figures: Figures) -> str:
    """Return expected errors with intervals, review load, unmatched units, certainty of pairs."""
    lines = list_quality_lines(results)
    return html.render_section(
        _("比对质量"),
        _draw_errors(results.run_info.get("quality", {}), figures),
        html.render_table(
            (_("项目"), _("数量"), _("区间或说明")),
            [(words, html.format_number(value), note) for words, value, note in lines],
            words=frozenset({2}),
        ),
        html.render_paragraph(
            _(
                "误列：已参保却列为未参保，白跑一趟；漏列：未参保却没有列出，职工没有保障。均为估计数。"
            ),
            "soft",
        ),
        _draw_probabilities(results, figures),
    )


def _draw_errors(quality: Mapping[str, Any], figures: Figures) -> str:
    words = {
        "false_gaps": _("预计误列户数"),
        "missed_gaps": _("预计漏列户数"),
        "matches_in_review": _("待核实中预计确为同一家"),
    }
    rows = [
        (label, quality[name]["low"], quality[name]["value"], quality[name]["high"])
        for name, label in words.items()
        if "low" in quality.get(name, {})
    ]
    return figures.show_alone(draw_intervals(rows, _("户数，横线为 95% 区间"))) if rows else ""


def _draw_probabilities(results: PublishInput, figures: Figures) -> str:
    """How many pairs stand at each probability; a list of bars if nothing can be drawn."""
    bins = count_probability_bins(results.links)
    if not bins:
        return ""
    words = list_labels("decision")
    colours = {words[name]: colour for name, colour in DECISIONS.items()}
    axes = Axes(_("同一家的概率"), _("配对数（平方根刻度）"), ".0%", ",.0f")
    plain = [
        Bar(f"{low:.0%}～{high:.0%} {part}", n, "", colours[part]) for low, high, part, n in bins
    ]
    return html.render_heading(_("配对的把握有多大")) + figures.show(
        draw_histogram(bins, colours, axes), html.render_bars(plain)
    )


def build_changes_section(results: PublishInput, figures: Figures) -> str:
    """The way from last quarter's uninsured to this quarter's, and every kind of change."""
    if results.changes is None or not results.changes.height:
        return ""
    rows = results.changes.select("change", "firms").rows()
    return html.render_section(
        _("与上季相比"),
        _draw_changes(results.totals, figures),
        html.render_table(
            (_("变化"), _("户数")), [(str(c), html.format_number(n)) for c, n in rows]
        ),
    )


def _draw_changes(totals: pl.DataFrame | None, figures: Figures) -> str:
    if totals is None or totals.is_empty():
        return ""
    bars = build_total_bars(totals)
    return figures.show_alone(draw_steps(bars, _("疑似未参保户数")))


def build_visits_section(results: PublishInput, figures: Figures) -> str:
    """What visits brought, county by county."""
    progress = results.progress
    if progress is None or not progress["visited"].sum():
        return ""
    columns = tuple(list_progress_labels())
    titles = (_("县（市、区）"), *list_progress_labels().values())
    rows = progress.sort("visited", "county", descending=[True, False]).rows(named=True)
    sums = progress.select(pl.col(columns).sum()).row(0)
    return html.render_section(
        _("走访与结果"),
        _draw_visits(rows, figures),
        html.render_table(
            titles,
            [
                (label_county(row["county"]), *(html.format_number(row[c]) for c in columns))
                for row in rows
            ],
            (_("合计"), *map(html.format_number, sums)),
        ),
    )


def build_drawn_section(results: PublishInput) -> str:
    """What visits drawn by lot say of all targets; nothing before there are any."""
    if results.drawn_rates is None:
        return ""
    quarter, rates = results.drawn_rates
    text = _(
        "{quarter} 的走访目标中随机抽出的户，不挑不选，所以能推算全部走访目标；"
        "其他走访都是先挑容易成的。"
    )
    return html.render_section(
        _("抽查走访所见"),
        html.render_table(
            list_rate_headings(),
            [(words, html.format_number(n), *rest) for words, n, *rest in list_rate_lines(rates)],
        ),
        html.render_paragraph(text.format(quarter=format_quarter(quarter)), "soft"),
    )


def _draw_visits(rows: list[dict[str, Any]], figures: Figures) -> str:
    visited = [row for row in rows if row["visited"]]
    # Some that enrolled are listed again, and open: enrolled firms are no part of the closed ones.
    closed, going = list_progress_labels()["closed"], _("未办结")
    parts = [
        (
            label_county(row["county"]),
            {closed: row["closed"], going: row["visited"] - row["closed"]},
        )
        for row in visited
    ]
    colours = {closed: _CLOSED, going: _OPEN}
    gained = [
        _("参保 {n} 户、{persons} 人").format(
            n=html.format_number(row["enrolled"]), persons=html.format_number(row["persons"])
        )
        for row in visited
    ]
    remarks = dict(zip((county for county, _parts in parts), gained, strict=True))
    bars = [
        Bar(county, row["visited"], remark, _CLOSED)
        for row, (county, remark) in zip(visited, remarks.items(), strict=True)
    ]
    spec = draw_part_bars(parts, colours, _("已走访户数"), remarks)
    totals = [Bar(p, sum(of[p] for _c, of in parts), "", colour) for p, colour in colours.items()]
    # A legend in the chart begins where the bars do: on a phone its end was cut.
    chart = figures.show(remove_legend(spec), html.render_bars(bars))
    return html.render_heading(_("已走访户数")) + chart + html.render_keys(totals)
