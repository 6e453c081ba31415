"""What is said in Chinese in the code is said in English too."""

import re
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

import gapmatch
from gapmatch.language import LOCALE_DIR

SOURCE = Path(gapmatch.__file__).parent
PO = LOCALE_DIR / "en" / "LC_MESSAGES" / "gapmatch.po"
TRANSLATED = ("cli",)
"""Packages whose every message must be in the catalogue."""


@pytest.fixture(scope="module")
def english() -> Catalog:
    return read_po(BytesIO(PO.read_bytes()), locale="en")


def messages(package: str) -> list[tuple[str, str]]:
    found = extract_from_dir(SOURCE / package, keywords={"_": None, "N_": None})
    return [(str(message), file) for file, _line, message, _comments, _context in found]


@pytest.mark.parametrize("package", TRANSLATED)
def test_every_message_is_said_in_both_languages(english, package):
    missing = {
        (file, message)
        for message, file in messages(package)
        if not (known := english.get(message)) or not known.string
    }
    assert not missing, "run `make messages` and translate what is new in gapmatch.po"


def test_a_translation_fills_in_the_same_values(english):
    def holes(text: object) -> set[str]:
        return set(re.findall(r"\{\w*[^{}]*\}", str(text)))

    wrong = [m.id for m in english if m.id and m.string and holes(m.id) != holes(m.string)]
    assert not wrong


def test_no_chinese_is_left_in_english(english):
    left = [m.string for m in english if m.id and re.search("[一-鿿，。：；（）、]", str(m.string))]
    assert not left


def test_the_compiled_catalogue_is_current(english):
    compiled = read_mo(BytesIO(PO.with_suffix(".mo").read_bytes()))
    told = {m.id: m.string for m in english if m.id and m.string}
    assert told == {m.id: m.string for m in compiled if m.id}, "run `make messages`"
