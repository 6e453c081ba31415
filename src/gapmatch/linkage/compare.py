"""Compare: one level of agreement per comparison for every candidate pair.

Pure on batches: any slice of pairs gives the levels it would have in the whole. The rarities that
go with the levels come from ``compute_rarities``, over counts of both lists.
"""

import numpy as np
import polars as pl

from gapmatch.linkage.bigrams import BigramIndex, Floats
from gapmatch.linkage.code_levels import compute_code_levels, refine_code_levels
from gapmatch.linkage.everyday_names import (
    COUNTY_NAMED,
    REGION,
    TOWN,
    has_name_alone,
    has_two_owners,
)
from gapmatch.linkage.levels import get_level
from gapmatch.linkage.name_conflicts import OWN_PREFECTURE_SHARE, has_one_number, has_two_places
from gapmatch.linkage.name_levels import PREFILTER_COLUMNS, compute_name_levels, may_be_alike
from gapmatch.linkage.sides import SideRows
from gapmatch.linkage.value_levels import compute_value_levels

_ABROAD = "^(?:8|71)"
"""Codes of Hong Kong, Macau and Taiwan."""


def compare(
    pairs: pl.DataFrame, firms: SideRows, units: SideRows, index: BigramIndex
) -> pl.DataFrame:
    """Return pairs with a level per comparison.

    ``pairs``: firm, unit. Returns firm, unit, one UInt8 column per ladder, ``similarity`` (share of
    the names' bits that both have, 0 to 1), ``namesakes`` (one name that two firms may have),
    ``name_alone`` (a common name, and nothing else to tell the firm by),
    ``own_name``: the level of the rows' own names, and ``firm_name``/``unit_name``: which of the
    rows' names agree best.
    """
    names = _choose_best_names(pairs, firms, units, index)
    left = firms.rows[pairs["firm"]]
    right = units.rows[pairs["unit"]]
    code = compute_code_levels(left, right).alias("code")
    others = [names, code.to_frame(), compute_value_levels(left, right)]
    compared = pl.concat(others, how="horizontal").with_columns(
        refine_code_levels(),
        (has_two_places() | has_two_owners() | has_one_number()).alias("namesakes"),
        has_name_alone().alias("name_alone"),
    )
    return compared.drop(
        *("other_place", "own_prefecture", "is_generic"),
        *("everyday", "common_place", "unnumbered"),
    )


def _choose_best_names(
    pairs: pl.DataFrame, firms: SideRows, units: SideRows, index: BigramIndex
) -> pl.DataFrame:
    """Compare every name of the firm with every name of the unit and take the best agreement."""
    crossed = _expand_names(pairs, firms, units)
    shared, of_left, of_right = index.measure_overlap(
        crossed["firm_name"].to_numpy().astype(np.int64),
        crossed["unit_name"].to_numpy().astype(np.int64),
    )
    similarity = 2 * shared / np.maximum(of_left + of_right, 1e-9)
    crossed = crossed.with_columns(
        pl.Series("similarity", similarity.round(6)),
        *_compute_levels(crossed, firms, units, similarity),
    )
    # A row's own name stands before its others, so the first pair of names is the rows' own.
    first = crossed.unique("pair", keep="first", maintain_order=True)["name"].alias("own_name")
    if crossed.height > pairs.height:
        crossed = _select_best_names(crossed)
    best = crossed.drop("pair")
    return best.with_columns(first)


def _compute_levels(
    crossed: pl.DataFrame, firms: SideRows, units: SideRows, similarity: Floats
) -> pl.DataFrame:
    """Return the levels of pairs of names with something in common, and what sets places apart."""
    rows = may_be_alike(
        firms.names.select(PREFILTER_COLUMNS)[crossed["firm_name"]],
        units.names.select(PREFILTER_COLUMNS)[crossed["unit_name"]],
        similarity,
    ).arg_true()
    left = firms.names[crossed["firm_name"].gather(rows)]
    right = units.names[crossed["unit_name"].gather(rows)]
    own_prefecture = right["region_code"].str.ends_with("00").fill_null(value=False) & (
        right["region_code_sharing"] >= OWN_PREFECTURE_SHARE * units.total_names
    )
    # A firm of Hong Kong and one of the prefecture are two by law.
    own_prefecture &= ~left["region_code"].str.contains(_ABROAD).fill_null(value=False)
    levels = compute_name_levels(left, right, similarity[rows.to_numpy()], own_prefecture)
    computed = levels.with_columns(
        own_prefecture.alias("own_prefecture"),
        right["is_generic"],
        _compute_everyday(left["everyday"], right["everyday"]),
        _compute_common_place(left, right),
        pl.Series("unnumbered", np.maximum(left["unnumbered"], right["unnumbered"])),
    )
    others = {"name": pl.lit(get_level("name", "different"), pl.UInt8)}
    others |= {c: pl.lit(value=0, dtype=computed.schema[c]) for c in computed.columns[1:]}
    every = crossed.with_columns(**others)
    return every.select(pl.Series(c, every[c].scatter(rows, computed[c])) for c in computed.columns)


def _compute_common_place(left: pl.DataFrame, right: pl.DataFrame) -> pl.Series:
    """Return how near the place is that stands in both names; 0: there is none."""
    same = {c: (left[c] == right[c]) & (left[c] != "") for c in ("region_code", "name_town")}
    is_county = same["region_code"] & ~left["region_code"].str.ends_with("00")
    is_of = pl.DataFrame(
        {"region": same["region_code"], "county": is_county, "town": same["name_town"]}
    )
    place = pl.when("town").then(TOWN).when("county").then(COUNTY_NAMED).when("region").then(REGION)
    return is_of.select(place.otherwise(0).cast(pl.UInt8).alias("common_place"))["common_place"]


def _compute_everyday(left: pl.Series, right: pl.Series) -> pl.Series:
    """Return how many shops may bear the names; 0 if either is no shop's."""
    commoner = np.where(np.minimum(left, right) > 0, np.maximum(left, right), 0)
    return pl.Series("everyday", commoner.astype(np.uint8))


def _expand_names(pairs: pl.DataFrame, firms: SideRows, units: SideRows) -> pl.DataFrame:
    """Return pairs with every name of the one and of the other; most rows have a single name."""
    sides = [(firms, "firm"), (units, "unit")]
    crossed = pairs.select("firm", "unit").with_row_index("pair")
    for side, key in sides:
        crossed = crossed.with_columns(side.names_of_rows.gather(crossed[key]).alias(f"{key}_name"))
    for _side, key in sides:
        crossed = crossed.explode(f"{key}_name")
    if crossed.height == pairs.height:
        return crossed
    return _drop_cut_names(crossed, firms, units)


def _drop_cut_names(crossed: pl.DataFrame, firms: SideRows, units: SideRows) -> pl.DataFrame:
    """Drop names without what follows them if both rows have something there, and not the same.

    加油站 is a reading of 加油站(上行), but not beside 加油站(下行).
    """
    left, right = (
        side.names.select("is_cut", "left_out")[crossed[f"{side.key}_name"]]
        for side in (firms, units)
    )
    differs = (left["left_out"] != right["left_out"]).fill_null(value=False)
    return crossed.filter(~(differs & (left["is_cut"] | right["is_cut"])))


def _select_best_names(crossed: pl.DataFrame) -> pl.DataFrame:
    several = pl.col("pair").is_duplicated()
    ordered = crossed.filter(several).sort(
        *("pair", "name", "similarity", "firm_name", "unit_name"),
        descending=[False, False, True, False, False],
    )
    best = ordered.unique("pair", keep="first", maintain_order=True)
    return pl.concat([crossed.filter(~several), best]).sort("pair")
