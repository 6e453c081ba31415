"""Both lists of a quarter, looked at before a run: how they are read, and what the gate finds."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from gapmatch.api.file_check import describe_extract
from gapmatch.gate import STOP, GateFinding
from gapmatch.i18n import _, get_language
from gapmatch.reports import Page, Section
from gapmatch.run.preview import preview_quarter
from gapmatch.run.quarter_run import Sources
from gapmatch.wording.gate_sentences import describe_finding


def check_quarter_files(
    sources: Sources, workspace: Path, quarter: str | None, *, verify: bool = False
) -> Page:
    """Read and link ``sources`` and return the findings of a run; nothing is written.

    ``facts``: quarter, previous, ``gate`` (findings) and ``sides`` (as of ``check_files``).
    """
    preview = preview_quarter(sources, workspace, quarter, verify=verify)
    pages = {
        str(extract.side): describe_extract(extract, preview.earlier.get(str(extract.side)))
        for extract in preview.extracts
    }
    labels = {"tax": _("税务"), "enrollment": _("参保"), "registry": _("登记")}
    sections = [
        Section(f"{labels[side]}：{section.title}", section.rows, section.headings)
        for side, page in pages.items()
        for section in page.sections
    ]
    facts = {
        "quarter": preview.quarter,
        "previous": preview.previous,
        "gate": [asdict(finding) for finding in preview.findings],
        "sides": {side: page.facts for side, page in pages.items()},
    }
    findings = _describe(preview.findings, preview.quarter, preview.previous)
    return Page([*sections, findings], facts)


def _describe(findings: Sequence[GateFinding], quarter: str, previous: str | None) -> Section:
    """The findings as a table, last on the screen, where they are seen."""
    title = _("按 {quarter} 核对的疑点").format(quarter=quarter)
    if previous is not None:
        title = _("按 {quarter} 核对的疑点（与 {previous} 比较）").format(
            quarter=quarter, previous=previous
        )
    language = get_language()
    rows = [
        (
            _("停下") if finding.severity == STOP else _("提醒"),
            describe_finding(finding.code, finding.values, language),
        )
        for finding in findings
    ]
    none = [("", _("没有发现疑点，可以运行。"))]
    return Section(title, rows or none, (_("程度"), _("疑点")))
