"""Earlier quarters of a workspace: the last one's rows, rates by visits drawn by lot.

Reading creates nothing. Only firms drawn by lot give rates without a bias of selection.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import polars as pl

from gapmatch.evaluation.random_sample import classify_visits, estimate_rates
from gapmatch.ledger.decisions import EARLIER_LINKS
from gapmatch.ledger.entries import load_visits
from gapmatch.ledger.identity import select_code_and_name
from gapmatch.ledger.visit_effects import select_last_outcomes
from gapmatch.linkage.relations import IDENTIFYING_CODES
from gapmatch.store.runs import Store
from gapmatch.workspace_files import DATABASE_NAME

_PROOF = ("firm", "unit", "decision", "relation", "level_code", "part_decision", "probability")
"""Columns of stored LINKS that show what a link rests on."""
SIDE_FRAMES = {"tax": "firms", "enrollment": "units"}
"""Frame of the store that holds the rows of a side."""


def read_earlier_rows(
    store: Store | None, before: str | None = None
) -> tuple[str | None, dict[str, pl.DataFrame]]:
    """Return the latest quarter earlier than ``before`` and its FIRMS and UNITS by side."""
    previous = store.find_latest_quarter(before=before) if store else None
    if store is None or previous is None:
        return None, {}
    return previous, {side: store.result(previous, name) for side, name in SIDE_FRAMES.items()}


_MIN_CERTAIN = 0.99
"""A link without a code of this probability is remembered too: a firm renamed since is not lost."""


def load_earlier_links(store: Store, before: str) -> pl.DataFrame:
    """Return EARLIER_LINKS of the latest quarter earlier than ``before``.

    Links that a code or a person proved or that were as good as certain, and those of earlier
    quarters that are in review since.
    """
    previous = store.find_latest_quarter(before=before)
    links = store.result(previous, "links", _PROOF) if previous else pl.DataFrame()
    if previous is None or not set(_PROOF) <= set(links.columns):
        return pl.DataFrame(schema=EARLIER_LINKS)
    firms, units = (
        store.result(previous, name).select(pl.all().exclude("id")) for name in SIDE_FRAMES.values()
    )
    proven = pl.col("level_code").is_in(IDENTIFYING_CODES) | (pl.col("part_decision") > 0)
    is_certain = proven | (pl.col("probability") >= _MIN_CERTAIN)
    is_proven = (pl.col("decision") == "match") & (pl.col("relation") != "head_office") & is_certain
    is_open = (pl.col("decision") == "review") & (pl.col("relation") == "linked_before")
    pairs = links.filter(is_proven | is_open).select("firm", "unit").with_row_index("id")
    sides = (
        select_code_and_name(firms, "firm").join(firms.select("firm", firm_given="name"), "firm"),
        select_code_and_name(units, "unit").join(
            units.select("unit", "unit_id", unit_given="name"), "unit"
        ),
    )
    known = pairs.join(sides[0], on="firm").join(sides[1], on="unit").sort("id")
    return known.with_columns(verdict=pl.lit("same")).select(
        pl.col(column).cast(dtype) for column, dtype in EARLIER_LINKS.items()
    )


@contextmanager
def open_store_if_any(workspace: Path) -> Iterator[Store | None]:
    """Yield the store of ``workspace``, or null if no quarter was run there: none is made."""
    if not (workspace / DATABASE_NAME).is_file():
        yield None
        return
    with Store.open_to_read(workspace) as store:
        yield store


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
    """Return rates of the newest quarter (earlier than ``before``) whose lot was visited."""
    visited = set(load_visits(store.db)["quarter"].to_list())
    held = [q for q in store.quarters() if q in visited and (before is None or q < before)]
    for quarter in reversed(held):
        rates = estimate_quarter_rates(store, quarter)
        if rates["visits"].sum():
            return DrawnRates(quarter, rates)
    return None
