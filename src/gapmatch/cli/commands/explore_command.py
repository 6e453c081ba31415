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
    from gapmatch.api.stores import open_store
    from gapmatch.cli.page_opening import announce_page
    from gapmatch.explore import serve

    with open_store(workspace):
        pass  # migrates the database, or raises if it is damaged
    serve(workspace, port, announce_page(browser))
    return 0
