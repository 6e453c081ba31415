"""Totals that a sheet itself has, held against its rows: sums of columns and numbers of rows."""

import re
import unicodedata
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from gapmatch.read import values
from gapmatch.read.knowledge import NUMBERS, load_knowledge
from gapmatch.read.read_model import ColumnMap, Finding, Total
from gapmatch.schemas import CODES

_ROWS = re.compile(r"(\d[\d,]*)(?:户|家|条|个单位|个参保单位|个企业)")
_TOTAL_KINDS = ("footer", "furniture")
# Each amount may be rounded by as much; of a long list the errors grow to this share.
_MAX_ROUNDING = 0.01
_MAX_ROUNDING_SHARE = 0.001
_PERSON_TOLERANCE = 0.5
# A sum of pages holds so many totals at the most: where each firm has one, all pairs are too many.
_MAX_TOTALS_BETWEEN = 200


def check_totals(
    left_out: pl.DataFrame,
    rows: pl.DataFrame,
    columns: ColumnMap,
    sheet: str | None,
    groups: pl.Series,
) -> tuple[list[Total], list[Finding]]:
    """Return the totals that agree with no run of rows, and the rows that no total holds.

    ``left_out``: the rows of the sheet that are no data (``place``, ``kind``, cells). A total may
    be of all rows, of those since another total, or of those up to the next one: pages, towns, sums
    carried forward, sums above their rows.
    """
    is_group = rows["source_row"].is_in(groups.implode())
    bounds_only = rows["source_row"].filter(is_group).to_list()
    totals = pl.concat([_select_totals(left_out), rows.filter(is_group)], how="diagonal_relaxed")
    totals = totals.sort("place")
    rows = rows.filter(~is_group & _are_known(rows, columns))
    if totals.is_empty() or rows.is_empty():
        return [], []
    places, lines = totals["place"].to_list(), totals["source_row"].to_list()
    before = np.searchsorted(np.sort(rows["place"].to_numpy()), places)
    bounds = [0, *before.tolist(), rows.height]
    wrong, reached = [], 0
    for header, column in _list_columns(columns, rows):
        stated = [
            None
            if texts["source_row"] in bounds_only
            else (_read_row_count(texts) if column is None else _read_cell(texts, column))
            for texts in totals.iter_rows(named=True)
        ]
        if stated.count(None) == len(stated):
            continue
        sums = _sum_up(rows, column)
        for n, number in enumerate(stated, 1):
            if number is None:
                continue
            spans = _list_spans(bounds, n)
            of_spans = sums[spans[:, 1]] - sums[spans[:, 0]]
            best = int(np.abs(of_spans - number).argmin())
            (start, end), found = map(int, spans[best]), float(of_spans[best])
            if abs(found - number) > _get_tolerance(number, end - start, column, columns):
                end = bounds[n]
                found = float(sums[-1]) if n == len(places) else found
                wrong.append(Total(header, lines[n - 1], number, found))
            reached = max(reached, end)
    findings = [_describe_total(total, sheet) for total in wrong]
    if bounds[1] > 0 and 0 < reached < rows.height and not _is_of_part(totals):
        facts: dict[str, str | int] = {"total": lines[-1]}
        findings += [
            Finding("row_below_total", row, sheet=sheet, facts=facts)
            for row in rows["source_row"][reached:]
        ]
    return wrong, findings


def _are_known(rows: pl.DataFrame, columns: ColumnMap) -> pl.Series:
    """Return which rows have a name or a code."""
    keys = [m for c in ("name", "unit_id", *CODES) for m in columns.columns.get(c, ())]
    known = [pl.col(f"c{m.index}").is_not_null() for m in keys if f"c{m.index}" in rows.columns]
    return rows.select(pl.any_horizontal(pl.lit(value=not known), *known)).to_series()


def _select_totals(left_out: pl.DataFrame) -> pl.DataFrame:
    layout = load_knowledge().layout
    words, other = layout["totals"], "|".join(map(re.escape, layout["no_sums"]))
    sums = "|".join(re.escape(word) for word in words if not re.search(other, word))
    # A word of sums in a cell of its own, or before a number of rows.
    is_total = (
        rf"^(?:.{{0,12}}(?:{sums})|共)[:：(（]?(?:共|计|有)*(?:\d[\d,]*\D{{0,6}})?[)）]?[:：。.]?$"
    )
    found = left_out.filter(pl.col("kind").is_in(_TOTAL_KINDS))
    cells = [c for c in found.columns if re.fullmatch(r"c\d+", c)]
    texts = [pl.col(c).cast(pl.String).str.replace_all(r"\s", "") for c in cells]
    return found.filter(pl.any_horizontal(text.str.contains(is_total) for text in texts))


def _is_of_part(totals: pl.DataFrame) -> bool:
    """Whether the last total is of a page or a town: rows of the next one may follow."""
    texts = "".join(str(cell) for cell in totals.tail(1).row(0))
    return any(word in texts for word in load_knowledge().layout["part_sums"])


def _list_columns(columns: ColumnMap, rows: pl.DataFrame) -> list[tuple[str, str | None]]:
    """Return header and column of each column of numbers; a number of rows has no column."""
    numbers = [
        ("".join(match.header.split()), f"c{match.index}")
        for match in columns.matches
        if match.canonical in NUMBERS and f"c{match.index}" in rows.columns
    ]
    return [("", None), *numbers]


def _sum_up(rows: pl.DataFrame, column: str | None) -> npt.NDArray[np.float64]:
    """Return the sums of the first 0, 1, 2 … rows."""
    if column is None:
        return np.arange(rows.height + 1, dtype=np.float64)
    return np.append(0.0, values.parse_numbers(rows[column]).fill_null(0.0).cum_sum().to_numpy())


def _read_cell(texts: dict[str, object], column: str) -> float | None:
    cell = texts[column]
    return None if cell is None else values.parse_number(str(cell))


def _read_row_count(texts: dict[str, object]) -> float | None:
    line = " ".join(str(text) for name, text in texts.items() if name[1:].isdecimal() and text)
    found = _ROWS.findall("".join(unicodedata.normalize("NFKC", line).split()))
    return float(found[0].replace(",", "")) if len(found) == 1 else None


def _list_spans(bounds: Sequence[int], n: int) -> npt.NDArray[np.int64]:
    """Return the runs of rows that the ``n``-th total may be of; ``bounds`` are the totals."""
    first = max(1, n - _MAX_TOTALS_BETWEEN)
    above = [(start, bounds[n]) for start in (0, *bounds[first:n])]
    below = [(bounds[n], end) for end in bounds[n + 1 : n + 1 + _MAX_TOTALS_BETWEEN]]
    return np.array([*above, (0, bounds[-1]), *below])


def _get_tolerance(number: float, rows: int, column: str | None, columns: ColumnMap) -> float:
    money = {f"c{m.index}" for m in columns.matches if m.canonical in _AMOUNTS}
    if column not in money:
        return _PERSON_TOLERANCE
    return max(_MAX_ROUNDING * (rows + 1), _MAX_ROUNDING_SHARE * abs(number))


_AMOUNTS = ("declared_wages", "sales", "tax_paid", "capital")


def _describe_total(total: Total, sheet: str | None) -> Finding:
    facts: dict[str, str | int] = {"sum": f"{total.found:,.10g}"}
    kind = "total_disagrees" if total.header else "total_of_rows_disagrees"
    return Finding(kind, total.row, total.header or None, f"{total.stated:,.10g}", sheet, facts)
