"""The gate in a run: its findings, and what becomes of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

from gapmatch.errors import GateError
from gapmatch.gate.compare_quarters import compare_quarters
from gapmatch.gate.content import ContentDigests, find_repeated_content, find_repeats, read_contents
from gapmatch.gate.file_doubts import (
    FileColumns,
    FileLength,
    find_doubtful_columns,
    find_export_limits,
    find_fields_behind_header,
    find_hidden_rows,
    find_missing_columns,
    find_repeated_units,
    find_stated_statuses,
)
from gapmatch.gate.findings import STOP, WARNING, GateFinding, QuarterLists, count_lost
from gapmatch.gate.inspect_lists import (
    find_exhausted_review_budget,
    find_few_units,
    find_uncounted_units,
    inspect_lists,
)
from gapmatch.gate.missing_rows import SheetLength, find_missing_rows
from gapmatch.gate.row_dates import (
    find_no_new_units,
    find_older_firms,
    find_other_months,
    find_other_periods,
    find_several_quarters,
    find_units_in_arrears,
)
from gapmatch.gate.title_dates import Title, find_named_quarter, find_other_quarters
from gapmatch.i18n import _, get_language
from gapmatch.pipeline import Assessment, ParquetOnlyResult
from gapmatch.privacy import mask_numbers
from gapmatch.read import Extract
from gapmatch.read.periods import count_by_quarter, is_period_of_row
from gapmatch.read.row_checks import list_needed_headers
from gapmatch.run.earlier_quarters import SIDE_FRAMES
from gapmatch.settings.gate_thresholds import GateSettings
from gapmatch.settings.load import Settings
from gapmatch.store.runs import Store, get_account, get_utc_now
from gapmatch.vocabulary.arrears import count_paid_months, find_arrears
from gapmatch.vocabulary.notes import Note
from gapmatch.wording.note_sentences import describe_finding

UNREPEATED_SIDES = ("tax", "enrollment")
"""Sides of which a new quarter has new files; the market registration may be the same."""


@dataclass(frozen=True)
class GateOutcome:
    """What the gate found, and who accepted its stops when and why."""

    findings: Sequence[GateFinding]
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

    @property
    def lost(self) -> int:
        """How many firms may be called uninsured since their unit is lacking."""
        return count_lost(finding.values for finding in self.findings)

    def as_dict(self) -> Mapping[str, Any]:
        """Return the outcome as plain values, for ``run.json`` and the store."""
        return asdict(self)


def accept_findings(findings: Sequence[GateFinding], reason: str | None) -> GateOutcome:
    """Return the findings, with who accepted the stops among them, if there are any.

    Raises:
        GateError: a finding is a stop, and there is no reason to accept it.
    """
    stops = [f for f in findings if f.severity == STOP]
    if not stops:
        return GateOutcome(findings)
    if not _has_words(reason):
        raise _stop(stops, is_reason_empty=reason is not None)
    return GateOutcome(findings, mask_numbers(str(reason).strip()), get_account(), get_utc_now())


def note_lost_units(lost: int) -> list[Note]:
    """Return a note on the false gaps of units that may be lacking, if there are any."""
    return [Note("lost_units", {"count": lost})] if lost else []


def _has_words(reason: str | None) -> bool:
    """Whether there is a reason: letters, digits or characters, not blanks and marks alone."""
    return any(character.isalnum() for character in reason or "")


def _stop(stops: Sequence[GateFinding], *, is_reason_empty: bool) -> GateError:
    language = get_language()
    lines = [f"- {describe_finding(f.code, f.values, language)}" for f in stops]
    remedy = _("请核对导出是否完整、季度是否正确；确认无误的，加上 --accept <理由> 重新运行。")
    if is_reason_empty:
        remedy = _("--accept 后面没有写理由：请写明为什么数据是对的，这句话会留在台账和报告里。")
    message = "\n".join([_("数据有疑点，没有写入任何结果："), *lines])
    return GateError(message, remedy, [asdict(finding) for finding in stops])


def find_doubts(
    store: Store,
    quarter: str,
    extracts: Sequence[Extract],
    found: Assessment | ParquetOnlyResult,
    settings: Settings,
) -> list[GateFinding]:
    """Return what is doubtful about a quarter: by itself, and beside the quarters of the store."""
    if isinstance(found, ParquetOnlyResult):
        return _find_doubts_of_counts(store, quarter, extracts, found, settings)
    return [
        *find_own_doubts(quarter, extracts, found, settings),
        *find_doubts_in_store(store, quarter, extracts, found, settings),
    ]


def find_own_doubts(
    quarter: str, extracts: Sequence[Extract], found: Assessment, settings: Settings
) -> list[GateFinding]:
    """Return what is doubtful about a quarter by itself."""
    lists = _collect_lists(found, settings)
    return [
        *inspect_lists(lists, settings.gate),
        *find_repeats(lists, settings.gate),
        *find_uncounted_units(lists.units),
        *find_other_months(lists, quarter, settings.gate),
        *find_no_new_units(lists, quarter, settings.gate),
        *find_units_in_arrears(
            find_arrears(
                count_paid_months(lists.units, settings.statuses.payment), quarter, settings.gap
            ),
            settings.gate,
        ),
        *find_older_firms(lists, settings.gate),
        *_find_doubts_of_files(quarter, extracts, settings.gate, verify=lists.verify),
        *find_exhausted_review_budget(
            found.linkage["unreviewed"], settings.linkage.review_budget, settings.gate
        ),
    ]


def _find_doubts_of_counts(
    store: Store,
    quarter: str,
    extracts: Sequence[Extract],
    found: ParquetOnlyResult,
    settings: Settings,
) -> list[GateFinding]:
    """Return doubts by files and counts, if the firms are too many to be collected."""
    verify = settings.tax_list == "verify"
    rows = {str(extract.side): extract.rows_out for extract in extracts}
    matched = int(found.quality["matches"])
    lists = (rows["tax"], rows["enrollment"], matched, settings.gate)
    return [
        *(() if verify else find_few_units(*lists)),
        *_find_doubts_of_files(quarter, extracts, settings.gate, verify=verify),
        *find_exhausted_review_budget(
            found.quality["unreviewed"], settings.linkage.review_budget, settings.gate
        ),
        *_find_repeated_files(store, quarter, extracts, settings, found.contents),
    ]


def _find_doubts_of_files(
    quarter: str, extracts: Sequence[Extract], gate: GateSettings, *, verify: bool
) -> list[GateFinding]:
    # A list to verify may be drawn up for any period.
    sides = ("enrollment",) if verify else UNREPEATED_SIDES
    defects = pl.concat([extract.defects for extract in extracts])
    return [
        *find_export_limits(_list_lengths(extracts)),
        *find_hidden_rows(_list_lengths(extracts)),
        *find_missing_columns(_list_columns(extracts)),
        *find_missing_rows(_list_sheets(extracts, sides), gate),
        *find_doubtful_columns(defects),
        *find_fields_behind_header(defects),
        *find_stated_statuses(defects),
        *(
            finding
            for extract in extracts
            for finding in find_repeated_units(
                extract.files[0].name, extract.rows_in, extract.units_repeated, gate
            )
        ),
        *find_other_quarters(_list_titles(extracts, sides), quarter),
        *find_other_periods(_list_periods(extracts, sides), quarter),
        *find_several_quarters(_count_quarters(extracts, sides), gate.max_missing_rows),
        *find_several_quarters(_count_quarters_of_units(extracts), gate.max_repeated_share),
    ]


def find_doubts_in_store(
    store: Store, quarter: str, extracts: Sequence[Extract], found: Assessment, settings: Settings
) -> list[GateFinding]:
    """Return what is doubtful about a quarter beside the others of the store."""
    lists = _collect_lists(found, settings)
    doubts = list(_find_other_kind(store, quarter, settings))
    doubts += _find_repeated_files(store, quarter, extracts, settings)
    previous = store.find_latest_quarter(before=quarter)
    if previous is not None:
        doubts += compare_quarters(lists, _read_lists(store, previous), previous, settings.gate)
    return [*doubts, *_find_newer_quarter(store, quarter)]


def _find_newer_quarter(store: Store, quarter: str) -> Iterator[GateFinding]:
    """Find a new quarter that is older than the newest of the store."""
    newest = store.find_latest_quarter()
    if newest is not None and newest > quarter and quarter not in store.quarters():
        yield GateFinding("older_quarter", WARNING, {"quarter": quarter, "newest": newest})


def _find_other_kind(store: Store, quarter: str, settings: Settings) -> Iterator[GateFinding]:
    """Find results of the other kind of tax list: to be replaced (stop), or to be mixed with."""
    kinds = {held: store.read_list_kind(held) for held in store.quarters()}
    others = [held for held, kind in kinds.items() if kind != settings.tax_list]
    if quarter in others or (others and quarter not in kinds):
        held = quarter if quarter in others else max(others)
        values = {"quarter": held, "held_list": kinds[held], "given_list": settings.tax_list}
        code, severity = ("other_list", WARNING) if held != quarter else ("other_list_run", STOP)
        yield GateFinding(code, severity, values)


def _collect_lists(found: Assessment, settings: Settings) -> QuarterLists:
    verify = settings.tax_list == "verify"
    return QuarterLists(found.firms, found.units, found.gaps, verify=verify)


def _list_lengths(extracts: Sequence[Extract]) -> list[FileLength]:
    return [
        FileLength(
            *(str(extract.side), file.name),
            *(sheet.physical_rows, sheet.rows_in, sheet.hidden_rows),
        )
        for extract in extracts
        for file in extract.files
        for sheet in file.sheets
    ]


def _list_columns(extracts: Sequence[Extract]) -> list[FileColumns]:
    return [
        FileColumns(str(e.side), file.name, list_needed_headers(file))
        for e in extracts
        for file in e.files
    ]


def _list_sheets(extracts: Sequence[Extract], sides: Sequence[str]) -> list[SheetLength]:
    return [
        SheetLength(
            str(extract.side),
            file.name,
            sheet.rows_in,
            (*sheet.title_texts, *sheet.note_texts),
            sheet.highest_number,
            [(t.header, t.row, t.stated, t.found) for t in sheet.wrong_totals],
        )
        for extract in extracts
        if str(extract.side) in sides
        for file in extract.files
        for sheet in file.sheets
    ]


def _list_titles(
    extracts: Sequence[Extract], sides: Sequence[str] = UNREPEATED_SIDES
) -> list[Title]:
    """Return what names a period: lines above tables, names of sheets and files."""
    return [
        Title(file.name, text)
        for extract in extracts
        if str(extract.side) in sides
        for file in extract.files
        for sheet in file.sheets
        for text in (*sheet.title_texts, sheet.sheet or "", file.path.name)
    ]


def _list_periods(extracts: Sequence[Extract], sides: Sequence[str]) -> dict[str, str]:
    """Return the newest period that the rows of each file name, if any does."""
    found = {
        file.name: max(sheet.newest_period or "" for sheet in file.sheets)
        for extract in extracts
        if str(extract.side) in sides
        for file in extract.files
    }
    return {file: month for file, month in found.items() if month}


def _count_quarters(extracts: Sequence[Extract], sides: Sequence[str]) -> dict[str, dict[str, int]]:
    """Return by file how many rows a column of periods puts in each quarter."""
    found: dict[str, dict[str, int]] = {}
    for extract in (e for e in extracts if str(e.side) in sides):
        for file in extract.files:
            for sheet in file.sheets:
                own = found.setdefault(file.name, {})
                for quarter, rows in sheet.quarters.items():
                    own[quarter] = own.get(quarter, 0) + rows
    return found


def _count_quarters_of_units(extracts: Sequence[Extract]) -> dict[str, dict[str, int]]:
    """Return by file the units whose newest period is of each quarter, if they are listed so."""
    found = {}
    for extract in (e for e in extracts if str(e.side) == "enrollment"):
        months = extract.rows.group_by("source_file", "last_paid_month").len().drop_nulls()
        for file in extract.files:
            headers = [h for h, c in file.mapping.items() if c == "last_paid_month"]
            if any(map(is_period_of_row, headers)):
                own = months.filter(pl.col("source_file") == file.name)
                counts = dict(own.select("last_paid_month", pl.col("len").cast(pl.Int64)).rows())
                found[file.name] = count_by_quarter(counts)
    return found


def guess_quarter(extracts: Sequence[Extract]) -> str | None:
    """Return the quarter that most titles of the extracts name; null if none does."""
    return find_named_quarter(_list_titles(extracts))


def _read_lists(store: Store, quarter: str) -> QuarterLists:
    firms, units, gaps = (store.result(quarter, name) for name in ("firms", "units", "gaps"))
    verify = store.read_list_kind(quarter) == "verify"
    return QuarterLists(firms, units, gaps, verify=verify)


def log_gate(
    store: Store, run: int, quarter: str, extracts: Sequence[Extract], outcome: GateOutcome
) -> None:
    """Record the digests of a run's files, and who accepted its findings, in a transaction."""
    for extract in extracts:
        if str(extract.side) in UNREPEATED_SIDES:
            contents = read_contents(extract.rows)
            digests = {file: content.digest for file, content in contents.items()}
            store.store_contents(run, str(extract.side), digests)
    if outcome.reason is not None:
        accepted = {
            "at": outcome.accepted_at,
            "who": outcome.accepted_by,
            "reason": outcome.reason,
            "findings": [asdict(finding) for finding in outcome.findings],
        }
        store.log_acceptance(run, quarter, accepted)


def _find_repeated_files(
    store: Store,
    quarter: str,
    extracts: Sequence[Extract],
    settings: Settings,
    known: Mapping[str, Mapping[str, ContentDigests]] | None = None,
) -> Iterator[GateFinding]:
    """Find files with the contents of another quarter; ``known``: contents not read here."""
    for extract in extracts:
        same = list(_find_same_files(store, quarter, [extract]))
        yield from same
        if str(extract.side) not in UNREPEATED_SIDES or same:
            continue
        if earlier := _list_earlier_contents(store, quarter, str(extract.side)):
            contents = known[str(extract.side)] if known else read_contents(extract.rows)
            yield from find_repeated_content(str(extract.side), contents, earlier, settings.gate)


def _find_same_files(
    store: Store, quarter: str, extracts: Sequence[Extract]
) -> Iterator[GateFinding]:
    """Find the very files of an earlier or later quarter of the store."""
    sql = (
        "SELECT i.sha256, r.quarter FROM quarters q JOIN runs r ON r.id = q.run "
        "JOIN inputs i ON i.run = r.id WHERE r.quarter <> ? AND i.side IN (?, ?)"
    )
    used = dict(store.db.execute(sql, [quarter, *UNREPEATED_SIDES]).fetchall())
    for file in (f for e in extracts if str(e.side) in UNREPEATED_SIDES for f in e.files):
        if file.sha256 in used:
            values = {"file": file.name, "quarter": str(used[file.sha256])}
            yield GateFinding("same_content", STOP, values)


def _list_earlier_contents(store: Store, quarter: str, side: str) -> dict[str, str]:
    """Return hash → quarter; of a latest quarter that an older version ran, from its frames."""
    earlier = store.earlier_contents(side, but=quarter)
    latest = store.find_latest_quarter(before=quarter)
    if latest is None or latest in earlier.values():
        return earlier
    contents = read_contents(store.result(latest, SIDE_FRAMES[side]))
    return {**{content.digest: latest for content in contents.values()}, **earlier}
