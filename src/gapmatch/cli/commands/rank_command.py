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
    from gapmatch.cli.model_report import ranking_page
    from gapmatch.cli.report_tables import show
    from gapmatch.cli.terminal import Terminal
    from gapmatch.i18n import _
    from gapmatch.run.rank_training import FILE_NAME, learn_ranking, write_model
    from gapmatch.run.visited_quarters import past_quarters
    from gapmatch.settings.load import load_workspace_settings

    settings = load_workspace_settings(workspace)
    path = workspace / FILE_NAME
    with open_store_for_writing(workspace, "rank train") as store:
        learned = learn_ranking(past_quarters(store, settings), settings)
        write_model(path, learned)
    terminal = Terminal(json=json)
    show(ranking_page(learned, path), terminal)
    terminal.say()
    if learned.adopted:
        terminal.say(_('明显更好，下一次 gapmatch run 起采用；停用：[ranking] model = "scorecard"'))
    else:
        terminal.say(_("没有明显更好，仍按评分卡排序。"))
    terminal.say(_("模型及其数字写在：{path}").format(path=path.absolute()))
    return 0
