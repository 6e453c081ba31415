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
    """Compare two quarters and write what changed for every firm."""
    from gapmatch.api.operations import compare
    from gapmatch.cli.diff_report import build_changes_page
    from gapmatch.cli.report_tables import show
    from gapmatch.cli.terminal import Terminal
    from gapmatch.errors import PublishError
    from gapmatch.i18n import _, use_language
    from gapmatch.publish.quarter_changes import Changes, write_changes
    from gapmatch.settings.load import load_workspace_settings
    from gapmatch.store.database import is_writable
    from gapmatch.vocabulary.figure_labels import list_change_labels
    from gapmatch.workspace_files import DATABASE_NAME

    before, now = parse_quarter(previous), parse_quarter(current)
    terminal = Terminal(json=json)
    found = compare(before, now, workspace=workspace)

    def build_changes() -> Changes:
        return Changes(
            (before, now), found.firms, found.totals, found.summary, list_change_labels()
        )

    with use_language(load_workspace_settings(workspace).language):
        try:
            files = write_changes(build_changes(), out or workspace / "out" / f"{before}-{now}")
        except PublishError as error:
            if out is not None or is_writable(workspace / DATABASE_NAME):
                raise
            files = []
            terminal.warn(_("没有写出文件：{why}").format(why=error.message))
    show(build_changes_page(build_changes(), files), terminal)
    terminal.print_line()
    for file in files:
        terminal.print_line(_("已写出：{path}").format(path=file.absolute()))
    return 0
