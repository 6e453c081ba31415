"""Counts and sums that the figure pages, the prefecture workbook and the report show."""

import polars as pl

from gapmatch.i18n import _
from gapmatch.quarters import Quarter
from gapmatch.results.run_results import PublishInput
from gapmatch.results.tables import fill_county, select_firm_columns
from gapmatch.schemas import STATUSES, UNKNOWN_COUNTY


def join_firm_statuses(results: PublishInput) -> pl.DataFrame:
    """Return every row of the tax list with ``county, town, section, age, status, headcount``."""
    gaps = results.gaps.select("firm", pl.col("status").cast(pl.String), "headcount")
    firms = results.firms.select(
        "firm",
        fill_county().alias("county"),
        "town",
        "section",
        pl.col("duplicate_of").is_not_null().alias("is_repeat"),
        _compute_age(results.quarter).alias("age"),
    )
    return gaps.join(firms, on="firm", how="left").join(
        _select_target_columns(results), on="firm", how="left"
    )


def count_by_status(statuses: pl.DataFrame, *groups: str) -> pl.DataFrame:
    """Return one row per group: ``firms``, one column per status, and sums over the targets.

    A further row of a firm that is listed several times is no firm of its own.
    Columns ``targets``, ``tier_a`` (firms), ``expected`` and ``headcount_uninsured`` (persons).
    """
    counts = [(pl.col("status") == s).sum().cast(pl.Int64).alias(s) for s in STATUSES]
    uninsured = pl.col("headcount").filter(pl.col("status") == "uninsured")
    sums = (
        pl.len().cast(pl.Int64).alias("firms"),
        *counts,
        pl.col("tier").is_not_null().sum().cast(pl.Int64).alias("targets"),
        (pl.col("tier") == "A").sum().cast(pl.Int64).alias("tier_a"),
        pl.col("expected").sum().round(4),
        pl.col("expected").filter(pl.col("tier") == "A").sum().round(4).alias("expected_tier_a"),
        uninsured.sum().round(4).alias("headcount_uninsured"),
    )
    own = statuses.filter(~pl.col("is_repeat"))
    if not groups:
        return own.select(*sums)
    return own.group_by(*groups).agg(*sums).sort(*groups, nulls_last=True)


def order_counties(results: PublishInput) -> list[str]:
    """Return the counties by division code, those of the prefecture with most firms first.

    Counties without a code come last, and 未知 last of all.
    """
    frame = results.firms.select(fill_county().alias("county"), "division")
    counted = frame.group_by("county").agg(pl.col("division").min(), pl.len().alias("firms"))
    prefecture = pl.col("division").str.head(4)
    ranked = counted.with_columns(
        pl.col("firms").sum().over(prefecture).alias("around"),
        prefecture.alias("prefecture"),
        (pl.col("county") == UNKNOWN_COUNTY).alias("unknown"),
        pl.col("division").is_null().alias("uncoded"),
    )
    order = ["unknown", "uncoded", "around", "prefecture", "division", "county"]
    return ranked.sort(order, descending=[column == "around" for column in order])[
        "county"
    ].to_list()


def count_unmatched_units(results: PublishInput) -> int:
    """Return how many enrolled units no firm of the tax list is linked to or may be."""
    linked = results.links.filter(pl.col("decision").is_in(["match", "review"]))["unit"]
    covered = results.gaps["unit"]
    used = pl.concat([linked, covered]).drop_nulls().unique()
    return results.units.filter(~pl.col("unit").is_in(used.implode())).height


def _compute_age(quarter: str) -> pl.Expr:
    """Years since the firm was founded, at the end of the quarter."""
    opened = pl.coalesce("open_date", "registry_open_date")
    return (pl.lit(Quarter.parse(quarter).next().first_day) - opened).dt.total_days() / 365.25


def _select_target_columns(results: PublishInput) -> pl.DataFrame:
    return results.targets.select(
        "firm", "tier", pl.col("expected_new_enrollees").alias("expected")
    )


def count_defect_kinds(results: PublishInput) -> pl.DataFrame:
    """Return one row per file and kind of defect: ``source_file, defect, consequence, rows``.

    Most first. If the defects of a kind are worded differently (each names its row), one stands
    as an example.
    """
    # A row that sums up others has a count, not the problem: a listed row stands for it.
    listed = (pl.col("count").fill_null(1) == 1) | (pl.len() == 1)
    kinds = results.defects.group_by(
        "source_file", pl.coalesce("kind", "defect").alias("kind"), "consequence"
    ).agg(
        pl.coalesce(pl.col("defect").filter(listed).min(), pl.col("defect").min()),
        pl.col("defect").filter(listed).n_unique().alias("wordings"),
        pl.col("count").fill_null(1).sum().alias("rows"),
    )
    example = pl.format(_("如：{defect}").format(defect="{}"), "defect")
    examples = kinds.with_columns(pl.when(pl.col("wordings") > 1).then(example).otherwise("defect"))
    order = ("rows", "source_file", "defect", "consequence")
    return examples.sort(*order, descending=[True, *[False] * 3], nulls_last=True).select(
        "source_file", "defect", "consequence", "rows"
    )


def select_top_targets(results: PublishInput, number: int) -> pl.DataFrame:
    """Return the first ``number`` targets over all counties, with names and codes."""
    first = results.targets.sort("rank").head(number)
    return first.join(select_firm_columns(results), on="firm", how="left").sort("rank", "firm")
