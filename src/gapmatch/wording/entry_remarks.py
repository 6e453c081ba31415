"""What was noted on rows of returned workbooks (``EntryNote``), in sentences for officials."""

from collections.abc import Callable, Mapping
from typing import Any

from gapmatch.i18n import N_, get_translator
from gapmatch.vocabulary.entry_notes import EntryNote
from gapmatch.vocabulary.outcomes import load_outcomes

_SENTENCES = {
    "other_workspace": N_("是另一个工作区（{other}）的工作簿，本工作区是 {own}"),
    "no_outcome": N_("填写了备注或日期，但没有选择结果"),
    "unknown_outcome": N_("结果“{text}”不在可选项中"),
    "unknown_verdict": N_("认定结果“{text}”不在可选项中"),
    "unsure_outcome": N_("“{text}”按“{outcome}”导入，请核对"),
    "repeats_above": N_("合并单元格或“同上”，按上一行的填写导入，请核对"),
    "several_dates": N_("日期“{text}”是几次走访，按最后一次导入，请核对"),
    "rough_persons": N_("人数“{text}”按 {persons} 人导入，请核对"),
    "shuffled": N_("系统标识与本行企业不符（可能只排序了部分列）"),
    "unknown_firm": N_("本工作区的名单和台账中没有这家企业"),
    "nothing_shown": N_("没有系统标识，也没有企业名称或代码"),
    "several_firms": N_("没有系统标识，按名称和代码找到多家企业，请补上统一社会信用代码"),
    "no_such_shown_firm": N_("没有系统标识，按名称和代码在本工作区的名单中也找不到"),
    "no_such_shown_pair": N_("没有系统标识，按两边的名称和代码在待核实的配对中也找不到"),
    "rows_without_key": N_("从本行起有 {count} 行没有系统标识，已按名称和代码找到企业，请核对"),
    "bad_date": N_("日期“{text}”无法识别，已按空白导入"),
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
    "corrects": N_("更正了以前导入的人数或备注"),
    "no_unit_in_remark": N_("原已参保，但备注中认不出参保单位的名称或编号，未作认定"),
}


def describe_entry_note(note: EntryNote, language: str) -> str:
    """Return the sentence of ``note`` in ``language``."""
    translate = get_translator(language)
    outcomes = load_outcomes()
    words: Mapping[str, Callable[[Any], object]] = {
        "outcome": lambda code: outcomes[code].get_label(language) if code in outcomes else code,
        "files": translate("、").join,
    }
    facts = {name: words.get(name, str)(value) for name, value in note.facts.items()}
    return translate(_SENTENCES[note.code]).format(**facts)
