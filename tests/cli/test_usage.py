import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["rum"], ["没有这个命令：rum", "run"]),
        (["run"], ["缺少", "季度"]),
        (["run", "2022Q4"], ["缺少 --enrollment"]),
        (["run", "2022Q4", "--enrollment", "a"], ["没有给出税务清册", "--tax", "--verify"]),
        (["run", "2022Q4", "--tax", "a", "--verify", "b", "--enrollment", "c"], ["只能给一个"]),
        (["run", "2022Q4", "--taxx", "a"], ["没有这个选项：--taxx", "--tax"]),
        (["run", "2022Q4", "--tax"], ["--tax 后面缺少值"]),
        (["check", "a.csv", "--as", "taxes"], ["--as", "tax、enrollment、registry"]),
        (["runs", "2022Q4"], ["多余的参数：2022Q4"]),
        (["demo", "--firms", "many"], ["--firms"]),
        (["demo", "--firms", "3"], ["--firms"]),
    ],
)
def test_a_wrong_command_line_is_told_in_words_with_exit_code_2(say, arguments, words):
    said = say(*arguments)
    assert said.code == 2
    assert said.out == ""
    assert all(word in said.err for word in words), said.err
    assert "--help" in said.err
    assert "Error" not in said.err


def test_a_misspelt_quarter_is_a_wrong_command_line(say, tmp_path):
    said = say("explain", "某公司", "--quarter", "2022Q5", "--workspace", tmp_path)
    assert (said.code, "2022Q4" in said.err) == (2, True)


def test_a_missing_file_is_an_input_error(say, tmp_path):
    said = say("check", tmp_path / "没有.csv", "--as", "tax")
    assert (said.code, "找不到文件" in said.err) == (1, True)


@pytest.mark.parametrize(
    ("typed", "offered"), [("gapmatch ru", "run"), ("gapmatch run --enr", "--enrollment")]
)
def test_the_shell_completes_commands_and_options(typed, offered):
    environment = {
        **os.environ,
        "COMP_WORDS": typed,
        "COMP_CWORD": str(typed.count(" ")),
        "_GAPMATCH_COMPLETE": "complete_bash",
    }
    done = subprocess.run(
        [sys.executable, "-c", "from gapmatch.cli import main; main()"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert offered in done.stdout.split()
