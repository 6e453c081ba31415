"""The figures from which a headcount can be read, as arrays, one entry per firm."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]
SECTIONS = (*"ABCDEFGHIJKLMNOPQRST", "")
"""Section letters; the last stands for firms of unknown section."""


@dataclass(frozen=True)
class Readings:
    """Parallel arrays; ``nan`` where an extract does not say.

    ``section`` is an index into ``SECTIONS``, ``declared`` counts persons, ``wages`` and ``turnover``
    are yuan a year, ``weight`` is the probability that the firm operates.
    """

    section: NDArray[np.int64]
    declared: Floats
    wages: Floats
    turnover: Floats
    weight: Floats

    @classmethod
    def of(cls, amounts: pl.DataFrame) -> Self:
        """Take the readings from a frame with section, declared, wages, turnover, probability_operates."""
        place = pl.col("section").replace_strict(
            {letter: index for index, letter in enumerate(SECTIONS)},
            default=len(SECTIONS) - 1,
            return_dtype=pl.Int64,
        )
        frame = amounts.select(
            place.alias("section"),
            *(
                pl.col(c).cast(pl.Float64).fill_null(float("nan"))
                for c in ("declared", "wages", "turnover", "probability_operates")
            ),
        )
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


def with_turnover(amounts: pl.DataFrame) -> pl.DataFrame:
    """Add ``turnover``: sales, or where these are missing or zero, what the tax paid stands for.

    Sales and tax say nearly the same thing, so they are one reading, not two. What a yuan of tax stands
    for is the median ratio of the firms that have both.
    """
    both = (pl.col("sales") > 0) & (pl.col("tax") > 0)
    ratio = amounts.filter(both).select((pl.col("sales") / pl.col("tax")).median()).item()
    by_tax = pl.col("tax") * (ratio if ratio is not None else TURNOVER_PER_TAX)
    known = pl.when(pl.col("sales") > 0).then("sales").when(pl.col("tax") > 0).then(by_tax)
    return amounts.with_columns(known.otherwise(pl.coalesce("sales", by_tax)).alias("turnover"))


TURNOVER_PER_TAX = 50.0
"""Turnover behind a yuan of tax where an extract has no sales: small firms pay about 2 % all told."""
