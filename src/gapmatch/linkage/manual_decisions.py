"""What people decided about pairs, as evidence that outweighs all other."""

import polars as pl

SETTLED_BITS = 60.0
"""More than all other evidence together can weigh."""


def read_manual_decisions(settled: pl.DataFrame | None) -> pl.DataFrame:
    """Return firm, unit and ``settled``: bits that the decision weighs, 0 if it leaves doubt."""
    if settled is None:
        schema = {"firm": pl.UInt32, "unit": pl.UInt32, "decision": pl.String}
        settled = pl.DataFrame(schema=schema)
    bits = {"same": SETTLED_BITS, "different": -SETTLED_BITS}
    weighed = pl.col("decision").replace_strict(bits, default=0.0, return_dtype=pl.Float64)
    return settled.select("firm", "unit", weighed.alias("settled"))


def add_manual_decisions(pairs: pl.DataFrame, decisions: pl.DataFrame) -> pl.DataFrame:
    """Add pairs that people decided to the candidates, with ``settled`` and ``doubted``."""
    everything = pairs.select("firm", "unit")
    if decisions.height:
        everything = pl.concat([everything, decisions.select("firm", "unit")]).unique()
    joined = everything.sort("firm", "unit").join(
        decisions, on=["firm", "unit"], how="left", maintain_order="left"
    )
    doubted = (pl.col("settled") == 0.0).fill_null(value=False)
    return joined.with_columns(doubted.alias("doubted"), pl.col("settled").fill_null(0.0))
