"""Edit distances between short texts: exact as far as they matter, by column."""

from collections.abc import Callable

import numpy as np
import polars as pl
from rapidfuzz.distance import OSA, Hamming
from rapidfuzz.process import cpdist

from gapmatch.linkage.bigrams import Flags, Ints

FAR_EDITS = 3
"""Edit distances are exact up to two; this stands for all beyond."""


def count_edits(left: pl.Series, right: pl.Series) -> Ints:
    """Return the edit distance (OSA) of each pair, up to two.

    ``FAR_EDITS`` for all beyond and for blanks. Equal texts are 0 and texts of other lengths
    ``FAR_EDITS`` without looking at their characters.
    """
    frame = pl.DataFrame({"a": left, "b": right})
    lengths = [pl.col(c).str.len_chars().cast(pl.Int32) for c in ("a", "b")]
    equal, near = frame.select(
        ((pl.col("a") == pl.col("b")) & (pl.col("a") != "")).fill_null(value=False).alias("equal"),
        ((lengths[0] - lengths[1]).abs() < FAR_EDITS).fill_null(value=False).alias("near"),
    ).get_columns()
    edits = np.where(equal.to_numpy(), 0, FAR_EDITS)
    close = (near & ~equal & (left != "") & (right != "")).fill_null(value=False)
    edits[close.to_numpy()] = _measure_distances(
        left.filter(close), right.filter(close), OSA.distance
    )
    return edits


def count_single_edits(left: pl.Series, right: pl.Series, end: int) -> Ints:
    """Return ``count_edits``, but ``FAR_EDITS`` for pairs certainly more than one edit other.

    One edit leaves the first ``end`` characters or the last ``end`` as they are, unless a text is
    so short that two neighbours who change places may lie in both.
    """
    texts = pl.DataFrame({"a": left, "b": right})
    heads, tails = ([pl.col(c).str.slice(at, end) for c in "ab"] for at in (0, -end))
    short = pl.min_horizontal(pl.col(c).str.len_chars() for c in "ab") <= 2 * end
    alike = (heads[0] == heads[1]) | (tails[0] == tails[1]) | short
    likely = texts.select(alike.fill_null(value=False).alias("likely"))["likely"]
    edits = np.full(len(left), FAR_EDITS)
    edits[likely.to_numpy()] = count_edits(left.filter(likely), right.filter(likely))
    return edits


def _measure_distances(left: pl.Series, right: pl.Series, scorer: Callable[..., int]) -> Ints:
    distances = cpdist(
        left.to_list(),
        right.to_list(),
        scorer=scorer,
        score_cutoff=FAR_EDITS - 1,
        dtype=np.int32,
        workers=-1,
    )
    return distances.astype(np.int64)


def is_swapped(left: pl.Series, right: pl.Series) -> Flags:
    """Return which pairs, one edit apart, have two neighbours swapped: two positions differ."""
    swapped: Flags = _measure_distances(left, right, Hamming.distance) == 2
    return swapped
