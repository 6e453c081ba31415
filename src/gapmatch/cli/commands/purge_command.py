"""``gapmatch purge``."""

from pathlib import Path
from typing import Annotated

import typer

from gapmatch.cli.arguments import parse_quarter
from gapmatch.cli.deferred_text import N_
from gapmatch.cli.options import Json, Workspace


def purge(
    *,
    before: Annotated[
        str,
        typer.Option(
            "--before", metavar=N_("<季度>"), help=N_("清除这一季度之前（不含）的个人信息")
        ),
    ],
    workspace: Workspace = Path(),
    json: Json = False,
) -> int:
    """Remove persons' data of old quarters from the store; the statistics stay."""
    from dataclasses import asdict

    from gapmatch.api.stores import open_store_for_writing
    from gapmatch.cli.terminal import Terminal
    from gapmatch.i18n import _
    from gapmatch.run.housekeeping import find_files_with_personal_data
    from gapmatch.store.purge import purge as remove

    terminal = Terminal(json=json)
    quarter = parse_quarter(before)
    with open_store_for_writing(workspace, f"purge {quarter}") as store:
        purged = remove(store, quarter)
    left = find_files_with_personal_data(workspace, quarter)
    terminal.emit({**asdict(purged), "before": quarter, "files_left": left})
    terminal.print_line(
        _(
            "已清除 {quarter} 之前 {quarters} 个季度的个人信息：{persons} 行人员和联系方式，"
            "{remarks} 条备注；统计和认定保留。"
        ).format(quarter=quarter, **asdict(purged)),
        style="bold green",
    )
    if left:
        terminal.print_line(_("数据库以外的这些文件可能还有个人信息，请自行决定是否删除："))
        for path in left:
            terminal.print_line(f"  {path}")
    return 0
