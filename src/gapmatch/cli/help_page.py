"""Help pages: what a command is for, and every argument and option with its meaning.

Typer's own pages need 0.3 s of imports and know nothing of wide characters' line lengths.
"""

import inspect
from collections.abc import Sequence
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table
from rich.text import Text

from gapmatch.cli.terminal import MAX_WIDTH, make_console, print_table
from gapmatch.cli.wrapping import Flowing
from gapmatch.i18n import _

_MAX_NAME_WIDTH = 26
"""Names up to this width stand in one column, those of commands and those of options; a longer one
widens its own section."""


class Entry(NamedTuple):
    """A line of a help page: a command, an argument or an option."""

    name: str
    value: str
    meaning: str


def format_usage(command: Any, ctx: Any) -> str:
    """Return how a command is called, on one line."""
    required = [p for p in command.params if p.required and p.param_type_name == "option"]
    pieces = [ctx.command_path]
    pieces += [_("<命令>")] if list_subcommands(command) else []
    pieces += [_format_argument(p) for p in command.params if p.param_type_name == "argument"]
    pieces += [f"{p.opts[0]} {_format_value(p)}" for p in required]
    pieces += [_("[选项]")]
    return " ".join(pieces)


def split_paragraphs(command: Any) -> list[str]:
    """Return what a command is for, paragraph by paragraph."""
    return inspect.cleandoc(command.help or "").split("\n\n")


def list_subcommands(command: Any) -> dict[str, list[Entry]]:
    """Return the commands of a group by the heading that they stand under."""
    groups: dict[str, list[Entry]] = {}
    for name, child in getattr(command, "commands", {}).items():
        if not child.hidden:
            entry = Entry(name, "", split_paragraphs(child)[0])
            groups.setdefault(str(child.rich_help_panel or _("命令")), []).append(entry)
    return groups


def list_arguments(command: Any) -> list[Entry]:
    """Return a command's arguments."""
    return [
        Entry(str(p.metavar), "", _describe_param(p))
        for p in command.params
        if p.param_type_name == "argument"
    ]


def list_options(command: Any, ctx: Any) -> list[Entry]:
    """Return a command's options, its help option last."""
    return [
        Entry(", ".join((*p.opts, *p.secondary_opts)), _format_value(p), _describe_param(p))
        for p in command.get_params(ctx)
        if p.param_type_name == "option" and not p.hidden
    ]


def print_help(command: Any, ctx: Any) -> None:
    """Print the help page of ``command``."""
    screen = make_console()
    screen.width = min(screen.width, MAX_WIDTH)
    screen.print(Text.assemble((_("用法："), "bold"), format_usage(command, ctx)))
    for paragraph in split_paragraphs(command):
        screen.print(Flowing(f"\n{paragraph}"))
    commands = list(list_subcommands(command).items())
    for sections in (
        commands,
        [(_("参数"), list_arguments(command)), (_("选项"), list_options(command, ctx))],
    ):
        names = [_name(entry) for _heading, entries in sections for entry in entries]
        widest = max((name.cell_len for name in names), default=0)
        for heading, entries in sections:
            _print_entries(screen, heading, entries, min(widest, _MAX_NAME_WIDTH))
    if command.epilog:
        for paragraph in command.epilog.split("\n\n"):
            screen.print(Flowing(f"\n{paragraph}", style="dim"))


def _print_entries(screen: Console, heading: str, entries: Sequence[Entry], width: int) -> None:
    if not entries:
        return
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, min_width=width)
    table.add_column(overflow="fold")
    for entry in entries:
        table.add_row(_name(entry), Flowing(entry.meaning))
    screen.print(Text(f"\n{heading}", style="bold"))
    print_table(screen, table)


def _name(entry: Entry) -> Text:
    return Text.assemble("  ", (entry.name, "bold cyan"), " ", (entry.value, "yellow"))


def _format_argument(param: Any) -> str:
    return str(param.metavar) if param.required else f"[{param.metavar}]"


def _format_value(param: Any) -> str:
    if param.is_flag:
        return ""
    return str(param.metavar or param.type.name).strip()


def _describe_param(param: Any) -> str:
    help_text = _("显示本说明并退出") if param.name == "help" else str(param.help or "")
    notes = [_("可多个")] if getattr(param, "multiple", False) or param.nargs == -1 else []
    notes += [_("必填")] if param.required else []
    notes += (
        [_("默认：{value}").format(value=_format_default(param))] if _format_default(param) else []
    )
    return help_text + _("（{notes}）").format(notes=_("，").join(notes)) if notes else help_text


def _format_default(param: Any) -> str:
    if isinstance(param.show_default, str):
        return param.show_default
    plain = isinstance(param.default, str | int | float) and not isinstance(param.default, bool)
    return str(param.default) if plain and param.show_default else ""
