"""The desk as a plugin of Datasette: its routes, templates and files, behind the guard.

Datasette brings the router, requests and answers, and Jinja2. Its own pages are not reachable: the
last route of the desk answers every other path.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from socket import socket
from threading import Event, Thread
from typing import TYPE_CHECKING, NamedTuple

from datasette import hookimpl
from datasette.app import Datasette
from datasette.plugins import pm
from datasette.utils.asgi import Response as HttpResponse
from markupsafe import Markup

from gapmatch import __version__
from gapmatch.desk.desk_session import DeskSession
from gapmatch.desk.guard import DeskGuard
from gapmatch.desk.routes import (
    CSRF_FIELD,
    DeskRequest,
    ForeignFormError,
    NotFoundError,
    Response,
    Route,
)
from gapmatch.desk.value_formats import (
    format_chance,
    format_moment,
    format_number,
    format_share,
    format_size,
)
from gapmatch.errors import GapmatchError
from gapmatch.i18n import _, get_language, pgettext
from gapmatch.loopback import Application, hide_tracebacks, serve_app
from gapmatch.wording.review_words import describe_review_duty

if TYPE_CHECKING:
    from datasette.utils.asgi import Request as HttpRequest
    from jinja2 import Environment

LOG = logging.getLogger("gapmatch.desk")
PAGES = {
    "": "files_page",
    "files": "files_page",
    "results": "results_page",
    "firms": "results_page",
    "firm": "firm_page",
    "review": "review_page",
    "returns": "returns_page",
    "whatif": "whatif_page",
    "papers": "papers_page",
    "safekeeping": "safekeeping_page",
}
"""First part of the path to the module with its ``ROUTES``, which is imported when it is asked for:
the first page is shown while the libraries behind the others are still to be loaded."""

FIRST_PLACES = ("", "files", "results")
"""First parts of the paths that wait for the libraries of the first page alone."""
MAX_WARM_UP_SECONDS = 60.0
_IS_READY, _IS_SHOWN, _IS_WARM = Event(), Event(), Event()
"""Whether the first page is imported, was shown, and all pages are imported. Two threads that
import one package may deadlock: a request waits until nothing that it needs is being imported.
"""
_IS_READY.set()
_IS_WARM.set()
HERE = Path(__file__).parent
STATIC_FILES = {"desk.css": "text/css; charset=utf-8", "desk.js": "text/javascript; charset=utf-8"}
View = Callable[["HttpRequest"], Awaitable[Response]]


class DeskServer(Datasette):  # type: ignore[misc]  # Datasette has no types
    """Datasette without databases, with the pages of one desk."""

    def __init__(self, session: DeskSession) -> None:
        self.session = session  # before the constructor, which asks the plugins
        register_plugin()
        hide_tracebacks()
        super().__init__(
            files=[],
            template_dir=str(HERE / "templates"),
            settings={"num_sql_threads": 1, "allow_download": False, "default_allow_sql": False},
        )


class DeskPlugin:
    """What Datasette asks its plugins for; other servers of this process get nothing."""

    __name__ = "gapmatch-desk"  # no module's: Datasette would serve its folders everywhere

    @hookimpl
    def register_routes(self, datasette: Datasette) -> list[tuple[str, View]]:
        """Return the patterns of the desk's paths and their views; the last one fits them all."""
        if not isinstance(datasette, DeskServer):
            return []
        static = (r"^/static/(?P<name>[\w.]+)$", _send_static)
        return [static, (r"^/.*$", _make_view(datasette))]

    @hookimpl
    def prepare_jinja2_environment(self, env: "Environment", datasette: Datasette) -> None:
        """Add texts, formats and the hidden field of forms."""
        if isinstance(datasette, DeskServer):
            prepare_environment(env, datasette.session)

    @hookimpl
    def skip_csrf(self, datasette: Datasette) -> bool:
        """Switch Datasette's check off: the desk's is bound to the session."""
        return isinstance(datasette, DeskServer)

    @hookimpl
    def asgi_wrapper(self, datasette: Datasette) -> Callable[[Application], Application]:
        """Put the guard before everything."""

        def wrap(app: Application) -> Application:
            return DeskGuard(app, datasette.session) if isinstance(datasette, DeskServer) else app

        return wrap


@cache
def register_plugin() -> None:
    """Make the desk known to Datasette, once."""
    pm.register(DeskPlugin())


def _make_view(server: DeskServer) -> View:
    async def answer(request: "HttpRequest") -> Response:
        desk_request = DeskRequest(server, server.session, request)
        try:
            await desk_request.check_form()
            place = desk_request.raw_path.split("/")[1]
            is_first = desk_request.method == "GET" and place in FIRST_PLACES
            await desk_request.call(_wait_for_imports, is_first=is_first)
            routes = await desk_request.call(load_routes, desk_request.raw_path)
            route = _find_route(routes, desk_request)
            if route.needs_quarter:
                desk_request.next_run = await desk_request.call(_find_next_run, desk_request)
                if desk_request.next_run is None:
                    job = await desk_request.call(_read_job, desk_request)
                    return await desk_request.render("no_results.html", place=place, job=job)
            return await route.view(desk_request)
        except Exception as error:  # whatever it is, no traceback reaches a user
            return await _answer_error(desk_request, error)
        finally:
            if desk_request.raw_path != "/":  # which leads to the first page
                _IS_SHOWN.set()

    return answer


def _wait_for_imports(*, is_first: bool) -> None:
    if is_first:
        _IS_READY.wait(MAX_WARM_UP_SECONDS)
    else:
        _IS_SHOWN.set()  # the browser shows an older page
        _IS_WARM.wait(MAX_WARM_UP_SECONDS)


def _find_next_run(request: DeskRequest) -> object:
    from gapmatch.desk.stored_quarter import find_next_run

    return find_next_run(request.workspace)


def _read_job(request: DeskRequest) -> object:
    from gapmatch.desk.jobs import read_state

    return read_state(request.workspace)


def load_routes(path: str) -> Sequence[Route]:
    """Return the routes of the module whose paths begin like ``path``."""
    module = PAGES.get(path.split("/")[1])
    return import_module(f"gapmatch.desk.{module}").ROUTES if module else ()


def warm_up(workspace: Path) -> None:
    """Prepare what the first page shows while the browser opens, then import the other pages."""
    try:
        for place in FIRST_PLACES:
            load_routes(f"/{place}")
        with suppress(GapmatchError):  # the page itself says what is wrong
            _prepare_first_page(workspace)
    finally:
        _IS_READY.set()
    _IS_SHOWN.wait(MAX_WARM_UP_SECONDS)  # importing would make it slower
    try:
        for place in PAGES:
            load_routes(f"/{place}")
    finally:
        _IS_WARM.set()


def _prepare_first_page(workspace: Path) -> None:
    from gapmatch.desk.results_model import build_results_page
    from gapmatch.desk.stored_quarter import find_next_run, load_quarter

    if find_next_run(workspace) is not None:
        build_results_page(load_quarter(workspace))


def _find_route(routes: Sequence[Route], request: DeskRequest) -> Route:
    for route in routes:
        if route.method == request.method and request.match(route.pattern):
            return route
    raise NotFoundError(
        _("没有这个页面：{path}").format(path=request.path), _("请从上面的目录进入。")
    )


async def _answer_error(request: DeskRequest, error: Exception) -> Response:
    """Return a page, or for scripts an object, with what is wrong and what to do."""
    if not isinstance(error, GapmatchError):
        LOG.error("%s %s", request.method, request.path, exc_info=error)
        error = GapmatchError(
            _("程序出错了：{kind}").format(kind=type(error).__name__),
            _("已有结果不受影响。请把启动窗口里的内容发给维护人员，然后刷新页面。"),
        )
        status = 500
    else:
        status = {NotFoundError: 404, ForeignFormError: 403}.get(type(error), 400)
    words = {"message": error.message, "remedy": error.remedy}
    if request.wants_json:
        return request.json(words, status)
    try:
        return await request.render("error.html", status=status, **words)
    except Exception:  # the templates themselves are at fault
        LOG.exception("error.html")
        return HttpResponse.text(str(error), status=status)


def prepare_environment(env: "Environment", session: DeskSession) -> None:
    """Give the templates texts, formats and the session's hidden field."""
    field = Markup('<input type="hidden" name="{}" value="{}">').format(CSRF_FIELD, session.csrf)
    env.globals |= {
        "_": _,
        "pgettext": pgettext,
        "language": lambda: "en" if get_language() == "en" else "zh-CN",
        "navigation": list_navigation,
        "csrf_field": lambda: field,
        "review_duty": lambda: describe_review_duty(get_language()),
        "csrf_secret": session.csrf,
        "workspace_name": session.workspace.resolve().name,
        "version": __version__,
    }
    env.filters |= {
        "number": format_number,
        "share": format_share,
        "chance": format_chance,
        "moment": format_moment,
        "size": format_size,
    }
    env.trim_blocks = env.lstrip_blocks = True


class NavigationEntry(NamedTuple):
    """An entry of the navigation; ``place``: how a page names its own."""

    place: str
    path: str
    label: str


def list_navigation() -> list[NavigationEntry]:
    """Return the pages in the order of a quarter's work."""
    labels = {
        "files": pgettext("page", "文件"),
        "results": pgettext("page", "结果"),
        "review": _("逐对认定"),
        "papers": _("资料"),
        "returns": _("回传"),
        "whatif": _("试算"),
        "safekeeping": _("保管"),
    }
    return [NavigationEntry(place, f"/{place}", label) for place, label in labels.items()]


async def _send_static(request: "HttpRequest") -> Response:
    """Return one of the files that are listed here; no path is made of what was asked for."""
    kind = STATIC_FILES.get(request.url_vars["name"])
    if kind is None:
        return HttpResponse.text("404", status=404)
    return HttpResponse(_read_static(request.url_vars["name"]), content_type=kind)


@cache
def _read_static(name: str) -> bytes:
    return (HERE / "static" / name).read_bytes()


def run_server(session: DeskSession, listening: socket) -> None:
    """Serve until interrupted, on a socket that listens already."""
    for event in (_IS_READY, _IS_SHOWN, _IS_WARM):
        event.clear()
    Thread(target=warm_up, args=[session.workspace], daemon=True).start()
    serve_app(DeskServer(session).app(), listening)
