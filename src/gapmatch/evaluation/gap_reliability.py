"""How reliable stated chances are: ``probability_uninsured``, and the expected false gaps."""

from dataclasses import dataclass
from math import sqrt

import polars as pl

from gapmatch.linkage.classify import add_lost_units, estimate_errors

BANDS = (0.0, 0.5, 0.9, 0.95, 0.975, 0.99, 0.995, 1.0)
"""Bounds of the bands; narrow near one, where a firm is called uninsured."""
_NORMAL_95 = 1.959964
_COVERED_BY_PARENT = "covered_by_parent"


@dataclass(frozen=True)
class StatedFalseGaps:
    """The false gaps that a run expected, and the true number.

    ``value``, ``low`` to ``high``: what was expected, with a 95 % interval. ``holds``:
    whether the interval holds the truth; null if the truth does not know every firm.
    """

    value: float
    low: float
    high: float
    truth: int
    holds: bool | None


def measure_reliability(known: pl.DataFrame, gaps: pl.DataFrame) -> pl.DataFrame:
    """Return one row per band of ``probability_uninsured`` that has firms.

    ``known``: firm, true_unit_id (of a branch, its head office's if that insures it); ``gaps``:
    GAPS. ``low``, ``high``: bounds of the band; ``firms``; ``stated``: mean probability;
    ``uninsured``: firms without a unit in truth; ``share`` of them, with its 95 % interval
    ``share_low`` to ``share_high`` (Wilson 1927). ``covered_by_parent`` counts in no band.
    """
    status = pl.col("status").cast(pl.String)
    firms = (
        known.join(gaps.filter(status != _COVERED_BY_PARENT), on="firm")
        .drop_nulls("probability_uninsured")
        .with_columns(
            band=pl.sum_horizontal(pl.col("probability_uninsured") >= low for low in BANDS[1:-1])
        )
    )
    counted = firms.group_by("band").agg(
        firms=pl.len().cast(pl.Int64),
        stated=pl.col("probability_uninsured").mean(),
        uninsured=pl.col("true_unit_id").is_null().sum().cast(pl.Int64),
    )
    rows = [
        (BANDS[b], BANDS[b + 1], n, stated, k, k / n, *compute_wilson_interval(k, n))
        for b, n, stated, k in counted.sort("band").iter_rows()
    ]
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


_SCHEMA = {
    **dict.fromkeys(("low", "high"), pl.Float64),
    "firms": pl.Int64,
    "stated": pl.Float64,
    "uninsured": pl.Int64,
    **dict.fromkeys(("share", "share_low", "share_high"), pl.Float64),
}


def compute_wilson_interval(hits: int, count: int) -> tuple[float, float]:
    """Return the score interval of a share, which is right for few firms too (Wilson 1927)."""
    share, z = hits / count, _NORMAL_95
    middle = share + z * z / (2 * count)
    spread = z * sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    scale = 1 + z * z / count
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def compare_stated_false_gaps(
    known: pl.DataFrame, firms: pl.DataFrame, links: pl.DataFrame, lost: int = 0
) -> StatedFalseGaps:
    """Compare the expected false gaps with enrolled firms that have neither match nor review.

    ``known``: firm, true_unit_id; ``firms``: FIRMS, of which a firm that is listed several times
    counts once; ``links``: LINKS; ``lost``: how many more the gate says there may be.
    """
    once = firms.filter(pl.col("duplicate_of").is_null()).select("firm")
    stated = add_lost_units(estimate_errors(links), lost)["false_gaps"]
    linked = links.filter(pl.col("decision") != "non_match").select("firm")
    known_firms = known.join(once, on="firm", how="semi")
    truth = known_firms.drop_nulls("true_unit_id").join(linked, on="firm", how="anti").height
    is_complete = known_firms["firm"].n_unique() == once.height
    holds = stated["low"] <= truth <= stated["high"] if is_complete else None
    return StatedFalseGaps(stated["value"], stated["low"], stated["high"], truth, holds)
