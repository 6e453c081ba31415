"""Both lists in tasks: what is compared of each, and what values share across all of them.

A bucket of firms (or units) holds those of ``size`` consecutive numbers.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import polars as pl
import polars.selectors as cs

from gapmatch.ledger.identity import select_identity
from gapmatch.linkage.bigrams import Vocabulary, count_bigrams, sum_bigrams
from gapmatch.linkage.levels import COUNTED_NAMES, COUNTED_VALUES
from gapmatch.linkage.link_lists import INFERRED_COUNTIES
from gapmatch.linkage.sampling import flag_exact_matches, is_training_unit
from gapmatch.linkage.sides import SideRows, expand_names, select_values
from gapmatch.pipeline import Memory
from gapmatch.privacy import mask_codes
from gapmatch.schemas import UNKNOWN_COUNTY
from gapmatch.spark.bucket_tasks import ELSEWHERE, Frames, Sizes
from gapmatch.spark.cluster import Piece, spread
from gapmatch.standardise.sides_of_extracts import add_aliases, select_repeat_names

if TYPE_CHECKING:
    from pyspark import Broadcast


_IDENTITY = (
    *("code_text", "taxpayer_code", "credit_code", "org_code"),
    *("standard_name", "clean_name", "name", "county_name"),
    *("uscc", "uscc_valid", "organisation", "organisation_valid", "unit_id", "seq"),
    *("duplicate_of", "is_duplicate"),
)
"""Columns by which people's decisions and visits find their firms and units."""


@dataclass(frozen=True)
class AddConfirmedNames:
    """A bucket of firms → FIRMS with the names of ``confirmed`` (firm, alias) and their own."""

    confirmed: "Broadcast[pl.DataFrame | None]"
    home: str | None

    def __call__(self, bucket: int, frames: Frames) -> Iterable[Piece]:
        """Return ``firms``."""
        firms = frames["firms"].sort("firm")
        names = [select_repeat_names(firms)]
        if self.confirmed.value is not None:
            own = self.confirmed.value.join(firms.select("firm"), on="firm", how="semi")
            names.append(own.select(names[0].columns))
        yield Piece(bucket, "firms", add_aliases(firms, pl.concat(names), self.home))


@dataclass(frozen=True)
class EntryKeys:
    """The codes, names and unit numbers that people's entries are about."""

    codes: pl.Series
    names: pl.Series
    unit_ids: pl.Series

    @classmethod
    def from_memory(cls, memory: Memory) -> Self:
        """Return those of all that is remembered."""
        codes, names, unit_ids = (
            [frame[c] for frame in memory.frames for c in columns if c in frame.columns]
            for columns in (("firm_code", "unit_code"), ("firm_name", "unit_name"), ("unit_id",))
        )
        return cls(mask_codes(_unite_texts(codes)), _unite_texts(names), _unite_texts(unit_ids))

    def select_named(self, frame: pl.DataFrame, key: str) -> pl.DataFrame:
        """Return the rows of FIRMS or UNITS that an entry may be about."""
        identity = select_identity(frame, key)
        named = identity["code"].is_in(self.codes.implode()).fill_null(value=False)
        named |= identity["name"].is_in(self.names.implode()).fill_null(value=False)
        if "unit_id" in frame.columns:
            named |= frame["unit_id"].is_in(self.unit_ids.implode()).fill_null(value=False)
        return frame.filter(named)


def _unite_texts(columns: list[pl.Series]) -> pl.Series:
    return pl.concat([column.cast(pl.String).alias("text") for column in columns]).unique()


@dataclass(frozen=True)
class Identify:
    """A bucket of firms or units → what identifies them; ``entries``: only what these name."""

    key: str
    entries: "Broadcast[EntryKeys] | None" = None

    def __call__(self, bucket: int, frames: Frames) -> Iterable[Piece]:
        """Return ``identity``."""
        frame = frames[f"{self.key}s"]
        named = self.entries.value.select_named(frame, self.key) if self.entries else frame
        columns = [c for c in _IDENTITY if c in frame.columns]
        yield Piece(ELSEWHERE, "identity", named.select(self.key, *columns))


@dataclass(frozen=True)
class SplitList:
    """A bucket of FIRMS or UNITS → what is compared of it, and values to be counted."""

    key: str
    sizes: Sizes

    def __call__(self, bucket: int, frames: Frames) -> Iterable[Piece]:
        """Return values, names, counted bigrams; and every value with its owner, to be counted."""
        rows = frames[f"{self.key}s"].sort(self.key)
        if self.key == "firm":
            rows = rows.filter(pl.col("duplicate_of").is_null())
        names = expand_names(self.key, rows).with_columns(
            place=pl.int_range(pl.len(), dtype=pl.UInt32).over(self.key)
        )
        values = select_values(self.key, rows)
        yield Piece(bucket, f"{self.key}_values", values)
        yield Piece(bucket, f"{self.key}_names", names)
        by_bigram = pl.col("bigram") % self.sizes.keys
        yield from spread(count_bigrams(names, self.key), by_bigram, "bigrams")
        yield Piece(
            ELSEWHERE,
            f"{self.key}_name_count",
            pl.DataFrame({"bucket": [bucket], "names": [names.height]}),
        )
        for column in COUNTED_VALUES.values():
            yield from self._iterate_owned(values, column, pl.lit(0, pl.UInt32))
        yield Piece(ELSEWHERE, f"{self.key}_glimpse", _find_columns_with_values(values))
        for column in COUNTED_NAMES:
            yield from self._iterate_owned(names, column, pl.col("place"))

    def _iterate_owned(self, frame: pl.DataFrame, column: str, place: pl.Expr) -> Iterable[Piece]:
        owned = frame.select(
            pl.lit(column).alias("column"),
            pl.col(column).alias("value"),
            pl.col(self.key).alias("owner"),
            place.alias("place"),
        ).drop_nulls("value")
        by_value = pl.struct("column", "value").hash() % self.sizes.keys
        return spread(owned, by_value, f"{self.key}_owned")


def _find_columns_with_values(values: pl.DataFrame) -> pl.DataFrame:
    """Return a row that marks the columns with any value, for the notes on the entire list."""
    known = pl.col("county_name").filter(pl.col("county_name") != UNKNOWN_COUNTY)
    source = pl.col("county_source")
    stated = source.filter(~source.is_in(INFERRED_COUNTIES))
    first_values = values.select(
        pl.col("code_text", "person", "phone_digits").drop_nulls().first(),
        county_name=known.drop_nulls().first().fill_null(UNKNOWN_COUNTY),
        county_source=pl.coalesce(stated.first(), source.first()),
    )
    return first_values.head(values.height)


@dataclass(frozen=True)
class CountSharing:
    """All owners of some values → rows per value, and which units' values some firm has."""

    sizes: Sizes

    def __call__(self, bucket: int, frames: Frames) -> Iterable[Piece]:
        """Return rows' sharing, units' matched values, and for the driver sums of ``bigrams``."""
        if "bigrams" in frames:
            yield Piece(ELSEWHERE, "bigrams", sum_bigrams(frames["bigrams"]))
        firms, units = frames.get("firm_owned"), frames.get("unit_owned")
        for key, owned in (("firm", firms), ("unit", units)):
            if owned is not None:
                yield from self._iterate_shares(key, owned)
        if firms is not None and units is not None:
            for column in COUNTED_VALUES.values():
                own, others = (side.filter(pl.col("column") == column) for side in (firms, units))
                yield from self._iterate_matched(own, others)

    def _iterate_shares(self, key: str, owned: pl.DataFrame) -> Iterable[Piece]:
        shared = owned.with_columns(value_sharing=pl.len().over("column", "value").cast(pl.UInt32))
        shares = shared.select("column", pl.col("owner").alias(key), "place", "value_sharing")
        yield from spread(shares, self.sizes.assign_bucket(key), f"{key}_sharing")

    def _iterate_matched(self, firms: pl.DataFrame, units: pl.DataFrame) -> Iterable[Piece]:
        if firms.is_empty() or units.is_empty():
            return
        known = units.join(firms.select("value").unique(), on="value", how="semi")
        matched = known.select("column", pl.col("owner").alias("unit"))
        yield from spread(matched, self.sizes.assign_bucket("unit"), "matched")


@dataclass(frozen=True)
class AddFrequencies:
    """A bucket's values and names with what was counted → the same, ready to be compared."""

    key: str
    units: int

    def __call__(self, bucket: int, frames: Frames) -> Iterable[Piece]:
        """Return ``<key>_rows`` and ``<key>_named``."""
        values = frames[f"{self.key}_values"].sort(self.key)
        names = frames[f"{self.key}_names"].sort(self.key, "place")
        values, names = _add_counts(self.key, values, names, frames.get(f"{self.key}_sharing"))
        if self.key == "unit":
            values = _flag_matches(values, frames.get("matched"))
            training = values.filter(is_training_unit(pl.col("unit"), self.units))
            yield Piece(ELSEWHERE, "training", training.select("unit", cs.ends_with("_met")))
        yield Piece(bucket, f"{self.key}_rows", values)
        yield Piece(bucket, f"{self.key}_named", names)


def _add_counts(
    key: str, values: pl.DataFrame, names: pl.DataFrame, sharing: pl.DataFrame | None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    for column in COUNTED_VALUES.values():
        values = _add_column_count(values, column, sharing, [key])
    for column in COUNTED_NAMES:
        names = _add_column_count(names, column, sharing, [key, "place"])
    return values, names


def _add_column_count(
    frame: pl.DataFrame, column: str, sharing: pl.DataFrame | None, on: list[str]
) -> pl.DataFrame:
    if sharing is None:
        return frame.with_columns(pl.lit(None, pl.UInt32).alias(f"{column}_sharing"))
    counts = sharing.filter(pl.col("column") == column).select(
        *on, pl.col("value_sharing").alias(f"{column}_sharing")
    )
    return frame.join(counts, on=on, how="left", maintain_order="left")


def _flag_matches(values: pl.DataFrame, matches: pl.DataFrame | None) -> pl.DataFrame:
    if matches is None:
        return flag_exact_matches(values, values.clear())
    for column in COUNTED_VALUES.values():
        units = matches.filter(pl.col("column") == column)["unit"]
        values = values.with_columns(pl.col("unit").is_in(units.implode()).alias(f"{column}_met"))
    return values


@dataclass(frozen=True)
class ListStatistics:
    """Properties of both entire lists that tasks need."""

    vocabulary: Vocabulary
    firms: int
    units: int
    firm_names: int
    unit_names: int
    first_firm_name: Mapping[int, int]
    """Bucket of firms → number of its first name; likewise of units."""
    first_unit_name: Mapping[int, int]

    def make_side(self, key: str, rows: pl.DataFrame, names: pl.DataFrame) -> SideRows:
        """Return rows and names, sorted by key, as a side numbered from 0."""
        totals = (self.firms, self.firm_names) if key == "firm" else (self.units, self.unit_names)
        row_numbers = rows[key].to_frame().with_row_index("number")
        numbered = names.join(row_numbers, on=key, how="left", maintain_order="left")
        return SideRows(
            key,
            rows.with_columns(row_numbers["number"].alias(key)),
            numbered.with_columns(pl.col("number").alias(key))
            .drop("number", "place")
            .with_row_index(f"{key}_name"),
            *totals,
        )

    def get_first_name(self, key: str, bucket: int) -> int:
        """Return the number of a bucket's first name."""
        return (self.first_firm_name if key == "firm" else self.first_unit_name)[bucket]
