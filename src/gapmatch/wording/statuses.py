"""Why a firm has its status, in a sentence for officials."""

from collections.abc import Mapping

import polars as pl

from gapmatch.i18n import get_translator
from gapmatch.vocabulary.insurance_lines import LINES


def list_line_names(language: str) -> dict[str, str]:
    """Return the insurance lines' names."""
    _ = get_translator(language)
    return {"pension": _("养老"), "unemployment": _("失业"), "injury": _("工伤")}


def list_meaning_names(language: str) -> dict[str, str]:
    """Return the names of what a status word can mean."""
    _ = get_translator(language)
    return {
        "revoked": _("吊销"),
        "abnormal": _("非正常户"),
        "moved": _("迁出"),
        "deregistered": _("注销"),
        "liquidation": _("清算"),
        "suspended": _("停业"),
        "normal": _("正常"),
    }


def build_status_sentences(tax_list: str, language: str) -> Mapping[str, pl.Expr]:
    """Return ``status_reason`` and ``lines_missing`` over what ``decide_statuses`` returns.

    ``tax_list``: what the list is for, as in the settings. The sentences of the evidence
    (``operates_evidence``, ``headcount_conflict``) are there already.
    """
    _ = get_translator(language)
    # An estimate is never certain: it reads 99.9 %, not 100.0 %.
    percent = (100 * pl.col("probability_uninsured")).round(1).clip(upper_bound=99.9)
    rounded = (100 * pl.col("probability_operates")).round(0).cast(pl.Int64)
    operates = pl.when(rounded < 1).then(pl.lit(_("不到1"))).otherwise(rounded.cast(pl.String))
    texts = {
        "public_body": pl.lit(_("机关、事业单位、社会组织等，不在本次范围")),
        "ended_tax": pl.format(_("税务状态为{}"), _translate_meanings("ended_tax", language)),
        "ended_registry": pl.format(
            _("市场主体登记状态为{}"), _translate_meanings("ended_registry", language)
        ),
        "visit_out_of_scope": pl.lit(_("以往走访已认定不在范围")),
        "visit_covered": pl.lit(_("以往走访认定由总公司或派遣单位参保")),
        "lapsed": pl.lit(_("曾参保，现无人参保或已停止缴费")),
        "parent_lapsed": pl.format(
            _("总公司“{}”现已停止缴费"), pl.col("parent_name").fill_null("")
        ),
        "lines_missing": pl.format(_("已参保，缺{}"), _list_missing_lines(language)),
        "under_enrolled": pl.concat_str(
            pl.format(
                _("个税申报{}人，参保{}人："),
                pl.col("declared_headcount"),
                pl.col("insured_count").fill_null(0),
            ),
            _describe_short_lines(language),
            pl.when(pl.col("headcount_conflict").is_not_null()).then(
                pl.format(_("（{}）"), "headcount_conflict")
            ),
            ignore_nulls=True,
        ),
        "insured": pl.when(pl.col("ended_registry").is_not_null())
        .then(
            pl.format(
                _("已参保缴费；但市场主体登记状态为{}，请核实"),
                _translate_meanings("ended_registry", language),
            )
        )
        .otherwise(pl.lit(_("已参保缴费"))),
        "covered_by_parent": pl.format(
            _("总公司“{}”已参保（依据：{}）"),
            pl.col("parent_name").fill_null(""),
            pl.col("parent_basis").fill_null(""),
        ),
        "review": pl.format(_("有疑似的参保单位待核定，未参保的可能性{}%"), percent),
        "sole_trader": pl.lit(_("无雇工的个体工商户，自愿参保")),
        "dormant": pl.format(_("{}，在经营的可能性只有{}%"), "operates_evidence", operates),
        "uninsured": _describe_uninsured(tax_list, percent, language),
    }
    reason = pl.lit(None, pl.String)
    for cause, text in texts.items():
        reason = pl.when(pl.col("cause") == cause).then(text).otherwise(reason)
    missing = pl.when(pl.col("cause") == "lines_missing").then(_list_missing_lines(language))
    return {"status_reason": reason, "lines_missing": missing}


def _describe_uninsured(tax_list: str, percent: pl.Expr, language: str) -> pl.Expr:
    _ = get_translator(language)
    if tax_list == "verify":
        return pl.format(_("参保名单中没有这一单位，未参保的可能性{}%"), percent)
    return pl.format(_("未见参保记录，可能性{}%"), percent)


def _translate_meanings(column: str, language: str) -> pl.Expr:
    return pl.col(column).replace(list_meaning_names(language)).fill_null("")


def _list_missing_lines(language: str) -> pl.Expr:
    _ = get_translator(language)
    text = pl.col("missing")
    for line, name in list_line_names(language).items():
        text = text.str.replace_all(line, name, literal=True)
    return text.str.replace_all(",", _("、"), literal=True).fill_null("")


def _describe_short_lines(language: str) -> pl.Expr:
    _ = get_translator(language)
    pieces = [
        pl.when(pl.col(f"short_{line}") > 0).then(
            pl.format(_("{}少{}人"), pl.lit(name), pl.col(f"short_{line}"))
        )
        for line, name in list_line_names(language).items()
    ]
    in_all = pl.format(_("少{}人"), pl.col("shortage"))
    by_line = pl.concat_str(*pieces, separator=_("，"), ignore_nulls=True)
    known = pl.any_horizontal(pl.col(f"short_{line}").is_not_null() for line in LINES)
    return pl.when(known).then(by_line).otherwise(in_all)
