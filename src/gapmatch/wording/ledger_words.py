"""Entries of the ledger (decisions, visits, cases) in words for officials."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import polars as pl

from gapmatch.i18n import N_, get_translator, use_language
from gapmatch.vocabulary.labels import list_labels
from gapmatch.vocabulary.notes import Note
from gapmatch.vocabulary.outcomes import load_outcomes


def build_case_note(language: str) -> pl.Expr:
    """Return the sentence of ``note`` (a code) and ``outcome`` in ``language``."""
    _ = get_translator(language)
    labels = {code: outcome.get_label(language) for code, outcome in load_outcomes().items()}
    sentences = {
        "enrolled_not_found": _("走访结果为“参保”，但本季参保名单中仍未找到"),
        "closed_listed_again": _("曾以“{}”办结，本季再次列入"),
        "insured_listed_again": _("上次已核实参保，本季再次列入"),
        "found_insured": _("本季参保名单中已找到"),
    }
    outcome = pl.col("outcome").replace(labels).fill_null("")
    return pl.col("note").replace(sentences).str.replace("{}", outcome, literal=True)


def add_decision_words(pairs: pl.DataFrame, language: str) -> pl.DataFrame:
    """Return ``pairs`` with ``who`` and ``changed`` for ``voices`` and ``changes``."""
    voices, changes = pairs["voices"].to_list(), pairs["changes"].to_list()
    return pairs.drop("voices", "changes").with_columns(
        pl.Series("who", [describe_voices(pair, language) for pair in voices], pl.String),
        pl.Series("changed", [_describe_changes(pair, language) for pair in changes], pl.String),
    )


def describe_voices(voices: Sequence[Mapping[str, str]] | None, language: str) -> str | None:
    """Return who decided what, ``None`` if nobody did."""
    _ = get_translator(language)
    with use_language(language):
        labels = list_labels("review_verdict")
    words = [_("{}：{}").format(v["who"] or "?", labels[v["verdict"]]) for v in voices or ()]
    return _("；").join(words) or None


def _describe_changes(changes: Sequence[Mapping[str, str]] | None, language: str) -> str | None:
    _ = get_translator(language)
    sentences = {
        "firm_renamed": _("纳税人名称由“{}”变为“{}”"),
        "firm_recoded": _("纳税人代码由“{}”变为“{}”"),
        "unit_renamed": _("参保单位名称由“{}”变为“{}”"),
        "unit_recoded": _("参保单位代码由“{}”变为“{}”"),
        "code_contradicts": _("补充了代码，与原认定不符"),
    }
    words = [sentences[c["code"]].format(c["before"], c["after"]) for c in changes or ()]
    return _("；").join(dict.fromkeys(words)) or None


_SENTENCES = {
    "other_workspace": N_("是另一个工作区（{other}）的工作簿，本工作区是 {own}"),
    "no_outcome": N_("填了“{text}”，但没有填结果，请选择结果"),
    "unknown_outcome": N_("结果“{text}”不在可选项中，请从下拉列表选择"),
    "unclear_outcome": N_("结果“{text}”可能是{outcomes}，请从下拉列表选定；拿不准的写在备注"),
    "unknown_verdict": N_("认定结果“{text}”不在可选项中，请从下拉列表选择"),
    "misplaced_outcome": N_("结果“{text}”填在别的列里，已按结果导入，请核对"),
    "unsure_verdict": N_("“{text}”按“{verdict}”导入，请核对"),
    "quarter_not_run": N_("工作簿是 {quarter} 的，本工作区没有这一季的结果，请核对是否交错了"),
    "unsure_outcome": N_("“{text}”按“{outcome}”导入，请核对"),
    "repeats_above": N_("合并单元格或“同上”，按上一行的填写导入，请核对"),
    "several_dates": N_("日期“{text}”是几次走访，按最后一次导入，请核对"),
    "rough_persons": N_("人数“{text}”按 {persons} 人导入，请核对"),
    "no_persons": N_("已参保缴费，但没有填写新增参保人数，合计中没有计入，请补填"),
    "persons_not_counted": N_(
        "结果“{outcome}”不算新增参保，所填的 {persons} 人没有计入；确有新增的，结果应填“已参保缴费”"
    ),
    "shuffled": N_(
        "系统标识与本行企业的名称、代码不是同一户（可能只排序了部分列）；请核实结果是哪一户的，"
        "把名称和代码改成那一户的"
    ),
    "no_remark": N_("结果“{outcome}”没有备注：{meaning}"),
    "company_as_public": N_(
        "结果“{outcome}”，但代码 {uscc} 是企业、个体工商户或合作社的；请核对，确是的在备注写明理由"
    ),
    "unknown_firm": N_("本工作区的名单和台账中没有这家企业"),
    "nothing_shown": N_("没有系统标识，也没有企业名称或代码"),
    "several_firms": N_("没有系统标识，按名称和代码找到多家企业，请补上统一社会信用代码"),
    "no_such_shown_firm": N_(
        "没有系统标识，按名称和代码在本工作区的名单中也找不到“{text}”；请核对名称和代码，"
        "不在名单上的企业另行上报"
    ),
    "no_such_shown_pair": N_("没有系统标识，按两边的名称和代码在待核实的配对中也找不到"),
    "rows_without_key": N_(
        "从本行起有 {count} 行没有系统标识，或系统标识是别户的，已按名称和代码找到企业，请核对"
    ),
    "bad_date": N_("日期“{text}”无法识别，已按空白导入；请写公历年月日，如 2022-11-05"),
    "day_or_month": N_(
        "日期“{text}”是 {first} 还是 {second}，看不出来，已按空白导入；请照前面这样写年、月、日"
    ),
    "number_as_date": N_(
        "日期“{text}”不是走访的日子，可能是填了 11.5 这样的数；请写公历年月日，如 2022-11-05"
    ),
    "guessed_year": N_("日期“{text}”没有写年份，按 {day} 导入，请核对"),
    "date_out_of_range": N_("日期“{text}”不在 {first} 与 {last} 之间，请核对"),
    "bad_persons": N_("人数“{text}”不是零或正整数，已按空白导入"),
    "too_many_persons": N_("新增参保 {persons} 人超出该企业可能的规模（上限 {limit} 人），请核对"),
    "contradiction": N_("同一户在表中出现多次且填写不一致"),
    "contradicts_files": N_("与 {files} 中同一户的填写不一致，请核实后只保留一种"),
    "contradicts_earlier": N_("以前已记为“{outcome}”，与本次不一致；如是再次走访，请填写走访日期"),
    "contradicts_import": N_(
        "第 {number} 次导入已记为“{outcome}”，与本次不一致；如是再次走访，请填写走访日期；"
        "如以前有误，请先撤回：gapmatch visits import --undo {number}"
    ),
    "impossible_sequence": N_(
        "同一户 {day} 填“{outcome}”，{later_day} 又填“{later_outcome}”，不能都对；请核实后"
        "只留对的，分几次参保的合成一行、人数填合计"
    ),
    "impossible_after_import": N_(
        "与第 {number} 次导入的不能都对（{day} “{outcome}”，{later_day} “{later_outcome}”）；"
        "请核实：本次有误的改正本行，分几次参保的合成一行、人数填合计；以前有误的先撤回："
        "gapmatch visits import --undo {number}"
    ),
    "impossible_after_entry": N_(
        "与以前记下的不能都对（{day} “{outcome}”，{later_day} “{later_outcome}”）；请核实后改正本行"
    ),
    "corrects": N_("更正了以前导入的日期、人数或备注"),
    "no_unit_in_remark": N_("原已参保，但备注中认不出参保单位的名称或编号，未作认定"),
    "unit_of_other_code": N_(
        "备注所写的单位“{unit}”信用代码与该户不同，未作认定；"
        "由别的单位参保的，结果请改为“总公司参保”或“劳务派遣”；确是同一家的，请在待核实中认定"
    ),
}


def describe_entry_note(note: Note, language: str) -> str:
    """Return the sentence of ``note`` in ``language``."""
    translate = get_translator(language)
    outcomes = load_outcomes()
    with use_language(language):
        verdicts = list_labels("review_verdict")

    def label_outcome(code: str) -> str:
        return outcomes[code].get_label(language) if code in outcomes else code

    words: Mapping[str, Callable[[Any], object]] = {
        "outcome": label_outcome,
        "later_outcome": label_outcome,
        "day": lambda day: day or translate(N_("日期未填")),
        "later_day": lambda day: day or translate(N_("日期未填")),
        "meaning": lambda code: (
            outcomes[code].meaning_en if language == "en" else outcomes[code].meaning_zh
        ),
        "outcomes": lambda codes: translate(N_("或")).join(
            translate(N_("“{}”")).format(outcomes[code].get_label(language)) for code in codes
        ),
        "files": translate("、").join,
        "verdict": lambda code: verdicts[code],
        "text": lambda text: str(text).replace(" 00:00:00", ""),  # a cell of dates has no time
    }
    facts = {name: words.get(name, str)(value) for name, value in note.facts.items()}
    return translate(_SENTENCES[note.code]).format(**facts)
