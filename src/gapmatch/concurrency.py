"""Pieces of work at the same time.

The work of a quarter is many short steps, of which each leaves all cores but one idle. Polars, numpy and the
readers of files let go of Python while they work, so two threads are nearly twice as quick as one.
"""

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

_MOST = 4
_One = TypeVar("_One")
_Other = TypeVar("_Other")


def both(one: Callable[[], _One], other: Callable[[], _Other]) -> tuple[_One, _Other]:
    """Return what ``one`` and ``other`` return; both speak the language that is spoken now.

    Both are over when it returns or raises; the error of ``one`` is raised where both fail.
    """
    with ThreadPoolExecutor(1) as threads:
        answer = threads.submit(copy_context().run, other)
        return one(), answer.result()


def each_of_many(work: Callable[[_One], _Other], things: Iterable[_One]) -> list[_Other]:
    """Return what ``work`` returns for each thing, a few at a time, so that their memory stays bounded.

    ``work`` says nothing in any language.
    """
    with ThreadPoolExecutor(min(_MOST, os.cpu_count() or 1)) as threads:
        return list(threads.map(work, things))


def each(work: Callable[[_One], _Other], things: Sequence[_One]) -> list[_Other]:
    """Return what ``work`` returns for each of a few things; the error of the first that fails is raised."""
    with ThreadPoolExecutor(max(1, len(things))) as threads:
        answers = [threads.submit(copy_context().run, work, thing) for thing in things]
        return [answer.result() for answer in answers]
