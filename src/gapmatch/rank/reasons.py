"""Reasons for a visit: the largest parts of the priority, as codes for ``wording``."""

import polars as pl

_NAMED_PARTS = 2  # besides the gap itself, which is always named
REASON_PARTS = ("headcount", "operates", "enrolls")
"""Parts of the priority that a reason may name."""


def add_median_points(frame: pl.DataFrame) -> pl.DataFrame:
    """Add ``usual_<name>``: the median points, over all targets, of each part of a reason."""
    return frame.with_columns(
        pl.col(f"priority_{name}").median().alias(f"usual_{name}") for name in REASON_PARTS
    )


def add_reasons(frame: pl.DataFrame) -> pl.DataFrame:
    """Add ``reason_codes``: what lifts the firm most above the median target, joined by a comma.

    A part lifts by its points less the median of all targets, so that what all firms have in common
    is not named. ``frame`` has what ``add_median_points`` added to all of them.
    """
    codes = {
        "headcount": _choose_headcount_code(),
        "operates": _choose_operates_code(),
        "enrolls": _choose_enrolls_code(),
    }
    ordered = frame.with_columns(
        **{f"code_{name}": code for name, code in codes.items()}
    ).with_columns(**{f"behind_{name}": _compute_shortfall(name) for name in codes})
    named = [_pick_code(place, tuple(codes)) for place in range(_NAMED_PARTS)]
    return ordered.with_columns(
        reason_codes=pl.concat_str(*named, separator=",", ignore_nulls=True)
    ).drop(f"{kind}_{name}" for kind in ("code", "behind") for name in codes)


def _compute_shortfall(name: str) -> pl.Expr:
    """Return how far the part stays behind the median of all targets; endlessly without a code."""
    behind = pl.col(f"usual_{name}") - pl.col(f"priority_{name}")
    has_code = pl.col(f"code_{name}").is_not_null()
    return pl.when(has_code).then(behind).otherwise(float("inf"))


def _pick_code(place: int, names: tuple[str, ...]) -> pl.Expr:
    """Return the code at ``place`` of the parts sorted by ``behind_…``, ties in their order."""
    choices = []
    for index, name in enumerate(names):
        own = pl.col(f"behind_{name}")
        before = [own >= pl.col(f"behind_{other}") for other in names[:index]]
        after = [own > pl.col(f"behind_{other}") for other in names[index + 1 :]]
        ahead = pl.sum_horizontal(e.cast(pl.Int8) for e in before + after)
        choices.append(pl.when(ahead == place).then(f"code_{name}"))
    return pl.coalesce(choices)


def _choose_headcount_code() -> pl.Expr:
    declared = pl.col("declared").cast(pl.Int64)
    estimate = pl.col("headcount").round(0).clip(lower_bound=1).cast(pl.Int64)
    agrees = (declared >= 1) & ((estimate - declared).abs() * 4 <= declared)
    new = pl.col("kind").is_in(["new_enrollment", "lapsed"])
    return (
        pl.when(new & pl.col("conflict_code").is_not_null())
        .then(pl.lit("conflict"))
        .when(new & agrees)
        .then(pl.lit("declared"))
        .when(new & estimate.is_not_null())
        .then(pl.lit("estimated"))
    )


def _choose_operates_code() -> pl.Expr:
    zero = pl.col("zero_months")
    return (
        pl.when(zero == 0)
        .then(pl.lit("regular_filing"))
        .when(zero > 0)
        .then(pl.lit("zero_filing"))
        .when(pl.col("probability_operates").is_not_null())
        .then(pl.lit("operates"))
    )


def _choose_enrolls_code() -> pl.Expr:
    return (
        pl.when(pl.col("visit_outcome") == "refused")
        .then(pl.lit("refused"))
        .when(pl.col("kind").is_in(["lines_missing", "headcount_short"]))
        .then(pl.lit("has_account"))
    )
