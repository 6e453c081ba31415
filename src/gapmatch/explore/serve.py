"""Serving a copy of the database without anything personal, on this computer alone.

The copy holds the tables and views that an analyst filters by. Left out are the frames (they hold
persons and phones), what reviewers and visitors wrote in their own words, accounts, file paths and
the log of exports: what is not there cannot be asked for, whatever SQL is typed.
"""

import re
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from gapmatch.errors import GapmatchError, wrap_store_errors
from gapmatch.explore.metadata import DATABASE, explore_metadata
from gapmatch.i18n import _
from gapmatch.loopback import (
    HOST,
    Application,
    Receive,
    Scope,
    Send,
    hide_tracebacks,
    is_own_host,
    open_socket,
    send_page,
    serve_app,
)
from gapmatch.private_files import PRIVATE_FILE_MODE
from gapmatch.sqlite import Database
from gapmatch.workspace_files import DATABASE_NAME

if TYPE_CHECKING:
    from datasette.app import Datasette

_MAX_DIGITS = 4

SHOWN = (
    *("firms", "units", "links", "quarters", "cases", "case_quarters"),
    *("visits", "outcomes", "runs", "verdicts"),
)
"""Tables that are copied; ``frames``, ``said``, ``inputs``, ``imports`` and ``exports`` are not."""
VIEWS = ("current_gaps",)
LEFT_OUT = {
    "visits": (
        "who",
        "remark",
        "firm_code",
        "firm_name",
        "import_id",
        "source_sheet",
        "source_row",
    ),
    "runs": ("run_by", "settings"),
}
"""Columns that the copy does not have: people's words, accounts and files."""


@contextmanager
def explore_copy(workspace: Path) -> Iterator[Path]:
    """Yield the path of a copy to show, deleted afterwards."""
    source = workspace / DATABASE_NAME
    with tempfile.TemporaryDirectory(prefix="gapmatch-") as folder:
        target = Path(folder) / f"{DATABASE}.db"
        with wrap_store_errors(source):
            _copy(source, target)
        yield target


def _copy(source: Path, target: Path) -> None:
    """Copy what is shown. The source is opened read-only, in one transaction."""
    with closing(sqlite3.connect(target.as_uri(), uri=True)) as connection:
        target.chmod(PRIVATE_FILE_MODE)
        connection.execute("ATTACH DATABASE ? AS source", [f"{source.resolve().as_uri()}?mode=ro"])
        connection.execute("BEGIN")
        for name in SHOWN:
            _copy_table(connection, name)
        for name in VIEWS:
            connection.execute(_read_sql(connection, name))
        connection.commit()


def _copy_table(connection: sqlite3.Connection, name: str) -> None:
    connection.execute(_drop_columns(_read_sql(connection, name), LEFT_OUT.get(name, ())))
    columns = connection.execute(f"PRAGMA main.table_info({name})").fetchall()
    listed = ", ".join(_round_column(column, kind) for _place, column, kind, *_more in columns)
    connection.execute(f"INSERT INTO main.{name} SELECT {listed} FROM source.{name}")


def _round_column(column: str, kind: str) -> str:
    """Return what is copied of a column: of broken numbers as many digits as one reads."""
    return f'round("{column}", {_MAX_DIGITS})' if kind == "REAL" else f'"{column}"'


def _drop_columns(sql: str, columns: Sequence[str]) -> str:
    """Return a ``CREATE TABLE`` statement, one column a line, without ``columns``."""
    lines = [
        line for line in sql.splitlines() if not any(line.startswith(f"  {c} ") for c in columns)
    ]
    last = next(place for place, line in enumerate(lines) if line.startswith(")")) - 1
    lines[last] = re.sub(r",( -- |$)", r"\1", lines[last], count=1)
    return "\n".join(lines)


def _read_sql(connection: sqlite3.Connection, name: str) -> str:
    rows = connection.execute("SELECT sql FROM source.sqlite_master WHERE name = ?", [name])
    return str(rows.fetchone()[0])


def explore_app(copy: Path) -> "Datasette":
    """Return Datasette's application for a copy; raise ``GapmatchError`` if it is not installed."""
    try:
        from datasette.app import Datasette
    except ImportError as error:
        raise GapmatchError(
            _("没有安装 Datasette，无法在浏览器里查看"),
            _(
                "请安装附加组件 gapmatch[explore]；"
                "在仓库里：pip install -r requirements/explore.txt"
            ),
        ) from error
    hide_tracebacks()
    database = Database(copy)
    try:
        metadata = explore_metadata(database)
    finally:
        database.close()
    return Datasette(
        files=[],
        immutables=[str(copy)],
        metadata=metadata,
        static_mounts=[("look", str(Path(__file__).parent / "look"))],
        settings={
            "default_page_size": 50,
            "sql_time_limit_ms": 5000,
            "num_sql_threads": 2,
            "allow_download": False,
        },
    )


def refuse_other_hosts(app: Application, port: int) -> Application:
    """Return ``app`` answering only requests that name this computer as their host."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or is_own_host(scope, port, (HOST, "localhost")):
            await app(scope, receive, send)
        else:
            await send_page(send, 403, b"403", "text/plain")

    return answer


def serve(workspace: Path, port: int, report: Callable[[str], None]) -> None:
    """Serve ``workspace`` until interrupted; call ``report`` with the address once it answers."""
    with explore_copy(workspace) as copy, closing(open_socket(port)) as listening:
        app = refuse_other_hosts(explore_app(copy).app(), port)
        report(f"http://{HOST}:{port}/{DATABASE}")
        serve_app(app, listening)
