"""The page of one firm."""

from gapmatch.api.stores import open_store
from gapmatch.desk.firm_model import FirmPage, build_firm_page
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
    return await request.render("firm.html", place="results", page=page)


ROUTES: tuple[Route, ...] = (Route(r"/firm/(?P<firm>\d{1,9})$", _show_firm),)
