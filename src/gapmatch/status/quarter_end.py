"""Firms and units as they stand at the end of a quarter."""

import polars as pl

from gapmatch.quarters import Quarter
from gapmatch.schemas import LINES
from gapmatch.settings.ranking import GapSettings
from gapmatch.vocabulary.arrears import find_limit

_SINCE = r"（(\d{4}-\d{2}-\d{2})起）$"
"""What reading writes behind a status that holds from a day on (``read/status_marks.py``)."""


_OWED, _LONG = "欠费", "长期"
"""What reading writes before the day of a unit that owes, and what makes it one that stopped."""


def prepare_units(
    units: pl.DataFrame, quarter: str, paid_since: str | None, gap: GapSettings
) -> pl.DataFrame:
    """Return UNITS as of the quarter's end, with ``overdue``: the last month paid, if long past.

    ``paid_since``: the month since which a unit that goes on must have paid; null: unknown.
    """
    month = pl.col("last_paid_month")
    overdue = pl.when(month < pl.lit(paid_since, pl.String)).then(month)
    current = drop_later_ends(units, quarter).with_columns(overdue=overdue)
    return _mark_long_arrears(current, find_limit(quarter, gap))


def _mark_long_arrears(units: pl.DataFrame, limit: str) -> pl.DataFrame:
    """Mark who owes since ``limit`` (YYYYMM) or longer: the month before was the last one paid."""
    own = [c for c in (f"{line}_status" for line in LINES) if c in units.columns]
    since = {c: pl.col(c).str.extract(_SINCE).str.head(7).str.replace("-", "") for c in own}
    is_long = {c: pl.col(c).str.starts_with(_OWED) & (since[c] <= limit) for c in own}
    return units.with_columns(
        pl.when(is_long[c]).then(pl.concat_str(pl.lit(_LONG), c)).otherwise(c).alias(c) for c in own
    )


def drop_later_ends(rows: pl.DataFrame, quarter: str) -> pl.DataFrame:
    """Return UNITS or FIRMS without the statuses that hold only from a day after the quarter."""
    end = str(Quarter.parse(quarter).last_day)
    own = [c for c in (*(f"{line}_status" for line in LINES), "status") if c in rows.columns]
    later = {c: pl.col(c).str.extract(_SINCE) > pl.lit(end) for c in own}
    return rows.with_columns(
        pl.when(~later[c].fill_null(value=False)).then(c).alias(c) for c in own
    )
