"""``gapmatch train``."""

from pathlib import Path
from typing import Annotated

import typer

from gapmatch.cli.deferred_text import N_
from gapmatch.cli.options import Json, Workspace


def train(
    *,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar=N_("<文件>"),
            help=N_("模型写到哪个文件"),
            show_default=N_("工作区/models/linkage-<季度>.json"),
        ),
    ] = None,
    workspace: Workspace = Path(),
    json: Json = False,
) -> int:
    """Make a new linkage model from the latest extracts and decisions; switch nothing on."""
    from gapmatch.api.stores import open_store
    from gapmatch.cli.model_report import build_linkage_page, switch_on
    from gapmatch.cli.report_tables import show
    from gapmatch.cli.terminal import Terminal
    from gapmatch.linkage import save_model
    from gapmatch.run.linkage_training import build_model_path, train_linkage
    from gapmatch.run.quarter_run import load_configured_model
    from gapmatch.settings.load import load_workspace_settings

    settings = load_workspace_settings(workspace)
    with open_store(workspace) as store:
        trained = train_linkage(store, settings, load_configured_model(settings, workspace))
    path = out or build_model_path(workspace, trained.quarter)
    save_model(trained.model, path)
    terminal = Terminal(json=json)
    show(build_linkage_page(trained, path), terminal)
    terminal.print_line()
    for line in switch_on(path, workspace):
        terminal.print_line(line)
    return 0
