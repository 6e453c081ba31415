"""Translate typer's messages about a wrong command line into the user's language.

Typer's own sentences are English and fixed; its errors carry the values from which ours are built.
Their kinds are distinguished by class name, since the classes live in a private module of typer.
A command that does not exist and arguments too many are found by ``grammar``: typer's errors for
them carry nothing but a sentence.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from typer.exceptions import TyperException

from gapmatch.errors import ExitCode, GapmatchError
from gapmatch.i18n import _


class UsageError(GapmatchError):
    """The command line itself is wrong."""

    exit_code = ExitCode.WRONG_USAGE


def describe_usage_error(error: TyperException) -> tuple[str, str]:
    """Return what is wrong with the command line, and what to type instead."""
    describe = USAGE_MESSAGES.get(type(error).__name__)
    words = describe(error) if describe else error.format_message()
    remedies = (
        _ask_about(getattr(error, "possibilities", None) or ()),
        point_to_help(getattr(error, "ctx", None)),
    )
    return words, "\n".join(filter(None, remedies))


def suggest_names(typed: str, names: Iterable[str], cutoff: float = 0.5) -> str:
    """Return a question that names what ``typed`` may have meant; empty if nothing is near."""
    return _ask_about(get_close_matches(typed, list(names), n=3, cutoff=cutoff))


def _ask_about(names: Sequence[str]) -> str:
    return _("是不是：{names}？").format(names=_("、").join(names)) if names else ""


def _explain_value(error: Any) -> str:
    """Return what the value should be; typer's own words if neither choices nor a bound say it."""
    if choices := error.param.type_descriptor.choices:
        return _("只能是 {choices}").format(choices=_("、").join(map(str, choices)))
    match _get_validation_detail(error):
        case {"type": "greater_than_equal", "ctx": {"ge": limit}}:
            return _("不能小于 {limit}").format(limit=limit)
        case {"type": "less_than_equal", "ctx": {"le": limit}}:
            return _("不能大于 {limit}").format(limit=limit)
        case {"type": "int_parsing" | "int_from_float" | "float_parsing"}:
            return _("应为数字")
    return str(error.message)


def _get_validation_detail(error: Any) -> Mapping[str, Any]:
    """Return what pydantic, which typer validates with, found wrong with the value."""
    faults = error.__cause__.errors() if hasattr(error.__cause__, "errors") else []
    return faults[0] if faults else {}


def _name(param: Any) -> str:
    return " / ".join(param.opts) if param.param_type_name == "option" else str(param.metavar)


def point_to_help(context: Any) -> str:
    """Return where the help page of the context's command is."""
    command = context.command_path if context else "gapmatch"
    return _("用法见：{command} --help").format(command=command)


def _describe_missing(error: Any) -> str:
    return _("缺少 {name}").format(name=_name(error.param)) if error.param else _("缺少参数")


def _describe_bad_value(error: Any) -> str:
    return _("{name} 的值不对：{what}").format(name=_name(error.param), what=_explain_value(error))


USAGE_MESSAGES: dict[str, Callable[[Any], str]] = {
    "MissingParameter": _describe_missing,
    "NoSuchOption": lambda error: _("没有这个选项：{name}").format(name=error.option_name),
    "BadParameter": _describe_bad_value,
    "BadOptionUsage": lambda error: _("选项 {name} 后面缺少值").format(name=error.option_name),
}
