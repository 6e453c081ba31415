"""Units of some kinds alone: no small ones, or none of a form that many firms have."""

from collections.abc import Iterator

import polars as pl

from gapmatch.gate.findings import STOP, WARNING, GateFinding, QuarterLists, Value
from gapmatch.schemas import INSURED_COLUMNS
from gapmatch.settings.gate_thresholds import GateSettings

_SMALL = 3
"""Persons of a small unit, and workers of a small firm: a quarter of the units or more."""


def find_missing_small_units(lists: QuarterLists, gate: GateSettings) -> Iterator[GateFinding]:
    """Find a list of large units alone, such as one that was filtered by its count of persons.

    A stop if the small firms are hardly matched either, a warning if no firm's size is known.
    """
    columns = [c for c in ("insured_total", *INSURED_COLUMNS) if c in lists.units.columns]
    persons = lists.units.select(pl.max_horizontal(columns)).to_series()
    known = persons.filter(persons > 0)
    small = int((known <= _SMALL).sum())
    if len(known) < gate.min_firms or small > gate.max_missing_small_share * len(known):
        return
    values: dict[str, Value] = {"units": len(known), "small": small, "persons": _SMALL}
    if lists.originals["declared_headcount"].null_count() == lists.originals.height:
        yield GateFinding("no_small_units", WARNING, values)
    elif _are_small_firms_unmatched(lists.originals, gate):
        yield GateFinding("no_small_units", STOP, values)


def _are_small_firms_unmatched(firms: pl.DataFrame, gate: GateSettings) -> bool:
    workers = pl.col("declared_headcount")
    small = firms.filter(workers.is_between(1, _SMALL))["matched"]
    large = firms.filter(workers >= gate.large_headcount)["matched"]
    if len(small) < gate.min_firms or len(large) < gate.min_large_firms:
        return False
    share = int(large.sum()) / len(large)
    return int(small.sum()) <= gate.min_small_matched_share * share * len(small)


def find_missing_forms(lists: QuarterLists, gate: GateSettings) -> Iterator[GateFinding]:
    """Find legal forms that many firms have and hardly any unit; owners may insure themselves."""
    form = pl.col("form_class").filter(pl.col("form_class") != "")
    counts, units = (
        frame.select(form.alias("form")).group_by("form").len(name)
        for frame, name in ((lists.originals, "firms"), (lists.units, "units"))
    )
    counted = counts.join(units, on="form", how="left").fill_null(0)
    missing = counted.filter(
        pl.col("firms") >= gate.min_firms, pl.col("units") < gate.min_form_share * pl.col("firms")
    ).sort("form")
    if missing.height and lists.units.height >= gate.min_firms:
        forms = [_COMPANIES if form == "company" else form for form in missing["form"]]
        values: dict[str, Value] = {
            "forms": forms,
            "firms": int(missing["firms"].sum()),
            "units": int(missing["units"].sum()),
        }
        yield GateFinding("forms_without_units", WARNING, values)


_COMPANIES = "公司"


def find_swapped_lists(lists: QuarterLists, gate: GateSettings) -> Iterator[GateFinding]:
    """Find units given as firms, and firms as units: more units than firms, most firms matched."""
    firms = lists.originals
    units, matched = lists.units.height, int(firms["matched"].sum())
    if units >= gate.max_units_share * firms.height and matched >= 0.5 * firms.height:
        values: dict[str, Value] = {"firms": firms.height, "units": units, "matched": matched}
        yield GateFinding("lists_swapped", STOP, values)
