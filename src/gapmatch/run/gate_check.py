"""The gate in a run: its findings, and what becomes of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from gapmatch.errors import GateError
from gapmatch.gate import STOP, WARNING, Finding, compare_quarters, inspect_lists, inspect_reviews
from gapmatch.gate.findings import Lists
from gapmatch.i18n import _, current_language
from gapmatch.pipeline import Assessment
from gapmatch.read import Extract
from gapmatch.settings.load import Settings
from gapmatch.store.runs import Store, account, utc_now
from gapmatch.wording.gate_sentences import describe_finding

UNREPEATED_SIDES = ("tax", "enrollment")
"""Sides of which a new quarter has new files; the market registration may be the same."""


@dataclass(frozen=True)
class GateOutcome:
    """What the gate found, and who accepted its stops when and why."""

    findings: Sequence[Finding]
    reason: str | None = None
    accepted_by: str | None = None
    accepted_at: str | None = None

    def sentences(self, language: str) -> list[str]:
        """Return a sentence per finding, and one on who accepted the stops."""
        found = [describe_finding(f.code, f.values, language) for f in self.findings]
        if self.reason is None:
            return found
        text = _("以上疑点由 {who} 确认无误，理由：{reason}")
        return [*found, text.format(who=self.accepted_by or "?", reason=self.reason)]

    def as_dict(self) -> Mapping[str, Any]:
        """Return the outcome as plain values, for ``run.json`` and the store."""
        return asdict(self)


def accept_findings(findings: Sequence[Finding], reason: str | None) -> GateOutcome:
    """Return the findings, with who accepted the stops among them, if there are any.

    Raises:
        GateError: a finding is a stop, and there is no reason to accept it.
    """
    stops = [f for f in findings if f.severity == STOP]
    if not stops:
        return GateOutcome(findings)
    if reason is None:
        raise _stop(stops)
    return GateOutcome(findings, reason, account(), utc_now())


def _stop(stops: Sequence[Finding]) -> GateError:
    language = current_language()
    lines = [f"- {describe_finding(f.code, f.values, language)}" for f in stops]
    return GateError(
        "\n".join([_("数据有疑点，没有写入任何结果："), *lines]),
        _("请核对导出是否完整、季度是否正确；确认无误的，加上 --accept <理由> 重新运行。"),
    )


def find_doubts(
    store: Store,
    quarter: str,
    extracts: Sequence[Extract],
    found: Assessment,
    settings: Settings,
) -> list[Finding]:
    """Return what is doubtful about a quarter: by itself, and beside the quarters of the store."""
    lists = Lists(found.firms, found.units, found.gaps)
    doubts = [
        *inspect_lists(lists, settings.gate, verify=settings.tax_list == "verify"),
        *inspect_reviews(
            found.linkage["unreviewed"], settings.linkage.review_budget, settings.gate
        ),
        *_find_repeated_files(store, quarter, extracts),
    ]
    previous = store.latest_quarter(before=quarter)
    if previous is not None:
        frames = (store.result(previous, name) for name in ("firms", "units", "gaps"))
        doubts += compare_quarters(lists, Lists(*frames), previous, settings.gate)
    newest = store.latest_quarter()
    if newest is not None and newest > quarter and quarter not in store.quarters():
        doubts.append(Finding("older_quarter", WARNING, {"quarter": quarter, "newest": newest}))
    return doubts


def _find_repeated_files(
    store: Store, quarter: str, extracts: Sequence[Extract]
) -> Iterator[Finding]:
    """Find files whose very content an earlier or later quarter of the store was made from."""
    sql = (
        "SELECT i.sha256, r.quarter FROM quarters q JOIN runs r ON r.id = q.run "
        "JOIN inputs i ON i.run = r.id WHERE r.quarter <> ? AND i.side IN (?, ?)"
    )
    used = dict(store.db.execute(sql, [quarter, *UNREPEATED_SIDES]).fetchall())
    for extract in extracts:
        for file in extract.files:
            if str(extract.side) in UNREPEATED_SIDES and file.sha256 in used:
                values = {"file": file.name, "quarter": str(used[file.sha256])}
                yield Finding("same_content", STOP, values)
