"""Other prices and budgets: what they would bring, before anything is run again."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from gapmatch.api.stores import open_store, resolve_quarter
from gapmatch.errors import InputError
from gapmatch.i18n import _
from gapmatch.linkage.price_estimate import PriceEstimate, estimate_prices
from gapmatch.rank.more_visits import MoreVisits, estimate_visits
from gapmatch.settings.load import PRICES, LinkageSettings


@dataclass(frozen=True)
class SettingsEstimate:
    """What was decided (``now``), what other settings would decide (``then``), and the visits."""

    now: PriceEstimate
    then: PriceEstimate
    planned: MoreVisits
    """The visits as they are planned."""
    visits: MoreVisits
    covered_branches: Mapping[str, float] | None = None
    """Branches listed that head offices insure, as the run noted them; no price changes that."""

    def as_dict(self) -> dict[str, Any]:
        """Return the figures as plain values."""
        names = ("now", "then", "planned", "visits")
        figures: dict[str, Any] = {name: getattr(self, name).as_dict() for name in names}
        return {**figures, "covered_branches": self.covered_branches}


def estimate_settings(
    prices: Mapping[str, float] | None = None,
    *,
    visits: int | None = None,
    quarter: str | None = None,
    workspace: str | Path = ".",
) -> SettingsEstimate:
    """Return what other ``prices`` and a number of ``visits`` would bring in a stored quarter.

    ``prices``: ``price_false_gap``, ``price_missed_gap``, ``price_review``, ``review_budget``;
    those that are left out stay as they were. Nothing is linked again: pairs that were neither best
    nor matched nor reviewed cannot come up, and units stay with their firms. Raises ``InputError``
    for a price that cannot be.
    """
    with open_store(Path(workspace)) as store:
        wanted = resolve_quarter(store, quarter)
        frames, settings = store.results(wanted), store.settings_of(wanted)
        covered = store.read_covered_branches(wanted)
    counties = frames["firms"].select("firm", county="county_name")
    targets = frames["targets"].join(counties, on="firm", how="left")
    run_prices = read_own_prices(settings)
    estimate = estimate_from_frames(frames["links"], targets, run_prices, (prices or {}, visits))
    return replace(estimate, covered_branches=covered)


def estimate_from_frames(
    links: pl.DataFrame,
    targets: pl.DataFrame,
    own: LinkageSettings,
    wanted: tuple[Mapping[str, float], int | None],
) -> SettingsEstimate:
    """Return what ``estimate_settings`` does, for LINKS and TARGETS with ``county``."""
    prices, visits = wanted
    planned = targets.filter(pl.col("tier") == "A").height
    return SettingsEstimate(
        now=estimate_prices(links, own, own),
        then=estimate_prices(links, change_prices(own, prices), own),
        planned=estimate_visits(targets, planned),
        visits=estimate_visits(targets, planned if visits is None else max(0, visits)),
    )


def read_own_prices(settings: Mapping[str, Any]) -> LinkageSettings:
    """Return the prices of a run (``Store.settings_of``)."""
    linkage = settings.get("linkage", {})
    return LinkageSettings(**{name: linkage[name] for name in PRICES if name in linkage})


def change_prices(own: LinkageSettings, prices: Mapping[str, float]) -> LinkageSettings:
    """Return ``own`` with other prices; raise ``InputError`` for one that cannot be."""
    unknown = sorted(set(prices) - set(PRICES))
    bad = [name for name, price in prices.items() if not 0 <= price <= 10_000_000]
    bad += [name for name, price in prices.items() if name != "review_budget" and price == 0]
    for name in (*unknown, *bad):
        raise InputError(
            _("价格或预算不能这样设：{name} = {value}").format(name=name, value=prices[name]),
            _("可设 {names}；价格要大于 0。").format(names=_("、").join(PRICES)),
        )
    budget = int(prices.get("review_budget", own.review_budget))
    return own.model_copy(update={**prices, "review_budget": budget})
