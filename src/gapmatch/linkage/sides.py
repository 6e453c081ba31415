"""What the linkage needs of a side: its rows, and all their names."""

from dataclasses import dataclass

import polars as pl

from gapmatch.schemas import ALIAS_PARTS


@dataclass(frozen=True)
class Side:
    """One side of the linkage.

    ``key``: ``firm`` or ``unit``; ``rows``: FIRMS or UNITS, row i has key i; ``names``: one row per name
    (a row's own and its aliases) with ``key``, ``<key>_name`` (row number), ``ALIAS_PARTS`` and
    ``plain_name``, the clean name without brackets.
    """

    key: str
    rows: pl.DataFrame
    names: pl.DataFrame


def make_side(key: str, rows: pl.DataFrame) -> Side:
    """Return the side of FIRMS or UNITS ``rows``, which are sorted by ``key`` from 0 on."""
    own = rows.select(key, *ALIAS_PARTS)
    aliases = (
        rows.select(key, "alias_parts")
        .explode("alias_parts")
        .filter(pl.col("alias_parts").is_not_null())
        .unnest("alias_parts")
        .select(key, *ALIAS_PARTS)
    )
    names = pl.concat([own, aliases]).unique(maintain_order=True).sort(key, maintain_order=True)
    plain = pl.col("clean_name").str.replace_all(r"[()]", "").alias("plain_name")
    return Side(key, rows, names.with_row_index(f"{key}_name").with_columns(plain))
