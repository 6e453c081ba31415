"""The sentences of a quarter's results, made from their codes and numbers in any language.

Stored quarters hold codes and numbers next to the sentences of their run, so that a firm can be
explained in another language with the same content. Quarters of earlier versions hold sentences
alone: these stay as they are.
"""

from collections.abc import Mapping

import polars as pl

from gapmatch.i18n import _, use_language
from gapmatch.schemas import LINES
from gapmatch.settings.load import Settings
from gapmatch.settings.ranking import PolicyRisk, PolicyRule
from gapmatch.vocabulary.labels import list_labels

_FOR_REASONS = (
    *("status_reason", "headcount_basis", "headcount_conflict", "basis_declared"),
    *("headcount", "zero_months", "probability_operates"),
)

_LATER = ("overdue", "unclear", "other_place")
"""Facts of reasons that quarters of earlier versions do not have."""


def add_sentences(
    frames: Mapping[str, pl.DataFrame], settings: Settings, language: str
) -> dict[str, pl.DataFrame]:
    """Return ``frames`` with sentences in ``language``; without their codes, as they are."""
    gaps, targets = frames["gaps"], frames["targets"]
    with use_language(language):
        if "evidence_codes" in gaps.columns:
            gaps = _add_to_gaps(gaps, frames["firms"], settings)
        if "reason_codes" in targets.columns:
            targets = _add_to_targets(targets, gaps, settings)
    return {**frames, "gaps": gaps, "targets": targets}


def _add_to_gaps(gaps: pl.DataFrame, firms: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    # Two steps: the reasons of a status quote the evidence.
    evidence = gaps.with_columns(build_evidence_sentences(gaps), **build_headcount_sentences())
    branches = firms.select("firm", is_branch=pl.col("branch").fill_null("") != "")
    marked = evidence.join(branches, on="firm", how="left", maintain_order="left").with_columns(
        pl.lit(None, pl.String).alias(c) for c in _LATER if c not in gaps.columns
    )
    return marked.with_columns(**build_status_sentences(settings.tax_list)).drop("is_branch")


def _add_to_targets(targets: pl.DataFrame, gaps: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    facts = gaps.select("firm", *_FOR_REASONS)
    joined = targets.select("firm", "reason_codes").join(
        facts, on="firm", how="left", maintain_order="left"
    )
    reasons = joined.select(build_reason_sentence().alias("reason")).to_series()
    policies = build_policy_sentences(targets, settings.policies.rules)
    worded = targets.with_columns(reasons, policies)
    if "risk_ids" not in targets.columns:
        return worded
    if "risks" not in targets.columns:
        worded = worded.with_columns(risks=pl.lit(None, pl.String))
    return worded.with_columns(build_risk_sentences(targets, settings.policies.risks))


def build_evidence_sentences(gaps: pl.DataFrame) -> pl.Series:
    """Return ``operates_evidence`` of each row, from ``evidence_codes`` and ``zero_months``."""
    # Few firms differ in these two: each combination is worded once.
    keys = gaps.select("evidence_codes", "zero_months")
    distinct = keys.unique(maintain_order=True)
    texts = [_describe_evidence(codes, months) for codes, months in distinct.rows()]
    worded = distinct.with_columns(pl.Series("text", texts, pl.String))
    joined = keys.join(worded, on=keys.columns, how="left", nulls_equal=True, maintain_order="left")
    return joined["text"].alias("operates_evidence")


def _describe_evidence(codes: str | None, zero_months: int | None) -> str | None:
    if codes is None:
        return None
    pieces = [_("连续12个月正常申报")] if zero_months == 0 else []
    names = _list_evidence_names(zero_months or 0)
    pieces += [names[code] for code in codes.split(",") if code]
    return _("，").join(pieces) or _("没有可用的经营依据")


def _list_evidence_names(zero_months: int) -> Mapping[str, str]:
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


def build_headcount_sentences() -> Mapping[str, pl.Expr]:
    """Return ``headcount_basis`` and ``headcount_conflict`` (null: nothing contradicts)."""
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
        "headcount_conflict": _describe_conflict(),
    }


def _describe_conflict() -> pl.Expr:
    heads, workers = pl.col("basis_declared"), pl.col("headcount").round(0).cast(pl.Int64)
    thin_pay = _("申报{}人，但人均年工资仅{}元，估计在岗约{}人，疑有挂名")
    texts = {
        "unpaid": pl.format(_("申报{}人，但全年工资为0"), heads),
        "thin_pay": pl.format(thin_pay, heads, pl.col("conflict_pay"), workers),
        "low_sales": pl.format(_("申报{}人，但销售额只相当于约{}人"), heads, workers),
        "undeclared": pl.format(
            _("只申报{}人，但经营规模相当于约{}人，疑未全员申报"), heads, workers
        ),
    }
    return _select_text(pl.col("conflict_code"), texts)


def build_status_sentences(tax_list: str) -> Mapping[str, pl.Expr]:
    """Return ``status_reason`` and ``lines_missing`` over what ``decide_statuses`` returns.

    ``tax_list``: what the list is for, as in the settings. The sentences of the evidence
    (``operates_evidence``, ``headcount_conflict``) are there already.
    """
    # An estimate is never certain: it reads 99.9 %, not 100.0 %.
    percent = (100 * pl.col("probability_uninsured")).round(1).clip(upper_bound=99.9)
    rounded = (100 * pl.col("probability_operates")).round(0).cast(pl.Int64)
    operates = pl.when(rounded < 1).then(pl.lit(_("不到1"))).otherwise(rounded.cast(pl.String))
    texts = {
        "public_body": pl.lit(_("机关、事业单位、社会组织等，不在本次范围")),
        "public_name": pl.lit(
            _("没有信用代码；从名称看是机关、事业单位，不在本次范围，如是企业请核实")
        ),
        "perhaps_public": pl.lit(
            _("没有信用代码；从名称看可能是公办的学校、医院等，请先核实单位性质")
        ),
        "ended_tax": pl.format(_("税务状态为{}"), _translate_meanings("ended_tax")),
        "ended_registry": pl.format(
            _("市场主体登记状态为{}"), _translate_meanings("ended_registry")
        ),
        "visit_out_of_scope": pl.lit(_("以往走访已认定不在范围")),
        "visit_covered": pl.lit(_("以往走访认定由总公司或派遣单位参保")),
        "overdue": pl.format(
            _("最后缴费月份是{}-{}，以后没有缴费（状态未标停缴，请核实）"),
            pl.col("overdue").str.slice(0, 4),
            pl.col("overdue").str.slice(4),
        ),
        "lapsed": pl.lit(_("曾参保，现无人参保或已停止缴费")),
        "parent_lapsed": pl.format(
            _("总公司“{}”现已停止缴费"), pl.col("parent_name").fill_null("")
        ),
        "lines_missing": pl.coalesce(
            pl.format(_("已参保{}人，缺{}"), "insured_count", _list_missing_lines()),
            pl.format(_("已参保，缺{}"), _list_missing_lines()),
        ),
        "under_enrolled": pl.concat_str(
            pl.format(
                _("个税申报{}人，参保{}人："),
                pl.col("declared_headcount"),
                pl.col("insured_count").fill_null(0),
            ),
            _describe_short_lines(),
            pl.when(pl.col("headcount_conflict").is_not_null()).then(
                pl.format(_("（{}）"), "headcount_conflict")
            ),
            ignore_nulls=True,
        ),
        "insured": pl.when(pl.col("ended_registry").is_not_null())
        .then(
            pl.format(
                _("已参保缴费；但市场主体登记状态为{}，请核实"),
                _translate_meanings("ended_registry"),
            )
        )
        .when(pl.col("unclear").is_not_null())
        .then(pl.format(_("参保单位的状态“{}”看不懂，先按参保看待，请核实"), "unclear"))
        .otherwise(pl.lit(_("已参保缴费"))),
        "covered_by_parent": pl.format(
            _("总公司“{}”已参保（依据：{}），是否也为该户职工参保，请问总公司"),
            pl.col("parent_name").fill_null(""),
            pl.col("parent_basis").fill_null(""),
        ),
        "linked_before": pl.format(
            _(
                "上季度与这一参保单位相连，本季代码或名称对不上，待核定（只看本季，未参保的可能性{}%）"
            ),
            percent,
        ),
        "review": pl.format(_("有疑似的参保单位待核定，未参保的可能性{}%"), percent),
        "incomparable": pl.lit(
            _("没有代码，名称没有写、太笼统或写的是几户，无从与参保单位比对；请先查明是哪一户")
        ),
        "elsewhere": pl.format(
            _("名单写的是{}，参保单位是另一地区的，不在本次范围；请转当地核查"), "other_place"
        ),
        "registered_elsewhere": pl.format(
            _(
                "这一行的代码、名称或写明的地方是{}的，参保单位是另一地区的；是否在本地用工，请先核实"
            ),
            "other_place",
        ),
        "sole_trader": pl.lit(_("无雇工的个体工商户，自愿参保")),
        "dormant": pl.format(_("{}，在经营的可能性只有{}%"), "operates_evidence", operates),
        "uninsured": _describe_uninsured(tax_list, percent),
    }
    reason = _select_text(pl.col("cause"), texts)
    missing = pl.when(pl.col("cause") == "lines_missing").then(_list_missing_lines())
    return {"status_reason": reason, "lines_missing": missing}


def _describe_uninsured(tax_list: str, percent: pl.Expr) -> pl.Expr:
    if tax_list == "verify":
        text = pl.format(_("参保名单中没有这一单位，未参保的可能性{}%"), percent)
    else:
        text = pl.format(_("未见参保记录，可能性{}%"), percent)
    # No list shows which head office insures the workers of its branches.
    ask = pl.when("is_branch").then(pl.lit(_("；分支机构，请先问是否由总公司参保")))
    return pl.concat_str(text, ask, ignore_nulls=True)


def _translate_meanings(column: str) -> pl.Expr:
    return pl.col(column).replace(list_labels("status_word")).fill_null("")


def _list_missing_lines() -> pl.Expr:
    text = pl.col("missing")
    for line, name in list_labels("line").items():
        text = text.str.replace_all(line, name, literal=True)
    return text.str.replace_all(",", _("、"), literal=True).fill_null("")


def _describe_short_lines() -> pl.Expr:
    pieces = [
        pl.when(pl.col(f"short_{line}") > 0).then(
            pl.format(_("{}少{}人"), pl.lit(name), pl.col(f"short_{line}"))
        )
        for line, name in list_labels("line").items()
    ]
    in_all = pl.format(_("少{}人"), pl.col("shortage"))
    by_line = pl.concat_str(*pieces, separator=_("，"), ignore_nulls=True)
    known = pl.any_horizontal(pl.col(f"short_{line}").is_not_null() for line in LINES)
    return pl.when(known).then(by_line).otherwise(in_all)


def build_reason_sentence() -> pl.Expr:
    """Return ``reason``: the parts in ``reason_codes``, then the reason for the status."""
    codes = pl.col("reason_codes").str.split(",")
    texts = _describe_reasons()
    pieces = [_select_text(codes.list.get(place, null_on_oob=True), texts) for place in range(2)]
    return pl.concat_str(*pieces, "status_reason", separator=_("，"), ignore_nulls=True)


def _select_text(code: pl.Expr, texts: Mapping[str, pl.Expr]) -> pl.Expr:
    return pl.coalesce(pl.when(code == name).then(text) for name, text in texts.items())


def _describe_reasons() -> Mapping[str, pl.Expr]:
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


def build_policy_sentences(targets: pl.DataFrame, rules: Mapping[str, PolicyRule]) -> pl.Expr:
    """Return ``policies`` over ``policy_ids``; the text as it is if a rule is no longer known."""
    separator = _("；")
    texts = {}
    for ids in targets["policy_ids"].drop_nulls().unique().sort().to_list():
        names = ids.split(",")
        if all(name in rules for name in names):
            texts[ids] = separator.join(_describe_offer(rules[name]) for name in names)
    return pl.coalesce(
        pl.col("policy_ids").replace_strict(texts, default=None, return_dtype=pl.String), "policies"
    ).alias("policies")


def build_risk_sentences(targets: pl.DataFrame, risks: Mapping[str, PolicyRisk]) -> pl.Expr:
    """Return ``risks`` over ``risk_ids``; the text as it is if a risk is no longer known."""
    separator = _("；")
    texts = {}
    for ids in targets["risk_ids"].drop_nulls().unique().sort().to_list():
        names = ids.split(",")
        if all(name in risks for name in names):
            texts[ids] = separator.join(describe_risk(risks[name]) for name in names)
    return pl.coalesce(
        pl.col("risk_ids").replace_strict(texts, default=None, return_dtype=pl.String), "risks"
    ).alias("risks")


def describe_risk(risk: PolicyRisk) -> str:
    """Return a risk with its title, its wording and its source, marked if it was not verified."""
    return _("{title}{mark}：{text}（{source}）").format(
        title=risk.choose("title"),
        mark="" if risk.verified else _("（未核对原文）"),
        text=risk.choose("text"),
        source=risk.choose("source"),
    )


def _describe_offer(rule: PolicyRule) -> str:
    return _("{title}{mark}：{text}（至{until}）").format(
        title=rule.choose("title"),
        mark="" if rule.verified else _("（未核对原文）"),
        text=rule.choose("text"),
        until=rule.valid_until.isoformat(),
    )
