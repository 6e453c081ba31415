"""``gapmatch withdraw``."""

from pathlib import Path
from typing import Annotated

import typer

from gapmatch.cli.deferred_text import N_
from gapmatch.cli.options import Json, Workspace


def withdraw(
    quarter: Annotated[
        str, typer.Argument(metavar=N_("<季度>"), help=N_("撤下哪个季度的结果，如 2202Q4"))
    ],
    *,
    reason: Annotated[
        str | None, typer.Option("--reason", metavar=N_("<理由>"), help=N_("为什么撤下；记入台账"))
    ] = None,
    workspace: Workspace = Path(),
    json: Json = False,
) -> int:
    """Take the results of a quarter that was run by mistake out of the store, and log it."""
    from gapmatch.api.operations import withdraw as take_out
    from gapmatch.cli.arguments import parse_quarter
    from gapmatch.cli.terminal import Terminal
    from gapmatch.i18n import _

    terminal, wanted = Terminal(json=json), parse_quarter(quarter)
    folder = take_out(wanted, reason, workspace=workspace)
    terminal.emit({"withdrawn": wanted, "folder": folder})
    terminal.print_line(
        _("已撤下 {quarter} 的结果；认定和走访记录保留，案件编号不变。").format(quarter=wanted),
        style="bold green",
    )
    if folder:
        terminal.print_line(_("原来的文件移到了：{path}").format(path=folder.absolute()))
    return 0
