"""What reviewers and visitors found, compared with what the linkage said."""

from math import log

import polars as pl

from gapmatch.evaluation.gap_reliability import compute_wilson_interval
from gapmatch.evaluation.random_sample import classify_visits

THRESHOLD_STEPS = 50
"""Thresholds are multiples of one over this."""


def join_pair_labels(links: pl.DataFrame, resolved: pl.DataFrame) -> pl.DataFrame:
    """Return firm, unit, ``probability`` by the evidence alone, ``decision`` and ``same``.

    ``links``: LINKS with their parts; ``resolved``: firm, unit, decision of people, of which
    ``same`` and ``different`` are labels. A pair that the links do not have has no probability. A
    verdict that the linkage knew already is taken out of its weight again, so that it does not
    measure itself.
    """
    labels = resolved.filter(pl.col("decision").is_in(["same", "different"])).select(
        "firm", "unit", (pl.col("decision") == "same").alias("same")
    )
    known = links.with_columns(
        pl.col("part_decision").fill_null(0.0)
        if "part_decision" in links.columns
        else pl.lit(0.0).alias("part_decision")
    ).filter(pl.col("unit").is_not_null())
    bits = pl.col("weight") - pl.col("part_decision")
    alone = 1.0 / (1.0 + (-bits * log(2.0)).exp())
    evidence = known.select(
        "firm",
        "unit",
        pl.when(pl.col("part_decision") == 0.0)
        .then("probability")
        .otherwise(alone)
        .alias("probability"),
        pl.col("decision").cast(pl.String),
    ).unique(["firm", "unit"], keep="first", maintain_order=True)
    joined = labels.join(evidence, on=["firm", "unit"], how="left")
    return joined.select("firm", "unit", "probability", "decision", "same").sort("firm", "unit")


def measure_thresholds(labels: pl.DataFrame) -> pl.DataFrame:
    """Return precision and recall of every single threshold on labelled pairs.

    ``labels``: ``probability``, ``same``. A pair without a probability was not even a candidate: no
    threshold finds it. Counts are right, wrong and missed pairs; shares are null if nothing is
    counted; intervals are Wilson's (95 %).
    """
    probability = labels["probability"].fill_null(-1.0)
    same = labels["same"]
    rows = []
    for step in range(THRESHOLD_STEPS + 1):
        threshold = step / THRESHOLD_STEPS
        above = probability >= threshold
        right = int((above & same).sum())
        wrong = int((above & ~same).sum())
        missed = int((~above & same).sum())
        rows.append(_measure_threshold(threshold, right, wrong, missed))
    return pl.DataFrame(rows, schema=_QUALITY, orient="row")


_QUALITY = {
    "threshold": pl.Float64,
    "right": pl.Int64,
    "wrong": pl.Int64,
    "missed": pl.Int64,
    **{
        f"{share}{end}": pl.Float64
        for share in ("precision", "recall")
        for end in ("", "_low", "_high")
    },
    "f1": pl.Float64,
}


def _measure_threshold(
    threshold: float, right: int, wrong: int, missed: int
) -> tuple[float | int | None, ...]:
    shares: list[float | None] = []
    for count in (right + wrong, right + missed):
        interval = compute_wilson_interval(right, count) if count else (None, None)
        shares += [right / count if count else None, *interval]
    counted = 2 * right + wrong + missed
    return (threshold, right, wrong, missed, *shares, 2 * right / counted if counted else None)


def join_visit_labels(
    gaps: pl.DataFrame, targets: pl.DataFrame, outcomes: pl.DataFrame
) -> pl.DataFrame:
    """Return what the estimates said of visited firms, and what the visits found.

    ``outcomes``: firm, outcome. ``uninsured``, ``operating`` and ``enrolled`` are null if the visit
    leaves it open. One row a firm whose visit has a result.
    """
    lot = targets.select("firm", "tier", "drawn_at_random")
    estimates = gaps.select("firm", "status", "probability_uninsured", "probability_operates")
    labels = classify_visits(outcomes)
    return labels.join(estimates, on="firm").join(lot, on="firm", how="left").sort("firm")
