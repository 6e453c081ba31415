"""The grammar of a command line beyond typer's: several values after one option."""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

from typer import Context
from typer.core import TyperCommand, TyperGroup

from gapmatch.cli.arguments import find_quarter
from gapmatch.cli.help_page import print_help
from gapmatch.cli.usage_messages import UsageError, point_to_help, suggest_names
from gapmatch.i18n import _


class _HasHelpPage:
    """Shows our help page, whose lines fit wide characters."""

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002
        """Print the help page."""
        print_help(self, ctx)


class Command(_HasHelpPage, TyperCommand):
    """A command: ``--tax A B C`` means ``--tax A --tax B --tax C``; help fits wide characters."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Spread options that may be repeated before typer parses them."""
        repeated = {name for param in self.params if _is_repeatable(param) for name in param.opts}
        ctx.allow_extra_args = True
        if extra := super().parse_args(ctx, list(spread(args, repeated))):
            raise UsageError(
                _("多余的参数：{extra}").format(extra=" ".join(extra)), point_to_help(ctx)
            )
        return []


class Group(_HasHelpPage, TyperGroup):
    """The program itself: shows its help page if no command is given."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return the command; raise ``UsageError`` with those alike if there is none."""
        command = super().get_command(ctx, cmd_name)
        if command is None and not ctx.resilient_parsing and not cmd_name.startswith("-"):
            raise UsageError(
                _("没有这个命令：{name}").format(name=cmd_name),
                "\n".join(
                    filter(None, (suggest_names(cmd_name, self.commands), point_to_help(ctx)))
                ),
            )
        return command


def show_help(ctx: Context) -> None:
    """Print the help page of the context's command."""
    print_help(ctx.command, ctx)


def spread(arguments: Sequence[str], repeated: Collection[str]) -> Iterator[str]:
    """Yield ``arguments`` with an option of ``repeated`` before each value, up to the next one."""
    option, pending = "", False
    for place, argument in enumerate(arguments):
        if argument == "--":
            yield from arguments[place:]
            return
        if argument.startswith("-") and argument != "-":
            option = argument if argument in repeated else ""
            pending = bool(option)
        elif option and not pending:
            if _is_quarter(argument):
                option = ""
            else:
                yield option
        else:
            pending = False
        yield argument


def _is_quarter(argument: str) -> bool:
    return find_quarter(argument) is not None and not Path(argument).exists()


def _is_repeatable(param: Any) -> bool:
    return param.param_type_name == "option" and bool(param.multiple)
