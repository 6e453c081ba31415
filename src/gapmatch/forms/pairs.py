"""Pairs to be settled by a person: firm and unit side by side, and what agrees and differs."""

import polars as pl

from gapmatch.forms.keys import build_firm_key, build_pair_key, build_unit_key
from gapmatch.i18n import _
from gapmatch.results.run_results import PublishInput
from gapmatch.results.tables import fill_county, select_filled
from gapmatch.schemas import INSURED_COLUMNS

_FIRM = (
    "code_text",
    "taxpayer_code",
    "credit_code",
    "org_code",
    "organisation",
    "name",
    "clean_name",
    "standard_name",
    "trade_name",
    "trade_industry",
    "legal_form",
    "branch",
    "region_code",
    "division",
    "address",
    "address_text",
    "legal_rep",
    "phone",
    "phone_digits",
)
_UNIT = (
    *_FIRM,
    "unit_id",
    "insured_total",
    "pension_insured",
    "unemployment_insured",
    "injury_insured",
)


def compare_review_pairs(results: PublishInput) -> pl.DataFrame:
    """Return pairs in review to compare by county, a firm's together, the likeliest first."""
    in_review = results.links.filter(pl.col("decision") == "review")
    pairs = (
        compare_pairs(results, in_review)
        .with_columns(build_firm_key("tax_"), build_unit_key("enrollment_"))
        .with_columns(
            build_pair_key("tax_key", "enrollment_key"), _count_insured().alias("insured")
        )
    )
    best = pl.col("probability").max().over("firm").alias("best")
    return pairs.with_columns(best, _format_evidence(results).alias("evidence")).sort(
        *("county", "best", "tax_key", "firm", "probability", "key", "unit"),
        descending=[False, True, False, False, True, False, False],
    )


def compare_pairs(results: PublishInput, pairs: pl.DataFrame) -> pl.DataFrame:
    """Return ``pairs`` (firm, unit, …) with columns of both sides, ``agrees`` and ``differs``."""
    firms = results.firms.select("firm", fill_county().alias("county"), "town", *_FIRM)
    firms = firms.rename({c: f"tax_{c}" for c in _FIRM})
    units = results.units.select("unit", *_UNIT).rename({c: f"enrollment_{c}" for c in _UNIT})
    joined = pairs.join(firms, on="firm").join(units, on="unit")
    return joined.with_columns(
        _join_labels(agree=True).alias("agrees"), _join_labels(agree=False).alias("differs")
    )


def drop_implied(column: str) -> pl.Expr:
    """Return agreements without implied ones: an equal full name implies all its parts."""
    parts = (_("字号"), _("行业用语"), _("公司形式"), _("分支部分"), _("名称中的地区"))
    implied = {_("代码"): (_("组织机构代码"),), _("全称"): parts}
    text = pl.col(column)
    for word, others in implied.items():
        shorter = text
        for other in others:
            shorter = shorter.str.replace(_("、") + other, "", literal=True)
        has_word = text.str.split(_("、")).list.contains(word)
        text = pl.when(has_word).then(shorter).otherwise(text)
    return text.alias(column)


def _count_insured() -> pl.Expr:
    """Persons insured in the unit's best line."""
    counts = (*INSURED_COLUMNS, "insured_total")
    return pl.max_horizontal(*(f"enrollment_{count}" for count in counts))


def _list_comparisons() -> dict[str, tuple[str, ...]]:
    """Return what is compared, in words, with the columns of which the first filled one counts."""
    return {
        _("代码"): ("code_text",),
        _("组织机构代码"): ("organisation",),
        _("全称"): ("standard_name", "clean_name"),
        _("字号"): ("trade_name",),
        _("行业用语"): ("trade_industry",),
        _("公司形式"): ("legal_form",),
        _("分支部分"): ("branch",),
        _("名称中的地区"): ("region_code",),
        _("所在县区"): ("division",),
        _("负责人"): ("legal_rep",),
        _("电话"): ("phone_digits", "phone"),
        _("地址"): ("address_text", "address"),
    }


def _join_labels(*, agree: bool) -> pl.Expr:
    """Join the words of what agrees (or differs); what one side lacks is neither."""
    words = [
        pl.when(_match_columns(columns) if agree else ~_match_columns(columns)).then(pl.lit(word))
        for word, columns in _list_comparisons().items()
    ]
    return pl.concat_str(*words, separator=_("、"), ignore_nulls=True)


def _match_columns(columns: tuple[str, ...]) -> pl.Expr:
    ours = pl.coalesce(*(select_filled(f"tax_{column}") for column in columns))
    theirs = pl.coalesce(*(select_filled(f"enrollment_{column}") for column in columns))
    return ours == theirs


def _format_evidence(results: PublishInput) -> pl.Expr:
    """Return the parts of the match weight as text, ``名称 +9.1；代码 −3.0``, without zeros."""
    parts = [c for c in results.links.columns if c.startswith("part_") and c not in _SAME_FOR_ALL]
    words = [
        pl.when(pl.col(part).round(1) != 0).then(
            pl.format("{} {}", pl.lit(_get_part_label(results, part)), _format_signed(part))
        )
        for part in parts
    ]
    return pl.concat_str(*words, separator=_("；"), ignore_nulls=True) if words else pl.lit("")


_SAME_FOR_ALL = frozenset({"part_prior"})
"""The part for how rare links are, which is no evidence on this pair."""


def _get_part_label(results: PublishInput, column: str) -> str:
    name = column.removeprefix("part_")
    return results.part_labels.get(name, name)


def _format_signed(part: str) -> pl.Expr:
    size = pl.col(part).abs().round(1).cast(pl.String)
    return pl.when(pl.col(part) > 0).then("+" + size).otherwise("−" + size)
