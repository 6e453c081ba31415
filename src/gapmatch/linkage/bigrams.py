"""An index over the character bigrams of names, weighted by rarity.

Rare pairs of characters are what a firm's name is recognised by; 有限 or 公司 say nothing. The weight of
a bigram is its inverse document frequency over both lists (Spärck Jones, 1972), so no list of common
words is needed and the index works for any region and industry.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import sparse

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

COMMON_SHARE = 0.01
"""Bigrams in more than this share of the firms' names propose no candidates (but count in similarity)."""
COMMON_LEAST = 200
LEAST_COSINE = 0.15
"""Names that share less than this of their rare bigrams are no candidates on the name's account."""
CHUNK = 1024


@dataclass(frozen=True)
class BigramIndex:
    """Names of both sides as sparse rows of bigram weights.

    ``firm_rows``/``unit_rows``: binary, one row per name; ``idf``: bits per bigram;
    ``firms``/``units``: whose name a row is.
    """

    firm_rows: sparse.csr_matrix
    unit_rows: sparse.csr_matrix
    idf: Floats
    firms: Ints
    units: Ints

    @classmethod
    def build(cls, firm_names: pl.DataFrame, unit_names: pl.DataFrame) -> "BigramIndex":
        """Index the ``core`` of every name; ``firm``/``unit`` say whose it is."""
        texts = [*firm_names["core"].fill_null(""), *unit_names["core"].fill_null("")]
        rows, codes = _bigrams(texts)
        vocabulary, columns = np.unique(codes, return_inverse=True)
        cells = np.unique(rows * len(vocabulary) + columns)
        rows, columns = cells // max(1, len(vocabulary)), cells % max(1, len(vocabulary))
        matrix = sparse.csr_matrix(
            (np.ones(len(rows), dtype=np.float64), (rows, columns)),
            shape=(len(texts), len(vocabulary)),
        )
        seen = np.asarray(matrix.sum(axis=0)).ravel()
        idf = np.log2((len(texts) + 1) / (seen + 0.5))
        n = firm_names.height
        return cls(
            matrix[:n],
            matrix[n:],
            idf,
            firm_names["firm"].to_numpy(),
            unit_names["unit"].to_numpy(),
        )

    def nearest(self, count: int) -> pl.DataFrame:
        """Return for each unit the ``count`` firms of highest similarity: ``firm``, ``unit``."""
        found = [
            self._nearest_of(start, count) for start in range(0, self.unit_rows.shape[0], CHUNK)
        ]
        pairs = np.concatenate(found) if found else np.empty((0, 2), dtype=np.int64)
        frame = pl.DataFrame({"firm": pairs[:, 0], "unit": pairs[:, 1]})
        return frame.cast(pl.UInt32).unique()

    def _nearest_of(self, start: int, count: int) -> Ints:
        rare, firm_length = self._rare_firms
        some = self.unit_rows[start : start + CHUNK]
        scores = (some @ rare).tocsr()
        unit_bits = np.sqrt(some @ self.idf**2) + 1e-9
        row = np.repeat(np.arange(scores.shape[0]), np.diff(scores.indptr))
        cosine = scores.data / (unit_bits[row] * firm_length[scores.indices])
        like = np.flatnonzero(cosine >= LEAST_COSINE)
        row, column = row[like], scores.indices[like]
        best = _first_of_each(row, cosine[like], column, count)
        return np.column_stack((self.firms[column[best]], self.units[start + row[best]]))

    @cached_property
    def _rare_firms(self) -> tuple[sparse.csr_matrix, Floats]:
        """Bigrams × firm names, squared weights, common bigrams left out; and each name's length in bits."""
        seen = np.asarray(self.firm_rows.sum(axis=0)).ravel()
        rare = seen <= max(COMMON_LEAST, COMMON_SHARE * self.firm_rows.shape[0])
        weights = sparse.diags(np.where(rare, self.idf**2, 0.0))
        weighted = sparse.csr_matrix((self.firm_rows @ weights).T)
        weighted.eliminate_zeros()
        return weighted, np.sqrt(self.firm_rows @ self.idf**2) + 1e-9

    def shared(self, firm_rows: Ints, unit_rows: Ints) -> tuple[Floats, Floats, Floats]:
        """Return for pairs of names the bits that they share, and the bits of each of the two."""
        left, right = self.firm_rows[firm_rows], self.unit_rows[unit_rows]
        return left.multiply(right) @ self.idf, left @ self.idf, right @ self.idf


def _bigrams(texts: list[str]) -> tuple[Ints, Ints]:
    """Return the row number and the code of every bigram of every text, with a mark for the beginning."""
    joined = "\n" + "\n".join(texts)
    points = np.frombuffer(joined.encode("utf-32-le"), dtype=np.uint32).astype(np.int64)
    row = np.cumsum(points == ord("\n")) - 1
    second_is_text = points[1:] != ord("\n")
    codes = (points[:-1] << 21) | points[1:]
    return row[1:][second_is_text], codes[second_is_text]


def _first_of_each(groups: Ints, scores: Floats, ties: Ints, count: int) -> Ints:
    """Return the positions of the ``count`` highest scores of each group; lower ``ties`` win."""
    order = np.lexsort((ties, -np.round(scores, 9), groups))
    sorted_groups = groups[order]
    starts = np.flatnonzero(np.r_[True, sorted_groups[1:] != sorted_groups[:-1]])
    place = np.arange(len(order)) - np.repeat(starts, np.diff(np.r_[starts, len(order)]))
    return order[place < count]
