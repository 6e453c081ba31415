"""``gapmatch visits`` and ``gapmatch visits import``."""

from pathlib import Path

import typer

from gapmatch.cli.arguments import expand_files
from gapmatch.cli.grammar import show_help
from gapmatch.cli.options import Files, Json, Who, Workspace


def visits(ctx: typer.Context) -> int:
    """Show what can be done with visits."""
    if ctx.invoked_subcommand is None:
        show_help(ctx)
    return 0


def import_visits(
    files: Files, *, who: Who = None, workspace: Workspace = Path(), json: Json = False
) -> int:
    """Take in what visitors filled into county workbooks."""
    found = expand_files(files)

    from gapmatch.cli.import_report import report
    from gapmatch.cli.terminal import Terminal
    from gapmatch.cli.workspace_paths import writing
    from gapmatch.ledger.import_visits import import_visits as take

    with writing(workspace, "visits import") as store:
        taken = take(store, found, who)
    return report(taken, Terminal(json=json))
