"""汇总.xlsx: a table of counties, the first targets, quality of linkage and extracts."""

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from gapmatch.forms.facts import describe_book
from gapmatch.forms.guide import build_prefecture_guide, format_quarter
from gapmatch.forms.headings import list_headings
from gapmatch.forms.sheet_model import Block, Book, FigureSheet, Heading, ListSheet
from gapmatch.i18n import _
from gapmatch.results.quarter_figures import (
    count_by_status,
    count_defect_kinds,
    count_unmatched_units,
    join_firm_statuses,
    order_counties,
    select_top_targets,
)
from gapmatch.results.run_results import PublishInput
from gapmatch.schemas import UNKNOWN_COUNTY
from gapmatch.vocabulary.labels import (
    label_county,
    list_figure_labels,
    list_labels,
    list_progress_labels,
    list_status_labels,
)

MAX_TOP_TARGETS = 300


def build_prefecture_book(results: PublishInput) -> Book:
    """Return the workbook that sums up all counties."""
    quarter = format_quarter(results.quarter)
    return Book(
        path=_("汇总.xlsx"),
        title=_("{quarter} 参保扩面汇总").format(quarter=quarter),
        sheets=(
            _build_county_page(results, quarter),
            build_prefecture_guide(quarter),
            *_build_progress_page(results, quarter),
            _build_top_targets(results, quarter),
            _build_quality_page(results, quarter),
        ),
        facts=describe_book("prefecture-1", results.quarter, results.run_info),
        footer=quarter,
    )


def _build_county_page(results: PublishInput, quarter: str) -> FigureSheet:
    counts = count_by_status(join_firm_statuses(results), "county")
    order: dict[object, int] = {
        county: place for place, county in enumerate(order_counties(results))
    }
    labels = list_figure_labels()
    sums = ("targets", "tier_a", "expected", "expected_tier_a")
    rows = counts.select("county", "firms", *list_status_labels(), *sums).rows()
    block = Block(
        _("各县区纳税户的参保状态与走访目标（户、人）"),
        (
            Heading("county", _("县（市、区）"), 21),
            Heading("firms", labels["firms"], 7, "integer"),
            *(Heading(s, labels[s], 7.5, "integer") for s in list_status_labels()),
            *(Heading(name, labels[name], 7, "integer") for name in sums[:2]),
            *(Heading(name, labels[name], 9, "decimal") for name in sums[2:]),
        ),
        tuple((label_county(row[0]), *row[1:]) for row in sorted(rows, key=lambda r: order[r[0]])),
        _("合计"),
    )
    return FigureSheet(
        _("各县区"),
        _("{quarter}  各县区汇总").format(quarter=quarter),
        _("每一纳税户只有一种状态，各状态户数相加等于纳税户数。"),
        (block,),
        tab="C00000",
    )


def _build_progress_page(results: PublishInput, quarter: str) -> Iterator[FigureSheet]:
    """Progress of visits by county; left out without a ledger."""
    if results.progress is None:
        return
    order: dict[object, int] = {
        county: place for place, county in enumerate(order_counties(results))
    }
    columns = list_progress_labels()
    rows = results.progress.select("county", *columns).rows()
    block = Block(
        _("走访进展（户；新增参保为人）"),
        (
            Heading("county", _("县（市、区）"), 20),
            *(Heading(name, label, 11, "integer") for name, label in columns.items()),
        ),
        tuple(
            (label_county(row[0]), *row[1:])
            for row in sorted(rows, key=lambda row: (order.get(row[0], len(order)), row[0]))
        ),
        _("合计"),
    )
    yield FigureSheet(
        _("走访进展"),
        _("{quarter}  走访进展").format(quarter=quarter),
        _(
            "截至本次运行已导入的走访表；走访后参保而本季仍找不到参保记录的，重新列入，不算已办结；"
            "逾期未走访：早先列入 A 层，至今没有走访。"
        ),
        (block,),
        tab="70AD47",
    )


def _build_top_targets(results: PublishInput, quarter: str) -> ListSheet:
    top = select_top_targets(results, MAX_TOP_TARGETS).with_columns(
        pl.col("kind").replace(list_labels("kind")),
        pl.col("county").replace({UNKNOWN_COUNTY: label_county(UNKNOWN_COUNTY)}),
        pl.col("rank").cast(pl.Int64),
        pl.col("expected_new_enrollees").round(4),
    )
    headings = list_headings("first_targets")
    return ListSheet(
        _("重点走访"),
        _("{quarter}  排在最前的 {n} 户").format(quarter=quarter, n=top.height),
        _("全市（州）统一排序；A 层按各县区的走访能力划定。"),
        headings,
        tuple(top.select(heading.name for heading in headings).rows()),
        tab="2E75B6",
        empty=_("本季没有需要走访的企业。"),
    )


def _build_quality_page(results: PublishInput, quarter: str) -> FigureSheet:
    blocks = [_build_linkage_block(results), _build_defect_block(results)]
    if results.changes is not None and results.changes.height:
        blocks.append(_build_change_block(results.changes))
    return FigureSheet(
        _("质量"),
        _("{quarter}  比对质量与数据问题").format(quarter=quarter),
        _("“误列”指把已参保的当作未参保，“漏列”指未参保却没有列出；均为估计数。"),
        tuple(blocks),
    )


def list_quality_lines(results: PublishInput) -> list[tuple[str, float | int, str]]:
    """Return what the linkage is expected to get wrong: words, number, interval in words."""
    quality: Mapping[str, Any] = results.run_info.get("quality", {})
    lines: list[tuple[str, float | int, str]] = []
    expected = (
        ("false_gaps", _("预计误列户数")),
        ("covered_branches", _("此外预计由总公司参保的分支机构")),
        ("missed_gaps", _("预计漏列户数")),
        ("matches_in_review", _("待核实中预计确为同一家")),
    )
    for name, words in expected:
        if name in quality:
            lines.append((words, quality[name]["value"], _format_interval(quality[name])))
    own = results.firms.filter(pl.col("duplicate_of").is_null()).select("firm")
    reviews = results.links.filter(pl.col("decision") == "review").join(own, on="firm", how="semi")
    in_review = results.gaps.filter(status="review").join(own, on="firm", how="semi").height
    return [
        *lines,
        *_unreviewed_line(quality.get("unreviewed", {})),
        (_("待核实户数"), in_review, _("认定前不算未参保")),
        (_("待核实的配对数"), reviews.height, _("一户可有几个候选")),
        (_("参保单位总数"), results.units.height, ""),
        (_("其中未对上任何纳税户"), count_unmatched_units(results), _("机关事业单位、外地企业等")),
    ]


def _unreviewed_line(unreviewed: Mapping[str, Any]) -> Iterator[tuple[str, int, str]]:
    """Return how many pairs wanted a review and got none, and what that is expected to cost."""
    if "pairs" in unreviewed:
        errors = _("预计其中误列 {false_gaps:.1f} 户、漏列 {missed_gaps:.1f} 户")
        note = errors.format(**unreviewed) if unreviewed["pairs"] else ""
        yield _("存疑但超出待核实名额的配对数"), unreviewed["pairs"], note


def _format_interval(figure: Mapping[str, float]) -> str:
    if "low" not in figure or "high" not in figure:
        return ""
    if round(figure["high"]) == 0:
        return _("不足 1 户")
    return _("{low}～{high}").format(low=f"{figure['low']:,.0f}", high=f"{figure['high']:,.0f}")


def _build_linkage_block(results: PublishInput) -> Block:
    return Block(
        _("比对质量"),
        (
            Heading("item", _("项目"), 26),
            Heading("value", _("数量"), 10, "integer"),
            Heading("interval", _("区间或说明"), 50),
        ),
        tuple(list_quality_lines(results)),
    )


def _build_defect_block(results: PublishInput) -> Block:
    counts = count_defect_kinds(results).head(100)
    return Block(
        _("数据问题（逐条见 defects.csv）"),
        (
            Heading("file", _("文件"), 26),
            Heading("rows", _("条数"), 10, "integer"),
            Heading("defect", _("问题"), 50, "long"),
        ),
        tuple(counts.select("source_file", "rows", "defect").rows()),
    )


def _build_change_block(changes: pl.DataFrame) -> Block:
    return Block(
        _("与上季相比"),
        (Heading("change", _("变化"), 26), Heading("firms", _("户数"), 10, "integer")),
        tuple(changes.select("change", pl.col("firms").cast(pl.Int64)).rows()),
    )
