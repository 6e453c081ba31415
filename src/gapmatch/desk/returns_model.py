"""What the page of returns shows: files that wait, what an import took, progress by county."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
from rapidfuzz import process

from gapmatch.api.returns import TakenReturns
from gapmatch.api.setting_changes import MAX_ENTRY_CHARACTERS
from gapmatch.desk.uploads import FileState, read_state
from gapmatch.errors import InputError
from gapmatch.forms.reader import read_workbooks
from gapmatch.i18n import _, get_language
from gapmatch.ledger.case_progress import count_visits, list_cases, select_referred_cases
from gapmatch.ledger.filled_rows import REVIEW_ENTRIES, VISIT_ENTRIES, RefusedRow
from gapmatch.ledger.imports import ImportReport
from gapmatch.ledger.undo_import import list_imports
from gapmatch.privacy import MASK, mask_text
from gapmatch.schemas import UNKNOWN_COUNTY
from gapmatch.store.runs import Store
from gapmatch.vocabulary.labels import label_county, list_labels
from gapmatch.vocabulary.outcomes import load_outcomes, parse_outcome, parse_verdict

Row = Mapping[str, Any]

MAX_BOOKS = 400
_MAX_HINTS = 3
_MAX_IMPORTS = 60
_LONGEST_IMPORT = timedelta(minutes=1)
_MIN_LIKENESS = 40.0
MAX_CASES = 200
MAX_TAKEN = 100
_PROGRESS = ("tier_a", "visited", "waiting", "persons", "overdue")


class UnknownWord(NamedTuple):
    """A word in returned rows that is no choice; ``choices``: value and label, likeliest first."""

    entry: str
    text: str
    rows: int
    choices: Sequence[tuple[str, str]]
    hints: int
    """So many of the choices resemble it."""


def build_returns_page(
    store: Store,
    files: Sequence[Path],
    quarter: str,
    counties: Sequence[str],
    sheets: Sequence[int],
) -> Row:
    """Return what came back and what has not; ``files``: those that wait to be taken in.

    ``sheets``: the imports of which there is a correction sheet.
    """
    cases, quarters = list_cases(store), store.quarters()
    wanted = quarter if quarter in quarters else quarters[-1]
    places = {county: place for place, county in enumerate(counties)}
    counted = _count_progress(store, cases, wanted)
    order = pl.col("county").replace_strict(places, default=len(places), return_dtype=pl.Int64)
    progress = counted.sort(order, "county")
    every = list_imports(store)
    tags = _tag_known_files(every)
    # What entered nothing and left nothing has nothing to show; the ledger has it all the same.
    shown = every.filter((pl.col("taken") > 0) | (pl.col("left_out") > 0))
    imports = shown.head(_MAX_IMPORTS).to_dicts()
    return {
        "files": [
            {"name": path.name, "known": tags.get(path.name, ""), **describe_book(path)}
            for path in files
        ],
        "imports": [
            {**_build_import_row(row), "sheet": _find_sheet(row, imports, sheets)}
            for row in imports
        ],
        "quarter": wanted,
        "quarters": quarters,
        "progress": [{**row, "label": label_county(row["county"])} for row in progress.to_dicts()],
        "totals": {name: int(progress[name].sum()) for name in _PROGRESS},
        "labels": _list_progress_labels(),
        "handed_over": [
            (effect, label, select_referred_cases(cases, effect).height)
            for effect, label in list_labels("authority").items()
        ],
    }


def _count_progress(store: Store, cases: pl.DataFrame, quarter: str) -> pl.DataFrame:
    """Return the visits of a quarter by county, and those that are overdue of all earlier ones."""
    overdue = cases.filter("overdue").group_by(pl.col("county").fill_null(UNKNOWN_COUNTY))
    visits = count_visits(store).filter(pl.col("quarter") == quarter).drop("quarter")
    joined = visits.join(overdue.agg(overdue=pl.len()), on="county", how="full", coalesce=True)
    filled = joined.with_columns(pl.exclude("county").fill_null(0))
    return filled.with_columns(waiting=pl.col("tier_a") - pl.col("visited"))


def describe_book(path: Path) -> Row:
    """Return what a workbook that waits holds: county, quarter, rows that are filled in."""
    try:
        return _describe_book(path, read_state(path), get_language())
    except InputError as error:
        why = f"{error.message.replace(str(path), path.name)}\n{error.remedy}"
        return {"contents": _("读不了：{why}").format(why=why), "is_readable": False}


@lru_cache(MAX_BOOKS)  # errors are not cached: a workbook may be open in Excel for a while
def _describe_book(path: Path, _state: FileState | None, _language: str) -> Row:
    (book,) = read_workbooks([path]).books
    rows = [row.is_filled(*VISIT_ENTRIES) for row in book.visits]
    pairs = [row.is_filled(*REVIEW_ENTRIES) for row in book.reviews]
    filled = _("走访填了 {n} 行（共 {all} 行）").format(n=sum(rows), all=len(rows))
    if pairs:
        filled += _("，认定填了 {n} 对（共 {all} 对）").format(n=sum(pairs), all=len(pairs))
    county = label_county(book.county) if book.county else ""
    contents = " · ".join(filter(None, (county, book.quarter, filled)))
    return {"contents": contents, "is_readable": True}


def _list_progress_labels() -> dict[str, str]:
    labels = (_("本季走访"), _("已有结果"), _("还没有结果"), _("新增参保人数"), _("以前各季逾期"))
    return dict(zip(_PROGRESS, labels, strict=True))


def build_import_summary(taken: TakenReturns) -> Row:
    """Return what an import did, with what may have been meant by words that are no choice."""
    report = taken.report
    left = [_build_left_row(row, report.kind) for row in report.refused]
    return {
        "report": report,
        "taken": [_word_entry(row) for row in taken.entered.head(MAX_TAKEN).to_dicts()],
        "left": sorted(left, key=lambda row: (row["file"], row["sheet"], row["row"])),
        "words": _list_unknown_words(report),
        "notes": report.notes.to_dicts(),
    }


def _word_entry(row: Row) -> Row:
    labels = {c: o.label for c, o in load_outcomes().items()} | list_labels("review_verdict")
    return {**row, **{name: labels.get(row[name], row[name]) for name in ("before", "entry")}}


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
        return list_labels("review_verdict")
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


def list_case_rows(store: Store, what: str, county: str = "") -> tuple[list[Row], int]:
    """Return some ``MAX_CASES`` cases, overdue or unfinished ones of an effect; and their count."""
    cases = list_cases(store)
    chosen = cases.filter("overdue") if what == "overdue" else select_referred_cases(cases, what)
    if county:
        chosen = chosen.filter(pl.col("county").fill_null(UNKNOWN_COUNTY) == county)
    rows = chosen.head(MAX_CASES).with_columns(mask_text("remark")).to_dicts()
    return [_word_case(row) for row in rows], chosen.height


def _word_case(row: Row) -> Row:
    outcome = load_outcomes().get(row["outcome"] or "")
    return {
        **row,
        "county": label_county(row["county"]),
        "state": list_labels("case_state").get(row["state"], row["state"]),
        "outcome": outcome.label if outcome else "",
        "next_step": outcome.next_step if outcome else "",
    }


def _build_import_row(row: Row) -> Row:
    kinds = {"visits": _("走访结果"), "review": _("人工认定"), "undo": _("撤回")}
    is_undone = row["kind"] != "undo" and row["taken"] > 0 and not row["standing"]
    return {**row, "kind": kinds.get(row["kind"], row["kind"]), "is_undone": is_undone}


def _find_sheet(row: Row, imports: Sequence[Row], sheets: Sequence[int]) -> int | None:
    """Return the import with the sheet of what ``row`` left out: files taken together share one."""
    for other in reversed(imports):  # the oldest first
        is_after = other["number"] >= row["number"] and other["kind"] == row["kind"]
        if row["left_out"] and is_after and other["number"] in sheets:
            difference = datetime.fromisoformat(other["at"]) - datetime.fromisoformat(row["at"])
            return int(other["number"]) if difference <= _LONGEST_IMPORT else None
    return None


def _tag_known_files(imports: pl.DataFrame) -> dict[str, str]:
    """Return the files that were imported before, with whether rows of theirs were left out.

    What was taken back is as if it had not been imported.
    """
    tags: dict[str, str] = {}
    made = imports.filter(pl.col("kind") != "undo")
    for (file,), rows in made.partition_by("file", as_dict=True).items():
        if rows["taken"].sum() == 0 or rows["standing"].sum() > 0:
            left = rows.unique("kind", keep="first", maintain_order=True)["left_out"].sum()
            tags[file] = _("已导入过，还有没采用的行") if left else _("已导入过")
    return tags


def _build_left_row(refused: RefusedRow, kind: str) -> Row:
    entry = refused.cells.get("verdict" if kind == "review" else "outcome", "")
    hints = suggest_choices(kind, entry)
    return {
        "file": refused.file,
        "sheet": refused.sheet,
        "row": refused.row,
        "name": refused.cells.get("name", ""),
        "reason": refused.reason,
        "hint": _("是不是：{names}？").format(names=_("、").join(hints)) if hints else "",
    }
