"""Units that go on and whose last paid month is long past."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from gapmatch.quarters import Quarter
from gapmatch.schemas import LINES
from gapmatch.settings.ranking import GapSettings
from gapmatch.vocabulary.status_words import match_meaning


@dataclass(frozen=True)
class Arrears:
    """How many of the ``units`` that go on have paid nothing since ``month`` (YYYYMM)."""

    month: str
    overdue: int
    units: int
    max_share: float

    @property
    def paid_since(self) -> str | None:
        """The month since which a unit must have paid; null if too many have not.

        Then the column is not that of the last month paid.
        """
        return self.month if self.overdue <= self.max_share * self.units else None


def count_paid_months(units: pl.DataFrame, words: Mapping[str, Sequence[str]]) -> pl.DataFrame:
    """Count the UNITS that no status (``words`` of payment) says stopped: month, units."""
    stopped = [match_meaning(f"{line}_status", words) == "stopped" for line in LINES]
    going_on = units.filter(~pl.any_horizontal(*stopped).fill_null(value=False))
    counted = going_on.group_by(month="last_paid_month").agg(units=pl.len().cast(pl.Int64))
    return counted.drop_nulls("month").sort("month")


def find_limit(quarter: str, gap: GapSettings) -> str:
    """Return the month (YYYYMM) since which a unit that goes on must have paid."""
    end = Quarter.parse(quarter).last_day
    year, month = divmod(12 * end.year + end.month - 1 - gap.arrears_months, 12)
    return f"{year:04}{month + 1:02}"


def find_arrears(months: pl.DataFrame, quarter: str, gap: GapSettings) -> Arrears:
    """Return what ``count_paid_months`` of all parts of a list comes to in ``quarter``."""
    limit = find_limit(quarter, gap)
    overdue = months.filter(pl.col("month") < limit)["units"].sum()
    return Arrears(limit, int(overdue), int(months["units"].sum()), gap.arrears_max_share)
