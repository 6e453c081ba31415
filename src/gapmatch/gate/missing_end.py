"""A list that lacks a part in some order: the firms of a run in that order have no unit."""

from collections.abc import Iterator
from datetime import date, timedelta

import polars as pl

from gapmatch.gate.findings import LOST, STOP, WARNING, GateFinding, Value
from gapmatch.settings.gate_thresholds import GateSettings

_MIN_EXPECTED_AT_END = 40
"""Matches that the end should have by the share of the rest: 12 of 40 is no chance (1e-7)."""

_MIN_REST = 0.2
"""The rest of the list must be this part of it, else its share is no measure."""

_ENTERPRISES = "91"
"""First characters of the credit codes of enterprises: other kinds are enrolled at other rates."""

_CONTRAST = 0.65
"""A run is sought in which firms are matched less than at this part of the list's rate."""

_FIRST_YEAR = timedelta(days=365)
"""Firms as young as this insure nobody as yet, more often than not."""

_ORDERS = (
    # The commoner characters of GBK are in the order of their sounds, as lists are sorted.
    ("name", "clean_name", "gb18030"),
    ("name", "clean_name", "utf-8"),
    ("code", "uscc", "utf-8"),
)
"""What lists are sorted by: name of the order, column, and the encoding whose bytes have it."""


def find_missing_end(firms: pl.DataFrame, gate: GateSettings) -> Iterator[GateFinding]:
    """Find an end, or a run, of the firms, in some order that lists are cut in, without matches."""
    yield from _find_missing_newest(firms, gate)
    for order, column, encoding in _ORDERS:
        known = _sort_by_bytes(firms.drop_nulls(column), column, encoding)
        if order == "code":
            known = known.filter(pl.col(column).str.starts_with(_ENTERPRISES))
        if known.height < gate.min_firms:
            continue
        backwards = known.reverse()
        ends = {
            "last": known.tail(_longest_empty_end(known["matched"], gate)),
            "first": backwards.tail(_longest_empty_end(backwards["matched"], gate)),
            "middle": known.slice(*_find_emptiest_run(known["matched"], gate)),
        }
        for end, missing in ends.items():
            if missing.height:
                yield _describe_run(order, end, missing, known)
                return


def _find_missing_newest(firms: pl.DataFrame, gate: GateSettings) -> Iterator[GateFinding]:
    """Find firms opened since some day, but for the youngest, with hardly a match.

    A list cut in the order of enrollment, as unit numbers are given, lacks those who came last.
    """
    newest = firms["open_date"].max() if "open_date" in firms.columns else None
    if not isinstance(newest, date):
        return
    known = firms.filter(pl.col("open_date") < newest - _FIRST_YEAR).sort(
        "open_date", maintain_order=True
    )
    if known.height >= gate.min_firms:
        missing = known.tail(_longest_empty_end(known["matched"], gate))
        if missing.height:
            yield _describe_run("open_date", "last", missing, known)


def _describe_run(order: str, end: str, missing: pl.DataFrame, known: pl.DataFrame) -> GateFinding:
    column = next((c for o, c, _encoding in _ORDERS if o == order), order)
    edges = missing[column].cast(pl.String)
    found = int(missing["matched"].sum())
    rest = known.height - missing.height
    share = (int(known["matched"].sum()) - found) / rest
    values: dict[str, Value] = {
        "order": order,
        "end": end,
        "edge": f"{edges.item(0)}－{edges.item(-1)}" if end == "middle" else str(edges.item(0)),
        "firms": missing.height,
        "matched": found,
        LOST: round(share * missing.height) - found,
    }
    return GateFinding("missing_end", WARNING if order == "open_date" else STOP, values)


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
        pl.min_horizontal("before", "expected") >= _MIN_EXPECTED_AT_END,
        pl.col("found") <= gate.max_end_share * pl.col("expected"),
    )
    return 0 if ends.is_empty() else int(ends["length"].item(0))


def _find_emptiest_run(matched: pl.Series, gate: GateSettings) -> tuple[int, int]:
    """Return offset and length of a run with hardly a match compared with the rest, or 0, 0.

    It is the run that lacks most matches against a part of the list's rate (Kadane's).
    """
    total, found = matched.len(), int(matched.sum())
    lacks = (_CONTRAST * found / total - matched.cast(pl.Float64)).cum_sum()
    before = pl.concat([pl.Series([0.0]), lacks.head(total - 1)])
    end = int((lacks - before.cum_min()).arg_max() or 0)
    begin = int(before.head(end + 1).arg_min() or 0)
    length, own = end + 1 - begin, int(matched.slice(begin, end + 1 - begin).sum())
    if not gate.min_cut_share * total <= length <= (1 - _MIN_REST) * total:
        return 0, 0
    expected = length * (found - own) / (total - length)
    is_empty = expected >= _MIN_EXPECTED_AT_END and own <= gate.max_end_share * expected
    return (begin, length) if is_empty else (0, 0)
