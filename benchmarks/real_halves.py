"""Fit on one half of the real lists, measure on the other: what an interval is worth elsewhere.

    python benchmarks/real_halves.py [--real FOLDER] [--splits NUMBER]

The shipped model and the distribution of strange names learned from the real lists, so figures on
those flatter. Here the pairs are divided in two by a hash of the code; both are fitted as
``config/sources/build_linkage_model.py`` does, but on the one half alone, and the other half is
linked with them, names alone, with county and address, with the registration; then the other way
round.
"""

import argparse
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import polars as pl
from rich.console import Console
from rich.table import Table

from gapmatch.linkage import Model, load_model
from gapmatch.linkage.unrecognised import StrangeNames
from gapmatch.read import Side, read_extract
from real_lists import REAL, RealScore, measure_real_lists

sys.path.insert(0, str(Path(__file__).parents[1] / "config" / "sources"))
from build_linkage_model import (
    PLANS,
    START,
    fitted,
    mean,
    real_names,
    real_pairs,
    strange_names,
    with_real_names,
)

SPLITS = 2
WIDTH = 120


@dataclass(frozen=True)
class Fitted:
    """What is shipped, learned from some real pairs."""

    model: Model
    strange: StrangeNames


def main() -> None:
    """Print a row for each set, split and direction."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--real", type=Path, default=REAL)
    parser.add_argument("--splits", type=int, default=SPLITS)
    given = parser.parse_args()
    if not (given.real / "truth.csv").is_file():
        raise SystemExit(f"No real lists at {given.real}: give --real.")
    invented = mean([fitted(plan, load_model(START)) for plan in PLANS])
    table = Table(title="real lists, fitted on the other half", title_justify="left")
    for heading in ("set", "half", "F1", "precision", "false gaps", "stated (95 %)", "holds", "reviews"):  # fmt: skip
        table.add_column(heading, justify="right")
    for half, score in measure_halves(given.real, invented, given.splits):
        table.add_row(*_format_row(half, score))
    Console(width=WIDTH).print(table)


def measure_halves(real: Path, invented: Model, splits: int) -> Iterator[tuple[str, RealScore]]:
    """Yield the name of a half and what was measured on it with what the other half taught."""
    for split in range(splits):
        with TemporaryDirectory() as scratch:
            halves = [_write_half(real, Path(scratch), split, half) for half in (0, 1)]
            for half, other in ((0, 1), (1, 0)):
                learned = _fit(halves[other], invented)
                with patch.object(StrangeNames, "load", return_value=learned.strange):
                    for scores in measure_real_lists(halves[half], (), learned.model):
                        yield f"{split}{'ab'[half]}", scores[-1]


def _fit(folder: Path, invented: Model) -> Fitted:
    registry = read_extract(Side.REGISTRY, [folder / "registry.csv"], {}).rows
    alone, registered = real_pairs(folder), real_pairs(folder, registry)
    model = with_real_names(invented, real_names(alone))
    return Fitted(model, StrangeNames(**strange_names(alone, registered)))


def _write_half(real: Path, scratch: Path, split: int, half: int) -> Path:
    """Write the lists of one half in the form of the whole, and return their folder."""
    folder = scratch / f"{split}{half}"
    folder.mkdir()
    truth = pl.read_csv(real / "truth.csv", infer_schema=False)
    own = truth.filter(
        pl.col("code").map_elements(lambda code: _draw_half(code, split), pl.Int64) == half
    )
    others = truth.join(own, on="tax_row", how="anti")
    own.write_csv(folder / "truth.csv")
    for path in sorted(real.glob("*.csv")):
        rows = pl.read_csv(path, infer_schema=False)
        for key, of_truth in _KEYS.items():
            if key in rows.columns:
                kept = rows.join(others, left_on=key, right_on=of_truth, how="anti")
                kept.write_csv(folder / path.name)
    return folder


_KEYS: Mapping[str, str] = {"序号": "tax_row", "单位编号": "unit_id", "统一社会信用代码": "code"}
"""What names a row of a list: the truth's column of the same."""


def _draw_half(code: str | None, split: int) -> int:
    return sha256(f"{split}{code}".encode()).digest()[0] % 2


def _format_row(half: str, score: RealScore) -> tuple[str, ...]:
    stated = score.stated
    assert stated is not None
    return (
        score.set,
        half,
        f"{score.f1:.2%}",
        f"{score.precision:.2%}",
        str(score.false_gaps),
        f"{stated.value} ({stated.low}–{stated.high})",
        "yes" if stated.holds else "no",
        str(score.reviews),
    )


if __name__ == "__main__":
    main()
