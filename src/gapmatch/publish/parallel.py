"""Writes workbooks in several processes where that pays.

The helpers are plain ``python`` processes that import the writer only. Neither ``fork`` (unsafe
beside polars' threads, missing on Windows) nor ``spawn`` of multiprocessing (runs the caller's main
module again, so that a script or notebook would need a guard) is used.
"""

import gc
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from gapmatch.publish.sheets import Book
from gapmatch.publish.workbook import write_book

_CELLS_THAT_PAY = 90_000
"""Fewer cells than this take about as long as starting a process and handing them over."""

_START = 40_000
"""Cells that are written in the time in which a helper starts and takes over its work."""

_BOOK = 500
"""Cells that are written in the time that an empty workbook takes."""

_MOST_PROCESSES = 8

_HELPER = (
    "import pickle, sys; sys.path[:] = pickle.load(sys.stdin.buffer); "
    "from gapmatch.publish.parallel import help_out; help_out()"
)


def write_books(books: Sequence[Book], folder: Path, processes: int | None = None) -> None:
    """Write every book below ``folder``. Raises ``OSError`` where one cannot be written."""
    for book in books:
        (folder / book.path).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    own, *others = _shares(books, processes or _processes_that_pay(books))
    with ThreadPoolExecutor(max(len(others), 1)) as threads:
        helped = [threads.submit(_have_written, share, folder) for share in others]
        write_all(own, folder)
    for share, answer in zip(others, helped, strict=True):
        _take(answer, share, folder)


def write_all(books: Sequence[Book], folder: Path) -> None:
    """Write the books one after the other."""
    with _no_garbage_collection():
        for book in books:
            write_book(book, folder)


def help_out() -> None:
    """Be a helper process: write the books that come in, answer with the error or None."""
    books, folder = pickle.load(sys.stdin.buffer)
    answer: OSError | None = None
    try:
        write_all(books, folder)
    except OSError as error:
        answer = error
    sys.stdout.buffer.write(pickle.dumps(answer))


def _have_written(share: Sequence[Book], folder: Path) -> bytes:
    """Run a helper process; return its answer, empty where it could not work."""
    job = pickle.dumps(sys.path) + pickle.dumps((share, folder), pickle.HIGHEST_PROTOCOL)
    try:
        return subprocess.run(
            [sys.executable, "-P", "-c", _HELPER],
            input=job,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            check=False,
        ).stdout
    except OSError:
        return b""


def _take(answer: "Future[bytes]", share: Sequence[Book], folder: Path) -> None:
    """Raise the helper's error; do the work here where the helper did not live to answer."""
    said = answer.result()
    if not said:
        write_all(share, folder)
    elif error := pickle.loads(said):
        raise error


def _shares(books: Sequence[Book], number: int) -> list[list[Book]]:
    """Share out the books so that all processes are done at about the same time."""
    shares: list[list[Book]] = [[] for _ in range(max(1, min(number, len(books))))]
    load = [0, *(_START for _ in shares[1:])]
    for book in sorted(books, key=lambda b: (-b.cells, b.path)):
        least = load.index(min(load))
        shares[least].append(book)
        load[least] += book.cells + _BOOK
    return shares


def _processes_that_pay(books: Sequence[Book]) -> int:
    work = sum(book.cells for book in books)
    return min(os.cpu_count() or 1, _MOST_PROCESSES, 1 + work // _CELLS_THAT_PAY)


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Writing makes many small objects and no cycles worth looking for meanwhile."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
