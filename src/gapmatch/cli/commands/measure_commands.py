"""``gapmatch explore``, ``evaluate``, ``train`` and ``rank``: how good results are."""

from pathlib import Path
from typing import Annotated

import typer

from gapmatch.cli.arguments import expand_files, parse_quarter
from gapmatch.cli.grammar import show_help
from gapmatch.cli.options import Json, OpenBrowser, Workspace, announce_page, argument, option
from gapmatch.cli.report_tables import show
from gapmatch.cli.terminal import Terminal
from gapmatch.i18n import N_, _
from gapmatch.workspace_files import RANKING_MODEL_NAME


def explore(
    *,
    port: Annotated[
        int, option("--port", N_("本机的端口"), metavar=N_("<端口>"), min=1024, max=65535)
    ] = 8522,
    browser: OpenBrowser = True,
    workspace: Workspace = Path(),
) -> int:
    """Serve the workspace read-only on this computer until interrupted."""
    from gapmatch.api.stores import open_store
    from gapmatch.explore.serve import serve

    with open_store(workspace):
        pass  # migrates the database, or raises if it is damaged
    serve(workspace, port, announce_page(browser))
    return 0


def evaluate(
    quarter: Annotated[
        str | None, argument(N_("<季度>"), N_("哪个季度的结果"), default=N_("最近一个"))
    ] = None,
    *,
    truth: Annotated[
        str | None,
        option(
            "--truth",
            N_("真实情况：税务清册的行（或序号）与参保单位编号；不给则只看抽查走访的结果"),
            metavar=N_("<文件>"),
        ),
    ] = None,
    workspace: Workspace = Path(),
    json: Json = False,
) -> int:
    """Measure a quarter's results against the truth, or by the visits drawn by lot."""
    from gapmatch.api.operations import estimate_drawn_rates
    from gapmatch.api.operations import evaluate as measure
    from gapmatch.cli.evaluation_report import build_evaluation_page

    wanted = parse_quarter(quarter) if quarter else None
    quality = None
    if truth is not None:
        (file,) = expand_files([truth])[:1]
        quality = measure(file, wanted, workspace=workspace)
    rates = estimate_drawn_rates(wanted, workspace=workspace)
    show(build_evaluation_page(quality, rates), Terminal(json=json))
    return 0


def train(
    *,
    out: Annotated[
        Path | None,
        option(
            "--out",
            N_("模型写到哪个文件"),
            metavar=N_("<文件>"),
            default=N_("工作区/models/linkage-<季度>.json"),
        ),
    ] = None,
    workspace: Workspace = Path(),
    json: Json = False,
) -> int:
    """Make a new linkage model from the latest extracts and decisions; switch nothing on."""
    from gapmatch.api.stores import open_store
    from gapmatch.cli.model_report import build_linkage_page, switch_on
    from gapmatch.linkage import save_model
    from gapmatch.run.model_training import build_model_path, train_linkage
    from gapmatch.run.quarter_run import load_configured_model
    from gapmatch.settings.load import load_workspace_settings

    settings = load_workspace_settings(workspace)
    with open_store(workspace) as store:
        trained = train_linkage(store, settings, load_configured_model(settings, workspace))
    path = out or build_model_path(workspace, trained.quarter)
    save_model(trained.model, path)
    terminal = Terminal(json=json)
    show(build_linkage_page(trained, path), terminal)
    terminal.print_line()
    for line in switch_on(path, workspace):
        terminal.print_line(line)
    return 0


def rank(
    ctx: typer.Context,
    *,
    what_if: Annotated[
        int | None,
        option("--what-if", N_("再多走访这么多家，预计多参保多少人"), metavar=N_("<家数>"), min=1),
    ] = None,
    quarter: Annotated[
        str | None,
        option("--quarter", N_("哪个季度的走访名单"), metavar=N_("<季度>"), default=N_("最近一个")),
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
    from gapmatch.cli.model_report import build_more_visits_page

    wanted = parse_quarter(quarter) if quarter else None
    more = estimate_more_visits(what_if, wanted, workspace=workspace)
    terminal = Terminal(json=json)
    show(build_more_visits_page(more), terminal)
    if more.added < what_if:
        terminal.print_line(_("名单上其余的走访目标只有 {n:,} 家。").format(n=more.added))
    return 0


def train_rank(*, workspace: Workspace = Path(), json: Json = False) -> int:
    """Learn the ranking from visits, compare it with the scorecard, and write the model."""
    from gapmatch.api.stores import open_store_for_writing
    from gapmatch.cli.model_report import build_ranking_page
    from gapmatch.run.model_training import learn_ranking, load_visited_quarters, write_model
    from gapmatch.settings.load import load_workspace_settings

    settings = load_workspace_settings(workspace)
    path = workspace / RANKING_MODEL_NAME
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
