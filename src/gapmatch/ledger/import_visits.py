"""Imports of what visitors found: which visits are new, and to which case each belongs.

``visit_rows`` makes visits of rows, and decisions of their remarks.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

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
    """Return each visit once; contradictory rows on a firm and day are all left out."""
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
        if len(different) == len(days) and (len(days) == 1 or None not in days):
            chosen += sorted(different.values(), key=lambda entry: entry[2].visited_on or "")
            continue
        for _book, row, _visit in entries:
            tally.leave(row, describe_contradiction(row, [r.file for _b, r, _v in entries]))
    return chosen


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
    remark, corrects it; one with another outcome, or now without the day, contradicts it, and is
    left out until one of them is taken back.
    """
    cases = _assign_cases(store, [(book, visit) for book, _row, visit in found])
    standing, ever = _read_known(store)
    dated = {(case, q, v[1]): v for (case, q, day), v in standing.items() if day}
    new = _NewVisits()
    for (book, row, visit), case in zip(found, cases, strict=True):
        words = (case, *_list_entries(visit))
        if words in ever:
            tally.known += 1
            continue
        old = standing.get((case, visit.quarter, visit.visited_on))
        if old is None and visit.visited_on:  # entered before without its day
            undated = standing.get((case, visit.quarter, None))
            old = undated if undated and undated[1] == visit.outcome else None
        if old is not None and old[1] != visit.outcome:
            tally.leave(row, _describe_conflict(old))
            continue
        repeated = dated.get((case, visit.quarter, visit.outcome))
        if not visit.visited_on and repeated:
            tally.leave(row, _describe_conflict(repeated))
            continue
        if old is not None:
            new.corrected[old[0]] = book
            tally.note(row, Note("corrects"))
        ever.add(words)
        new.visits.append((book, case, visit))
    return new


def _describe_conflict(old: tuple[int, str, int | None]) -> Note:
    if old[2] is None:
        return Note("contradicts_earlier", {"outcome": old[1]})
    return Note("contradicts_import", {"outcome": old[1], "number": old[2]})


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
    for visit, case, quarter, day, *words, source, is_back, is_undone in store.db.execute(sql):
        if not is_undone:
            ever.add((case, words[0], day, *words[1:]))
        if not is_back:
            standing[case, quarter, day] = (visit, words[0], source)
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
