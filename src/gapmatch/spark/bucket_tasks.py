"""What tasks share: frames by tag, how lists are cut into buckets, units sent on request."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from gapmatch.spark.cluster import Piece

Frames = Mapping[str, pl.DataFrame]
ELSEWHERE = -1
"""Bucket of what is for the driver alone."""


@dataclass(frozen=True)
class Sizes:
    """How the lists are cut: rows of each in a bucket, and number of buckets for keys."""

    firm: int
    unit: int
    keys: int

    def assign_bucket(self, key: str) -> pl.Expr:
        """Return the bucket of a firm or unit."""
        return pl.col(key) // (self.firm if key == "firm" else self.unit)


@dataclass(frozen=True)
class SendUnits:
    """A bucket of units and requests → their pieces in ``tags``, to the requesting buckets."""

    tags: tuple[str, ...]

    def __call__(self, bucket: int, frames: Frames) -> Iterable[Piece]:
        """Return the frames of ``tags`` by bucket of firms."""
        if "asked" not in frames:
            return
        for (by,), asked in frames["asked"].partition_by("by", as_dict=True).items():
            for tag in self.tags:
                wanted = frames[tag].join(asked.select("unit"), on="unit", how="semi")
                yield Piece(int(by), tag, wanted)
