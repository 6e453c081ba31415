"""``gapmatch desk``."""

from pathlib import Path
from typing import Annotated

import typer

from gapmatch.cli.deferred_text import N_
from gapmatch.cli.options import OpenBrowser, Workspace


def desk(
    *,
    port: Annotated[
        int,
        typer.Option("--port", min=1024, max=65534, metavar=N_("<端口>"), help=N_("本机的端口")),
    ] = 8520,
    browser: OpenBrowser = True,
    workspace: Workspace = Path(),
) -> int:
    """Serve the workspace's desk on this computer until interrupted."""
    from contextlib import suppress

    from gapmatch.cli.new_workspace import refuse_misspelt_workspace
    from gapmatch.cli.page_opening import announce_page
    from gapmatch.desk.launch import serve_desk
    from gapmatch.i18n import _

    refuse_misspelt_workspace(workspace)
    with suppress(KeyboardInterrupt):  # how it is meant to end
        serve_desk(workspace, port, announce_page(browser))
    typer.echo(_("已关闭；正在运行的任务会继续做完。"))
    return 0
