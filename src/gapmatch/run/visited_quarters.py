"""Past quarters as the store holds them, for learning the ranking from their visits."""

from collections.abc import Iterator

import polars as pl

from gapmatch.activity import estimate_activity
from gapmatch.ledger.entries import load_visits
from gapmatch.ledger.visit_effects import resolve_visit_effects, select_last_visits
from gapmatch.run.rank_training import PastQuarter
from gapmatch.settings.load import Settings
from gapmatch.store.runs import Store


def load_visited_quarters(store: Store, settings: Settings) -> Iterator[PastQuarter]:
    """Yield every quarter held whose list was visited, oldest first."""
    visits = load_visits(store.db)
    for quarter in store.quarters():
        own = visits.filter(pl.col("quarter") == quarter)
        if own.is_empty():
            continue
        frames = store.results(quarter)
        firms = frames["firms"]
        before = visits.filter(pl.col("quarter") < quarter)
        earlier = resolve_visit_effects(firms, before, quarter, settings.ranking.recheck_quarters)
        activity = estimate_activity(firms, quarter, settings, earlier)
        yield PastQuarter(
            quarter, firms, activity, frames["gaps"], earlier, select_last_outcomes(firms, own)
        )


def select_last_outcomes(firms: pl.DataFrame, visits: pl.DataFrame) -> pl.DataFrame:
    """Return ``firm``, ``outcome``, ``new_insured`` of each firm's last visit."""
    last = select_last_visits(firms, visits)
    return last.select("firm", "outcome", pl.col("persons").alias("new_insured")).sort("firm")
