"""Two quarters compared, on the terminal."""

from collections.abc import Sequence
from pathlib import Path

from gapmatch.i18n import _
from gapmatch.publish.quarter_changes import (
    Changes,
    count_link_reasons,
    list_kind_lines,
    list_reason_lines,
    list_reconciled_lines,
)
from gapmatch.reports import Page, Section


def build_changes_page(changes: Changes, files: Sequence[Path]) -> Page:
    """Return the summary of ``changes``; ``files`` are what was written of them."""
    first, *between, last = list_reconciled_lines(changes)
    rows = [
        (first[0], f"{first[1]:,}"),
        *((words, f"{count:+,}") for words, count in between),
        (last[0], f"{last[1]:,}"),
    ]
    headings = (_("项目"), _("户数"))
    sections = [
        Section(_("疑似未参保户数的来龙去脉"), rows, headings),
        Section(_("变化的户数（一户可有几种变化）"), list_kind_lines(changes), headings),
        Section(_("对应的参保单位变化，原因"), list_reason_lines(changes), headings),
    ]
    facts = {
        "quarters": list(changes.quarters),
        "totals": changes.totals.to_dicts(),
        "summary": dict(changes.summary.rows()),
        "link_reasons": count_link_reasons(changes),
        "files": list(files),
    }
    return Page([section for section in sections if section.rows], facts)
