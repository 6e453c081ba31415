"""Writes everything that a run gives to people and to other programs."""

import json
from pathlib import Path
from typing import Any

from gapmatch.publish.county import county_books
from gapmatch.publish.files import LAST_FILE, beside, write_file
from gapmatch.publish.inputs import PublishInput, PublishOptions
from gapmatch.publish.kept import written_files
from gapmatch.publish.parallel import write_books
from gapmatch.publish.prefecture import prefecture_book
from gapmatch.publish.report import report_page
from gapmatch.publish.tables import (
    csv_bytes,
    defects_table,
    gaps_table,
    links_table,
    targets_table,
)

_TABLES = {
    "links.csv": links_table,
    "gaps.csv": gaps_table,
    "targets.csv": targets_table,
    "defects.csv": defects_table,
}


def publish(
    results: PublishInput, folder: Path, options: PublishOptions | None = None
) -> list[Path]:
    """Write the results of a quarter to ``folder/out/<quarter>/`` and return the files written.

    All files are written beside their place and moved in together at the end: a run that fails or
    is killed leaves the old ones whole. Workbooks that somebody has filled in since the last run
    are kept in a folder of their own. Raises ``PublishError`` where the disk is full, the folder is
    read-only, or a file is open in Excel.
    """
    results = results.completed()
    out = folder / "out"
    with beside(out, results.quarter) as staged:
        _write_all(results, staged, options or PublishOptions())
        names = list(written_files(staged))
    return [out / results.quarter / name for name in names]


def _write_all(results: PublishInput, staged: Path, options: PublishOptions) -> None:
    for name, table in _TABLES.items():
        write_file(staged / name, csv_bytes(table(results)))
    books = [prefecture_book(results), *county_books(results, options)]
    write_books(books, staged, options.processes)
    write_file(staged / "report.html", report_page(results).encode())
    info = {**results.run_info, "quarter": results.quarter, "outputs": written_files(staged)}
    write_file(staged / LAST_FILE, _json_bytes(info))


def _json_bytes(info: dict[str, Any]) -> bytes:
    text = json.dumps(info, ensure_ascii=False, indent=2, sort_keys=True, default=str)
    return (text + "\n").encode()
