"""The first page: results if there are any, else the files."""

from gapmatch.desk.routes import DeskRequest, Response, Route
from gapmatch.workspace_files import DATABASE_NAME


async def _go_on(request: DeskRequest) -> Response:
    """Go to where the work of a quarter goes on."""
    has_quarters = (request.workspace / DATABASE_NAME).is_file()
    return request.redirect("/results" if has_quarters else "/files")


ROUTES: tuple[Route, ...] = (Route(r"/$", _go_on),)
