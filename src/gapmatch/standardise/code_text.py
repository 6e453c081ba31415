"""The text of a code, freed from what people and programs put around it.

Codes arrive full-width, in lower case, with blanks, dashes, quotes, tabs, zero-width characters, a
label (社会信用代码：…), a remark behind, Cyrillic letters that look like ours, or as ``=\"…\"``.
What is left is digits, capital letters, Chinese characters (words such as 无), and * if a list
hides characters.
"""

import polars as pl

from gapmatch.standardise.code_rules import CodeRules

_LABEL = r"^[^:]*[\p{Han}A-Z][^:]*:"
_FLOAT_TAIL = r"^(\d+)\.0+$"
_BEFORE = r"^\p{Han}+([0-9A-Z*]{8,})"
_BEHIND = r"^([0-9A-Z*]{8,})\p{Han}+$"


def compact_all(texts: pl.Expr) -> pl.Expr:
    """Return the bare codes of a String column.

    Nulls stay null, cells without a code become words or ``""``.
    """
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


def compact(text: str) -> str:
    """Return the bare code of one text.

    >>> compact(" 统一社会信用代码：91-990100 ma6texta7７ ")
    '91990100MA6TEXTA77'
    """
    cleaned: str = pl.select(compact_all(pl.lit(text))).item()
    return cleaned
