"""How far the work on cases is: the list of cases, and a line per county."""

import polars as pl

from gapmatch.ledger.case_states import FINISHED_STATES, OPEN_STATES, derive_current_state
from gapmatch.ledger.cases import read_ledger
from gapmatch.ledger.entries import STANDING_VISITS, query_frame, sort_visits
from gapmatch.quarters import Quarter
from gapmatch.schemas import UNKNOWN_COUNTY
from gapmatch.store.runs import Store
from gapmatch.vocabulary.outcomes import (
    list_closing_outcomes,
    list_outcomes_before_visit,
    list_outcomes_with,
    load_outcomes,
)


def list_cases(store: Store) -> pl.DataFrame:
    """Return the cases by ``number``, as they stand now.

    ``number``, ``county``, ``code``, ``name``, ``opened_quarter``, ``quarter`` (in which its state
    was last reported), ``state`` (``new``, ``carried``, ``reopened``, ``settled``, ``off_list``,
    ``gone``, ``visited``: visited but never a target, ``closed``: with ``outcome``), ``tier``,
    ``note``, ``outcome``, ``effect``, ``visited_on``, ``persons``, ``who``, ``remark``, ``visits``
    (number), ``open``, ``overdue``: open, in tier A in the quarter before the newest or earlier,
    and not visited since.
    """
    return assess_cases(store).select(*_SHOWN)


UNFINISHED = pl.Schema(
    dict.fromkeys(
        (
            *("number", "county", "code", "standard_name", "name", "state"),
            *("outcome", "visited_on", "remark"),
        ),
        pl.String(),
    )
)


def select_unfinished_cases(cases: pl.DataFrame) -> pl.DataFrame:
    """Return UNFINISHED, what the newest run did not list too: what began does not disappear."""
    unfinished = cases.filter(~pl.col("state").is_in(FINISHED_STATES))
    return unfinished.select(pl.col(name).cast(dtype) for name, dtype in UNFINISHED.items())


def select_referred_cases(cases: pl.DataFrame, effect: str) -> pl.DataFrame:
    """Return the unfinished cases of ``list_cases`` that another authority has (``effect``)."""
    unfinished = ~pl.col("state").is_in(FINISHED_STATES)
    return cases.filter(unfinished, (pl.col("effect") == effect).fill_null(value=False))


def summarise_cases(cases: pl.DataFrame) -> pl.DataFrame:
    """Return one row per county of ``list_cases``: ``county``, ``targets`` (open or closed since),
    ``visited``, ``closed``, ``enrolled`` (cases), ``persons`` (newly insured), ``refused``,
    ``overdue``.
    """  # fmt: skip
    enrolled, inspected = map(list_outcomes_with, ("expect_link", "labour_inspection"))
    return (
        cases.group_by(pl.col("county").fill_null(UNKNOWN_COUNTY))
        .agg(
            (pl.col("target")).sum().alias("targets"),
            (pl.col("visits") > 0).sum().alias("visited"),
            (pl.col("state") == "closed").sum().alias("closed"),
            pl.col("outcome").is_in(enrolled).sum().alias("enrolled"),
            pl.col("persons_gained").sum().alias("persons"),
            pl.col("outcome").is_in(inspected).sum().alias("refused"),
            pl.col("overdue").sum(),
        )
        .with_columns(pl.exclude("county").cast(pl.Int64))
        .sort("county")
    )


def count_visits(store: Store) -> pl.DataFrame:
    """Return by quarter and county ``tier_a`` (cases), those ``visited``, ``persons`` gained.

    A case visited for a quarter counts in it, listed or not: a quarter that is run again after its
    visits lists others in their place.
    """
    before = ", ".join(f"'{code}'" for code in list_outcomes_before_visit())
    sql = f"""
        SELECT quarter, coalesce(county, '未知'), count(*), sum(visits > 0), sum(persons)
        FROM (
          SELECT case_id, quarter, sum(visits) AS visits, coalesce(sum(persons), 0) AS persons
          FROM (
            SELECT case_id, quarter, 0 AS visits, NULL AS persons FROM case_quarters
            WHERE tier = 'A'
             UNION ALL SELECT case_id, quarter, outcome NOT IN ({before}), persons
             FROM {STANDING_VISITS})
          GROUP BY case_id, quarter) JOIN cases ON id = case_id
        WHERE quarter IN (SELECT quarter FROM quarters)
        GROUP BY quarter, county ORDER BY quarter, county"""
    counts = dict.fromkeys(("tier_a", "visited", "persons"), pl.Int64())
    keys = {"quarter": pl.String(), "county": pl.String()}
    return query_frame(store.db, sql, pl.Schema({**keys, **counts}))


def assess_cases(store: Store) -> pl.DataFrame:
    """Return the columns of ``list_cases`` and of UNFINISHED for every case, by ``number``."""
    ledger = read_ledger(store.db)
    newest = store.find_latest_quarter() or ""
    visits = sort_visits(ledger.visits)
    last_visit = visits.unique("case_id", keep="last", maintain_order=True).select(
        "case_id", "outcome", "visited_on", "persons", "remark", "who",
        pl.col("quarter").alias("visit_quarter"),
    )  # fmt: skip
    been_there = ~pl.col("outcome").is_in(list_outcomes_before_visit())
    counted = visits.group_by("case_id").agg(
        been_there.sum().cast(pl.Int64).alias("visits"),
        pl.col("persons").sum().alias("persons_gained"),
        pl.col("quarter").filter(been_there).last().alias("called_on"),
    )
    frame = (
        ledger.cases.join(ledger.states, on="case_id", how="left")
        .join(last_visit, on="case_id", how="left")
        .join(counted, on="case_id", how="left")
        .join(_load_tier_a_quarters(store), on="case_id", how="left")
        .with_columns(
            pl.col("visits", "persons_gained").fill_null(0), *_build_outcome_expressions()
        )
    )
    late = newest and str(Quarter.parse(newest).next(-1))
    return (
        frame.with_columns(derive_current_state(newest).alias("now"))
        .with_columns(pl.col("now").is_in([*OPEN_STATES, "visited"]).alias("open"))
        .filter(pl.col("state").is_not_null() | pl.col("outcome").is_not_null())
        .with_columns(_flag_overdue(late).alias("overdue"), _flag_targets(newest))
        .with_columns(pl.col("now").alias("state"))
        .sort("number")
    )


_SHOWN = (
    *("number", "county", "code", "name", "opened_quarter", "quarter", "state", "tier", "note"),
    *("outcome", "effect", "visited_on", "persons", "persons_gained", "who", "remark", "visits"),
    *("open", "overdue", "target"),
)


def _build_outcome_expressions() -> tuple[pl.Expr, pl.Expr]:
    closes = list_closing_outcomes()
    effects = {code: outcome.effect for code, outcome in load_outcomes().items()}
    closing = pl.col("outcome").is_in(closes).fill_null(value=False).alias("closing")
    return closing, pl.col("outcome").replace_strict(effects, default=None).alias("effect")


def _flag_targets(newest: str) -> pl.Expr:
    """Whether the newest run listed the case as a target."""
    listed = (pl.col("quarter") == pl.lit(newest)) & pl.col("tier").is_not_null()
    return listed.fill_null(value=False).alias("target")


def _load_tier_a_quarters(store: Store) -> pl.DataFrame:
    schema = pl.Schema({"case_id": pl.Int64, "tier_a_since": pl.String})
    sql = "SELECT case_id, min(quarter) FROM case_quarters WHERE tier = 'A' GROUP BY case_id"
    return query_frame(store.db, sql, schema)


def _flag_overdue(late: str) -> pl.Expr:
    since = pl.col("tier_a_since")
    visited = (pl.col("called_on") >= since).fill_null(value=False)
    return (pl.col("open") & (since <= pl.lit(late)) & ~visited).fill_null(value=False)
