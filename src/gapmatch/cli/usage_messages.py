"""Translate typer's messages about a wrong command line into the user's language.

Typer's own sentences are English and fixed; its errors carry the values from which ours are built.
Their kinds are distinguished by class name, since the classes live in a private module of typer.
"""

import re
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import Any

from typer.exceptions import TyperException

from gapmatch.errors import GapmatchError
from gapmatch.i18n import _


class UsageError(GapmatchError):
    """The command line itself is wrong: exit code 2."""

    exit_code = 2


def describe_usage_error(error: TyperException) -> tuple[str, str]:
    """Return what is wrong with the command line, and what to type instead."""
    describe = USAGE_MESSAGES.get(type(error).__name__, _describe_other)
    return describe(error), "\n".join(
        line for line in (_suggest_names(error), _point_to_help(error)) if line
    )


def suggest_names(typed: str, names: Iterable[str], cutoff: float = 0.5) -> str:
    """Return a question that names what ``typed`` may have meant; empty if nothing is near."""
    close = get_close_matches(typed, list(names), n=3, cutoff=cutoff)
    return _("是不是：{names}？").format(names=_("、").join(close)) if close else ""


def _describe_missing(error: Any) -> str:
    return _("缺少 {name}").format(name=_name(error.param)) if error.param else _("缺少参数")


def _describe_unknown_option(error: Any) -> str:
    return _("没有这个选项：{name}").format(name=error.option_name)


def _describe_bad_value(error: Any) -> str:
    return _("{name} 的值不对：{what}").format(
        name=_name(error.param), what=_translate_detail(error.message)
    )


def _translate_detail(message: str) -> str:
    """Return typer's validation message in plain words; unchanged if it is unknown."""
    found = re.search(r"is not one of (.*?)\.?$|(greater|less) than or equal to (\S+)", message)
    if found is None:
        return _("应为数字") if "valid integer" in message else message
    if found[1]:
        return _("只能是 {choices}").format(choices=_("、").join(re.findall(r"'(.*?)'", found[1])))
    words = _("不能小于 {limit}") if found[2] == "greater" else _("不能大于 {limit}")
    return words.format(limit=found[3])


def _describe_missing_value(error: Any) -> str:
    return _("选项 {name} 后面缺少值").format(name=error.option_name)


def _describe_other(error: Any) -> str:
    typed = _find_mistyped_command(error)
    if typed:
        return _("没有这个命令：{name}").format(name=typed)
    if "Missing command" in error.message:
        return _("缺少命令")
    if "unexpected extra argument" in error.message:
        extra = error.message.partition("(")[2] and error.message.rpartition("(")[2].rstrip(").")
        return _("多余的参数：{extra}").format(extra=extra)
    return str(error.format_message())


def _name(param: Any) -> str:
    return " / ".join(param.opts) if param.param_type_name == "option" else str(param.metavar)


def _find_mistyped_command(error: Any) -> str:
    start, _quote, rest = str(error.message).partition("No such command '")
    return "" if start or not rest else rest.partition("'")[0]


def _suggest_names(error: Any) -> str:
    typed = _find_mistyped_command(error)
    if typed:
        return suggest_names(typed, error.ctx.command.commands)
    possible = getattr(error, "possibilities", None)
    return _("是不是：{names}？").format(names=_("、").join(possible)) if possible else ""


def _point_to_help(error: Any) -> str:
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "gapmatch"
    return _("用法见：{command} --help").format(command=command)


USAGE_MESSAGES: dict[str, Callable[[Any], str]] = {
    "MissingParameter": _describe_missing,
    "NoSuchOption": _describe_unknown_option,
    "BadParameter": _describe_bad_value,
    "BadOptionUsage": _describe_missing_value,
}
