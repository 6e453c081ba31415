import json
from pathlib import Path

import pytest

from gapmatch.api.file_check import check_files
from gapmatch.cli import main

SAMPLE = Path(__file__).parents[2] / "data" / "sample" / "2022Q4"
FILES = {
    "tax": "正常纳税企业清册.xlsx",
    "enrollment": "参保单位.csv",
    "registry": "市场主体登记.csv",
}


@pytest.mark.parametrize("side", FILES)
def test_a_file_is_shown_as_it_is_understood(side):
    page = check_files(side, [SAMPLE / FILES[side]], {})
    (file,) = page.facts["files"]
    assert file["file"] == FILES[side]
    assert "name" in file["columns"].values()
    assert file["rows"] > 100
    assert len(page.sections) >= 3


def test_persons_and_phones_are_not_shown():
    page = check_files("tax", [SAMPLE / FILES["tax"]], {})
    (first,) = [section for section in page.sections if section.title.startswith("前几行")]
    assert not {"法定代表人", "联系电话"} & {str(row[0]) for row in first.rows}


def test_checking_writes_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GAPMATCH_LANG", "zh")
    assert main(["check", str(SAMPLE / FILES["enrollment"]), "--as", "enrollment"]) == 0
    assert "gb18030" in capsys.readouterr().out
    assert main(["check", str(SAMPLE / FILES["tax"]), "--as", "tax", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["side"] == "tax"
    assert list(tmp_path.iterdir()) == []


def test_headers_of_the_settings_are_used(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("GAPMATCH_LANG", "zh")
    file = tmp_path / "a.csv"
    file.write_text("代号,某种叫法\n1,某某商贸有限公司\n", encoding="utf-8")
    settings = tmp_path / "gapmatch.toml"
    settings.write_text('[columns.tax]\nname = ["某种叫法"]\n', encoding="utf-8")
    assert main(["check", str(file), "--as", "tax", "-w", str(tmp_path)]) == 0
    settings.unlink()
    assert main(["check", str(file), "--as", "tax", "-w", str(tmp_path)]) == 1
    assert "某种叫法" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("rows", "kind", "words"),
    [
        ([("公司{}", "9152{:05}", "很多")] * 999, "not_a_number", "不是数字"),
        ([("公司{}", "9152{:05}", "1.5")] * 450, "fractional_count", "人数或月数不是整数"),
        ([("公司{}", "", "1")] * 230, "missing_codes", "共有 230 行没有任何代码（首见第 2 行）"),
    ],
)
def test_defects_of_a_kind_are_counted_to_the_last_and_named(tmp_path, rows, kind, words):
    lines = [",".join(row).format(n, n) for n, row in enumerate(rows)]
    file = tmp_path / "a.csv"
    file.write_text("\n".join(["纳税人名称,税号,从业人数", *lines]), encoding="utf-8")
    page = check_files("tax", [file], {})
    (defects,) = [section for section in page.sections if section.title == "缺陷"]
    found = {row[2]: row[0] for row in defects.rows}
    assert page.facts["defects"][kind] == len(rows)
    assert found[words] == len(rows)


def test_each_column_has_a_profile_with_masked_examples():
    page = check_files("tax", [SAMPLE / FILES["tax"]], {})
    profile = {entry["column"]: entry for entry in page.facts["profile"]}
    assert profile["taxpayer_code"]["valid"] > 0.9 * profile["taxpayer_code"]["filled"]
    assert profile["name"]["distinct"] <= profile["name"]["filled"] == profile["name"]["rows"]
    for column, mark in (("legal_rep", "*"), ("phone", "****")):
        assert profile[column]["examples"], column
        assert all(mark in example for example in profile[column]["examples"]), column


def test_both_lists_are_checked_as_a_run_would_and_nothing_is_written(
    tmp_path, capsys, monkeypatch
):
    monkeypatch.setenv("GAPMATCH_LANG", "zh")
    monkeypatch.chdir(tmp_path)
    tax, units = str(SAMPLE / FILES["tax"]), str(SAMPLE / FILES["enrollment"])
    assert main(["check", "2022Q4", "--tax", tax, "--enrollment", units, "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["quarter"], facts["previous"], facts["gate"]) == ("2022Q4", None, [])
    assert set(facts["sides"]) == {"tax", "enrollment"}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "words", [["a.csv"], ["--tax", "a.csv"], ["2022Q4", "--as", "tax", "--tax", "a.csv"]]
)
def test_one_source_or_both_lists_are_checked(words, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("GAPMATCH_LANG", "zh")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text("纳税人名称\n某某有限公司\n", encoding="utf-8")
    assert main(["check", *words]) == 2
    assert "--enrollment" in capsys.readouterr().err
