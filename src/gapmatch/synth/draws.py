"""Random draws: one independent stream per purpose, whole arrays at a time.

Every stream is seeded by the plan's seed and a label, so drawing more for one purpose leaves all
others as they were, and nothing depends on the order of the calls.
"""

from collections.abc import Sequence
from zlib import crc32

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Rng = np.random.Generator


def make_stream(seed: int, label: str) -> Rng:
    """Return the random stream of one purpose."""
    return np.random.Generator(np.random.PCG64([seed, crc32(label.encode())]))


def compute_falling_weights(count: int, exponent: float) -> Floats:
    """Return weights 1, 2^-e, 3^-e …: names and counties are not equally common."""
    return np.asarray(np.arange(1, count + 1, dtype=np.float64) ** -exponent)


def pick(rng: Rng, weights: ArrayLike, count: int) -> Ints:
    """Draw ``count`` indices with the given weights, with replacement."""
    bounds = np.cumsum(np.asarray(weights, dtype=np.float64))
    drawn = np.searchsorted(bounds, rng.random(count) * bounds[-1], side="right")
    return np.asarray(np.minimum(drawn, len(bounds) - 1), dtype=np.int64)


def take_texts(pool: Sequence[str] | pl.Series, index: Ints) -> pl.Series:
    """Return the pool's texts at the given indices."""
    series = pool if isinstance(pool, pl.Series) else pl.Series(list(pool), dtype=pl.String)
    return series.gather(pl.Series(index, dtype=pl.Int64))


def choose(rng: Rng, pool: Sequence[str], count: int) -> pl.Series:
    """Draw ``count`` texts, all equally likely."""
    return take_texts(pool, rng.integers(0, len(pool), count))


def blank_share(series: pl.Series, share: float, rng: Rng) -> pl.Series:
    """Return ``series`` without a ``share`` of its values, drawn by lot."""
    return series.set(pl.Series(rng.random(len(series)) < share), None)
