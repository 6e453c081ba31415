"""Long runs in a process of their own, whose parent reports it if the system kills it."""

import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from gapmatch.concurrency import WATCHED
from gapmatch.errors import ExitCode, GapmatchError, InterruptedRunError
from gapmatch.i18n import _

OOM_GUARD_MIN_BYTES = 50_000_000
"""Bytes of input, as texts, from which a run may need more memory than there is."""
_COMPRESSED, _UNPACKED = (".parquet", ".xlsx"), 4
"""Files of these kinds hold about so many times their size in texts."""
_MEGABYTE = 1_000_000
_MIN_MEMORY_BYTES = 850 * _MEGABYTE
"""Address space that the libraries take before anything is read, with room for a small store."""
_GRACE_SECONDS = 30.0
"""How long an interrupted run may take to leave everything in order."""


def needs_oom_guard(files: Sequence[Path]) -> bool:
    """Return whether a run of ``files`` should be watched from outside, and is not yet."""
    given = [p for f in files for p in (f.rglob("*") if f.is_dir() else [f])]
    size = sum(
        p.stat().st_size * (_UNPACKED if p.suffix.lower() in _COMPRESSED else 1)
        for p in given
        if p.is_file()
    )
    return (size >= OOM_GUARD_MIN_BYTES or _is_memory_limited()) and WATCHED not in os.environ


def _is_memory_limited() -> bool:
    """Whether the memory of this process is limited: then any file may be large."""
    return _find_memory_limit() is not None


def _find_memory_limit() -> int | None:
    """Return the bytes that this process may take (``ulimit -v``); ``None``: what there is."""
    try:
        import resource
    except ImportError:
        return None
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    return None if limit == resource.RLIM_INFINITY else limit


def refuse_little_memory() -> None:
    """Raise ``GapmatchError`` if a library would end the process without a word as it loads."""
    limit = _find_memory_limit()
    if limit is not None and limit < _MIN_MEMORY_BYTES:
        raise GapmatchError(
            _("内存不足：本进程最多可用 {limit:,} MB，至少需要 {least:,} MB").format(
                limit=limit // _MEGABYTE, least=_MIN_MEMORY_BYTES // _MEGABYTE
            ),
            _("请放宽限制（ulimit -v unlimited），或请管理员调高本账户的内存限额。"),
        )


def follow_parent() -> None:
    """In a watched process: end with the process that started it; mute dying libraries."""
    if os.environ.get(WATCHED) is None:
        return
    threading.Thread(target=_end_with_parent, daemon=True).start()
    stderr = os.fdopen(os.dup(2), "w", buffering=1, encoding=sys.stderr.encoding, errors="replace")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    sys.stderr = stderr


def _end_with_parent() -> None:
    """Wait for the end of the pipe that the parent holds open; an end at any moment is safe."""
    with suppress(OSError):
        while os.read(0, 1):
            pass
    os._exit(ExitCode.FAULT)


def run_in_child(arguments: Sequence[str]) -> int:
    """Run ``gapmatch`` with ``arguments`` in a process of its own and return its exit code.

    It ends with this one. Raises ``GapmatchError`` if the system ended it: a library that gets no
    memory, or the kernel that has none left, ends a process without a word.
    """
    command = [sys.executable, "-m", "gapmatch", *arguments]
    child = subprocess.Popen(command, env={**os.environ, WATCHED: "1"}, stdin=subprocess.PIPE)
    try:
        code = child.wait()
    except KeyboardInterrupt:
        code = _wait_for_interrupted(child)
    if code in frozenset(ExitCode):
        return code
    raise GapmatchError(
        _(
            "运行被系统中止（代码 {code}），多半是内存不足；结果仍是原来的，若已写完则是新的，"
            "不会新旧混杂。"
        ).format(code=code),
        _(
            "请关闭其他程序，或在 gapmatch.toml 中调低 [linkage] batch_pairs 后重新运行，"
            "会从最后完成的一步继续；"
            "数据很大时可用 --engine spark 在集群上运行。"
        ),
    )


def _wait_for_interrupted(child: "subprocess.Popen[bytes]") -> int:
    """Let the child, interrupted from the same keyboard, terminate in order."""
    with suppress(subprocess.TimeoutExpired, KeyboardInterrupt):
        return child.wait(_GRACE_SECONDS)
    child.kill()
    child.wait()
    raise InterruptedRunError(
        _("已中断；结果仍是原来的，若已写完则是新的，不会新旧混杂。"),
        _("gapmatch runs 可查看各次运行，下一条命令会做完没有做完的收尾。"),
    )
