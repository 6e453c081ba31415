"""``gapmatch init``."""

from pathlib import Path
from typing import Annotated

import typer

from gapmatch.cli.deferred_text import N_


def init(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar=N_("<文件夹>"), help=N_("工作区放在哪里"), show_default=N_("当前文件夹")
        ),
    ] = Path(),
    *,
    templates: Annotated[
        bool,
        typer.Option(
            "--templates",
            help=N_(
                "不写设置，而是把走访单、告知书、复函等的 Word 模板放进“模板”文件夹，可用 Word 或 "
                "WPS 改动"
            ),
        ),
    ] = False,
) -> int:
    """Write a commented settings file, or copies of the Word templates.

    Existing files are never touched.
    """
    from gapmatch.cli.terminal import Terminal
    from gapmatch.errors import SettingsError
    from gapmatch.i18n import _, get_language
    from gapmatch.private_files import make_workspace_folder
    from gapmatch.resources import find_config_file
    from gapmatch.workspace_files import SETTINGS_NAME

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
    from gapmatch.cli.terminal import Terminal
    from gapmatch.i18n import _

    terminal, (place, written) = Terminal(), copy_templates(workspace)
    for file in written:
        terminal.print_line(_("已写出：{path}").format(path=file.absolute()))
    if not written:
        terminal.print_line(_("模板都已在 {path}，没有改动").format(path=place.absolute()))
    return 0
