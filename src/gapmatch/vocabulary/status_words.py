"""What a text about a status means, by the words in it and by what denies them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import polars as pl

from gapmatch.resources import load_toml
from gapmatch.vocabulary.rules import choose_first

_NOTHING = r"[^\s\S]"


def match_meaning(column: str, words: Mapping[str, Sequence[str]]) -> pl.Expr:
    """Return the first meaning of ``words`` of which the text in ``column`` has a word, else null.

    A text that is a word of ``words`` has its meaning. A word of one character counts only so, and
    a word that is denied (未停保, 非正常户解除) for the opposite meaning.
    """
    text = pl.col(column)
    opposites = _load_denials()["meaning"]
    holds: dict[str, list[pl.Expr]] = {name: [] for name in words}
    left = text  # without what was denied so far: 非正常 in 解除非正常 denies nothing any more
    for name, known in words.items():
        denied = _write_denied(known)
        if opposites[name] in words:
            holds[opposites[name]].append(left.str.contains(denied))
        left = left.str.replace_all(denied, "\x1f")
        holds[name].append(left.str.contains_any(pl.lit(_drop_short(known), pl.List(pl.String))))
    is_word = {name: text.is_in(list(known)) for name, known in words.items()}
    rules = ((name, pl.any_horizontal(hold)) for name, hold in holds.items())
    return choose_first([*is_word.items(), *rules])


def _drop_short(words: Iterable[str]) -> list[str]:
    return [word for word in words if len(word) > 1]


def _write_denied(words: Sequence[str]) -> str:
    """Return a pattern of one of ``words`` with what denies it."""
    if not _drop_short(words):
        return _NOTHING
    before, behind = ("|".join(_load_denials()[place]) for place in ("before", "behind"))
    known = "|".join(map(re.escape, sorted(_drop_short(words), key=len, reverse=True)))
    return f"(?:{before})(?:{known})|(?:{known})(?:{behind})"


@cache
def _load_denials() -> dict[str, Any]:
    return load_toml("denials.toml")
