"""The page of one firm."""

from urllib.parse import urlsplit

from gapmatch.api.stores import open_store
from gapmatch.desk.firm_model import FirmPage, build_firm_page
from gapmatch.desk.results_model import list_tier_labels
from gapmatch.desk.routes import DeskRequest, Response, Route
from gapmatch.desk.stored_quarter import load_quarter


async def _show_firm(request: DeskRequest) -> Response:
    """Show what is known of a firm in a quarter."""
    firm = int(request.values["firm"])

    def build() -> FirmPage:
        stored = load_quarter(request.workspace, request.query.get("quarter"))
        with open_store(request.workspace) as store:
            return build_firm_page(stored, store, firm)

    page = await request.call(build)
    back, tiers = _find_list(request), list_tier_labels()
    return await request.render("firm.html", place="results", page=page, back=back, tiers=tiers)


def _find_list(request: DeskRequest) -> str:
    """Return the address of the list of firms that led here; empty if another page did."""
    came = urlsplit(request.header("referer"))
    is_list = f"{came.scheme}://{came.netloc}" == request.session.origin and came.path == "/firms"
    return f"{came.path}?{came.query}" if is_list else ""


ROUTES: tuple[Route, ...] = (Route(r"/firm/(?P<firm>\d{1,9})$", _show_firm),)
