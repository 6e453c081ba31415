"""Long runs in a process of their own: where the system ends it for want of memory, somebody is left to say so."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from gapmatch.errors import GapmatchError
from gapmatch.i18n import _

LARGE = 50_000_000
"""Bytes of input from which a run may need more memory than there is."""
_MARK = "GAPMATCH_WATCHED"
_OWN_CODES = frozenset({0, 1, 2, 3, 130})


def needs_watching(files: Sequence[Path]) -> bool:
    """Say whether a run of ``files`` should be watched from outside, and is not yet."""
    given = [p for f in files for p in (f.rglob("*") if f.is_dir() else [f])]
    size = sum(p.stat().st_size for p in given if p.is_file())
    return size >= LARGE and _MARK not in os.environ


def speak_alone() -> None:
    """In a watched process, keep standard error for what gapmatch itself says.

    What a library writes there as it dies is of no use to anybody who reads it.
    """
    if _MARK not in os.environ:
        return
    own = os.fdopen(os.dup(2), "w", buffering=1, encoding=sys.stderr.encoding, errors="replace")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    sys.stderr = own


def run_watched(arguments: Sequence[str]) -> int:
    """Run ``gapmatch`` with ``arguments`` in a process of its own and return its exit code.

    Raises ``GapmatchError`` where the system ended it: a library that gets no memory, or the kernel that
    has none left, ends a process without a word.
    """
    command = [sys.executable, "-m", "gapmatch", *arguments]
    code = subprocess.run(command, env={**os.environ, _MARK: "1"}, check=False).returncode
    if code in _OWN_CODES:
        return code
    raise GapmatchError(
        _("运行被系统中止（代码 {code}），多半是内存不足；本次没有完成，原有结果未动。").format(
            code=code
        ),
        _(
            "请关闭其他程序，或在 gapmatch.toml 中调低 [linkage] batch_pairs 后重新运行，会从最后完成的一步继续；"
            "数据很大时可用 --engine spark 在集群上运行。"
        ),
    )
