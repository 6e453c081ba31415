"""What the lists did not allow the linkage to do."""

import polars as pl

from gapmatch.linkage.block import BlockedPairs
from gapmatch.linkage.sides import SideRows
from gapmatch.schemas import UNKNOWN_COUNTY
from gapmatch.vocabulary.notes import Note

MAX_LISTED_KEYS = 3
_COMPARED = {"code_text": "no_codes", "person": "no_persons", "phone_digits": "no_phones"}


def find_missing_evidence(firms: SideRows, units: SideRows, blocked: BlockedPairs) -> list[Note]:
    """Return one note per comparison that a list does not allow, and one on keys left unpaired."""
    sides = {"tax": firms.rows, "enrollment": units.rows}
    notes = [
        Note(code, {"side": side})
        for column, code in _COMPARED.items()
        for side, rows in sides.items()
        if rows.height and rows[column].null_count() == rows.height
    ]
    notes += [
        Note("no_counties", {"side": side})
        for side, rows in sides.items()
        if rows.height and (rows["county_name"] == UNKNOWN_COUNTY).all()
    ]
    return notes + _note_common_keys(blocked.skipped)


def _note_common_keys(skipped: pl.DataFrame) -> list[Note]:
    exact = skipped.filter(pl.col("rule").is_in(["organisation", "standard_name", "core", "phone"]))
    if exact.is_empty():
        return []
    shown = exact.sort("firms", "key", descending=[True, False]).head(MAX_LISTED_KEYS)
    keys = tuple(shown.select("key", "firms", "units").to_dicts())
    return [Note("common_keys", {"keys": keys})]
