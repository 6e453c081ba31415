"""Findings to the Defects frame: a line each in officials' words, many of a kind summed up."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import polars as pl

from gapmatch.i18n import get_translator
from gapmatch.privacy import mask_numbers
from gapmatch.read.read_model import Finding, Side
from gapmatch.resources import get_words, read_csv_rows
from gapmatch.schemas import DEFECTS

# So many lines of one kind for one column of one file; the rest is summed up in one line.
MAX_LISTED = 200

# Findings whose fact ``count`` is the number of places that they stand for.
_SUMS = frozenset(
    {"more", "missing_codes", "unit_rows_folded", "rows_hidden", "column_without_header"}
    | {"columns_may_be_shifted"}
    | {"column_unread", "mark_not_believed", "mark_contradicts", "mark_ignored", "status_stated"}
)

_MESSAGE_FACTS = frozenset({"why", "what"})
"""Facts that are message ids themselves."""


_read_texts = cache(lambda: {row["kind"]: row for row in read_csv_rows("defects.csv")})


def explain(kind: str, language: str = "zh") -> tuple[str, str]:
    """Return what is wrong and what was done about it, with places for the facts."""
    row = _read_texts()[kind]
    return get_words(row, "defect", language), get_words(row, "consequence", language)


def build_defects(
    side: Side, file: str, findings: Sequence[Finding], language: str
) -> pl.DataFrame:
    """Return the Defects frame of one file, first what concerns all of it; numbers are masked."""
    writer = _DefectWriter(side, file, language)
    rows = [writer.build_row(f) for f in writer.sum_up(findings)]
    frame = pl.DataFrame(rows, schema=DEFECTS.schema, orient="row")
    return frame.sort("source_sheet", "source_row", nulls_last=False, maintain_order=True)


@dataclass(frozen=True)
class _DefectWriter:
    """Words the findings of one file."""

    side: Side
    file: str
    language: str

    def build_row(self, finding: Finding) -> tuple[str | int | None, ...]:
        """Return ``finding`` as a row of DEFECTS."""
        what, consequence = self.explain(finding.kind, finding.facts)
        kind = str(finding.facts.get("of", finding.kind))
        value = mask_numbers(finding.value) if finding.value is not None else None
        count = int(finding.facts.get("count", 1)) if finding.kind in _SUMS else 1
        return (
            *(self.file, finding.row, finding.column, value, what, consequence),
            *(kind, self.side.value, finding.sheet, count),
        )

    def explain(self, kind: str, facts: Mapping[str, str | int]) -> tuple[str, str]:
        """Return what ``explain`` does, in the language of the list and with the facts."""
        translate = get_translator(self.language)
        worded = {
            name: translate(str(fact)) if name in _MESSAGE_FACTS else fact
            for name, fact in facts.items()
        }
        what, consequence = explain(kind, self.language)
        return what.format(**worded), consequence.format(**worded)

    def sum_up(self, findings: Sequence[Finding]) -> list[Finding]:
        """Return the first findings of each kind, and one for the rest of them."""
        groups: dict[tuple[str, str | None, str | None], list[Finding]] = defaultdict(list)
        for finding in findings:
            groups[finding.kind, finding.column, finding.sheet].append(finding)
        shown: list[Finding] = []
        for (kind, column, sheet), found in groups.items():
            shown += found[:MAX_LISTED]
            if rest := found[MAX_LISTED:]:
                facts: dict[str, str | int] = {
                    "count": len(rest),
                    "last": rest[-1].row or 0,
                    "of": kind,
                    "consequence": self.explain(kind, rest[0].facts)[1],
                }
                shown.append(Finding("more", column=column, sheet=sheet, facts=facts))
        return shown
