"""``gapmatch check``, ``run``, ``slips``, ``runs``, ``explain`` and ``diff``: a quarter."""

import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from gapmatch.cli.arguments import (
    choose_list,
    expand_sources,
    parse_engine,
    parse_quarter,
    parse_tiers,
)
from gapmatch.cli.new_workspace import find_new_ledger_warning, refuse_misspelt_workspace
from gapmatch.cli.oom_guard import needs_oom_guard, run_in_child
from gapmatch.cli.options import Json, Quiet, Workspace, argument, option
from gapmatch.cli.report_tables import show
from gapmatch.cli.run_progress import show_progress
from gapmatch.cli.terminal import Terminal, wrap_output_errors
from gapmatch.cli.usage_messages import UsageError
from gapmatch.errors import ExitCode, PublishError
from gapmatch.i18n import N_, _, use_language
from gapmatch.reports import Page
from gapmatch.workspace_files import DATABASE_NAME


class SourceChoice(StrEnum):
    """The three sources."""

    tax = "tax"
    enrollment = "enrollment"
    registry = "registry"


def check(
    files: Annotated[
        list[str] | None,
        argument(
            N_("<文件...>"),
            N_("一个来源的文件、通配符或文件夹；或者季度，与 --tax 和 --enrollment 同用"),
        ),
    ] = None,
    *,
    side: Annotated[
        SourceChoice | None,
        option(
            "--as",
            N_("当作哪个来源来读：税务、参保、登记"),
            metavar="tax|enrollment|registry",
            default=False,
        ),
    ] = None,
    tax: Annotated[
        list[str] | None, option("--tax", N_("两份清册一起看：税务清册"), metavar=N_("<文件...>"))
    ] = None,
    enrollment: Annotated[
        list[str] | None, option("--enrollment", N_("参保单位清册"), metavar=N_("<文件...>"))
    ] = None,
    registry: Annotated[
        list[str] | None,
        option("--registry", N_("市场主体登记（可不给）"), metavar=N_("<文件...>")),
    ] = None,
    workspace: Workspace = Path(),
    json: Json = False,
) -> int:
    """Show how files are read and, of both lists, what a run would stop for."""
    sources = (tax, enrollment, registry)
    if needs_oom_guard([Path(file) for given in (files, *sources) for file in given or ()]):
        return run_in_child(sys.argv[1:])
    if side is not None and not any(sources):
        page = _check_side(files or (), side, workspace)
    else:
        page = _check_lists(files or (), sources, side, workspace)
    show(page, Terminal(json=json))
    findings = page.facts.get("gate", ())
    is_stopped = any(finding["severity"] == "stop" for finding in findings)
    return ExitCode.STOPPED if is_stopped else ExitCode.DONE


def _check_side(files: Sequence[str], side: SourceChoice, workspace: Path) -> "Page":
    sources = expand_sources(files)

    from gapmatch.api.operations import check as check_files

    return check_files(sources, side.value, workspace=workspace)


def _check_lists(
    quarters: Sequence[str],
    sources: tuple[list[str] | None, list[str] | None, list[str] | None],
    side: SourceChoice | None,
    workspace: Path,
) -> "Page":

    tax, enrollment, registry = (expand_sources(given or ()) for given in sources)
    if side is not None or len(quarters) > 1 or not (tax and enrollment):
        raise UsageError(
            _("要么看一个来源，要么看两份清册"),
            _(
                "一个来源：gapmatch check <文件...> --as tax\n"
                "两份清册：gapmatch check <季度> --tax <文件...> --enrollment <文件...>"
            ),
        )
    quarter = parse_quarter(quarters[0]) if quarters else None

    from gapmatch.api.operations import check_quarter

    return check_quarter(tax, enrollment, registry, quarter=quarter, workspace=workspace)


_FILES = N_("<文件...>")


def run(
    quarter: Annotated[str, argument(N_("<季度>"), N_("哪个季度，如 2022Q4"))],
    *,
    tax: Annotated[
        list[str] | None,
        option(
            "--tax",
            N_("税务清册：正常申报纳税的企业"),
            metavar=_FILES,
            default=N_("必填，或用 --verify"),
        ),
    ] = None,
    verify: Annotated[
        list[str] | None,
        option(
            "--verify",
            N_("代替 --tax：上级下发、要逐户核查的未参保名单；另出 核查结果.xlsx 和 复函.docx"),
            metavar=_FILES,
        ),
    ] = None,
    enrollment: Annotated[
        list[str],
        option("--enrollment", N_("参保单位清册：社保系统导出的全部参保单位"), metavar=_FILES),
    ],
    registry: Annotated[
        list[str] | None, option("--registry", N_("市场主体登记（可不给）"), metavar=_FILES)
    ] = None,
    with_contacts: Annotated[
        bool,
        option(
            "--with-contacts",
            N_("县区工作簿里写明电话和负责人（默认遮盖）；每次这样导出都记入台账"),
        ),
    ] = False,
    xlsx: Annotated[
        bool,
        option(
            "--xlsx",
            N_(
                "另把 gaps、links、targets 写成 Excel 工作簿（用 Excel 直接打开 CSV，"
                "长代码会被截成 15 位）"
            ),
        ),
    ] = False,
    engine: Annotated[
        str,
        option(
            "--engine",
            N_("由谁来算：local 本机（默认），spark 已有的 Spark 集群（需安装附加组件 spark）"),
            metavar="local|spark",
        ),
    ] = "local",
    master: Annotated[
        str,
        option(
            "--master",
            N_("Spark 主节点，如 local[2]、spark://主机:7077、yarn"),
            metavar=N_("<主节点>"),
        ),
    ] = "local[*]",
    accept: Annotated[
        str | None,
        option(
            "--accept",
            N_("数据有疑点而停下时，经核对确认无误，写明理由继续；记入台账和报告"),
            metavar=N_("<理由>"),
        ),
    ] = None,
    workspace: Workspace = Path(),
    quiet: Quiet = False,
    json: Json = False,
) -> int:
    """Run a quarter and show its summary by county."""
    from gapmatch.cli.run_summary import report

    wanted, chosen = parse_quarter(quarter), parse_engine(engine)
    listed = choose_list(tax, verify)
    sources = [expand_sources(files or ()) for files in (listed, enrollment, registry)]
    refuse_misspelt_workspace(workspace)
    if needs_oom_guard([file for files in sources for file in files]):
        return run_in_child(sys.argv[1:])

    from gapmatch.results.run_results import PublishOptions
    from gapmatch.run.engine import EngineChoice
    from gapmatch.run.quarter_run import RunOptions, Sources, run_quarter

    terminal = Terminal(quiet=quiet, json=json)
    if warning := find_new_ledger_warning(workspace):
        terminal.warn(_("注意：{warning}").format(warning=warning))
    options = RunOptions(
        PublishOptions(with_contacts=with_contacts, with_table_books=xlsx),
        EngineChoice(chosen, master),
        accept,
        verify=verify is not None,
    )
    with show_progress(terminal) as observer:
        summary = run_quarter(wanted, Sources(*sources), workspace, observer, options)
    done = _("{quarter} 的新结果已写入 {path}").format(quarter=wanted, path=summary.out)
    with wrap_output_errors(done):
        return report(summary, terminal)


def slips(
    quarter: Annotated[str, argument(N_("<季度>"), N_("哪个季度，如 2022Q4"))],
    *,
    county: Annotated[
        str | None, option("--county", N_("只出这个县区的"), metavar=N_("<县区>"))
    ] = None,
    tier: Annotated[
        str, option("--tier", N_("出哪一层级的，可写几个，如 AB"), metavar="A|B|C")
    ] = "A",
    letters: Annotated[
        bool,
        option(
            "--letters",
            N_(
                "不出走访单，而出信函：给未参保企业的告知书，给险种不全、人数不足、断缴单位的提示函"
            ),
        ),
    ] = False,
    with_contacts: Annotated[
        bool, option("--with-contacts", N_("写明联系人和电话（默认遮盖）；每次这样导出都记入台账"))
    ] = False,
    pdf: Annotated[bool, option("--pdf", N_("同时转成 PDF（需要装有 LibreOffice）"))] = False,
    workspace: Workspace = Path(),
) -> int:
    """Write a page for each firm to visit and show where they are."""
    from gapmatch.api.papers import write_slips

    written = write_slips(
        parse_quarter(quarter),
        workspace=workspace,
        county=county,
        tier=parse_tiers(tier),
        letters=letters,
        with_contacts=with_contacts,
        pdf=pdf,
    )
    terminal = Terminal()
    terminal.print_line(
        _("共 {firms:,} 户，每户一页；{files} 个文件：").format(
            firms=written.firms, files=len(written.files)
        )
    )
    for folder in sorted({file.parent for file in written.files}):
        terminal.print_line(_("已写出：{path}").format(path=folder.absolute()))
    return 0


def runs(*, workspace: Workspace = Path(), json: Json = False) -> int:
    """List the runs that the workspace's store knows, newest first."""
    from gapmatch.api.stores import open_store
    from gapmatch.cli.run_summary import build_runs_page

    with open_store(workspace) as store:
        show(build_runs_page(store.runs()), Terminal(json=json))
    return 0


def explain(
    firm: Annotated[
        str, argument(N_("<企业>"), N_("代码、名称、案件编号、单位编号，或税务清册的数据行号"))
    ],
    *,
    quarter: Annotated[
        str | None,
        option("--quarter", N_("哪个季度的结果"), metavar=N_("<季度>"), default=N_("最近一个")),
    ] = None,
    workspace: Workspace = Path(),
    json: Json = False,
) -> int:
    """Show why a firm has the status and the place that it has."""
    from gapmatch.api.operations import explain as explain_firm

    page = explain_firm(firm, parse_quarter(quarter) if quarter else None, workspace=workspace)
    show(page, Terminal(json=json))
    return 1 if "candidates" in page.facts else 0


def diff(
    previous: Annotated[str, argument(N_("<上一季度>"), N_("从哪个季度"))],
    current: Annotated[str, argument(N_("<季度>"), N_("到哪个季度"))],
    *,
    out: Annotated[
        Path | None,
        option(
            "--out",
            N_("CSV 和工作簿写到哪里"),
            metavar=N_("<文件夹>"),
            default=N_("工作区/out/<上一季度>-<季度>/"),
        ),
    ] = None,
    workspace: Workspace = Path(),
    json: Json = False,
) -> int:
    """Compare two quarters and write what changed for every firm."""
    from gapmatch.api.operations import compare
    from gapmatch.publish.quarter_changes import Changes, build_changes_page, write_changes
    from gapmatch.settings.load import load_workspace_settings
    from gapmatch.store.database import is_writable

    before, now = parse_quarter(previous), parse_quarter(current)
    terminal = Terminal(json=json)
    changes = Changes((before, now), compare(before, now, workspace=workspace))
    with use_language(load_workspace_settings(workspace).language):
        try:
            files = write_changes(changes, out or workspace / "out" / f"{before}-{now}")
        except PublishError as error:
            if out is not None or is_writable(workspace / DATABASE_NAME):
                raise
            files = []
            terminal.warn(_("没有写出文件：{why}").format(why=error.message))
    show(build_changes_page(changes, files), terminal)
    terminal.print_line()
    for file in files:
        terminal.print_line(_("已写出：{path}").format(path=file.absolute()))
    return 0
