"""Texts of extracts on the terminal: shown, never obeyed."""

import io

import pytest
from rich.table import Table
from rich.text import Text

from gapmatch.cli.terminal import PlainConsole, escape_controls

TEXTS = [
    ("甲\x1b[2J公司", "甲\\x1b[2J公司", "clears the screen"),
    ("甲\x1b]0;乙\x07", "甲\\x1b]0;乙", "sets the title of the window"),
    ("甲\x9b31m", "甲\\x9b31m", "the same in one character"),
    ("甲\u202e乙", "甲\\u202e乙", "turns the direction"),
    ("青禾商贸", "青禾商贸", "a name"),
]


@pytest.mark.parametrize(("text", "shown", "why"), TEXTS)
def test_control_characters_are_shown_escaped(text, shown, why):
    stream = io.StringIO()
    screen = PlainConsole(file=stream, width=80, force_terminal=True, color_system=None)
    table = Table("名称")
    table.add_row(text)
    for item in (text, Text(text), table):
        screen.print(item)
    printed = stream.getvalue()
    assert printed.count(shown) == 3, why
    assert "\x9b" not in printed
    assert "\x1b" not in printed
    assert escape_controls("行\n列\t") == "行\n列\t"
