"""The workspace that a command works in: where it is, and whether there is one."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from gapmatch.errors import StoreError
from gapmatch.i18n import _

if TYPE_CHECKING:
    import polars as pl

    from gapmatch.run.housekeeping import Move
    from gapmatch.store.runs import Store

SETTINGS_NAME = "gapmatch.toml"


@contextmanager
def opened(workspace: Path) -> Iterator["Store"]:
    """Yield the store of ``workspace``; raises ``StoreError`` where no quarter was ever run.

    Reading must not leave an empty database behind in a folder that was given by mistake. What a run
    that was killed had still to move into ``out/`` moves in now, or it is shown why it cannot. In a
    workspace where nothing can be written, nothing is.
    """
    from gapmatch.run.housekeeping import settle_moves
    from gapmatch.store.runs import Store

    _refuse_empty(workspace)
    with Store.open_to_read(workspace) as store:
        _show_moves(settle_moves(workspace, store))
        yield store


def spoken_results(workspace: Path, quarter: str | None) -> "dict[str, pl.DataFrame]":
    """Return what ``results`` does, with every sentence in the language that is spoken now."""
    from gapmatch.i18n import current_language

    with opened(workspace) as store:
        asked = quarter or store.latest_quarter() or _("（无）")
        frames = store.results(asked)
        _began, language = store.made(asked)
    if language == current_language():
        return frames

    from gapmatch.settings.load import load_settings
    from gapmatch.wording.sentences import add_sentences

    return add_sentences(frames, load_settings(workspace / SETTINGS_NAME), current_language())


def results(workspace: Path, quarter: str | None) -> "dict[str, pl.DataFrame]":
    """Return the frames of ``quarter``, or of the latest one; raises ``StoreError`` for an unknown one."""
    with opened(workspace) as store:
        return store.results(quarter or store.latest_quarter() or _("（无）"))


@contextmanager
def writing(workspace: Path, doing: str) -> Iterator["Store"]:
    """Yield the store of ``workspace`` as its one writer; ``doing`` is told to those who come meanwhile.

    Raises ``StoreError`` as ``opened`` does, and with who holds the workspace where somebody does.
    """
    from gapmatch.run.housekeeping import find_staged_quarters, settle_quarters
    from gapmatch.store.lock import writer
    from gapmatch.store.runs import Store

    _refuse_empty(workspace)
    with writer(workspace, doing), Store.open(workspace) as store:
        _show_moves(settle_quarters(workspace, store, find_staged_quarters(workspace)))
        yield store


def _show_moves(moves: "Sequence[Move]") -> None:
    from gapmatch.cli.terminal import Terminal

    for move in moves:
        Terminal().warn(str(move))


def _refuse_empty(workspace: Path) -> None:
    from gapmatch.store.database import DATABASE_NAME

    if not (workspace / DATABASE_NAME).is_file():
        raise StoreError(
            _("这里还没有运行过任何季度：{path}").format(path=workspace.absolute()),
            _("请用 --workspace 指明工作区，或先运行 gapmatch run。"),
        )
