"""The notes of the stages (``RunNote``) in sentences for officials."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from gapmatch.i18n import get_translator
from gapmatch.vocabulary.run_notes import RunNote


def describe_notes(notes: Iterable[RunNote], language: str) -> list[str]:
    """Return one sentence per note, in ``language``."""
    sentences = _list_sentences(language)
    return [sentences[note.code].format(**_format_facts(note.facts, language)) for note in notes]


def _list_sentences(language: str) -> Mapping[str, str]:
    _ = get_translator(language)
    return {
        "no_declared_headcount": _(
            "排序未使用个税申报人数：本次税务清册没有该列，人数按工资、销售和税款估计"
        ),
        "no_declared_wages": _("排序未使用工资总额：本次税务清册没有该列，挂名人员难以识别"),
        "no_sales": _("排序未使用销售额：本次税务清册没有该列，以税款代替经营规模"),
        "no_tax_paid": _("排序未使用入库税额：本次税务清册没有该列"),
        "no_zero_filing_months": _(
            "是否经营未参考零申报月数：本次税务清册没有该列，停业户可能漏判"
        ),
        "no_open_date": _("是否经营未参考成立日期：本次税务清册和市场主体登记都没有该列"),
        "no_industry": _("人数估计未区分行业：本次税务清册没有行业列"),
        "no_insured_lines": _("未判断险种缺失：本次参保单位没有分险种参保人数"),
        "no_insured_persons": _("未判断险种缺失和少报人数：本次参保单位没有参保人数"),
        "no_codes": _("比对未使用信用代码：{side}没有可用的代码列，同名企业较难区分"),
        "no_persons": _("比对未使用法定代表人：{side}没有该列"),
        "no_phones": _("比对未使用电话：{side}没有该列"),
        "no_counties": _("比对未使用区县：{side}没有可识别的区县"),
        "new_registrations": _(
            "市场主体登记中有 {count} 家近一年新开办的企业，税务清册和参保单位中都没有"
        ),
        "common_keys": _("以下值为太多企业共有，未据此配对，仅凭其他信息比对：{keys}"),
    }


def _format_facts(facts: Mapping[str, Any], language: str) -> dict[str, str]:
    _ = get_translator(language)
    sides = {"tax": _("税务清册"), "enrollment": _("参保单位")}
    words: Mapping[str, Callable[[Any], str]] = {
        "side": sides.__getitem__,
        "count": "{:,}".format,
        "keys": lambda keys: _list_keys(keys, language),
    }
    return {name: words[name](value) for name, value in facts.items()}


def _list_keys(keys: Sequence[Mapping[str, Any]], language: str) -> str:
    _ = get_translator(language)
    return _("、").join(_("{key}（{firms} 户、{units} 个单位）").format(**key) for key in keys)
