"""Writes everything that a run gives to people and to other programs."""

import hashlib
import json
from pathlib import Path
from time import perf_counter
from typing import Any

from gapmatch.forms.workbooks import write_workbooks
from gapmatch.papers.reply import make_reply
from gapmatch.papers.verified_list import build_verified_books
from gapmatch.private_files import write_private_file
from gapmatch.publish.folder_swap import LAST_FILE, list_written_files
from gapmatch.publish.table_files import build_table_books, write_tables
from gapmatch.report.html import load_vega_runtime
from gapmatch.report.page import render_report
from gapmatch.results.run_results import PublishInput, PublishOptions


def write_results(
    results: PublishInput, folder: Path, options: PublishOptions, workspace: Path | None = None
) -> dict[str, str]:
    """Write all files of a quarter into ``folder``, ``run.json`` last; return their SHA-256.

    Word templates that lie in ``workspace`` are used in place of the shipped ones. Raises
    ``OSError``, and ``InputError`` if such a template cannot be used.
    """
    results, start = results.complete_frames(), perf_counter()
    reply = make_reply(results, workspace)
    others = build_verified_books(results, options)
    if options.with_table_books:
        others += build_table_books(results)
    with write_workbooks(results, folder, options, others):
        write_tables(results, folder)
        if reply:
            write_private_file(folder / reply[0], reply[1])
        write_private_file(
            folder / "report.html", render_report(results, load_vega_runtime()).encode()
        )
    timings = dict(results.run_info.get("timings", {})) | {
        "publish": round(perf_counter() - start, 3)
    }
    written = list_written_files(folder)
    info = {
        **results.run_info,
        "quarter": results.quarter,
        **_build_figures(results),
        "timings": timings,
        "outputs": written,
    }
    last = _encode_json(info)
    write_private_file(folder / LAST_FILE, last)
    return {**written, LAST_FILE: hashlib.sha256(last).hexdigest()}


def _build_figures(results: PublishInput) -> dict[str, Any]:
    """Return the quarter's figures by code: over all counties, and by county."""
    if results.figures is None:
        return {}
    counties: dict[str, dict[str, float]] = {}
    for county, figure, value in results.figures.rows():
        number = int(value) if value.is_integer() else value
        counties.setdefault(county or "", {})[figure] = number
    return {"figures": counties.pop("", {}), "figures_by_county": counties}


def _encode_json(info: dict[str, Any]) -> bytes:
    text = json.dumps(info, ensure_ascii=False, indent=2, sort_keys=True, default=str)
    return (text + "\n").encode()
