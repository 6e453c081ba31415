"""What if: prices and budgets moved by sliders, reckoned before anything is run again."""

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from gapmatch.api.setting_changes import set_capacity, set_prices
from gapmatch.api.what_if import read_own_prices
from gapmatch.desk.routes import DeskRequest, Response, Route
from gapmatch.desk.stored_quarter import StoredQuarter, load_quarter
from gapmatch.desk.whatif_model import WhatIfPage, build_whatif_page, list_saved
from gapmatch.errors import InputError
from gapmatch.i18n import _
from gapmatch.settings.load import PRICES, load_workspace_settings

SETTINGS = (*PRICES, "visits")


async def _show_page(request: DeskRequest) -> Response:
    """Show the sliders."""
    page = await request.call(_build, request)
    return await request.render("whatif.html", place="whatif", page=page)


async def _estimate(request: DeskRequest) -> Response:
    """Return the figures for a script."""
    page = await request.call(_build, request)
    return request.json(page.as_texts())


async def _write_settings(request: DeskRequest) -> Response:
    """Write the prices and the visits that differ from the settings into them."""
    fields = await request.form()
    count = await request.call(_write_changes, request.workspace, fields)
    note = _("已记入设置：{count} 项；再运行一次才生效").format(count=count)
    return request.redirect("/whatif", note if count else _("没有改动"))


def _write_changes(workspace: Path, fields: Mapping[str, str]) -> int:
    stored = load_quarter(workspace, fields.get("quarter"))
    settings = load_workspace_settings(workspace)
    given = {name: _read_number(fields[name]) for name in PRICES if fields.get(name)}
    saved, own = list_saved(stored, settings), read_own_prices(stored.settings)
    shown = {name: saved.get(name, getattr(own, name)) for name in PRICES}
    prices = {name: price for name, price in given.items() if price != shown[name]}
    if prices:
        set_prices(prices, workspace=workspace)
    current = settings.capacity
    wanted: dict[str, int | None] = {}
    for place, county in enumerate(stored.counties):
        text = fields.get(f"quota-{place}", "").strip()
        if f"quota-{place}" in fields:
            wanted[county] = int(_read_number(text)) if text else None
    wanted["total"] = _read_total(fields, stored, current.get("total"), saved.get("visits"))
    visits = {name: count for name, count in wanted.items() if count != current.get(name)}
    if visits:
        set_capacity(visits, workspace=workspace)
    return len(prices) + len(visits)


def _read_total(
    fields: Mapping[str, str], stored: StoredQuarter, held: int | None, saved: float | None
) -> int | None:
    """Return the visits of all counties together; null: each has its own number, or the default.

    ``held``: as the settings have it; ``saved``: the same if the slider began there. A slider that
    was moved goes before the box; moved back to what the run had, it is the run's.
    """
    planned = stored.firms.filter(pl.col("tier") == "A").height
    own = stored.settings.get("capacity", {}).get("total")
    shown = planned if saved is None else int(saved)
    moved = int(_read_number(fields["visits"])) if fields.get("visits") else shown
    if moved != shown:
        return own if moved == planned else moved
    if "by-county" in fields:
        return None
    return own if held is None and "has-total" in fields else held


def _build(request: DeskRequest) -> WhatIfPage:
    stored = load_quarter(request.workspace, request.query.get("quarter"))
    given = {name: request.query[name] for name in SETTINGS if request.query.get(name)}
    numbers = {name: _read_number(text) for name, text in given.items()}
    return build_whatif_page(stored, numbers, load_workspace_settings(request.workspace))


def _read_number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 10_000_000:  # not a number fails too
        raise InputError(_("不是能用的数：{text}").format(text=text[:40]), _("请移动滑块再试。"))
    return number


ROUTES: tuple[Route, ...] = (
    Route(r"/whatif$", _show_page, needs_quarter=True),
    Route(r"/whatif/estimate$", _estimate),
    Route(r"/whatif/keep$", _write_settings, "POST"),
)
