"""``gapmatch check``."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from gapmatch.cli.arguments import expand_sources
from gapmatch.cli.deferred_text import N_
from gapmatch.cli.options import Json, Workspace


class SourceChoice(StrEnum):
    """The three sources."""

    tax = "tax"
    enrollment = "enrollment"
    registry = "registry"


def check(
    files: Annotated[
        list[str],
        typer.Argument(metavar=N_("<文件...>"), help=N_("一个来源的文件、通配符或文件夹")),
    ],
    *,
    side: Annotated[
        SourceChoice,
        typer.Option(
            "--as",
            metavar="tax|enrollment|registry",
            help=N_("当作哪个来源来读：税务、参保、登记"),
        ),
    ],
    workspace: Workspace = Path(),
    json: Json = False,
) -> int:
    """Show how files are read, without running anything."""
    from gapmatch.cli.report_tables import show
    from gapmatch.cli.terminal import Terminal

    found = expand_sources(files)

    from gapmatch.api.operations import check as check_files

    show(check_files(found, side.value, workspace=workspace), Terminal(json=json))
    return 0
