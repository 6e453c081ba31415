"""Every figure that is printed of a quarter, counted in one place: a pure function of its results.

Tables of the terminal, the report, workbooks and letters count with the functions that
``count_figures`` uses, or show what the ledger counted (``progress``).
"""

from collections.abc import Mapping
from typing import NamedTuple

import polars as pl

from gapmatch.i18n import _
from gapmatch.quarters import Quarter
from gapmatch.results.run_results import PublishInput
from gapmatch.results.tables import fill_county, select_firm_columns
from gapmatch.schemas import STATUSES, UNKNOWN_COUNTY
from gapmatch.vocabulary.labels import (
    CONFIRMED_PARTS,
    LISTED_VERDICTS,
    PROGRESS_FIGURES,
    list_figure_labels,
    list_labels,
    list_verdict_figures,
)

FIGURES = pl.Schema({"county": pl.String, "figure": pl.String, "value": pl.Float64})
"""One row per county and figure; a null county stands for all of them."""

_OF_STATUSES = (
    *("firms", *STATUSES, "targets", "tier_a", "expected", "expected_tier_a"),
    "headcount_uninsured",
)
_OF_PROGRESS = tuple(name for name in PROGRESS_FIGURES if name != "targets")
"""Targets are counted from the targets."""


def count_figures(results: PublishInput) -> pl.DataFrame:
    """Return FIGURES of a quarter, by code: firms, persons if the code's words name them.

    Left out is what is not known: progress without a ledger, verdicts if the list is not one to
    verify, ``change_…`` without an earlier quarter.
    """
    statuses = join_firm_statuses(results)
    parts = [
        _melt(count_by_status(statuses, "county"), _OF_STATUSES),
        _melt(count_by_status(statuses), _OF_STATUSES),
    ]
    if results.progress is not None:
        parts.append(_melt(results.progress, _OF_PROGRESS))
        parts.append(_melt(results.progress.select(pl.col(_OF_PROGRESS).sum()), _OF_PROGRESS))
    if is_list_to_verify(results):
        verdicts = count_verdicts(results)
        names = (*LISTED_VERDICTS, *CONFIRMED_PARTS)
        parts += [_melt(verdicts, names), _melt(verdicts.select(pl.col(names).sum()), names)]
        parts.append(_build_totals({f"list_{k}": n for k, n in count_rows(results).items()}))
    if results.changes is not None:
        kinds = results.changes.select("kind", "firms").rows()
        parts.append(_build_totals({f"change_{kind}": n for kind, n in kinds}))
    return pl.concat(parts).sort("county", "figure", nulls_last=False)


def select_totals(figures: pl.DataFrame) -> dict[str, float]:
    """Return code → value over all counties."""
    return dict(figures.filter(pl.col("county").is_null()).select("figure", "value").rows())


def pivot_counties(figures: pl.DataFrame) -> pl.DataFrame:
    """Return one row per ``county``, one column per figure; null: not known."""
    of_counties = figures.filter(pl.col("county").is_not_null())
    wide = of_counties.pivot("figure", index="county", values="value", maintain_order=True)
    missing = [name for name in _OF_STATUSES if name not in wide.columns]
    return wide.with_columns(pl.lit(None, pl.Float64).alias(name) for name in missing)


def _melt(counts: pl.DataFrame, names: tuple[str, ...]) -> pl.DataFrame:
    frame = counts if "county" in counts.columns else counts.with_columns(county=None)
    long = frame.select(pl.col("county").cast(pl.String), pl.col(names).cast(pl.Float64)).unpivot(
        on=names, index="county", variable_name="figure"
    )
    return long.match_to_schema(FIGURES)


def _build_totals(numbers: Mapping[str, int]) -> pl.DataFrame:
    rows = [(None, name, float(number)) for name, number in numbers.items()]
    return pl.DataFrame(rows, schema=FIGURES, orient="row")


def join_firm_statuses(results: PublishInput) -> pl.DataFrame:
    """Return every row of the tax list with ``county, town, section, age, status, headcount``."""
    gaps = results.gaps.select("firm", pl.col("status").cast(pl.String), "headcount")
    firms = results.firms.select(
        "firm",
        fill_county().alias("county"),
        "town",
        "section",
        pl.col("duplicate_of").is_not_null().alias("is_repeat"),
        compute_age(results.quarter).alias("age"),
    )
    return gaps.join(firms, on="firm", how="left").join(
        results.targets.select("firm", "tier", pl.col("expected_new_enrollees").alias("expected")),
        on="firm",
        how="left",
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
    first_rows = statuses.filter(~pl.col("is_repeat"))
    if not groups:
        return first_rows.select(*sums)
    return first_rows.group_by(*groups).agg(*sums).sort(*groups, nulls_last=True)


def order_counties(results: PublishInput) -> list[str]:
    """Return the counties by division, those of the home prefecture first, 未知 last."""
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


def compute_age(quarter: str) -> pl.Expr:
    """Years since the firm was founded, at the end of the quarter."""
    opened = pl.coalesce("open_date", "registry_open_date")
    return (pl.lit(Quarter.parse(quarter).next().first_day) - opened).dt.total_days() / 365.25


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


def is_list_to_verify(results: PublishInput) -> bool:
    """Whether the run's tax list is one that was handed down to be verified."""
    return bool(results.run_info.get("settings", {}).get("tax_list") == "verify")


def count_verdicts(results: PublishInput) -> pl.DataFrame:
    """Return a row per county in table order: ``firms``, a column per verdict, and parts.

    A row that lists a firm again is none of its own. The verdicts add up to ``firms``, the parts
    (CONFIRMED_PARTS) to ``confirmed``; ``tier_a_others``: other firms
    that are visited this quarter as well.
    """
    tiers = results.targets.select("firm", "tier")
    firms = results.firms.select("firm", "duplicate_of", fill_county().alias("county"))
    first_rows = (
        results.gaps.select("firm", "verdict")
        .join(firms, on="firm")
        .filter(pl.col("duplicate_of").is_null())
        .join(tiers, on="firm", how="left")
    )
    confirmed = (pl.col("verdict") == "confirmed").fill_null(value=False)
    first = (pl.col("tier") == "A").fill_null(value=False)
    counts = {
        **{name: pl.col("verdict") == name for name in LISTED_VERDICTS},
        "later": confirmed & pl.col("tier").is_not_null() & ~first,
        "not_listed": confirmed & pl.col("tier").is_null(),
        "confirmed_tier_a": confirmed & first,
        "tier_a_others": ~confirmed & first,
    }
    sums = [pl.len().cast(pl.Int64).alias("firms")]
    sums += [holds.sum().cast(pl.Int64).alias(name) for name, holds in counts.items()]
    places = pl.DataFrame({"county": order_counties(results)}, schema={"county": pl.String})
    return places.join(first_rows.group_by("county").agg(sums), on="county", maintain_order="left")


class BridgeLine(NamedTuple):
    """A total of the bridge, or what is taken from the total above it, or added to it."""

    label: str
    firms: int
    is_total: bool = False
    is_added: bool = False


def build_bridge(results: PublishInput) -> list[BridgeLine]:
    """Return the way from the list's rows to this quarter's visits; each total adds up."""
    counts = count_verdicts(results).drop("county").sum().row(0, named=True)
    total = {name: int(number or 0) for name, number in counts.items()} | count_rows(results)
    labels, parts = list_labels("verdict"), list_verdict_figures()
    return [
        BridgeLine(_("名单行数"), total["rows"], is_total=True),
        BridgeLine(_("与其他行是同一户的行"), total["repeated"]),
        BridgeLine(_("不是一户、或没有名称和代码的行（结论为待定）"), total["unreadable"]),
        BridgeLine(_("名单户数"), total["firms"], is_total=True),
        *(BridgeLine(labels[name], total[name]) for name in labels if name != "confirmed"),
        BridgeLine(labels["confirmed"], total["confirmed"], is_total=True),
        BridgeLine(_("以后各季走访"), total["later"]),
        BridgeLine(_("本季未列入走访（近期已走访、已办结）"), total["not_listed"]),
        BridgeLine(parts["confirmed_tier_a"], total["confirmed_tier_a"], is_total=True),
        BridgeLine(_("列错而有缺口、待定等，一并走访"), total["tier_a_others"], is_added=True),
        BridgeLine(
            list_figure_labels()["tier_a"],
            total["confirmed_tier_a"] + total["tier_a_others"],
            is_total=True,
        ),
    ]


def count_rows(results: PublishInput) -> dict[str, int]:
    """Return the list's ``rows``, and those that are no firm: ``repeated``, ``unreadable``."""
    repeated = results.firms["duplicate_of"].count()
    known = results.firms.height
    rows = known if results.listed is None else results.listed.rows.height
    return {"rows": rows, "repeated": repeated, "unreadable": rows - known}
