"""Print results to standard output and everything about the work to standard error."""

import codecs
import contextlib
import json
import os
import re
import sys
import traceback
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from gapmatch.cli.wrapping import fit_columns
from gapmatch.errors import InterruptedRunError, OutputError
from gapmatch.i18n import _

_PRINTERS = ("rich.", "typer.", "gapmatch.cli.")
"""Modules that write to standard output."""
PIPED_WIDTH = 120
MAX_WIDTH = 120


def open_missing_streams() -> None:
    """Let output go nowhere that was closed before the start (``>&-``, a service, pythonw)."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115


def prepare_streams() -> None:
    """Prevent encoding errors on a console of another encoding (GBK on Chinese Windows)."""
    codecs.register_error("as_wide", _replace_wide)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            with contextlib.suppress(ValueError, OSError):
                stream.reconfigure(errors="as_wide")


def _replace_wide(error: UnicodeError) -> tuple[str, int]:
    """Put as many ``?`` as the characters take columns, so that tables stay tables."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "?" * cell_len(error.object[error.start : error.end]), error.end


def can_write_chinese() -> bool:
    """Whether standard output and error can hold Chinese: not on Western code pages."""
    try:
        for stream in (sys.stdout, sys.stderr):
            "参保".encode(stream.encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


class PlainConsole(Console):
    """A console that shows control characters in texts as ``\\x1b`` instead of obeying them.

    Names in extracts are other people's texts: one with an escape sequence could clear the screen,
    change the window's title, or show another name than the one that is stored.
    """

    def render_str(self, text: str, **options: Any) -> Text:
        """Return ``text`` to lay out, control characters escaped, so that widths are right."""
        return super().render_str(escape_controls(text), **options)

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Yield the segments of ``renderable`` with control characters escaped."""
        for segment in super().render(renderable, options):
            is_plain = segment.control or not _CONTROLS.search(segment.text)
            yield segment if is_plain else Segment(escape_controls(segment.text), segment.style)


_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Control characters but tab and line feed, and those that turn the direction of a text."""


def escape_controls(text: str) -> str:
    """Return ``text`` with its control characters written out, as in ``\\x1b``."""
    return _CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def make_console(*, stderr: bool = False) -> Console:
    """Return a console that prints texts as they are: no markup, no emoji, no guessed colours."""
    made = PlainConsole(
        stderr=stderr, markup=False, highlight=False, emoji=False, legacy_windows=None
    )
    if not made.is_terminal and "COLUMNS" not in made._environ:
        made.width = PIPED_WIDTH
    return made


def print_table(screen: Console, table: RenderableType) -> None:
    """Print ``table``; without trailing blanks if the output is a pipe or a file."""
    if isinstance(table, Table):
        fit_columns(table, screen.width)
    if screen.is_terminal:
        screen.print(table)
        return
    with screen.capture() as printed:
        screen.print(table)
    for line in printed.get().splitlines():
        screen.print(line.rstrip(), soft_wrap=True)


@contextmanager
def wrap_output_errors(done: str) -> Iterator[None]:
    """Turn a failure to print in the block into ``OutputError``, after the sentence ``done``."""
    try:
        yield
        sys.stdout.flush()
    except OSError as error:
        _discard_output()
        message = _("{done}，但输出写不出去：{why}").format(done=done, why=error.strerror or error)
        raise OutputError(message, _("请检查输出到的文件所在的磁盘；不必重新运行。")) from error
    except KeyboardInterrupt as error:
        raise InterruptedRunError(
            _("{done}，但输出被中断。").format(done=done), _("不必重新运行。")
        ) from error


def find_output_error(error: OSError) -> OutputError | None:
    """Return the error for standard output, if ``error`` was raised while printing; else None."""
    frames = [frame for frame, _line in traceback.walk_tb(error.__traceback__)]
    module = str(frames[-1].f_globals.get("__name__", "")) if frames else ""
    if error.filename is not None or not module.startswith(_PRINTERS):
        return None
    _discard_output()
    return OutputError(
        _("输出写不出去：{why}").format(why=error.strerror or error),
        _(
            "请检查输出到的文件所在的磁盘，再运行一次；"
            "会写入台账的命令，请先用 gapmatch runs 或 cases 看是否已经写入。"
        ),
    )


def _discard_output() -> None:
    """Let what is still to be printed go nowhere, or the interpreter complains as it ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    with contextlib.suppress(OSError, ValueError):
        os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


@dataclass(frozen=True)
class Terminal:
    """How a command prints: in full, quietly (``--quiet``), or to a program (``--json``)."""

    quiet: bool = False
    json: bool = False
    out: Console = field(default_factory=make_console)
    err: Console = field(default_factory=partial(make_console, stderr=True))

    @property
    def talks(self) -> bool:
        """Whether anything but results and faults is to be printed."""
        return not (self.quiet or self.json)

    @property
    def shows_progress(self) -> bool:
        """Whether a bar that moves is welcome: on a terminal, to a person."""
        return self.talks and self.err.is_terminal

    def print_line(self, text: RenderableType = "", style: str = "") -> None:
        """Print a line of the result for a person; nothing if the output is for a program."""
        if self.talks and isinstance(text, str):
            self.out.print(text, style=style, soft_wrap=True)
        elif self.talks:
            print_table(self.out, text)

    def warn(self, text: str) -> None:
        """Print a warning to standard error, even when quiet."""
        self.err.print(text, style="yellow", soft_wrap=True)

    def emit(self, result: Mapping[str, Any]) -> None:
        """Print ``result`` as JSON if the output is for a program, which gets nothing else."""
        if self.json:
            sys.stdout.write(format_json(result) + "\n")


def format_json(result: Mapping[str, Any]) -> str:
    """Return ``result`` as JSON, characters that the stream cannot encode escaped."""
    unicode = (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf")
    return json.dumps(result, ensure_ascii=not unicode, indent=2, default=_convert_plain)


def _convert_plain(value: Any) -> Any:
    return value.as_posix() if isinstance(value, Path) else str(value)


def print_fault(message: str, remedy: str = "") -> None:
    """Print what is wrong in red, and below it what to do."""
    screen = make_console(stderr=True)
    screen.print(Text(message, style="bold red"), soft_wrap=True)
    if remedy:
        screen.print(Text(remedy), soft_wrap=True)
