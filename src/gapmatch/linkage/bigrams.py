"""An index over the character bigrams of names, weighted by rarity.

A firm's name is recognised by its rare pairs of characters; 有限 or 公司 carry no information. The
weight of a bigram is its inverse document frequency over both lists (Spärck Jones, 1972), so no
list of common words is needed and the index works for any region and industry.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import sparse

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

SLICE_ROWS = 50_000
_CODE_BITS = 42
"""Two characters of 21 bits each."""


@dataclass(frozen=True)
class Vocabulary:
    """All bigrams of two lists.

    ``codes`` (sorted), ``idf`` in bits, ``seen``: firms' names that have it. ``firm_names``: how
    many names the list of firms has.
    """

    codes: Ints
    idf: Floats
    seen: Ints
    firm_names: int

    @classmethod
    def from_counts(cls, counted: pl.DataFrame, firm_names: int, unit_names: int) -> "Vocabulary":
        """Return the vocabulary from the counts of any number of parts of the lists."""
        totals = sum_bigrams(counted).sort("bigram")
        seen = totals["firms"].to_numpy().astype(np.int64)
        everywhere = seen + totals["units"].to_numpy()
        idf = np.log2((firm_names + unit_names + 1) / (everywhere + 0.5))
        return cls(totals["bigram"].to_numpy(), idf, seen, firm_names)


def sum_bigrams(counted: pl.DataFrame) -> pl.DataFrame:
    """Return the counts of parts of the lists added up."""
    return counted.group_by("bigram").agg(pl.col("firms").sum(), pl.col("units").sum())


def count_bigrams(names: pl.DataFrame, side: str) -> pl.DataFrame:
    """Return ``bigram`` (code), and in how many of the names' cores it is: ``firms``, ``units``."""
    counted = [_count_slice(some) for some in _iterate_slices(names)]
    totals = pl.concat([_count_slice([]), *counted]).group_by("bigram").agg(pl.col("names").sum())
    this_side, other = ("firms", "units") if side == "firm" else ("units", "firms")
    return totals.with_columns(pl.lit(0, pl.Int64).alias(other)).select(
        "bigram", *(pl.col("names").alias(c) if c == this_side else c for c in ("firms", "units"))
    )


def _count_slice(texts: list[str]) -> pl.DataFrame:
    rows, codes = _extract_bigrams(texts)
    # Once a name: row and bigram as one number, which has room for the rows of a slice.
    once = _sort_distinct((rows << _CODE_BITS) | codes) & ((1 << _CODE_BITS) - 1)
    once.sort()
    first = np.flatnonzero(_flag_changes(once))
    names = np.diff(first, append=len(once))
    return pl.DataFrame({"bigram": once[first], "names": names.astype(np.int64)})


def _sort_distinct(numbers: Ints) -> Ints:
    """Return the sorted distinct numbers (faster than ``np.unique``, which hashes)."""
    numbers = np.sort(numbers)
    return numbers[_flag_changes(numbers)]


def _flag_changes(numbers: Ints) -> Flags:
    """Return which of sorted numbers differ from the one before."""
    first = np.ones(len(numbers), dtype=bool)
    np.not_equal(numbers[1:], numbers[:-1], out=first[1:])
    return first


@dataclass(frozen=True)
class BigramIndex:
    """Names of both sides as sparse rows of bigrams.

    ``firm_rows``/``unit_rows``: binary, one row per name, one column per bigram of the
    ``vocabulary``; ``firms``/``units``: whose name a row is.
    """

    firm_rows: sparse.csr_matrix
    unit_rows: sparse.csr_matrix
    vocabulary: Vocabulary
    firms: Ints
    units: Ints

    @classmethod
    def build(
        cls,
        firm_names: pl.DataFrame,
        unit_names: pl.DataFrame,
        vocabulary: Vocabulary | None = None,
    ) -> "BigramIndex":
        """Index the ``core`` of every name of ``firm``/``unit``, by the whole lists' vocabulary."""
        known = vocabulary or _build_vocabulary(firm_names, unit_names)
        return cls(
            _build_rows(firm_names, known),
            _build_rows(unit_names, known),
            known,
            firm_names["firm"].to_numpy(),
            unit_names["unit"].to_numpy(),
        )

    @cached_property
    def firm_bits(self) -> Floats:
        """Bits of each name of the firms."""
        bits: Floats = self.firm_rows @ self.vocabulary.idf
        return bits

    @cached_property
    def unit_bits(self) -> Floats:
        """Bits of each name of the units."""
        bits: Floats = self.unit_rows @ self.vocabulary.idf
        return bits

    def measure_overlap(self, firm_rows: Ints, unit_rows: Ints) -> tuple[Floats, Floats, Floats]:
        """Return for pairs of names the bits that they share, and the bits of each of the two."""
        common = self.firm_rows[firm_rows].multiply(self.unit_rows[unit_rows])
        return common @ self.vocabulary.idf, self.firm_bits[firm_rows], self.unit_bits[unit_rows]


def _build_vocabulary(firm_names: pl.DataFrame, unit_names: pl.DataFrame) -> Vocabulary:
    counted = [count_bigrams(firm_names, "firm"), count_bigrams(unit_names, "unit")]
    return Vocabulary.from_counts(pl.concat(counted), firm_names.height, unit_names.height)


def _build_rows(names: pl.DataFrame, vocabulary: Vocabulary) -> sparse.csr_matrix:
    parts = [_build_slice_rows(some, vocabulary.codes) for some in _iterate_slices(names)]
    if not parts:
        return sparse.csr_matrix((0, len(vocabulary.codes)))
    rows: sparse.csr_matrix = sparse.vstack(parts, format="csr")
    return rows


def _build_slice_rows(texts: list[str], codes: Ints) -> sparse.csr_matrix:
    rows, bigrams = _extract_bigrams(texts)
    width = max(1, len(codes))
    cells = _sort_distinct(rows * width + np.searchsorted(codes, bigrams))
    place = (cells // width, cells % width)
    return sparse.csr_matrix((np.ones(len(cells)), place), shape=(len(texts), len(codes)))


def _iterate_slices(names: pl.DataFrame) -> Iterator[list[str]]:
    """Yield the cores of names, so many at a time: what is reckoned on the way stays small."""
    cores = names["core"].fill_null("")
    for at in range(0, len(cores), SLICE_ROWS):
        yield cores.slice(at, SLICE_ROWS).to_list()


def _extract_bigrams(texts: list[str]) -> tuple[Ints, Ints]:
    """Return row number and code of every bigram of every text, with a start mark."""
    joined = "\n" + "\n".join(texts)
    points = np.frombuffer(joined.encode("utf-32-le"), dtype=np.uint32).astype(np.int64)
    row = np.cumsum(points == ord("\n")) - 1
    second_is_text = points[1:] != ord("\n")
    codes = (points[:-1] << _CODE_BITS // 2) | points[1:]
    return row[1:][second_is_text], codes[second_is_text]
