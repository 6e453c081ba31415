"""For each unit the firms whose names share its rarest bigrams, at a cost that grows with the lists alone.

A bigram proposes the firms that have it, so one that many firms have costs much and says little. Two
limits keep the work per unit bounded however long the lists are: a bigram counts where no more than
``POSTINGS`` firms have it; of a more common one, only the firms of the same prefecture count, or of the
same county, where these are few enough. (Prefix filtering, Chaudhuri et al. 2006, with places to
narrow what a province has too many of.)
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import polars as pl
from scipy import sparse

from gapmatch.linkage.bigrams import BigramIndex, Flags, Floats, Ints
from gapmatch.linkage.sides import Side

COMMON_SHARE = 0.01
"""Bigrams in more than this share of the firms' names propose no candidates (but count in similarity)."""
COMMON_LEAST = 200
POSTINGS = 400
"""Most firms that one bigram, or one bigram of a place, proposes."""
LEAST_COSINE = 0.15
"""Names that share less than this of their rare bigrams are no candidates on the name's account."""
FIXED_POINT = 2.0**20
"""Weights are added as whole numbers: a sum is then the same in whatever order its parts come."""
CHUNK = 2048
_PLACE_BITS = 20  # a division code has six digits
_LEAST_COUNTY = 100_000


class Postings(NamedTuple):
    """Which name has which ``token``: a bigram, alone or narrowed to a place."""

    row: Ints
    token: Ints


@dataclass(frozen=True)
class NearestFirms:
    """Names of both sides as tokens that few enough firms have, ready to be multiplied.

    ``firm_tokens``: tokens × names, weights in fixed point; ``unit_tokens``: names × tokens;
    ``firm_length``, ``unit_length``: bits of each name.
    """

    firm_tokens: sparse.csr_matrix
    unit_tokens: sparse.csr_matrix
    firm_length: Floats
    unit_length: Floats
    firms: Ints
    units: Ints

    @classmethod
    def of(cls, firms: Side, units: Side, index: BigramIndex) -> "NearestFirms":
        """Prepare both lists."""
        left = tokens_of(index.firm_rows, _places(firms, index.firms), index)
        right = tokens_of(index.unit_rows, _places(units, index.units), index)
        few = few_enough(*np.unique(left.token, return_counts=True))
        few = few[np.isin(few, right.token)]
        idf = index.vocabulary.idf
        return cls(
            _matrix(left, few, index.firm_rows.shape[0], idf).T.tocsr(),
            _matrix(right, few, index.unit_rows.shape[0], None),
            np.sqrt(index.firm_rows @ idf**2) + 1e-9,
            np.sqrt(index.unit_rows @ idf**2) + 1e-9,
            index.firms,
            index.units,
        )

    def pairs(self, count: int) -> pl.DataFrame:
        """Return for each name of a unit the ``count`` firms of highest similarity: ``firm``, ``unit``."""
        found = [self._of(start, count) for start in range(0, self.unit_tokens.shape[0], CHUNK)]
        pairs = np.concatenate(found) if found else np.empty((0, 2), dtype=np.int64)
        frame = pl.DataFrame({"firm": pairs[:, 0], "unit": pairs[:, 1]})
        return frame.cast(pl.UInt32).unique()

    def _of(self, start: int, count: int) -> Ints:
        scores = (self.unit_tokens[start : start + CHUNK] @ self.firm_tokens).tocsr()
        row = np.repeat(np.arange(scores.shape[0]), np.diff(scores.indptr))
        length = self.unit_length[start + row] * self.firm_length[scores.indices]
        cosine = scores.data / FIXED_POINT / length
        like = np.flatnonzero(cosine >= LEAST_COSINE)
        row, column = row[like], scores.indices[like]
        best = first_of_each(row, cosine[like], column, count)
        return np.column_stack((self.firms[column[best]], self.units[start + row[best]]))


def tokens_of(rows: sparse.csr_matrix, places: pl.DataFrame, index: BigramIndex) -> Postings:
    """Return the tokens of names: rare bigrams as they are, common ones narrowed to a place.

    ``rows``: names × bigrams; ``places``: prefecture and county of each name as numbers, 0 where unknown.
    """
    seen, names = index.vocabulary.seen, index.vocabulary.firm_names
    told = seen <= max(COMMON_LEAST, COMMON_SHARE * names)
    rare = told & (seen <= POSTINGS)
    row = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
    bigram = rows.indices.astype(np.int64)
    found = [Postings(row[rare[bigram]], bigram[rare[bigram]] << _PLACE_BITS)]
    narrowed = (told & ~rare)[bigram]
    found += [
        _narrowed(row[narrowed], bigram[narrowed], places[level].to_numpy())
        for level in places.columns
    ]
    return Postings(*(np.concatenate(column) for column in zip(*found, strict=True)))


def few_enough(tokens: Ints, firms_with: Ints) -> Ints:
    """Return the tokens that propose: few firms have them, and no token of a wider place does their work."""
    common = tokens[firms_with > POSTINGS]
    place = tokens & ((1 << _PLACE_BITS) - 1)
    wider = (tokens - place) | (place // 100)
    of_county = place >= _LEAST_COUNTY
    few: Ints = tokens[(firms_with <= POSTINGS) & (~of_county | np.isin(wider, common))]
    return few


def _narrowed(row: Ints, bigram: Ints, place: Ints) -> Postings:
    known = place[row] > 0
    return Postings(row[known], (bigram[known] << _PLACE_BITS) | place[row[known]])


def _places(side: Side, owners: Ints) -> pl.DataFrame:
    """Return prefecture and county of each name as numbers, 0 where unknown."""
    division = side.rows["division"].gather(owners)
    county = pl.when(~division.str.ends_with("00")).then(division)
    places = (division.str.slice(0, 4).alias("prefecture"), county.alias("county"))
    return pl.select(*places).select(pl.all().cast(pl.Int64, strict=False).fill_null(0))


def _matrix(postings: Postings, tokens: Ints, names: int, idf: Floats | None) -> sparse.csr_matrix:
    """Return names × ``tokens``: squared bits in fixed point where ``idf`` is given, else ones."""
    place = np.searchsorted(tokens, postings.token).clip(max=max(0, len(tokens) - 1))
    wanted = np.flatnonzero(tokens[place] == postings.token) if len(tokens) else place[:0]
    bits = np.ones(len(tokens)) if idf is None else FIXED_POINT * idf[tokens >> _PLACE_BITS] ** 2
    values = np.rint(bits).astype(np.int64)[place[wanted]]
    cells = (postings.row[wanted], place[wanted])
    return sparse.csr_matrix((values, cells), shape=(names, len(tokens)))


def first_of_each(groups: Ints, scores: Floats, ties: Ints, count: int) -> Ints:
    """Return the positions of the ``count`` highest scores of each group; lower ``ties`` win."""
    order = np.lexsort((ties, -np.round(scores, 9), groups))
    sorted_groups = groups[order]
    starts: Flags | Ints = np.flatnonzero(np.r_[True, sorted_groups[1:] != sorted_groups[:-1]])
    place = np.arange(len(order)) - np.repeat(starts, np.diff(np.r_[starts, len(order)]))
    return order[place < count]
