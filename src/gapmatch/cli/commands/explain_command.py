"""``gapmatch explain``."""

from pathlib import Path
from typing import Annotated

import typer

from gapmatch.cli.deferred_text import N_
from gapmatch.cli.options import Json, Workspace


def explain(
    firm: Annotated[
        str, typer.Argument(metavar=N_("<企业>"), help=N_("代码、名称，或税务清册的数据行号"))
    ],
    *,
    quarter: Annotated[
        str | None,
        typer.Option(
            "--quarter",
            metavar=N_("<季度>"),
            help=N_("哪个季度的结果"),
            show_default=N_("最近一个"),
        ),
    ] = None,
    workspace: Workspace = Path(),
    json: Json = False,
) -> int:
    """Show why a firm has the status and the place that it has."""
    from gapmatch.api.operations import explain as explain_firm
    from gapmatch.cli.arguments import parse_quarter
    from gapmatch.cli.report_tables import show
    from gapmatch.cli.terminal import Terminal

    page = explain_firm(firm, parse_quarter(quarter) if quarter else None, workspace=workspace)
    show(page, Terminal(json=json))
    return 1 if "candidates" in page.facts else 0
