"""The gate's findings as sentences for officials."""

from collections.abc import Mapping, Sequence
from typing import Any

from gapmatch.i18n import N_, translator

_SENTENCES = {
    "few_large_matched": N_(
        "申报用工 {workers} 人以上的企业有 {firms} 户，只有 {matched} 户能在参保单位中找到；"
        "参保单位清册可能只是一部分"
    ),
    "few_units": N_(
        "税务清册 {firms} 户，参保单位只有 {units} 个，找到的企业 {matched} 户；"
        '参保单位清册可能只是一部分（若是上级下发的未参保名单，请设置 tax_list = "verify"）'
    ),
    "counties_without_units": N_(
        "{counties} 共 {firms} 户企业，没有一户能在参保单位中找到；参保单位清册可能缺这些县区"
    ),
    "drop_of_firms": N_("税务清册比 {quarter} 少得多：{before:,} → {now:,} 户"),
    "drop_of_units": N_("参保单位比 {quarter} 少得多：{before:,} → {now:,} 个"),
    "drop_of_insured_persons": N_("参保人数比 {quarter} 少得多：{before:,} → {now:,} 人"),
    "drop_of_matched_share": N_(
        "能在参保单位中找到的企业比 {quarter} 少得多：{before:.1%} → {now:.1%}"
    ),
    "county_gone": N_("{side}中 {quarter} 有、本季一户也没有的县区：{counties}"),
    "county_fell": N_("{side}中比 {quarter} 少了一半以上的县区：{counties}"),
    "headcount_changed_meaning": N_(
        "申报用工人数的中位数与 {quarter} 相差太大：{before:g} → {now:g}；这一列的含义可能变了"
    ),
    "review_budget_exhausted": N_(
        "另有 {pairs} 对存疑的配对因待核实名额（review_budget = {budget}）已满而按较可能的一边处理，"
        "预计其中误列 {false_gaps:.1f} 户、漏列 {missed_gaps:.1f} 户；提高名额可减少"
    ),
    "same_content": N_("{file} 与 {quarter} 用过的文件内容完全相同"),
    "older_quarter": N_("{quarter} 早于工作区中最近的季度 {newest}"),
}
_SIDES = {"tax": N_("税务清册"), "enrollment": N_("参保单位清册")}
_LISTED = 8


def describe_finding(code: str, values: Mapping[str, Any], language: str) -> str:
    """Return the sentence of a finding in ``language`` (``zh`` or ``en``)."""
    shown = {name: _show(name, value, language) for name, value in values.items()}
    return translator(language)(_SENTENCES[code]).format(**shown)


def _show(name: str, value: Any, language: str) -> Any:  # noqa: ANN401
    if name == "side":
        return translator(language)(_SIDES[value])
    if isinstance(value, Sequence) and not isinstance(value, str):
        names = translator(language)("、").join(value[:_LISTED])
        more = "…" if len(value) > _LISTED else ""
        return names + more
    return value
