"""Opening the workspace's database: private and in WAL mode, or only to read it."""

import os
import sqlite3
import time
from pathlib import Path

from gapmatch.private_files import make_private_file, refuse_link
from gapmatch.sqlite import Database

BUSY_SECONDS = 10.0
"""How long a statement waits for another program's short write before it gives up."""
RETRY_SECONDS = 0.05


def connect(path: Path) -> Database:
    """Open (and create, readable by its owner alone) the database at ``path``.

    WAL lets an analyst read while a run writes; ``synchronous=FULL`` makes what was committed
    survive a power cut. If a network share cannot do WAL, SQLite stays in its default mode by
    itself. Raises ``sqlite3.Error`` or ``OSError``: callers wrap this in ``wrap_store_errors``.
    """
    for suffix in ("-wal", "-shm"):
        refuse_link(path.with_name(path.name + suffix))
    make_private_file(path)
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS)
    try:
        database = Database(connection)
        database.execute("PRAGMA foreign_keys = ON")
        database.execute("PRAGMA synchronous = FULL")
        _enable_wal(database)
    except BaseException:
        connection.close()
        raise
    return database


def _enable_wal(database: Database) -> None:
    """Switch to WAL; SQLite does not wait by itself while another program does the same."""
    end = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            database.enable_wal()
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
        time.sleep(RETRY_SECONDS)


def connect_read_only(path: Path) -> sqlite3.Connection:
    """Open the database at ``path`` to read it, even in a folder that cannot be written to."""
    # Without a log next to it, SQLite would create one to read a database in WAL mode. Only if it
    # cannot, nobody writes meanwhile either, and the file may be taken as it is.
    log = path.with_name(f"{path.name}-wal")
    is_frozen = not is_writable(path) and not (log.exists() and log.stat().st_size)
    mode = "mode=ro&immutable=1" if is_frozen else "mode=ro"
    uri = f"{path.resolve().as_uri()}?{mode}"
    return sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS)


def is_writable(path: Path) -> bool:
    """Return whether the database at ``path`` and the folder it lies in can be written."""
    return os.access(path.parent, os.W_OK) and (not path.exists() or os.access(path, os.W_OK))
