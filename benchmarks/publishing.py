"""Print what the results that people see cost: workbooks, report and notebooks of a workspace.

python benchmarks/publishing.py WORKSPACE
"""

import os
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import nbformat
from nbclient import NotebookClient

from gapmatch.forms.workbooks import write_workbooks
from gapmatch.report.html import load_vega_runtime
from gapmatch.report.page import render_report
from gapmatch.results.run_results import PublishInput, PublishOptions
from gapmatch.store.runs import Store

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"
FRAMES = ("firms", "units", "links", "gaps", "targets", "defects")


def main(workspace: str) -> None:
    """Write all workbooks to a scratch folder, make the report, run the notebooks, each timed."""
    with Store.open(Path(workspace)) as store:
        quarter = store.find_latest_quarter() or ""
        frames = store.results(quarter)
    results = PublishInput(quarter, *(frames[name] for name in FRAMES)).complete_frames()
    with tempfile.TemporaryDirectory() as folder:
        start = perf_counter()
        with write_workbooks(results, Path(folder), PublishOptions()):
            pass
        books = len(list(Path(folder).rglob("*.xlsx")))
        written = perf_counter()
        page = render_report(results, load_vega_runtime())
        made = perf_counter()
    targets = results.targets.height
    print(f"{books} workbooks with {targets:,} targets: {written - start:.1f} s")
    print(f"report.html: {made - written:.2f} s, {len(page.encode()) / 1e6:.2f} MB")
    for notebook in sorted(NOTEBOOKS.glob("*.ipynb")):
        print(f"{notebook.name}: {run_notebook(notebook, workspace):.1f} s")


def run_notebook(path: Path, workspace: str) -> float:
    """Run a notebook on the workspace; return the seconds it took, start of the kernel included."""
    os.environ["GAPMATCH_WORKSPACE"] = str(Path(workspace).resolve())
    os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"
    notebook = nbformat.read(path, as_version=4)
    start = perf_counter()
    NotebookClient(notebook, resources={"metadata": {"path": path.parent}}).execute()
    return perf_counter() - start


if __name__ == "__main__":
    main(*sys.argv[1:])
