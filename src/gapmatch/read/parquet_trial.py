"""Whether polars survives a Parquet file: damaged lengths inside a page end its process."""

import atexit
import os
import subprocess
import sys
from contextlib import suppress
from threading import Lock

from gapmatch.concurrency import WATCHED

_PARSE = """
import io, sys
sys.path[:] = {path!r}
import polars
while size := int.from_bytes(sys.stdin.buffer.read({length_bytes}), "little"):
    data = io.BytesIO(sys.stdin.buffer.read(size))
    try:
        polars.read_parquet(data, hive_partitioning=False)
    except BaseException:
        pass
    sys.stdout.buffer.write(b".")
    sys.stdout.buffer.flush()
"""
_LENGTH_BYTES = 8
_turn = Lock()
_started: "list[subprocess.Popen[bytes]]" = []
"""The process that parses, if there is one: it starts with the first file and lives on."""


def survives_parsing(data: bytes) -> bool:
    """Parse ``data`` in another process; return whether that process survives it.

    An exception counts as surviving: it is raised here, too. A process that is watched from outside
    tries nothing, for its death is reported; nor does one that may start no other.
    """
    if WATCHED in os.environ:
        return True
    with _turn:
        try:
            return _parse(data)
        except BaseException:
            _end()
            raise


def _parse(data: bytes) -> bool:
    if not _started:
        try:
            _started.append(_start())
        except OSError:
            return True
    process = _started[0]
    assert process.stdin
    assert process.stdout
    answer = b""
    with suppress(BrokenPipeError):
        process.stdin.write(len(data).to_bytes(_LENGTH_BYTES, "little") + data)
        process.stdin.flush()
        answer = process.stdout.read(1)
    if not answer:
        _end()
    return bool(answer)


def _start() -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-P", "-c", _PARSE.format(path=sys.path, length_bytes=_LENGTH_BYTES)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )


@atexit.register
def _end() -> None:
    while _started:
        process = _started.pop()
        process.kill()
        with suppress(BrokenPipeError):  # what was not yet written
            process.communicate()
