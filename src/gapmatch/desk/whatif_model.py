"""What the page of trials shows: sliders, and what other prices and budgets would bring."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import polars as pl

from gapmatch.api.what_if import SettingsEstimate, estimate_from_frames, read_own_prices
from gapmatch.desk.stored_quarter import StoredQuarter
from gapmatch.desk.value_formats import format_number
from gapmatch.i18n import _
from gapmatch.linkage.price_estimate import PriceEstimate
from gapmatch.rank.more_visits import MoreVisits
from gapmatch.schemas import UNKNOWN_COUNTY
from gapmatch.settings.load import PRICES, LinkageSettings, Settings
from gapmatch.vocabulary.labels import label_county

_MAX_COUNTIES = 15
_SMALLEST = 0.1
"""Firms: of expected errors, what is less is no figure."""


SLIDERS = {
    "price_false_gap": (0.5, 10.0, 0.1),
    "price_missed_gap": (0.5, 10.0, 0.1),
    "price_review": (0.01, 1.0, 0.01),
    "review_budget": (0.0, 100.0, 1.0),
    "visits": (0.0, 0.0, 1.0),
}
"""Setting to the least and the greatest value of its slider, and the step."""


class Slider(NamedTuple):
    """A setting to move; ``own``: what the run had."""

    name: str
    label: str
    remark: str
    value: float
    own: float
    low: float
    high: float
    step: float

    @property
    def is_price(self) -> bool:
        """Whether it is how much a mistake or a review weighs, not a number of them."""
        return self.name.startswith("price_")

    @property
    def is_as_run(self) -> bool:
        """Whether it stands where the run had it."""
        return self.value == self.own


@dataclass(frozen=True)
class WhatIfPage:
    """The sliders and what they bring."""

    quarter: str
    quarters: Sequence[str]
    sliders: Sequence[Slider]
    rows: Sequence[tuple[str, ...]]
    """A figure: name for the script, label, as it is, as it would be, remark."""
    counties: Sequence[tuple[str, int, int, float]]
    """County, visits planned, visits more, persons expected of these."""
    changes: str
    saved: str
    """What the settings hold now that the run did not have."""
    quotas: Sequence[tuple[str, str, int, int | None]]
    """County, its label, visits of the run, and what the settings name for it."""
    total: int | None
    """Visits of all counties together, as the settings have them."""
    own_total: int | None
    """As the run had them."""

    def as_texts(self) -> dict[str, str]:
        """Return what a script puts into the page: name to text."""
        return {name: then for name, _label, _now, then, _remark in self.rows} | {
            "changes": self.changes
        }


def build_whatif_page(
    stored: StoredQuarter, wanted: Mapping[str, float], settings: Settings | None = None
) -> WhatIfPage:
    """Return the page for prices and ``visits`` that differ from the run's.

    ``settings``: as they are now; those of the latest quarter hold for what is not ``wanted``, an
    earlier one begins with its own. Raises ``InputError`` for a price that cannot be.
    """
    own = read_own_prices(stored.settings)
    saved = list_saved(stored, settings) if settings else {}
    wanted = {**saved, **wanted}
    counties = stored.results.firms.select("firm", county="county_name")
    targets = stored.results.targets.join(counties, on="firm", how="left")
    prices = {name: wanted[name] for name in PRICES if name in wanted}
    visits = int(wanted["visits"]) if "visits" in wanted else None
    estimate = estimate_from_frames(stored.results.links, targets, own, (prices, visits))
    held = {name: float(getattr(own, name)) for name in PRICES}
    held["visits"] = float(estimate.planned.planned)
    sliders = _list_sliders(held, {**held, **wanted}, targets.height, estimate.now)
    return WhatIfPage(
        quarter=stored.quarter,
        quarters=stored.quarters,
        sliders=sliders,
        rows=_list_rows(estimate, stored.covered_branches),
        counties=[
            (label_county(county), *numbers)
            for county, *numbers in estimate.visits.counties.head(_MAX_COUNTIES).rows()
        ],
        changes=_describe_changes(sliders, {s.name: s.value for s in sliders}),
        saved=_describe_changes(sliders, saved),
        quotas=_list_quotas(stored, settings.capacity if settings else {}),
        total=settings.capacity.get("total") if settings else None,
        own_total=stored.settings.get("capacity", {}).get("total"),
    )


def _describe_changes(sliders: Sequence[Slider], values: Mapping[str, float]) -> str:
    """Return which values are others than those of the run."""
    return _("、").join(
        _("{label}：{own:g} 改为 {value:g}").format(label=s.label, own=s.own, value=values[s.name])
        for s in sliders
        if values.get(s.name, s.own) != s.own
    )


def list_saved(stored: StoredQuarter, settings: Settings) -> dict[str, float]:
    """Return what the settings have for the next run; nothing for an earlier quarter."""
    if stored.quarter != stored.quarters[-1]:
        return {}
    prices = {name: float(getattr(settings.linkage, name)) for name in PRICES}
    total = settings.capacity.get("total")
    return prices if total is None else {**prices, "visits": float(total)}


def _list_quotas(
    stored: StoredQuarter, capacity: Mapping[str, int]
) -> list[tuple[str, str, int, int | None]]:
    first = stored.firms.filter(pl.col("tier") == "A").group_by("county").len()
    planned = dict(first.rows())
    return [
        (county, label_county(county), planned.get(county, 0), capacity.get(county))
        for county in stored.counties
        if county != UNKNOWN_COUNTY
    ]


def _list_sliders(
    own: Mapping[str, float], wanted: Mapping[str, float], targets: int, now: PriceEstimate
) -> list[Slider]:
    """Return the sliders; their ranges hold what the run had and what is asked for."""
    words = {
        "price_false_gap": (_("误列一户有多要紧"), _("已参保的列成未参保，白跑一趟")),
        "price_missed_gap": (_("漏列一户有多要紧"), _("未参保的当成已参保，没人去查")),
        "price_review": (_("人工看一对有多费事"), _("调高，留给人看的就少")),
        "review_budget": (_("人工最多看多少对"), _("一季看得过来的")),
        "visits": (_("走访多少户"), _("全市一季走得过来的")),
    }
    default = float(LinkageSettings().review_budget)
    budget = max(2.0 * now.wanted, 1.5 * own["review_budget"], 2.0 * default)
    most = {"review_budget": budget, "visits": targets}
    return [
        Slider(
            name,
            *words[name],
            value=wanted[name],
            own=own[name],
            low=min(low, own[name], wanted[name]),
            high=max(high, own[name], wanted[name], most.get(name, 0.0)),
            step=step,
        )
        for name, (low, high, step) in SLIDERS.items()
    ]


def _list_rows(
    estimate: SettingsEstimate, covered: Mapping[str, float] | None
) -> list[tuple[str, ...]]:
    words = {
        "false_gaps": (_("预计误列（户）"), _("列为未参保、其实已参保；谁也认不出的也估在内")),
        "covered_branches": (
            _("此外预计由总公司参保的分支机构（户）"),
            _("名单上看不出，请先问总公司；滑块不改变它"),
        ),
        "missed_gaps": (_("预计漏列（户）"), _("认成已参保、其实未参保")),
        "reviews": (_("人工要看（对）"), _("认定前不算未参保")),
        "wanted": (_("值得看的（对）"), _("不设上限时")),
        "visits": (_("走访（户）"), _("按名次加减")),
        "persons": (_("预计新增参保（人）"), ""),
    }
    sides = (
        _format_figures(estimate.now, estimate.planned),
        _format_figures(estimate.then, estimate.visits),
    )
    if covered:
        for side in sides:
            side["covered_branches"] = _format_error(covered)
    return [
        (name, label, *(side[name] for side in sides), remark)
        for name, (label, remark) in words.items()
        if name in sides[0]
    ]


def _format_figures(prices: PriceEstimate, visits: MoreVisits) -> dict[str, str]:
    return {
        **{n: _format_error(prices.errors[n]) for n in ("false_gaps", "missed_gaps")},
        "reviews": format_number(prices.reviews),
        "wanted": format_number(prices.wanted),
        "visits": format_number(visits.planned + visits.added),
        "persons": format_number(visits.planned_persons + visits.added_persons),
    }


def _format_error(error: Mapping[str, float]) -> str:
    value, low, high = (format_number(error[key], 1) for key in ("value", "low", "high"))
    least = _("不足 {n}").format(n=format_number(_SMALLEST, 1))
    shown = least if error["value"] < _SMALLEST else value
    if error["high"] < _SMALLEST:
        return shown
    if error["low"] < _SMALLEST:
        return _("{n}，最多 {high}").format(n=shown, high=high)
    return f"{shown}  ({low}～{high})"
