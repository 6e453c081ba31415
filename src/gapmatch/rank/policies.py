"""Policies that a visitor can offer, their worth, and what enrolling costs the employer."""

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from gapmatch.schemas import LINES
from gapmatch.settings import expressions
from gapmatch.settings.ranking import PoliciesSettings, PolicyRates, PolicyRisk

_MONTHS = 12


def add_cost(frame: pl.DataFrame, rates: PolicyRates) -> pl.DataFrame:
    """Add ``monthly_base`` (yuan a person), ``enrolling_cost`` (employer's share, yuan a year) and
    ``monthly_cost`` (the same for one worker and month).

    The base is the declared wage per head if one is declared and credible, else the usual wage of
    the firm's industry, held between the limits of the contribution base (社会保险法 art. 12). An
    unknown industry pays the work-injury rate of class 4, the middle of the table.
    """
    declared_wage = pl.when(pl.col("declared") >= 1).then(pl.col("wages") / pl.col("declared"))
    yearly = pl.when(declared_wage > 0).then(declared_wage).otherwise("usual_wage")
    injury = (
        pl.col("injury_class")
        .fill_null(4)
        .replace_strict(
            {n: rate * rates.injury_factor for n, rate in enumerate(rates.injury_employer, 1)},
            return_dtype=pl.Float64,
        )
    )
    share = {
        "pension": pl.lit(rates.pension_employer),
        "unemployment": pl.lit(rates.unemployment_employer),
        "injury": injury,
    }
    paid = pl.sum_horizontal(pl.col(f"gain_{line}") * share[line] for line in LINES)
    priced = frame.with_columns(
        monthly_base=(yearly / _MONTHS).clip(rates.base_low, rates.base_high).round(2)
    ).with_columns(enrolling_cost=(paid * pl.col("monthly_base") * _MONTHS).round(0))
    persons = pl.max_horizontal(f"gain_{line}" for line in LINES)
    one = pl.when(persons > 0).then(pl.col("enrolling_cost") / _MONTHS / persons)
    return priced.with_columns(monthly_cost=one.round(0))


def add_policies(frame: pl.DataFrame, policies: PoliciesSettings, first_day: date) -> pl.DataFrame:
    """Add ``policy_ids`` (joined by a comma, null: none), ``subsidy_estimate`` and
    ``subsidy_unverified`` (yuan; null: nothing to promise).

    ``frame`` has the columns of ``expressions.POLICY_COLUMNS``. Only verified rules in force on
    ``first_day`` (of the visits) are offered, unverified ones if ``offer_unverified`` is set; their
    amounts are separate, so that no visitor promises them.
    """
    rules = {
        name: rule
        for name, rule in policies.rules.items()
        if rule.valid_from <= first_day <= rule.valid_until
    }
    applies = {
        name: expressions.parse_condition(rule.who).fill_null(value=False)
        for name, rule in rules.items()
    }
    amounts = {
        name: pl.when(applies[name]).then(expressions.number(rule.amount)).fill_null(0.0)
        for name, rule in rules.items()
    }
    ids = [
        pl.when(applies[name]).then(pl.lit(name))
        for name, rule in rules.items()
        if rule.verified or policies.offer_unverified
    ]
    return frame.with_columns(
        policy_ids=_join_pieces(ids),
        subsidy_estimate=_sum([amounts[n] for n, r in rules.items() if r.verified]),
        subsidy_unverified=_sum([amounts[n] for n, r in rules.items() if not r.verified]),
    )


def add_risks(frame: pl.DataFrame, risks: Mapping[str, PolicyRisk]) -> pl.DataFrame:
    """Add ``risk_ids`` (joined by a comma, null: none): what each firm risks without insurance."""
    ids = [
        pl.when(expressions.parse_condition(risk.who).fill_null(value=False)).then(pl.lit(name))
        for name, risk in risks.items()
    ]
    return frame.with_columns(risk_ids=_join_pieces(ids))


def _join_pieces(pieces: Sequence[pl.Expr]) -> pl.Expr:
    if not pieces:
        return pl.lit(None, pl.String)
    text = pl.concat_str(*pieces, separator=",", ignore_nulls=True)
    return pl.when(text != "").then(text)


def _sum(amounts: list[pl.Expr]) -> pl.Expr:
    total = pl.sum_horizontal(pl.lit(0.0), *amounts).round(0)
    return pl.when(total > 0).then(total)
