"""Standardising and numbering in tasks: rows in ranges of their contents.

Rows are numbered in the order of their contents (``standardise.number_rows``). A range holds all
rows with a standard name between two bounds, so that each range is sorted for itself. A
row's *place* is one number that orders like the rows: first appearances before repeats, then by
range, then within it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from gapmatch.schemas import FIRMS, UNITS
from gapmatch.spark.bucket_tasks import ELSEWHERE, Frames, Sizes
from gapmatch.spark.cluster import Piece, spread
from gapmatch.standardise.new_registrations import flag_listed
from gapmatch.standardise.registry import Registrations
from gapmatch.standardise.repeated_firms import (
    build_same_firm_keys,
    find_first_rows,
    select_firm_signs,
    select_standing_rows,
)
from gapmatch.standardise.sides_of_extracts import clean_firms, clean_units, sort_by_contents

if TYPE_CHECKING:
    from pyspark import Broadcast

Ints = npt.NDArray[np.int64]
Places = npt.NDArray[np.uint64]
REPEATS = {"place": pl.UInt64, "original": pl.UInt64}
"""Rows that repeat another one, and the places of those that stand for them."""
_RANGE_BITS = 32
_REPEATED = np.uint64(1 << 63)
_LAST = "\U0010ffff"
"""Sorts behind every text, as missing values do."""


def clean_rows(
    key: str, rows: pl.DataFrame, known: Registrations | None, home: str | None
) -> pl.DataFrame:
    """Return the standardised rows of either side, each row for itself."""
    clean = clean_firms if key == "firm" else clean_units
    return clean(rows, known, home)


@dataclass(frozen=True)
class FlagListed:
    """A slice of read rows → which registrations are in it."""

    young: "Broadcast[pl.DataFrame]"

    def __call__(self, bucket: int, frames: Frames) -> Iterable[Piece]:
        """Return ``listed``."""
        listed = flag_listed(self.young.value, frames["rows"])
        yield Piece(ELSEWHERE, "listed", pl.DataFrame({"row": listed.arg_true()}))


def find_bounds(sample: pl.DataFrame, ranges: int) -> pl.Series:
    """Return what separates ``ranges`` ranges of about equal size, from standardised rows.

    A range holds all rows of a name: which of them are one firm is seen side by side.
    """
    keys = sample["standard_name"].fill_null(_LAST).sort()
    places = [len(keys) * number // ranges for number in range(1, ranges)]
    return keys.gather(places) if len(keys) else keys.clear()


def _build_order_key() -> pl.Expr:
    parts = (pl.col(c).fill_null(_LAST) for c in ("standard_name", "code_text"))
    return pl.concat_str(*parts, separator="\0").alias("order_key")


@dataclass(frozen=True)
class CleanRows:
    """A slice of read rows → standardised rows, to the range of their contents."""

    key: str
    home: str | None
    known: "Broadcast[Registrations | None]"
    bounds: "Broadcast[pl.Series]"

    def __call__(self, bucket: int, frames: Frames) -> Iterable[Piece]:
        """Return ``clean``."""
        rows = frames["rows"].drop("n")
        clean = clean_rows(self.key, rows, self.known.value, self.home)
        keys = clean.select(_build_order_key()).to_series()
        yield from spread(clean, pl.lit(self.bounds.value.search_sorted(keys, "right")), "clean")


@dataclass(frozen=True)
class RankRows:
    """A range of standardised rows → how many there are, and which of them repeat another."""

    key: str
    read: Sequence[str]
    sizes: Sizes

    def __call__(self, bucket: int, frames: Frames) -> Iterable[Piece]:
        """Return ``counts`` and ``repeats``; of firms, ``same_firm`` and ``signs`` by organisation.

        Columns of ``counts``: bucket, once, again. A row with the very contents of another lies in
        its range; another row of a firm may not.
        """
        rows = sort_by_contents(frames["clean"], self.read)
        place = _build_places(rows["is_duplicate"], bucket)
        once = rows.filter(~pl.col("is_duplicate"))
        counts = {"bucket": [bucket], "once": [once.height], "again": [rows.height - once.height]}
        yield Piece(ELSEWHERE, "counts", pl.DataFrame(counts))
        original = place.gather(find_first_rows(rows, self.read))
        yield _send_repeats(pl.DataFrame({"place": place, "original": original}))
        if self.key == "firm":
            keys = build_same_firm_keys(once)
            signs = select_firm_signs(once)[keys["row"].unique(maintain_order=True)]
            owners = keys.unique("row", maintain_order=True)["organisation"]
            for tag, frame, owner in (
                ("same_firm", keys.drop("organisation"), keys["organisation"]),
                ("signs", signs, owners),
            ):
                by_organisation = owner.hash() % self.sizes.keys
                placed = frame.with_columns(place.gather(frame["row"]).alias("row"))
                yield from spread(placed, pl.lit(by_organisation), tag)


def _build_places(is_duplicate: pl.Series, bucket: int) -> pl.Series:
    first = np.uint64(bucket << _RANGE_BITS)
    ranks = np.arange(len(is_duplicate), dtype=np.uint64) + first
    return pl.Series("place", ranks | np.where(is_duplicate.to_numpy(), _REPEATED, np.uint64(0)))


def _send_repeats(originals: pl.DataFrame) -> Piece:
    return Piece(ELSEWHERE, "repeats", originals.filter(pl.col("place") != pl.col("original")))


@dataclass(frozen=True)
class GroupRepeatedFirms:
    """All rows of some organisations → which of them are one firm, and which stands for it."""

    def __call__(self, bucket: int, frames: Frames) -> Iterable[Piece]:
        """Return ``repeats``."""
        standing = select_standing_rows(frames["same_firm"], frames["signs"])
        yield _send_repeats(standing.rename({"row": "place"}))


def number_repeats(
    counts: pl.DataFrame, of_contents: pl.DataFrame, of_firms: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return a range's first numbers, and the numbers of repeated rows.

    ``counts``: of ``RankRows``; the others: REPEATS of either kind. Returns ``bucket``,
    ``first_once`` and ``first_again``; and ``bucket``, ``rank`` (in it), ``number``,
    ``duplicate_of``.
    """
    standing = of_firms.rename({"place": "original", "original": "standing"})
    chained = of_contents.join(standing, on="original", how="left").select(
        "place", pl.coalesce("standing", "original").alias("original")
    )
    repeats = pl.concat([of_firms, chained]).sort("place")
    ranges, taken = _Ranges.from_counts(counts), repeats["place"].to_numpy()
    original = repeats["original"].to_numpy()
    number = ranges.rows - len(taken) + np.arange(len(taken))
    numbered = pl.DataFrame(
        {
            "bucket": _extract_range(taken),
            "rank": taken.astype(np.uint32),
            "number": number.astype(np.uint32),
            "duplicate_of": (ranges.count_before(original) - np.searchsorted(taken, original)),
        }
    ).cast({"duplicate_of": pl.UInt32})
    return ranges.build_first_numbers(taken), numbered


def _extract_range(places: Places) -> Ints:
    return ((places & ~_REPEATED) >> np.uint64(_RANGE_BITS)).astype(np.int64)


@dataclass(frozen=True)
class _Ranges:
    """All ranges in order: rows that appear first (``once``) and again, and those before them."""

    bucket: Ints
    once: Ints
    again: Ints

    @classmethod
    def from_counts(cls, counts: pl.DataFrame) -> "_Ranges":
        ordered = counts.sort("bucket")
        return cls(*(ordered[c].to_numpy() for c in ("bucket", "once", "again")))

    @property
    def rows(self) -> int:
        return int(self.once.sum() + self.again.sum())

    @property
    def once_before(self) -> Ints:
        before: Ints = np.cumsum(self.once) - self.once
        return before

    @property
    def again_before(self) -> Ints:
        before: Ints = self.once.sum() + np.cumsum(self.again) - self.again
        return before

    def count_before(self, places: Places) -> Ints:
        """Return how many rows lie before each place."""
        at = np.searchsorted(self.bucket, _extract_range(places))
        rank = (places & np.uint64((1 << _RANGE_BITS) - 1)).astype(np.int64)
        again = self.again_before[at] + rank - self.once[at]
        return np.where(places >= _REPEATED, again, self.once_before[at] + rank)

    def build_first_numbers(self, taken: Places) -> pl.DataFrame:
        """Return the numbers of each range's first rows; ``taken``: places of repeats, sorted."""
        start = self.bucket.astype(np.uint64) << np.uint64(_RANGE_BITS)
        return pl.DataFrame(
            {
                "bucket": self.bucket,
                "first_once": self.once_before - np.searchsorted(taken, start),
                "first_again": self.again_before - np.searchsorted(taken, start | _REPEATED),
            }
        )


@dataclass(frozen=True)
class NumberRows:
    """A range of standardised rows → FIRMS or UNITS, to the bucket of their number."""

    key: str
    read: Sequence[str]
    sizes: Sizes

    def __call__(self, bucket: int, frames: Frames) -> Iterable[Piece]:
        """Return ``firms`` or ``units``; a repeated row lies with the row that it repeats."""
        rows = self._number(
            sort_by_contents(frames["clean"], self.read), frames["first"], frames["repeats"]
        )
        if self.key == "firm":
            original = pl.coalesce("duplicate_of", "firm") // self.sizes.firm
            yield from spread(FIRMS.complete(rows), original, "firms")
        else:
            units = UNITS.complete(rows.drop("duplicate_of"))
            yield from spread(units, self.sizes.assign_bucket("unit"), "units")

    def _number(
        self, rows: pl.DataFrame, first: pl.DataFrame, repeats: pl.DataFrame
    ) -> pl.DataFrame:
        ranked = rows.with_row_index("rank").join(
            repeats, on="rank", how="left", maintain_order="left"
        )
        is_first, again = pl.col("number").is_null(), pl.col("is_duplicate")
        before = is_first.cast(pl.Int64).cum_sum().over("is_duplicate") - 1
        start = pl.when(again).then(first["first_again"][0]).otherwise(first["first_once"][0])
        number = pl.coalesce("number", start + before).cast(pl.UInt32)
        return ranked.with_columns(number.alias(self.key)).drop("rank", "number")
