"""Consoles of every code page: nothing fails, and columns stay in line."""

import io
import os
import subprocess
import sys

import pytest
from rich.cells import cell_len

from gapmatch.cli.terminal import can_write_chinese, prepare_streams


@pytest.fixture
def stream(monkeypatch):
    """Put a stream of an encoding in place of both outputs; return what was written to it."""

    def put(encoding):
        raw = io.BytesIO()
        for name in ("stdout", "stderr"):
            monkeypatch.setattr(sys, name, io.TextIOWrapper(raw, encoding, write_through=True))
        prepare_streams()
        return raw

    return put


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp437"])
def test_a_character_that_the_console_lacks_keeps_its_columns(stream, encoding):
    raw = stream(encoding)
    sys.stdout.write("县区 3\n")
    assert raw.getvalue().decode(encoding) == "???? 3\n"


def test_a_console_of_gbk_shows_a_character_beyond_it_as_question_marks(stream):
    raw = stream("gbk")
    sys.stdout.write("遵义市𠮷店\n")
    assert raw.getvalue().decode("gbk") == "遵义市??店\n"


@pytest.mark.parametrize(
    ("encoding", "chinese"),
    [("utf-8", True), ("gbk", True), ("cp936", True), ("gb18030", True), ("cp1252", False)],
)
def test_a_console_is_known_to_write_chinese_or_not(stream, encoding, chinese):
    stream(encoding)
    assert can_write_chinese() is chinese


def _help(encoding, **environment):
    inherited = {k: v for k, v in os.environ.items() if k not in ("GAPMATCH_LANG", "COLUMNS")}
    return subprocess.run(
        [sys.executable, "-m", "gapmatch", "--help"],
        env={**inherited, "PYTHONIOENCODING": encoding, "LC_ALL": "zh_CN", **environment},
        capture_output=True,
        check=True,
    ).stdout.decode(encoding)


@pytest.mark.parametrize(
    ("encoding", "environment", "word", "why"),
    [
        ("gbk", {}, "用法：", "Chinese Windows"),
        ("cp1252", {}, "Usage:", "a console without Chinese characters is spoken to in English"),
        ("cp1252", {"GAPMATCH_LANG": "zh"}, "??????", "unless it was asked for Chinese"),
        ("gbk", {"GAPMATCH_LANG": "en"}, "Usage:", "English is written everywhere"),
    ],
)
def test_the_language_fits_the_console(encoding, environment, word, why):
    assert _help(encoding, **environment).startswith(word), why


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_meanings_of_commands_stand_in_one_column(say, language):
    lines = say("--help", language=language).out.splitlines()
    listed = [line for line in lines if line.startswith("  ") and line[2] != " "]
    for kind in (
        [line for line in listed if line[2] != "-"],
        [line for line in listed if line[2] == "-"],
    ):
        meanings = [line[2:].partition(" ")[2].lstrip() for line in kind]
        columns = {cell_len(one) - cell_len(o) for one, o in zip(kind, meanings, strict=True)}
        assert len(columns) == 1
