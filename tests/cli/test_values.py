from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapmatch.cli.arguments import expand_files, parse_quarter
from gapmatch.cli.usage_messages import UsageError
from gapmatch.errors import InputError


@pytest.mark.parametrize(
    "text",
    [
        "2022Q4",
        "2022q4",
        " 2022 Q4 ",
        "2022-Q4",
        "2022-4",
        "２０２２Ｑ４",
        "2022年第4季度",
        "2022年四季度",
        "2022年4季",
    ],
)
def test_a_quarter_is_understood_however_it_is_written(text):
    assert parse_quarter(text) == "2022Q4"


@given(st.integers(1900, 2999), st.integers(1, 4))
def test_every_quarter_is_its_own_standard_form(year, number):
    assert parse_quarter(f"{year}Q{number}") == f"{year}Q{number}"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("2022Q5", "2022Q4"),
        ("Q4", "2022Q4"),
        ("2022", "2022Q1"),
        ("9999Q4", "2022Q4"),
        ("纳税清册.xlsx", "2022Q4"),
    ],
)
def test_a_misspelt_quarter_is_refused_with_what_to_write(text, hint):
    with pytest.raises(UsageError) as caught:
        parse_quarter(text)
    assert hint in caught.value.remedy
    assert caught.value.exit_code == 2


def files(folder: Path, *names: str) -> list[Path]:
    for name in names:
        (folder / name).touch()
    return [folder / name for name in names]


def test_a_folder_stands_for_its_tables_and_those_of_its_folders_by_name(tmp_path):
    wanted = files(tmp_path, "a.xlsx", "b.csv", "c.TXT")
    files(tmp_path, "~$a.xlsx", ".hidden.csv", "说明.docx")
    (tmp_path / "东县").mkdir()
    wanted += files(tmp_path / "东县", "d.xlsx")
    assert expand_files([str(tmp_path)]) == wanted


def test_a_pattern_stands_for_the_files_that_match(tmp_path):
    wanted = files(tmp_path, "东县.xlsx", "西县.xlsx")
    files(tmp_path, "东县.csv", "~$东县.xlsx")
    assert expand_files([str(tmp_path / "*.xlsx")]) == wanted


def test_a_file_whose_name_looks_like_a_pattern_is_taken_as_it_is(tmp_path):
    (wanted,) = files(tmp_path, "清册[1].xlsx")
    assert expand_files([str(wanted)]) == [wanted]


def test_a_file_named_twice_is_read_once(tmp_path):
    (file,) = files(tmp_path, "a.csv")
    assert expand_files([str(file), str(tmp_path), str(file)]) == [file]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("参保单位.xlsx", "参保单位.csv"),
        ("没有/这样.csv", "文件夹也不存在"),
        ("*.parquet", "请检查"),
    ],
)
def test_a_missing_file_is_named_with_what_lies_beside_it(tmp_path, name, hint):
    files(tmp_path, "参保单位.csv")
    with pytest.raises(InputError) as caught:
        expand_files([str(tmp_path / name)])
    assert "找不到文件" in caught.value.message
    assert hint in caught.value.remedy


def test_a_folder_without_tables_is_refused(tmp_path):
    with pytest.raises(InputError, match="没有可读取的文件"):
        expand_files([str(tmp_path)])
