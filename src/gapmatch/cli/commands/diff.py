"""``gapmatch diff``."""

from pathlib import Path
from typing import Annotated

import typer

from gapmatch.cli.options import Json, Workspace
from gapmatch.cli.text import N_
from gapmatch.cli.values import parse_quarter


def diff(
    previous: Annotated[str, typer.Argument(metavar=N_("<上一季度>"), help=N_("从哪个季度"))],
    current: Annotated[str, typer.Argument(metavar=N_("<季度>"), help=N_("到哪个季度"))],
    *,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar=N_("<文件夹>"),
            help=N_("CSV 和工作簿写到哪里"),
            show_default=N_("工作区/out/<上一季度>-<季度>/"),
        ),
    ] = None,
    workspace: Workspace = Path(),
    json: Json = False,
) -> int:
    """Compare two quarters and write what became of every firm."""
    from gapmatch.cli.changes import changes_page
    from gapmatch.cli.pages import show
    from gapmatch.cli.places import SETTINGS_NAME, opened
    from gapmatch.cli.terminal import Terminal
    from gapmatch.language import _, speaking
    from gapmatch.publish.changes import Changes, write_changes
    from gapmatch.settings import load_settings
    from gapmatch.store import change_words, diff_quarters

    before, now = parse_quarter(previous), parse_quarter(current)
    terminal = Terminal(json=json)
    with opened(workspace) as store:
        found = diff_quarters(store, before, now)

    def changes() -> Changes:
        return Changes((before, now), found.firms, found.totals, found.summary, change_words())

    with speaking(load_settings(workspace / SETTINGS_NAME).language):
        files = write_changes(changes(), out or workspace / "out" / f"{before}-{now}")
    show(changes_page(changes(), files), terminal)
    terminal.say()
    for file in files:
        terminal.say(_("已写出：{path}").format(path=file.absolute()))
    return 0
