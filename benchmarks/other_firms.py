"""Real firms of one prefecture in two lists that share a quarter of one: how many others are linked?

    python benchmarks/other_firms.py [--prefectures CODE …] [--registry FILE]

Half of a prefecture's registered firms (Parquet: name, uscc, addr) are the tax list; the other half and a quarter
of the first are the units, under their very names. So every pair of unequal names that is linked is wrong. Names
alone, and with addresses: prints the wrong links, the number stated with its interval, and the pairs in review.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import polars as pl
from rich.console import Console
from rich.table import Table

from gapmatch.linkage import load_shipped_model
from gapmatch.linkage.classify import estimate_errors
from gapmatch.pipeline import Basis, Rows, assess
from gapmatch.schemas import ENROLLMENT_ROWS, TAX_ROWS
from gapmatch.settings.load import load_settings

REGISTRY = Path(__file__).parents[2] / "shared" / "data" / "registry_1m.parquet"
PREFECTURES = ("3310", "4101", "3307", "5301", "4201", "1201", "3702", "6101")
MIN_NAME_CHARACTERS = 5
SEED = 1
QUARTER = "2022Q4"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--registry", type=Path, default=REGISTRY)
    parser.add_argument("--prefectures", nargs="+", default=PREFECTURES)
    given = parser.parse_args()
    if not given.registry.is_file():
        raise SystemExit(f"No register of names at {given.registry}: give --registry.")
    firms = pl.read_parquet(given.registry, columns=["name", "uscc", "addr"])
    table = Table("prefecture", "columns", "firms", "wrong links", "stated (95 %)", "in review")
    for prefecture in given.prefectures:
        for row in measure_prefecture(firms, prefecture):
            table.add_row(*row)
    Console(width=100).print(table)


def measure_prefecture(firms: pl.DataFrame, prefecture: str) -> Iterator[tuple[str, ...]]:
    """Yield a row of the table for names alone, and one with addresses."""
    here = firms.filter(
        (pl.col("uscc").str.slice(2, 4) == prefecture)
        & (pl.col("name").str.len_chars() >= MIN_NAME_CHARACTERS)
    )
    for key in ("name", "uscc"):
        here = here.unique(key, keep="first", maintain_order=True)
    drawn = here.sample(fraction=1, shuffle=True, seed=SEED)
    half = drawn.height // 2
    tax = drawn.head(half)
    enrollment = pl.concat([drawn.slice(half, half), tax.head(half // 4)])
    for columns in (["name"], ["name", "address"]):
        sides = [
            side.select("name", pl.col("addr").alias("address")).select(columns)
            for side in (tax, enrollment)
        ]
        yield prefecture, ", ".join(columns), f"{half:,}", *_count_wrong(*sides)


def _count_wrong(tax: pl.DataFrame, enrollment: pl.DataFrame) -> tuple[str, ...]:
    rows = Rows(TAX_ROWS.complete(_number(tax)), ENROLLMENT_ROWS.complete(_number(enrollment)))
    found = assess(rows, QUARTER, Basis(load_settings(), load_shipped_model()))
    linked = found.links.filter(pl.col("decision") == "match")
    named = linked.join(found.firms.select("firm", "name"), on="firm").join(
        found.units.select("unit", unit_name="name"), on="unit"
    )
    wrong = named.filter(pl.col("name") != pl.col("unit_name")).height
    stated = estimate_errors(found.links)["missed_gaps"]
    in_review = (found.links["decision"] == "review").sum()
    return (
        str(wrong),
        f"{stated['value']:g} ({stated['low']:g} to {stated['high']:g})",
        str(in_review),
    )


def _number(rows: pl.DataFrame) -> pl.DataFrame:
    places = pl.int_range(pl.len(), dtype=pl.UInt32)
    return rows.with_columns(source_file=pl.lit("x"), source_row=places + 2, data_row=places + 1)


if __name__ == "__main__":
    main()
