"""Imports of what visitors found: which visits are new, and to which case each belongs.

``visit_rows`` makes visits of rows, and decisions of their remarks.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import NamedTuple

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
    STANDING_VISITS,
    Visit,
    insert_decisions,
    insert_visits,
    retract_visits,
    sync_outcomes,
)
from gapmatch.ledger.filled_rows import FilledBook, FilledRow, RefusedRow, describe_contradiction
from gapmatch.ledger.identity import format_standard_name, select_identity
from gapmatch.ledger.imports import (
    ImportReport,
    Tally,
    add_import_number,
    collect_entries,
    insert_imports,
    select_own_books,
    summarise_import,
)
from gapmatch.ledger.visit_rows import VisitParser, confirm_units
from gapmatch.store.runs import Store, get_utc_now
from gapmatch.vocabulary.notes import Note
from gapmatch.vocabulary.outcomes import load_outcomes

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
    own_books = list(select_own_books(store, books, tally))
    rows = ((book, row) for book in own_books for row in book.visits)
    entries = collect_entries(rows, "outcome", VisitParser(store, who, tally).parse, tally)
    _settle_rows_put_right(store, own_books, tally)
    _note_rows_without_keys(entries, tally)
    with store.transaction():
        sync_outcomes(store.db)
        placed = _select_new(store, _drop_contradictions(entries, tally), tally)
        decided = confirm_units(store, [(b, v) for b, _case, v in placed.visits], tally)
        numbers = insert_imports(
            store, own_books, "visits", [b for b, _c, _v in placed.visits], tally
        )
        at = get_utc_now()
        for old, book in placed.corrected.items():
            retract_visits(store.db, [old], at, numbers[book.sha256])
        visits = ((c, add_import_number(v, numbers[b.sha256])) for b, c, v in placed.visits)
        insert_visits(store.db, visits, at)
        decisions = (add_import_number(d, numbers[b.sha256]) for b, d in decided)
        insert_decisions(store.db, decisions, at)
    return summarise_import(
        "visits",
        numbers,
        tally,
        books=own_books,
        taken=len(placed.visits),
        other=sum("verdict" in row.cells for book in own_books for row in book.reviews),
        decided=len(decided),
    )


def _settle_rows_put_right(store: Store, books: Sequence[FilledBook], tally: Tally) -> None:
    """Count rows of a file that is read once more as known if they were put right since.

    They were left out and named when the same bytes came first; a later import entered a visit to
    the firm in that quarter, be it by the correction sheet or by a new version of the workbook.
    """
    sql = "SELECT sha256, min(id) FROM imports WHERE kind = 'visits' GROUP BY sha256"
    first = dict(store.db.execute(sql))
    read_before = {b.file: (b.quarter, first[b.sha256]) for b in books if b.sha256 in first}
    if not read_before:
        return
    sql = f"""SELECT firm_code, firm_name, quarter, max(import_id) FROM {STANDING_VISITS}
              WHERE import_id IS NOT NULL GROUP BY firm_code, firm_name, quarter"""
    entered: dict[tuple[object, str | None], int] = {
        ((code, name), quarter): last for code, name, quarter, last in store.db.execute(sql)
    }
    left = []
    for refused in tally.left:
        quarter, number = read_before.get(refused.file, (None, 0))
        if entered.get((refused.identity, quarter), 0) <= number:
            left.append(refused)
    tally.known += len(tally.left) - len(left)
    tally.left = left


def _note_rows_without_keys(found: list[_Found], tally: Tally) -> None:
    """Ask once for each sheet to check the firms that were found by what their rows show."""
    sheets: dict[tuple[str, str], list[FilledRow]] = {}
    for _book, row, visit in found:
        if row.identity != (visit.firm_code, visit.firm_name):
            sheets.setdefault((row.file, row.sheet), []).append(row)
    for rows in sheets.values():
        tally.note(rows[0], Note("rows_without_key", {"count": len(rows)}))


def _drop_contradictions(found: list[_Found], tally: Tally) -> list[_Found]:
    """Return each visit once; rows on a firm that cannot all be true are all left out.

    Two results for one day are; results for several days are, if one of them cannot follow another.
    """
    groups: dict[tuple[str | None, str | None], list[_Found]] = {}
    for entry in found:
        groups.setdefault((entry[2].firm_code, entry[2].firm_name), []).append(entry)
    chosen: list[_Found] = []
    for entries in groups.values():
        different = {_list_entries(entry[2]): entry for entry in entries}
        for words in list(different):
            if any(_is_fuller(other, words) for other in different if other != words):
                del different[words]
        days = {visit.visited_on for _b, _r, visit in different.values()}
        is_of_days = len(different) == len(days) and (len(days) == 1 or None not in days)
        ordered = sorted(different.values(), key=lambda entry: entry[2].visited_on or "")
        impossible = _find_impossible_sequence([visit for _b, _r, visit in ordered])
        if is_of_days and impossible is None:
            chosen += ordered
            continue
        for _book, row, _visit in entries:
            files = [r.file for _b, r, _v in entries]
            same_day = describe_contradiction(row, files)
            tally.leave(row, impossible if is_of_days and impossible else same_day)
    return chosen


def _find_impossible_sequence(visits: Sequence[Visit]) -> Note | None:
    """Return which of ``visits``, by day, cannot follow another of the same quarter, if one is."""
    for first, later in combinations(visits, 2):
        if first.quarter == later.quarter and not _may_follow(first.outcome, later.outcome):
            days = [(v.visited_on, v.outcome) for v in (first, later)]
            return Note("impossible_sequence", _list_sequence(*days))
    return None


def _may_follow(first: str, later: str) -> bool:
    """Whether a visit may find ``later`` after another of the same quarter found ``first``."""
    outcomes = load_outcomes()
    return outcomes[first].may_precede(outcomes[later])


_DayOutcome = tuple[str | None, str]


def _list_sequence(first: _DayOutcome, later: _DayOutcome) -> dict[str, object]:
    """Return the facts of two visits, the earlier one first, for a sentence about them."""
    names = ("day", "outcome", "later_day", "later_outcome")
    return dict(zip(names, (*first, *later), strict=True))


def _is_fuller(one: tuple[object, ...], other: tuple[object, ...]) -> bool:
    """Whether ``one`` has what ``other`` has, and fills what it leaves open."""
    return all(mine in (theirs, None) for mine, theirs in zip(other, one, strict=True))


def _list_entries(visit: Visit) -> tuple[object, ...]:
    return visit.outcome, visit.visited_on, visit.persons, visit.remark


@dataclass(frozen=True)
class _NewVisits:
    """Visits to add, and the earlier ones (``visits.id``) that they correct."""

    visits: list[tuple[FilledBook, int, Visit]] = field(default_factory=list)
    corrected: dict[int, FilledBook] = field(default_factory=dict)


def _select_new(store: Store, found: list[_Found], tally: Tally) -> _NewVisits:
    """Return the visits that are new, each with its case; cases that are missing are opened.

    A row that repeats an earlier entry of the same day, or without a day, except for persons or
    remark, corrects it; one that contradicts what stands is left out until either is taken back.
    """
    cases = _assign_cases(store, [(book, visit) for book, _row, visit in found])
    standing, ever = _read_known(store)
    new = _NewVisits()
    for (book, row, visit), case in zip(found, cases, strict=True):
        words = (case, *_list_entries(visit))
        if words in ever:
            tally.known += 1
            continue
        entries = standing.get((case, visit.quarter), {})
        old = _find_same_visit(visit, entries)
        if conflict := _find_conflict(visit, old, entries):
            tally.leave(row, conflict)
            continue
        if old is not None:
            new.corrected[old.id] = book
            tally.note(row, Note("corrects"))
        ever.add(words)
        new.visits.append((book, case, visit))
    return new


class _Entry(NamedTuple):
    """A visit that stands; ``number``: of its import, if it came by one."""

    id: int
    outcome: str
    number: int | None


_Entries = dict[str | None, _Entry]
"""What stands of a case and quarter, by day, in the order in which it came in."""


def _find_same_visit(visit: Visit, entries: _Entries) -> _Entry | None:
    """Return the entry of the same day, or the one that only its day has been added to."""
    same = entries.get(visit.visited_on)
    undated = entries.get(None)
    if same is None and undated and undated.outcome == visit.outcome:
        return undated
    return same


def _find_conflict(visit: Visit, old: _Entry | None, entries: _Entries) -> Note | None:
    """Return why ``visit`` contradicts what stands; ``old``: the entry that it would correct."""
    if old is not None and old.outcome != visit.outcome:
        return _describe_conflict(old)
    for day, entry in entries.items():
        if day and not visit.visited_on and entry.outcome == visit.outcome:
            return _describe_conflict(entry)
        if entry == old:
            continue
        order = [(day, entry.outcome), (visit.visited_on, visit.outcome)]
        if day and visit.visited_on and visit.visited_on < day:
            order.reverse()
        if not _may_follow(order[0][1], order[1][1]):
            code = "impossible_after_import" if entry.number else "impossible_after_entry"
            return Note(code, _list_sequence(*order) | {"number": entry.number})
    return None


def _describe_conflict(old: _Entry) -> Note:
    if old.number is None:
        return Note("contradicts_earlier", {"outcome": old.outcome})
    return Note("contradicts_import", {"outcome": old.outcome, "number": old.number})


_Standing = dict[tuple[int, str], _Entries]


def _read_known(store: Store) -> tuple[_Standing, set[tuple[object, ...]]]:
    """Return what stands by case and quarter, and the words of all that was not undone."""
    sql = """
        SELECT v.id, v.case_id, v.quarter, v.visited_on, v.outcome, v.persons, v.remark,
               v.import_id, r.id IS NOT NULL, i.kind IS 'undo'
        FROM visits v LEFT JOIN visits r ON r.takes_back = v.id
             LEFT JOIN imports i ON i.id = r.import_id
        WHERE v.outcome <> 'retracted' ORDER BY v.id"""
    standing: _Standing = {}
    ever: set[tuple[object, ...]] = set()
    for visit, case, quarter, day, *words, source, is_back, is_undone in store.db.execute(sql):
        if not is_undone:
            ever.add((case, words[0], day, *words[1:]))
        if not is_back:
            standing.setdefault((case, quarter), {})[day] = _Entry(visit, words[0], source)
    return standing, ever


def _assign_cases(store: Store, visits: list[tuple[FilledBook, Visit]]) -> list[int]:
    cases = read_ledger(store.db).cases
    texts = dict.fromkeys(("code", "name", "opened_quarter", "county"), pl.String)
    rows = [(v.firm_code, v.firm_name, v.quarter, book.county) for book, v in visits]
    entries = pl.DataFrame(rows, schema=texts, orient="row").with_row_index("entry")
    located = locate_cases(entries, cases)
    missing = entries.join(located, on="entry", how="anti").unique(
        ["code", "name"], keep="first", maintain_order=True
    )
    if missing.height:
        cases = pl.concat([cases, _open_cases(store, missing, cases)])
        located = locate_cases(entries, cases)
    return located.sort("entry")["case_id"].to_list()


def _open_cases(store: Store, missing: pl.DataFrame, cases: pl.DataFrame) -> pl.DataFrame:
    quarter = store.find_latest_quarter()
    firms = store.result(quarter, "firms") if quarter else pl.DataFrame({"division": []})
    names = _find_listed_names(store, missing["opened_quarter"].to_list())
    keys = missing.select("code", "name").rows()
    listed = pl.Series("name", [names.get(key) for key in keys], pl.String)
    plain = missing.select(
        "code",
        pl.col("name").alias("standard_name"),
        pl.coalesce(listed, format_standard_name("name")).alias("name"),
        "county",
    )
    opened = number_cases(plain, cases, quarter or "", choose_case_prefix(cases, firms))
    opened = opened.with_columns(missing["opened_quarter"]).select(
        pl.col(name).cast(dtype) for name, dtype in CASES.items()
    )
    insert_cases(store.db, opened)
    return opened


def _find_listed_names(
    store: Store, quarters: Sequence[str]
) -> dict[tuple[str | None, str | None], str]:
    """Return the names of firms as the lists of ``quarters`` have them, by code and name."""
    names: dict[tuple[str | None, str | None], str] = {}
    for quarter in sorted(set(quarters) & set(store.quarters())):
        firms = store.result(quarter, "firms")
        given = firms.select("firm", pl.col("name").alias("given"))
        rows = select_identity(firms, "firm").join(given, on="firm").sort("firm", descending=True)
        names |= {
            (code, name): given for code, name, given in rows.select("code", "name", "given").rows()
        }
    return names
