"""One firm of a quarter, and the papers for its visitor."""

from urllib.parse import urlsplit

from gapmatch.api.papers import write_slips
from gapmatch.api.stores import open_store
from gapmatch.desk.firm_model import build_firm_page
from gapmatch.desk.results_model import list_tier_labels
from gapmatch.desk.routes import DeskRequest, Response, Route
from gapmatch.desk.stored_quarter import load_quarter


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
    Route(r"/firm/(?P<firm>\d{1,9})$", _show_firm, needs_quarter=True),
    Route(r"/firm/(?P<firm>\d{1,9})/slip$", _write_slip, "POST"),
)
