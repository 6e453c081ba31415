"""Results: the bridge, the groups, lists of firms."""

from gapmatch.desk.firm_filter import FirmFilter
from gapmatch.desk.results_model import build_firms_page, build_results_page
from gapmatch.desk.routes import DeskRequest, Response, Route
from gapmatch.desk.stored_quarter import has_quarters, load_quarter


async def _show_results(request: DeskRequest) -> Response:
    """Show the bridge of a quarter and its groups."""
    if not await request.call(has_quarters, request.workspace):
        return await request.render("no_results.html", place="results")
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
    return await request.render("firms.html", place="results", page=page)


ROUTES: tuple[Route, ...] = (
    Route(r"/results$", _show_results),
    Route(r"/firms$", _list_firms),
)
