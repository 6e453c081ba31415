"""The program: its commands, put together when it runs, in the language of its user."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any

import typer
from typer.main import get_command

from gapmatch import __version__
from gapmatch.cli.commands import COMMANDS
from gapmatch.cli.grammar import Command, Group, show_help
from gapmatch.cli.oom_guard import refuse_little_memory
from gapmatch.cli.options import option
from gapmatch.i18n import N_, _

NAME = "gapmatch"

_HELP = N_(
    "找出正常纳税、却没有给任何人参保的企业，并排出先走访谁。\n\n"
    "每个季度：gapmatch check 看看文件，gapmatch run 出结果，把 out/<季度>/counties/ "
    "里的工作簿发给各县区。"
    "第一次用：gapmatch demo 用虚构数据走一遍。"
)

_EPILOG = N_(
    "退出码：0 完成；1 输入、设置或工作区有问题；2 命令用法不对；3 已完成，"
    "但弃用的行超过设定的限度，或有行、文件没有采用；4 数据有疑点，没有写入任何结果；130 中断。\n\n"
    "环境变量：GAPMATCH_LANG=zh 或 en 选择语言；NO_COLOR=1 不用颜色。"
)

_COMPLETION_HELP = {
    "install_completion": N_("为当前的命令行安装自动补全"),
    "show_completion": N_("显示自动补全的脚本，可自行复制"),
}


def run(arguments: Sequence[str]) -> int:
    """Run the command that ``arguments`` ask for and return its exit code."""
    refuse_little_memory()
    code = build().main(args=list(arguments), prog_name=NAME, standalone_mode=False)
    return code if isinstance(code, int) else 0


def build() -> Any:
    """Return the program as typer's command, with all texts in the current language."""
    app = _group(_HELP, epilog=_(_EPILOG))
    app.callback()(_run_program)
    groups = {info.full_name: _group(info.help) for info in COMMANDS if info.is_group}
    for info in COMMANDS:
        above, _space, own = info.full_name.rpartition(" ")
        words, panel = _(info.help), _(info.panel)
        if info.is_group:
            groups[own].callback()(info.function)
            app.add_typer(groups[own], name=own, help=words, rich_help_panel=panel)
        else:
            command = groups.get(above, app).command(
                own, cls=Command, help=words, rich_help_panel=panel
            )
            command(info.function)
    program = get_command(app)
    _translate(program)
    return program


def _group(help_text: str, **more: Any) -> typer.Typer:
    return typer.Typer(
        cls=Group,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        invoke_without_command=True,
        help=_(help_text),
        **more,
    )


def walk(program: Any) -> Iterator[tuple[str, Any]]:
    """Yield every subcommand of ``program`` with its full name (``review import``)."""
    for name, command in program.commands.items():
        yield name, command
        if hasattr(command, "commands"):
            yield from ((f"{name} {below}", child) for below, child in walk(command))


def _run_program(
    ctx: typer.Context,
    *,
    version: Annotated[bool, option("--version", N_("显示版本并退出"))] = False,
) -> None:
    if version:
        typer.echo(f"{NAME} {__version__}")
    elif ctx.invoked_subcommand is None:
        show_help(ctx)


def _translate(command: Any) -> None:
    for param in command.params:
        param.help = _COMPLETION_HELP.get(param.name, param.help)
        for name in ("help", "metavar", "show_default"):
            _translate_attribute(param, name)
    for child in getattr(command, "commands", {}).values():
        _translate(child)


def _translate_attribute(thing: Any, name: str) -> None:
    text = getattr(thing, name, None)
    if isinstance(text, str) and text:
        setattr(thing, name, _(text))
