"""Notes of the stages and findings of the gate, in sentences for officials."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from gapmatch.i18n import N_, get_translator
from gapmatch.resources import get_words, read_csv_rows
from gapmatch.vocabulary.notes import Note


def describe_notes(notes: Iterable[Note], language: str) -> list[str]:
    """Return one sentence per note, in ``language``."""
    return [
        _get_sentence("note", note.code, language).format(**_format_facts(note.facts, language))
        for note in notes
    ]


def _get_sentence(kind: str, code: str, language: str) -> str:
    return get_words(_load_sentences()[kind, code], "sentence", language)


@cache
def _load_sentences() -> dict[tuple[str, str], dict[str, str]]:
    return {(row["list"], row["code"]): row for row in read_csv_rows("sentences.csv")}


def list_findings() -> dict[str, dict[str, str]]:
    """Return code of each finding that the gate may have to its line of ``sentences.csv``."""
    return {code: row for (kind, code), row in _load_sentences().items() if kind == "finding"}


def _format_facts(facts: Mapping[str, Any], language: str) -> dict[str, str]:
    _ = get_translator(language)
    sides = {"tax": _("税务清册"), "enrollment": _("参保单位")}
    words: Mapping[str, Callable[[Any], str]] = {
        "side": sides.__getitem__,
        "count": "{:,}".format,
        "texts": lambda texts: _("、").join(_("“{}”").format(text) for text in texts),
        "total": "{:,}".format,
        "needed": "{:,}".format,
        **dict.fromkeys(("expected", "low", "high"), "{:,.0f}".format),
        "keys": lambda keys: _list_keys(keys, language),
    }
    shown = {name: words[name](value) for name, value in facts.items()}
    return {**shown, "estimate": _describe_estimate(facts, language) if "expected" in facts else ""}


def _describe_estimate(facts: Mapping[str, Any], language: str) -> str:
    """Return an expected number of firms and its bounds as one says it: no "0 (0 to 1)"."""
    _ = get_translator(language)
    expected, low, high = (round(facts[name]) for name in ("expected", "low", "high"))
    if high == 0:
        return _("估计不到 1 户")
    if expected == 0:
        return _("估计不到 1 户，最多 {high:,} 户").format(high=high)
    if low == high:
        return _("估计 {expected:,} 户").format(expected=expected)
    if low == 0:
        return _("估计 {expected:,} 户，最多 {high:,} 户").format(expected=expected, high=high)
    return _("估计 {expected:,} 户，少则 {low:,} 户，多则 {high:,} 户").format(
        expected=expected, low=low, high=high
    )


def _list_keys(keys: Sequence[Mapping[str, Any]], language: str) -> str:
    _ = get_translator(language)
    return _("、").join(_("{key}（{firms} 户、{units} 个单位）").format(**key) for key in keys)


_ORDERS = {"name": N_("名称"), "code": N_("代码"), "open_date": N_("成立日期")}
_ENDS = {"last": N_("最后"), "first": N_("最前"), "middle": N_("中间")}
_COLUMNS = {
    "insured_total": N_("参保人数"),
    "pension_insured": N_("养老保险参保人数"),
    "unemployment_insured": N_("失业保险参保人数"),
    "injury_insured": N_("工伤保险参保人数"),
    "declared_headcount": N_("申报用工人数"),
    "declared_wages": N_("申报工资"),
    "sales": N_("销售收入"),
    "tax_paid": N_("已缴税款"),
}
_WHATS = {
    "valid_codes": N_("代码校验正确"),
    "names": N_("有名称"),
    "counties": N_("能定县区"),
    "declared_headcount": N_("有申报用工人数"),
    "declared_wages": N_("有申报工资"),
    "sales": N_("有销售收入"),
    "unit_id": N_("有单位编号"),
    "insured_persons": N_("有参保人数"),
}
_SIDES = {"tax": N_("税务清册"), "enrollment": N_("参保单位清册"), "registry": N_("市场主体登记")}
_LISTS = {"discover": N_("找缺口"), "verify": N_("核查上级名单")}
_WORDS = {
    "held_list": _LISTS,
    "given_list": _LISTS,
    "side": _SIDES,
    "order": _ORDERS,
    "end": _ENDS,
    "column": _COLUMNS,
    "what": _WHATS,
}
_MAX_LISTED = 8


def describe_finding(code: str, values: Mapping[str, Any], language: str) -> str:
    """Return the sentence of a finding in ``language`` (``zh`` or ``en``)."""
    shown = {name: _show(name, value, language) for name, value in values.items()}
    return _get_sentence("finding", code, language).format(**shown)


def _show(name: str, value: Any, language: str) -> Any:  # noqa: ANN401
    if name in _WORDS:
        return get_translator(language)(_WORDS[name][value])
    if isinstance(value, Sequence) and not isinstance(value, str):
        names = get_translator(language)("、").join(value[:_MAX_LISTED])
        more = "…" if len(value) > _MAX_LISTED else ""
        return names + more
    return value
