"""What the model is refined on: the candidates of some units, and random pairs.

Up to ``MAX_TRAINING_UNITS`` units all of them teach. Of longer lists every so many-th run of
neighbours does: units are numbered by their names, so those that are easily confused stand together
and teach together.
"""

from collections.abc import Mapping

import numpy as np
import polars as pl

from gapmatch.linkage.levels import COUNTED_VALUES

MAX_TRAINING_UNITS = 40_000
RUN_UNITS = 64
CHANCE_PAIRS = 60_000
"""Random pairs, to estimate how often values agree by chance."""
SEED = 20220401


def is_training_unit(unit: pl.Expr, units: int) -> pl.Expr:
    """Return which of ``units`` units are used for training."""
    step = -(-units // MAX_TRAINING_UNITS)
    return (unit // RUN_UNITS) % max(1, step) == 0


def flag_exact_matches(units: pl.DataFrame, firms: pl.DataFrame) -> pl.DataFrame:
    """Add ``<column>_met`` to the rows of the units: some firm has the very same value."""
    return units.with_columns(
        pl.col(column).is_in(firms[column].drop_nulls().unique().implode()).alias(f"{column}_met")
        for column in COUNTED_VALUES.values()
    )


def count_units_with_match(units: pl.DataFrame) -> Mapping[str, int]:
    """Return, per comparison of single values, the number of units whose value some firm has."""
    return {c: int(units[f"{column}_met"].sum()) for c, column in COUNTED_VALUES.items()}


def draw_random_pairs(firms: int, units: int) -> pl.DataFrame:
    """Return random distinct pairs, drawn by content-ordered number: the same ones every time."""
    random = np.random.default_rng(SEED)
    count = min(CHANCE_PAIRS, firms * units)
    pairs = {
        "firm": random.integers(0, max(1, firms), count),
        "unit": random.integers(0, max(1, units), count),
    }
    drawn = pl.DataFrame(pairs, schema={"firm": pl.UInt32, "unit": pl.UInt32})
    return drawn.unique(maintain_order=True)
