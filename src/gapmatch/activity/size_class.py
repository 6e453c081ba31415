"""Size class of a firm: 统计上大中小微型企业划分办法（2017），国统字〔2017〕213号."""

from functools import cache

import polars as pl

from gapmatch.resources import find_config_file

_CLASSES = ("large", "medium", "small")


def classify_sizes(firms: pl.DataFrame) -> pl.DataFrame:
    """Return firm and size_class (large, medium, small, micro; null if the standard has no row).

    ``firms`` has firm, sme (row of the standard), headcount (persons), turnover (yuan a year or
    null). A firm has the largest class whose limits it reaches in every indicator that is known.
    """
    measured = firms.select(
        "firm",
        pl.col("sme").alias("industry"),
        X=pl.col("headcount"),
        Y=pl.col("turnover") / 10_000,
    )
    limits = measured.join(_load_thresholds(), on="industry", how="left", maintain_order="left")
    choice = pl.lit("micro")
    for name in reversed(_CLASSES):
        choice = pl.when(_has_reached(name)).then(pl.lit(name)).otherwise(choice)
    return limits.select("firm", pl.when(pl.col("sized")).then(choice).alias("size_class"))


def _has_reached(name: str) -> pl.Expr:
    """Whether every limit of the class is reached by the figures that are known."""
    return pl.all_horizontal(
        (pl.col(indicator) >= pl.col(f"{name}_{indicator}")).fill_null(value=True)
        for indicator in ("X", "Y")
    )


@cache
def _load_thresholds() -> pl.DataFrame:
    """Return one row per industry: large_X, large_Y, medium_X, … and sized."""
    rows = pl.read_csv(find_config_file("sme_thresholds.csv"), comment_prefix="#").filter(
        pl.col("indicator").is_in(["X", "Y"])
    )
    return (
        rows.pivot("indicator", index="industry", values=list(_CLASSES))
        .with_columns(sized=pl.lit(value=True))
        .sort("industry")
    )
