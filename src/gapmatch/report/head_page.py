"""Page one of the report: what the head of the bureau needs, and what is asked of him."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from gapmatch.i18n import _, get_language
from gapmatch.report import html
from gapmatch.report.html import format_number, format_share
from gapmatch.results.quarter_figures import (
    count_figures,
    is_list_to_verify,
    pivot_counties,
    select_totals,
)
from gapmatch.results.run_results import PublishInput
from gapmatch.vocabulary.labels import label_county, list_figure_labels
from gapmatch.wording.review_words import describe_review_duty

_MAX_COUNTIES = 15
"""Counties that fit on a printed page beside the rest."""
_MIN_FIRMS = 30
"""A share of fewer firms is no rate to rank a county by; the others stand first."""
_MAX_NAMED = 3


def build_head_page(results: PublishInput, bridge: str) -> str:
    """Return three sentences, the drawn ``bridge``, counties by rate, and what is to be done."""
    figures = count_figures(results) if results.figures is None else results.figures
    total = select_totals(figures)
    sentences = (_describe_gap(total), _describe_visits(total), _describe_plan(total))
    way = _("从名单到本季走访") if is_list_to_verify(results) else _("从税务清册到本季走访")
    return (
        '<div class="first">'
        + html.render_section(_("要点"), *map(html.render_paragraph, sentences))
        + html.render_section(way, bridge)
        + _build_rates_section(figures, results.figures_before)
        + html.render_section(
            _("请示事项"), *map(html.render_paragraph, _list_requests(figures, total))
        )
        + "</div>\n"
    )


def _describe_gap(total: Mapping[str, float]) -> str:
    return _(
        "{firms} 户纳税企业中，疑似未参保 {uninsured} 户，占 {share}，估计涉及 {persons} 人。"
    ).format(
        firms=format_number(total["firms"]),
        uninsured=format_number(total["uninsured"]),
        share=format_share(total["uninsured"], total["firms"]),
        persons=format_number(total["headcount_uninsured"]),
    )


def _describe_visits(total: Mapping[str, float]) -> str:
    if not total.get("visited"):
        return _("台账中还没有走访结果。")
    return _(
        "截至本次运行，已走访 {visited} 户，走访后参保 {enrolled} 户（{share}），"
        "新增参保 {persons} 人，逾期未走访 {overdue} 户。"
    ).format(
        **{name: format_number(total[name]) for name in ("visited", "enrolled", "persons")},
        overdue=format_number(total["overdue"]),
        share=format_share(total["enrolled"], total["visited"]),
    )


def _describe_plan(total: Mapping[str, float]) -> str:
    return _("本季安排走访 {visits} 户，预计新增参保约 {persons} 人。").format(
        visits=format_number(total["tier_a"]), persons=format_number(total["expected_tier_a"])
    )


def _build_rates_section(figures: pl.DataFrame, before: pl.DataFrame | None) -> str:
    """Counties by their share of uninsured firms; every rate with last quarter's beside it."""
    counties = pivot_counties(figures).sort(
        pl.col("firms") < _MIN_FIRMS,
        pl.col("uninsured") / pl.col("firms"),
        "county",
        descending=[False, True, False],
        nulls_last=True,
    )
    earlier = None if before is None else _index_counties(before)
    rows = [
        _format_county(
            label_county(str(row["county"])),
            row,
            None if earlier is None else earlier.get(row["county"], {}),
        )
        for row in counties.drop_nulls("firms").head(_MAX_COUNTIES).iter_rows(named=True)
    ]
    last = None if before is None else select_totals(before)
    notes = [
        _("走访完成率 = 已走访 ÷（已走访 + 逾期未走访）；走访后参保率 = 走访后参保 ÷ 已走访。")
        if before is None
        else _(
            "走访完成率 = 已走访 ÷（已走访 + 逾期未走访）；走访后参保率 = 走访后参保 ÷ 已走访；"
            "上季为上季运行时的数。"
        )
    ]
    if (counties["firms"] < _MIN_FIRMS).any():
        notes.append(
            _("企业不到 {n} 户的县（市、区），比例说明不了多少，排在最后。").format(n=_MIN_FIRMS)
        )
    if counties.height > _MAX_COUNTIES:
        more = _("只列比例最高的 {n} 个县（市、区），全部见附件。")
        notes.append(more.format(n=_MAX_COUNTIES))
    return html.render_section(
        _("各县（市、区）：按疑似未参保率"),
        html.render_table(
            _list_rate_titles(has_last=before is not None),
            rows,
            _format_county(_("合计"), select_totals(figures), last),
        ),
        html.render_paragraph("".join(notes), "soft"),
    )


def _index_counties(figures: pl.DataFrame) -> dict[str, dict[str, Any]]:
    return {row["county"]: row for row in pivot_counties(figures).iter_rows(named=True)}


def _list_rate_titles(*, has_last: bool) -> tuple[str, ...]:
    labels = list_figure_labels()
    rates = (_("疑似未参保率"), _("走访完成率"), _("走访后参保率"), labels["persons"])
    titles = (*rates, labels["overdue"])
    last = [_("上季")] * len(titles) if has_last else None
    return _arrange_county(_("县（市、区）"), titles, last, labels["tier_a"])


def _format_county(
    name: str, row: Mapping[str, Any], before: Mapping[str, Any] | None
) -> tuple[str, ...]:
    last = None if before is None else _format_rates(before)
    return _arrange_county(name, _format_rates(row), last, format_number(row.get("tier_a")))


def _arrange_county(
    name: str, now: Sequence[str], last: Sequence[str] | None, visits: str
) -> tuple[str, ...]:
    """Return a row: the rates, each with last quarter's beside it if any are known, and visits."""
    if last is None:
        return (name, now[0], visits, *now[1:])
    pairs = [cell for pair in zip(now, last, strict=True) for cell in pair]
    return (name, *pairs[:2], visits, *pairs[2:])


def _format_rates(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the five rates and numbers of a county; a dash for what is not known."""
    visited, overdue = row.get("visited"), row.get("overdue")
    due = None if visited is None or overdue is None else visited + overdue
    return (
        _format_rate(row.get("uninsured"), row.get("firms")),
        _format_rate(visited, due),
        _format_rate(row.get("enrolled"), visited),
        format_number(row.get("persons")),
        format_number(overdue),
    )


def _format_rate(part: float | None, total: float | None) -> str:
    return "—" if part is None or total is None else format_share(part, total)


def _list_requests(figures: pl.DataFrame, total: Mapping[str, float]) -> Sequence[str]:
    """What is asked of the head, as numbered sentences; only what there is."""
    requests = [
        _("批准本季走访名单 {n} 户，下发各县（市、区）。").format(n=format_number(total["tier_a"]))
    ]
    if total.get("overdue"):
        requests.append(
            _("督办逾期未走访的 {n} 户，最多的是{counties}。").format(
                n=format_number(total["overdue"]), counties=_name_overdue(figures)
            )
        )
    if total["review"]:
        requests.append(
            _("安排认定待核实的 {n} 户：{duty}；认定前不算未参保。").format(
                n=format_number(total["review"]), duty=describe_review_duty(get_language())
            )
        )
    if total["dormant"]:
        requests.append(
            _("商请税务、市场监管部门核查疑似未经营的 {n} 户。").format(
                n=format_number(total["dormant"])
            )
        )
    return [f"{place}. {text}" for place, text in enumerate(requests, 1)]


def _name_overdue(figures: pl.DataFrame) -> str:
    overdue = figures.filter(pl.col("figure") == "overdue").drop_nulls("county")
    first = overdue.filter(pl.col("value") > 0).sort("value", "county", descending=[True, False])
    return _("、").join(
        f"{label_county(county)} {format_number(n)}"
        for county, n in first.select("county", "value").head(_MAX_NAMED).rows()
    )
