"""Orders of visits, measured against a truth that somebody established."""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from gapmatch.schemas import LINES
from gapmatch.settings.ranking import LineWeights

_SEED = 1


def measure_ranking(
    firms: pl.DataFrame, targets: pl.DataFrame, truth: pl.DataFrame, first: Sequence[int] = (1500,)
) -> pl.DataFrame:
    """Return how much each order of uninsured firms reaches, one row per order and visits.

    ``firms`` has firm, declared_headcount, declared_wages, sales; ``targets`` is ``TARGETS``, as a
    rule those of kind new_enrollment, since the other orders hold such firms alone; ``truth`` has
    firm, enrolled, operating and in_scope (boolean), employees (persons; none if out of scope).
    Columns: ``order`` (gapmatch, or sorting all firms that are truly uninsured by a column: what a
    clerk could do with Excel after a perfect linkage), ``visits``, ``captured`` (share of the
    employees that a perfect order of truly uninsured firms reaches), ``ndcg``, ``not_operating``
    and ``enrolled`` (shares of the visits).
    """
    known = truth.join(firms, on="firm", how="left", maintain_order="left").sort("firm")
    known = known.with_columns(gain=pl.when(~pl.col("enrolled")).then("employees").otherwise(0))
    orders = {"gapmatch": targets.sort("rank")["firm"], **_build_simple_orders(known)}
    return _score_orders(known, orders, first)


def compute_shortage(truth: pl.DataFrame, gaps: pl.DataFrame) -> pl.DataFrame:
    """Add ``gain``: persons without insurance, lines weighted as in ``[ranking.lines]``.

    An enrolled firm is short of what its unit insures less than it employs; nothing is counted
    if no unit is linked. ``enrolled`` stays true only if no worker is missing. ``gaps`` has
    insured_<line>.
    """
    insured = gaps.select("firm", *(f"insured_{line}" for line in LINES))
    weights = LineWeights().model_dump()
    lacking = {
        line: (pl.col("employees") - pl.col(f"insured_{line}")).clip(lower_bound=0)
        for line in LINES
    }
    short = pl.sum_horizontal(lacking[line].fill_null(0) * weights[line] for line in LINES)
    return (
        truth.join(insured, on="firm", how="left", maintain_order="left")
        .with_columns(gain=pl.when("enrolled").then(short).otherwise("employees"))
        .with_columns(enrolled=pl.col("enrolled") & (pl.col("gain") == 0))
    )


def measure_kinds(
    firms: pl.DataFrame, targets: pl.DataFrame, truth: pl.DataFrame, first: Sequence[int] = (1500,)
) -> pl.DataFrame:
    """Return one row per order of all firms and number of visits, as ``measure_ranking``.

    ``truth`` is what ``compute_shortage`` returned, persons short of a unit's count are possible
    enrollees too. Orders: ``gapmatch``; ``persons_to_gain``, its targets by estimated persons
    alone; ``declared_shortage``, all firms by persons declared less persons insured.
    """
    known = truth.join(firms, on="firm", how="left", maintain_order="left").sort("firm")
    insured = pl.max_horizontal(f"insured_{line}" for line in LINES).fill_null(0)
    declared = known.with_columns(missing=pl.col("declared_headcount") - insured)
    orders = {
        "gapmatch": targets.sort("rank")["firm"],
        "persons_to_gain": _sort_falling(targets, "new_enrollees"),
        "declared_shortage": _sort_falling(declared, "missing"),
    }
    return _score_orders(known, orders, first)


def measure_tier_a(firms: pl.DataFrame, targets: pl.DataFrame, truth: pl.DataFrame) -> pl.DataFrame:
    """Return what tier A captures at capacity, per county and for all (``county`` null).

    ``truth`` is what ``compute_shortage`` returned. Columns: county, visits, captured (share of the
    persons short, over all kinds, that the same number of perfect visits in that county would
    reach; for all counties, of the sum of these), not_operating, enrolled (with no worker missing).
    """
    known = truth.join(firms.select("firm", "county_name"), on="firm", maintain_order="left")
    visited = targets.filter(pl.col("tier") == "A").join(known, on="firm", maintain_order="left")
    rows = []
    for (county,), visits in visited.group_by("county_name", maintain_order=True):
        possible = known.filter(pl.col("county_name") == county)["gain"].sort(descending=True)
        reached, at_best = (float(visits["gain"].sum()), float(possible.head(visits.height).sum()))
        idle, enrolled = (~visits["operating"]).sum(), visits["enrolled"].sum()
        rows.append((county, visits.height, reached, at_best, idle, enrolled))
    return _build_tier_table(pl.DataFrame(rows, schema=_TIER_COUNTS, orient="row"))


_TIER_COUNTS = {
    "county": pl.String,
    "visits": pl.Int64,
    "reached": pl.Float64,
    "possible": pl.Float64,
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
    open_firms = known.filter(~pl.col("enrolled"), "in_scope")
    by_column = {
        column: _sort_falling(open_firms, column)
        for column in ("declared_headcount", "declared_wages", "sales")
    }
    shuffled = np.random.default_rng(_SEED).permutation(open_firms["firm"].to_numpy())
    return {**by_column, "random": pl.Series("firm", shuffled, dtype=pl.UInt32)}


def _sort_falling(frame: pl.DataFrame, column: str) -> pl.Series:
    return frame.sort(column, "firm", descending=[True, False], nulls_last=True)["firm"]


def _score_orders(
    known: pl.DataFrame, orders: Mapping[str, pl.Series], first: Sequence[int]
) -> pl.DataFrame:
    rows = [
        {"order": name, "visits": visits, **_score_order(known, order, visits)}
        for name, order in orders.items()
        for visits in first
    ]
    return pl.DataFrame(rows)


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
