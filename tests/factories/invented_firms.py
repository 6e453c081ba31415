"""Invented firms, units and links for the tests of activity, statuses and ranking."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from gapmatch.schemas import FIRMS, LINKS, UNITS

Row = Mapping[str, Any]

USUAL_FIRM: Row = {
    "name": "云州县青石商贸有限公司",
    "uscc": "91529901MA00000000",
    "status": "正常",
    "industry": "批发和零售业",
    "declared_headcount": 8,
    "declared_wages": 400_000.0,
    "sales": 1_600_000.0,
    "tax_paid": 30_000.0,
    "zero_filing_months": 0,
    "county_name": "云州县",
}
USUAL_UNIT: Row = {
    "name": "云州县青石商贸有限公司",
    "pension_insured": 8,
    "unemployment_insured": 8,
    "injury_insured": 8,
    "pension_status": "参保缴费",
    "unemployment_status": "参保缴费",
    "injury_status": "参保缴费",
}


def firms_of(*rows: Row) -> pl.DataFrame:
    """FIRMS: each row is the usual firm with something changed."""
    return _frame(FIRMS, "firm", [{**USUAL_FIRM, **row} for row in rows])


def units_of(*rows: Row) -> pl.DataFrame:
    """UNITS: each row is the usual unit with something changed."""
    return _frame(UNITS, "unit", [{**USUAL_UNIT, **row} for row in rows])


def links_of(*rows: tuple[int, int | None, str, float, str]) -> pl.DataFrame:
    """LINKS from (firm, unit, decision, probability, relation)."""
    names = ("firm", "unit", "decision", "probability", "relation")
    frame = (
        pl.DataFrame([dict(zip(names, row, strict=True)) for row in rows])
        if rows
        else LINKS.empty()
    )
    head = pl.when(pl.col("relation") == "head_office").then("probability")
    return LINKS.complete(frame.with_columns(relation_probability=head))


def market(count: int, seed: int = 1) -> pl.DataFrame:
    """A town of ``count`` firms: most declare honestly, some pad, some leave out; one in five is a shell.

    Extra column ``true_workers`` (0 for a shell).
    """
    random = np.random.default_rng(seed)
    shell = random.random(count) < 0.2
    workers = np.ceil(np.exp(random.normal(1.2, 1.0, count))).astype(int)
    way = random.choice(["honest", "under", "padded", "silent"], count, p=[0.5, 0.1, 0.1, 0.3])
    declared = np.select(
        [way == "under", way == "padded"], [np.floor(workers * 0.3), workers * 4], workers
    )
    pay = np.where(way == "padded", 12_000, 48_000) * np.exp(random.normal(0, 0.15, count))
    sales = 90_000 * workers * np.exp(random.normal(0, 0.7, count)) * ~shell
    silent = way == "silent"
    return firms_of(
        *(
            {
                "uscc": f"91529901MA{row:08d}",
                "declared_headcount": None if silent[row] else int(declared[row]),
                "declared_wages": None if silent[row] else float(declared[row] * pay[row]),
                "sales": float(sales[row]),
                "tax_paid": float(sales[row] * 0.02),
                "zero_filing_months": int(12 if shell[row] else random.integers(0, 3)),
                "true_workers": int(0 if shell[row] else workers[row]),
            }
            for row in range(count)
        )
    )


def _frame(table: Any, key: str, rows: Sequence[Row]) -> pl.DataFrame:
    numbered = [{key: number, **row} for number, row in enumerate(rows)]
    return table.complete(pl.DataFrame(numbered, infer_schema_length=None))
