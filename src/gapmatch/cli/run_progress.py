"""The progress of long work: a bar or a line on a terminal, nothing everywhere else."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.text import Text

from gapmatch.cli.terminal import Terminal


class ProgressObserver(Protocol):
    """Receives the beginning of each stage (the pipeline's observer, seen from here)."""

    def begin(self, stage: str) -> None:
        """``stage`` begins; the one before it is over."""


class HiddenProgress:
    """An observer that shows nothing."""

    def begin(self, stage: str) -> None:
        """Do nothing."""


@contextmanager
def show_progress(terminal: Terminal) -> Iterator[ProgressObserver]:
    """Yield an observer that moves a bar on a terminal and shows nothing everywhere else."""
    if not terminal.shows_progress:
        yield HiddenProgress()
        return
    from gapmatch.cli.progress_bar import StageBar

    with StageBar(terminal.err) as bar:
        yield bar


@contextmanager
def show_status(terminal: Terminal) -> Iterator[Callable[[str], None]]:
    """Yield a function that shows on a terminal what is being done; it does nothing elsewhere."""
    if not terminal.shows_progress:
        yield lambda _text: None
        return
    with terminal.err.status("") as status:
        yield lambda text: status.update(Text(text))
