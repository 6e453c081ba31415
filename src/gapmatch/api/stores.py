"""The store of a workspace, opened by library calls to read, to write, or for its frames."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from gapmatch.errors import StoreError
from gapmatch.i18n import _, get_language
from gapmatch.store.runs import Store
from gapmatch.workspace_files import DATABASE_NAME

if TYPE_CHECKING:
    import polars as pl

    from gapmatch.run.housekeeping import Move

LOG = logging.getLogger("gapmatch")
"""Without a handler of the caller's own, its warnings go to standard error."""


@contextmanager
def open_store(workspace: Path) -> Iterator[Store]:
    """Yield the store of ``workspace``; raises ``StoreError`` if no quarter was ever run there.

    Reading must not leave an empty database behind in a folder that was given by mistake. What a
    run that was killed had still to move into ``out/`` moves in now, or the log gives the reason
    why not. A workspace without write access stays untouched.
    """
    from gapmatch.run.housekeeping import finish_moves_if_idle

    refuse_empty_workspace(workspace)
    with Store.open_to_read(workspace) as store:
        _log_moves(finish_moves_if_idle(workspace, store))
        yield store


@contextmanager
def open_store_for_writing(workspace: Path, task: str) -> Iterator[Store]:
    """Yield the store as its one writer; those who have to wait are shown ``task``."""
    from gapmatch.run.housekeeping import finish_moves
    from gapmatch.store.lock import lock_workspace

    refuse_empty_workspace(workspace)
    with lock_workspace(workspace, task), Store.open(workspace) as store:
        _log_moves(finish_moves(workspace, store))
        yield store


def _log_moves(moves: "Sequence[Move]") -> None:
    for move in moves:
        LOG.warning("%s", move)


def load_results(workspace: Path, quarter: str | None) -> "dict[str, pl.DataFrame]":
    """Return the frames of ``quarter``, or of the latest; raise ``StoreError`` if it is unknown."""
    with open_store(workspace) as store:
        return store.results(resolve_quarter(store, quarter))


def word_frames(
    frames: "dict[str, pl.DataFrame]", workspace: Path, language: str
) -> "dict[str, pl.DataFrame]":
    """Return frames, worded in ``language`` as yet, with every sentence in the current one."""
    if language == get_language():
        return frames

    from gapmatch.settings.load import load_workspace_settings
    from gapmatch.wording.sentences import add_sentences

    return add_sentences(frames, load_workspace_settings(workspace), get_language())


def resolve_quarter(store: Store, quarter: str | None) -> str:
    """Return ``quarter``, or the latest one that ``store`` holds."""
    return quarter or store.find_latest_quarter() or _("（无）")


def refuse_empty_workspace(workspace: Path) -> None:
    """Raise ``StoreError`` if no quarter was ever run in ``workspace``."""
    if not (workspace / DATABASE_NAME).is_file():
        raise StoreError(
            _("这里还没有运行过任何季度：{path}").format(path=workspace.absolute()),
            _("请用 --workspace 指明工作区，或先运行 gapmatch run。"),
        )
