"""The four factors of what a visit is expected to bring, and their product."""

from collections.abc import Mapping

import polars as pl

from gapmatch.schemas import LINES, map_statuses
from gapmatch.settings.ranking import RankingSettings

KIND_OF_STATUS = map_statuses("kind")
FACTORS = ("uninsured", "operates", "headcount", "enrolls")
_LARGE, _ALONE = 20, 1.5  # persons; see large_firm and owner_only in config/ranking.toml
_YOUNG, _SOME_ZERO = 36, 3  # months since founding, months with a zero return
_SECTIONS = "ABCDEFGHIJKLMNOPQRST"


def add_gains(frame: pl.DataFrame) -> pl.DataFrame:
    """Add ``gain_<line>``: persons that full enrollment would add in each line.

    Also add ``new_enrollees``, the gain of the line that would gain most. ``frame`` has kind,
    headcount, insured_count, missing (line names), insured_<line>, short_<line>, shortage. A
    shortage counts only as far as the estimated headcount supports it: names on paper enrol no one.
    """
    return frame.with_columns(
        _compute_gain(line).round(2).alias(f"gain_{line}") for line in LINES
    ).with_columns(new_enrollees=pl.max_horizontal(f"gain_{line}" for line in LINES))


def _compute_gain(line: str) -> pl.Expr:
    kind, estimate = pl.col("kind"), pl.col("headcount")
    insured = pl.coalesce(f"insured_{line}", "insured_count").fill_null(0)
    short = pl.coalesce(f"short_{line}", "shortage").fill_null(0)
    missing = pl.col(f"insured_{line}") == 0
    return (
        pl.when(kind == "lines_missing")
        .then(pl.when(missing).then(pl.col("insured_count")).otherwise(0))
        .when(kind == "headcount_short")
        .then(pl.min_horizontal((estimate - insured).clip(lower_bound=0), short))
        .otherwise(estimate)
        .cast(pl.Float64)
    )


def build_enrolls_features(frame: pl.DataFrame) -> pl.DataFrame:
    """Return firm and a column per feature of the P(enrolls) scorecard (ENROLLS_FEATURES)."""
    outcome = pl.col("visit_outcome")
    features: Mapping[str, pl.Expr] = {
        "lines_missing": pl.col("kind") == "lines_missing",
        "headcount_short": pl.col("kind") == "headcount_short",
        "lapsed": pl.col("kind") == "lapsed",
        "large_firm": pl.col("headcount") >= _LARGE,
        "owner_only": pl.col("headcount") < _ALONE,
        "paid_in_bank": pl.col("wages") > 0,
        "refused_before": outcome == "refused",
        "individually_insured": outcome == "resident_only",
        "young": pl.col("age_months") < _YOUNG,
        "cooperative": pl.col("legal_form").str.contains("合作社"),
        "sole_trader": pl.col("sole_trader"),
        "branch": pl.col("branch").is_not_null() & (pl.col("branch") != ""),
        "log_headcount": pl.col("headcount").log1p(),
        "some_zero_filing": pl.col("zero_months") >= _SOME_ZERO,
        "sells": pl.col("sales") > 0,
        **{f"section_{letter}": pl.col("section") == letter for letter in _SECTIONS},
    }
    return frame.select(
        "firm", **{name: f.cast(pl.Float64).fill_null(0.0) for name, f in features.items()}
    )


def add_factors(frame: pl.DataFrame, settings: RankingSettings) -> pl.DataFrame:
    """Add ``factor_<name>`` for the four factors and ``expected_new_enrollees``, their product.

    * ``factor_uninsured``: P(uninsured) for a new enrollment; 1 for the other kinds, whose gap is
      there whether the link is right (too little) or wrong (nothing);
    * ``factor_operates``: P(operates); 1 if the firm insures workers today;
    * ``factor_headcount``: persons to be insured, lines weighted by ``[ranking.lines]``;
    * ``factor_enrolls``: P(enrolls when visited), a logistic scorecard.
    """
    card, lines = settings.enrolls, settings.lines.model_dump()
    log_odds = build_enrolls_features(frame).select(
        pl.sum_horizontal(
            pl.lit(card.intercept), *(pl.col(n) * c for n, c in card.coefficients.items())
        ).alias("enrolls")
    )["enrolls"]
    new = pl.col("kind") == "new_enrollment"
    pays = pl.col("kind").is_in(["lines_missing", "headcount_short"])
    return frame.with_columns(
        factor_uninsured=pl.when(new).then("probability_uninsured").otherwise(1.0),
        factor_operates=pl.when(pays).then(1.0).otherwise("probability_operates"),
        factor_headcount=pl.sum_horizontal(pl.col(f"gain_{n}") * w for n, w in lines.items()),
        factor_enrolls=(1 / (1 + (-log_odds).exp())).round(9),
    ).with_columns(
        expected_new_enrollees=pl.fold(
            pl.lit(1.0),
            lambda product, part: product * part,
            [pl.col(f"factor_{f}") for f in FACTORS],
        ).round(3)
    )


def add_priority(frame: pl.DataFrame, settings: RankingSettings) -> pl.DataFrame:
    """Add ``priority_<name>`` per factor, ``priority_kind``, and ``priority``, exactly their sum.

    Whole points; 1,000 are a factor of ten: ``round(1000 × weight × log10(factor))``. The points of
    the kind are set, see ``[ranking.kinds]``.
    """
    weights = settings.weights.model_dump()
    parts = {
        f"priority_{name}": (
            1000 * weights[name] * pl.col(f"factor_{name}").clip(lower_bound=settings.floor).log10()
        ).round(0)
        + 0.0  # no minus zero in the files
        for name in FACTORS
    }
    kinds = {name: float(round(points)) for name, points in settings.kinds.model_dump().items()}
    parts["priority_kind"] = pl.col("kind").replace_strict(
        kinds, default=0.0, return_dtype=pl.Float64
    )
    return frame.with_columns(**parts).with_columns(priority=pl.sum_horizontal(*parts))
