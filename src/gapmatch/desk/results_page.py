"""Results: the bridge, the groups, lists of firms, one firm."""

from urllib.parse import urlsplit

from gapmatch.api.stores import open_store
from gapmatch.desk.firm_filter import FirmFilter
from gapmatch.desk.firm_model import build_firm_page
from gapmatch.desk.results_model import (
    build_firms_page,
    build_list_book,
    build_results_page,
    list_tier_labels,
)
from gapmatch.desk.routes import DeskRequest, Response, Route
from gapmatch.desk.stored_quarter import load_quarter
from gapmatch.i18n import _

WORKBOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


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


async def _show_firm(request: DeskRequest) -> Response:
    """Show what is known of a firm in a quarter."""
    firm = int(request.values["firm"])

    def build() -> object:
        stored = load_quarter(request.workspace, request.query.get("quarter"))
        with open_store(request.workspace) as store:
            return build_firm_page(stored, store, firm)

    page = await request.call(build)
    back, tiers = _find_list(request), list_tier_labels()
    return await request.render(
        "firm.html", place="results", page=page, list_address=back, tiers=tiers
    )


async def _write_slip(request: DeskRequest) -> Response:
    """Write the one page for the visitor of a firm, and send it."""
    from gapmatch.api.papers import write_slips  # the first page is shown without it

    fields = await request.form()
    quarter, firm = fields.get("quarter", ""), int(request.values["firm"])
    written = await request.call(
        write_slips,
        quarter,
        workspace=request.workspace,
        firm=firm,
        letters=fields.get("make") == "letters",
        with_contacts="contacts" in fields,
    )
    path = written.files[0]
    return request.download(path, f"{quarter}_{path.name}")


def _find_list(request: DeskRequest) -> str:
    """Return the address of the list of firms that led here; empty if another page did."""
    came = urlsplit(request.header("referer"))
    is_list = f"{came.scheme}://{came.netloc}" == request.session.origin and came.path == "/firms"
    return f"{came.path}?{came.query}" if is_list else ""


ROUTES: tuple[Route, ...] = (
    Route(r"/results$", _show_results, needs_quarter=True),
    Route(r"/firms$", _list_firms, needs_quarter=True),
    Route(r"/firm/(?P<firm>\d{1,9})$", _show_firm, needs_quarter=True),
    Route(r"/firm/(?P<firm>\d{1,9})/slip$", _write_slip, "POST"),
    Route(r"/firms/download$", _download_firms, needs_quarter=True),
)
