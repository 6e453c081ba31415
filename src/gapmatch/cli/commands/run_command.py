"""``gapmatch run``."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from gapmatch.cli.arguments import choose_list, expand_sources, parse_engine, parse_quarter
from gapmatch.cli.deferred_text import N_
from gapmatch.cli.oom_guard import needs_oom_guard, run_in_child
from gapmatch.cli.options import Json, Quiet, Workspace

_FILES = N_("<文件...>")


def run(
    quarter: Annotated[str, typer.Argument(metavar=N_("<季度>"), help=N_("哪个季度，如 2022Q4"))],
    *,
    tax: Annotated[
        list[str] | None,
        typer.Option(
            "--tax",
            metavar=_FILES,
            help=N_("税务清册：正常申报纳税的企业"),
            show_default=N_("必填，或用 --verify"),
        ),
    ] = None,
    verify: Annotated[
        list[str] | None,
        typer.Option(
            "--verify",
            metavar=_FILES,
            help=N_(
                "代替 --tax：上级下发、要逐户核查的未参保名单；另出 核查结果.xlsx 和 复函.docx"
            ),
        ),
    ] = None,
    enrollment: Annotated[
        list[str],
        typer.Option(
            "--enrollment", metavar=_FILES, help=N_("参保单位清册：社保系统导出的全部参保单位")
        ),
    ],
    registry: Annotated[
        list[str] | None,
        typer.Option("--registry", metavar=_FILES, help=N_("市场主体登记（可不给）")),
    ] = None,
    with_contacts: Annotated[
        bool,
        typer.Option(
            "--with-contacts",
            help=N_("县区工作簿里写明电话和负责人（默认遮盖）；每次这样导出都记入台账"),
        ),
    ] = False,
    xlsx: Annotated[
        bool,
        typer.Option(
            "--xlsx",
            help=N_(
                "另把 gaps、links、targets 写成 Excel 工作簿（用 Excel 直接打开 CSV，"
                "长代码会被截成 15 位）"
            ),
        ),
    ] = False,
    engine: Annotated[
        str,
        typer.Option(
            "--engine",
            metavar="local|spark",
            help=N_(
                "由谁来算：local 本机（默认），spark 已有的 Spark 集群（需安装附加组件 spark）"
            ),
        ),
    ] = "local",
    master: Annotated[
        str,
        typer.Option(
            "--master",
            metavar=N_("<主节点>"),
            help=N_("Spark 主节点，如 local[2]、spark://主机:7077、yarn"),
        ),
    ] = "local[*]",
    accept: Annotated[
        str | None,
        typer.Option(
            "--accept",
            metavar=N_("<理由>"),
            help=N_("数据有疑点而停下时，经核对确认无误，写明理由继续；记入台账和报告"),
        ),
    ] = None,
    workspace: Workspace = Path(),
    quiet: Quiet = False,
    json: Json = False,
) -> int:
    """Run a quarter and show its summary by county."""
    from gapmatch.cli.new_workspace import find_new_ledger_warning, refuse_misspelt_workspace
    from gapmatch.cli.run_progress import show_progress
    from gapmatch.cli.run_summary import report
    from gapmatch.cli.terminal import Terminal, wrap_output_errors
    from gapmatch.i18n import _

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
