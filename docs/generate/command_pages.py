"""The command reference in ``docs/``, written from the commands themselves.

``python docs/generate/command_pages.py docs/cli.md`` writes it; a test fails where it is out of date.
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from typer import Context

from gapmatch.cli.app import NAME, build, walk
from gapmatch.cli.help_page import (
    Entry,
    format_usage,
    list_arguments,
    list_options,
    list_subcommands,
    split_paragraphs,
)
from gapmatch.i18n import _, detect_language, set_language


def reference() -> str:
    """Return the reference of all commands as Markdown, in the current language."""
    program = build()
    parts = ["# gapmatch", *_page(program, Context(program, info_name=NAME))]
    for name, command in walk(program):
        context = Context(command, info_name=f"{NAME} {name}")
        parts += [f"## {NAME} {name}", *_page(command, context)]
    return "\n\n".join(parts) + "\n"


def _page(command: Any, context: Any) -> Iterator[str]:
    yield f"```\n{format_usage(command, context)}\n```"
    yield from split_paragraphs(command)
    for heading, entries in list_subcommands(command).items():
        yield _table(heading, entries)
    if list_arguments(command):
        yield _table(_("参数"), list_arguments(command))
    yield _table(_("选项"), list_options(command, context))
    if command.epilog:
        yield command.epilog


def _table(heading: str, entries: Sequence[Entry]) -> str:
    rows = (
        f"| `{_cell(f'{entry.name} {entry.value}'.strip())}` | {_cell(entry.meaning)} |"
        for entry in entries
    )
    return "\n".join((f"| {heading} | |", "|---|---|", *rows))


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    set_language(detect_language())
    Path(sys.argv[1]).write_text(reference(), encoding="utf-8", newline="\n")
