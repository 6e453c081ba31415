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
        is_contradictory = (pl.col("declared") == 0) & (
            pl.col("wages") > 0
        )  # then the zero is no count
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
