"""The report's sections on the gaps: the funnel, counties, kinds of firms, a list to verify."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from gapmatch.i18n import _
from gapmatch.report import html
from gapmatch.report.drawing.bars import Bar, draw_bars, draw_part_bars
from gapmatch.report.drawing.theme import COLOURS, RED, remove_legend
from gapmatch.report.html import Figures
from gapmatch.results.breakdowns import (
    build_age_band,
    build_bridge_steps,
    build_size_band,
    list_age_labels,
    list_bridge_labels,
    list_size_labels,
    round_to_total,
)
from gapmatch.results.quarter_figures import (
    BridgeLine,
    build_bridge,
    count_by_status,
    count_verdicts,
    is_list_to_verify,
    order_counties,
)
from gapmatch.results.run_results import PublishInput
from gapmatch.vocabulary.labels import (
    label_county,
    list_figure_labels,
    list_labels,
    list_meanings,
    list_section_labels,
    list_status_labels,
    list_verdict_figures,
)

_MAX_BARS = 30
_STEP_COLOURS = {
    "list": "#5d7a99",
    "open": "#8d6b94",
    "to_visit": "#b5563f",
    "targets": RED,
    "tier_a": RED,
}


def build_funnel_section(results: PublishInput, total: Mapping[str, Any]) -> str:
    """From the tax list to the first tier: every row has its place, and the numbers add up."""
    firms = total["firms"]
    rows = [
        Bar(label, total[status], html.format_share(total[status], firms), COLOURS[status])
        for status, label in list_status_labels().items()
    ]
    adds = " + ".join(html.format_number(row.value) for row in rows)
    return html.render_section(
        _("税务清册各行的状态"),
        html.render_stack(rows),
        html.render_paragraph(
            _("每行恰有一种状态：{adds} = {firms} 行。").format(
                adds=adds, firms=html.format_number(firms)
            ),
            "soft",
        ),
        _describe_targets(results),
    )


def draw_bridge(results: PublishInput, total: Mapping[str, Any]) -> str:
    """Return the steps from the tax list to the visits, each less what its remark names."""
    return html.render_funnel(_build_steps(results, total))


def _build_steps(results: PublishInput, total: Mapping[str, Any]) -> list[Bar]:
    """Each step is the one before less what its remark names."""
    steps, labels = build_bridge_steps(total), list_bridge_labels()
    left_out = _("减去 未列入 {n}（重复行，或近期已走访、已办结）")
    later = _("减去 B、C 层 {n}，以后各季走访")
    remarks = {
        "list": _describe_rows(results, total["firms"]),
        "open": _describe_subtraction(steps[1].less),
        "to_visit": _describe_subtraction(steps[2].less),
        "targets": left_out.format(n=html.format_number(steps[3].less["not_listed"])),
        "tier_a": later.format(n=html.format_number(steps[4].less["later"])),
    }
    return [
        Bar(labels[step.name], step.firms, remarks[step.name], _STEP_COLOURS[step.name])
        for step in steps
    ]


def _describe_subtraction(less: Mapping[str, int]) -> str:
    labels = list_status_labels()
    named = _("、").join(f"{labels[s]} {html.format_number(n)}" for s, n in less.items())
    return _("减去 {named}").format(named=named)


def _describe_rows(results: PublishInput, firms: int) -> str:
    """The rows of the tax list by origin, as far as the run recorded it."""
    tax = results.run_info.get("counts", {}).get("tax", {})
    duplicates = results.firms.filter(pl.col("is_duplicate")).height
    text = _("税务清册共 {firms} 行").format(firms=html.format_number(firms))
    if "read" in tax:
        text = _("税务清册读入 {read} 行，无法使用 {refused} 行，参与比对 {firms} 行").format(
            read=html.format_number(tax["read"]),
            refused=html.format_number(tax.get("refused", 0)),
            firms=html.format_number(firms),
        )
    if duplicates:
        more = _("；另有 {n} 行与前面某行完全重复，随首行定状态，不重复计数")
        text += more.format(n=html.format_number(duplicates))
    if again := results.firms["duplicate_of"].count() - duplicates:
        more = _("；另有 {n} 行是同一企业（有效代码相同），共用链接和状态，不重复计数")
        text += more.format(n=html.format_number(again))
    return text + _("。")


def _describe_targets(results: PublishInput) -> str:
    counts = {str(kind): int(n) for kind, n in results.targets.group_by("kind").len().rows()}
    named = _("、").join(
        f"{label} {html.format_number(counts[kind])}"
        for kind, label in list_labels("kind").items()
        if kind in counts
    )
    return (
        html.render_paragraph(_("走访目标按类别：{named}。").format(named=named)) if named else ""
    )


def build_counties_section(results: PublishInput, statuses: pl.DataFrame, figures: Figures) -> str:
    """Every county: what its firms' statuses are, and what it has to visit."""
    counted = count_by_status(statuses, "county")
    rounded = counted.with_columns(expected_tier_a=round_to_total(counted["expected_tier_a"]))
    counts = {row["county"]: row for row in rounded.iter_rows(named=True)}
    ordered = [counts[county] for county in order_counties(results)]
    shown = ("firms", *list_status_labels(), "targets", "tier_a", "expected_tier_a")
    titles = (_("县（市、区）"), *(list_figure_labels()[name] for name in shown))
    total = count_by_status(statuses).row(0, named=True)
    return html.render_section(
        _("各县（市、区）"),
        html.render_heading(
            _("疑似未参保户数")
            if len(ordered) <= _MAX_BARS
            else _("疑似未参保户数最多的 {n} 个县（市、区）").format(n=_MAX_BARS)
        ),
        _draw_county_figure(ordered, figures),
        html.render_paragraph(
            _("条形右侧：疑似未参保户数、占该县纳税户的比例；颜色同上。"), "soft"
        ),
        html.render_table(
            titles,
            [
                (label_county(row["county"]), *(html.format_number(row[c]) for c in shown))
                for row in ordered
            ],
            (_("合计"), *(html.format_number(total[c]) for c in shown)),
        ),
    )


def _draw_county_figure(counties: Sequence[Mapping[str, Any]], figures: Figures) -> str:
    """Counties with most uninsured first: all statuses in a bar, the uninsured ones at its foot."""
    labels = list_status_labels()
    first = sorted(counties, key=lambda row: (-row["uninsured"], row["county"]))[:_MAX_BARS]
    bars = [
        Bar(
            label_county(r["county"]),
            r["uninsured"],
            html.format_share(r["uninsured"], r["firms"]),
            RED,
        )
        for r in first
    ]
    remark = "{n} · {share}"
    spec = draw_part_bars(
        [(label_county(row["county"]), {labels[s]: row[s] for s in labels}) for row in first],
        {labels[s]: colour for s, colour in COLOURS.items()},
        _("户数"),
        {
            bar.label: remark.format(n=html.format_number(bar.value), share=bar.remark)
            for bar in bars
        },
    )
    return figures.show(remove_legend(spec), html.render_bars(bars))


def build_groups_section(statuses: pl.DataFrame, figures: Figures) -> str:
    """The uninsured by industry, size and age."""
    sections = list_section_labels()
    by_section = statuses.with_columns(pl.col("section").replace(sections).alias("group"))
    by_size = statuses.with_columns(build_size_band().alias("group"))
    by_age = statuses.with_columns(build_age_band().alias("group"))
    return html.render_section(
        _("疑似未参保户的构成"),
        html.render_paragraph(_("百分数是该类纳税户中疑似未参保的比例。"), "soft"),
        '<div class="two"><div>',
        html.render_heading(_("按行业门类")),
        _draw_group_bars(by_section, list(sections.values()), figures),
        "</div><div>",
        html.render_heading(_("按估计用工人数")),
        _draw_group_bars(by_size, list_size_labels(), figures),
        html.render_heading(_("按成立年限")),
        _draw_group_bars(by_age, list_age_labels(), figures),
        "</div></div>",
    )


def _draw_group_bars(statuses: pl.DataFrame, order: Sequence[str], figures: Figures) -> str:
    filled = statuses.with_columns(pl.col("group").fill_null(_("不详")))
    counts = {row["group"]: row for row in count_by_status(filled, "group").iter_rows(named=True)}
    ordered = [name for name in order if name in counts]
    ordered += sorted(name for name in counts if name not in order)
    bars = [
        Bar(name, row["uninsured"], html.format_share(row["uninsured"], row["firms"]), RED)
        for name in ordered
        if (row := counts[name])["firms"]
    ]
    return figures.show(draw_bars(bars, _("疑似未参保户数")), html.render_bars(bars))


_COLOUR = "#5d7a99"


def draw_verification_bridge(results: PublishInput) -> str:
    """Return the way from the list's rows to the visits; nothing if it is not one to verify."""
    if not is_list_to_verify(results):
        return ""
    return html.render_funnel(_steps(build_bridge(results)))


def verification_section(results: PublishInput) -> str:
    """Return the verdicts by county, and what each means; nothing without such a list."""
    if not is_list_to_verify(results):
        return ""
    labels, meanings = list_labels("verdict"), list_meanings("verdict")
    titles = {"firms": _("名单户数"), **list_verdict_figures()}
    counts = count_verdicts(results)
    totals = counts.select(titles.keys()).sum().row(0)
    return html.render_section(
        _("名单核查：各县（市、区）的结论"),
        html.render_table(
            (_("县（市、区）"), *titles.values()),
            [
                (label_county(county), *(html.format_number(n) for n in row))
                for county, *row in counts.select("county", *titles).rows()
            ],
            (_("合计"), *(html.format_number(n) for n in totals)),
        ),
        *(
            html.render_paragraph(
                _("{word}：{meaning}").format(word=labels[v], meaning=meanings[v]), "soft"
            )
            for v in labels
        ),
        html.render_paragraph(_("逐户的结论和依据见 核查结果.xlsx。"), "soft"),
    )


def _steps(lines: Sequence[BridgeLine]) -> list[Bar]:
    """Return the totals of the bridge, each with what was taken from the one before."""
    steps: list[Bar] = []
    changes: list[BridgeLine] = []
    for line in lines:
        if line.is_total:
            steps.append(Bar(line.label, line.firms, _describe_changes(changes), _COLOUR))
            changes = []
        elif line.firms:
            changes.append(line)
    return steps


def _describe_changes(changes: Sequence[BridgeLine]) -> str:
    """What was taken from the total above, or added to it; empty if nothing was."""
    named = _("、").join(f"{part.label} {html.format_number(part.firms)}" for part in changes)
    if not named:
        return ""
    words = _("加上 {named}") if changes[0].is_added else _("减去 {named}")
    return words.format(named=named)
