"""How common a value is: what agreement on it is worth (term frequency).

Two rows that share 中心幼儿园 share nothing; two that share a rare trade name are the same firm.
Counted over the firms, because the question is always "how many firms would agree with this unit by
chance?".
"""

import numpy as np
import polars as pl

from gapmatch.linkage.bigrams import BigramIndex, Floats
from gapmatch.linkage.levels import (
    AGREEMENT,
    COUNTED_VALUES,
    FULL_NAMES,
    LADDERS,
    TRADE_NAME_ALONE,
    get_level,
)
from gapmatch.linkage.sides import SideRows

NAME_BITS_SHARE = 0.5
"""Bigrams of a name overlap and count each character twice: half the bits are information."""
LEAST_SHARE = 0.05
"""Firms that agree by chance on a trade name, at the least: a list shows no rarer ones."""


def compute_rarities(
    levels: pl.DataFrame, firms: SideRows, units: SideRows, index: BigramIndex
) -> pl.DataFrame:
    """Return by pair and comparison the share of firms that agree by chance; null: not counted."""
    columns = [_name_rarity(levels, firms, units, index)]
    columns += [_compute_value_rarity(levels, firms, units, c) for c in COUNTED_VALUES]
    return pl.DataFrame(columns)


def _find_agreeing_values(levels: pl.DataFrame, comparison: str) -> pl.Series:
    wanted = [LADDERS[comparison].index(name) for name in AGREEMENT[comparison]]
    return levels[comparison].is_in(wanted)


def _compute_value_rarity(
    levels: pl.DataFrame, firms: SideRows, units: SideRows, comparison: str
) -> pl.Series:
    """Share of rows with the agreeing value, if several have it: an agent files for many."""
    column = f"{COUNTED_VALUES[comparison]}_sharing"
    shares = pl.DataFrame(
        [
            (side.rows[column].gather(levels[side.key]) / max(1, side.total_rows)).alias(side.key)
            for side in (firms, units)
        ]
    )
    # One unit of few is no sign of a common value: it counts as one firm of the firms' list.
    is_shared = (units.rows[column].gather(levels["unit"]) > 1).alias("several")
    share = shares.select(
        pl.when(is_shared).then(pl.max_horizontal("firm", "unit")).otherwise("firm").alias("share")
    )["share"]
    return _select_where(_find_agreeing_values(levels, comparison), share).alias(comparison)


def _name_rarity(
    levels: pl.DataFrame, firms: SideRows, units: SideRows, index: BigramIndex
) -> pl.Series:
    """Share of firms with this core, but not below what its characters make likely by chance.

    A slip of the pen could have been made in any name of the same sound: 宏达, 鸿达 and 弘达 count
    together. Of names that are the same as a whole, region and legal form count too: every county
    has a co-operative bank, and one of them.
    """
    rows = levels["firm_name"]
    by_name, by_core, by_sound = (
        firms.names[f"{part}_sharing"].gather(rows).to_numpy() / max(1, firms.total_names)
        for part in ("standard_name", "core", "sound")
    )
    by_chance: Floats = np.exp2(-NAME_BITS_SHARE * index.firm_bits[rows.to_numpy()])
    slip = (levels["name"] == get_level("name", "typo")).to_numpy()
    full = levels["name"].is_in([get_level("name", n) for n in FULL_NAMES]).to_numpy()
    share = np.maximum(np.where(full, by_name, np.where(slip, by_sound, by_core)), by_chance)
    alone = levels["name"].is_in([get_level("name", name) for name in TRADE_NAME_ALONE])
    share[alone.to_numpy()] = _trade_name_share(levels.filter(alone), firms, units)
    return _select_where(_find_agreeing_values(levels, "name"), pl.Series(share)).alias("name")


def _trade_name_share(levels: pl.DataFrame, firms: SideRows, units: SideRows) -> Floats:
    """Share of other firms with this trade name, and this place if both names have the same.

    What the list shows is added to what the country's names make likely: of a name that the list
    has once no one knows how rare it is.
    """
    left, right = firms.names[levels["firm_name"]], units.names[levels["unit_name"]]
    names = max(1, firms.total_names)
    others = (left["trade_name_sharing"] - 1) / names
    share = (
        others
        + pl.DataFrame([left["trade_chance"], right["trade_chance"].alias("u")]).max_horizontal()
    )
    region = left["region_code"]
    same_place = (region == right["region_code"]) & ~region.str.ends_with("0000")
    here = _select_where(same_place, left["region_code_sharing"] / names).fill_null(1.0)
    return (share * here).to_numpy().clip(LEAST_SHARE / names, 1.0)


def _select_where(holds: pl.Series, values: pl.Series) -> pl.Series:
    return pl.DataFrame({"h": holds, "v": values}).select(pl.when("h").then("v")).to_series()
