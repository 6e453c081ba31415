"""The progress of long work: a bar or a line on a terminal, nothing everywhere else."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.text import Text

from gapmatch.cli.terminal import Terminal

if TYPE_CHECKING:
    from gapmatch.pipeline import StageObserver


@contextmanager
def show_progress(terminal: Terminal) -> Iterator["StageObserver"]:
    """Yield an observer that moves a bar on a terminal and shows nothing everywhere else."""
    if not terminal.shows_progress:
        from gapmatch.pipeline import NullObserver

        yield NullObserver()
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
