"""``gapmatch visits`` and ``gapmatch visits import``."""

from pathlib import Path

import typer

from gapmatch.cli.arguments import expand_files
from gapmatch.cli.grammar import show_help
from gapmatch.cli.options import FilesOrNone, Json, Undo, Who, Workspace
from gapmatch.cli.usage_messages import UsageError
from gapmatch.i18n import _


def visits(ctx: typer.Context) -> int:
    """Show what can be done with visits."""
    if ctx.invoked_subcommand is None:
        show_help(ctx)
    return 0


def import_visits(
    files: FilesOrNone = None,
    *,
    who: Who = None,
    undo: Undo = None,
    workspace: Workspace = Path(),
    json: Json = False,
) -> int:
    """Take in what visitors filled into county workbooks, or take an import back."""
    from gapmatch.cli.import_report import report, report_undo
    from gapmatch.cli.terminal import Terminal

    if undo is not None:
        from gapmatch.api.returns import undo_import
        from gapmatch.cli.workspace_paths import writing

        with writing(workspace, "visits import --undo") as store:
            taken_back = undo_import(store, undo)
        return report_undo(taken_back, Terminal(json=json))
    if not files:
        raise UsageError(_("没有指定文件"), _("请写出填好的工作簿，或 --undo <导入编号>。"))
    found = expand_files(files)

    from gapmatch.api.returns import import_visits as take
    from gapmatch.api.returns import write_corrections
    from gapmatch.cli.workspace_paths import writing

    with writing(workspace, "visits import") as store:
        taken = take(store, found, who)
        corrections = write_corrections(store, taken, workspace)
    return report(taken, Terminal(json=json), corrections)
