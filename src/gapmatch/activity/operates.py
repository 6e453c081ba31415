"""P(operates): a logistic scorecard over what the extracts hold, each piece of evidence a column."""

import polars as pl

from gapmatch.i18n import _
from gapmatch.settings.load import Settings
from gapmatch.settings.ranking import ActivitySettings
from gapmatch.vocabulary.status_words import meaning_of

_LONG_ZERO_FILING = 6  # months; what the tax office calls 长期零申报
_MONTHS_THAT_TELL = 3  # zero months from which a payroll without sales is believed to be paper
_FOUND_OPERATING = ("enrolled", "visited", "refused", "notified", "resident_only")
_FOUND_DORMANT = ("dormant", "unreachable")
_ENDED = ("revoked", "deregistered")


def operates_features(
    firms: pl.DataFrame,
    amounts: pl.DataFrame,
    visits: pl.DataFrame | None,
    settings: Settings,
    usual_wage: float | None = None,
) -> pl.DataFrame:
    """Return firm and one column per feature of the scorecard, each from 0 to 1; null: not known.

    ``amounts`` is what ``comparable_amounts`` returns.
    ``visits`` has ``firm`` and ``outcome`` (code of the latest visit). ``usual_wage``: yuan a year and head,
    else what these firms pay (``usual_wage_of``).
    """
    wage = usual_wage_of(amounts, settings) if usual_wage is None else usual_wage
    joined = pl.concat(
        [firms.select("status", "registry_status", "registry_abnormal"), amounts], how="horizontal"
    )
    return (
        _with_outcomes(joined, visits)
        .select(
            "firm",
            **_filing_features(),
            **_money_features(wage, settings.activity),
            **_standing_features(settings),
            found_operating=pl.col("outcome").is_in(_FOUND_OPERATING),
            found_dormant=pl.col("outcome").is_in(_FOUND_DORMANT),
        )
        .with_columns(pl.exclude("firm").cast(pl.Float64))
    )


def usual_wage_of(amounts: pl.DataFrame, settings: Settings) -> float:
    """Return the median wage of a declared head, yuan a year; the settings' where nobody declares any."""
    typical = amounts.filter(pl.col("declared") >= 1).select(
        (pl.col("wages") / pl.col("declared")).median()
    )
    return float(typical.item() or settings.activity.usual_wage)


def score_operates(features: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Return firm, probability_operates, operates_evidence and the contributions ``operates_<feature>``.

    Contributions are log-odds; with ``operates_intercept`` they add up to the log-odds of the probability.
    """
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


def evidence_text(scored: pl.DataFrame, amounts: pl.DataFrame) -> pl.Series:
    """Return the evidence in words, the pieces that moved the score; rows in the order of ``scored``."""
    zero = pl.col("zero_months")
    told = {
        "operates_found_operating": pl.lit(_("以往走访见在经营")),
        "operates_found_dormant": pl.lit(_("以往走访未见经营")),
        "operates_registration_ended": pl.lit(_("登记状态为吊销或注销")),
        "operates_suspended": pl.lit(_("状态为停业")),
        "operates_abnormal_list": pl.lit(_("列入经营异常名录")),
        "operates_zero_filing": pl.when(zero >= 12)
        .then(pl.lit(_("连续12个月零申报")))
        .otherwise(pl.format(_("近12个月零申报{}个月"), zero)),
        "operates_no_sales": pl.lit(_("本年无销售")),
        "operates_sales": pl.lit(_("本年有销售")),
        "operates_never_started": pl.lit(_("成立不满一年且无销售")),
        "operates_idle_payroll": pl.lit(_("销售额不足以支付所申报的工资")),
        "operates_thin_pay": pl.lit(_("申报有人但几乎无工资")),
        "operates_tax": pl.lit(_("本年有税款入库")),
        "operates_workers": pl.lit(_("申报有职工")),
    }
    pieces = [
        pl.when(pl.col(column).abs() > 0).then(text)
        for column, text in told.items()
        if column in scored.columns
    ]
    always = pl.when(zero == 0).then(pl.lit(_("连续12个月正常申报")))
    joined = scored.join(
        amounts.select("firm", "zero_months", "declared"), on="firm", maintain_order="left"
    )
    text = pl.concat_str(always, *pieces, separator=_("，"), ignore_nulls=True)
    return joined.select(
        pl.when(text != "").then(text).otherwise(pl.lit(_("没有可用的经营依据")))
    ).to_series()


def _filing_features() -> dict[str, pl.Expr]:
    months = pl.col("zero_months")
    zero = (months / pl.col("age_months").clip(1, 12).fill_null(12)).clip(0, 1)
    return {
        "regular_filing": 1 - zero,
        "zero_filing": zero,
        "long_zero_filing": months >= _LONG_ZERO_FILING,
    }


def _money_features(usual_wage: float, settings: ActivitySettings) -> dict[str, pl.Expr]:
    """Return what the amounts say; ``usual_wage`` (yuan a year) is the median per declared head."""
    declared, sales, tax = pl.col("declared"), pl.col("sales"), pl.col("tax")
    payroll = pl.coalesce("wages", declared * usual_wage)
    heads = pl.when(declared >= 1).then(declared).otherwise(payroll / usual_wage)
    turnover = pl.col("turnover")
    lives = turnover >= settings.idle_sales_share * payroll
    # Months of non-zero returns show a business without sales of its own: a school, a group's cost centre.
    silent = (pl.col("zero_months") / _MONTHS_THAT_TELL).clip(0, 1).fill_null(1.0)
    nearly_unpaid = pl.col("wages") < settings.thin_pay_share * usual_wage * declared
    return {
        "sales": (sales / usual_wage).clip(0, 1),
        "no_sales": sales == 0,
        "tax": tax > 0,
        "no_tax": tax == 0,
        "workers": declared >= 1,
        "no_workers": declared == 0,
        "idle_payroll": pl.when(lives | (heads < 1))
        .then(0.0)
        .when(turnover >= 0)
        .then(silent * heads.log(2).clip(0, 4)),
        "thin_pay": (declared >= 1) & nearly_unpaid,
        "never_started": (pl.col("age_months") <= 12) & (sales == 0),
    }


def _standing_features(settings: Settings) -> dict[str, pl.Expr]:
    tax, registry = (meaning_of(c, settings.statuses.words) for c in ("status", "registry_status"))
    return {
        "abnormal_list": pl.col("registry_abnormal"),
        "registration_ended": tax.is_in(_ENDED) | registry.is_in(_ENDED),
        "suspended": (tax == "suspended") | (registry == "suspended"),
    }


def _with_outcomes(frame: pl.DataFrame, visits: pl.DataFrame | None) -> pl.DataFrame:
    if visits is None or visits.is_empty():
        return frame.with_columns(pl.lit(None, pl.String).alias("outcome"))
    latest = visits.select("firm", "outcome").unique("firm", keep="last", maintain_order=True)
    return frame.join(latest, on="firm", how="left", maintain_order="left")
