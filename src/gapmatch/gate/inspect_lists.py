"""A quarter by itself: does the enrollment list look whole, beside the tax list?"""

from collections.abc import Iterator, Mapping

import polars as pl

from gapmatch.gate.findings import STOP, WARNING, Finding, Lists, Value
from gapmatch.settings.gate_thresholds import GateSettings


def inspect_lists(lists: Lists, gate: GateSettings, *, verify: bool) -> list[Finding]:
    """Return what is doubtful about the lists of one quarter.

    A list to verify is said to hold no enrolled firm, so nothing follows from how few are matched.
    """
    firms = lists.originals
    if verify or firms.height < gate.min_firms:
        return []
    return [
        *_find_few_large_matched(firms, gate),
        *_find_few_units(firms, lists.units, gate),
        *_find_missing_counties(firms, gate),
    ]


def _find_few_large_matched(firms: pl.DataFrame, gate: GateSettings) -> Iterator[Finding]:
    """Large employers are known to the bureau: if few of them are, units are lacking."""
    large = firms.filter(pl.col("declared_headcount") >= gate.large_headcount)
    if large.height < gate.min_large_firms:
        return
    matched = int(large["matched"].sum())
    if matched < gate.min_large_matched_share * large.height:
        values = {"workers": gate.large_headcount, "firms": large.height, "matched": matched}
        yield Finding("few_large_matched", STOP, values)


def _find_few_units(
    firms: pl.DataFrame, units: pl.DataFrame, gate: GateSettings
) -> Iterator[Finding]:
    matched = int(firms["matched"].sum())
    few_units = units.height < gate.min_units_share * firms.height
    if few_units and matched < gate.min_matched_share * firms.height:
        values = {"firms": firms.height, "units": units.height, "matched": matched}
        yield Finding("few_units", STOP, values)


def _find_missing_counties(firms: pl.DataFrame, gate: GateSettings) -> Iterator[Finding]:
    """Find counties of which not one firm is matched although elsewhere a good share is.

    The usual share is that of the counties with any match; a county counts as missing only if by that share
    at least ten of its firms would be matched, so that none is not chance (e⁻¹⁰).
    """
    counted = (
        firms.drop_nulls("county_name")
        .group_by("county_name")
        .agg(pl.len().alias("firms"), pl.col("matched").sum())
        .sort("county_name")
    )
    present = counted.filter(pl.col("matched") > 0)
    if present.is_empty():
        return
    usual = int(present["matched"].sum()) / int(present["firms"].sum())
    missing = counted.filter(
        pl.col("matched") == 0,
        pl.col("firms") >= gate.min_county_firms,
        pl.col("firms") * usual >= 10,
    )
    if missing.is_empty():
        return
    share = int(missing["firms"].sum()) / firms.height
    severity = STOP if share > gate.max_missing_county_share else WARNING
    values: Mapping[str, Value] = {
        "counties": missing["county_name"].to_list(),
        "firms": int(missing["firms"].sum()),
    }
    yield Finding("counties_without_units", severity, values)
