"""Texts of codes: freed from what is around them, and, if wrong, what they were meant to be.

Codes arrive full-width, in lower case, with blanks, dashes, quotes, tabs, zero-width characters, a
label (社会信用代码：…), a remark behind, Cyrillic letters that look like ours, or as ``=\"…\"``.
What is left is digits, capital letters, Chinese characters (words such as 无), and * if a list
hides characters.

A reading of a wrong code, which is never written over the original, undoes what programs and
hurried hands do to a whole code at once: letters for digits, a code that moved by a place in its
field, zeros that fill a field, a last character that was cut off. Both check characters of a
reading are right, which by chance one wrong text in 341 gives. Single slips need no reading: codes
that differ by one are compared as such.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import polars as pl

from gapmatch.resources import load_toml
from gapmatch.standardise.check_codes import CREDIT_ALPHABET, CREDIT_CODE, ORGANISATION_CODE


@dataclass(frozen=True)
class CodeRules:
    """Kinds of organisations, texts that are no code, characters that are mistaken."""

    categories: Mapping[str, Mapping[str, str]]
    """First character of a credit code → second character → kind of organisation."""
    placeholder_words: tuple[str, ...]
    placeholder_runs: tuple[str, ...]
    placeholder_texts: tuple[str, ...]
    placeholder_organisations: tuple[str, ...]
    temporary: tuple[str, ...]
    """Patterns of numbers of temporary tax registrations."""
    other_letters: str
    """Letters of other alphabets …"""
    our_letters: str
    """… and the Latin ones that they look like, place by place."""
    masks: str
    """Pattern of one character that hides another."""
    look_alikes: tuple[str, ...]
    """Groups of characters that are mistaken for each other; the first is the likeliest meaning."""

    @classmethod
    @cache
    def load(cls) -> "CodeRules":
        """Return the shipped rules."""
        raw = load_toml("credit_codes.toml")
        placeholders, alphabets = raw["placeholders"], raw["alphabets"]
        return cls(
            categories=raw["categories"],
            placeholder_words=tuple(placeholders["words"]),
            placeholder_runs=tuple(placeholders["runs"]),
            placeholder_texts=tuple(placeholders["texts"]),
            placeholder_organisations=tuple(placeholders["organisations"]),
            temporary=tuple(raw["temporary"]["patterns"]),
            other_letters=alphabets["other"],
            our_letters=alphabets["ours"],
            masks=raw["masks"]["pattern"],
            look_alikes=tuple(raw["look_alikes"]["groups"]),
        )


_LABEL = r"^[^:]*[\p{Han}A-Z][^:]*:"
_FLOAT_TAIL = r"^(\d+)\.0+$"
_BEFORE = r"^\p{Han}+([0-9A-Z*]{8,})"
_BEHIND = r"^([0-9A-Z*]{8,})\p{Han}+$"


def compact_all(texts: pl.Expr) -> pl.Expr:
    """Return the bare codes of a String column; cells without a code become words or ``""``."""
    rules = CodeRules.load()
    return (
        texts.str.normalize("NFKC")
        .str.strip_chars()
        .str.to_uppercase()
        .str.replace(_LABEL, "")
        .str.replace(_FLOAT_TAIL, "$1")
        .str.replace_many(list(rules.other_letters), list(rules.our_letters))
        .str.replace_all(rules.masks, "*")
        .str.replace_all(r"[^0-9A-Z*\p{Han}]", "")
        .str.replace(_BEFORE, "$1")
        .str.replace(_BEHIND, "$1")
    )


_DIVISION = slice(2, 8)
_TAX_NUMBER = 15
"""Division and organisation code: what taxpayers had before the credit code."""


def read_codes(texts: pl.Series) -> pl.Series:
    """Return the reading of each cleaned text (String).

    Null if it has none, or is right as it is.

    >>> read_codes(pl.Series(["9199O1OOMA6TEXTA77", "091990100MA6TEXTA7"])).to_list()
    ['91990100MA6TEXTA77', '91990100MA6TEXTA77']
    """
    distinct = texts.drop_nulls().unique(maintain_order=True)
    likely = distinct.filter(distinct.str.contains("^[0-9A-Z]{17,20}$")).to_list()
    right = CREDIT_CODE.verify(likely)
    wrong = (text for text, is_right in zip(likely, right, strict=True) if not is_right)
    guesses = [(text, guess) for text in wrong for guess in _generate_guesses(text)]
    read: dict[str, str] = {}
    believable = _find_believable([guess for _text, guess in guesses])
    for (text, guess), is_believable in zip(guesses, believable, strict=True):
        if is_believable:
            read.setdefault(text, guess)
    return texts.replace_strict(read, default=None, return_dtype=pl.String)


def _generate_guesses(text: str) -> Iterator[str]:
    yield _write_digits(text)
    if len(text) == CREDIT_CODE.length:
        # Moved to the right by one, the last character lost; to the left, the first one lost.
        yield from _complete_code(text[1:])
        yield from (registrar + text[:-1] for registrar in CodeRules.load().categories)
    if len(text) == CREDIT_CODE.length - 1:
        yield from _complete_code(text)
    if len(text) > CREDIT_CODE.length:
        yield text[: CREDIT_CODE.length]
        if not text[_TAX_NUMBER:].strip("0"):
            yield text[_TAX_NUMBER - ORGANISATION_CODE.length : _TAX_NUMBER]


def _complete_code(body: str) -> Iterator[str]:
    """Put the check character behind seventeen characters, if a credit code may hold them."""
    if all(c in CREDIT_ALPHABET for c in body):
        yield body + CREDIT_CODE.compute_check_character(body)


def _write_digits(text: str) -> str:
    """Replace letters that a credit code cannot have there by the digits that they look like."""
    likeliest = _load_look_alikes()
    read = [c if c in CREDIT_ALPHABET else likeliest.get(c, c) for c in text]
    read[_DIVISION] = [c if c.isdigit() else likeliest.get(c, c) for c in read[_DIVISION]]
    return "".join(read)


@cache
def _load_look_alikes() -> dict[str, str]:
    groups = CodeRules.load().look_alikes
    return {c: group[0] for group in reversed(groups) for c in group[1:]}


def _find_believable(guesses: Sequence[str]) -> list[bool]:
    """Return for each guess whether both its check characters are right, its department known."""
    is_short = np.array([len(guess) == ORGANISATION_CODE.length for guess in guesses], np.bool_)
    organisations = [g if short else g[8:17] for g, short in zip(guesses, is_short, strict=True)]
    departments = CodeRules.load().categories
    is_known = [guess[1] in departments.get(guess[0], {}) for guess in guesses]
    is_full = CREDIT_CODE.verify(guesses) & np.array(is_known, np.bool_)
    is_code: list[bool] = (ORGANISATION_CODE.verify(organisations) & (is_short | is_full)).tolist()
    return is_code
