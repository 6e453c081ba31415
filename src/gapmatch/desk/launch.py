"""Starting the desk: a socket of this computer alone, then the browser."""

from collections.abc import Callable
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

from gapmatch.desk.desk_session import DeskSession
from gapmatch.errors import GapmatchError
from gapmatch.i18n import _
from gapmatch.loopback import open_socket


def serve_desk(workspace: Path, port: int, report: Callable[[str], None]) -> None:
    """Serve the desk of ``workspace`` until it is interrupted.

    ``report`` receives the address that signs in, once connections are accepted. Raises
    ``GapmatchError`` if Datasette is not installed or the port is taken.
    """
    if find_spec("datasette") is None:
        raise GapmatchError(
            _("没有安装 Datasette，无法打开桌面页"),
            _("请安装附加组件 gapmatch[desk]；在仓库里：pip install -r requirements/desk.txt"),
        )
    with closing(open_socket(port)) as listening:
        session = DeskSession(workspace, port)
        report(session.address)  # the browser opens while the server is imported
        from gapmatch.desk.server import run_server  # an extra

        run_server(session, listening)
