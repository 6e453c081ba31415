"""A filled row of a visit or recheck sheet as a visit.

A date or a number that cannot be read does not cost the row: it is taken without it, with a note. A
date or a number that cannot be true is asked about: the row is left out with the reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property

import polars as pl

from gapmatch.ledger.entries import ReviewDecision, Source, Visit
from gapmatch.ledger.filled_rows import (
    FilledBook,
    FilledRow,
    FirmIdentity,
    Pair,
    RefusedRow,
    UnusableRowError,
)
from gapmatch.ledger.find_firms import FirmFinder
from gapmatch.ledger.identity import select_identity
from gapmatch.ledger.imports import Tally, choose_author
from gapmatch.quarters import Quarter
from gapmatch.store.runs import Store
from gapmatch.vocabulary.entry_words import (
    is_rough_count,
    list_days_of_year_last,
    list_earlier_values,
    list_likely_values,
    parse_count,
    parse_dates,
)
from gapmatch.vocabulary.notes import Note
from gapmatch.vocabulary.outcomes import (
    Outcome,
    is_more_than_outcome,
    is_sure_outcome,
    parse_outcome,
)

_Unit = tuple[str | None, str | None, str | None, str | None]
"""``unit_id``, code, standard name, name as given."""


def confirm_units(
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
        note = _find_doubt(unit, visit.firm_code)
        if unit is None or note:
            reason = tally.describe(note or Note("no_unit_in_remark"))
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


def _find_doubt(unit: _Unit | None, firm_code: str | None) -> Note | None:
    """Return why a remark does not make a unit the firm's: its code is another firm's.

    Clerks write 在某某公司参保 of workers whom a sister firm insures.
    """
    code = unit[1] if unit else None
    if unit is None or not code or not firm_code or code in firm_code or firm_code in code:
        return None  # an organisation code stands in the credit code
    return Note("unit_of_other_code", {"unit": unit[3]})


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


_MAX_PERSONS_UNKNOWN = 2_000
"""Maximum of newly insured persons per visit at a firm of unknown size, unless confirmed."""

_MAX_PERSONS_FACTOR = 3
_MIN_PERSONS_BOUND = 30
"""Persons that one visit may insure anywhere; beyond, three times what the firm is estimated at."""

_LEAST_YEAR = timedelta(days=365)

_FIRST_YEARS = range(1899, 1910)
"""Of numbers below 3,654, which a cell of dates shows as days: 11.5, 1105, 2022."""


@dataclass(frozen=True)
class VisitParser:
    """Makes visits of rows."""

    store: Store
    who: str | None
    tally: Tally
    sizes: dict[str, Mapping[FirmIdentity, float | None]] = field(default_factory=dict)

    @cached_property
    def _firms(self) -> FirmFinder:
        return FirmFinder(self.store)

    def parse(self, book: FilledBook, row: FilledRow) -> Visit:
        """Return the visit of ``row``; raise ``UnusableRowError`` if it cannot be taken."""
        quarter = book.quarter or self.store.find_latest_quarter() or ""
        text = row.cells["outcome"]
        if row.misplaced:
            self.tally.note(row, Note("misplaced_outcome", {"text": text}))
        outcome = parse_outcome(text)
        if outcome is None:
            if likely := list_likely_values(text):
                raise UnusableRowError("unclear_outcome", text=text, outcomes=likely)
            raise UnusableRowError("unknown_outcome", text=text)
        self._refuse_earlier_enrolment(row, outcome)
        firm = self._find_firm(row, quarter)
        day = self._parse_day(row, quarter)
        persons = self._parse_persons(row, firm, quarter, outcome)
        if not is_sure_outcome(text):
            facts = {"text": text, "outcome": outcome.code}
            self.tally.note(row, Note("unsure_outcome", facts))
        remark = row.cells.get("remark")
        if is_more_than_outcome(text):
            remark = "；".join(filter(None, (text, remark)))
        if outcome.is_remark_needed(firm.code) and not any(map(str.isalnum, remark or "")):
            reason = "no_remark" if outcome.asks_remark == "always" else "company_as_public"
            facts = {"outcome": outcome.code, "meaning": outcome.code, "uscc": firm.code or ""}
            raise UnusableRowError(reason, **facts)
        source = Source(sheet=row.sheet, row=row.row)
        author = choose_author(book, self.who)
        visited_on = day.isoformat() if day else None
        return Visit(*firm, outcome.code, author, quarter, visited_on, persons, remark, source)

    def _refuse_earlier_enrolment(self, row: FilledRow, outcome: Outcome) -> None:
        """Ask about 已参保 of nobody newly insured, if the remark says that it was so before."""
        text = row.cells["outcome"]
        if outcome.effect != "expect_link" or is_sure_outcome(text):
            return
        words = "；".join(filter(None, (text, row.cells.get("remark"))))
        likely = list_earlier_values(words)
        if likely and not parse_count(row.cells.get("persons", "")):
            raise UnusableRowError("unclear_outcome", text=words, outcomes=likely)

    def _find_firm(self, row: FilledRow, quarter: str) -> FirmIdentity:
        if not isinstance(row.identity, FirmIdentity):
            return self._firms.find(row, quarter)
        return self._firms.check(row, row.identity, quarter)

    def _parse_day(self, row: FilledRow, quarter: str) -> date | None:
        text = row.cells.get("date")
        if not text:
            return None
        today = datetime.now(UTC).astimezone().date()
        earliest = Quarter.parse(quarter).first_day if quarter else None
        days = parse_dates(text, earliest)
        readings = list_days_of_year_last(text)
        if not days and readings:
            facts = {"text": text, "first": readings[0], "second": readings[1]}
            self.tally.note(row, Note("day_or_month", facts))
        elif len(days) != 1:
            self.tally.note(row, Note("several_dates" if days else "bad_date", {"text": text}))
        if not days:
            return None
        day = max(days)
        if day.year in _FIRST_YEARS:
            raise UnusableRowError("number_as_date", text=text)
        if day > today or (earliest and day < earliest):
            raise UnusableRowError("date_out_of_range", text=text, first=earliest, last=today)
        if not parse_dates(text) and day + _LEAST_YEAR <= today:
            self.tally.note(row, Note("guessed_year", {"text": text, "day": str(day)}))
        return day

    def _parse_persons(
        self, row: FilledRow, firm: FirmIdentity, quarter: str, outcome: Outcome
    ) -> int | None:
        """Return the newly insured: an outcome that enrols nobody has none, whatever is entered."""
        persons = self._parse_count(row)
        enrolled = outcome.effect == "expect_link"
        if enrolled and not row.cells.get("persons"):
            self.tally.note(row, Note("no_persons"))
        if not persons:
            return persons
        if not enrolled:
            facts = {"outcome": outcome.code, "persons": persons}
            self.tally.note(row, Note("persons_not_counted", facts))
            return None
        limit = self._limit_persons(firm, quarter)
        if persons > limit:
            raise UnusableRowError("too_many_persons", persons=persons, limit=limit)
        return persons

    def _parse_count(self, row: FilledRow) -> int | None:
        text = row.cells.get("persons")
        if not text:
            return None
        persons = parse_count(text)
        if persons is None:
            self.tally.note(row, Note("bad_persons", {"text": text}))
            return None
        if is_rough_count(text):
            self.tally.note(row, Note("rough_persons", {"text": text, "persons": persons}))
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
