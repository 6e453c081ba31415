"""Figures of the tax list made comparable, and as arrays from which headcounts are read."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from gapmatch.quarters import Quarter

MONTHS_IN_YEAR = 12


def scale_amounts(
    firms: pl.DataFrame, quarter: str, turnover_per_tax: float | None = None
) -> pl.DataFrame:
    """Return comparable figures per firm.

    Columns: firm, age_months, declared (persons), wages, sales, tax, turnover (yuan a year),
    zero_months.

    Amounts of the extracts run from January, or from the founding in that year, to the end of the
    quarter; they are scaled to twelve months. Negative values are impossible and become null.
    ``turnover_per_tax``: the turnover behind a yuan of tax, else that of these firms
    (``compute_turnover_ratio``).
    """
    end = Quarter.parse(quarter).last_day
    founded = pl.coalesce("open_date", "registry_open_date")
    age = (12 * (end.year - founded.dt.year()) + end.month - founded.dt.month() + 1).cast(pl.Int64)
    months = age.clip(1, end.month).fill_null(end.month)
    amounts = firms.select(
        "firm",
        pl.when(age >= 0).then(age).alias("age_months"),
        _drop_negative("declared_headcount").cast(pl.Float64).alias("declared"),
        *(
            (_drop_negative(column) * MONTHS_IN_YEAR / months).alias(name)
            for name, column in (
                ("wages", "declared_wages"),
                ("sales", "sales"),
                ("tax", "tax_paid"),
            )
        ),
        _drop_negative("zero_filing_months").clip(upper_bound=12).alias("zero_months"),
    )
    ratio = compute_turnover_ratio(amounts) if turnover_per_tax is None else turnover_per_tax
    return _add_turnover(amounts, ratio)


def _drop_negative(column: str) -> pl.Expr:
    return pl.when(pl.col(column) >= 0).then(pl.col(column))


def compute_turnover_ratio(amounts: pl.DataFrame) -> float:
    """Return the turnover behind a yuan of tax: the median of the firms that have both."""
    complete = (pl.col("sales") > 0) & (pl.col("tax") > 0)
    ratio = amounts.filter(complete).select((pl.col("sales") / pl.col("tax")).median()).item()
    return TURNOVER_PER_TAX if ratio is None else float(ratio)


def _add_turnover(amounts: pl.DataFrame, ratio: float) -> pl.DataFrame:
    """Add ``turnover``: sales, or tax times its ratio without them; both say nearly the same."""
    by_tax = pl.col("tax") * ratio
    known = pl.when(pl.col("sales") > 0).then("sales").when(pl.col("tax") > 0).then(by_tax)
    return amounts.with_columns(known.otherwise(pl.coalesce("sales", by_tax)).alias("turnover"))


TURNOVER_PER_TAX = 50.0
"""Turnover behind a yuan of tax if an extract has no sales: small firms pay about 2 % in taxes."""


Floats = NDArray[np.float64]
SECTIONS = (*"ABCDEFGHIJKLMNOPQRST", "")
"""Section letters; the last stands for firms of unknown section."""


@dataclass(frozen=True)
class Readings:
    """Parallel arrays; ``nan`` if an extract lacks the value.

    ``section`` is an index into ``SECTIONS``, ``declared`` counts persons, ``wages`` and
    ``turnover`` are yuan a year, ``weight`` is the probability that the firm operates.
    """

    section: NDArray[np.int64]
    declared: Floats
    wages: Floats
    turnover: Floats
    weight: Floats

    @classmethod
    def from_amounts(cls, amounts: pl.DataFrame) -> Self:
        """Return readings from section, declared, wages, turnover, probability_operates."""
        place = pl.col("section").replace_strict(
            {letter: index for index, letter in enumerate(SECTIONS)},
            default=len(SECTIONS) - 1,
            return_dtype=pl.Int64,
        )
        # Where wages are paid, a zero is no count.
        is_contradictory = (pl.col("declared") == 0) & (pl.col("wages") > 0)
        frame = amounts.select(
            place.alias("section"),
            pl.when(~is_contradictory.fill_null(value=False)).then("declared").alias("declared"),
            *("wages", "turnover", "probability_operates"),
        ).with_columns(pl.exclude("section").cast(pl.Float64).fill_null(float("nan")))
        return cls(*(column.to_numpy() for column in frame.get_columns()))

    def take(self, rows: NDArray[np.int64] | slice) -> "Readings":
        """Return the readings of ``rows``."""
        return Readings(
            self.section[rows],
            self.declared[rows],
            self.wages[rows],
            self.turnover[rows],
            self.weight[rows],
        )

    def __len__(self) -> int:
        return len(self.section)
