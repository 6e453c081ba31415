"""``gapmatch check``."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gapmatch.cli.arguments import expand_sources, parse_quarter
from gapmatch.cli.deferred_text import N_
from gapmatch.cli.options import Json, Workspace
from gapmatch.errors import ExitCode

if TYPE_CHECKING:
    from gapmatch.reports import Page


class SourceChoice(StrEnum):
    """The three sources."""

    tax = "tax"
    enrollment = "enrollment"
    registry = "registry"


def check(
    files: Annotated[
        list[str] | None,
        typer.Argument(
            metavar=N_("<文件...>"),
            help=N_("一个来源的文件、通配符或文件夹；或者季度，与 --tax 和 --enrollment 同用"),
        ),
    ] = None,
    *,
    side: Annotated[
        SourceChoice | None,
        typer.Option(
            "--as",
            metavar="tax|enrollment|registry",
            help=N_("当作哪个来源来读：税务、参保、登记"),
            show_default=False,
        ),
    ] = None,
    tax: Annotated[
        list[str] | None,
        typer.Option("--tax", metavar=N_("<文件...>"), help=N_("两份清册一起看：税务清册")),
    ] = None,
    enrollment: Annotated[
        list[str] | None,
        typer.Option("--enrollment", metavar=N_("<文件...>"), help=N_("参保单位清册")),
    ] = None,
    registry: Annotated[
        list[str] | None,
        typer.Option("--registry", metavar=N_("<文件...>"), help=N_("市场主体登记（可不给）")),
    ] = None,
    workspace: Workspace = Path(),
    json: Json = False,
) -> int:
    """Show how files are read and, of both lists, what a run would stop for."""
    from gapmatch.cli.report_tables import show
    from gapmatch.cli.terminal import Terminal

    if side is not None and not (tax or enrollment or registry):
        page = _check_side(files or (), side, workspace)
    else:
        page = _check_lists(files or (), (tax, enrollment, registry), side, workspace)
    show(page, Terminal(json=json))
    findings = page.facts.get("gate", ())
    is_stopped = any(finding["severity"] == "stop" for finding in findings)
    return ExitCode.STOPPED if is_stopped else ExitCode.DONE


def _check_side(files: Sequence[str], side: SourceChoice, workspace: Path) -> "Page":
    found = expand_sources(files)

    from gapmatch.api.operations import check as check_files

    return check_files(found, side.value, workspace=workspace)


def _check_lists(
    quarters: Sequence[str],
    sources: tuple[list[str] | None, list[str] | None, list[str] | None],
    side: SourceChoice | None,
    workspace: Path,
) -> "Page":
    from gapmatch.cli.usage_messages import UsageError
    from gapmatch.i18n import _

    tax, enrollment, registry = (expand_sources(given or ()) for given in sources)
    if side is not None or len(quarters) > 1 or not (tax and enrollment):
        raise UsageError(
            _("要么看一个来源，要么看两份清册"),
            _(
                "一个来源：gapmatch check <文件...> --as tax\n"
                "两份清册：gapmatch check <季度> --tax <文件...> --enrollment <文件...>"
            ),
        )
    quarter = parse_quarter(quarters[0]) if quarters else None

    from gapmatch.api.operations import check_quarter

    return check_quarter(tax, enrollment, registry, quarter=quarter, workspace=workspace)
