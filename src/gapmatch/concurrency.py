"""Pieces of work at the same time.

The work of a quarter is many short steps, of which each leaves all cores but one idle. Polars,
numpy and the readers of files let go of Python while they work, so two threads are nearly twice as
quick as one.
"""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

MAX_THREADS = min(4, os.cpu_count() or 1)
"""Threads that share the work of a stage, so that memory stays bounded."""
WATCHED = "GAPMATCH_WATCHED"
"""Variable in the environment of a process whose parent reports its death."""
_One = TypeVar("_One")
_Other = TypeVar("_Other")


def run_in_parallel(one: Callable[[], _One], other: Callable[[], _Other]) -> tuple[_One, _Other]:
    """Return what ``one`` and ``other`` return, once both are over; raise the first error."""
    with ThreadPoolExecutor(1) as threads:
        answer = threads.submit(copy_context().run, other)
        return one(), answer.result()


def map_threads(
    work: Callable[[_One], _Other], things: Iterable[_One], max_workers: int = MAX_THREADS
) -> list[_Other]:
    """Map ``work`` over ``things``, a few at a time, in this language; raise the first error."""
    with ThreadPoolExecutor(max_workers) as threads:
        answers = [threads.submit(copy_context().run, work, thing) for thing in things]
        return [answer.result() for answer in answers]
