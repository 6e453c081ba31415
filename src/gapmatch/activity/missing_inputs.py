"""What statuses and ranking have to do without, because an extract does not have it."""

import polars as pl

from gapmatch.vocabulary.insurance_lines import LINES
from gapmatch.vocabulary.run_notes import RunNote

INPUTS = (
    *("declared_headcount", "declared_wages", "sales", "tax_paid", "zero_filing_months"),
    *("open_date", "industry"),
)
"""Columns of the tax list whose absence is noted, in the order of the notes."""


def find_missing_inputs(firms: pl.DataFrame, units: pl.DataFrame | None = None) -> list[RunNote]:
    """Return one note per column that is empty throughout."""
    notes = [RunNote(f"no_{column}") for column in INPUTS if _is_empty(firms, column)]
    lines = [f"{line}_insured" for line in LINES]
    if units is not None and all(_is_empty(units, column) for column in lines):
        known = not _is_empty(units, "insured_total")
        notes.append(RunNote("no_insured_lines" if known else "no_insured_persons"))
    return notes


def _is_empty(frame: pl.DataFrame, column: str) -> bool:
    if column == "open_date" and "registry_open_date" in frame.columns:
        return _is_empty(frame.drop("registry_open_date"), column) and _is_empty(
            frame.select(pl.col("registry_open_date")).rename({"registry_open_date": "other"}),
            "other",
        )
    return frame.height > 0 and (
        column not in frame.columns or frame[column].null_count() == frame.height
    )
