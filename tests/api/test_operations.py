"""What the commands do, called as a library on the sample."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import gapmatch
from gapmatch.api.workspace import Workspace


@pytest.fixture(scope="module")
def workspace(sample: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shutil.copytree(sample.path, tmp_path_factory.mktemp("sample") / "ws")


def test_a_comparison_adds_up_from_one_quarter_to_the_next(workspace: Path) -> None:
    earlier, later = gapmatch.open(workspace).quarters()
    totals = gapmatch.compare(earlier, later, workspace=workspace).totals
    assert totals["firms"][:-1].sum() == totals["firms"][-1]


def test_an_explanation_names_the_firm_that_was_asked_for(workspace: Path) -> None:
    name = gapmatch.open(workspace).targets()["name"][0]
    page = gapmatch.explain(name, workspace=str(workspace))
    assert page.facts["firm"]["name"] == name


@pytest.mark.parametrize(
    "call",
    [
        lambda folder: gapmatch.compare("2022Q3", "2022Q4", workspace=folder),
        lambda folder: gapmatch.explain("某某公司", workspace=folder),
        lambda folder: gapmatch.import_visits([folder / "a.xlsx"], workspace=folder),
        lambda folder: gapmatch.import_reviews([folder / "a.xlsx"], workspace=folder),
        lambda folder: gapmatch.undo_import(1, workspace=folder),
        lambda folder: gapmatch.evaluate(folder / "truth.csv", workspace=folder),
    ],
)
def test_a_call_refuses_a_folder_in_which_nothing_was_run_and_leaves_it_empty(
    call: Callable[[Path], object], tmp_path: Path
) -> None:
    with pytest.raises(gapmatch.GapmatchError):
        call(tmp_path)
    assert not list(tmp_path.iterdir())
