"""Why a firm is to be visited and what it can be offered, in sentences for officials."""

from collections.abc import Mapping

import polars as pl

from gapmatch.i18n import get_translator
from gapmatch.settings.ranking import PolicyRisk, PolicyRule


def build_reason_sentence(language: str) -> pl.Expr:
    """Return ``reason``: the parts in ``reason_codes``, then the reason for the status."""
    _ = get_translator(language)
    codes = pl.col("reason_codes").str.split(",")
    texts = _describe_reasons(language)
    pieces = [_select_text(codes.list.get(place, null_on_oob=True), texts) for place in range(2)]
    return pl.concat_str(*pieces, "status_reason", separator=_("，"), ignore_nulls=True)


def _select_text(code: pl.Expr, texts: Mapping[str, pl.Expr]) -> pl.Expr:
    return pl.coalesce(pl.when(code == name).then(text) for name, text in texts.items())


def _describe_reasons(language: str) -> Mapping[str, pl.Expr]:
    _ = get_translator(language)
    estimate = pl.col("headcount").round(0).clip(lower_bound=1).cast(pl.Int64)
    percent = (100 * pl.col("probability_operates")).round(0).cast(pl.Int64)
    return {
        "conflict": pl.col("headcount_conflict"),
        "declared": pl.format(_("个税申报{}人"), "basis_declared"),
        "estimated": pl.format(_("估计用工约{}人（{}）"), estimate, "headcount_basis"),
        "regular_filing": pl.lit(_("连续12个月正常申报")),
        "zero_filing": pl.format(_("近12个月零申报{}个月"), "zero_months"),
        "operates": pl.format(_("在经营的可能性{}%"), percent),
        "refused": pl.lit(_("以往走访拒不参保")),
        "has_account": pl.lit(_("已有参保账户，补办即可")),
    }


def build_policy_sentences(
    targets: pl.DataFrame, rules: Mapping[str, PolicyRule], language: str
) -> pl.Expr:
    """Return ``policies`` over ``policy_ids``; the text as it is if a rule is no longer known."""
    separator = get_translator(language)("；")
    texts = {}
    for ids in targets["policy_ids"].drop_nulls().unique().sort().to_list():
        names = ids.split(",")
        if all(name in rules for name in names):
            texts[ids] = separator.join(_describe_offer(rules[name], language) for name in names)
    return pl.coalesce(
        pl.col("policy_ids").replace_strict(texts, default=None, return_dtype=pl.String),
        "policies",
    ).alias("policies")


def build_risk_sentences(
    targets: pl.DataFrame, risks: Mapping[str, PolicyRisk], language: str
) -> pl.Expr:
    """Return ``risks`` over ``risk_ids``; the text as it is if a risk is no longer known."""
    separator = get_translator(language)("；")
    texts = {}
    for ids in targets["risk_ids"].drop_nulls().unique().sort().to_list():
        names = ids.split(",")
        if all(name in risks for name in names):
            texts[ids] = separator.join(describe_risk(risks[name], language) for name in names)
    return pl.coalesce(
        pl.col("risk_ids").replace_strict(texts, default=None, return_dtype=pl.String), "risks"
    ).alias("risks")


def describe_risk(risk: PolicyRisk, language: str) -> str:
    """Return a risk with its title, its wording and its source, marked if it was not verified."""
    _ = get_translator(language)
    return _("{title}{mark}：{text}（{source}）").format(
        title=risk.choose_title(language),
        mark="" if risk.verified else _("（未核对原文）"),
        text=risk.choose_text(language),
        source=risk.choose_source(language),
    )


def _describe_offer(rule: PolicyRule, language: str) -> str:
    _ = get_translator(language)
    return _("{title}{mark}：{text}（至{until}）").format(
        title=rule.choose_title(language),
        mark="" if rule.verified else _("（未核对原文）"),
        text=rule.choose_text(language),
        until=rule.valid_until.isoformat(),
    )
