"""Status words of the extracts → their meaning, by ``config/statuses.toml``."""

from collections.abc import Mapping, Sequence

import polars as pl


def match_meaning(column: str, words: Mapping[str, Sequence[str]]) -> pl.Expr:
    """Return the first meaning, in the order of ``words``, of which ``column`` contains a word.

    Else null.
    """
    meaning = pl.lit(None, pl.String)
    for name, known in reversed(list(words.items())):
        found = pl.col(column).str.contains_any(list(known))
        meaning = pl.when(found).then(pl.lit(name)).otherwise(meaning)
    return meaning
