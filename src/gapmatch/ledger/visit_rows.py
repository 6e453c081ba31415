"""A filled row of a visit or recheck sheet as a visit.

A date or a number that cannot be read does not cost the row: it is taken without it, with a note. A
date or a number that cannot be true is asked about: the row is left out with the reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from gapmatch.ledger.entries import Source, Visit
from gapmatch.ledger.filled_rows import FilledBook, FilledRow, FirmIdentity
from gapmatch.ledger.find_firms import FirmFinder
from gapmatch.ledger.identity import select_identity
from gapmatch.ledger.imports import Tally, choose_author, is_shuffled
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
    finders: list[FirmFinder] = field(default_factory=list)

    def parse_or_leave(self, book: FilledBook, row: FilledRow) -> Visit | None:
        """Return the visit of ``row``; ``None`` if it is left out, which the tally notes."""
        visit = self._parse(book, row)
        if isinstance(visit, Note):
            self.tally.leave(row, visit)
            return None
        return visit

    def _parse(self, book: FilledBook, row: FilledRow) -> Visit | Note:
        quarter = book.quarter or self.store.find_latest_quarter() or ""
        outcome = parse_outcome(row.cells["outcome"])
        if outcome is None:
            return Note("unknown_outcome", {"text": row.cells["outcome"]})
        firm = self._find_firm(row, quarter)
        if isinstance(firm, Note):
            return firm
        day = self._parse_day(row, quarter)
        if isinstance(day, Note):
            return day
        persons = self._parse_persons(row, firm, quarter)
        if isinstance(persons, Note):
            return persons
        if not is_sure_outcome(row.cells["outcome"]):
            facts = {"text": row.cells["outcome"], "outcome": outcome.code}
            self.tally.note(row, Note("unsure_outcome", facts))
        remark = row.cells.get("remark")
        source = Source(sheet=row.sheet, row=row.row)
        author = choose_author(book, self.who)
        visited_on = day.isoformat() if day else None
        return Visit(*firm, outcome.code, author, quarter, visited_on, persons, remark, source)

    def _find_firm(self, row: FilledRow, quarter: str) -> FirmIdentity | Note:
        if not self.finders:
            self.finders.append(FirmFinder(self.store))
        finder = self.finders[0]
        if not isinstance(row.identity, FirmIdentity):
            return finder.find(row, quarter)
        if is_shuffled(row, row.identity):
            return Note("shuffled")
        if not finder.has(row.identity, quarter):
            return Note("unknown_firm")
        return row.identity

    def _parse_day(self, row: FilledRow, quarter: str) -> date | Note | None:
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
            return Note("date_out_of_range", {"text": text, "first": earliest, "last": today})
        return day

    def _parse_persons(self, row: FilledRow, firm: FirmIdentity, quarter: str) -> int | Note | None:
        text = row.cells.get("persons")
        persons = parse_count(text) if text else None
        if not text:
            return None
        if persons is None:
            self.tally.note(row, Note("bad_persons", {"text": text}))
            return None
        if is_rough_count(text):
            self.tally.note(row, Note("rough_persons", {"text": text, "persons": persons}))
        limit = self._limit_persons(firm, quarter)
        if persons > limit:
            return Note("too_many_persons", {"persons": persons, "limit": limit})
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
