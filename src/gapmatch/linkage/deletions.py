"""Keys that texts with a difference of one character share.

A text is keyed by itself and by itself with every one of its characters left out in turn: two texts
that differ by one wrong, missing, extra or swapped character share one of these keys (symmetric
deletion, after Garbe's SymSpell, 2012). A key is a number, the polynomial hash of what is left
(Karp and Rabin 1987), so that all of them are reckoned from the hashes of beginnings and ends
instead of being written out.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

Hashes = npt.NDArray[np.uint64]

_BASE = np.uint64(0x9E3779B97F4A7C15)
_SLICE_ROWS = 50_000
_MAX_FILTER_BITS = 1 << 28


def build_deletion_keys(
    texts: pl.DataFrame, shortest: int, longest: int, key_filter: "KeyFilter | None" = None
) -> pl.DataFrame:
    """Return ``key`` (UInt64) and the first column of ``texts`` for texts of so many characters.

    ``texts``: a key of its rows and ``text``. Equal texts and texts within one slip share a key;
    others that do are as rare as a chance among 2⁶⁴. ``key_filter``: keys of the other side; what
    it does not have is left out.
    """
    side = texts.columns[0]
    length = pl.col("text").str.len_chars()
    some = texts.filter(length.is_between(shortest, longest))
    slices = [
        _build_slice_keys(some.slice(at, _SLICE_ROWS), longest, key_filter)
        for at in range(0, some.height, _SLICE_ROWS)
    ]
    empty = pl.DataFrame(schema={side: texts.schema[side], "key": pl.UInt64})
    return pl.concat([empty, *slices]).unique(maintain_order=True)


def _build_slice_keys(
    texts: pl.DataFrame, longest: int, key_filter: "KeyFilter | None"
) -> pl.DataFrame:
    keys, rows = _compute_keys(texts["text"], longest)
    if key_filter is not None:
        present = key_filter.has(keys)
        keys, rows = keys[present], rows[present]
    return pl.DataFrame({texts.columns[0]: texts.to_series(0).gather(rows), "key": keys})


@dataclass(frozen=True)
class KeyFilter:
    """Which keys the other side has: certain of those that are missing, nearly so of the others.

    ``bits``: a bit for each of a power of two of places that keys fall on (Bloom 1970, with one
    hash).
    """

    bits: npt.NDArray[np.bool_]

    @classmethod
    def from_keys(cls, keys: pl.Series) -> "KeyFilter":
        """Remember ``keys`` (UInt64) in some 64 places for each."""
        size = 1 << max(10, (64 * max(1, len(keys)) - 1).bit_length())
        bits = np.zeros(min(size, _MAX_FILTER_BITS), dtype=bool)
        bits[cls._locate_keys(keys.to_numpy(), len(bits))] = True
        return cls(bits)

    def has(self, keys: Hashes) -> npt.NDArray[np.bool_]:
        """Return which of ``keys`` may be among those remembered."""
        found: npt.NDArray[np.bool_] = self.bits[self._locate_keys(keys, len(self.bits))]
        return found

    @staticmethod
    def _locate_keys(keys: Hashes, size: int) -> Hashes:
        places: Hashes = (keys >> np.uint64(7)) & np.uint64(size - 1)
        return places


def _compute_keys(texts: pl.Series, longest: int) -> tuple[Hashes, npt.NDArray[np.int64]]:
    some, lengths = extract_points(texts)
    points = np.zeros((len(texts), longest), dtype=np.uint64)
    points[:, : some.shape[1]] = some
    powers = np.cumprod(np.full(longest + 1, _BASE, dtype=np.uint64))
    terms = points * powers[:longest]
    before = np.zeros((len(texts), longest + 1), dtype=np.uint64)
    np.cumsum(terms, axis=1, out=before[:, 1:])
    # What follows a left-out character moves up by one place: divided by the base, modulo 2⁶⁴.
    inverse = np.uint64(pow(int(_BASE), -1, 2**64))
    full = before[:, -1]
    keys, rows = [full], [np.arange(len(texts))]
    for place in range(longest):
        has = np.flatnonzero(lengths > place)
        end = (full[has] - before[has, place + 1]) * inverse
        keys.append(before[has, place] + end)
        rows.append(has)
    return np.concatenate(keys), np.concatenate(rows)


def extract_points(texts: pl.Series) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int64]]:
    """Return the code points of texts, one row each, zeros behind the end; and the lengths."""
    lengths = texts.str.len_chars().to_numpy().astype(np.int64)
    longest = int(lengths.max(initial=1))
    joined = "".join(texts.str.pad_end(longest, "\0").to_list())
    points = np.frombuffer(joined.encode("utf-32-le"), dtype=np.uint32)
    return points.reshape(len(texts), longest), lengths
