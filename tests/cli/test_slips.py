"""Slips and templates by command, in a copy of the sample workspace."""

import shutil
import zipfile

import pytest

import gapmatch
from gapmatch.papers import pdf
from gapmatch.run.housekeeping import find_files_with_personal_data


@pytest.fixture
def workspace(sample, tmp_path):
    """Return a copy of the sample's database, without its files."""
    folder = tmp_path / "w"
    folder.mkdir()
    shutil.copy(sample.path / "gapmatch.db", folder)
    return folder


def test_slips_lie_beside_the_quarter_one_file_a_county(say, workspace):
    said = say("slips", "2022Q4", "--tier", "ab", "-w", workspace)
    assert said.code == 0, said.err
    made = sorted((workspace / "out" / "2022Q4-走访单").iterdir())
    counties = gapmatch.open(workspace).targets("2022Q4").filter(tier="A")["county"].unique()
    assert {file.stem for file in made} >= set(counties) - {"未知"}
    assert all(zipfile.is_zipfile(file) for file in made)


def test_letters_with_contacts_are_noted_and_found_again_by_purge(say, workspace):
    assert say("slips", "2022Q4", "--letters", "--with-contacts", "-w", workspace).code == 0
    left = find_files_with_personal_data(workspace, "2023Q1")
    assert "2022Q4-告知书" in {path.name for path in left}
    doctor = say("doctor", "-w", workspace)
    assert "导出记录" in doctor.out


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["2022Q4", "--tier", "D"], 2, ["没有这一层级：D", "A、B、C"]),
        (["2022Q4", "--county", "没有县"], 1, ["没有县", "有走访目标的县区"]),
        (["2021Q1"], 1, ["2021Q1", "2022Q4"]),
        (["2022年"], 2, ["看不懂季度"]),
    ],
)
def test_what_cannot_be_written_is_explained(say, workspace, arguments, code, words):
    said = say("slips", *arguments, "-w", workspace)
    assert said.code == code
    assert all(word in said.err for word in words), said.err


def test_without_libreoffice_nothing_is_written_and_the_remedy_is_named(
    say, workspace, monkeypatch
):
    monkeypatch.setattr(pdf.shutil, "which", lambda _name: None)
    said = say("slips", "2022Q4", "--pdf", "-w", workspace)
    assert (said.code, "另存为 PDF" in said.err) == (1, True)
    assert not (workspace / "out").exists()


def test_templates_are_copied_once(say, workspace):
    assert say("init", "--templates", workspace).out.count("已写出") == 4
    assert "没有改动" in say("init", "--templates", workspace).out


def test_cases_are_written_as_a_workbook(say, workspace):
    said = say("cases", "--open", "--out", workspace / "新" / "案件.xlsx", "-w", workspace)
    assert (said.code, "案件.xlsx" in said.out) == (0, True)
    assert (workspace / "新" / "案件.xlsx").is_file()
    refused = say("cases", "--out", workspace / "案件.csv", "-w", workspace)
    assert (refused.code, ".xlsx" in refused.err) == (1, True)
