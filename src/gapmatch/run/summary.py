"""What a run came to, for people and scripts."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl

from gapmatch.i18n import _
from gapmatch.read import Extract
from gapmatch.results.figures import count_by_status, join_firm_statuses
from gapmatch.results.run_results import PublishInput
from gapmatch.schemas import STATUSES
from gapmatch.settings.load import Settings


@dataclass(frozen=True)
class InputCount:
    """Counts of the rows of one extract file: ``read = used + duplicates + refused``.

    ``used`` counts the line rows that were folded into their unit too.
    """

    side: str
    file: str
    read: int
    used: int
    duplicates: int
    refused: int
    not_data: int = 0
    """Titles, headers, totals, furniture and blank rows: with ``read``, every row of the file."""

    def as_dict(self) -> dict[str, Any]:
        """Return the counts under their public names."""
        values = asdict(self)
        return {"kept" if name == "used" else name: n for name, n in values.items()}


@dataclass(frozen=True)
class Summary:
    """What a run came to, for people and scripts."""

    quarter: str
    run: int
    out: Path
    seconds: float
    inputs: Sequence[InputCount]
    by_county: Mapping[str, Mapping[str, int]]
    quality: Mapping[str, Any]
    warnings: Sequence[str]
    refused_over_limit: bool
    timings: Mapping[str, float]
    left_out: Sequence[str] = ()
    """Files and sheets that hold something like data and were not read."""

    def as_dict(self) -> Mapping[str, Any]:
        """Return everything as plain values."""
        inputs = [counts.as_dict() for counts in self.inputs]
        return {**asdict(self), "inputs": inputs, "out": str(self.out)}


def is_over_refusal_limit(extracts: Sequence[Extract], settings: Settings) -> bool:
    """Return whether more rows were refused than the settings allow."""
    read, refused = sum(e.rows_in for e in extracts), sum(e.refused for e in extracts)
    return refused > settings.read.refused_share_limit * max(1, read)


def describe_unread_files(extracts: Sequence[Extract]) -> list[str]:
    """Name what was left out, although it may hold data, in the current language."""
    text = _("未读取，其中可能有数据：{name}（{why}）")
    return [
        text.format(name=name, why=_(why)) for e in extracts for name, why in e.left_out.items()
    ]


def count_inputs(extracts: Sequence[Extract]) -> list[InputCount]:
    """Return what happened to the rows of each file."""
    return [
        InputCount(
            *(str(e.side), f.name, f.rows_in, f.unique + f.folded),
            *(f.duplicates, f.refused, f.not_data),
        )
        for e in extracts
        for f in e.files
    ]


def list_county_counts(results: PublishInput) -> dict[str, dict[str, int]]:
    """Return firms, statuses and this quarter's visits by county, counties with most gaps first."""
    counts = count_by_status(join_firm_statuses(results), "county")
    return _order_counties(counts.select("county", "firms", *STATUSES, "tier_a"))


def build_county_counts(gaps: pl.DataFrame, visits: pl.DataFrame) -> dict[str, dict[str, int]]:
    """Count ``county``, ``status`` of ``gaps``, with ``tier_a`` of ``visits``, most gaps first.

    For results that are never in memory as a whole.
    """
    status = pl.col("status").cast(pl.String)
    counted = gaps.group_by("county").agg(
        pl.len().alias("firms"), *((status == name).sum().alias(name) for name in STATUSES)
    )
    table = counted.join(visits, on="county", how="left").fill_null(0)
    return _order_counties(table)


def _order_counties(table: pl.DataFrame) -> dict[str, dict[str, int]]:
    ordered = table.sort("uninsured", "county", descending=[True, False])
    return {
        row.pop("county"): {name: int(n) for name, n in row.items()} for row in ordered.to_dicts()
    }
