"""``gapmatch rank`` and ``gapmatch rank train``."""

from pathlib import Path
from typing import Annotated

import typer

from gapmatch.cli.deferred_text import N_
from gapmatch.cli.grammar import show_help
from gapmatch.cli.options import Json, Workspace


def rank(
    ctx: typer.Context,
    *,
    what_if: Annotated[
        int | None,
        typer.Option(
            "--what-if", min=1, metavar=N_("<家数>"), help=N_("再多走访这么多家，预计多参保多少人")
        ),
    ] = None,
    quarter: Annotated[
        str | None,
        typer.Option(
            "--quarter",
            metavar=N_("<季度>"),
            help=N_("哪个季度的走访名单"),
            show_default=N_("最近一个"),
        ),
    ] = None,
    workspace: Workspace = Path(),
    json: Json = False,
) -> int:
    """Show what more visits would bring, or what can be done with the ranking."""
    if ctx.invoked_subcommand is not None:
        return 0
    if what_if is None:
        show_help(ctx)
        return 0
    from gapmatch.api.operations import estimate_more_visits
    from gapmatch.cli.arguments import parse_quarter
    from gapmatch.cli.model_report import build_more_visits_page
    from gapmatch.cli.report_tables import show
    from gapmatch.cli.terminal import Terminal

    wanted = parse_quarter(quarter) if quarter else None
    more = estimate_more_visits(what_if, wanted, workspace=workspace)
    show(build_more_visits_page(more), Terminal(json=json))
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
