"""Writes workbooks in several processes if that is faster.

The helpers are plain ``python`` processes that import the writer only. Neither ``fork`` (unsafe
next to polars' threads, missing on Windows) nor ``spawn`` of multiprocessing (runs the caller's
main module again, so that a script or notebook would need a guard) is used.
"""

import gc
import os
import pickle
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from contextvars import copy_context
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import IO, Self

from gapmatch.forms.sheet_model import Book
from gapmatch.forms.writer import write_book
from gapmatch.private_files import make_private_folder

_MIN_CELLS_PER_PROCESS = 90_000
"""Fewer cells than this take about as long as starting a process and handing them over."""

_MAX_PROCESSES = 8

_MAX_QUEUED_BOOKS = 2
"""Books that lie with a helper, so that it need not wait for the next one."""

_HELPER = (
    "import pickle, sys; sys.path[:] = pickle.load(sys.stdin.buffer); "
    "from gapmatch.forms.parallel import run_helper; run_helper()"
)


def choose_process_count(cells: int) -> int:
    """Return how many processes write so many cells soonest, this one among them."""
    return min(os.cpu_count() or 1, _MAX_PROCESSES, 1 + cells // _MIN_CELLS_PER_PROCESS)


@dataclass(frozen=True)
class Writers:
    """This process and its helpers, which start while the workbooks are still being made."""

    helpers: Sequence["Helper"]

    @classmethod
    @contextmanager
    def start_helpers(cls, processes: int) -> Iterator[Self]:
        """Start so many processes less one; they end with the block."""
        helpers = [helper for _number in range(processes - 1) if (helper := Helper.start())]
        try:
            yield cls(helpers)
        finally:
            for helper in helpers:
                helper.dismiss()

    @contextmanager
    def write_during(self, books: Iterable[Book], folder: Path) -> Iterator[None]:
        """Write every book below ``folder``: the helpers during the block, then this process too.

        Each takes the next one; with the largest first all are done at about the same time. Raises
        ``OSError`` if a book cannot be written.
        """
        left = _Books(books, folder)
        with ThreadPoolExecutor(max(1, len(self.helpers))) as threads:
            helped = [threads.submit(helper.write, left) for helper in self.helpers]
            try:
                yield
                _write_all(left)
            finally:
                left.clear()  # if one cannot be written, the others are of no use
        for answer in helped:
            _write_all(_Books(answer.result(), folder))


class _Books:
    """Books that are still to be written below ``folder``, each made when a thread takes it."""

    def __init__(self, books: Iterable[Book], folder: Path) -> None:
        self.folder = folder
        self._books = iter(books)
        self._turn = Lock()
        # Books are worded as they are made: in the language of this thread, whichever takes them.
        self._context = copy_context()

    def take(self) -> Book | None:
        """Return the next book, its folder made; ``None`` if there is none left."""
        with self._turn:
            book = self._context.run(next, self._books, None)
        if book:
            make_private_folder((self.folder / book.path).parent)
        return book

    def clear(self) -> None:
        """Leave no book to take."""
        with self._turn:
            self._books = iter(())


def _write_all(left: _Books) -> None:
    with _collect_garbage_by_book() as collect:
        while book := left.take():
            write_book(book, left.folder)
            collect()


@dataclass(frozen=True)
class Helper:
    """A process that writes the books that it is given."""

    orders: IO[bytes]
    answers: IO[bytes]
    process: "subprocess.Popen[bytes]"

    @classmethod
    def start(cls) -> Self | None:
        """Start a process; None if the system does not let us."""
        try:
            process = subprocess.Popen(
                [sys.executable, "-P", "-c", _HELPER],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except OSError:
            return None
        assert process.stdin
        assert process.stdout
        helper = cls(process.stdin, process.stdout, process)
        with suppress(OSError):
            helper.order(sys.path)
        return helper

    def order(self, what: object) -> None:
        """Hand over something. Raises ``OSError`` if the process is no longer there."""
        pickle.dump(what, self.orders, pickle.HIGHEST_PROTOCOL)
        self.orders.flush()

    def write(self, left: _Books) -> Sequence[Book]:
        """Have books written until none is left.

        Return those that a process which died left unwritten. Raises ``OSError`` if a book cannot
        be written.
        """
        given: deque[Book] = deque()
        try:
            while True:
                while len(given) < _MAX_QUEUED_BOOKS and (book := left.take()):
                    given.append(book)
                    self.order((book, left.folder))
                if not given:
                    return ()
                if error := pickle.load(self.answers):
                    break
                given.popleft()
        except (OSError, EOFError, pickle.UnpicklingError):
            return given
        left.clear()
        raise error

    def dismiss(self) -> None:
        """Let the process end."""
        for pipe in (self.orders, self.answers):
            with suppress(OSError):
                pipe.close()
        self.process.wait()


def run_helper() -> None:
    """Be a helper process: write each book that comes in, answer with the error or None."""
    with _collect_garbage_by_book() as collect, suppress(EOFError, BrokenPipeError):
        while True:
            book, folder = pickle.load(sys.stdin.buffer)
            sys.stdout.buffer.write(pickle.dumps(_try_write(book, folder)))
            sys.stdout.buffer.flush()
            collect()


def _try_write(book: Book, folder: Path) -> OSError | None:
    try:
        write_book(book, folder)
    except OSError as error:
        return error
    return None


@contextmanager
def _collect_garbage_by_book() -> Iterator[Callable[[], object]]:
    """Yield what frees a written book: its sheets refer to each other, with all of their XML.

    Meanwhile nothing is collected: writing makes many small objects, and what there was before is
    not looked at again.
    """
    enabled = gc.isenabled()
    gc.disable()
    gc.freeze()
    try:
        yield gc.collect
    finally:
        gc.unfreeze()
        if enabled:
            gc.enable()
