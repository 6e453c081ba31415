"""Faults in words: every way in which a command can end, and what the user reads then."""

import errno
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from typer.exceptions import Abort, TyperException

from gapmatch import __version__
from gapmatch.cli.terminal import find_output_error, print_fault, wrap_output_errors
from gapmatch.cli.usage_messages import UsageError, describe_usage_error
from gapmatch.errors import (
    ExitCode,
    GapmatchError,
    InterruptedRunError,
    OutputError,
    PendingMoveError,
    describe_os_error,
)
from gapmatch.i18n import _
from gapmatch.interruptions import was_interrupted
from gapmatch.private_files import make_private_file
from gapmatch.workspace_files import LOG_NAME

_OF_SYSTEM = frozenset({errno.ENOSPC, errno.EROFS, errno.EIO, errno.EFBIG, errno.ELOOP})
"""Errors that are the system's affair; any other is a bug."""

_WITHOUT_MEMORY = ("failed to map segment", "can't start new thread")
"""What the system answers that has no memory left for a library or a thread."""

_AFTER_THE_WORK = (InterruptedRunError, OutputError, PendingMoveError)
"""Errors that say what was done; after Ctrl+C any other comes from it."""

Work = Callable[[Sequence[str]], int]


def run_guarded(work: Work, arguments: Sequence[str]) -> int:
    """Return the exit code of ``work(arguments)``; report every exception, let none propagate."""
    try:
        code = work(arguments)
        with wrap_output_errors(_("命令已执行")):
            sys.stdout.flush()
    except (SystemExit, GeneratorExit):
        raise
    except BaseException as error:  # polars panics are no Exception
        return report_error(error, arguments)
    if code == ExitCode.INTERRUPTED:
        _report_interruption(_("原有结果未动"))
    return code


def report_error(error: BaseException, arguments: Sequence[str]) -> int:
    """Print ``error`` in words and return the exit code that goes with it."""
    known = _find_known_error(error)
    is_struck = was_interrupted() and not isinstance(known, _AFTER_THE_WORK)
    if is_struck or isinstance(error, KeyboardInterrupt | Abort):
        return _report_interruption(_describe_state(error, _("原有结果未动")))
    if known is None:
        return _report_bug(error, arguments)
    print_fault(known.message, known.remedy)
    return known.exit_code


def _find_known_error(error: BaseException) -> GapmatchError | None:
    if isinstance(error, GapmatchError):
        return error
    if isinstance(error, TyperException):
        return UsageError(*describe_usage_error(error))
    if isinstance(error, MemoryError) or any(text in str(error) for text in _WITHOUT_MEMORY):
        return GapmatchError(
            _("内存不足，本次没有完成；原有结果未动。"),
            _("请关闭其他程序，或在 gapmatch.toml 中调低 [linkage] batch_pairs 后重新运行。"),
        )
    if isinstance(error, OSError) and (output := find_output_error(error)) is not None:
        return output
    if isinstance(error, OSError) and (
        error.errno in _OF_SYSTEM or isinstance(error, PermissionError)
    ):
        return describe_os_error(error, Path(_("（未知位置）")), GapmatchError)
    return None


def _describe_state(error: BaseException, otherwise: str) -> str:
    return _("；").join(getattr(error, "__notes__", [])) or otherwise


def _report_interruption(state: str) -> int:
    print_fault(_("已中断；{state}。").format(state=state))
    return ExitCode.INTERRUPTED


def _report_bug(error: BaseException, arguments: Sequence[str]) -> int:
    path = write_log(error, arguments)
    print_fault(
        _("程序出错；{state}。抱歉。").format(
            state=_describe_state(error, _("没有完成，原有结果未动"))
        ),
        _("详情写在 {path}，请把它交给维护人员。").format(path=path),
    )
    return ExitCode.FAULT


def write_log(error: BaseException, arguments: Sequence[str]) -> Path:
    """Append the traceback to the workspace's log, else to one in the temporary folder."""
    import tempfile

    from gapmatch.privacy import mask_numbers

    text = mask_numbers(_report(error, arguments))
    for folder in (find_workspace(arguments), Path(tempfile.gettempdir())):
        path = folder / LOG_NAME
        try:
            _append_private(path, text)
        except OSError:
            continue
        return path.absolute()
    sys.stderr.write(text)
    return Path(os.devnull)


def _append_private(path: Path, text: str) -> None:
    # Messages may quote values of an extract, so the log is readable by its owner alone.
    make_private_file(path)
    number = os.open(path, os.O_WRONLY | os.O_APPEND)
    with os.fdopen(number, "a", encoding="utf-8") as file:
        file.write(text)


def _report(error: BaseException, arguments: Sequence[str]) -> str:
    import platform
    import traceback
    from datetime import datetime

    system = f"{platform.platform()}, Python {platform.python_version()}"
    head = f"{datetime.now().isoformat(timespec='seconds')} gapmatch {__version__} ({system})"
    return "\n".join(
        (head, f"gapmatch {' '.join(arguments)}", *traceback.format_exception(error), "")
    )


def find_workspace(arguments: Sequence[str]) -> Path:
    """Return the workspace that the command line names, before anything parsed it."""
    for place, argument in enumerate(arguments):
        name, equals, value = argument.partition("=")
        if name in ("--workspace", "-w"):
            following = arguments[place + 1 : place + 2]
            folder = Path(value if equals else next(iter(following), "."))
            return folder if folder.is_dir() else Path()
    return Path()
