"""What a page of the desk is made of: routes, and the request that a view receives."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, TypeAlias, TypeVar
from urllib.parse import parse_qs, quote, unquote

from datasette.utils.asgi import AsgiFileDownload
from datasette.utils.asgi import Response as HttpResponse

from gapmatch.desk.desk_session import DeskSession, is_secret
from gapmatch.desk.practice import is_practice
from gapmatch.errors import BusyError, GapmatchError, InputError
from gapmatch.i18n import _

if TYPE_CHECKING:
    from datasette.app import Datasette
    from datasette.utils.asgi import Request as HttpRequest

Response: TypeAlias = Any
"""Datasette's ``Response`` or ``AsgiFileDownload``, which have no types."""

MAX_FORM_BYTES = 1_000_000
MAX_WAITING_SECONDS, WAITING_SECONDS = 2.0, 0.1
NOTE_COOKIE = "gapmatch-note"
WARNING = "!"
WORKBOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSRF_FIELD, CSRF_HEADER = "csrftoken", "x-csrftoken"

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class NotFoundError(GapmatchError):
    """There is no such page, firm or file."""


class ForeignFormError(GapmatchError):
    """A form was sent without the secret that the desk's own forms hold."""


@dataclass(frozen=True)
class Route:
    """The view that answers a path; ``pattern``: of the whole path, groups become ``values``."""

    pattern: str
    view: "Callable[[DeskRequest], Awaitable[Response]]"
    method: Literal["GET", "POST"] = "GET"
    needs_quarter: bool = False
    """Whether there is nothing to show before a quarter was run."""


class DeskRequest:
    """A request to the desk, and the ways to answer it."""

    def __init__(self, datasette: "Datasette", session: DeskSession, http: "HttpRequest") -> None:
        self._datasette = datasette
        self._http = http
        self._form: dict[str, list[str]] | None = None
        self.session = session
        self.values: Mapping[str, str] = {}
        self.next_run: object = None
        """What base.html shows of decisions that wait for a run (``NextRun``)."""

    @property
    def workspace(self) -> Path:
        """The folder of the workspace."""
        return self.session.workspace

    @property
    def method(self) -> str:
        """``GET`` or ``POST``."""
        method = str(self._http.method)
        return "GET" if method == "HEAD" else method

    @property
    def path(self) -> str:
        """The path without the query."""
        return unquote(self.raw_path)

    @property
    def raw_path(self) -> str:
        """The path as it was sent, without the query."""
        return str(self._http.path)

    def match(self, pattern: str) -> bool:
        """Return whether the whole path fits ``pattern``; its named groups become ``values``."""
        found = re.fullmatch(pattern.removesuffix("$"), self.raw_path)
        if found is not None:
            groups = found.groupdict()
            self.values = {name: unquote(text) for name, text in groups.items() if text is not None}
        return found is not None

    @cached_property
    def query_lists(self) -> Mapping[str, list[str]]:
        """The query: name to all its values."""
        return parse_qs(self._http.query_string, keep_blank_values=True)

    @cached_property
    def query(self) -> Mapping[str, str]:
        """The query: name to its first value."""
        return {name: values[0] for name, values in self.query_lists.items()}

    @property
    def wants_json(self) -> bool:
        """Whether a script asks, not a page."""
        return "application/json" in self.header("accept")

    def header(self, name: str) -> str:  # a noun, as in other libraries
        """Return the header ``name``; empty if there is none."""
        return str(self._http.headers.get(name, ""))

    async def form_lists(self) -> dict[str, list[str]]:
        """Return the fields of the form that was sent, with all their values."""
        if self._form is None:
            body = b"".join([part async for part in self.stream(MAX_FORM_BYTES)])
            self._form = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)
        return self._form

    async def form(self) -> dict[str, str]:
        """Return the fields of the form that was sent, with their first value."""
        return {name: values[0] for name, values in (await self.form_lists()).items()}

    async def stream(self, max_bytes: int) -> AsyncIterator[bytes]:
        """Yield the body; raise ``InputError`` beyond ``max_bytes`` or if it breaks off."""
        count, is_more = 0, True
        while is_more:
            message = await self._http.receive()
            if message["type"] != "http.request":
                raise InputError(_("传送中断，没有收完"), _("请重新选择文件。"))
            part = message.get("body", b"")
            count += len(part)
            if count > max_bytes:
                raise InputError(
                    _("超过了大小限制：{limit} MB").format(limit=max_bytes // 1_000_000),
                    _("请拆成几个文件，或在 gapmatch.toml 中调高 [desk] max_upload_mb。"),
                )
            yield part
            is_more = message.get("more_body", False)

    async def check_form(self) -> None:
        """Raise ``ForeignFormError`` if a form does not hold the session's secret."""
        if self.method != "POST" or is_secret(self.header(CSRF_HEADER), self.session.csrf):
            return
        kind = self.header("content-type").partition(";")[0].strip()
        fields = await self.form() if kind == "application/x-www-form-urlencoded" else {}
        if not is_secret(fields.get(CSRF_FIELD, ""), self.session.csrf):
            raise ForeignFormError(
                _("表单不是这次启动的页面发出的，没有执行"), _("请刷新页面后再试。")
            )

    async def call(
        self,
        function: Callable[Arguments, Result],
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Result:
        """Run ``function`` in a thread: other tabs are answered meanwhile.

        Somebody else who writes for a moment is waited for: nothing was done before the lock.
        """
        end = time.monotonic() + MAX_WAITING_SECONDS
        while True:
            try:
                return await asyncio.to_thread(function, *args, **kwargs)
            except BusyError:
                if time.monotonic() > end:
                    raise
                await asyncio.sleep(WAITING_SECONDS)

    async def render(self, template: str, *, status: int = 200, **context: Any) -> Response:  # noqa: ANN401
        """Return the page that ``template`` makes of ``context``."""
        note = unquote(self._http.cookies.get(NOTE_COOKIE, ""))
        shown = {
            "place": "",
            "note": note.lstrip(WARNING),
            "is_warning": note.startswith(WARNING),
            "next_run": self.next_run,
            "back": self._find_way_back(),
        }
        shown |= {"is_practice": is_practice(self.workspace), **context}
        body = await self._datasette.render_template(template, shown, request=self._http)
        response = HttpResponse.html(body, status=status)
        if note:
            response.set_cookie(NOTE_COOKIE, "", max_age=0, httponly=True, samesite="strict")
        return response

    def _find_way_back(self) -> str:
        """Return the address of the page; what a form answered has none, its section has."""
        if self.method == "POST":
            return "/" + self.raw_path.split("/")[1]
        return "?".join(filter(None, (self.raw_path, self._http.query_string)))

    def redirect(self, path: str, note: str = "") -> Response:
        """Return the way to another page of the desk, which shows ``note`` once.

        A note that begins with ``WARNING`` is of something that was not done.
        """
        response = HttpResponse.redirect("/" + path.lstrip("/\\"), status=303)
        if note:
            response.set_cookie(NOTE_COOKIE, quote(note), httponly=True, samesite="strict")
        return response

    def json(self, data: object, status: int = 200) -> Response:
        """Return ``data`` for a script."""
        return HttpResponse.json(data, status=status)

    def attachment(self, content: bytes, name: str, content_type: str) -> Response:
        """Return bytes to be stored under ``name``."""
        head = _name_attachment(name)
        return HttpResponse(content, headers=head, content_type=content_type)

    def download(self, path: Path, name: str) -> Response:
        """Return a file to be stored under ``name``."""
        return AsgiFileDownload(str(path), headers=_name_attachment(name))


def _name_attachment(name: str) -> dict[str, str]:
    return {"content-disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"}
