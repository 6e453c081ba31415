"""The rows of the last quarter of a workspace, if it has any: nothing is made by looking."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from gapmatch.store.runs import Store
from gapmatch.workspace_files import DATABASE_NAME

SIDE_FRAMES = {"tax": "firms", "enrollment": "units"}
"""Frame of the store that holds the rows of a side."""


def read_earlier_rows(
    store: Store | None, before: str | None = None
) -> tuple[str | None, dict[str, pl.DataFrame]]:
    """Return the latest quarter earlier than ``before`` with its rows by side, if stored.

    Rows: side → FIRMS or UNITS, without persons.
    """
    previous = store.find_latest_quarter(before=before) if store else None
    if store is None or previous is None:
        return None, {}
    return previous, {side: store.result(previous, name) for side, name in SIDE_FRAMES.items()}


@contextmanager
def open_store_if_any(workspace: Path) -> Iterator[Store | None]:
    """Yield the store of ``workspace``, or null if no quarter was run there: none is made."""
    if not (workspace / DATABASE_NAME).is_file():
        yield None
        return
    with Store.open_to_read(workspace) as store:
        yield store
