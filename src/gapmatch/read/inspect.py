"""A look at extracts without running anything: what ``gapmatch check`` shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from gapmatch.read.extract import read_extract
from gapmatch.read.mapping import get_label
from gapmatch.read.read_model import Extract, FileReport, Side


@dataclass(frozen=True)
class Inspection:
    """What was understood of an extract.

    ``first_rows``: the first canonical rows, only columns that hold anything. ``mapping``: header →
    what officials call its column. ``defects_by_kind``: kind, defect (an example), count,
    first_row.
    """

    extract: Extract
    mapping: Mapping[str, str]
    first_rows: pl.DataFrame
    defects_by_kind: pl.DataFrame

    @property
    def files(self) -> tuple[FileReport, ...]:
        """The reports of the files: encoding, header row, balance."""
        return self.extract.files


def inspect_extract(
    side: Side, paths: Sequence[Path], extra_headers: Mapping[str, list[str]], rows: int = 5
) -> Inspection:
    """Read ``paths`` as ``side`` and return what was understood.

    Raises what ``read_extract`` raises.
    """
    extract = read_extract(side, paths, extra_headers)
    mapping = {h: get_label(side, c) for f in extract.files for h, c in f.mapping.items()}
    head = extract.rows.head(rows)
    held = [c for c in head.columns if extract.rows[c].null_count() < extract.rows.height]
    return Inspection(extract, mapping, head.select(held), _count_by_kind(extract.defects))


def _count_by_kind(defects: pl.DataFrame) -> pl.DataFrame:
    return (
        defects.group_by("kind", maintain_order=True)
        .agg(
            pl.col("defect").first(),
            pl.col("count").sum(),
            pl.col("source_row").min().alias("first_row"),
        )
        .sort("count", "kind", descending=[True, False])
    )
