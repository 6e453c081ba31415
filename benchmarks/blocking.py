"""Measure blocking against the full cross join: which of its links are no candidates?

    python benchmarks/blocking.py TAX ENROLLMENT [UNITS]

Scores every firm with UNITS units (every so many-th by content) by the model that the run refined; a unit's
link is its heaviest pair, where that weighs more than nothing.
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from gapmatch.linkage import link, load_shipped_model
from gapmatch.linkage.bigrams import BigramIndex
from gapmatch.linkage.block import block
from gapmatch.linkage.compare import compare
from gapmatch.linkage.frequencies import compute_rarities
from gapmatch.linkage.sides import make_side
from gapmatch.linkage.weights import compute_parts, gather_evidence
from gapmatch.read import Side, read_extract
from gapmatch.settings.load import LinkageSettings
from gapmatch.standardise.sides_of_extracts import (
    find_home_division,
    standardise_firms,
    standardise_units,
)

BATCH = 400_000


def main(tax: str, enrollment: str, sample: str = "200") -> None:
    """Print the blocking recall on a sample of units."""
    tax_rows = read_extract(Side.TAX, [Path(tax)], {}).rows
    unit_rows = read_extract(Side.ENROLLMENT, [Path(enrollment)], {}).rows
    firms = standardise_firms(tax_rows, None)
    units = standardise_units(unit_rows, find_home_division(tax_rows))
    settings = LinkageSettings()
    model = link(firms, units, load_shipped_model(), settings).model
    left, right = make_side("firm", firms), make_side("unit", units)
    index = BigramIndex.build(left.names, right.names)
    candidates = block(left, right, index, settings.candidates_per_unit).pairs
    step = max(1, units.height // int(sample))
    chosen = units["unit"].gather_every(step)
    batches = iterate_all_pairs(firms.height, chosen.to_list())
    links = [_heavy(batch, left, right, index, model) for batch in batches]
    heaviest = pl.concat(links).sort("weight", "firm", descending=[True, False])
    found = heaviest.unique("unit", keep="first", maintain_order=True)
    kept = found.join(candidates, on=["firm", "unit"], how="semi")
    share = kept.height / max(1, found.height)
    print(
        f"blocking: {candidates.height:,} candidate pairs of {firms.height * units.height:,}; of the {found.height:,} "
        f"links that the cross join finds for {len(chosen)} units, {kept.height:,} are candidates: "
        f"recall {share:.3%}"
    )


def iterate_all_pairs(firms: int, units: Sequence[int]) -> Iterator[pl.DataFrame]:
    """Yield every pair of a firm and one of ``units``, in batches of about ``BATCH``."""
    step = max(1, BATCH // max(1, len(units)))
    right = pl.DataFrame({"unit": units}, schema={"unit": pl.UInt32})
    for start in range(0, firms, step):
        numbers = range(start, min(start + step, firms))
        left = pl.DataFrame({"firm": numbers}, schema={"firm": pl.UInt32})
        yield left.join(right, how="cross").with_columns(pl.lit(0, pl.UInt32).alias("rules"))


def _heavy(pairs, left, right, index, model):  # noqa: ANN001, ANN202
    compared = compare(pairs, left, right, index).with_columns(pl.lit(0.0).alias("settled"))
    evidence = gather_evidence(
        compared,
        compute_rarities(compared, left, right, index),
        (left.rows.height, right.rows.height),
    )
    weight = np.sum(list(compute_parts(model, evidence).values()), axis=0)
    weighed = compared.select("firm", "unit", pl.Series("weight", weight))
    return weighed.filter(pl.Series((weight > 0) & evidence.eligible))


if __name__ == "__main__":
    main(*sys.argv[1:])
