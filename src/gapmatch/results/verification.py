"""Results for a list that was handed down to be verified: one verdict a firm, and the bridge."""

from typing import NamedTuple

import polars as pl

from gapmatch.i18n import _
from gapmatch.results.figures import order_counties
from gapmatch.results.run_results import PublishInput
from gapmatch.results.tables import fill_county
from gapmatch.vocabulary.figure_labels import list_figure_labels, list_verdict_figures
from gapmatch.vocabulary.listed_verdicts import LISTED_VERDICTS, label_listed_verdicts


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
    own = (
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
    return places.join(own.group_by("county").agg(sums), on="county", maintain_order="left")


class BridgeLine(NamedTuple):
    """A total of the bridge, or what is taken from the total above it, or added to it."""

    label: str
    firms: int
    is_total: bool = False
    is_added: bool = False


def build_bridge(results: PublishInput) -> list[BridgeLine]:
    """Return the way from the rows of the list to this quarter's visits, in words and numbers.

    Each total is the one before it less the lines in between, and with those that are added.
    """
    counts = count_verdicts(results).drop("county").sum().row(0, named=True)
    total = {name: int(number or 0) for name, number in counts.items()} | count_rows(results)
    labels, parts = label_listed_verdicts(), list_verdict_figures()
    return [
        BridgeLine(_("名单行数"), total["rows"], is_total=True),
        BridgeLine(_("与其他行是同一户的行"), total["repeated"]),
        BridgeLine(_("没有名称和代码的行（结论为待定）"), total["unreadable"]),
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
