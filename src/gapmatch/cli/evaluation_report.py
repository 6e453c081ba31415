"""How well a quarter was done, measured against a truth: links, statuses, ranking."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from gapmatch.evaluation.link_quality import LinkQuality, join_truth, link_quality, read_truth
from gapmatch.evaluation.rank_quality import measure_ranking, measure_tier_a
from gapmatch.i18n import _
from gapmatch.reports import Page, Section

VISITS = (500, 1000, 1500)
"""Numbers of visits that the ranking is measured at, over all counties."""

Frames = Mapping[str, pl.DataFrame]


def evaluation(truth: Path, frames: Frames) -> Page:
    """Return the page of figures; ``frames`` as the store holds them, ``truth`` as ``read_truth`` wants it.

    The ranking is measured where the truth says who operates and how many work there.
    """
    known = join_truth(frames["firms"], read_truth(truth))
    quality = link_quality(known, frames["gaps"], frames["links"], frames["units"])
    measured = _measure_ranking(known, frames)
    facts: dict[str, Any] = quality.as_dict()
    facts |= {name: table.to_dicts() for name, table in measured.items()}
    return Page([_links(quality), _gaps(quality), *_rankings(measured)], facts)


def _measure_ranking(known: pl.DataFrame, frames: Frames) -> dict[str, pl.DataFrame]:
    if not {"true_operating", "true_employees"} <= set(known.columns):
        return {}
    truth = known.select(
        "firm",
        pl.col("true_unit_id").is_not_null().alias("enrolled"),
        (pl.col("true_operating") == "1").fill_null(value=False).alias("operating"),
        pl.col("true_employees").cast(pl.Int64, strict=False).fill_null(0).alias("employees"),
    )
    firms, targets = frames["firms"], frames["targets"]
    facts = firms.select("firm", "declared_headcount", "declared_wages", "sales")
    return {
        "ranking": measure_ranking(facts, targets, truth, VISITS),
        "tier_a": measure_tier_a(firms, targets, truth),
    }


def _links(quality: LinkQuality) -> Section:
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


def _gaps(quality: LinkQuality) -> Section:
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


def _rankings(measured: Mapping[str, pl.DataFrame]) -> Iterator[Section]:
    shares = (_("触及的可新增参保"), _("未经营"), _("已参保"))
    if "ranking" in measured:
        orders = _order_names()
        rows = [
            (orders[row["order"]], row["visits"], *_shares(row), round(row["ndcg"], 3))
            for row in measured["ranking"].iter_rows(named=True)
        ]
        headings = (_("排序方式"), _("走访家数"), *shares, "NDCG")
        yield Section(_("排序（与按一列排序相比）"), rows, headings)
    if "tier_a" in measured:
        rows_by_county = [
            (row["county"] or _("合计"), row["visits"], *_shares(row))
            for row in measured["tier_a"].iter_rows(named=True)
        ]
        yield Section(_("本季走访名单"), rows_by_county, (_("县区"), _("走访家数"), *shares))


def _shares(row: Mapping[str, float]) -> Iterator[str]:
    return (f"{row[name]:.1%}" for name in ("captured", "not_operating", "enrolled"))


def _order_names() -> dict[str, str]:
    return {
        "gapmatch": "gapmatch",
        "declared_headcount": _("按申报人数"),
        "declared_wages": _("按工资总额"),
        "sales": _("按销售额"),
        "random": _("随机"),
    }
