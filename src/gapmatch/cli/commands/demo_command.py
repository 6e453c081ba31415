"""``gapmatch demo``."""

from pathlib import Path
from typing import Annotated

import typer

from gapmatch.cli.deferred_text import N_
from gapmatch.cli.options import Json, Quiet


def demo(
    *,
    firms: Annotated[
        int,
        typer.Option(
            "--firms", min=100, max=1_000_000, metavar=N_("<数量>"), help=N_("虚构多少家企业")
        ),
    ] = 23_500,
    workspace: Annotated[
        Path,
        typer.Option(
            "--workspace",
            "-w",
            metavar=N_("<文件夹>"),
            help=N_("放虚构数据和结果的文件夹"),
            show_default="gapmatch-demo",
        ),
    ] = Path("gapmatch-demo"),
    quiet: Quiet = False,
    json: Json = False,
) -> int:
    """Make up a prefecture, run its quarter, and show the summary."""
    from gapmatch.cli.run_progress import show_progress
    from gapmatch.cli.run_summary import report
    from gapmatch.cli.terminal import Terminal
    from gapmatch.synth.demo_run import run_demo

    terminal = Terminal(quiet=quiet, json=json)
    with show_progress(terminal) as observer:
        summary = run_demo(firms, workspace, observer)
    return report(summary, terminal)
