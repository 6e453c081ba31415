"""Starting the desk: a socket of this computer alone, then the browser."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from socket import socket

from gapmatch.desk.desk_session import DeskSession
from gapmatch.errors import GapmatchError
from gapmatch.i18n import _
from gapmatch.loopback import open_socket


def serve_desk(workspace: Path, port: int, report: Callable[[str], None]) -> None:
    """Serve the desk of ``workspace`` until it is interrupted.

    ``report`` receives the address that signs in, once connections are accepted. Raises
    ``GapmatchError`` if Datasette is not installed or the port is taken.
    """
    with closing(open_socket(port)) as listening:
        session = DeskSession(workspace, port)
        report(session.address)
        _import_server()(session, listening)


def _import_server() -> Callable[[DeskSession, socket], None]:
    try:
        from gapmatch.desk.server import run_server  # noqa: PLC0415 - an extra, and slow to import
    except ImportError as error:
        raise GapmatchError(
            _("没有安装 Datasette，无法打开桌面页"),
            _("请安装：pip install -r requirements/desk.txt"),
        ) from error
    return run_server
