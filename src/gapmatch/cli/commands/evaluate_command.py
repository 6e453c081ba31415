"""``gapmatch evaluate``."""

from pathlib import Path
from typing import Annotated

import typer

from gapmatch.cli.deferred_text import N_
from gapmatch.cli.options import Json, Workspace


def evaluate(
    quarter: Annotated[
        str | None,
        typer.Argument(
            metavar=N_("<季度>"), help=N_("哪个季度的结果"), show_default=N_("最近一个")
        ),
    ] = None,
    *,
    truth: Annotated[
        str | None,
        typer.Option(
            "--truth",
            metavar=N_("<文件>"),
            help=N_("真实情况：税务清册的行（或序号）与参保单位编号；不给则只看抽查走访的结果"),
        ),
    ] = None,
    workspace: Workspace = Path(),
    json: Json = False,
) -> int:
    """Measure a quarter's results against the truth, or by the visits drawn by lot."""
    from gapmatch.api.operations import estimate_drawn_rates
    from gapmatch.api.operations import evaluate as measure
    from gapmatch.cli.arguments import expand_files, parse_quarter
    from gapmatch.cli.evaluation_report import build_evaluation_page
    from gapmatch.cli.report_tables import show
    from gapmatch.cli.terminal import Terminal

    wanted = parse_quarter(quarter) if quarter else None
    quality = None
    if truth is not None:
        (file,) = expand_files([truth])[:1]
        quality = measure(file, wanted, workspace=workspace)
    rates = estimate_drawn_rates(wanted, workspace=workspace)
    show(build_evaluation_page(quality, rates), Terminal(json=json))
    return 0
