"""Figures of a quarter, measured against a truth, as tables."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from gapmatch.i18n import _
from gapmatch.reports import Page, Section
from gapmatch.vocabulary.labels import list_labels

if TYPE_CHECKING:
    import polars as pl

    from gapmatch.evaluation.gap_reliability import StatedFalseGaps
    from gapmatch.evaluation.link_quality import LinkQuality
    from gapmatch.evaluation.quarter_quality import QuarterQuality


def build_evaluation_page(quality: "QuarterQuality | None", rates: "pl.DataFrame") -> Page:
    """Return the page of figures against a truth, if there is one, and of visits drawn by lot."""
    drawn = {"drawn_at_random": rates.to_dicts()}
    if quality is None:
        return Page([build_drawn_section(rates)], drawn)
    links = quality.links
    sections = [
        _build_link_section(links),
        _build_gap_section(links),
        _stated_false_gaps(quality.stated_false_gaps),
        _reliability(quality.reliability),
        _differences(quality.differences),
        *_build_ranking_sections(quality),
        *([build_drawn_section(rates)] if rates["visits"].sum() else []),
    ]
    return Page([section for section in sections if section.rows], quality.as_dict() | drawn)


def build_drawn_section(rates: "pl.DataFrame") -> Section:
    """Return the rates of all targets that visits drawn by lot give."""
    from gapmatch.results.breakdowns import list_rate_headings, list_rate_lines

    title = _("抽查走访所见（推算全部走访目标）")
    return Section(title, list_rate_lines(rates), list_rate_headings())


def _build_link_section(quality: "LinkQuality") -> Section:
    matches = _("{count:,}，其中对的 {right:,}").format(
        count=quality.matches, right=quality.right_matches
    )
    rows = (
        (_("精确率"), f"{quality.precision:.2%}"),
        (_("召回率"), f"{quality.recall:.2%}"),
        ("F1", f"{quality.f1:.2%}"),
        (_("认定的链接"), matches),
        (_("概率的误差"), f"{quality.calibration_error:.2%}"),
    )
    return Section(_("链接"), rows)


def _build_gap_section(quality: "LinkQuality") -> Section:
    known = _("{count:,}，其中已参保 {enrolled:,}").format(
        count=quality.firms, enrolled=quality.enrolled
    )
    reviews = _("{count:,} ({share:.2%})，其中已参保 {enrolled:,}").format(
        count=quality.reviews, share=quality.review_share, enrolled=quality.enrolled_in_review
    )
    rows = (
        (_("真实情况已知的企业"), known),
        (
            _("误报（已参保却列为未参保）"),
            f"{quality.false_gaps:,} ({quality.false_gap_share:.2%})",
        ),
        (_("漏报（未参保却列为已参保）"), f"{quality.missed_gaps:,}"),
        (_("待核实"), reviews),
        (_("由总公司参保"), f"{quality.covered_by_parent:,}"),
    )
    return Section(_("缺口"), rows)


def _stated_false_gaps(stated: "StatedFalseGaps") -> Section:
    interval = _("{value:.1f}（95% 区间 {low:.1f}～{high:.1f}）").format(
        value=stated.value, low=stated.low, high=stated.high
    )
    verdicts = {True: _("是"), False: _("否"), None: _("无法判断：真值没有覆盖全部企业")}
    rows = (
        (_("预计误列"), interval),
        (_("实际误列（既未认定也未列入待核实）"), f"{stated.truth:,}"),
        (_("区间包含实际数"), verdicts[stated.holds]),
    )
    return Section(_("预计的误列户数是否可信"), rows)


def _reliability(bands: "pl.DataFrame") -> Section:
    span = _("{low}～{high}")
    rows = [
        (
            span.format(low=f"{row['low']:.1%}", high=f"{row['high']:.1%}"),
            row["firms"],
            f"{row['stated']:.2%}",
            f"{row['share']:.2%}",
            span.format(low=f"{row['share_low']:.2%}", high=f"{row['share_high']:.2%}"),
        )
        for row in bands.iter_rows(named=True)
    ]
    headings = (
        *(_("未参保概率"), _("企业数"), _("给出的概率")),
        *(_("实际未参保的比例"), _("95% 区间（Wilson）")),
    )
    return Section(_("未参保概率是否可信"), rows, headings)


def _differences(counts: "pl.DataFrame") -> Section:
    labels = list_labels("name_difference")
    rows = [
        (labels[row["difference"]], row["enrolled"], row["in_review"], row["false_gaps"])
        for row in counts.iter_rows(named=True)
    ]
    headings = (_("两边名称的差异"), _("已参保"), _("待核实"), _("误列"))
    return Section(_("按名称差异分类"), rows, headings)


def _build_ranking_sections(quality: "QuarterQuality") -> Iterator[Section]:
    shares = (_("触及的可新增参保"), _("未经营"), _("已参保"))
    rankings = (
        (_("排序：只看未参保的企业（与按一列排序相比）"), quality.ranking),
        (_("排序：各类走访目标一起，缺的人数也算"), quality.ranking_all_kinds),
    )
    for title, ranking in rankings:
        if ranking is not None:
            headings = (_("排序方式"), _("走访家数"), *shares, "NDCG")
            yield Section(title, list(_list_orders(ranking)), headings)
    if quality.tier_a is not None:
        rows_by_county = [
            (row["county"] or _("合计"), row["visits"], *_format_shares(row))
            for row in quality.tier_a.iter_rows(named=True)
        ]
        yield Section(_("本季走访名单"), rows_by_county, (_("县区"), _("走访家数"), *shares))


def _list_orders(ranking: "pl.DataFrame") -> Iterator[tuple[str | int | float, ...]]:
    orders = list_labels("ranking_order")
    for row in ranking.iter_rows(named=True):
        yield orders[row["order"]], row["visits"], *_format_shares(row), round(row["ndcg"], 3)


def _format_shares(row: Mapping[str, float]) -> Iterator[str]:
    return (f"{row[name]:.1%}" for name in ("captured", "not_operating", "enrolled"))
