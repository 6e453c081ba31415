"""Policies and risks are named in lists; their text stands once, on the page that explains them.

The columns ``policies`` and ``risks`` hold one text: items joined by ``；``, each ``name：text``;
in English the marks are ``;`` and ``:``, each with a space.
"""

from collections.abc import Iterable

import polars as pl

from gapmatch.i18n import _


def split_policies(text: str) -> list[tuple[str, str]]:
    """Return name and wording of each policy; a piece without a name belongs to the one before."""
    items: list[tuple[str, str]] = []
    between = _("；")
    for piece in text.split(between):
        name, colon, wording = piece.strip().partition(_("："))
        if colon or not items:
            items.append((name, wording))
        else:
            items[-1] = (items[-1][0], items[-1][1] + between + name)
    return items


def name_items(targets: pl.DataFrame, column: str) -> pl.Expr:
    """Return ``column`` (``policies`` or ``risks``) with the names only, joined as a list."""
    mark = _("、")
    names = {
        text: mark.join(item[0] for item in split_policies(text))
        for text in _list_distinct(targets, column)
    }
    return pl.col(column).replace(names)


def name_briefly(targets: pl.DataFrame, column: str) -> pl.Expr:
    """Return ``name_items`` for a list next to a page that marks the unverified ones itself."""
    return name_items(targets, column).str.replace_all(_("（未核对原文）"), "", literal=True)


def collect_texts(targets: pl.DataFrame, column: str) -> tuple[tuple[str, str], ...]:
    """Return every policy or risk that some target has, by name, with its text."""
    texts = _list_distinct(targets, column)
    items = {item for text in texts for item in split_policies(text) if item[1]}
    return tuple(sorted(items))


def _list_distinct(targets: pl.DataFrame, column: str) -> Iterable[str]:
    return targets[column].drop_nulls().unique().sort().to_list()
