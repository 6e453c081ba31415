"""``gapmatch review``, ``visits``, ``cases`` and what comes back: the ledger."""

from pathlib import Path
from typing import Annotated

import typer

from gapmatch.cli.arguments import expand_files, parse_quarter
from gapmatch.cli.grammar import show_help
from gapmatch.cli.options import Files, FilesOrNone, Json, Undo, Who, Workspace, argument, option
from gapmatch.cli.report_tables import show
from gapmatch.cli.terminal import Terminal
from gapmatch.cli.usage_messages import UsageError
from gapmatch.i18n import N_, _


def review(
    ctx: typer.Context,
    *,
    quarter: Annotated[
        str | None,
        option("--quarter", N_("认定哪个季度的配对"), metavar=N_("<季度>"), default=N_("最近一个")),
    ] = None,
    who: Who = None,
    blind: Annotated[
        bool, option("--blind", N_("不显示分值、可能性和别人的认定，别人认定过的也再认定一遍"))
    ] = False,
    workspace: Workspace = Path(),
) -> int:
    """Settle pairs in the terminal, one at a time."""
    if ctx.invoked_subcommand is not None:
        return 0
    from gapmatch.cli.review_session import Reviewer, hold_session
    from gapmatch.store.runs import get_account

    wanted = parse_quarter(quarter) if quarter else None
    reviewer = Reviewer(workspace, who or get_account() or "?", wanted, blind)
    return hold_session(reviewer, Terminal())


def import_reviews(
    files: Files, *, who: Who = None, workspace: Workspace = Path(), json: Json = False
) -> int:
    """Take in what reviewers chose in county workbooks."""
    paths = expand_files(files)

    from gapmatch.api import returns
    from gapmatch.cli.import_report import report

    return report(returns.import_reviews(paths, workspace=workspace, who=who), Terminal(json=json))


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

    if undo is not None:
        from gapmatch.api.returns import undo_import

        return report_undo(undo_import(undo, workspace=workspace), Terminal(json=json))
    if not files:
        raise UsageError(_("没有指定文件"), _("请写出填好的工作簿，或 --undo <导入编号>。"))
    paths = expand_files(files)

    from gapmatch.api import returns

    return report(returns.import_visits(paths, workspace=workspace, who=who), Terminal(json=json))


def cases(
    wanted: Annotated[
        str | None,
        argument(N_("<案件>"), N_("案件编号、企业代码，或名称的一部分"), default=N_("全部")),
    ] = None,
    *,
    county: Annotated[
        str | None, option("--county", N_("只列这个县区的"), metavar=N_("<县区>"))
    ] = None,
    state: Annotated[
        str | None,
        option("--state", N_("只列这种状态的，如 结转 或 carried"), metavar=N_("<状态>")),
    ] = None,
    outcome: Annotated[
        str | None,
        option("--outcome", N_("只列这种走访结果的，如 拒不参保 或 refused"), metavar=N_("<结果>")),
    ] = None,
    tier: Annotated[str | None, option("--tier", N_("只列这一层级的"), metavar="A|B|C")] = None,
    open_only: Annotated[bool, option("--open", N_("只列还没有办结的"))] = False,
    overdue: Annotated[
        bool, option("--overdue", N_("只列逾期的：早已列入 A 层，至今没有走访"))
    ] = False,
    by_county: Annotated[bool, option("--by-county", N_("不逐件列出，按县区汇总"))] = False,
    out: Annotated[
        Path | None,
        option(
            "--out", N_("把选中的案件全部写成一份工作簿，可筛选、打印"), metavar=N_("<文件.xlsx>")
        ),
    ] = None,
    limit: Annotated[
        int, option("--limit", N_("屏幕上最多列多少件，0 为全部"), metavar=N_("<数量>"), min=0)
    ] = 50,
    workspace: Workspace = Path(),
    json: Json = False,
) -> int:
    """List the cases as they stand, or sum them up by county."""
    from gapmatch.api.papers import write_cases
    from gapmatch.api.stores import open_store
    from gapmatch.cli.case_list import Choice, build_cases_page, build_counties_page
    from gapmatch.ledger.case_progress import list_cases, summarise_cases
    from gapmatch.run.earlier_quarters import find_drawn_rates

    choice = Choice(wanted, county, state, outcome, tier, open_only, overdue)
    with open_store(workspace) as store:
        frame = list_cases(store)
        chosen = choice.select(frame)
        page = (
            build_counties_page(summarise_cases(frame), county, find_drawn_rates(store))
            if by_county
            else build_cases_page(chosen, limit)
        )
    terminal = Terminal(json=json)
    show(page, terminal)
    if out is not None:
        written = write_cases(chosen, out, workspace=workspace)
        terminal.print_line(_("已写出：{path}").format(path=written.absolute()))
    return 0
