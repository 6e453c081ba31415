"""Taking in what visitors found, from the visit and recheck sheets.

A date or a number that cannot be read does not cost the row: it is taken without it, with a note. A
date or a number that cannot be true is asked about: the row is left out with the reason.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

import polars as pl

from gapmatch.ledger.cases import (
    CASES,
    choose_case_prefix,
    insert_cases,
    locate_cases,
    number_cases,
    read_ledger,
)
from gapmatch.ledger.entries import (
    ReviewDecision,
    Source,
    Visit,
    insert_decisions,
    insert_visits,
    retract_visits,
    sync_outcomes,
)
from gapmatch.ledger.filled_rows import FilledBook, FilledRow, FirmIdentity, Pair, RefusedRow
from gapmatch.ledger.find_firms import FirmFinder
from gapmatch.ledger.identity import format_standard_name, select_identity
from gapmatch.ledger.imports import (
    ImportReport,
    Tally,
    add_import_number,
    choose_author,
    insert_imports,
    is_shuffled,
    select_filled,
    select_own_books,
    summarise_import,
)
from gapmatch.privacy import mask_numbers
from gapmatch.quarters import Quarter
from gapmatch.store.runs import Store, get_utc_now
from gapmatch.vocabulary.entry_notes import EntryNote
from gapmatch.vocabulary.entry_words import is_rough_count, parse_count, parse_dates
from gapmatch.vocabulary.outcomes import is_sure_outcome, parse_outcome

_MAX_PERSONS_UNKNOWN = 2_000
"""Maximum of newly insured persons per visit at a firm of unknown size, unless confirmed."""

_MAX_PERSONS_FACTOR = 3
_MIN_PERSONS_BOUND = 30
"""Persons that one visit may insure anywhere; beyond, three times what the firm is estimated at."""

_Found = tuple[FilledBook, FilledRow, Visit]


def import_visits(
    store: Store,
    books: Sequence[FilledBook],
    who: str | None = None,
    unreadable: Sequence[RefusedRow] = (),
    language: str = "zh",
) -> ImportReport:
    """Take what visitors found, from the visit and recheck sheets of ``books``.

    As ``import_reviews``. A visit to a firm without a case opens one. A firm found insured all
    along whose remark names the unit (number or name) also becomes a decision.
    """
    tally = Tally(language, left=list(unreadable))
    own = list(select_own_books(store, books, tally))
    parser = _VisitParser(store, who, tally)
    found = [
        (book, row, visit)
        for book in own
        for row in select_filled(book.visits, "outcome", tally)
        if (visit := _parse_or_leave(parser, book, row))
    ]
    _note_rows_without_keys(found, tally)
    with store.transaction():
        sync_outcomes(store.db)
        placed = _select_new(store, _drop_contradictions(found, tally), tally)
        decided = _confirm_units(store, [(b, v) for b, _case, v in placed.visits], tally)
        numbers = insert_imports(store, own, "visits", [b for b, _c, _v in placed.visits], tally)
        at = get_utc_now()
        for old, book in placed.corrected.items():
            retract_visits(store.db, [old], at, numbers[book.sha256])
        rows = ((c, add_import_number(v, numbers[b.sha256])) for b, c, v in placed.visits)
        insert_visits(store.db, rows, at)
        insert_decisions(
            store.db, (add_import_number(s, numbers[b.sha256]) for b, s in decided), at
        )
    other = sum("verdict" in row.cells for book in own for row in book.reviews)
    report = summarise_import("visits", own, len(placed.visits), tally, other)
    return replace(report, decided=len(decided), numbers={b.file: numbers[b.sha256] for b in own})


def _note_rows_without_keys(found: list[_Found], tally: Tally) -> None:
    """Ask once for each sheet to check the firms that were found by what their rows show."""
    sheets: dict[tuple[str, str], list[FilledRow]] = {}
    for _book, row, _visit in found:
        if row.identity is None:
            sheets.setdefault((row.file, row.sheet), []).append(row)
    for rows in sheets.values():
        tally.note(rows[0], EntryNote("rows_without_key", {"count": len(rows)}))


def _parse_or_leave(parser: "_VisitParser", book: FilledBook, row: FilledRow) -> Visit | None:
    visit = parser.parse(book, row)
    if isinstance(visit, EntryNote):
        parser.tally.leave(row, visit)
        return None
    return visit


@dataclass(frozen=True)
class _VisitParser:
    """Makes visits of rows."""

    store: Store
    who: str | None
    tally: Tally
    sizes: dict[str, Mapping[FirmIdentity, float | None]] = field(default_factory=dict)
    finders: list[FirmFinder] = field(default_factory=list)

    def parse(self, book: FilledBook, row: FilledRow) -> Visit | EntryNote:
        """Return the visit of ``row``, or the reason why it is left out."""
        quarter = book.quarter or self.store.find_latest_quarter() or ""
        outcome = parse_outcome(row.cells["outcome"])
        if outcome is None:
            return EntryNote("unknown_outcome", {"text": row.cells["outcome"]})
        firm = self._find_firm(row, quarter)
        if isinstance(firm, EntryNote):
            return firm
        day = self._parse_day(row, quarter)
        if isinstance(day, EntryNote):
            return day
        persons = self._parse_persons(row, firm, quarter)
        if isinstance(persons, EntryNote):
            return persons
        if not is_sure_outcome(row.cells["outcome"]):
            facts = {"text": row.cells["outcome"], "outcome": outcome.code}
            self.tally.note(row, EntryNote("unsure_outcome", facts))
        remark = mask_numbers(row.cells.get("remark") or "") or None
        source = Source(sheet=row.sheet, row=row.row)
        author = choose_author(book, self.who)
        visited_on = day.isoformat() if day else None
        return Visit(*firm, outcome.code, author, quarter, visited_on, persons, remark, source)

    def _find_firm(self, row: FilledRow, quarter: str) -> FirmIdentity | EntryNote:
        if not self.finders:
            self.finders.append(FirmFinder(self.store))
        finder = self.finders[0]
        if not isinstance(row.identity, FirmIdentity):
            return finder.find(row, quarter)
        if is_shuffled(row, row.identity):
            return EntryNote("shuffled")
        if not finder.has(row.identity, quarter):
            return EntryNote("unknown_firm")
        return row.identity

    def _parse_day(self, row: FilledRow, quarter: str) -> date | EntryNote | None:
        text = row.cells.get("date")
        if not text:
            return None
        today = datetime.now(UTC).astimezone().date()
        earliest = Quarter.parse(quarter).first_day if quarter else None
        days = parse_dates(text, earliest)
        if len(days) != 1:
            self.tally.note(row, EntryNote("several_dates" if days else "bad_date", {"text": text}))
        if not days:
            return None
        day = max(days)
        if day > today or (earliest and day < earliest):
            return EntryNote("date_out_of_range", {"text": text, "first": earliest, "last": today})
        return day

    def _parse_persons(
        self, row: FilledRow, firm: FirmIdentity, quarter: str
    ) -> int | EntryNote | None:
        text = row.cells.get("persons")
        persons = parse_count(text) if text else None
        if not text:
            return None
        if persons is None:
            self.tally.note(row, EntryNote("bad_persons", {"text": text}))
            return None
        if is_rough_count(text):
            self.tally.note(row, EntryNote("rough_persons", {"text": text, "persons": persons}))
        limit = self._limit_persons(firm, quarter)
        if persons > limit:
            return EntryNote("too_many_persons", {"persons": persons, "limit": limit})
        return persons

    def _limit_persons(self, firm: FirmIdentity, quarter: str) -> int:
        held = quarter if quarter in self.store.quarters() else self.store.find_latest_quarter()
        if held is None:
            return _MAX_PERSONS_UNKNOWN
        if held not in self.sizes:
            self.sizes[held] = _read_sizes(self.store, held)
        size = self.sizes[held].get(firm)
        if size is None:
            return _MAX_PERSONS_UNKNOWN
        return max(_MIN_PERSONS_BOUND, round(size * _MAX_PERSONS_FACTOR))


def _read_sizes(store: Store, quarter: str) -> dict[FirmIdentity, float | None]:
    """Return the upper end of each firm's estimated headcount."""
    gaps = store.result(quarter, "gaps").select("firm", "headcount_high")
    firms = select_identity(store.result(quarter, "firms"), "firm").join(gaps, on="firm")
    return {
        FirmIdentity(code, name): size
        for code, name, size in firms.select("code", "name", "headcount_high").iter_rows()
    }


def _drop_contradictions(found: list[_Found], tally: Tally) -> list[_Found]:
    """Return each visit once; contradictory rows on a firm and day are all left out.

    Visits of different days follow each other: the firm was visited more than once.
    """
    groups: dict[tuple[str | None, str | None], list[_Found]] = {}
    for entry in found:
        groups.setdefault((entry[2].firm_code, entry[2].firm_name), []).append(entry)
    chosen: list[_Found] = []
    for entries in groups.values():
        different = {_list_entries(visit): entry for entry in entries for visit in [entry[2]]}
        days = {visit.visited_on for _b, _r, visit in different.values()}
        if len(different) == len(days) and (len(days) == 1 or None not in days):
            chosen += sorted(different.values(), key=lambda entry: entry[2].visited_on or "")
            continue
        for _book, row, _visit in entries:
            tally.leave(row, _describe_contradiction(row, entries))
    return chosen


def _describe_contradiction(row: FilledRow, entries: list[_Found]) -> EntryNote:
    others = {r.file for _b, r, _v in entries} - {row.file}
    if not others:
        return EntryNote("contradiction")
    return EntryNote("contradicts_files", {"files": sorted(others)})


def _list_entries(visit: Visit) -> tuple[object, ...]:
    return visit.outcome, visit.visited_on, visit.persons, visit.remark


@dataclass(frozen=True)
class _NewVisits:
    """Visits to add, and the earlier ones (``visits.id``) that they correct."""

    visits: list[tuple[FilledBook, int, Visit]] = field(default_factory=list)
    corrected: dict[int, FilledBook] = field(default_factory=dict)


def _select_new(store: Store, found: list[_Found], tally: Tally) -> _NewVisits:
    """Return the visits that are new, each with its case; cases that are missing are opened.

    A row that repeats an earlier entry of the same day, except for persons or remark, corrects it;
    one with another outcome contradicts it, and is left out until one of them is taken back.
    """
    cases = _assign_cases(store, [(book, visit) for book, _row, visit in found])
    standing, ever = _read_known(store)
    new = _NewVisits()
    for (book, row, visit), case in zip(found, cases, strict=True):
        words = (case, *_list_entries(visit))
        if words in ever:
            tally.known += 1
            continue
        old = standing.get((case, visit.quarter, visit.visited_on))
        if old is not None and old[1] != visit.outcome:
            tally.leave(row, _describe_conflict(old))
            continue
        if old is not None:
            new.corrected[old[0]] = book
            tally.note(row, EntryNote("corrects"))
        ever.add(words)
        new.visits.append((book, case, visit))
    return new


def _describe_conflict(old: tuple[int, str, int | None]) -> EntryNote:
    if old[2] is None:
        return EntryNote("contradicts_earlier", {"outcome": old[1]})
    return EntryNote("contradicts_import", {"outcome": old[1], "number": old[2]})


_Standing = dict[tuple[int, str, str | None], tuple[int, str, int | None]]


def _read_known(store: Store) -> tuple[_Standing, set[tuple[object, ...]]]:
    """Return what stands by case, quarter and day, and the words of all that was not undone."""
    sql = """
        SELECT v.id, v.case_id, v.quarter, v.visited_on, v.outcome, v.persons, v.remark,
               v.import_id, r.id IS NOT NULL, i.kind IS 'undo'
        FROM visits v LEFT JOIN visits r ON r.takes_back = v.id
             LEFT JOIN imports i ON i.id = r.import_id
        WHERE v.outcome <> 'retracted' ORDER BY v.id"""
    standing: _Standing = {}
    ever: set[tuple[object, ...]] = set()
    for (
        number,
        case,
        quarter,
        day,
        outcome,
        persons,
        remark,
        source,
        back,
        undone,
    ) in store.db.execute(sql):
        if not undone:
            ever.add((case, outcome, day, persons, remark))
        if not back:
            standing[case, quarter, day] = (number, outcome, source)
    return standing, ever


def _assign_cases(store: Store, visits: list[tuple[FilledBook, Visit]]) -> list[int]:
    cases = read_ledger(store.db).cases
    names = ("entry", "code", "name", "opened_quarter", "county")
    schema = {name: pl.Int64 if name == "entry" else pl.String for name in names}
    rows = [
        (i, v.firm_code, v.firm_name, v.quarter, book.county) for i, (book, v) in enumerate(visits)
    ]
    entries = pl.DataFrame(rows, schema=schema, orient="row")
    found = locate_cases(entries, cases)
    missing = entries.join(found, on="entry", how="anti").unique(
        ["code", "name"], keep="first", maintain_order=True
    )
    if missing.height:
        cases = pl.concat([cases, _open_cases(store, missing, cases)])
        found = locate_cases(entries, cases)
    by_entry: dict[int, int] = dict(found.iter_rows())
    return [by_entry[i] for i in range(len(visits))]


def _open_cases(store: Store, missing: pl.DataFrame, cases: pl.DataFrame) -> pl.DataFrame:
    quarter = store.find_latest_quarter()
    firms = store.result(quarter, "firms") if quarter else pl.DataFrame({"division": []})
    plain = missing.select(
        "code", pl.col("name").alias("standard_name"), format_standard_name("name"), "county"
    )
    opened = number_cases(plain, cases, quarter or "", choose_case_prefix(cases, firms))
    opened = opened.with_columns(missing["opened_quarter"]).select(
        pl.col(name).cast(dtype) for name, dtype in CASES.items()
    )
    insert_cases(store.db, opened)
    return opened


def _confirm_units(
    store: Store, visits: list[tuple[FilledBook, Visit]], tally: Tally
) -> list[tuple[FilledBook, ReviewDecision]]:
    """Return a decision for each firm found insured whose unit is named in the remark."""
    wanted = [
        (b, v) for b, v in visits if (o := parse_outcome(v.outcome)) and o.effect == "same_firm"
    ]
    quarter = store.find_latest_quarter()
    if not wanted or not quarter:
        return []
    named = _index_units(store.result(quarter, "units"))
    decided = []
    for book, visit in wanted:
        unit = _find_unit(named, visit.remark or "")
        if unit is None:
            reason = tally.describe(EntryNote("no_unit_in_remark"))
            tally.notes.append(
                RefusedRow(book.file, visit.source.sheet or "", visit.source.row or 0, reason)
            )
            continue
        *identity, given = unit
        pair = Pair(visit.firm_code, visit.firm_name, *identity)
        names = None, given
        decision = ReviewDecision(
            pair, "same", visit.who, visit.quarter, visit.remark, names, visit.source
        )
        decided.append((book, decision))
    return decided


_Unit = tuple[str | None, str | None, str | None, str | None]
"""``unit_id``, code, standard name, name as given."""


def _index_units(units: pl.DataFrame) -> list[dict[str, list[_Unit]]]:
    """Return word to units, for their numbers, codes, and names as given and standard."""
    identities = select_identity(units, "unit").join(
        units.select("unit", "unit_id", pl.col("name").alias("given")), on="unit"
    )
    rows = identities.sort("unit").select("unit_id", "code", "name", "given").rows()
    by_word: list[dict[str, list[_Unit]]] = [{}, {}, {}, {}]
    for row in rows:
        for words, word, shortest in zip(by_word, row, (4, 9, 4, 4), strict=True):
            if word and len(word) >= shortest:
                words.setdefault(word.upper(), []).append(row)
    return by_word


def _find_unit(by_word: list[dict[str, list[_Unit]]], remark: str) -> _Unit | None:
    """Return the one unit whose number, code or whole name ``remark`` has, the longest first."""
    text = remark.upper()
    for words in by_word if text else ():
        longest = max(
            (word for word in words if word in text), key=lambda w: (len(w), w), default=""
        )
        if len(words.get(longest, ())) == 1:
            return words[longest][0]
    return None
