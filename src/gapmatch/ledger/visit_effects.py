"""What earlier visits mean for the firms of this quarter; pure, for the pipeline."""

from datetime import date
from typing import Any

import polars as pl

from gapmatch.ledger.entries import sort_visits
from gapmatch.ledger.identity import locate, select_entries, select_rows_of_firms
from gapmatch.quarters import Quarter
from gapmatch.vocabulary.outcomes import list_findings, load_outcomes

EFFECTS = pl.Schema(
    {
        "firm": pl.UInt32,
        "outcome": pl.String,
        "effect": pl.String,
        "active": pl.Boolean,
        "due": pl.String,
        "visited_on": pl.String,
        "visit_quarter": pl.String,
        "remark": pl.String,
    }
)
"""The last visit of each firm that was ever visited. ``effect`` as in ``config/outcomes.csv``.

``active``: the effect holds in this quarter: ``same_firm``, ``covered_by_parent``, ``out_of_scope``
always; ``expect_link``, ``recheck``, and ``out_of_scope`` of a firm that does not operate here any
more, before the quarter ``due``. A firm whose ``expect_link`` is no longer active must have a link
now, or is to be reported; one that has gone stays out of scope until it is seen to operate.
"""


def resolve_visit_effects(
    firms: pl.DataFrame, visits: pl.DataFrame, quarter: str, recheck_quarters: int
) -> pl.DataFrame:
    """Return EFFECTS for FIRMS of ``quarter`` from VISITS (what stands of them).

    A firm that a visitor saw enrolled is expected in the list of the quarter in which it enrolled,
    and of the quarter after the sheet's at the earliest. Firms without workers or not operating are
    looked at again ``recheck_quarters`` after the sheet's quarter.
    """
    if visits.is_empty() or (last := select_last_visits(firms, visits)).is_empty():
        return pl.DataFrame(schema=EFFECTS)
    effect = {code: outcome.effect for code, outcome in load_outcomes().items()}
    frame = last.with_columns(
        pl.col("outcome").replace_strict(effect, default="none").alias("effect")
    )
    # Nobody looks again at a body or a second row; a firm that had gone may be there all the same.
    not_enrolled = [code for code, found in list_findings("enrolled").items() if not found]
    gone = pl.col("outcome").is_in(not_enrolled)
    frame = frame.with_columns(gone.alias("gone"))
    due = pl.struct("effect", "gone", "quarter", "visited_on").map_elements(
        lambda visit: _compute_due_quarter(visit, recheck_quarters), return_dtype=pl.String
    )
    frame = frame.with_columns(due.alias("due")).with_columns(
        (pl.col("due").is_null() | (pl.col("due") > quarter)).alias("active"),
        pl.col("quarter").alias("visit_quarter"),
    )
    return frame.select(pl.col(n).cast(t) for n, t in EFFECTS.items()).sort("firm")


def select_last_visits(firms: pl.DataFrame, visits: pl.DataFrame) -> pl.DataFrame:
    """Return each firm's last visit, with ``firm``."""
    rows = select_rows_of_firms(firms)
    located = locate(select_entries(visits, "firm"), rows)
    located = located.join(rows.select("firm", "original"), on="firm")
    located = located.select(id="entry", firm="original")
    last = sort_visits(visits).join(located, on="id", maintain_order="left")
    return last.unique("firm", keep="last", maintain_order=True)


def select_last_outcomes(firms: pl.DataFrame, visits: pl.DataFrame) -> pl.DataFrame:
    """Return ``firm``, ``outcome``, ``new_insured`` of each firm's last visit."""
    last = select_last_visits(firms, visits)
    return last.select("firm", "outcome", pl.col("persons").alias("new_insured")).sort("firm")


def _compute_due_quarter(visit: dict[str, Any], recheck_quarters: int) -> str | None:
    sheet, day = Quarter.parse(str(visit["quarter"])), visit["visited_on"]
    if visit["effect"] == "expect_link":
        enrolled = Quarter.from_day(date.fromisoformat(day)) if day else sheet
        return str(max(sheet.next(), enrolled))
    looked_at_again = visit["effect"] == "recheck" or (
        visit["effect"] == "out_of_scope" and visit["gone"]
    )
    return str(sheet.next(recheck_quarters)) if looked_at_again else None
