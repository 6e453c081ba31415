"""``gapmatch backup``."""

from pathlib import Path
from typing import Annotated

import typer

from gapmatch.cli.deferred_text import N_
from gapmatch.cli.options import Json, Workspace


def backup(
    target: Annotated[
        Path | None,
        typer.Argument(
            metavar=N_("<文件>"),
            help=N_("备份写到哪个文件；已有的文件不会覆盖"),
            show_default=N_("工作区/backups/ 下以时间命名"),
        ),
    ] = None,
    *,
    workspace: Workspace = Path(),
    json: Json = False,
) -> int:
    """Copy the database while it may be in use, and check the copy."""
    from gapmatch.cli.run_progress import show_status
    from gapmatch.cli.terminal import Terminal
    from gapmatch.i18n import _
    from gapmatch.store.backups import backup as copy

    terminal = Terminal(json=json)
    with show_status(terminal) as report:
        written = copy(workspace, target, report)
    terminal.emit({"backup": written, "bytes": written.stat().st_size})
    size = _("{size:.1f} MB").format(size=written.stat().st_size / 1e6)
    terminal.print_line(
        _("已备份并核对：{path}（{size}）").format(path=written.absolute(), size=size),
        style="bold green",
    )
    terminal.print_line(_("备份含个人信息，请妥善保管。恢复：gapmatch restore <备份文件>"))
    return 0
