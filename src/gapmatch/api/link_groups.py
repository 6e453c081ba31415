"""Connected groups: the firms and units that links lead to from one another."""

import polars as pl

from gapmatch.api.public_tables import GROUPS_TABLE
from gapmatch.linkage.connected import group_connected


def group_links(links: pl.DataFrame, units: pl.DataFrame) -> pl.DataFrame:
    """Return the members of each group of ``links`` (columns: ``groups``).

    ``links``: firm, unit, name, code; ``units``: unit, unit_name, code_text.
    """
    pairs = links.filter(pl.col("unit").is_not_null())
    if pairs.is_empty():
        return GROUPS_TABLE.complete(pl.DataFrame(schema=GROUPS_TABLE.schema))
    # One pair is enough to fill a group, so that each component is a group of its own.
    group = pl.col("together").rank("dense").cast(pl.Int64).alias("group")
    numbered = group_connected(pairs.select("firm", "unit"), 1).with_columns(group)
    grouped = pairs.join(numbered.select("firm", "group"), on="firm")
    named = units.select(
        "unit", pl.col("unit_name").alias("name"), pl.col("code_text").alias("code")
    )
    sides = (
        grouped.select(
            "group", pl.lit("tax").alias("side"), member="firm", name="name", code="code"
        ),
        grouped.select("group", "unit")
        .join(named, on="unit", how="left")
        .select(
            "group", pl.lit("enrollment").alias("side"), member="unit", name="name", code="code"
        ),
    )
    members = pl.concat([side.unique(["group", "member"]) for side in sides])
    count = (pl.col("side") == "tax").sum().over("group").cast(pl.Int64)
    return GROUPS_TABLE.complete(
        members.with_columns(
            count.alias("firms"), (pl.len().over("group").cast(pl.Int64) - count).alias("units")
        ).sort("group", pl.col("side") == "enrollment", "member")
    )
