"""Do the stated false gaps hold on lists of other regions, sizes, shares and columns?

    python benchmarks/certainty.py [--sizes NUMBER …] [--registry FILE] [--json FILE]

Two kinds of lists. Invented prefectures of several provinces; and registered firms of one area
(Parquet: name, prov, area), of which some are enrolled under names that ``scale_noise.py`` writes,
and some of these under a name that has nothing in common with their own. Each with all columns or
only some of them. Prints what was stated and what was true, list by list, and how often the
interval held.
"""

import argparse
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import polars as pl
from rich.console import Console
from rich.table import Table

from gapmatch.evaluation.gap_reliability import compare_stated_false_gaps
from gapmatch.evaluation.link_quality import measure_links
from gapmatch.linkage import load_shipped_model
from gapmatch.pipeline import Basis, Rows, assess
from gapmatch.schemas import ENROLLMENT_ROWS, TAX_ROWS
from gapmatch.settings.load import load_settings
from gapmatch.synth.plan import Plan
from gapmatch.synth.prefecture import convert_to_rows, make_prefecture
from scale_noise import noisy_names, split_region

REGISTRY = Path(__file__).parents[2] / "shared" / "data" / "registry_1m.parquet"
QUARTER = "2022Q4"
SIZES = (300, 3_000)
SHARES = (0.1, 0.4, 0.8)
REGIONS = {"330300": "light", "450300": "normal", "230200": "heavy"}
"""Prefecture and noise of the invented lists."""
AREAS = {"温州": 0.0, "桂林": 0.01, "沧州": 0.03}
"""Area of the registered firms, and the share of the enrolled under a strange name."""
CODES = ("credit_code", "taxpayer_code", "org_code", "registration_no")
PERSONS = ("legal_rep", "contact", "phone")
COUNTIES = ("county", "address", "tax_office", "division_code")
LAYOUTS: Mapping[str, tuple[str, ...]] = {
    "all": (),
    "no codes": CODES,
    "no persons": PERSONS,
    "no codes, no counties": (*CODES, *COUNTIES),
    "names": (*CODES, *PERSONS, *COUNTIES),
}
"""Columns that each layout lacks."""
RATIO = 2.0
"""Stated and true false gaps, one added to each, are within this factor of each other."""


@dataclass(frozen=True)
class Lists:
    """Both lists with their truth: ``seq``, ``true_unit_id`` (null: not enrolled).

    ``names_alone``: the lists hold nothing else.
    """

    name: str
    tax: pl.DataFrame
    enrollment: pl.DataFrame
    truth: pl.DataFrame
    names_alone: bool = False


@dataclass(frozen=True)
class Outcome:
    """What was stated of a list and what was true."""

    lists: str
    layout: str
    firms: int
    f1: float
    reviews: int
    stated: float
    low: float
    high: float
    truth: int

    @property
    def holds(self) -> bool:
        """Whether the interval has the truth in it."""
        return self.low <= self.truth <= self.high

    @property
    def is_near(self) -> bool:
        """Whether stated and true numbers are within ``RATIO``."""
        ratio = (self.stated + 1.0) / (self.truth + 1.0)
        return 1.0 / RATIO <= ratio <= RATIO


def main() -> None:
    """Print a table of all lists and layouts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--registry", type=Path, default=REGISTRY)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    table = Table(title="stated and true false gaps", title_justify="left")
    for heading in ("lists", "columns", "firms", "F1", "reviews", "stated (95 %)", "true", "holds", "near"):  # fmt: skip
        table.add_column(heading, justify="right")
    found = []
    for lists in draw_lists(given.sizes, given.registry):
        for layout in LAYOUTS:
            if lists.names_alone and layout != "names":
                continue
            outcome = measure(lists, layout)
            found.append(outcome)
            table.add_row(*_format_row(outcome))
    Console(width=130).print(table)
    count = len(found)
    print(f"interval held {sum(o.holds for o in found)} of {count}; near {sum(o.is_near for o in found)} of {count}")  # fmt: skip
    if given.json:
        given.json.write_text(json.dumps([asdict(o) for o in found], ensure_ascii=False))


def draw_lists(sizes: list[int], registry: Path) -> Iterator[Lists]:
    """Yield all lists; the same ones every time."""
    for size in sizes:
        for share in SHARES:
            for region, noise in REGIONS.items():
                yield invent_lists(region, noise, size, share)
    if registry.is_file():
        known = pl.read_parquet(registry, columns=["name", "prov", "area"]).drop_nulls()
        for size in sizes:
            for share in SHARES:
                for area, strange in AREAS.items():
                    yield register_lists(known, area, strange, size, share)


def invent_lists(region: str, noise: str, size: int, share: float) -> Lists:
    """Return the lists of an invented prefecture."""
    plan = Plan(
        seed=size + int(100 * share),
        firms=size,
        prefectures=(region,),
        quarters=(QUARTER,),
        noise=noise,
        enrolled_share=share,
        dormant_share=0.24 if share < 0.5 else 0.08,
    )
    quarter = make_prefecture(plan).quarters[QUARTER]
    tax, enrollment, _registry = convert_to_rows(quarter)
    truth = quarter.truth.select(
        seq=pl.col("tax_seq").cast(pl.String),
        true_unit_id=pl.col("unit_id").cast(pl.String).replace("", None),
    )
    return Lists(f"{region} {noise} {share:.0%}", tax, enrollment, truth)


def register_lists(
    known: pl.DataFrame, area: str, strange: float, size: int, share: float
) -> Lists:
    """Return registered firms of an area, and units that are some of them and others of the area."""
    rng = np.random.default_rng(size + int(100 * share))
    names = known.filter(pl.col("area") == area).unique("name", keep="first", maintain_order=True)
    rows = names[rng.permutation(names.height)]
    common = round(size * share)
    both = rows.head(common).with_columns(*split_region())
    held = noisy_names(both, rng)
    renamed = np.flatnonzero(rng.random(common) < strange)
    other = rows.slice(2 * size, len(renamed))["name"]
    held = held.scatter(renamed, other)
    others = rows.slice(size, max(20, size // 5))["name"]
    tax = [{"seq": str(n), "name": name} for n, name in enumerate(rows["name"].head(size))]
    units = [{"unit_id": str(n), "name": name} for n, name in enumerate(pl.concat([held, others]))]
    truth = pl.DataFrame(
        {
            "seq": [row["seq"] for row in tax],
            "true_unit_id": [str(n) if n < common else None for n in range(len(tax))],
        }
    )
    return Lists(
        f"{area} {strange:.0%} strange, {share:.0%}",
        TAX_ROWS.complete(_number(pl.DataFrame(tax))),
        ENROLLMENT_ROWS.complete(_number(pl.DataFrame(units))),
        truth,
        names_alone=True,
    )


def _number(rows: pl.DataFrame) -> pl.DataFrame:
    places = pl.int_range(pl.len(), dtype=pl.UInt32)
    return rows.with_columns(source_file=pl.lit("x"), source_row=places + 2, data_row=places + 1)


def measure(lists: Lists, layout: str) -> Outcome:
    """Link the lists without the columns that ``layout`` lacks."""
    tax, enrollment = (_hide(rows, LAYOUTS[layout]) for rows in (lists.tax, lists.enrollment))
    found = assess(
        Rows(tax, enrollment, None), QUARTER, Basis(load_settings(), load_shipped_model())
    )
    known = found.firms.select("firm", "seq").join(lists.truth, on="seq").drop("seq")
    quality = measure_links(known, found.gaps, found.links, found.units)
    stated = compare_stated_false_gaps(known, found.firms, found.links)
    return Outcome(
        lists.name,
        layout,
        found.firms.height,
        quality.f1,
        quality.reviews,
        stated.value,
        stated.low,
        stated.high,
        stated.truth,
    )


def _hide(rows: pl.DataFrame, columns: tuple[str, ...]) -> pl.DataFrame:
    present = [c for c in columns if c in rows.columns]
    return rows.with_columns(pl.lit(None, rows.schema[c]).alias(c) for c in present)


def _format_row(o: Outcome) -> tuple[str, ...]:
    return (
        o.lists,
        o.layout,
        f"{o.firms:,}",
        f"{o.f1:.1%}",
        str(o.reviews),
        f"{o.stated} ({o.low}–{o.high})",
        str(o.truth),
        "" if o.holds else "no",
        "" if o.is_near else "no",
    )


if __name__ == "__main__":
    main()
