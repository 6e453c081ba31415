"""What the gate finds: a code and the numbers behind it, which ``wording/`` makes sentences of."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import polars as pl

from gapmatch.schemas import LINKED_STATUSES, UNKNOWN_COUNTY

STOP = "stop"
WARNING = "warning"

LOST = "lost"
"""Value of a finding: how many firms may be without a unit because the unit is lacking."""

Value = int | float | str | Sequence[str]


@dataclass(frozen=True)
class GateFinding:
    """One reason to doubt the lists of a quarter."""

    code: str
    severity: str
    values: Mapping[str, Value] = field(default_factory=dict)


def count_lost(values: Iterable[Mapping[str, Any]]) -> int:
    """Return how many firms may be without a unit, by the ``values`` of findings.

    The largest counts: they are signs of one lack.
    """
    return max((int(own.get(LOST, 0)) for own in values), default=0)


@dataclass(frozen=True)
class QuarterLists:
    """FIRMS, UNITS and GAPS of one quarter."""

    firms: pl.DataFrame
    units: pl.DataFrame
    gaps: pl.DataFrame
    verify: bool = False
    """The tax list claims that none of its firms is enrolled (``tax_list = "verify"``)."""

    @cached_property
    def originals(self) -> pl.DataFrame:
        """Firms that repeat no other row, with ``matched``: a unit of the list is their own.

        A branch whose head office is enrolled has none, nor has a firm with a pair in review: both
        are there if the units of their county are not. A firm out of scope (a school) may have one.
        """
        status = pl.col("status").cast(pl.String)
        outside = (status == "out_of_scope") & pl.col("unit").is_not_null()
        matched = self.gaps.select("firm", matched=status.is_in(LINKED_STATUSES) | outside)
        return self.firms.filter(pl.col("duplicate_of").is_null()).join(
            matched, on="firm", how="left", maintain_order="left"
        )


def count_by_county(frame: pl.DataFrame) -> pl.DataFrame:
    """Return ``county_name`` and ``rows`` (Int64) of the counties that are known, by name."""
    known = frame.filter(pl.col("county_name") != UNKNOWN_COUNTY)
    return (
        known.group_by("county_name").agg(pl.len().cast(pl.Int64).alias("rows")).sort("county_name")
    )
