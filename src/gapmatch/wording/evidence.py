"""Evidence that a firm operates, and of its headcount, as a sentence for officials."""

from collections.abc import Mapping

import polars as pl

from gapmatch.i18n import get_translator


def build_evidence_sentences(gaps: pl.DataFrame, language: str) -> pl.Series:
    """Return ``operates_evidence`` of each row, from ``evidence_codes`` and ``zero_months``."""
    # Few firms differ in these two: each combination is worded once.
    keys = gaps.select("evidence_codes", "zero_months")
    distinct = keys.unique(maintain_order=True)
    texts = [_describe_evidence(codes, months, language) for codes, months in distinct.rows()]
    worded = distinct.with_columns(pl.Series("text", texts, pl.String))
    joined = keys.join(worded, on=keys.columns, how="left", nulls_equal=True, maintain_order="left")
    return joined["text"].alias("operates_evidence")


def _describe_evidence(codes: str | None, zero_months: int | None, language: str) -> str | None:
    if codes is None:
        return None
    _ = get_translator(language)
    pieces = [_("连续12个月正常申报")] if zero_months == 0 else []
    names = _list_evidence_names(zero_months or 0, language)
    pieces += [names[code] for code in codes.split(",") if code]
    return _("，").join(pieces) or _("没有可用的经营依据")


def _list_evidence_names(zero_months: int, language: str) -> Mapping[str, str]:
    _ = get_translator(language)
    months = _("近12个月零申报{}个月").format(zero_months)
    return {
        "found_operating": _("以往走访见在经营"),
        "found_dormant": _("以往走访未见经营"),
        "registration_ended": _("登记状态为吊销或注销"),
        "suspended": _("状态为停业"),
        "abnormal_list": _("列入经营异常名录"),
        "zero_filing": _("连续12个月零申报") if zero_months >= 12 else months,
        "no_sales": _("本年无销售"),
        "sales": _("本年有销售"),
        "never_started": _("成立不满一年且无销售"),
        "idle_payroll": _("销售额不足以支付所申报的工资"),
        "thin_pay": _("申报有人但几乎无工资"),
        "tax": _("本年有税款入库"),
        "workers": _("申报有职工"),
    }


def build_headcount_sentences(language: str) -> Mapping[str, pl.Expr]:
    """Return ``headcount_basis`` and ``headcount_conflict`` (null: nothing contradicts)."""
    _ = get_translator(language)
    basis = pl.concat_str(
        pl.format(_("个税申报{}人"), "basis_declared"),
        pl.format(_("工资总额约合{}人"), "basis_wages"),
        pl.format(_("销售额约合{}人"), "basis_turnover"),
        separator=_("，"),
        ignore_nulls=True,
    )
    nothing = pl.lit(_("没有可用的用工依据"))
    return {
        "headcount_basis": pl.when(basis != "").then(basis).otherwise(nothing),
        "headcount_conflict": _describe_conflict(language),
    }


def _describe_conflict(language: str) -> pl.Expr:
    _ = get_translator(language)
    heads, workers = pl.col("basis_declared"), pl.col("headcount").round(0).cast(pl.Int64)
    code = pl.col("conflict_code")
    return (
        pl.when(code == "unpaid")
        .then(pl.format(_("申报{}人，但全年工资为0"), heads))
        .when(code == "thin_pay")
        .then(
            pl.format(
                _("申报{}人，但人均年工资仅{}元，估计在岗约{}人，疑有挂名"),
                heads,
                pl.col("conflict_pay"),
                workers,
            )
        )
        .when(code == "low_sales")
        .then(pl.format(_("申报{}人，但销售额只相当于约{}人"), heads, workers))
        .when(code == "undeclared")
        .then(pl.format(_("只申报{}人，但经营规模相当于约{}人，疑未全员申报"), heads, workers))
    )
