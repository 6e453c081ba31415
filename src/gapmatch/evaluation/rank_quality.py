"""How good an order is, against a truth that somebody established; for measuring only."""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

ORDERS = ("gapmatch", "declared_headcount", "declared_wages", "sales", "random")
_SEED = 1


def measure_ranking(
    firms: pl.DataFrame, targets: pl.DataFrame, truth: pl.DataFrame, first: Sequence[int] = (1500,)
) -> pl.DataFrame:
    """Return one row per order and number of visits: how much of the possible it would have reached.

    ``firms`` has firm, declared_headcount, declared_wages, sales; ``targets`` is ``TARGETS``;
    ``truth`` has firm, enrolled (boolean), operating (boolean), employees (persons). Columns:
    ``order`` (gapmatch, or sorting all firms that are truly uninsured by a column: what a clerk
    could do with Excel after a perfect linkage), ``visits``, ``captured`` (share of the employees
    that a perfect order of truly uninsured firms reaches), ``ndcg``, ``not_operating`` and
    ``enrolled`` (shares of the visits).
    """
    known = truth.join(firms, on="firm", how="left", maintain_order="left").sort("firm")
    known = known.with_columns(gain=pl.when(~pl.col("enrolled")).then("employees").otherwise(0))
    orders = {"gapmatch": targets.sort("rank")["firm"], **_build_simple_orders(known)}
    rows = [
        {"order": name, "visits": visits, **_score_order(known, order, visits)}
        for name, order in orders.items()
        for visits in first
    ]
    return pl.DataFrame(rows)


def measure_tier_a(firms: pl.DataFrame, targets: pl.DataFrame, truth: pl.DataFrame) -> pl.DataFrame:
    """Return one row per county and one for all (``county`` null): what tier A captures at capacity.

    Columns: county, visits, captured (share of what the same number of perfect visits in that
    county would reach; for all counties, of the sum of these), not_operating, enrolled.
    """
    known = truth.join(firms.select("firm", "county_name"), on="firm", maintain_order="left")
    known = known.with_columns(gain=pl.when(~pl.col("enrolled")).then("employees").otherwise(0))
    visited = targets.filter(pl.col("tier") == "A").join(known, on="firm", maintain_order="left")
    rows = []
    for (county,), own in visited.group_by("county_name", maintain_order=True):
        possible = known.filter(pl.col("county_name") == county)["gain"].sort(descending=True)
        rows.append(
            {
                "county": county,
                "visits": own.height,
                "reached": own["gain"].sum(),
                "possible": possible.head(own.height).sum(),
                "not_operating": own.filter(~pl.col("operating")).height,
                "enrolled": own.filter(pl.col("enrolled")).height,
            }
        )
    return _build_tier_table(pl.DataFrame(rows, schema=_TIER_COUNTS))


_TIER_COUNTS = {
    "county": pl.String,
    "visits": pl.Int64,
    "reached": pl.Int64,
    "possible": pl.Int64,
    "not_operating": pl.Int64,
    "enrolled": pl.Int64,
}


def _build_tier_table(counts: pl.DataFrame) -> pl.DataFrame:
    total = counts.select(pl.lit(None, pl.String).alias("county"), pl.exclude("county").sum())
    rows = pl.concat([counts.sort("county"), total])
    return rows.select(
        "county",
        "visits",
        captured=pl.col("reached") / pl.col("possible").clip(lower_bound=1),
        not_operating=pl.col("not_operating") / pl.col("visits").clip(lower_bound=1),
        enrolled=pl.col("enrolled") / pl.col("visits").clip(lower_bound=1),
    )


def _build_simple_orders(known: pl.DataFrame) -> Mapping[str, pl.Series]:
    open_firms = known.filter(~pl.col("enrolled"))
    by_column = {
        column: open_firms.sort(column, "firm", descending=[True, False], nulls_last=True)["firm"]
        for column in ("declared_headcount", "declared_wages", "sales")
    }
    shuffled = np.random.default_rng(_SEED).permutation(open_firms["firm"].to_numpy())
    return {**by_column, "random": pl.Series("firm", shuffled, dtype=pl.UInt32)}


def _score_order(known: pl.DataFrame, order: pl.Series, visits: int) -> dict[str, float]:
    chosen = pl.DataFrame({"firm": order.head(visits)}).join(
        known, on="firm", how="left", maintain_order="left"
    )
    gains = chosen["gain"].fill_null(0).to_numpy().astype(float)
    best = np.sort(known["gain"].to_numpy().astype(float))[::-1][:visits]
    discount = 1 / np.log2(np.arange(2, visits + 2))
    ideal = float((best * discount[: len(best)]).sum())
    made = max(1, chosen.height)
    return {
        "captured": float(gains.sum() / max(best.sum(), 1.0)),
        "ndcg": float((gains * discount[: len(gains)]).sum() / max(ideal, 1e-9)),
        "not_operating": chosen.filter(~pl.col("operating")).height / made,
        "enrolled": chosen.filter(pl.col("enrolled")).height / made,
    }
