"""P(operates): a logistic scorecard over the extracts, each piece of evidence a column."""

import polars as pl

from gapmatch.settings.load import Settings
from gapmatch.settings.ranking import ActivitySettings
from gapmatch.vocabulary.outcomes import list_findings
from gapmatch.vocabulary.status_words import match_meaning

_LONG_ZERO_FILING = 6  # months; what the tax office calls 长期零申报
_MIN_SILENT_MONTHS = 3  # zero months from which a payroll without sales is believed to be paper
_ENDED = ("revoked", "deregistered")


def build_operates_features(
    firms: pl.DataFrame,
    amounts: pl.DataFrame,
    visits: pl.DataFrame | None,
    settings: Settings,
    typical_wage: float | None = None,
) -> pl.DataFrame:
    """Return firm and one column per feature of the scorecard, each from 0 to 1; null: not known.

    ``amounts`` is what ``scale_amounts`` returns.
    ``visits`` has ``firm`` and ``outcome`` (code of the latest visit). ``typical_wage``: yuan a
    year and head, else what these firms pay (``compute_typical_wage``).
    """
    wage = compute_typical_wage(amounts, settings) if typical_wage is None else typical_wage
    joined = pl.concat(
        [firms.select("status", "registry_status", "registry_abnormal"), amounts], how="horizontal"
    )
    seen = list_findings("evidence")
    return (
        _add_outcomes(joined, visits)
        .select(
            "firm",
            **_build_filing_features(),
            **_build_money_features(wage, settings.activity),
            **_build_standing_features(settings),
            found_operating=pl.col("outcome").is_in([code for code, does in seen.items() if does]),
            found_dormant=pl.col("outcome").is_in(
                [code for code, does in seen.items() if not does]
            ),
        )
        .with_columns(pl.exclude("firm").cast(pl.Float64))
    )


def compute_typical_wage(amounts: pl.DataFrame, settings: Settings) -> float:
    """Return the median wage of a declared head, yuan a year, else that of the settings."""
    typical = amounts.filter(pl.col("declared") >= 1).select(
        (pl.col("wages") / pl.col("declared")).median()
    )
    return float(typical.item() or settings.activity.usual_wage)


def score_operates(features: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Return firm, probability_operates and ``operates_<feature>``, its log-odds, which add up."""
    card = settings.activity.operates
    contributions = features.select(
        "firm",
        pl.lit(card.intercept).alias("operates_intercept"),
        *(
            (pl.col(name) * coefficient).fill_null(0.0).round(4).alias(f"operates_{name}")
            for name, coefficient in card.coefficients.items()
            if name in features.columns
        ),
    )
    log_odds = pl.sum_horizontal(pl.exclude("firm"))
    return contributions.with_columns(
        (1 / (1 + (-log_odds).exp())).round(9).alias("probability_operates")
    )


EVIDENCE = (
    *("found_operating", "found_dormant", "registration_ended", "suspended", "abnormal_list"),
    *("zero_filing", "no_sales", "sales", "never_started", "idle_payroll", "thin_pay", "tax"),
    "workers",
)
"""Features that are named as evidence, in the order in which they are listed."""


def list_evidence_codes(scored: pl.DataFrame) -> pl.Series:
    """Return the features that moved the score, joined by a comma, in the order of ``scored``."""
    codes = [
        pl.when(pl.col(f"operates_{name}").abs() > 0).then(pl.lit(name))
        for name in EVIDENCE
        if f"operates_{name}" in scored.columns
    ]
    if not codes:
        return pl.repeat("", scored.height, dtype=pl.String, eager=True)
    joined = pl.concat_str(codes, separator=",", ignore_nulls=True)
    return scored.select(joined.alias("evidence_codes")).to_series()


def _build_filing_features() -> dict[str, pl.Expr]:
    zero = pl.when(~_contradict_zero_returns()).then(_compute_zero_share())
    return {
        "regular_filing": 1 - zero,
        "zero_filing": zero,
        "long_zero_filing": pl.when(zero.is_not_null()).then(
            pl.col("zero_months") >= _LONG_ZERO_FILING
        ),
    }


def _compute_zero_share() -> pl.Expr:
    filed = pl.col("age_months").clip(1, 12).fill_null(12)
    return (pl.col("zero_months") / filed).clip(0, 1)


def _contradict_zero_returns() -> pl.Expr:
    """Sales or tax beside nothing but zero returns: one of them is wrong, neither is evidence."""
    earned = (pl.col("sales") > 0) | (pl.col("tax") > 0)
    return (earned & (_compute_zero_share() == 1)).fill_null(value=False)


def _build_money_features(typical_wage: float, settings: ActivitySettings) -> dict[str, pl.Expr]:
    """Return the features from amounts; ``typical_wage``: median yuan a year per declared head."""
    declared, sales, tax = pl.col("declared"), pl.col("sales"), pl.col("tax")
    payroll = pl.coalesce("wages", declared * typical_wage)
    heads = pl.when(declared >= 1).then(declared).otherwise(payroll / typical_wage)
    turnover = pl.col("turnover")
    lives = turnover >= settings.idle_sales_share * payroll
    # Months of non-zero returns show a business without sales of its own: a school, a group's cost
    # centre.
    silent = (pl.col("zero_months") / _MIN_SILENT_MONTHS).clip(0, 1).fill_null(1.0)
    credible = ~_contradict_zero_returns()
    nearly_unpaid = pl.col("wages") < settings.thin_pay_share * typical_wage * declared
    return {
        "sales": pl.when(credible).then((sales / typical_wage).clip(0, 1)),
        "no_sales": sales == 0,
        "tax": pl.when(credible).then(tax > 0),
        "no_tax": tax == 0,
        "workers": declared >= 1,
        "no_workers": declared == 0,
        "idle_payroll": pl.when(lives | (heads < 1))
        .then(0.0)
        .when(credible & (turnover >= 0))
        .then(silent * heads.log(2).clip(0, 4)),
        "thin_pay": (declared >= 1) & nearly_unpaid,
        "never_started": (pl.col("age_months") <= 12) & (sales == 0),
    }


def _build_standing_features(settings: Settings) -> dict[str, pl.Expr]:
    tax, registry = (
        match_meaning(c, settings.statuses.words) for c in ("status", "registry_status")
    )
    return {
        "abnormal_list": pl.col("registry_abnormal"),
        "registration_ended": tax.is_in(_ENDED) | registry.is_in(_ENDED),
        "suspended": (tax == "suspended") | (registry == "suspended"),
    }


def _add_outcomes(frame: pl.DataFrame, visits: pl.DataFrame | None) -> pl.DataFrame:
    if visits is None or visits.is_empty():
        return frame.with_columns(pl.lit(None, pl.String).alias("outcome"))
    latest = visits.select("firm", "outcome").unique("firm", keep="last", maintain_order=True)
    return frame.join(latest, on="firm", how="left", maintain_order="left")
