"""What if: prices and budgets moved by sliders, reckoned before anything is run again."""

from gapmatch.api.setting_changes import set_prices
from gapmatch.api.what_if import PRICES, read_own_prices
from gapmatch.desk.routes import DeskRequest, Response, Route
from gapmatch.desk.stored_quarter import load_quarter
from gapmatch.desk.whatif_model import WhatIfPage, build_whatif_page
from gapmatch.errors import InputError
from gapmatch.i18n import _

SETTINGS = (*PRICES, "visits")


async def _show_page(request: DeskRequest) -> Response:
    """Show the sliders."""
    page = await request.call(_build, request)
    return await request.render("whatif.html", place="whatif", page=page)


async def _estimate(request: DeskRequest) -> Response:
    """Return the figures for a script."""
    page = await request.call(_build, request)
    return request.json(page.as_texts())


async def _write_prices(request: DeskRequest) -> Response:
    """Write the prices that differ from the run's into the settings."""
    fields = await request.form()
    given = {name: _read_number(fields[name]) for name in PRICES if fields.get(name)}

    def write() -> int:
        own = read_own_prices(load_quarter(request.workspace, fields.get("quarter")).settings)
        changed = {name: price for name, price in given.items() if price != getattr(own, name)}
        if changed:
            set_prices(changed, workspace=request.workspace)
        return len(changed)

    count = await request.call(write)
    note = _("已写入 gapmatch.toml：{count} 项；到“文件”页再运行一次本季才生效")
    words = note.format(count=count) if count else _("没有改动")
    return request.redirect("/whatif", words)


def _build(request: DeskRequest) -> WhatIfPage:
    stored = load_quarter(request.workspace, request.query.get("quarter"))
    given = {name: request.query[name] for name in SETTINGS if request.query.get(name)}
    return build_whatif_page(stored, {name: _read_number(t) for name, t in given.items()})


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
    Route(r"/whatif/keep$", _write_prices, "POST"),
)
