"""What the page of returns shows: files that wait, what an import took, progress by county."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
from rapidfuzz import process

from gapmatch.api.setting_changes import MAX_ENTRY_CHARACTERS
from gapmatch.i18n import _
from gapmatch.ledger.case_progress import list_cases, summarise_cases
from gapmatch.ledger.filled_rows import RefusedRow
from gapmatch.ledger.imports import ImportReport
from gapmatch.ledger.undo_import import list_imports
from gapmatch.privacy import MASK, mask_person, mask_text
from gapmatch.store.runs import Store
from gapmatch.vocabulary.labels import label_county, list_case_state_labels, list_progress_labels
from gapmatch.vocabulary.outcomes import (
    list_verdict_labels,
    load_outcomes,
    parse_outcome,
    parse_verdict,
)

_MAX_HINTS = 3
_MAX_IMPORTS = 60
_MIN_LIKENESS = 40.0
MAX_CASES = 200
HANDED_OVER = ("labour_inspection", "share")
"""Effects of outcomes that hand a case to another authority."""


class ImportRow(NamedTuple):
    """An import in the ledger; ``standing``: entries that can be taken back."""

    number: int
    at: str
    kind: str
    file: str
    read_by: str
    taken: int
    left_out: int
    standing: int


class LeftRow(NamedTuple):
    """A row that was not taken, or was taken and is to be checked; ``hint``: words to choose."""

    file: str
    sheet: str
    row: int
    name: str
    reason: str
    hint: str


class UnknownWord(NamedTuple):
    """A word in returned rows that is no choice; ``choices``: value and label, likeliest first."""

    entry: str
    text: str
    rows: int
    choices: Sequence[tuple[str, str]]
    hints: int
    """So many of the choices resemble it."""


@dataclass(frozen=True)
class ImportSummary:
    """What an import of filled workbooks did."""

    kind: str
    files: int
    taken: int
    known: int
    blank: int
    decided: int
    left: Sequence[LeftRow]
    words: Sequence[UnknownWord]
    notes: Sequence[LeftRow]
    numbers: Sequence[tuple[int, str]]
    correction: str


class ProgressRow(NamedTuple):
    """The visits of a county."""

    county: str
    label: str
    counts: Mapping[str, int]


class CaseRow(NamedTuple):
    """A case in a list; the remark is masked."""

    number: str
    county: str
    name: str
    state: str
    tier: str
    outcome: str
    visited_on: str
    next_step: str
    remark: str


@dataclass(frozen=True)
class ReturnsPage:
    """What came back and what has not."""

    files: Sequence[str]
    imports: Sequence[ImportRow]
    progress: Sequence[ProgressRow]
    labels: Mapping[str, str]
    totals: Mapping[str, int]
    handed_over: Sequence[tuple[str, str, int]]
    """Effect, authority in words, open cases."""


def build_returns_page(store: Store, files: Sequence[Path]) -> ReturnsPage:
    """Return the page; ``files``: those that wait to be taken in."""
    labels = list_progress_labels()
    cases = list_cases(store)
    progress = summarise_cases(cases)
    rows = progress.sort("overdue", "county", descending=[True, False]).iter_rows(named=True)
    is_open = cases.filter(pl.col("open"))
    counts = dict(is_open.group_by("effect").len().rows())
    return ReturnsPage(
        files=[path.name for path in files],
        imports=[_build_import_row(row) for row in _read_imports(store)],
        progress=[
            ProgressRow(row["county"], label_county(row["county"]), {n: row[n] for n in labels})
            for row in rows
        ],
        labels=labels,
        totals={name: int(progress[name].sum()) for name in labels},
        handed_over=[(e, label, counts.get(e, 0)) for e, label in list_authorities().items()],
    )


def list_authorities() -> dict[str, str]:
    """Return effect of an outcome to the authority that takes the case on."""
    return dict(zip(HANDED_OVER, (_("劳动监察"), _("市场监管和税务")), strict=True))


def build_import_summary(report: ImportReport) -> ImportSummary:
    """Return what an import did, with what may have been meant by words that are no choice."""
    return ImportSummary(
        kind=report.kind,
        files=report.files,
        taken=report.taken,
        known=report.known,
        blank=report.blank,
        decided=report.decided,
        left=sorted(_build_left_row(row, report.kind) for row in report.refused),
        words=_list_unknown_words(report),
        notes=[
            LeftRow(row["file"], row["sheet"], row["row"], "", row["reason"], "")
            for row in report.notes.iter_rows(named=True)
        ],
        numbers=sorted((number, file) for file, number in report.numbers.items()),
        correction=report.corrections.name if report.corrections else "",
    )


def _list_unknown_words(report: ImportReport) -> list[UnknownWord]:
    """Return the words that nobody has given a meaning; one with numbers of persons is none."""
    entry = "verdict" if report.kind == "review" else "outcome"
    counted = Counter(row.cells[entry] for row in report.refused if entry in row.cells)
    choices = _list_choices(report.kind)
    words = []
    for text, rows in sorted(counted.items()):
        is_word = len(text) <= MAX_ENTRY_CHARACTERS and MASK not in text
        if is_word and not _is_choice(report.kind, text):
            hints = suggest_choices(report.kind, text)
            ordered = sorted(choices.items(), key=lambda choice: choice[1] not in hints)
            words.append(UnknownWord(entry, text, rows, ordered, len(hints)))
    return words


def _list_choices(kind: str) -> dict[str, str]:
    """Return what a cell is chosen from: value to label."""
    if kind == "review":
        return list_verdict_labels()
    return {code: o.label for code, o in load_outcomes().items() if o.sheets != {""}}


def _is_choice(kind: str, text: str) -> bool:
    return (parse_verdict(text) if kind == "review" else parse_outcome(text)) is not None


def suggest_choices(kind: str, text: str) -> list[str]:
    """Return the choices that ``text`` may mean; none if it is one, or resembles none."""
    if _is_choice(kind, text) or not text.strip():
        return []
    labels = list(_list_choices(kind).values())
    found = process.extract(text, labels, limit=_MAX_HINTS, score_cutoff=_MIN_LIKENESS)
    return [label for label, _score, _place in found]


def list_case_rows(store: Store, what: str, county: str = "") -> tuple[list[CaseRow], int]:
    """Return cases, and how many there are: ``overdue``, or open ones of an effect.

    At most ``MAX_CASES``.
    """
    cases = list_cases(store)
    chosen = pl.col("overdue") if what == "overdue" else pl.col("open") & (pl.col("effect") == what)
    tests = [chosen.fill_null(value=False)]
    if county:
        tests.append(pl.col("county") == county)
    found = cases.filter(*tests).with_columns(mask_text("remark"))
    rows = [_build_case_row(row) for row in found.head(MAX_CASES).iter_rows(named=True)]
    return rows, found.height


def _read_imports(store: Store) -> list[dict[str, Any]]:
    frame = list_imports(store).head(_MAX_IMPORTS).with_columns(mask_person("read_by"))
    return frame.to_dicts()


def _build_import_row(row: Mapping[str, Any]) -> ImportRow:
    kinds = {"visits": _("走访结果"), "review": _("人工认定"), "undo": _("撤回")}
    at = datetime.fromisoformat(row["at"]).astimezone()
    values = {**row, "kind": kinds.get(row["kind"], row["kind"]), "at": f"{at:%Y-%m-%d %H:%M}"}
    return ImportRow(**{name: values[name] for name in ImportRow._fields})


def _build_left_row(refused: RefusedRow, kind: str) -> LeftRow:
    entry = refused.cells.get("verdict" if kind == "review" else "outcome", "")
    hints = suggest_choices(kind, entry)
    hint = _("是不是：{names}？").format(names=_("、").join(hints)) if hints else ""
    name = refused.cells.get("name", "")
    return LeftRow(refused.file, refused.sheet, refused.row, name, refused.reason, hint)


def _build_case_row(row: Mapping[str, Any]) -> CaseRow:
    outcome = load_outcomes().get(row["outcome"] or "")
    return CaseRow(
        number=row["number"],
        county=label_county(row["county"]) if row["county"] else "",
        name=row["name"] or "",
        state=list_case_state_labels().get(row["state"], row["state"]),
        tier=row["tier"] or "",
        outcome=outcome.label if outcome else "",
        visited_on=row["visited_on"] or "",
        next_step=outcome.next_step if outcome else "",
        remark=row["remark"] or "",
    )
