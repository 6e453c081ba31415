"""``gapmatch init``, ``demo`` and ``desk``: the first steps."""

from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from gapmatch.cli.new_workspace import refuse_misspelt_workspace
from gapmatch.cli.options import (
    Json,
    OpenBrowser,
    Quiet,
    Workspace,
    announce_page,
    argument,
    option,
)
from gapmatch.cli.run_progress import show_progress
from gapmatch.cli.terminal import Terminal
from gapmatch.errors import SettingsError
from gapmatch.i18n import N_, _, get_language
from gapmatch.private_files import make_workspace_folder
from gapmatch.resources import find_config_file
from gapmatch.workspace_files import SETTINGS_NAME


def init(
    folder: Annotated[
        Path, argument(N_("<文件夹>"), N_("工作区放在哪里"), default=N_("当前文件夹"))
    ] = Path(),
    *,
    templates: Annotated[
        bool,
        option(
            "--templates",
            N_(
                "不写设置，而是把走访单、告知书、复函等的 Word 模板放进“模板”文件夹，可用 Word 或 "
                "WPS 改动"
            ),
        ),
    ] = False,
) -> int:
    """Write commented settings or copies of the Word templates; touch no file that is there."""
    make_workspace_folder(folder)
    if templates:
        return _copy_templates(folder)
    path = folder / SETTINGS_NAME
    text = find_config_file(f"workspace.{get_language()}.toml").read_text(encoding="utf-8")
    try:
        # With a byte order mark, so that the Windows editor shows Chinese as it is.
        with path.open("x", encoding="utf-8-sig", newline="\r\n") as file:
            file.write(text)
    except FileExistsError:
        raise SettingsError(
            _("已有设置文件，没有改动：{path}").format(path=path.absolute()),
            _("要重新生成，请先把它改名或删除。"),
        ) from None
    terminal = Terminal()
    terminal.print_line(_("已写好设置文件：{path}").format(path=path.absolute()))
    terminal.print_line(_("各项都有默认值，可以不改。下一步：gapmatch check <文件> --as tax"))
    return 0


def _copy_templates(workspace: Path) -> int:
    from gapmatch.api.papers import copy_templates

    terminal, (place, written) = Terminal(), copy_templates(workspace)
    for file in written:
        terminal.print_line(_("已写出：{path}").format(path=file.absolute()))
    if not written:
        terminal.print_line(_("模板都已在 {path}，没有改动").format(path=place.absolute()))
    return 0


def demo(
    *,
    firms: Annotated[
        int, option("--firms", N_("虚构多少家企业"), metavar=N_("<数量>"), min=100, max=1_000_000)
    ] = 23_500,
    workspace: Annotated[
        Path,
        option(
            "--workspace",
            "-w",
            N_("放虚构数据和结果的文件夹"),
            metavar=N_("<文件夹>"),
            default="gapmatch-demo",
        ),
    ] = Path("gapmatch-demo"),
    quiet: Quiet = False,
    json: Json = False,
) -> int:
    """Make up a prefecture, run its quarter, and show the summary."""
    from gapmatch.cli.run_summary import report
    from gapmatch.synth.sample_workspace import run_demo

    terminal = Terminal(quiet=quiet, json=json)
    with show_progress(terminal) as observer:
        summary = run_demo(firms, workspace, observer)
    return report(summary, terminal)


def desk(
    *,
    port: Annotated[
        int, option("--port", N_("本机的端口"), metavar=N_("<端口>"), min=1024, max=65534)
    ] = 8520,
    browser: OpenBrowser = True,
    workspace: Workspace = Path(),
) -> int:
    """Serve the workspace's desk on this computer until interrupted."""
    from gapmatch.desk.launch import serve_desk

    refuse_misspelt_workspace(workspace)
    with suppress(KeyboardInterrupt):  # how it is meant to end
        serve_desk(workspace, port, announce_page(browser))
    typer.echo(_("已关闭；正在运行的任务会继续做完。"))
    return 0
