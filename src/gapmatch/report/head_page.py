"""Page one of the report: what the head of the bureau needs, and what is asked of him."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from gapmatch.i18n import _
from gapmatch.report import html
from gapmatch.report.html import format_number, format_share
from gapmatch.results.figures import count_by_status
from gapmatch.results.run_results import PublishInput
from gapmatch.vocabulary.labels import label_county

_MAX_COUNTIES = 13
"""Counties that fit on a printed page beside the rest."""
_MIN_FIRMS = 30
"""A share of fewer firms is no rate to rank a county by; the others stand first."""
_MAX_NAMED = 3


def build_head_page(
    results: PublishInput, statuses: pl.DataFrame, total: Mapping[str, Any], bridge: str
) -> str:
    """Return three sentences, the bridge, counties by rate, and what is to be done.

    ``bridge`` is the way from the tax list to this quarter's visits, drawn. All else in the report
    is an annex to this page.
    """
    progress = _sum_progress(results)
    sentences = (
        _describe_gap(total),
        _describe_visits(progress),
        _describe_plan(total),
    )
    return (
        '<div class="first">'
        + html.render_section(_("要点"), *map(html.render_paragraph, sentences))
        + html.render_section(_("从税务清册到本季走访"), bridge)
        + _build_rates_section(results, statuses, total)
        + html.render_section(
            _("请示事项"), *map(html.render_paragraph, _list_requests(results, total, progress))
        )
        + "</div>\n"
    )


_PROGRESS = ("visited", "enrolled", "persons", "overdue")


def _sum_progress(results: PublishInput) -> dict[str, int]:
    """Return the sums over all counties; all 0 before the first visits."""
    if results.progress is None or results.progress.is_empty():
        return dict.fromkeys(_PROGRESS, 0)
    sums = results.progress.select(pl.col(_PROGRESS).sum()).row(0, named=True)
    return {name: int(number or 0) for name, number in sums.items()}


def _describe_gap(total: Mapping[str, Any]) -> str:
    return _(
        "{firms} 户纳税企业中，疑似未参保 {uninsured} 户，占 {share}，估计涉及 {persons} 人。"
    ).format(
        firms=format_number(total["firms"]),
        uninsured=format_number(total["uninsured"]),
        share=format_share(total["uninsured"], total["firms"]),
        persons=format_number(total["headcount_uninsured"]),
    )


def _describe_visits(progress: Mapping[str, int]) -> str:
    if not progress["visited"]:
        return _("台账中还没有走访结果。")
    return _(
        "截至目前已走访 {visited} 户，走访后参保 {enrolled} 户（{share}），新增参保 {persons} 人，"
        "逾期未走访 {overdue} 户。"
    ).format(
        **{name: format_number(progress[name]) for name in _PROGRESS},
        share=format_share(progress["enrolled"], progress["visited"]),
    )


def _describe_plan(total: Mapping[str, Any]) -> str:
    return _("本季安排走访 {visits} 户，预计新增参保约 {persons} 人。").format(
        visits=format_number(total["tier_a"]), persons=format_number(total["expected_tier_a"])
    )


def _build_rates_section(
    results: PublishInput, statuses: pl.DataFrame, total: Mapping[str, Any]
) -> str:
    """Counties by their share of uninsured firms, with how far their visits are."""
    counts = _join_progress(count_by_status(statuses, "county"), results)
    ranked = counts.with_columns(rate=pl.col("uninsured") / pl.col("firms")).sort(
        pl.col("firms") < _MIN_FIRMS, "rate", "county", descending=[False, True, False]
    )
    titles = (
        *(_("县（市、区）"), _("疑似未参保率"), _("疑似未参保户"), _("本季走访")),
        *(_("已走访"), _("走访后参保"), _("新增参保人数"), _("逾期未走访")),
    )
    rows = [_format_county(row) for row in ranked.head(_MAX_COUNTIES).iter_rows(named=True)]
    sums = {**total, **_sum_progress(results), "rate": total["uninsured"] / max(1, total["firms"])}
    more = _("只列比例最高的 {n} 个县（市、区），全部见附件。").format(n=_MAX_COUNTIES)
    return html.render_section(
        _("各县（市、区）：按疑似未参保率，并列此前走访的结果"),
        html.render_table(titles, rows, _format_county({**sums, "county": None})),
        html.render_paragraph(more, "soft") if ranked.height > _MAX_COUNTIES else "",
    )


def _join_progress(counts: pl.DataFrame, results: PublishInput) -> pl.DataFrame:
    if results.progress is None:
        return counts.with_columns(pl.lit(0).alias(name) for name in _PROGRESS)
    own = results.progress.select("county", *_PROGRESS)
    return counts.join(own, on="county", how="left").with_columns(
        pl.col(name).fill_null(0) for name in _PROGRESS
    )


def _format_county(row: Mapping[str, Any]) -> tuple[str, ...]:
    shown = ("uninsured", "tier_a", *_PROGRESS)
    name = _("合计") if row["county"] is None else label_county(row["county"])
    return (name, f"{row['rate']:.1%}", *(format_number(row[column]) for column in shown))


def _list_requests(
    results: PublishInput, total: Mapping[str, Any], progress: Mapping[str, int]
) -> Sequence[str]:
    """What is asked of the head, as numbered sentences; only what there is."""
    requests = [
        _("批准本季走访名单 {n} 户，下发各县（市、区）。").format(n=format_number(total["tier_a"]))
    ]
    if progress["overdue"]:
        requests.append(
            _("督办逾期未走访的 {n} 户，最多的是{counties}。").format(
                n=format_number(progress["overdue"]), counties=_name_overdue(results)
            )
        )
    if total["review"]:
        requests.append(
            _("责成各县（市、区）认定待核实的 {n} 户，认定前不算未参保。").format(
                n=format_number(total["review"])
            )
        )
    if total["dormant"]:
        requests.append(
            _("商请税务、市场监管部门核查疑似未经营的 {n} 户。").format(
                n=format_number(total["dormant"])
            )
        )
    return [f"{place}. {text}" for place, text in enumerate(requests, 1)]


def _name_overdue(results: PublishInput) -> str:
    if results.progress is None:
        return ""
    first = results.progress.filter(pl.col("overdue") > 0).sort(
        "overdue", "county", descending=[True, False]
    )
    return _("、").join(
        f"{label_county(county)} {format_number(n)}"
        for county, n in first.select("county", "overdue").head(_MAX_NAMED).rows()
    )
