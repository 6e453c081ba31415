"""``gapmatch rank`` and ``gapmatch rank train``."""

from pathlib import Path

import typer

from gapmatch.cli.grammar import show_help
from gapmatch.cli.options import Json, Workspace


def rank(ctx: typer.Context) -> int:
    """Show what can be done with the ranking."""
    if ctx.invoked_subcommand is None:
        show_help(ctx)
    return 0


def train_rank(*, workspace: Workspace = Path(), json: Json = False) -> int:
    """Learn the ranking from visits, compare it with the scorecard, and write the model."""
    from gapmatch.api.stores import open_store_for_writing
    from gapmatch.cli.model_report import build_ranking_page
    from gapmatch.cli.report_tables import show
    from gapmatch.cli.terminal import Terminal
    from gapmatch.i18n import _
    from gapmatch.run.rank_training import FILE_NAME, learn_ranking, write_model
    from gapmatch.run.visited_quarters import load_visited_quarters
    from gapmatch.settings.load import load_workspace_settings

    settings = load_workspace_settings(workspace)
    path = workspace / FILE_NAME
    with open_store_for_writing(workspace, "rank train") as store:
        learned = learn_ranking(load_visited_quarters(store, settings), settings)
        write_model(path, learned)
    terminal = Terminal(json=json)
    show(build_ranking_page(learned, path), terminal)
    terminal.print_line()
    if learned.adopted:
        terminal.print_line(
            _('明显更好，下一次 gapmatch run 起采用；停用：[ranking] model = "scorecard"')
        )
    else:
        terminal.print_line(_("没有明显更好，仍按评分卡排序。"))
    terminal.print_line(_("模型及其数字写在：{path}").format(path=path.absolute()))
    return 0
