"""What visits drawn by lot say of all targets: the only figures that no choice has biased."""

from typing import NamedTuple

import polars as pl

from gapmatch.evaluation.random_sample import classify_visits, estimate_rates
from gapmatch.ledger.entries import load_visits
from gapmatch.run.visited_quarters import select_last_outcomes
from gapmatch.store.runs import Store


class DrawnRates(NamedTuple):
    """Rates (``rate``, ``share``, ``low``, ``high``, ``visits``) of the targets of ``quarter``."""

    quarter: str
    rates: pl.DataFrame


def estimate_quarter_rates(store: Store, quarter: str) -> pl.DataFrame:
    """Return the rates of a quarter's targets; null shares if no drawn firm was visited."""
    firms, targets = store.result(quarter, "firms"), store.result(quarter, "targets")
    own = load_visits(store.db).filter(pl.col("quarter") == quarter)
    counties = firms.select("firm", "county_name")
    return estimate_rates(
        classify_visits(select_last_outcomes(firms, own)),
        targets.join(counties, on="firm", how="left"),
    )


def find_drawn_rates(store: Store, before: str | None = None) -> DrawnRates | None:
    """Return the rates of the newest quarter whose drawn firms were visited.

    Only quarters earlier than ``before``; ``None`` if there is none.
    """
    visited = set(load_visits(store.db)["quarter"].to_list())
    held = [q for q in store.quarters() if q in visited and (before is None or q < before)]
    for quarter in reversed(held):
        rates = estimate_quarter_rates(store, quarter)
        if rates["visits"].sum():
            return DrawnRates(quarter, rates)
    return None
