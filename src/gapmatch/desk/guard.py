"""The door of the desk: which requests come in, and what every answer forbids the browser.

A page elsewhere can let its own name point to this computer (DNS rebinding), or send forms here
from the browser of an official: neither knows the address with its token, and their requests carry
their own name.
"""

from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from gapmatch.desk.desk_session import DeskSession, is_secret
from gapmatch.desk.refusal_page import build_refusal_page
from gapmatch.i18n import _
from gapmatch.loopback import (
    Application,
    Message,
    Receive,
    Scope,
    Send,
    is_own_host,
    read_headers,
    send_page,
)

METHODS = ("GET", "HEAD", "POST")
STATIC = "/static/"
CONTENT_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
SECURITY_HEADERS = {
    "content-security-policy": CONTENT_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",  # with "no-referrer", forms would come without an origin
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


class DeskGuard:
    """An application before another one, which gets only what a signed-in browser asks for."""

    def __init__(self, app: Application, session: DeskSession) -> None:
        self._app = app
        self._session = session

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or forward it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, _protect(send))

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (refusal := self._find_refusal(scope)) is not None:
            await _send_refusal(send, *refusal)
        elif (token := _read_token(scope)) is not None:
            await self._sign_in(token, send)
        elif scope["path"].startswith(STATIC) or self._is_signed_in(scope):
            await self._app(scope, receive, send)
        else:
            await _send_refusal(
                send, 403, _("这个页面要从启动时打开的地址进入"), _explain_sign_in()
            )

    def _find_refusal(self, scope: Scope) -> tuple[int, str, str] | None:
        """Return status, message and remedy if the request is not from a page of the desk."""
        if scope["method"] not in METHODS:
            return 405, _("不支持这样的请求"), ""
        if not all(secret.isascii() for secret in read_headers(scope, b"x-csrftoken")):
            return (
                403,
                _("表单不是这次启动的页面发出的，没有执行"),
                "",
            )  # Datasette would fail at it
        if not is_own_host(scope, self._session.port):
            return 403, _("请求里的主机名不是本机"), _explain_sign_in()
        origins, own = read_headers(scope, b"origin"), self._session.origin
        if origins not in ([own], []) or (scope["method"] == "POST" and not origins):
            return 403, _("请求来自别的网页，没有执行"), _explain_sign_in()
        return None

    async def _sign_in(self, token: str, send: Send) -> None:
        if not is_secret(token, self._session.token):
            message = _("地址里的口令不对：可能是上一次启动时的地址")
            await _send_refusal(send, 403, message, _explain_sign_in())
            return
        cookie = f"{self._session.cookie_name}={self._session.cookie}"
        head = [
            (b"location", b"/"),
            (b"set-cookie", f"{cookie}; Path=/; HttpOnly; SameSite=Strict".encode()),
        ]
        await send({"type": "http.response.start", "status": 303, "headers": head})
        await send({"type": "http.response.body", "body": b""})

    def _is_signed_in(self, scope: Scope) -> bool:
        cookies: SimpleCookie = SimpleCookie()
        try:
            for header in read_headers(scope, b"cookie"):
                cookies.load(header)
        except CookieError:
            return False
        found = cookies.get(self._session.cookie_name)
        return found is not None and is_secret(found.value, self._session.cookie)


def _read_token(scope: Scope) -> str | None:
    """Return the token of an address that signs in."""
    if scope["path"] != "/":
        return None
    given = parse_qs(scope["query_string"].decode("latin-1")).get("token")
    return given[0] if given else None


def _explain_sign_in() -> str:
    return _("请用启动 gapmatch desk 时自动打开的页面，或它在窗口里写出的地址。")


def _protect(send: Send) -> Send:
    """Return ``send`` with the headers that every answer has."""

    async def send_protected(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = [
                (name, value)
                for name, value in message.get("headers", ())
                if name.decode("latin-1").lower() not in SECURITY_HEADERS
            ]
            added = [(name.encode(), value.encode()) for name, value in SECURITY_HEADERS.items()]
            message = {**message, "headers": [*own, *added]}
        await send(message)

    return send_protected


async def _send_refusal(send: Send, status: int, message: str, remedy: str) -> None:
    await send_page(send, status, build_refusal_page(message, remedy))
