"""Pieces of work at the same time.

The work of a quarter is many short steps, of which each leaves all cores but one idle. Polars,
numpy and the readers of files let go of Python while they work, so two threads are nearly twice as
quick as one.
"""

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from gapmatch.i18n import get_language, use_language

_MAX_THREADS = 4
_One = TypeVar("_One")
_Other = TypeVar("_Other")
_Parameters = ParamSpec("_Parameters")


def run_in_parallel(one: Callable[[], _One], other: Callable[[], _Other]) -> tuple[_One, _Other]:
    """Return what ``one`` and ``other`` return; both use the current language.

    Both are over when it returns or raises; the error of ``one`` is raised if both fail.
    """
    with ThreadPoolExecutor(1) as threads:
        answer = threads.submit(_in_language(get_language(), other))
        return one(), answer.result()


def map_bounded(work: Callable[[_One], _Other], things: Iterable[_One]) -> list[_Other]:
    """Map ``work`` over ``things``, a few at a time, so that memory stays bounded.

    ``work`` must not produce messages: its threads do not inherit the language.
    """
    with ThreadPoolExecutor(min(_MAX_THREADS, os.cpu_count() or 1)) as threads:
        return list(threads.map(work, things))


def map_threads(
    work: Callable[[_One], _Other], things: Sequence[_One], max_workers: int | None = None
) -> list[_Other]:
    """Map ``work`` over a few ``things``, in the current language.

    The error of the first that fails is raised.
    """
    with ThreadPoolExecutor(max_workers or max(1, len(things))) as threads:
        in_language = _in_language(get_language(), work)
        answers = [threads.submit(in_language, thing) for thing in things]
        return [answer.result() for answer in answers]


def _in_language(
    language: str, work: Callable[_Parameters, _Other]
) -> Callable[_Parameters, _Other]:
    """Return ``work`` for another thread, whose errors are to be in ``language``."""

    def run(*args: _Parameters.args, **kwargs: _Parameters.kwargs) -> _Other:
        with use_language(language):
            return work(*args, **kwargs)

    return run
