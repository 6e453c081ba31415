"""What the page of trials shows: sliders, and what other prices and budgets would bring."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import polars as pl

from gapmatch.api.what_if import (
    PRICES,
    SettingsEstimate,
    estimate_from_frames,
    read_own_prices,
)
from gapmatch.desk.stored_quarter import StoredQuarter
from gapmatch.desk.value_formats import format_number
from gapmatch.i18n import _
from gapmatch.linkage.price_estimate import PriceEstimate
from gapmatch.rank.more_visits import MoreVisits
from gapmatch.vocabulary.labels import label_county

_MAX_COUNTIES = 15


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


class FigureRow(NamedTuple):
    """A figure as it is now, and as it would be; ``name``: for the script."""

    name: str
    label: str
    now: str
    then: str
    remark: str


@dataclass(frozen=True)
class WhatIfPage:
    """The sliders and what they bring."""

    quarter: str
    quarters: Sequence[str]
    sliders: Sequence[Slider]
    rows: Sequence[FigureRow]
    counties: Sequence[tuple[str, int, int, float]]
    """County, visits planned, visits more, persons expected of these."""
    snippet: str

    def as_texts(self) -> dict[str, str]:
        """Return what a script puts into the page: name to text."""
        return {row.name: row.then for row in self.rows} | {"snippet": self.snippet}


def build_whatif_page(stored: StoredQuarter, wanted: Mapping[str, float]) -> WhatIfPage:
    """Return the page for prices and ``visits`` that differ from the run's.

    Raises ``InputError`` for a price that cannot be.
    """
    own = read_own_prices(stored.settings)
    counties = stored.results.firms.select("firm", county="county_name")
    targets = stored.results.targets.join(counties, on="firm", how="left")
    prices = {name: wanted[name] for name in PRICES if name in wanted}
    visits = int(wanted["visits"]) if "visits" in wanted else None
    estimate = estimate_from_frames(stored.results.links, targets, own, (prices, visits))
    held = {name: float(getattr(own, name)) for name in PRICES}
    held["visits"] = float(estimate.planned.planned)
    return WhatIfPage(
        quarter=stored.quarter,
        quarters=stored.quarters,
        sliders=_list_sliders(held, {**held, **wanted}, targets, estimate.now),
        rows=_list_rows(estimate),
        counties=_list_counties(estimate.visits),
        snippet=_write_snippet(held, prices),
    )


def _list_sliders(
    own: Mapping[str, float],
    wanted: Mapping[str, float],
    targets: pl.DataFrame,
    now: PriceEstimate,
) -> list[Slider]:
    """Return the sliders; their ranges hold what the run had and what is asked for."""
    budget = max(100.0, 2 * now.wanted, 1.5 * own["review_budget"])
    rows = (
        (
            "price_false_gap",
            _("误列一户的代价"),
            _("把已参保的列为未参保，白跑一趟"),
            0.5,
            10.0,
            0.1,
        ),
        (
            "price_missed_gap",
            _("漏列一户的代价"),
            _("把未参保的当成已参保，没人去查"),
            0.5,
            10.0,
            0.1,
        ),
        ("price_review", _("人工核对一对的代价"), _("越贵，留给人看的越少"), 0.01, 1.0, 0.01),
        ("review_budget", _("最多核对多少对"), _("一季看得过来的对数"), 0.0, budget, 1.0),
        ("visits", _("走访多少户"), _("全市一季走得过来的户数"), 0.0, float(targets.height), 1.0),
    )
    return [
        Slider(
            name=name,
            label=label,
            remark=remark,
            value=wanted[name],
            own=own[name],
            low=min(low, own[name], wanted[name]),
            high=max(high, own[name], wanted[name]),
            step=step,
        )
        for name, label, remark, low, high, step in rows
    ]


def _list_rows(estimate: SettingsEstimate) -> list[FigureRow]:
    now, then = estimate.now, estimate.then
    planned, visits = estimate.planned, estimate.visits
    persons = [v.planned_persons + v.added_persons for v in (planned, visits)]
    return [
        FigureRow(
            "false_gaps",
            _("预计误列（户）"),
            _format_error(now, "false_gaps"),
            _format_error(then, "false_gaps"),
            _("列为未参保、其实已参保的；括号里是 95% 的范围"),
        ),
        FigureRow(
            "missed_gaps",
            _("预计漏列（户）"),
            _format_error(now, "missed_gaps"),
            _format_error(then, "missed_gaps"),
            _("认成已参保、其实未参保的"),
        ),
        FigureRow(
            "reviews",
            _("要人工核对（对）"),
            format_number(now.reviews),
            format_number(then.reviews),
            _("认定前不算未参保"),
        ),
        FigureRow(
            "wanted",
            _("值得核对（对）"),
            format_number(now.wanted),
            format_number(then.wanted),
            _("不论最多核对多少；比上面多出的是看不过来的"),
        ),
        FigureRow(
            "open_firms",
            _("没有对应单位（户）"),
            format_number(now.open_firms),
            format_number(then.open_firms),
            _("疑似未参保、疑似未经营和不在范围的合计"),
        ),
        FigureRow(
            "visits",
            _("走访（户）"),
            format_number(planned.planned + planned.added),
            format_number(visits.planned + visits.added),
            _("按名次加减，不看县区名额"),
        ),
        FigureRow(
            "persons",
            _("预计新增参保（人）"),
            format_number(persons[0]),
            format_number(persons[1]),
            _("每户预计人数之和"),
        ),
    ]


def _format_error(estimate: PriceEstimate, name: str) -> str:
    error = estimate.errors[name]
    value, low, high = (format_number(error[key], 1) for key in ("value", "low", "high"))
    return f"{value}  ({low}～{high})"


def _list_counties(visits: MoreVisits) -> list[tuple[str, int, int, float]]:
    rows = visits.counties.head(_MAX_COUNTIES).rows()
    return [(label_county(county), *numbers) for county, *numbers in rows]


def _write_snippet(own: Mapping[str, float], prices: Mapping[str, float]) -> str:
    """Return the lines of ``gapmatch.toml`` that make the prices hold; empty if none differs."""
    changed = {name: price for name, price in prices.items() if price != own[name]}
    if not changed:
        return ""
    return "\n".join(["[linkage]", *(f"{name} = {price:g}" for name, price in changed.items())])
