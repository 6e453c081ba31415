"""Ctrl+C is noted as well as raised: what it strikes may drop it, or raise an error of its own.

A library's native code does both; Python itself makes a ``RuntimeError`` of it while a class is
built.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread
from types import FrameType

_noted: list[int] = []


@contextmanager
def note_interruptions() -> Iterator[None]:
    """Note Ctrl+C in the block, unless another handler than Python's own deals with it."""
    before = signal.getsignal(signal.SIGINT)
    is_ours = before is signal.default_int_handler and current_thread() is main_thread()
    if is_ours:
        signal.signal(signal.SIGINT, _interrupt)
    try:
        yield
    finally:
        _noted.clear()
        if is_ours:
            signal.signal(signal.SIGINT, before)


def _interrupt(number: int, _frame: FrameType | None) -> None:
    _noted.append(number)
    raise KeyboardInterrupt


def was_interrupted() -> bool:
    """Return whether Ctrl+C was pressed in the block in which it is noted."""
    return bool(_noted)


def stop_if_interrupted() -> None:
    """Raise ``KeyboardInterrupt`` if an earlier one was dropped."""
    if _noted:
        raise KeyboardInterrupt
