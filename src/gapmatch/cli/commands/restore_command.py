"""``gapmatch restore``."""

from pathlib import Path
from typing import Annotated

import typer

from gapmatch.cli.deferred_text import N_
from gapmatch.cli.options import Json, Workspace


def restore(
    copy: Annotated[
        Path, typer.Argument(metavar=N_("<备份文件>"), help=N_("gapmatch backup 写出的文件"))
    ],
    *,
    workspace: Workspace = Path(),
    json: Json = False,
) -> int:
    """Put a checked backup in the database's place; the old database stays next to it."""
    from gapmatch.cli.terminal import Terminal
    from gapmatch.i18n import _
    from gapmatch.store.backups import restore as put_back

    terminal = Terminal(json=json)
    old = put_back(workspace, copy)
    terminal.emit({"restored": copy, "old": old})
    terminal.print_line(_("已从备份恢复：{path}").format(path=copy.absolute()), style="bold green")
    if old:
        terminal.print_line(_("原来的数据库留在：{path}").format(path=old.absolute()))
    terminal.print_line(_("out/ 里的结果没有改动；如与备份的季度不一致，请重新运行该季度。"))
    return 0
