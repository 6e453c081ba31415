"""Few firms in common among many units, names alone: what is found and what is wrong, size by size.

    python benchmarks/few_in_common.py [--registry FILE] [--units NUMBER …]

Draws 5,000 firms and up to 200,000 units from a register of names (Parquet: name, prov, area). Five hundred
firms are among the units, a fifth of them under another spelling (``scale_noise.py``); nothing but
names is compared. Prints recall, precision, and how many equal names that only one firm and
one unit bear are linked.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path
from time import process_time

import numpy as np
import polars as pl
from rich.console import Console
from rich.table import Table

import gapmatch
from scale_noise import noisy_names, split_region

REGISTRY = Path(__file__).parents[2] / "shared" / "data" / "registry_1m.parquet"
FIRMS, COMMON, RESPELT = 5_000, 500, 0.2
UNITS = (1_000, 20_000, 100_000, 200_000)
SEED = 11


@dataclass(frozen=True)
class Drawn:
    """Both lists as they are read, and the truth: ``tax_row``, ``unit_row``, ``equal`` (same spelling)."""

    tax: pl.DataFrame
    enrollment: pl.DataFrame
    truth: pl.DataFrame


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--registry", type=Path, default=REGISTRY)
    parser.add_argument("--units", type=int, nargs="+", default=UNITS)
    given = parser.parse_args()
    if not given.registry.is_file():
        raise SystemExit(f"No register of names at {given.registry}: give --registry.")
    table = Table(title=f"{FIRMS:,} firms, {COMMON} in common, names alone", title_justify="left")
    for heading in ("units", "recall", "precision", "linked", "in review", "equal linked", "CPU s"):
        table.add_column(heading, justify="right")
    for units in given.units:
        table.add_row(*_measured(drawn(given.registry, units)))
    Console(width=100).print(table)


def drawn(registry: Path, units: int) -> Drawn:
    """Draw both lists; the same size gives the same lists."""
    rng = np.random.default_rng(SEED)
    known = pl.read_parquet(registry, columns=["name", "prov", "area"]).fill_null("")
    names = known.unique("name", keep="first", maintain_order=True)
    rows = names[rng.permutation(names.height)[: FIRMS + units - COMMON]]
    both = _respelt(rows.head(COMMON), rng)
    others = rows.slice(FIRMS, units - COMMON)["name"]
    held = pl.concat([both["held"], others])
    order = rng.permutation(held.len())
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    tax = pl.DataFrame({"name": rows["name"].head(FIRMS)})
    truth = pl.DataFrame(
        {
            "tax_row": range(1, COMMON + 1),
            "unit_row": place[:COMMON] + 1,
            "equal": both["name"] == both["held"],
        }
    )
    return Drawn(tax, pl.DataFrame({"name": held[order]}), truth)


def _respelt(common: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Add ``held``: the name in the other list, another one for ``RESPELT`` of the rows."""
    noisy = noisy_names(common.with_columns(*split_region()), rng)
    changed = np.flatnonzero((noisy != common["name"]).to_numpy())[: int(RESPELT * COMMON)]
    held = common["name"].scatter(changed, noisy.gather(changed))
    return common.with_columns(held.alias("held"))


def _measured(lists: Drawn) -> tuple[str, ...]:
    start = process_time()
    links = gapmatch.link(lists.tax, lists.enrollment)
    spent = process_time() - start
    matches = links.filter(pl.col("decision") == "match").select("tax_row", "enrollment_row")
    true = lists.truth.rename({"unit_row": "enrollment_row"})
    right = true.join(matches, on=["tax_row", "enrollment_row"], how="semi")
    equal = true.filter(pl.col("equal"))
    in_review = links.filter(pl.col("decision") == "review")["tax_row"].n_unique()
    return (
        f"{lists.enrollment.height:,}",
        f"{right.height / true.height:.1%}",
        f"{right.height / max(1, matches.height):.1%}",
        f"{matches.height:,}",
        f"{in_review:,}",
        f"{right['equal'].sum():,} of {equal.height:,}",
        f"{spent:.1f}",
    )


if __name__ == "__main__":
    main()
