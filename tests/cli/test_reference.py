from pathlib import Path

import pytest
from command_pages import reference

from gapmatch.cli.app import build, walk
from gapmatch.i18n import set_language

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(autouse=True)
def _speaks_chinese_afterwards():
    yield
    set_language("zh")


@pytest.mark.parametrize(("language", "name"), [("en", "cli.md"), ("zh", "cli.zh-CN.md")])
def test_the_command_reference_is_current(language, name):
    set_language(language)
    assert (DOCS / name).read_text(encoding="utf-8") == reference(), "run `make docs`"


def test_every_command_has_a_chapter():
    text = reference()
    assert all(f"\n## gapmatch {name}\n" in text for name, _command in walk(build()))
