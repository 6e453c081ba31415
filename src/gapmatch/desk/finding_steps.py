"""What to do about a finding of the gate: in words, and where on the page of files."""

from collections.abc import Sequence
from typing import NamedTuple

from gapmatch.desk.job_files import Finding
from gapmatch.i18n import N_, _, get_language
from gapmatch.wording.note_sentences import describe_finding

STEPS = {
    "units": N_("重新导出全部参保单位（不筛选，导完为止）；移除原来的文件，放进新的。"),
    "firms": N_("重新导出全部纳税企业（不筛选，导完为止）；移除原来的文件，放进新的。"),
    "rows": N_("打开原来的文件核对行数和筛选；没有导完的，移除它，重新导出后放进来。"),
    "sources": N_("在上面的文件表里核对各文件的来源；放错的改选，多放的移除。"),
    "twice": N_("只留这一季的：多放的文件移除；两季合在一个文件里的，分开导出后再放。"),
    "period": N_("换成这一季的文件；文件没有放错的，在上面改季度。"),
    "columns": N_("核对这些列是否读对，读错的改选；原来的文件就有误的，改好后重新放进来。"),
    "places": N_("核对这些县区是否漏导；漏导的，移除原来的文件，重新导出后放进来。"),
    "arrears": N_("核对这些单位是否真的停缴：已停缴的在系统里改状态；月份列不对的，改选该列。"),
    "task": N_("在上面核对税务清册是哪一种，选错的改选。"),
    "workspace": N_(
        "在上面核对税务清册是哪一种，选错的改选；没有选错的，另建一个文件夹，从那里打开工作台来办。"
    ),
    "part": N_(
        "参保单位清册没有导全的，移除它，重新导出全部后放进来；税务清册是上级名单的，在上面改选。"
    ),
}
_CODES = {
    "units": (
        *("few_large_matched", "fewer_units_than_expected", "no_small_units", "missing_end"),
        *("no_new_units", "forms_without_units", "few_large_taxpayers_matched", "drop_of_units"),
        *("drop_of_insured_persons", "drop_of_matched_share"),
    ),
    "firms": ("unanswered_enterprises", "drop_of_firms"),
    "rows": (
        *("fewer_rows_than_declared", "numbers_missing", "sheet_full", "rows_at_limit"),
        *("total_disagrees", "total_of_rows_disagrees", "rows_hidden"),
    ),
    "sources": ("rows_elsewhere", "lists_swapped", "same_list_on_both_sides"),
    "twice": ("units_listed_twice", "firms_listed_twice"),
    "period": (
        *("other_months_paid", "list_older_than_last", "same_rows", "same_rows_of_side"),
        *("same_content", "other_quarter_in_title", "other_year_in_title", "older_quarter"),
        *("other_period_in_rows", "firms_older_than_units"),
    ),
    "arrears": ("units_in_arrears",),
    "columns": (
        "months_not_believed",
        "fields_behind_header",
        *("invalid_codes", "share_fell", "columns_missing", "absurd_values"),
        *("columns_unread", "marks_not_believed", "marks_contradict", "marks_ignored"),
        "statuses_stated",
        *("persons_do_not_fit", "headcount_changed_meaning", "amount_changed_meaning"),
    ),
    "places": (
        *("counties_without_firms", "counties_without_units", "county_gone"),
        *("county_renamed", "county_fell"),
    ),
    "task": ("verify_many_matched",),
    "workspace": ("other_list_run", "other_list"),
    "part": ("few_units",),
}
STEP_OF_CODE = {code: step for step, codes in _CODES.items() for code in codes}
_SIDES = {
    "units": "enrollment",
    "few_units": "enrollment",
    "counties_without_units": "enrollment",
    "units_listed_twice": "enrollment",
    "other_months_paid": "enrollment",
    "arrears": "enrollment",
    "months_not_believed": "enrollment",
    "firms": "tax",
    "counties_without_firms": "tax",
    "firms_listed_twice": "tax",
    "headcount_changed_meaning": "tax",
    "firms_older_than_units": "tax",
}
"""The source that a finding, or all findings with a step, is about if it names none."""


class Doubt(NamedTuple):
    """A finding as the page shows it; ``files``: those that it may be about."""

    is_stop: bool
    sentence: str
    step: str
    files: Sequence[str]
    is_of_columns: bool


def describe_doubts(
    findings: Sequence[Finding], files: Sequence[tuple[str, str | None]]
) -> list[Doubt]:
    """Return the findings with what to do about each; ``files``: name and source."""
    own = [finding for finding in findings if len(finding) == 3]  # older versions stored sentences
    return [_describe_doubt(finding, files) for finding in own]


def _describe_doubt(finding: Finding, files: Sequence[tuple[str, str | None]]) -> Doubt:
    severity, code, values = finding
    sentence = describe_finding(code, values, get_language())
    step, file = STEP_OF_CODE.get(code, ""), values.get("file")
    wanted = values.get("side") or _SIDES.get(code) or _SIDES.get(step)
    named = [name for name, _side in files if name == file]
    own = named or [name for name, source in files if source in ("tax", "enrollment")]
    chosen = named or [name for name, source in files if source == wanted] or own
    text = _(STEPS[step]) if step else ""
    return Doubt(severity == "stop", sentence, text, chosen, step == "columns")
