"""The notebooks run on the sample, say what they should, and are committed without their outputs."""

import ast
import json
from pathlib import Path

import nbformat
import pytest

import gapmatch
from gapmatch.api import charts

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
MAX_SECONDS = 20.0
SECONDS = "__import__('time').process_time()"
"""Processor time of the kernel: the same on a busy machine as on an idle one."""

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
each = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def cells(path, kind):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    return [cell for cell in notebook["cells"] if cell["cell_type"] == kind]


def source(path):
    return "\n".join("".join(cell["source"]) for cell in cells(path, "code"))


def test_there_are_five():
    assert [path.name[:2] for path in NOTEBOOKS] == ["01", "02", "03", "04", "05"]


@pytest.fixture(scope="module")
def kernel(sample):
    """One kernel for all notebooks, which opens the sample; each begins with no names of another."""
    client = pytest.importorskip("nbclient")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GAPMATCH_WORKSPACE", str(sample.path))
        patch.setenv("PYDEVD_DISABLE_FILE_VALIDATION", "1")
        started = client.NotebookClient(
            nbformat.v4.new_notebook(), timeout=60, resources={"metadata": {"path": FOLDER}}
        )
        with started.setup_kernel():
            yield started


@each
def test_a_notebook_runs_on_the_sample_in_time(path, kernel):
    kernel.nb = notebook = nbformat.read(path, as_version=4)
    new = [nbformat.v4.new_code_cell(text) for text in ("%reset -f", SECONDS, SECONDS)]
    notebook.cells = [*new[:2], *notebook.cells, new[2]]
    for place, cell in enumerate(notebook.cells):
        kernel.execute_cell(cell, place)
    before, after = (float(cell.outputs[0]["data"]["text/plain"]) for cell in new[1:])
    assert after - before < MAX_SECONDS
    drawn = [
        output
        for cell in notebook.cells
        for output in cell.get("outputs", ())
        if "image/svg+xml" in output.get("data", ())
    ]
    assert len(drawn) >= 2


@each
def test_a_notebook_is_committed_without_outputs(path):
    assert all(not c["outputs"] and c["execution_count"] is None for c in cells(path, "code"))


@each
def test_the_ids_of_cells_are_stable(path):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    ids = [cell["id"] for cell in notebook["cells"]]
    assert ids == [f"{path.name[:2]}-{place:02d}" for place in range(1, len(ids) + 1)]


@each
def test_headings_are_chinese(path):
    headings = [
        line
        for cell in cells(path, "markdown")
        for line in "".join(cell["source"]).splitlines()
        if line.startswith("#")
    ]
    assert headings
    assert all(any("一" <= character <= "鿿" for character in line) for line in headings)


@each
def test_a_notebook_uses_public_names_only(path):
    tree = ast.parse(source(path))
    imported = {
        (node.module, name.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("gapmatch")
        for name in node.names
    }
    assert imported == {("gapmatch", "charts")}
    used = {
        (node.value.id, node.attr)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    }
    known = {
        "gapmatch": gapmatch.__all__,
        "charts": charts.__all__,
        "workspace": [name for name in dir(gapmatch.Workspace) if name[0] != "_"] + ["path"],
    }
    wrong = [(owner, name) for owner, name in used if name not in known.get(owner, [name])]
    assert not wrong
