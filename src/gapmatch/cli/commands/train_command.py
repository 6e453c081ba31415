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
    from gapmatch.cli.model_report import linkage_page, switch_on
    from gapmatch.cli.report_tables import show
    from gapmatch.cli.terminal import Terminal
    from gapmatch.linkage import save_model
    from gapmatch.run.linkage_training import model_path, train_linkage
    from gapmatch.run.quarter_run import model_of
    from gapmatch.settings.load import load_workspace_settings

    settings = load_workspace_settings(workspace)
    with open_store(workspace) as store:
        trained = train_linkage(store, settings, model_of(settings, workspace))
    path = out or model_path(workspace, trained.quarter)
    save_model(trained.model, path)
    terminal = Terminal(json=json)
    show(linkage_page(trained, path), terminal)
    terminal.say()
    for line in switch_on(path, workspace):
        terminal.say(line)
    return 0
