"""A quarter against an earlier one of the store: what fell away, what changed its meaning."""

from collections.abc import Iterator

import polars as pl

from gapmatch.gate.findings import STOP, WARNING, Finding, Lists
from gapmatch.settings.gate_thresholds import GateSettings

_COUNTS = ("insured_total", "pension_insured", "injury_insured")
"""Columns of persons insured; the first that has any value counts them."""


def compare_quarters(now: Lists, before: Lists, quarter: str, gate: GateSettings) -> list[Finding]:
    """Return what is doubtful about the lists ``now`` beside those ``before``, of ``quarter``."""
    if before.firms.height < gate.min_firms:
        return []
    found = [
        *_find_drops(now, before, gate),
        *_find_county_drops("tax", now.originals, before.originals, gate),
        *_find_county_drops("enrollment", now.units, before.units, gate),
        *_find_level_change(now, before, gate),
    ]
    return [Finding(f.code, f.severity, {**f.values, "quarter": quarter}) for f in found]


def _find_drops(now: Lists, before: Lists, gate: GateSettings) -> Iterator[Finding]:
    firms, firms_before = now.originals, before.originals
    pairs = {
        "firms": (firms.height, firms_before.height),
        "units": (now.units.height, before.units.height),
        "insured_persons": (_count_persons(now.units), _count_persons(before.units)),
        "matched_share": (_share(firms), _share(firms_before)),
    }
    for what, (value, value_before) in pairs.items():
        if value is None or value_before is None or not value_before:
            continue
        if value < (1 - gate.max_drop) * value_before:
            yield Finding(f"drop_of_{what}", STOP, {"now": value, "before": value_before})


def _count_persons(units: pl.DataFrame) -> int | None:
    """Persons insured; unknown if no unit has a count."""
    for name in _COUNTS:
        if name in units.columns and units[name].null_count() < units.height:
            return int(units[name].sum())
    return None


def _share(firms: pl.DataFrame) -> float | None:
    return int(firms["matched"].sum()) / firms.height if firms.height else None


def _find_county_drops(
    side: str, now: pl.DataFrame, before: pl.DataFrame, gate: GateSettings
) -> Iterator[Finding]:
    """Find counties that vanished (a stop) or lost much (a warning)."""
    counts = _count_by_county(before).join(
        _count_by_county(now), on="county_name", how="left", suffix="_now"
    )
    large = counts.filter(pl.col("rows") >= gate.min_county_firms).with_columns(
        pl.col("rows_now").fill_null(0)
    )
    gone = large.filter(pl.col("rows_now") == 0)["county_name"].sort().to_list()
    fallen = large.filter(
        pl.col("rows_now") > 0, pl.col("rows_now") < (1 - gate.max_county_drop) * pl.col("rows")
    )
    if gone:
        yield Finding("county_gone", STOP, {"side": side, "counties": gone})
    if not fallen.is_empty():
        names = fallen["county_name"].sort().to_list()
        yield Finding("county_fell", WARNING, {"side": side, "counties": names})


def _count_by_county(frame: pl.DataFrame) -> pl.DataFrame:
    known = frame.drop_nulls("county_name")
    return known.group_by("county_name").agg(pl.len().cast(pl.Int64).alias("rows"))


def _find_level_change(now: Lists, before: Lists, gate: GateSettings) -> Iterator[Finding]:
    """Find a headcount column that means something else than last quarter."""
    medians = [
        frame.filter(pl.col("declared_headcount") > 0)["declared_headcount"].median()
        for frame in (now.firms, before.firms)
    ]
    if not all(isinstance(m, int | float) for m in medians):
        return
    value, value_before = (float(str(m)) for m in medians)
    ratio = value / value_before
    if ratio >= gate.max_level_ratio or ratio <= 1 / gate.max_level_ratio:
        yield Finding("headcount_changed_meaning", STOP, {"now": value, "before": value_before})
