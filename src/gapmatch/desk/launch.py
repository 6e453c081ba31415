"""Starting the desk: a socket of this computer alone, then the browser."""

import socket
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from gapmatch.desk.desk_session import HOST, DeskSession
from gapmatch.errors import GapmatchError
from gapmatch.i18n import _


def serve_desk(workspace: Path, port: int, report: Callable[[str], None]) -> None:
    """Serve the desk of ``workspace`` until it is interrupted.

    ``report`` receives the address that signs in, once connections are accepted. Raises
    ``GapmatchError`` if Datasette is not installed or the port is taken.
    """
    with closing(open_socket(port)) as listening:
        session = DeskSession(workspace, port)
        report(session.address)
        _import_server()(session, [listening])


def _import_server() -> Callable[[DeskSession, list[socket.socket]], None]:
    try:
        from gapmatch.desk.server import run_server  # noqa: PLC0415 - an extra, and slow to import
    except ImportError as error:
        raise GapmatchError(
            _("没有安装 Datasette，无法打开桌面页"),
            _("请安装：pip install -r requirements/desk.txt"),
        ) from error
    return run_server


def open_socket(port: int) -> socket.socket:
    """Return a socket that listens on ``port`` of this computer; the browser may come at once."""
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
            _("端口 {port} 已被占用，可能另一个 gapmatch desk 还开着").format(port=port),
            _("请关闭它，或换一个端口，如：gapmatch desk --port {port}").format(port=port + 1),
        ) from error
    return listening
