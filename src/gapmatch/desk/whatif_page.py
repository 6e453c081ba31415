"""What if: prices and budgets moved by sliders, reckoned before anything is run again."""

from gapmatch.desk.routes import DeskRequest, Response, Route
from gapmatch.desk.stored_quarter import has_quarters, load_quarter
from gapmatch.desk.whatif_model import WhatIfPage, build_whatif_page
from gapmatch.errors import InputError
from gapmatch.i18n import _

SETTINGS = ("price_false_gap", "price_missed_gap", "price_review", "review_budget", "visits")


async def _show_page(request: DeskRequest) -> Response:
    """Show the sliders."""
    if not await request.call(has_quarters, request.workspace):
        return await request.render("no_results.html", place="whatif")
    page = await request.call(_build, request)
    return await request.render("whatif.html", place="whatif", page=page)


async def _estimate(request: DeskRequest) -> Response:
    """Return the figures for a script."""
    page = await request.call(_build, request)
    return request.json(page.as_texts())


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
    Route(r"/whatif$", _show_page),
    Route(r"/whatif/estimate$", _estimate),
)
