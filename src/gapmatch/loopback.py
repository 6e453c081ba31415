"""Pages for this computer alone: the socket, the check of who asks, the server (ASGI)."""

import logging
import socket
from asyncio import CancelledError
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from functools import cache
from html import escape
from typing import Any

from gapmatch.errors import GapmatchError
from gapmatch.i18n import _

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
"""What a server calls for each request."""

HOST = "127.0.0.1"
_MAX_CLOSING_SECONDS = 5
"""An upload that stalls would hold the closed server open for ever."""


def open_socket(port: int) -> socket.socket:
    """Return a socket that listens on ``port`` here; raise ``GapmatchError`` if it is taken."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):  # Windows lets others share a port otherwise
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((HOST, port))
        listening.listen()
    except OSError as error:
        listening.close()
        raise GapmatchError(
            _("端口 {port} 已被占用，可能另一个 gapmatch 还开着").format(port=port),
            _("请关闭它，或换一个端口，如：--port {port}").format(port=port + 1),
        ) from error
    return listening


def read_headers(scope: Scope, wanted: bytes) -> list[str]:
    """Return all values of a header."""
    return [value.decode("latin-1") for name, value in scope["headers"] if name == wanted]


def is_own_host(scope: Scope, port: int, names: Sequence[str] = (HOST,)) -> bool:
    """Return whether a request names this computer as its host, once.

    A page elsewhere can let its own name point to this computer (DNS rebinding) and would read what
    is served here; its requests still carry its name.
    """
    hosts = [host.lower() for host in read_headers(scope, b"host")]
    return hosts in [[f"{name}:{port}"] for name in names]


async def send_page(send: Send, status: int, body: bytes, kind: str = "text/html") -> None:
    """Answer a request with ``body``."""
    head = [(b"content-type", f"{kind}; charset=utf-8".encode())]
    await send({"type": "http.response.start", "status": status, "headers": head})
    await send({"type": "http.response.body", "body": body})


def serve_app(app: Application, listening: socket.socket) -> None:
    """Serve ``app`` until it is interrupted, on a socket that listens already.

    Requests at work then may end, for a few seconds; those that do not are given up.
    """
    import uvicorn  # comes with Datasette, an extra

    config = uvicorn.Config(
        app,
        log_level="error",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_MAX_CLOSING_SECONDS,
    )
    logging.getLogger("uvicorn.error").addFilter(_is_not_cancellation)
    uvicorn.Server(config).run(sockets=[listening])


def _is_not_cancellation(record: logging.LogRecord) -> bool:
    """Whether a message is of anything else than a request that closing the server gave up."""
    error = record.exc_info[1] if record.exc_info else None
    return not (isinstance(error, CancelledError) or str(record.msg).startswith("Cancel "))


@cache
def hide_tracebacks() -> None:
    """Let Datasette answer errors with one sentence; its own way prints values of variables."""
    from datasette import handle_exception, hookimpl  # an extra
    from datasette.plugins import pm

    class ErrorPages:
        """The plugin in the place of Datasette's own."""

        __name__ = "gapmatch-errors"

        @hookimpl  # type: ignore[untyped-decorator]
        def handle_exception(self, exception: Exception) -> Any:  # noqa: ANN401 - without types
            """Return the answer to a request that failed."""
            return _build_error_page(exception)

    pm.unregister(handle_exception)
    pm.register(ErrorPages())


def _build_error_page(exception: Exception) -> Any:  # noqa: ANN401 - Datasette has no types
    from datasette import Response

    status = getattr(exception, "status", 500)
    message = escape(str(getattr(exception, "message", exception)))
    return Response.html(f"<!doctype html><title>{status}</title><p>{message}", status=status)
