"""Notes of the stages and findings of the gate, in sentences for officials."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from gapmatch.i18n import N_, get_translator
from gapmatch.vocabulary.notes import Note


def describe_notes(notes: Iterable[Note], language: str) -> list[str]:
    """Return one sentence per note, in ``language``."""
    sentences = _list_sentences(language)
    return [sentences[note.code].format(**_format_facts(note.facts, language)) for note in notes]


def _list_sentences(language: str) -> Mapping[str, str]:
    _ = get_translator(language)
    return {
        "no_declared_headcount": _(
            "排序未使用个税申报人数：本次税务清册没有该列，人数按其他资料估计"
        ),
        "no_declared_wages": _("排序未使用工资总额：本次税务清册没有该列，挂名人员难以识别"),
        "no_sales": _("排序未使用销售额：本次税务清册没有该列，以税款代替经营规模"),
        "no_amounts": _("排序未使用销售额和入库税额：本次税务清册没有这两列"),
        "no_tax_paid": _("排序未使用入库税额：本次税务清册没有该列"),
        "no_zero_filing_months": _(
            "是否经营未参考零申报月数：本次税务清册没有该列，停业户可能漏判"
        ),
        "no_open_date": _("是否经营未参考成立日期：本次税务清册和市场主体登记都没有该列"),
        "no_industry": _("人数估计未区分行业：本次税务清册没有行业列"),
        "no_insured_lines": _("未判断险种缺失：本次参保单位没有分险种参保人数"),
        "no_insured_persons": _("未判断险种缺失和少报人数：本次参保单位没有参保人数"),
        "unknown_firm_statuses": _(
            "有 {count} 户企业的税务或登记状态看不懂（{texts}），没有据此判断；"
            "请在 gapmatch.toml 的 [statuses.words] 中写明是什么意思"
        ),
        "unknown_unit_statuses": _(
            "参保单位有 {count} 个的状态看不懂（{texts}），仍按参保看待；"
            "请在 gapmatch.toml 的 [statuses.payment] 中写明是停保（stopped）还是在保（active）"
        ),
        "no_codes": _("比对未使用信用代码：{side}没有可用的代码列，同名企业较难区分"),
        "no_persons": _("比对未使用法定代表人：{side}没有该列"),
        "no_phones": _("比对未使用电话：{side}没有该列"),
        "inferred_counties": _(
            "{side}没有认出县区列：县区是按地址、名称和代码推定的；"
            "有县区列的，请在 gapmatch.toml 中指明"
        ),
        "no_counties": _("比对未使用区县：{side}没有可识别的区县"),
        "new_registrations": _(
            "市场主体登记中有 {count} 家近一年新开办的企业，税务清册和参保单位中都没有"
        ),
        "small_total": _(
            "[capacity] total 为 {total} 家，少于各县（市、区）最低家数之和 {needed} 家，"
            "有的县（市、区）排不满；请在 gapmatch.toml 里调高 total 或调低 minimum"
        ),
        "covered_branches": _(
            "疑似未参保的企业中有 {count} 户分支机构，估计其中 {expected} 户（{low} 至 {high} 户）"
            "由总公司参保：名单上看不出，请先问总公司"
        ),
        "uncovered_branches": _(
            "列为总公司参保的有 {count} 户分支机构，总公司确已参保，是否也为它们的职工参保，"
            "名单上看不出：估计其中 {expected} 户（{low} 至 {high} 户）没有，请问总公司"
        ),
        "lost_units": _(
            "参保单位清册若真的不全，误列估计还会多 {count} 户左右，已计入预计误列的上限"
        ),
        "common_keys": _("以下值为太多企业共有，未据此配对，仅凭其他信息比对：{keys}"),
    }


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
    return {name: words[name](value) for name, value in facts.items()}


def _list_keys(keys: Sequence[Mapping[str, Any]], language: str) -> str:
    _ = get_translator(language)
    return _("、").join(_("{key}（{firms} 户、{units} 个单位）").format(**key) for key in keys)


SENTENCES = {
    "few_large_matched": N_(
        "申报用工 {workers} 人以上的企业有 {firms} 户，只有 {matched} 户能在参保单位中找到；"
        "参保单位清册可能只是一部分"
    ),
    "few_units": N_(
        "税务清册 {firms} 户，参保单位只有 {units} 个，找到的企业 {matched} 户；"
        "参保单位清册可能只是一部分"
        '（若是上级下发的未参保名单，请按“核查上级名单”办：tax_list = "verify"）'
    ),
    "fewer_units_than_expected": N_(
        "税务清册 {firms} 户，参保单位只有 {units} 个，找到的企业 {matched} 户，比一般的地方少："
        "请核对参保单位清册是否导全；没有导全的，误列会比预计的多得多"
    ),
    "no_small_units": N_(
        "有参保人数的 {units} 个单位中，{persons} 人以下的只有 {small} 个；"
        "参保单位清册可能是按人数筛选过的，只有较大的单位"
    ),
    "forms_without_units": N_(
        "税务清册有{forms} {firms} 户，参保单位中这类名称只有 {units} 个；"
        "参保单位清册可能只含别类单位（当地这类单位本来不参保的，可不理会）"
    ),
    "lists_swapped": N_(
        "参保单位有 {units} 个，比税务清册的 {firms} 户还多，且其中 {matched} 户能找到参保单位；"
        "两份清册可能放反了"
    ),
    "units_listed_twice": N_(
        "参保单位清册（{file}）{rows} 行中有 {repeated} 行的单位已经列过，"
        "又没有月份或险种加以区分；可能是两个季度的清册合在一起了"
    ),
    "other_months_paid": N_(
        "参保单位清册中最近的缴费月份是 {month}，不属于 {quarter} 前后；可能给错了季度的清册"
    ),
    "units_in_arrears": N_(
        "参保单位中有 {units} 个（写明缴费月份、未停缴的共 {known} 个）最后缴费月份早于 {month}，"
        "状态却未标停缴；已按断缴计，不算已参保，请核实"
    ),
    "months_not_believed": N_(
        "参保单位中有 {units} 个（写明月份、未停缴的共 {known} 个）月份早于 {month}，"
        "占得太多，不像是最后缴费月份；未据此认定断缴，请核对该列"
    ),
    "list_older_than_last": N_(
        "{side}中最新的一批单位成立（参保）于 {now}，比 {quarter} 清册的 {before} 还早；"
        "可能是更早的清册"
    ),
    "counties_without_firms": N_(
        "{counties} 有参保单位 {units} 个，税务清册里却只有 {firms} 户企业；税务清册可能缺这些县区"
    ),
    "few_large_taxpayers_matched": N_(
        "销售、纳税或工资最多的 {firms} 户企业，只有 {matched} 户能在参保单位中找到；"
        "参保单位清册可能只是一部分"
    ),
    "counties_without_units": N_(
        "{counties} 共 {firms} 户企业，参保单位中只找到 {matched} 户；参保单位清册可能缺这些县区，"
        "真缺的话，误列会比预计的多得多"
    ),
    "missing_end": N_(
        "按{order}排序，{end} {firms} 户企业（以 {edge} 为界）只有 {matched} 户能在参保单位中找到，"
        "其余企业则多得多；参保单位清册可能没有导完"
    ),
    "no_new_units": N_(
        "参保单位中最新的一批参保于 {newest}，此后直到 {quarter} 没有新参保的；"
        "参保单位清册可能没有导完，或是更早的清册"
    ),
    "unanswered_enterprises": N_(
        "参保单位中的 {units} 户企业，税务清册里只找到 {matched} 户；税务清册可能只是一部分"
    ),
    "invalid_codes": N_("{side}中有代码的 {rows} 行，只有 {now:.0%} 的代码校验正确；请核对代码列"),
    "share_fell": N_("{side}中{what}的比 {quarter} 少得多：{before:.0%} → {now:.0%}"),
    "fewer_rows_than_declared": N_(
        "{file} 写明共 {expected:,} 行（户），实际只读到 {rows:,} 行；请核对是否被筛选或没有导完"
    ),
    "total_disagrees": N_(
        "{file} 第 {row} 行的合计与各行不符：“{header}”写的是 {stated:,.10g}，"
        "各行相加是 {found:,.10g}；请核对是否漏了行、多了行（如合计之下的行）或改过数"
    ),
    "total_of_rows_disagrees": N_(
        "{file} 第 {row} 行写明共 {stated:,.10g} 户（行），实际是 {found:,.10g} 行；"
        "请核对是否漏了行或多了行（如合计之下的行）"
    ),
    "numbers_missing": N_(
        "{side}的序号排到 {expected:,}（{file}），却只有 {rows:,} 行；"
        "请核对是否删行、筛选或没有导完"
    ),
    "sheet_full": N_("{file} 有一张工作表写满了 {rows} 行，装不下的数据可能在别处"),
    "rows_hidden": N_(
        "{file} 的 {rows:,} 行数据中有 {hidden:,} 行是隐藏的（筛选后没有取消，或手工隐藏），"
        "都已照常读入；不该计入的，请在原表中删去后重新运行"
    ),
    "rows_at_limit": N_("{file} 恰好有 {rows:,} 行数据，导出可能到此被截断；请核对"),
    "columns_missing": N_(
        "{side}的 {files} 没有其他文件都有的列：{columns}；请核对是否没有导全，或表头写法不同"
    ),
    "fields_behind_header": N_(
        "{file} 有 {rows:,} 行比表头多出内容，多出的没有读入；若是地址等内容里含有分隔符，"
        "它后面的各列（人数、金额）都错了位，请打开核对"
    ),
    "absurd_values": N_(
        "{file} 的“{header}”一列有 {count} 个数大得不合常理（首见第 {row} 行），已按“未填”处理；"
        "请核对单位，或是否填错了列"
    ),
    "columns_unread": N_(
        "{file} 的“{header}”一列大多读不懂（{count} 格），按“未填”处理；"
        "请核对内容的写法，或是否认错了列"
    ),
    "marks_not_believed": N_(
        "{file} 的“{header}”一列几乎各行都有，或多与状态列不符（{count} 行），没有采用；"
        "请核对谁已停保、注销，在状态列写明"
    ),
    "marks_contradict": N_(
        "{file} 的“{header}”一列说已停、状态列说正常的有 {count} 户，按已停处理；请核对"
    ),
    "marks_ignored": N_(
        "{file} 的“{header}”一列说已注销、状态列说正常的有 {count} 户，以状态列为准；请核对"
    ),
    "statuses_stated": N_(
        "{file} 有 {count} 户没有状态，"
        "按标题、工作表名、文件名或名称后面写着的“{status}”处理；请核对"
    ),
    "persons_do_not_fit": N_(
        "能对上的 {firms} 户企业，参保 {insured:,} 人，申报用工 {declared:,} 人，相差太大；"
        "两列中可能有一列含义不对"
    ),
    "rows_elsewhere": N_(
        "名单 {firms} 户中有 {elsewhere} 户的代码、名称或写明的地方是{places}的，"
        "参保单位却是另一地区的；请核对是不是给错了文件。这些户不算属实（不在范围或待定）"
    ),
    "verify_many_matched": N_(
        "名单声称未参保，{firms} 户中却有 {matched} 户能在参保单位中找到；"
        '请核对这是不是未参保名单（全部企业的清册请按“找缺口”办：tax_list = "discover"）'
    ),
    "drop_of_firms": N_("税务清册比 {quarter} 少得多：{before:,} → {now:,} 户"),
    "drop_of_units": N_("参保单位比 {quarter} 少得多：{before:,} → {now:,} 个"),
    "drop_of_insured_persons": N_("{column}比 {quarter} 少得多：{before:,} → {now:,} 人"),
    "drop_of_matched_share": N_(
        "能在参保单位中找到的企业比 {quarter} 少得多：{before:.1%} → {now:.1%}"
    ),
    "county_gone": N_("{side}中 {quarter} 有、本季几乎一户也没有的县区：{counties}"),
    "county_renamed": N_("{side}中比 {quarter} 改了名称的县区：{counties}"),
    "county_fell": N_("{side}中比 {quarter} 少了一半以上的县区：{counties}"),
    "headcount_changed_meaning": N_(
        "申报用工人数的中位数与 {quarter} 相差太大：{before:g} → {now:g}；这一列的含义可能变了"
    ),
    "amount_changed_meaning": N_(
        "{column}的中位数与 {quarter} 相差太大：{before:,.0f} → {now:,.0f} 元；"
        "这一列的含义或金额单位可能变了"
    ),
    "same_rows": N_("{file} 的内容与 {quarter} 用过的文件相同，只是格式或顺序不同"),
    "same_rows_of_side": N_("{side}的内容与 {quarter} 的完全相同"),
    "same_list_on_both_sides": N_(
        "税务清册和参保单位清册几乎是同一份名单，或一份是另一份的一部分（{rows} 个名称相同）；"
        "可能放错了文件"
    ),
    "firms_listed_twice": N_(
        "税务清册 {rows} 行中，有 {repeated} 行的代码前面已经出现过；可能混入了两个季度的文件"
    ),
    "review_budget_exhausted": N_(
        "另有 {pairs} 对存疑的配对因待核实名额（review_budget = "
        "{budget}）已满而按较可能的一边处理，"
        "预计其中误列 {false_gaps:.1f} 户、漏列 {missed_gaps:.1f} 户；提高名额可减少"
    ),
    "same_content": N_("{file} 与 {quarter} 用过的文件内容完全相同"),
    "other_quarter_in_title": N_("{file} 的标题、表名或文件名写着“{words}”，不是 {run}"),
    "other_year_in_title": N_("{file} 的标题、表名或文件名写着“{words}”，不是 {run} 所在的年度"),
    "other_period_in_rows": N_(
        "{file} 各行的所属期最近是 {month}，不在 {quarter} 之内；可能给错了季度的清册"
    ),
    "firms_older_than_units": N_(
        "税务清册中最新的一批企业成立于 {firms}，参保单位中最新的一批参保于 {units}；"
        "税务清册可能是更早的清册（只含成立较久企业的，可不理会）"
    ),
    "other_list_run": N_(
        "{quarter} 已按“{held_list}”运行过，这次是“{given_list}”：写入会换掉原来的结果，"
        "撤下也找不回；请另用一个工作区"
    ),
    "other_list": N_(
        "工作区里的 {quarter} 是“{held_list}”，这次是“{given_list}”：两种名单不能对比，"
        "不在这份名单上的案件不等于已经退出；请另用一个工作区"
    ),
    "older_quarter": N_("{quarter} 早于工作区中最近的季度 {newest}"),
}
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
    return get_translator(language)(SENTENCES[code]).format(**shown)


def _show(name: str, value: Any, language: str) -> Any:  # noqa: ANN401
    if name in _WORDS:
        return get_translator(language)(_WORDS[name][value])
    if isinstance(value, Sequence) and not isinstance(value, str):
        names = get_translator(language)("、").join(value[:_MAX_LISTED])
        more = "…" if len(value) > _MAX_LISTED else ""
        return names + more
    return value
