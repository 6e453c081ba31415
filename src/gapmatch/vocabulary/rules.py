"""Rules in an order of precedence: the first that holds gives the answer."""

from collections.abc import Iterable

import polars as pl


def choose_first(
    rules: Iterable[tuple[str, pl.Expr]], otherwise: str | pl.Expr | None = None
) -> pl.Expr:
    """Return the name of the first rule that holds, else ``otherwise``."""
    last = otherwise if isinstance(otherwise, pl.Expr) else pl.lit(otherwise, pl.String)
    return pl.coalesce(*(pl.when(holds).then(pl.lit(name)) for name, holds in rules), last)
