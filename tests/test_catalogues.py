"""What is said in Chinese in the code is said in English too."""

import ast
import re
import tomllib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

import gapmatch
from gapmatch.i18n import LOCALE_DIR

ROOT = Path(__file__).parents[1]
SOURCE = Path(gapmatch.__file__).parent
PO = LOCALE_DIR / "en" / "LC_MESSAGES" / "gapmatch.po"


@pytest.fixture(scope="module")
def english() -> Catalog:
    return read_po(BytesIO(PO.read_bytes()), locale="en")


@pytest.fixture(scope="module")
def said() -> list[tuple[str, str]]:
    """Every message in the code, with the file that says it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    mappings = [(m["pattern"], m["method"]) for m in project["tool"]["babel"]["mappings"]]
    found = extract_from_dir(SOURCE, mappings, keywords={"_": None, "N_": None})
    return [(str(message), file) for file, _line, message, _comments, _context in found]


def test_every_message_is_said_in_both_languages(english, said):
    missing = {
        (file, message)
        for message, file in said
        if not (known := english.get(message)) or not known.string
    }
    assert not missing, "run `make messages` and translate what is new in gapmatch.po"


def test_no_message_stands_in_a_template_string():
    """Messages are collected from source; those within an f-string are overlooked before 3.12."""
    hidden = [
        (path.name, call.lineno)
        for path in sorted(SOURCE.rglob("*.py"))
        for text in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(text, ast.JoinedStr)
        for call in ast.walk(text)
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "_"
    ]
    assert not hidden


def test_what_is_said_nowhere_is_not_translated(english, said):
    code = {message for message, _file in said}
    assert not [m.id for m in english if m.id and m.id not in code], "run `make messages`"


def test_a_translation_fills_in_the_same_values(english):
    """Polars fills ``{}`` in by place, so that there must be as many; named ones may stand anywhere."""

    def holes(text: object) -> list[str]:
        return sorted(re.findall(r"\{[^{}]*\}", str(text)))

    assert [m.id for m in english if m.id and m.string and holes(m.id) != holes(m.string)] == []


COUNTED = re.compile(
    r"\{(?!(?:name|quarter|file|by|column|header|label|county|place)\b)\w+(?::[^}]*)?\} (?:[a-z]+ )?"
    r"(?!is\b|was\b|has\b|as\b|this\b|unless\b)[a-z]+[^s\W]s\b|\(s\)"
)
"""A number with its noun behind it, in the plural: "1 persons" one day."""


def test_pages_count_so_that_one_is_right_too(english):
    """The noun comes first, "persons at work: 1", for Chinese has no plural to choose by."""
    on_pages = (m for m in english if any("/desk/" in file for file, _line in m.locations))
    assert [m.string for m in on_pages if COUNTED.search(str(m.string))] == []


def test_line_breaks_stand_where_they_stood(english):
    ends = [(str(m.id), str(m.string)) for m in english if m.id and m.string]
    assert [i for i, s in ends if i.endswith("\n") != s.endswith("\n")] == []


def test_messages_are_translated_when_they_are_used_not_when_they_are_imported():
    """A text looked up at import time speaks the language of the import for ever."""
    early = [
        f"{path.relative_to(SOURCE)}:{node.lineno}"
        for path in SOURCE.rglob("*.py")
        for node in _run_at_import(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_"
    ]
    assert not early


def _run_at_import(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield what runs when the module is imported: all but the bodies of functions."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from (inner for given in _given_early(child) for inner in ast.walk(given))
        else:
            yield child
            yield from _run_at_import(child)


def _given_early(function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> list[ast.expr]:
    """Return default values and decorators, which are worked out when the function is made."""
    defaults = [*function.args.defaults, *(d for d in function.args.kw_defaults if d)]
    return defaults + getattr(function, "decorator_list", [])


def test_no_chinese_is_left_in_english(english):
    left = [m.string for m in english if m.id and re.search("[一-鿿，。：；（）、]", str(m.string))]
    assert not left


def test_english_keeps_to_characters_of_certain_width(english):
    """Curly quotes and ellipses are as wide as two letters on Chinese consoles and in Chinese fonts."""
    assert [m.string for m in english if m.id and re.search("[‘’“”…—–]", str(m.string))] == []


def test_chinese_can_be_written_on_chinese_windows(said):
    beyond = {
        text
        for text, _file in said
        if text.replace("�", "").encode("gbk", "ignore") != text.replace("�", "").encode("gb18030")
    }
    assert not beyond


def test_the_compiled_catalogue_is_current(english):
    compiled = read_mo(BytesIO(PO.with_suffix(".mo").read_bytes()))
    told = {m.id: m.string for m in english if m.id and m.string}
    assert told == {m.id: m.string for m in compiled if m.id}, "run `make messages`"
