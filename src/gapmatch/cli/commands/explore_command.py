"""``gapmatch explore``."""

from pathlib import Path
from typing import Annotated

import typer

from gapmatch.cli.deferred_text import N_
from gapmatch.cli.options import OpenBrowser, Workspace


def explore(
    *,
    port: Annotated[
        int,
        typer.Option("--port", min=1024, max=65535, metavar=N_("<端口>"), help=N_("本机的端口")),
    ] = 8522,
    browser: OpenBrowser = True,
    workspace: Workspace = Path(),
) -> int:
    """Serve the workspace read-only on this computer until interrupted."""
    import webbrowser
    from threading import Timer

    from gapmatch.api.stores import open_store
    from gapmatch.explore import serve
    from gapmatch.i18n import _

    def open_browser(address: str) -> None:
        typer.echo(_("在浏览器中打开 {address}；按 Ctrl+C 结束。").format(address=address))
        if browser:
            Timer(1.0, webbrowser.open, [address]).start()

    with open_store(workspace):
        pass  # migrates the database, or raises if it is damaged
    serve(workspace, port, open_browser)
    return 0
