"""How common a value is: what agreement on it is worth (term frequency).

Two rows that share 中心幼儿园 share nothing; two that share a rare trade name are the same firm. Counted
over the firms, because the question is always "how many firms would agree with this unit by chance?".
"""

import numpy as np
import polars as pl

from gapmatch.linkage.bigrams import BigramIndex, Floats
from gapmatch.linkage.levels import AGREEMENT, LADDERS, level
from gapmatch.linkage.sides import Side

COLUMNS = {
    "code": "organisation",
    "person": "person",
    "phone": "phone_digits",
    "address": "address_text",
}
NAME_BITS_SHARE = 0.5
"""Bigrams of a name overlap, so each character is counted twice: half the bits are its information."""


def rarities(levels: pl.DataFrame, firms: Side, index: BigramIndex) -> pl.DataFrame:
    """Return, per pair and comparison, the share of firms that would agree by chance.

    ``levels``: what ``compare`` returns. Returns Float64 columns named like the comparisons; null on
    levels where rarity does not count.
    """
    columns = [_name_rarity(levels, firms, index)]
    columns += [_value_rarity(levels, firms, comparison) for comparison in COLUMNS]
    return pl.DataFrame(columns)


def units_found(firms: Side, units: Side) -> dict[str, int]:
    """Return, per comparison of single values, the number of units whose value some firm has."""
    return {
        comparison: int(units.rows[column].is_in(firms.rows[column].drop_nulls().implode()).sum())
        for comparison, column in COLUMNS.items()
    }


def _agreeing(levels: pl.DataFrame, comparison: str) -> pl.Series:
    wanted = [LADDERS[comparison].index(name) for name in AGREEMENT[comparison]]
    return levels[comparison].is_in(wanted)


def _value_rarity(levels: pl.DataFrame, firms: Side, comparison: str) -> pl.Series:
    values = firms.rows.get_column(COLUMNS[comparison])
    counts = values.to_frame("value").with_columns(pl.len().over("value").alias("n"))["n"]
    share = (counts / max(1, firms.rows.height)).gather(levels["firm"])
    return _where(_agreeing(levels, comparison), share).alias(comparison)


def _name_rarity(levels: pl.DataFrame, firms: Side, index: BigramIndex) -> pl.Series:
    """Share of firms with this core, but not below what its characters make likely by chance.

    A slip of the pen could have been made in any name of the same sound: 宏达, 鸿达 and 弘达 count together.
    """
    by_core, by_sound = _shares(firms.names["core"]), _shares(firms.names["sound"])
    by_chance: Floats = np.exp2(-NAME_BITS_SHARE * (index.firm_rows @ index.idf))
    slip = (levels["name"] == level("name", "typo")).to_numpy()
    rows = levels["firm_name"].to_numpy()
    share = np.where(slip, by_sound[rows], by_core[rows])
    of_pairs = pl.Series(np.maximum(share, by_chance[rows]))
    return _where(_agreeing(levels, "name"), of_pairs).alias("name")


def _shares(values: pl.Series) -> Floats:
    """Return for each name the share of names that have its value."""
    counts = values.to_frame("value").with_columns(pl.len().over("value").alias("n"))["n"]
    shares: Floats = counts.to_numpy() / max(1, len(values))
    return shares


def _where(holds: pl.Series, values: pl.Series) -> pl.Series:
    return pl.DataFrame({"h": holds, "v": values}).select(pl.when("h").then("v")).to_series()
