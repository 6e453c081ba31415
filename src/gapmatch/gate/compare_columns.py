"""What columns hold: shares of valid codes, names, counties and counts, now and last quarter."""

from collections.abc import Iterator, Mapping

import polars as pl

from gapmatch.gate.findings import STOP, WARNING, GateFinding, QuarterLists, Value
from gapmatch.schemas import INSURED_COLUMNS, UNKNOWN_COUNTY
from gapmatch.settings.gate_thresholds import GateSettings

_IS_VALID = pl.col("uscc_valid").fill_null(value=False) | pl.col("organisation_valid").fill_null(
    value=False
)
_HAS_CODE = pl.col("code_kind").is_in(["credit_code", "org_code", "tax_number", "unknown"])
_PERSONS = ("insured_total", *INSURED_COLUMNS)

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
