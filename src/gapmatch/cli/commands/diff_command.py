"""``gapmatch diff``."""

from pathlib import Path
from typing import Annotated

import typer

from gapmatch.cli.arguments import parse_quarter
from gapmatch.cli.deferred_text import N_
from gapmatch.cli.options import Json, Workspace


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
    from gapmatch.cli.diff_report import changes_page
    from gapmatch.cli.report_tables import show
    from gapmatch.cli.terminal import Terminal
    from gapmatch.cli.workspace_paths import SETTINGS_NAME, opened
    from gapmatch.i18n import _, use_language
    from gapmatch.ledger.quarter_diff import label_changes
    from gapmatch.ledger.stored_diff import compare_stored_quarters
    from gapmatch.publish.quarter_changes import Changes, write_changes
    from gapmatch.settings.load import load_settings

    before, now = parse_quarter(previous), parse_quarter(current)
    terminal = Terminal(json=json)
    with opened(workspace) as store:
        found = compare_stored_quarters(store, before, now)

    def changes() -> Changes:
        return Changes((before, now), found.firms, found.totals, found.summary, label_changes())

    with use_language(load_settings(workspace / SETTINGS_NAME).language):
        files = write_changes(changes(), out or workspace / "out" / f"{before}-{now}")
    show(changes_page(changes(), files), terminal)
    terminal.say()
    for file in files:
        terminal.say(_("已写出：{path}").format(path=file.absolute()))
    return 0
