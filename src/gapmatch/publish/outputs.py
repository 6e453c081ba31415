"""Writes everything that a run gives to people and to other programs."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

from gapmatch.forms.workbooks import write_workbooks
from gapmatch.papers.verified_list import build_verified_books
from gapmatch.publish.edited_files import written_files
from gapmatch.publish.folder_swap import LAST_FILE, beside, write_file
from gapmatch.report.page import report_page
from gapmatch.report.vega_runtime import vega_runtime
from gapmatch.results.run_results import PublishInput, PublishOptions
from gapmatch.results.tables import csv_bytes, defects_table, gaps_table, links_table, targets_table

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

    All or nothing, as ``publication`` says. Raises ``PublishError`` where the disk is full, the folder
    is read-only, or a file is open in Excel.
    """
    place = folder / "out" / results.quarter
    with publication(folder, results.quarter) as write:
        names = write(results, options or PublishOptions())
    return [place / name for name in names]


@contextmanager
def publication(
    folder: Path, quarter: str
) -> Iterator[Callable[[PublishInput, PublishOptions], list[str]]]:
    """Give a function that writes results beside their place; they move in when the block ends.

    A run that fails or is killed leaves the old results whole, and what else is done in the block (the
    store's transaction) is done before they move in: ``recover`` finishes the move for a run that was
    killed in between. Workbooks that somebody has filled in since the last run are kept in a folder
    of their own.
    """
    with beside(folder / "out", quarter) as staged:

        def write(results: PublishInput, options: PublishOptions) -> list[str]:
            _write_all(results.completed(), staged, options)
            return list(written_files(staged))

        yield write


def _write_all(results: PublishInput, staged: Path, options: PublishOptions) -> None:
    start = perf_counter()
    verified = build_verified_books(results, options)
    with write_workbooks(results, staged, options, verified):
        for name, table in _TABLES.items():
            write_file(staged / name, csv_bytes(table(results)))
        write_file(staged / "report.html", report_page(results, vega_runtime()).encode())
    timings = dict(results.run_info.get("timings", {})) | {
        "publish": round(perf_counter() - start, 3)
    }
    info = {
        **results.run_info,
        "quarter": results.quarter,
        "timings": timings,
        "outputs": written_files(staged),
    }
    write_file(staged / LAST_FILE, _json_bytes(info))


def _json_bytes(info: dict[str, Any]) -> bytes:
    text = json.dumps(info, ensure_ascii=False, indent=2, sort_keys=True, default=str)
    return (text + "\n").encode()
