"""A ledger begins where it is meant to: a misspelt folder next to a workspace is refused."""

from pathlib import Path

import pytest

from gapmatch.cli.new_workspace import find_new_ledger_warning, refuse_misspelt_workspace
from gapmatch.errors import StoreError


def make_workspace(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "gapmatch.db").touch()
    return folder


@pytest.mark.parametrize(
    ("name", "why"),
    [("worksapce", "two letters swapped"), ("workspace/2022", "inside a workspace")],
)
def test_a_folder_that_is_probably_a_misspelt_workspace_is_refused(name, why, tmp_path):
    make_workspace(tmp_path / "workspace")
    with pytest.raises(StoreError) as refused:
        refuse_misspelt_workspace(tmp_path / name)
    assert "workspace" in refused.value.message, why
    assert "gapmatch init" in refused.value.remedy
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize(
    ("name", "there"), [("trial", "workspace"), ("q2", "q1"), ("试算2023", "试算2022")]
)
def test_another_name_next_to_a_workspace_is_made_with_a_warning(name, there, tmp_path):
    make_workspace(tmp_path / there)
    refuse_misspelt_workspace(tmp_path / name)
    warning = find_new_ledger_warning(tmp_path / name)
    assert warning is not None
    assert there in warning


@pytest.mark.parametrize("name", ["workspace", "made", "."])
def test_what_is_there_is_not_refused(name, tmp_path):
    make_workspace(tmp_path / "workspace")
    (tmp_path / "made").mkdir()
    refuse_misspelt_workspace(tmp_path / name)


def test_a_new_folder_with_no_workspace_near_is_made_by_a_run(tmp_path):
    refuse_misspelt_workspace(tmp_path / "new")
    assert find_new_ledger_warning(tmp_path / "new") is None


@pytest.mark.parametrize(
    ("name", "files", "warned", "why"),
    [
        ("other", [], True, "an empty folder next to a workspace"),
        ("workspace/out", [], True, "a folder inside a workspace"),
        ("other", ["gapmatch.toml"], False, "gapmatch init made it on purpose"),
        ("other", ["gapmatch.db"], False, "it has a ledger"),
    ],
)
def test_a_ledger_that_begins_next_to_another_is_a_warning(name, files, warned, why, tmp_path):
    make_workspace(tmp_path / "workspace")
    folder = tmp_path / name
    folder.mkdir()
    for file in files:
        (folder / file).touch()
    assert (find_new_ledger_warning(folder) is not None) == warned, why
