"""For each unit the firms that share its rarest bigrams, at a cost linear in the lists.

A bigram proposes the firms that have it, so a common one costs much and carries little information.
Two limits bound the work per unit, however long the lists are: a bigram counts if no more
than ``MAX_POSTINGS`` firms have it; of a more common one, only the firms of the same prefecture
count, or of the same county, if these are few enough. (Prefix filtering, Chaudhuri et al. 2006,
with places to narrow what a province has too many of.)
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import sparse

from gapmatch.concurrency import map_threads
from gapmatch.linkage.bigrams import BigramIndex, Flags, Floats, Ints, Vocabulary
from gapmatch.linkage.sides import SideRows

Keys = npt.NDArray[np.uint32]
Values = npt.NDArray[np.int64] | npt.NDArray[np.uint32]


def group_pairs(one: Keys, other: Keys, values: Values, how: np.ufunc) -> tuple[Keys, Keys, Values]:
    """Return the distinct pairs of both, sorted, ``values`` combined by an order-free ``how``."""
    # One number for both keys is sorted and grouped sooner than two columns are.
    numbers = (one.astype(np.uint64) << np.uint64(32)) | other
    order = np.argsort(numbers)
    numbers, values = numbers[order], values[order]
    first = np.flatnonzero(np.diff(numbers, prepend=numbers[:1] + np.uint64(1)))
    pairs = numbers[first]
    together: Values = how.reduceat(values, first) if len(first) else values
    return (pairs >> np.uint64(32)).astype(np.uint32), pairs.astype(np.uint32), together


MAX_COMMON_SHARE = 0.01
"""Bigrams in more than this share of names propose no candidates (but count in similarity)."""
MIN_COMMON_NAMES = 200
MAX_POSTINGS = 400
"""Most firms that one bigram, or one bigram of a place, proposes."""
MIN_COSINE = 0.15
"""Names that share less than this of their rare bigrams are no candidates on the name's account."""
FIXED_POINT = 2.0**12
"""Weights are added as whole numbers: a sum is then the same in whatever order its parts come,
and that of a name of a thousand characters still fits into 32 bits."""
CHUNK_NAMES = 2048
PLACE_BITS = 20  # a division code has six digits
_MIN_COUNTY_CODE = 100_000


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
    def from_lists(cls, firms: SideRows, units: SideRows, index: BigramIndex) -> "NearestFirms":
        """Prepare both lists."""
        left = extract_tokens(index.firm_rows, number_places(firms, index.firms), index.vocabulary)
        right = extract_tokens(index.unit_rows, number_places(units, index.units), index.vocabulary)
        few = select_rare_tokens(*np.unique(left.token, return_counts=True))
        few = few[np.isin(few, right.token)]
        idf = index.vocabulary.idf
        return cls(
            _build_matrix(left, few, index.firm_rows.shape[0], idf).T.tocsr(),
            _build_matrix(right, few, index.unit_rows.shape[0], None),
            name_lengths(index.firm_rows, index.vocabulary),
            name_lengths(index.unit_rows, index.vocabulary),
            index.firms,
            index.units,
        )

    def pairs(self, count: int) -> pl.DataFrame:
        """Return the ``count`` most similar firms for each name of a unit: ``firm``, ``unit``."""
        slices = map_threads(
            lambda start: self._find_slice(start, count),
            range(0, self.unit_tokens.shape[0], CHUNK_NAMES),
        )
        pairs = np.concatenate(slices) if slices else np.empty((0, 2), dtype=np.int64)
        frame = pl.DataFrame({"firm": pairs[:, 0], "unit": pairs[:, 1]})
        return frame.cast(pl.UInt32).unique()

    def _find_slice(self, start: int, count: int) -> Ints:
        scores = (self.unit_tokens[start : start + CHUNK_NAMES] @ self.firm_tokens).tocsr()
        row = np.repeat(np.arange(scores.shape[0]), np.diff(scores.indptr)) + start
        length = self.unit_length[row] * self.firm_length[scores.indices]
        best = select_nearest_firms(row, scores.indices, scores.data / FIXED_POINT / length, count)
        return np.column_stack((self.firms[scores.indices[best]], self.units[row[best]]))


def name_lengths(rows: sparse.csr_matrix, vocabulary: Vocabulary) -> Floats:
    """Return the length of each name (names × bigrams) as a vector of bits, never quite zero."""
    lengths: Floats = np.sqrt(rows @ vocabulary.idf**2) + 1e-9
    return lengths


def compute_partial_scores(firms: Postings, units: Postings, idf: Floats) -> pl.DataFrame:
    """Return what some bigrams add to the scores of pairs of names (UInt32, fixed point)."""
    few = select_rare_tokens(*np.unique(firms.token, return_counts=True))
    left, right = np.unique(firms.row), np.unique(units.row)
    firm_rows = Postings(np.searchsorted(left, firms.row), firms.token)
    unit_rows = Postings(np.searchsorted(right, units.row), units.token)
    of_firms = _build_matrix(firm_rows, few, len(left), idf)
    scores = (_build_matrix(unit_rows, few, len(right), None) @ of_firms.T).tocoo()
    return pl.DataFrame(
        {
            "unit_name": right[scores.row].astype(np.uint32),
            "firm_name": left[scores.col].astype(np.uint32),
            "score": scores.data.astype(np.uint32),
        }
    )


def select_nearest_names(
    parts: pl.DataFrame, firm_length: Floats, unit_length: Floats, count: int
) -> pl.DataFrame:
    """Return ``unit_name``, ``firm_name``: the firms' names most like each name of a unit.

    ``parts``: what ``compute_partial_scores`` returned for all bigrams of these units; the lengths
    are those of all names, by their number.
    """
    columns = [parts[c].to_numpy() for c in ("unit_name", "firm_name", "score")]
    units, firms, scores = group_pairs(columns[0], columns[1], columns[2].astype(np.int64), np.add)
    unit, firm = units.astype(np.int64), firms.astype(np.int64)
    cosine = scores / FIXED_POINT / (unit_length[unit] * firm_length[firm])
    best = select_nearest_firms(unit, firm, cosine, count)
    return pl.DataFrame({"unit_name": unit[best], "firm_name": firm[best]})


def select_nearest_firms(unit: Ints, firm: Ints, cosine: Floats, count: int) -> Ints:
    """Return the positions of the ``count`` firms most like each unit, without unlike ones."""
    like = np.flatnonzero(cosine >= MIN_COSINE)
    positions: Ints = like[select_highest(unit[like], cosine[like], firm[like], count)]
    return positions


def extract_tokens(
    rows: sparse.csr_matrix, places: pl.DataFrame, vocabulary: Vocabulary
) -> Postings:
    """Return the tokens of names: rare bigrams as they are, common ones narrowed to a place.

    ``rows``: names × bigrams; ``places``: prefecture and county of each name as numbers, 0 if
    unknown.
    """
    seen, names = vocabulary.seen, vocabulary.firm_names
    informative = seen <= max(MIN_COMMON_NAMES, MAX_COMMON_SHARE * names)
    rare = informative & (seen <= MAX_POSTINGS)
    row = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
    bigram = rows.indices.astype(np.int64)
    postings = [Postings(row[rare[bigram]], bigram[rare[bigram]] << PLACE_BITS)]
    narrowed = (informative & ~rare)[bigram]
    postings += [
        _narrow_tokens(row[narrowed], bigram[narrowed], places[level].to_numpy())
        for level in places.columns
    ]
    return Postings(*(np.concatenate(column) for column in zip(*postings, strict=True)))


def select_rare_tokens(tokens: Ints, firms_with: Ints) -> Ints:
    """Return the tokens that propose: rare ones, and not covered by a token of a wider place."""
    common = tokens[firms_with > MAX_POSTINGS]
    place = tokens & ((1 << PLACE_BITS) - 1)
    wider = (tokens - place) | (place // 100)
    of_county = place >= _MIN_COUNTY_CODE
    few: Ints = tokens[(firms_with <= MAX_POSTINGS) & (~of_county | np.isin(wider, common))]
    return few


def _narrow_tokens(row: Ints, bigram: Ints, place: Ints) -> Postings:
    known = place[row] > 0
    return Postings(row[known], (bigram[known] << PLACE_BITS) | place[row[known]])


def number_places(side: SideRows, owners: Ints) -> pl.DataFrame:
    """Return prefecture and county of each name as numbers, 0 if unknown."""
    division = side.rows["division"].gather(owners)
    county = pl.when(~division.str.ends_with("00")).then(division)
    places = (division.str.slice(0, 4).alias("prefecture"), county.alias("county"))
    return pl.select(*places).select(pl.all().cast(pl.Int64, strict=False).fill_null(0))


def _build_matrix(
    postings: Postings, tokens: Ints, names: int, idf: Floats | None
) -> sparse.csr_matrix:
    """Return names × ``tokens``: squared bits in fixed point if ``idf`` is given, else ones."""
    place = np.searchsorted(tokens, postings.token).clip(max=max(0, len(tokens) - 1))
    wanted = np.flatnonzero(tokens[place] == postings.token) if len(tokens) else place[:0]
    bits = np.ones(len(tokens)) if idf is None else FIXED_POINT * idf[tokens >> PLACE_BITS] ** 2
    values = np.rint(bits).astype(np.int64)[place[wanted]]
    cells = (postings.row[wanted], place[wanted])
    return sparse.csr_matrix((values, cells), shape=(names, len(tokens)))


def select_highest(groups: Ints, scores: Floats, ties: Ints, count: int) -> Ints:
    """Return the positions of the ``count`` highest scores of each group; lower ``ties`` win."""
    # One number is sorted five times as fast as three; equal ones are put in order afterwards.
    keys = (groups.astype(np.int64) << 31) - np.rint(scores * 1e9).astype(np.int64)
    order = np.argsort(keys)
    equal = np.diff(keys[order]) == 0
    tied = np.flatnonzero(np.r_[equal, False] | np.r_[False, equal])
    members = np.sort(order[tied])
    order[tied] = members[np.lexsort((ties[members], keys[members]))]
    sorted_groups = groups[order]
    starts: Flags | Ints = np.flatnonzero(np.r_[True, sorted_groups[1:] != sorted_groups[:-1]])
    place = np.arange(len(order)) - np.repeat(starts, np.diff(np.r_[starts, len(order)]))
    return order[place < count]
