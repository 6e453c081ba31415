"""``gapmatch review`` and ``gapmatch review import``."""

from pathlib import Path
from typing import Annotated

import typer

from gapmatch.cli.arguments import expand_files, parse_quarter
from gapmatch.cli.deferred_text import N_
from gapmatch.cli.options import Files, Json, Who, Workspace


def review(
    ctx: typer.Context,
    *,
    quarter: Annotated[
        str | None,
        typer.Option(
            "--quarter",
            metavar=N_("<季度>"),
            help=N_("认定哪个季度的配对"),
            show_default=N_("最近一个"),
        ),
    ] = None,
    who: Who = None,
    blind: Annotated[
        bool, typer.Option("--blind", help=N_("不显示分值、可能性和别人的认定，免受影响"))
    ] = False,
    workspace: Workspace = Path(),
) -> int:
    """Settle pairs in the terminal, one at a time."""
    if ctx.invoked_subcommand is not None:
        return 0
    from gapmatch.cli.review_session import Reviewer, hold_session
    from gapmatch.cli.terminal import Terminal
    from gapmatch.store.runs import get_account

    wanted = parse_quarter(quarter) if quarter else None
    reviewer = Reviewer(workspace, who or get_account() or "?", wanted, blind)
    return hold_session(reviewer, Terminal())


def import_reviews(
    files: Files, *, who: Who = None, workspace: Workspace = Path(), json: Json = False
) -> int:
    """Take in what reviewers chose in county workbooks."""
    found = expand_files(files)

    from gapmatch.api import returns
    from gapmatch.cli.import_report import report
    from gapmatch.cli.terminal import Terminal

    return report(returns.import_reviews(found, workspace=workspace, who=who), Terminal(json=json))
