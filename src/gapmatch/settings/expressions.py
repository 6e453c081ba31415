"""Expressions in settings: SQL over documented columns, checked before anything runs.

Polars parses the SQL; no Python is evaluated, and an expression cannot reach files or other tables.
"""

from collections.abc import Mapping
from difflib import get_close_matches

import polars as pl

from gapmatch.i18n import _

POLICY_COLUMNS: Mapping[str, pl.DataType] = {
    "status": pl.String(),
    "kind": pl.String(),
    "section": pl.String(),
    "division": pl.String(),
    "deferral": pl.Int64(),
    "injury_class": pl.Int64(),
    "size_class": pl.String(),
    "headcount": pl.Float64(),
    "insured_count": pl.Int64(),
    "new_enrollees": pl.Float64(),
    "monthly_base": pl.Float64(),
    "age_months": pl.Int64(),
    "sole_trader": pl.Boolean(),
    "cooperative": pl.Boolean(),
    "county": pl.String(),
    "lacks_injury": pl.Boolean(),
}
"""Columns that policy rules may use; ``config/policies.toml`` describes each."""


def parse_condition(text: str) -> pl.Expr:
    """Return the yes-or-no expression ``text`` over ``POLICY_COLUMNS``, or raise ``ValueError``."""
    expression, dtype = _parse(text)
    if dtype != pl.Boolean:
        raise ValueError(_("条件“{text}”的结果应为是或否").format(text=text))
    return expression


def number(text: str) -> pl.Expr:
    """Return the numeric expression ``text`` over ``POLICY_COLUMNS``, or raise ``ValueError``."""
    expression, dtype = _parse(text)
    if not dtype.is_numeric():
        raise ValueError(_("金额“{text}”的结果应为数字").format(text=text))
    return expression.cast(pl.Float64)


def _parse(text: str) -> tuple[pl.Expr, pl.DataType]:
    probe = pl.DataFrame({name: [None, None] for name in POLICY_COLUMNS}, schema=POLICY_COLUMNS)
    try:
        expression = pl.sql_expr(text)
        _check_names(expression, text)
        outcome = probe.select(expression.alias("outcome"))
    except pl.exceptions.PolarsError as error:
        reason = str(error).split("\n", maxsplit=1)[0]
        raise ValueError(
            _("表达式“{text}”无法理解：{error}").format(text=text, error=reason)
        ) from error
    if outcome.height != probe.height and expression.meta.root_names():
        raise ValueError(_("表达式“{text}”应逐户计算，不能汇总").format(text=text))
    return expression, outcome.dtypes[0]


def _check_names(expression: pl.Expr, text: str) -> None:
    for name in expression.meta.root_names():
        if name not in POLICY_COLUMNS:
            close = get_close_matches(name, POLICY_COLUMNS, n=3, cutoff=0.5) or sorted(
                POLICY_COLUMNS
            )
            raise ValueError(
                _("表达式“{text}”中没有“{name}”这一列；是不是：{close}？").format(
                    text=text, name=name, close=_("、").join(close)
                )
            )
