"""Policies in a list are named; what they say stands once, on the page that explains the lists.

The column ``policies`` holds one text: items joined by ``；``, each ``name：what it says``.
"""

from collections.abc import Iterable

import polars as pl

_ITEMS = "；"
_NAME = "："


def policy_items(text: str) -> list[tuple[str, str]]:
    """Return name and wording of each policy; a piece without a name belongs to the one before."""
    items: list[tuple[str, str]] = []
    for piece in text.split(_ITEMS):
        name, colon, wording = piece.strip().partition(_NAME)
        if colon or not items:
            items.append((name, wording))
        else:
            items[-1] = (items[-1][0], items[-1][1] + _ITEMS + name)
    return items


def named_policies(targets: pl.DataFrame) -> pl.Expr:
    """Return the column ``policies`` with the names only, joined by ``、``."""
    names = {text: "、".join(name for name, _ in policy_items(text)) for text in _distinct(targets)}
    return pl.col("policies").replace(names)


def policy_wordings(targets: pl.DataFrame) -> tuple[tuple[str, str], ...]:
    """Return every policy that some target is offered, by name, with what it says."""
    items = {item for text in _distinct(targets) for item in policy_items(text) if item[1]}
    return tuple(sorted(items))


def _distinct(targets: pl.DataFrame) -> Iterable[str]:
    return targets["policies"].drop_nulls().unique().sort().to_list()
