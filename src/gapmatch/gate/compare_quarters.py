"""A quarter against an earlier one of the store: what fell away, what changed its meaning."""

from collections.abc import Iterator, Mapping

import polars as pl

from gapmatch.gate.findings import STOP, WARNING, GateFinding, QuarterLists, Value, count_by_county
from gapmatch.gate.row_dates import find_older_lists
from gapmatch.schemas import INSURED_COLUMNS, UNKNOWN_COUNTY
from gapmatch.settings.gate_thresholds import GateSettings

_IS_VALID = pl.col("uscc_valid").fill_null(value=False) | pl.col("organisation_valid").fill_null(
    value=False
)
_HAS_CODE = pl.col("code_kind").is_in(["credit_code", "org_code", "tax_number", "unknown"])

_PERSONS = ("insured_total", *INSURED_COLUMNS)
"""Columns of persons insured; a column is compared with itself alone."""

_SHARED = {
    "valid_codes": (_IS_VALID, STOP),
    "names": (pl.col("clean_name").is_not_null(), STOP),
    "counties": (pl.col("county_name") != UNKNOWN_COUNTY, STOP),
}
_MEASURES: Mapping[str, Mapping[str, tuple[pl.Expr, str]]] = {
    "tax": {
        **_SHARED,
        "declared_headcount": (pl.col("declared_headcount").is_not_null(), WARNING),
        "declared_wages": (pl.col("declared_wages").is_not_null(), WARNING),
        "sales": (pl.col("sales").is_not_null(), WARNING),
    },
    "enrollment": {
        **_SHARED,
        "unit_id": (pl.col("unit_id").is_not_null(), WARNING),
        "insured_persons": (pl.any_horizontal(pl.col(c).is_not_null() for c in _PERSONS), WARNING),
    },
}
"""By side: what a row may have, and how grave it is if far fewer rows have it.

Without codes, names or counties firms are not found or not sent to anybody; the rest stays unknown.
"""
_MIN_SHARE = 0.2
"""What fewer rows had last quarter was no column to rely on."""


def compare_columns(
    now: QuarterLists, before: QuarterLists, gate: GateSettings
) -> Iterator[GateFinding]:
    """Find what far fewer rows have than last quarter, on either side."""
    frames = {"tax": (now.originals, before.originals), "enrollment": (now.units, before.units)}
    for side, (rows, rows_before) in frames.items():
        if side == "tax" and (now.verify or before.verify):
            continue
        if min(rows.height, rows_before.height) < gate.min_firms:
            continue
        for what, (has, severity) in _MEASURES[side].items():
            share, share_before = _find_share(rows, has), _find_share(rows_before, has)
            if share_before >= _MIN_SHARE and share < (1 - gate.max_fill_drop) * share_before:
                values: dict[str, Value] = {
                    "side": side,
                    "what": what,
                    "now": share,
                    "before": share_before,
                }
                yield GateFinding("share_fell", severity, values)


def find_invalid_codes(lists: QuarterLists, gate: GateSettings) -> Iterator[GateFinding]:
    """Find a side on which most of the codes that are given are none."""
    for side, frame in (("tax", lists.originals), ("enrollment", lists.units)):
        given = frame.filter(_HAS_CODE)
        if given.height < gate.min_firms:
            continue
        share = _find_share(given, _IS_VALID)
        if share < gate.min_valid_codes:
            yield GateFinding(
                "invalid_codes", WARNING, {"side": side, "rows": given.height, "now": share}
            )


def _find_share(rows: pl.DataFrame, has: pl.Expr) -> float:
    """Return the share of ``rows`` that have something; 0 if their frame lacks its column."""
    if any(name not in rows.columns for name in has.meta.root_names()) or rows.is_empty():
        return 0.0
    return int(rows.select(has.fill_null(value=False).sum()).item()) / rows.height


_MONEY = ("declared_wages", "sales", "tax_paid")
"""Amounts that add up over the year."""

_KEYS = ("code_text", "unit_id", "clean_name")
"""What a row of another quarter is found again by."""

_MIN_KNOWN = 0.5
"""A count that more of the units lack does not represent all of them."""


def compare_quarters(
    now: QuarterLists, before: QuarterLists, quarter: str, gate: GateSettings
) -> list[GateFinding]:
    """Return doubts about the lists ``now`` compared with those ``before``, of ``quarter``.

    Tax lists are compared only with lists of their kind: one that is to be verified is drawn up
    anew every time, and has nothing in common with a list of all firms.
    """
    if before.firms.height < gate.min_firms:
        return []
    found = [
        *_find_drop("units", now.units.height, before.units.height, gate),
        *_find_drops_of_persons(now.units, before.units, gate),
        *_find_county_drops("enrollment", now.units, before.units, gate),
        *_compare_tax_lists(now, before, gate),
        *compare_columns(now, before, gate),
        *find_older_lists(now, before, gate),
    ]
    return [GateFinding(f.code, f.severity, {**f.values, "quarter": quarter}) for f in found]


def _compare_tax_lists(
    now: QuarterLists, before: QuarterLists, gate: GateSettings
) -> list[GateFinding]:
    if now.verify != before.verify:
        return []
    counts = (now.originals.height, before.originals.height)
    shares = (_matched_share(now.originals), _matched_share(before.originals))
    if now.verify:
        return [
            *_find_drop("firms", *counts, gate, verify=True),
            *_find_drop("matched_share", *shares, gate, verify=True),
        ]
    return [
        *_find_drop("firms", *counts, gate),
        *_find_drop("matched_share", *shares, gate),
        *_find_county_drops("tax", now.originals, before.originals, gate),
        *_find_level_changes(now.firms, before.firms, gate),
    ]


def _find_drop(
    what: str, now: float | None, before: float | None, gate: GateSettings, *, verify: bool = False
) -> Iterator[GateFinding]:
    if now is None or not before:
        return
    largest, severity = (gate.verify_max_drop, WARNING) if verify else (gate.max_drop, STOP)
    if now < (1 - largest) * before:
        yield GateFinding(f"drop_of_{what}", severity, {"now": now, "before": before})


def _find_drops_of_persons(
    now: pl.DataFrame, before: pl.DataFrame, gate: GateSettings
) -> Iterator[GateFinding]:
    """Find the column whose count fell most, if one fell too far."""
    drops = []
    for column in _PERSONS:
        persons, persons_before = _estimate_persons(now, column), _estimate_persons(before, column)
        found = list(_find_drop("insured_persons", persons, persons_before, gate))
        if found and persons is not None and persons_before:
            drops.append((persons / persons_before, column, found[0]))
    for _ratio, column, finding in sorted(drops, key=lambda drop: drop[:2])[:1]:
        yield GateFinding(finding.code, finding.severity, {**finding.values, "column": column})


def _estimate_persons(units: pl.DataFrame, column: str) -> int | None:
    """Persons insured by all units, from those whose count is known; null if most are unknown."""
    counts = units[column].drop_nulls() if column in units.columns else pl.Series([])
    if counts.len() < max(1, _MIN_KNOWN * units.height):
        return None
    return round(int(counts.sum()) / counts.len() * units.height)


def _matched_share(firms: pl.DataFrame) -> float | None:
    return int(firms["matched"].sum()) / firms.height if firms.height else None


def _find_county_drops(
    side: str, now: pl.DataFrame, before: pl.DataFrame, gate: GateSettings
) -> Iterator[GateFinding]:
    """Find counties that vanished (a stop), got another name or lost much (warnings)."""
    counts = count_by_county(before).join(
        count_by_county(now), on="county_name", how="left", suffix="_now"
    )
    large = counts.filter(pl.col("rows") >= gate.min_county_firms).with_columns(
        pl.col("rows_now").fill_null(0)
    )
    strays = pl.col("rows_now") <= gate.max_stray_share * pl.col("rows")
    few = pl.col("rows_now") < (1 - gate.max_county_drop) * pl.col("rows")
    vanished = large.filter(strays)["county_name"].to_list()
    renamed = {name: to for name in vanished if (to := _find_new_county(name, now, before))}
    gone = [name for name in vanished if name not in renamed]
    fallen = large.filter(few, ~strays)["county_name"].to_list()
    if gone:
        yield GateFinding("county_gone", STOP, {"side": side, "counties": gone})
    if renamed:
        names = [f"{name} → {to}" for name, to in renamed.items()]
        yield GateFinding("county_renamed", WARNING, {"side": side, "counties": names})
    if fallen:
        yield GateFinding("county_fell", WARNING, {"side": side, "counties": fallen})


def _find_new_county(county: str, now: pl.DataFrame, before: pl.DataFrame) -> str | None:
    """Return the county in which most rows of ``county`` stand now; null if most are gone."""
    old = before.filter(pl.col("county_name") == county)
    keys = [key for key in _KEYS if key in now.columns and key in before.columns]
    found = pl.any_horizontal(
        pl.lit(value=False), *(pl.col(k).is_in(old[k].drop_nulls().implode()) for k in keys)
    )
    moved = now.filter(found.fill_null(value=False))
    if moved.height * 2 < old.height:
        return None
    counties = moved.group_by("county_name").len("rows")
    return str(counties.sort("rows", "county_name", descending=[True, False]).row(0)[0])


def _find_level_changes(
    now: pl.DataFrame, before: pl.DataFrame, gate: GateSettings
) -> Iterator[GateFinding]:
    """Find columns of numbers that mean something else than last quarter."""
    ratios = {"declared_headcount": gate.max_level_ratio}
    for column, largest in {**ratios, **dict.fromkeys(_MONEY, gate.max_money_ratio)}.items():
        value, value_before = _find_level(now, column), _find_level(before, column)
        if value is None or value_before is None:
            continue
        if not 1 / largest < value / value_before < largest:
            code = "headcount_changed_meaning" if column in ratios else "amount_changed_meaning"
            values: dict[str, Value] = {"column": column, "now": value, "before": value_before}
            yield GateFinding(code, STOP, values)


def _find_level(firms: pl.DataFrame, column: str) -> float | None:
    """Median of the values above zero; null if there are none."""
    median = firms.filter(pl.col(column) > 0)[column].median() if column in firms.columns else None
    return float(median) if isinstance(median, int | float) else None
