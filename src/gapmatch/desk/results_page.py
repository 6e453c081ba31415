"""Results: the bridge, the groups, lists of firms."""

from gapmatch.desk.firm_filter import FirmFilter
from gapmatch.desk.results_model import (
    build_firms_page,
    build_list_book,
    build_results_page,
    list_tier_labels,
)
from gapmatch.desk.routes import WORKBOOK_TYPE, DeskRequest, Response, Route
from gapmatch.desk.stored_quarter import load_quarter
from gapmatch.i18n import _


async def _show_results(request: DeskRequest) -> Response:
    """Show the bridge of a quarter and its groups."""
    county = request.query.get("county", "")

    def build() -> object:
        stored = load_quarter(request.workspace, request.query.get("quarter"))
        return build_results_page(stored, county if county in stored.counties else "")

    page = await request.call(build)
    return await request.render("results.html", place="results", page=page)


async def _list_firms(request: DeskRequest) -> Response:
    """Show the firms that pass the filters of the address."""
    filters = FirmFilter.from_query(request.query)
    place = request.query.get("page", "")

    def build() -> object:
        stored = load_quarter(request.workspace, filters.quarter)
        return build_firms_page(stored, filters, int(place) if place.isdecimal() else 1)

    page = await request.call(build)
    tiers = list_tier_labels()
    return await request.render("firms.html", place="results", page=page, tiers=tiers)


async def _download_firms(request: DeskRequest) -> Response:
    """Send the firms that pass the filters of the address as a workbook, without persons."""
    filters = FirmFilter.from_query(request.query)
    stored = await request.call(load_quarter, request.workspace, filters.quarter)
    content = await request.call(build_list_book, stored, filters)
    words = _("企业名单")
    name = f"{stored.quarter}_{words}.xlsx"
    return request.attachment(content, name, WORKBOOK_TYPE)


ROUTES: tuple[Route, ...] = (
    Route(r"/results$", _show_results, needs_quarter=True),
    Route(r"/firms$", _list_firms, needs_quarter=True),
    Route(r"/firms/download$", _download_firms, needs_quarter=True),
)
