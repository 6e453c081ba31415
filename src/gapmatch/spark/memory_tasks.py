"""What people decided and saw, brought to the firms and units of a cluster."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import polars as pl

from gapmatch.ledger.identity import select_identity
from gapmatch.pipeline import Memory
from gapmatch.privacy import mask_codes
from gapmatch.spark.bucket_tasks import ELSEWHERE, Frames
from gapmatch.spark.cluster import Piece
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
        """Return those of decisions and visits."""
        decisions, visits = memory.decisions, memory.visits
        codes = [decisions["firm_code"], decisions["unit_code"], visits["firm_code"]]
        names = [decisions["firm_name"], decisions["unit_name"], visits["firm_name"]]
        return cls(
            mask_codes(_unite_texts(codes)), _unite_texts(names), decisions["unit_id"].unique()
        )

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
