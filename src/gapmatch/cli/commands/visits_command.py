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

        return report_undo(undo_import(undo, workspace=workspace), Terminal(json=json))
    if not files:
        raise UsageError(_("没有指定文件"), _("请写出填好的工作簿，或 --undo <导入编号>。"))
    found = expand_files(files)

    from gapmatch.api import returns

    return report(returns.import_visits(found, workspace=workspace, who=who), Terminal(json=json))
