"""What a wrong code was most probably meant to be: one reading, never written over the original.

A reading undoes what programs and hurried hands do to a whole code at once: letters for digits, a
code that moved by a place in its field, zeros that fill a field, a last character that was cut off.
Both check characters of a reading are right, which by chance one wrong text in 341 gives. Single
slips need no reading: codes that differ by one are compared as such.
"""

from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np
import polars as pl

from gapmatch.standardise import credit_code, organisation_code
from gapmatch.standardise.code_rules import CodeRules

_DIVISION = slice(2, 8)
_TAX_NUMBER = 15
"""Division and organisation code: what taxpayers had before the credit code."""


def read_codes(texts: pl.Series) -> pl.Series:
    """Return the reading of each cleaned text (String).

    Null if it has none, or is right as it is. >>> read_codes(pl.Series(["9199O1OOMA6TEXTA77",
    "091990100MA6TEXTA7", "990100MA6TEXTA700000"])).to_list()
    ['91990100MA6TEXTA77', '91990100MA6TEXTA77', 'MA6TEXTA7']
    """
    distinct = texts.drop_nulls().unique(maintain_order=True)
    likely = distinct.filter(distinct.str.contains("^[0-9A-Z]{17,20}$")).to_list()
    right = credit_code.CHECK.verify(likely)
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
    if len(text) == credit_code.LENGTH:
        # Moved to the right by one, the last character lost; to the left, the first one lost.
        yield from _complete_code(text[1:])
        yield from (registrar + text[:-1] for registrar in CodeRules.load().categories)
    if len(text) == credit_code.LENGTH - 1:
        yield from _complete_code(text)
    if len(text) > credit_code.LENGTH:
        yield text[: credit_code.LENGTH]
        if not text[_TAX_NUMBER:].strip("0"):
            yield text[_TAX_NUMBER - organisation_code.LENGTH : _TAX_NUMBER]


def _complete_code(body: str) -> Iterator[str]:
    """Put the check character behind seventeen characters.

    The organisation code inside has its own.
    """
    if all(c in credit_code.ALPHABET for c in body):
        yield body + credit_code.compute_check_character(body)


def _write_digits(text: str) -> str:
    """Replace letters that a credit code cannot have there by the digits that they look like."""
    likeliest = _load_look_alikes()
    read = [c if c in credit_code.ALPHABET else likeliest.get(c, c) for c in text]
    read[_DIVISION] = [c if c.isdigit() else likeliest.get(c, c) for c in read[_DIVISION]]
    return "".join(read)


@cache
def _load_look_alikes() -> dict[str, str]:
    groups = CodeRules.load().look_alikes
    return {c: group[0] for group in reversed(groups) for c in group[1:]}


def _find_believable(guesses: Sequence[str]) -> list[bool]:
    """Return for each guess whether both its check characters are right, its department known."""
    is_short = np.array([len(guess) == organisation_code.LENGTH for guess in guesses], np.bool_)
    organisations = [g if short else g[8:17] for g, short in zip(guesses, is_short, strict=True)]
    departments = CodeRules.load().categories
    is_known = [guess[1] in departments.get(guess[0], {}) for guess in guesses]
    is_full = credit_code.CHECK.verify(guesses) & np.array(is_known, np.bool_)
    found: list[bool] = (
        organisation_code.CHECK.verify(organisations) & (is_short | is_full)
    ).tolist()
    return found
