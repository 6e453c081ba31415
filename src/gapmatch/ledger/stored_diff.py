"""Two quarters of a store, compared."""

import json

from gapmatch.ledger.decisions import resolve_decisions
from gapmatch.ledger.entries import load_decisions
from gapmatch.ledger.quarter_diff import Difference, Frames, QuarterSide, compare_quarters
from gapmatch.store.runs import Store


def compare_stored_quarters(store: Store, previous: str, current: str) -> Difference:
    """Compare two quarters that ``store`` holds. Raises ``StoreError`` if it does not."""
    return compare_quarters(_load_side(store, previous), _load_side(store, current))


def compare_with_previous(store: Store, quarter: str, frames: Frames) -> Difference | None:
    """Compare ``quarter``, whose ``frames`` are new, with the stored one before it, if any."""
    previous = store.find_latest_quarter(before=quarter)
    return (
        compare_quarters(_load_side(store, previous), _build_side(store, quarter, frames))
        if previous
        else None
    )


_IDENTITY = (
    *("name", "clean_name", "standard_name", "county_name", "unit_id", "duplicate_of"),
    *("code_text", "taxpayer_code", "credit_code", "org_code"),
    *("uscc", "uscc_valid", "organisation", "organisation_valid"),
)
_COMPARED = {
    "firms": ("firm", *_IDENTITY),
    "units": ("unit", *_IDENTITY),
    "gaps": ("firm", "status", "unit"),
}
"""Columns that two quarters are compared by, and that decisions are found again by."""
_DECISIVE = ("read", "columns", "linkage", "gap", "statuses")
"""Sections of the settings that may change which unit a firm has."""


def _load_side(store: Store, quarter: str) -> QuarterSide:
    frames = {name: store.result(quarter, name, columns) for name, columns in _COMPARED.items()}
    return _build_side(store, quarter, frames)


def _build_side(store: Store, quarter: str, frames: Frames) -> QuarterSide:
    sql = "SELECT r.settings FROM quarters q JOIN runs r ON r.id = q.run WHERE q.quarter = ?"
    every = json.loads(store.db.execute(sql, [quarter]).fetchone()[0])
    settings = json.dumps([every.get(section) for section in _DECISIVE], sort_keys=True)
    decisions = resolve_decisions(frames["firms"], frames["units"], load_decisions(store.db))
    return QuarterSide(frames, settings, decisions)
