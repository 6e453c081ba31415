"""What to do about a finding of the gate: in words, and where on the page of files."""

from collections.abc import Sequence
from typing import NamedTuple

from gapmatch.desk.job_files import Finding
from gapmatch.i18n import N_, _, get_language
from gapmatch.wording.note_sentences import describe_finding, list_findings

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
    row, file = list_findings()[code], values.get("file")
    step, wanted = row["step"], values.get("side") or row["side"]
    named = [name for name, _side in files if name == file]
    own = named or [name for name, source in files if source in ("tax", "enrollment")]
    chosen = named or [name for name, source in files if source == wanted] or own
    text = _(STEPS[step]) if step else ""
    return Doubt(severity == "stop", sentence, text, chosen, step == "columns")
