"""Cases: one per firm that was ever a target or visited, with a number that never changes.

The planning is pure (frames in, frames out); ``read_ledger``, ``write_plan`` and ``insert_cases``
touch the database.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from gapmatch.ledger.case_states import OPEN_STATES, derive_run_state
from gapmatch.ledger.entries import load_visits, query_frame, sort_visits
from gapmatch.ledger.identity import extract_organisation, locate, match_firms, select_identity
from gapmatch.schemas import INSURED_STATUSES
from gapmatch.sqlite import Database
from gapmatch.store.checksums import forget_checksums
from gapmatch.store.runs import Store
from gapmatch.vocabulary.outcomes import list_closing_outcomes, list_outcomes_with
from gapmatch.vocabulary.rules import choose_first

CASES = pl.Schema(
    {
        "case_id": pl.Int64,
        "number": pl.String,
        "opened_quarter": pl.String,
        "code": pl.String,
        "standard_name": pl.String,
        "name": pl.String,
        "county": pl.String,
    }
)
STATES = pl.Schema(
    {
        "quarter": pl.String,
        "case_id": pl.Int64,
        "firm": pl.UInt32,
        "state": pl.String,
        "tier": pl.String,
        "note": pl.String,
    }
)
"""``state``: ``new``, ``carried``, ``reopened`` (targets of the quarter), ``settled`` (found
insured, or closed by its outcome), ``off_list`` (no target this time: review, dormant …), ``gone``.
``note``: a sentence, as ``wording.ledger_words`` makes it of the code that ``plan_cases`` gives.
"""


@dataclass(frozen=True)
class CasePlan:
    """CASES to add or renew, STATES with codes for ``note``, case numbers of firms."""

    quarter: str
    cases: pl.DataFrame
    states: pl.DataFrame
    numbers: pl.DataFrame


@dataclass(frozen=True)
class Ledger:
    """The ledger: CASES, VISITS, and each case's last row of STATES (before a quarter)."""

    cases: pl.DataFrame
    states: pl.DataFrame
    visits: pl.DataFrame
    other_quarters: Sequence[str] = ()
    """Quarters with a tax list of another kind than the one that is planned."""


def read_ledger(database: Database, before: str = "9999") -> Ledger:
    """Return the cases, their last states in quarters before ``before``, and valid visits."""
    columns = ", ".join(CASES.names()[1:])
    cases = f"SELECT id, {columns} FROM cases ORDER BY id"
    # Next to max(), SQLite takes the other columns from the row that has the maximum.
    states = """SELECT max(quarter), case_id, firm, state, tier, note FROM case_quarters
                WHERE quarter < ? GROUP BY case_id ORDER BY case_id"""
    return Ledger(
        query_frame(database, cases, CASES),
        query_frame(database, states, STATES, (before,)),
        load_visits(database),
    )


def plan_cases(
    quarter: str, firms: pl.DataFrame, gaps: pl.DataFrame, targets: pl.DataFrame, ledger: Ledger
) -> CasePlan:
    """Match the quarter's firms with the cases there are, and open one for each new target.

    FIRMS, GAPS and TARGETS of the quarter, and the ledger before it. New cases are numbered in the
    order of ``firm``, which is the order of contents, after the highest number there is; running a
    quarter again finds its cases again. Numbers begin with the prefecture's four digits (those of
    most firms; 0000 if none is known).
    """
    listed_once = firms.filter(pl.col("duplicate_of").is_null())
    present = select_identity(listed_once, "firm").rename({"name": "standard_name"})
    present = present.join(firms.select("firm", "name"), on="firm")
    matched = (
        match_firms(_select_identities(ledger.cases), _select_identities(present))
        .rename({"previous": "case_id", "current": "firm"})
        .drop("by")
    )
    fresh = targets.select("firm").join(matched, on="firm", how="anti").sort("firm")
    prefix = choose_case_prefix(ledger.cases, firms)
    opened = number_cases(fresh.join(present, on="firm"), ledger.cases, quarter, prefix)
    numbered = pl.concat([matched, opened.select("case_id", "firm")]).sort("case_id")
    states = _build_states(quarter, numbered, gaps, targets, ledger)
    cases = _update_cases(opened, matched, present, ledger.cases)
    numbers = numbered.join(
        pl.concat([ledger.cases, opened.select(CASES.names())]), on="case_id"
    ).select("firm", pl.col("number").alias("case_number"))
    return CasePlan(quarter, cases, states, numbers.sort("firm"))


def _select_identities(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the key (first column) and ``code``, ``organisation``, ``name``, ``county``.

    A case has no registration number.
    """
    return frame.select(
        pl.first(),
        "code",
        extract_organisation("code").alias("organisation"),
        pl.col("standard_name").alias("name"),
        "county",
        registration=pl.lit(None, pl.String),
    )


def write_plan(database: Database, plan: CasePlan) -> None:
    """Write a plan; the caller holds the transaction and has replaced the quarter's results."""
    newest = database.execute("SELECT max(quarter) FROM quarters").fetchone()[0]
    # An old quarter that is run again adds its own cases, but does not turn names back.
    when_known = (
        "UPDATE SET (code, standard_name, name, county) = "
        "(excluded.code, excluded.standard_name, excluded.name, excluded.county)"
        if newest == plan.quarter
        else "NOTHING"
    )
    insert_cases(database, plan.cases, f"ON CONFLICT (id) DO {when_known}")
    columns = ", ".join(STATES)
    database.conn.executemany(
        f"INSERT INTO case_quarters ({columns}) VALUES (?,?,?,?,?,?)",
        plan.states.select(STATES.names()).iter_rows(),
    )


def insert_cases(database: Database, cases: pl.DataFrame, when_known: str = "") -> None:
    """Write CASES; the caller holds the transaction."""
    columns = ", ".join(CASES.names()[1:])
    forget_checksums(database, "cases", cases["case_id"])
    database.conn.executemany(
        f"INSERT INTO cases (id, {columns}) VALUES (?,?,?,?,?,?,?) {when_known}",
        cases.select(CASES.names()).iter_rows(),
    )


def number_cases(
    firms: pl.DataFrame, cases: pl.DataFrame, quarter: str, prefix: str
) -> pl.DataFrame:
    """Return CASES and ``firm`` for firm, code, standard_name, name and county."""
    last = cases["case_id"].max() or 0
    running = (pl.int_range(1, pl.len() + 1, dtype=pl.Int64) + last).alias("case_id")
    return firms.with_columns(running).with_columns(
        (f"{prefix}-" + pl.col("case_id").cast(pl.String).str.zfill(6)).alias("number"),
        pl.lit(quarter).alias("opened_quarter"),
    )


def choose_case_prefix(cases: pl.DataFrame, firms: pl.DataFrame) -> str:
    """Return the first four digits of case numbers: those in use, else most firms' prefecture."""
    if cases.height:
        return str(cases["number"][0]).split("-", maxsplit=1)[0]
    places = firms.select(pl.col("division").str.head(4)).drop_nulls()["division"]
    counts = places.value_counts().sort("count", "division", descending=[True, False])
    return str(counts["division"][0]) if counts.height else "0000"


def _update_cases(
    fresh: pl.DataFrame, matched: pl.DataFrame, present: pl.DataFrame, cases: pl.DataFrame
) -> pl.DataFrame:
    """Return the new cases, and the known ones whose code, name or county is another one now."""
    known = (
        cases.select("case_id", "number", "opened_quarter")
        .join(matched, on="case_id")
        .join(present, on="firm")
    )
    known = known.select(CASES.names())
    changed = known.join(cases, on=CASES.names(), how="anti", nulls_equal=True)
    return pl.concat([changed, fresh.select(CASES.names())]).sort("case_id")


def _build_states(
    quarter: str, numbered: pl.DataFrame, gaps: pl.DataFrame, targets: pl.DataFrame, ledger: Ledger
) -> pl.DataFrame:
    """Return the states of targets, and those of other cases if they differ from the last."""
    status = gaps.select("firm", pl.col("status").cast(pl.String))
    last = ledger.states.select("case_id", last_state="state", last_quarter="quarter")
    frame = (
        _add_gone_cases(numbered, ledger.cases)
        .join(status, on="firm", how="left")
        .join(
            targets.select("firm", "tier", pl.lit(value=True).alias("target")),
            on="firm",
            how="left",
        )
        .join(last, on="case_id", how="left")
        .join(_find_closings(quarter, ledger.visits), on="case_id", how="left")
        .filter(_is_comparable(ledger))
        .filter(
            pl.col("target").fill_null(value=False)
            | ~pl.col("case_id").is_in(_find_later_cases(quarter, ledger.cases))
        )
        .with_columns(derive_run_state().alias("state"))
        .with_columns(_choose_note().alias("note"), pl.lit(quarter).alias("quarter"))
    )
    is_reported = pl.col("state").is_in(OPEN_STATES) | pl.col("state").ne_missing(
        pl.col("last_state")
    )
    return (
        frame.filter(is_reported)
        .select(*(pl.col(n).cast(t) for n, t in STATES.items()), "outcome")
        .sort("case_id")
    )


def _is_comparable(ledger: Ledger) -> pl.Expr:
    """Whether a case is in this list, or would be: of a list to verify the others are not gone."""
    others = pl.col("last_quarter").is_in(list(ledger.other_quarters)).fill_null(value=False)
    return pl.col("firm").is_not_null() | ~others


def _add_gone_cases(numbered: pl.DataFrame, cases: pl.DataFrame) -> pl.DataFrame:
    """Return ``case_id``, ``firm`` (null: gone) of all cases, new ones among them."""
    gone = cases.select("case_id").join(numbered, on="case_id", how="anti")
    return pl.concat([numbered, gone.with_columns(pl.lit(None, pl.UInt32).alias("firm"))])


def _find_later_cases(quarter: str, cases: pl.DataFrame) -> list[int]:
    """Cases that an old quarter, when it is run again, must not know yet."""
    return cases.filter(pl.col("opened_quarter") > quarter)["case_id"].to_list()


def _find_closings(quarter: str, visits: pl.DataFrame) -> pl.DataFrame:
    """Return case_id, outcome, closing of the last visit from an earlier quarter's sheet."""
    closes = list_closing_outcomes()
    earlier = sort_visits(visits.filter(pl.col("quarter") < quarter))
    last = earlier.unique("case_id", keep="last", maintain_order=True)
    return last.select("case_id", "outcome", pl.col("outcome").is_in(closes).alias("closing"))


def _choose_note() -> pl.Expr:
    """Return the code of what is worth saying of a state, null for most."""
    promised = list_outcomes_with("expect_link")
    reopened = pl.col("state") == "reopened"
    insured = pl.col("status").is_in(INSURED_STATUSES)
    rules = (
        ("enrolled_not_found", reopened & pl.col("outcome").is_in(promised)),
        ("closed_listed_again", reopened & pl.col("outcome").is_not_null()),
        ("insured_listed_again", reopened),
        ("found_insured", (pl.col("state") == "settled") & insured),
    )
    return choose_first(rules)


def locate_cases(entries: pl.DataFrame, cases: pl.DataFrame) -> pl.DataFrame:
    """Return ``entry``, ``case_id`` for ``entry``, ``code``, ``name`` that a sheet's key gives."""
    return (
        locate(entries, cases.select("case_id", "code", pl.col("standard_name").alias("name")))
        .unique("entry", keep="first", maintain_order=True)
        .select("entry", "case_id")
    )


def read_workspace_identity(store: Store) -> str | None:
    """Return which workspace this is, ``5226-9f3c0a1b``; ``None`` before the first case.

    Workbooks carry it, and an import takes its own only. It follows from the prefecture and from
    what the first run read (its quarter and numbers of rows): the same inputs give the same one in
    whatever order their rows stand, and it stays for good, because runs are never deleted.
    """
    run = store.db.execute("SELECT quarter, counts FROM runs ORDER BY id LIMIT 1").fetchone()
    case = store.db.execute("SELECT number FROM cases ORDER BY id LIMIT 1").fetchone()
    if run is None or case is None:
        return None
    prefecture = str(case[0]).split("-", maxsplit=1)[0]
    digest = hashlib.sha256(f"{prefecture} {run[0]} {run[1]}".encode()).hexdigest()
    return f"{prefecture}-{digest[:8]}"
