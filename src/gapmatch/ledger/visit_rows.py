"""A filled row of a visit or recheck sheet as a visit.

A date or a number that cannot be read does not cost the row: it is taken without it, with a note. A
date or a number that cannot be true is asked about: the row is left out with the reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property

from gapmatch.ledger.entries import Source, Visit
from gapmatch.ledger.filled_rows import FilledBook, FilledRow, FirmIdentity, UnusableRowError
from gapmatch.ledger.find_firms import FirmFinder
from gapmatch.ledger.identity import select_identity
from gapmatch.ledger.imports import Tally, choose_author
from gapmatch.quarters import Quarter
from gapmatch.store.runs import Store
from gapmatch.vocabulary.entry_words import is_rough_count, parse_count, parse_dates
from gapmatch.vocabulary.notes import Note
from gapmatch.vocabulary.outcomes import is_sure_outcome, parse_outcome

_MAX_PERSONS_UNKNOWN = 2_000
"""Maximum of newly insured persons per visit at a firm of unknown size, unless confirmed."""

_MAX_PERSONS_FACTOR = 3
_MIN_PERSONS_BOUND = 30
"""Persons that one visit may insure anywhere; beyond, three times what the firm is estimated at."""


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
        outcome = parse_outcome(text)
        if outcome is None:
            raise UnusableRowError("unknown_outcome", text=text)
        firm = self._find_firm(row, quarter)
        day = self._parse_day(row, quarter)
        persons = self._parse_persons(row, firm, quarter)
        if not is_sure_outcome(text):
            facts = {"text": text, "outcome": outcome.code}
            self.tally.note(row, Note("unsure_outcome", facts))
        remark = row.cells.get("remark")
        source = Source(sheet=row.sheet, row=row.row)
        author = choose_author(book, self.who)
        visited_on = day.isoformat() if day else None
        return Visit(*firm, outcome.code, author, quarter, visited_on, persons, remark, source)

    def _find_firm(self, row: FilledRow, quarter: str) -> FirmIdentity:
        if not isinstance(row.identity, FirmIdentity):
            return self._firms.find(row, quarter)
        self._firms.check(row, row.identity, quarter)
        return row.identity

    def _parse_day(self, row: FilledRow, quarter: str) -> date | None:
        text = row.cells.get("date")
        if not text:
            return None
        today = datetime.now(UTC).astimezone().date()
        earliest = Quarter.parse(quarter).first_day if quarter else None
        days = parse_dates(text, earliest)
        if len(days) != 1:
            self.tally.note(row, Note("several_dates" if days else "bad_date", {"text": text}))
        if not days:
            return None
        day = max(days)
        if day > today or (earliest and day < earliest):
            raise UnusableRowError("date_out_of_range", text=text, first=earliest, last=today)
        return day

    def _parse_persons(self, row: FilledRow, firm: FirmIdentity, quarter: str) -> int | None:
        text = row.cells.get("persons")
        if not text:
            return None
        persons = parse_count(text)
        if persons is None:
            self.tally.note(row, Note("bad_persons", {"text": text}))
            return None
        if is_rough_count(text):
            self.tally.note(row, Note("rough_persons", {"text": text, "persons": persons}))
        limit = self._limit_persons(firm, quarter)
        if persons > limit:
            raise UnusableRowError("too_many_persons", persons=persons, limit=limit)
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
