import re
import subprocess
import sys

import pytest
from typer import Context

from gapmatch.cli.app import build, walk
from gapmatch.cli.help_page import list_arguments, list_options, list_subcommands, split_paragraphs
from gapmatch.errors import ExitCode
from gapmatch.i18n import set_language


def commands():
    set_language("zh")
    program = build()
    return [("gapmatch", program), *walk(program)]


@pytest.mark.parametrize(("name", "command"), commands())
def test_every_command_argument_and_option_says_what_it_is_for(name, command):
    assert split_paragraphs(command)[0]
    context = Context(command, info_name=name)
    for entry in (*list_arguments(command), *list_options(command, context)):
        meaning = entry.meaning.partition("（")[0]
        assert any("一" <= character <= "鿿" for character in meaning), f"{name} {entry.name}"


def test_every_command_stands_under_a_heading(say):
    program = build()
    assert sum(map(len, list_subcommands(program).values())) == len(program.commands)


def test_without_a_command_the_help_is_shown(say):
    bare, asked = say(), say("--help")
    assert bare.code == asked.code == 0
    assert "gapmatch run" in bare.out
    assert "退出码" in asked.out


def test_the_help_names_every_exit_code(say):
    codes = re.search(r"退出码：(.*?)。\s", say("--help").out, re.DOTALL)[1]
    assert re.findall(r"\d+(?= )", codes) == [str(int(code)) for code in ExitCode]


@pytest.mark.parametrize("name", [name for name, _command in commands()[1:]])
def test_every_command_has_a_help_page(say, name):
    said = say(*name.split(), "--help")
    assert said.code == 0
    assert f"gapmatch {name}" in said.out


def test_the_version_is_told(say):
    said = say("--version")
    assert (said.code, said.out.startswith("gapmatch ")) == (0, True)


HEAVY = ("polars", "numpy", "scipy", "pydantic", "rapidfuzz", "xlsxwriter", "fastexcel", "sqlite3")


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from gapmatch.cli import main; main(['--help']);"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert ran.stdout.splitlines()[-1] == b"[]"
