"""Numbers beyond all reason: they are unknown to the run, and whoever sent the list should know."""

from collections.abc import Iterator

import polars as pl

from gapmatch.gate.findings import WARNING, GateFinding


def find_absurd_values(defects: pl.DataFrame) -> Iterator[GateFinding]:
    """Find columns with numbers that no firm can have. ``defects``: DEFECTS of all lists."""
    absurd = defects.filter(pl.col("kind") == "absurd_number")
    columns = absurd.group_by("source_file", "column").agg(
        pl.col("count").sum(), pl.col("source_row").min()
    )
    for file, header, count, row in columns.sort("source_file", "column").iter_rows():
        values = {"file": str(file), "header": str(header), "count": int(count), "row": row or 0}
        yield GateFinding("absurd_values", WARNING, values)
