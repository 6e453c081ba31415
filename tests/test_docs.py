"""What the documentation points to is there."""

import re
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("data/**/*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page):
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
    local = [link for link in links if "://" not in link]
    missing = [link for link in local if not (page.parent / link).exists()]
    assert not missing


def test_every_decision_and_page_is_listed():
    for folder in ("docs", "docs/decisions"):
        index = (ROOT / folder / "README.md").read_text(encoding="utf-8")
        names = [path.name for path in (ROOT / folder).glob("*.md") if path.name != "README.md"]
        assert [name for name in names if f"({name})" not in index] == []


@pytest.mark.parametrize(
    "names", [("README.md", "README.zh-CN.md"), ("docs/install.md", "docs/zh/install.md")]
)
def test_both_languages_install_by_the_same_commands(names):
    pages = [(ROOT / name).read_text(encoding="utf-8") for name in names]
    commands = [
        re.findall(r"(?m)^    (make \w+|py .*|\.venv\S+ -m pip .*|uv .*|pipx? .*)", page)
        for page in pages
    ]
    first, second = ([line.partition("#")[0].strip() for line in each] for each in commands)
    assert first == second


LIVING = [page for page in PAGES if "decisions" not in page.parts and page.name != "CHANGELOG.md"]
"""Pages that say how things are; decisions and changes say how they were."""


@pytest.mark.parametrize("page", LIVING, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_files_and_python_names_that_a_page_gives_are_there(page):
    text = page.read_text(encoding="utf-8")
    bases = (ROOT, ROOT / "src" / "gapmatch", ROOT / "tests")
    files = re.findall(r"`((?:[a-z_-]+/)+[\w.-]+\.(?:py|toml|csv|json|sh|txt))`", text)
    assert [file for file in files if not any((base / file).is_file() for base in bases)] == []
    names = re.findall(r"`(gapmatch(?:\.\w+)+)[`(]", text)
    assert [name for name in names if not is_python_name(name)] == []


def is_python_name(name):
    owner, _, last = name.rpartition(".")
    if name.endswith((".toml", ".db", ".cmd", ".lock", ".po")):
        return True
    return hasattr(import_module(owner), last)
