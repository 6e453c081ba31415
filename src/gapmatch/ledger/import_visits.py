"""Taking in what visitors found, from the visit and recheck sheets.

A date or a number of persons that cannot be read does not cost the row: it is taken without it, with
a note.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from gapmatch.forms.reader import FilledBook, FilledRow, StrayRow, parse_count, parse_date
from gapmatch.i18n import _
from gapmatch.ledger.cases import (
    CASES,
    choose_case_prefix,
    insert_cases,
    locate_cases,
    number_cases,
    read_ledger,
)
from gapmatch.ledger.entries import (
    Pair,
    ReviewDecision,
    Source,
    Visit,
    insert_decisions,
    insert_visits,
    sync_outcomes,
)
from gapmatch.ledger.identity import readable, select_identity
from gapmatch.ledger.imports import (
    ImportReport,
    Tally,
    author,
    filled_books,
    is_shuffled,
    report_of,
    sourced,
    unambiguous,
    write_imports,
)
from gapmatch.store.runs import Store, utc_now
from gapmatch.vocabulary.outcomes import parse_outcome


def import_visits(store: Store, files: Sequence[Path], who: str | None = None) -> ImportReport:
    """Take what visitors found, from the visit and recheck sheets of ``files``; as ``import_reviews``.

    A visit to a firm without a case opens one. A firm found insured all along whose remark names the
    unit (number or name) also becomes a decision.
    """
    books = filled_books(files)
    tally = Tally()
    latest = store.latest_quarter() or ""
    found = [
        (book, visit)
        for book in books
        for row in unambiguous(book.visits, "outcome", tally)
        if (visit := _visit(book, row, (who, book.quarter or latest), tally))
    ]
    with store.db.atomic():
        sync_outcomes(store.db)
        placed = _new_visits(store, found, tally)
        decided = _confirmed(store, [(b, v) for b, _c, v in placed], tally)
        numbers = write_imports(store, books, "visits", [b for b, _c, _v in placed], tally)
        at = utc_now()
        insert_visits(store.db, ((c, sourced(v, numbers[b.sha256])) for b, c, v in placed), at)
        insert_decisions(store.db, (sourced(s, numbers[b.sha256]) for b, s in decided), at)
    other = sum("verdict" in row.cells for book in books for row in book.reviews)
    return replace(report_of("visits", books, len(placed), tally, other), decided=len(decided))


def _visit(
    book: FilledBook, row: FilledRow, told: tuple[str | None, str], tally: Tally
) -> Visit | None:
    """Return the visit that ``row`` tells of; ``told``: who, and the quarter of the sheet."""
    outcome = parse_outcome(row.cells["outcome"])
    _side, code, name = row.key.split("|")
    if outcome is None:
        tally.leave(row, _("结果“{text}”不在可选项中").format(text=row.cells["outcome"]))
        return None
    if is_shuffled(row, code, name):
        tally.leave(row, _("系统标识与本行企业不符（可能只排序了部分列）"))
        return None
    return Visit(
        code or None,
        name or None,
        outcome.code,
        author(book, told[0]),
        told[1],
        _day(row, tally),
        _persons(row, tally),
        row.cells.get("remark"),
        Source(sheet=row.sheet, row=row.row),
    )


def _day(row: FilledRow, tally: Tally) -> str | None:
    text = row.cells.get("date")
    day = parse_date(text) if text else None
    if text and (day is None or day > datetime.now(UTC).astimezone().date()):
        tally.note(row, _("日期“{text}”无法识别或在今天之后，已按空白导入").format(text=text))
        return None
    return day.isoformat() if day else None


def _persons(row: FilledRow, tally: Tally) -> int | None:
    text = row.cells.get("persons")
    persons = parse_count(text) if text else None
    if text and persons is None:
        tally.note(row, _("人数“{text}”不是零或正整数，已按空白导入").format(text=text))
    return persons


def _new_visits(
    store: Store, found: list[tuple[FilledBook, Visit]], tally: Tally
) -> list[tuple[FilledBook, int, Visit]]:
    """Return the visits that are new, each with its case; cases that are missing are opened."""
    cases = _cases_for(store, found)
    sql = "SELECT case_id, outcome, visited_on, persons, remark FROM visits"
    known = set(store.db.execute(sql).fetchall())
    placed = []
    for (book, visit), case in zip(found, cases, strict=True):
        words = (case, visit.outcome, visit.visited_on, visit.persons, visit.remark)
        if words in known:
            tally.known += 1
            continue
        known.add(words)
        placed.append((book, case, visit))
    return placed


def _cases_for(store: Store, visits: list[tuple[FilledBook, Visit]]) -> list[int]:
    cases = read_ledger(store.db).cases
    names = ("entry", "code", "name", "opened_quarter", "county")
    schema = {name: pl.Int64 if name == "entry" else pl.String for name in names}
    rows = [
        (i, v.firm_code, v.firm_name, v.quarter, book.facts.get("county"))
        for i, (book, v) in enumerate(visits)
    ]
    entries = pl.DataFrame(rows, schema=schema, orient="row")
    found = locate_cases(entries, cases)
    missing = entries.join(found, on="entry", how="anti").unique(
        ["code", "name"], keep="first", maintain_order=True
    )
    if missing.height:
        cases = pl.concat([cases, _opened(store, missing, cases)])
        found = locate_cases(entries, cases)
    by_entry: dict[int, int] = dict(found.iter_rows())
    return [by_entry[i] for i in range(len(visits))]


def _opened(store: Store, missing: pl.DataFrame, cases: pl.DataFrame) -> pl.DataFrame:
    quarter = store.latest_quarter()
    firms = store.result(quarter, "firms") if quarter else pl.DataFrame({"division": []})
    plain = missing.select(
        "code", pl.col("name").alias("standard_name"), readable("name"), "county"
    )
    opened = number_cases(plain, cases, quarter or "", choose_case_prefix(cases, firms))
    opened = opened.with_columns(missing["opened_quarter"]).select(
        pl.col(name).cast(dtype) for name, dtype in CASES.items()
    )
    insert_cases(store.db, opened)
    return opened


def _confirmed(
    store: Store, visits: list[tuple[FilledBook, Visit]], tally: Tally
) -> list[tuple[FilledBook, ReviewDecision]]:
    """Return a decision for each firm that was insured all along and whose unit the remark names."""
    wanted = [
        (b, v) for b, v in visits if (o := parse_outcome(v.outcome)) and o.effect == "same_firm"
    ]
    quarter = store.latest_quarter()
    if not wanted or not quarter:
        return []
    named = _named_units(store.result(quarter, "units"))
    decided = []
    for book, visit in wanted:
        unit = _unit_named(named, visit.remark or "")
        if unit is None:
            reason = _("原已参保，但备注中认不出参保单位的名称或编号，未作认定")
            tally.notes.append(
                StrayRow(book.file, visit.source.sheet or "", visit.source.row or 0, reason)
            )
            continue
        *identity, given = unit
        pair = Pair(visit.firm_code, visit.firm_name, *identity)
        names = None, given
        said = ReviewDecision(
            pair, "same", visit.who, visit.quarter, visit.remark, names, visit.source
        )
        decided.append((book, said))
    return decided


_Unit = tuple[str | None, str | None, str | None, str | None]
"""``unit_id``, code, standard name, name as given."""


def _named_units(units: pl.DataFrame) -> list[dict[str, list[_Unit]]]:
    """Return word to units, for their numbers, codes, and names as given and standard."""
    told = select_identity(units, "unit").join(
        units.select("unit", "unit_id", pl.col("name").alias("given")), on="unit"
    )
    rows = told.sort("unit").select("unit_id", "code", "name", "given").rows()
    by_word: list[dict[str, list[_Unit]]] = [{}, {}, {}, {}]
    for row in rows:
        for words, word, shortest in zip(by_word, row, (4, 9, 4, 4), strict=True):
            if word and len(word) >= shortest:
                words.setdefault(word.upper(), []).append(row)
    return by_word


def _unit_named(by_word: list[dict[str, list[_Unit]]], remark: str) -> _Unit | None:
    """Return the one unit whose number, code or whole name ``remark`` has; the longest word counts."""
    text = remark.upper()
    for words in by_word if text else ():
        longest = max(
            (word for word in words if word in text), key=lambda w: (len(w), w), default=""
        )
        if len(words.get(longest, ())) == 1:
            return words[longest][0]
    return None
