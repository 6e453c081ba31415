"""The page of the extracts: dropped, recognised, checked, run."""

from gapmatch.desk.routes import DeskRequest, Response, Route


async def _show_files(request: DeskRequest) -> Response:
    return await request.render("files.html", place="files")


ROUTES: tuple[Route, ...] = (Route(r"/files$", _show_files),)
