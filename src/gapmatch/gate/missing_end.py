"""A list that was cut in the order of its names or codes: firms from some place on have no unit."""

from collections.abc import Iterator

import polars as pl

from gapmatch.gate.findings import STOP, GateFinding, Value
from gapmatch.settings.gate_thresholds import GateSettings

_MIN_EXPECTED = 40
"""Matches that the end should have by the share of the rest: 12 of 40 is no chance (1e-7)."""

_MIN_REST = 0.2
"""The rest of the list must be this part of it, else its share is no measure."""

_ENTERPRISES = "91"
"""First characters of the credit codes of enterprises: other kinds are enrolled at other rates."""

_ORDERS = (
    # The commoner characters of GBK are in the order of their sounds, as lists are sorted.
    ("name", "clean_name", "gb18030"),
    ("name", "clean_name", "utf-8"),
    ("code", "uscc", "utf-8"),
)
"""What lists are sorted by: name of the order, column, and the encoding whose bytes have it."""


def find_missing_end(firms: pl.DataFrame, gate: GateSettings) -> Iterator[GateFinding]:
    """Find an end of the firms, in some order that lists are cut in, with hardly a match."""
    for order, column, encoding in _ORDERS:
        known = _sort_by_bytes(firms.drop_nulls(column), column, encoding)
        if order == "code":
            known = known.filter(pl.col(column).str.starts_with(_ENTERPRISES))
        if known.height < gate.min_firms:
            continue
        for end, ordered in (("last", known), ("first", known.reverse())):
            missing = ordered.tail(_longest_empty_end(ordered["matched"], gate))
            if missing.height:
                values: dict[str, Value] = {
                    "order": order,
                    "end": end,
                    "edge": str(missing[column].item(0)),
                    "firms": missing.height,
                    "matched": int(missing["matched"].sum()),
                }
                yield GateFinding("missing_end", STOP, values)
                return


def _sort_by_bytes(firms: pl.DataFrame, column: str, encoding: str) -> pl.DataFrame:
    """Return ``column`` and ``matched`` in the order of the bytes; polars' own is that of UTF-8."""
    rows = firms.select(column, "matched")
    if encoding == "utf-8":
        return rows.sort(column, maintain_order=True)
    encoded = pl.Series(
        [text.encode(encoding, "replace") for text in rows[column]], dtype=pl.Binary
    )
    return rows.sort(encoded, maintain_order=True)


def _longest_empty_end(matched: pl.Series, gate: GateSettings) -> int:
    """Return the length of the longest end with hardly a match compared with the rest, or 0."""
    total, found = matched.len(), float(matched.sum())
    before = pl.DataFrame({"found": matched.cum_sum().cast(pl.Float64)}).with_row_index("rows", 1)
    ends = before.select(
        length=total - pl.col("rows").cast(pl.Int64),
        found=found - pl.col("found"),
        expected=(total - pl.col("rows").cast(pl.Int64)) * pl.col("found") / pl.col("rows"),
        before=pl.col("found"),
    ).filter(
        pl.col("length").is_between(gate.min_cut_share * total, (1 - _MIN_REST) * total),
        pl.min_horizontal("before", "expected") >= _MIN_EXPECTED,
        pl.col("found") <= gate.max_end_share * pl.col("expected"),
    )
    return 0 if ends.is_empty() else int(ends["length"].item(0))
