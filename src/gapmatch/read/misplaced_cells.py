"""Cells that stand in the wrong column: rows shifted by a cell, codes inside the cells of names."""

import re

import polars as pl

from gapmatch.read import values
from gapmatch.read.knowledge import DATES, NUMBERS, is_firm_name
from gapmatch.read.read_model import ColumnMap, Finding
from gapmatch.schemas import CODES

_CODE = r"[1-9ANY][0-9A-GY][0-9]{6}[0-9A-HJ-NP-RTUW-Y]{10}"
# What may stand between a name and its code.
_AROUND = r"[\s(（\[【,，;；:：/|_\-—]*"
# A row is only compared with another column if most rows hold names of firms.
_MIN_NAMED_SHARE = 0.6
_MAX_SAMPLE = 300


def realign_rows(
    rows: pl.DataFrame, columns: ColumnMap, sheet: str | None
) -> tuple[pl.DataFrame, list[Finding]]:
    """Return ``rows`` with those moved back that stand one column to the right or left.

    A cell inserted or deleted in a workbook does that to single rows: the code then stands where
    the name is looked for. Only rows whose cells fit their columns after the move are moved. A
    column with a type of its own (Parquet) can hold nothing of its neighbour.
    """
    name = f"c{columns.columns['name'][0].index}"
    codes = [f"c{m.index}" for c in CODES for m in columns.columns.get(c, ())]
    cells = [c for c in rows.columns if c.startswith("c") and c[1:].isdecimal()]
    is_text = all(rows.schema[c] in (pl.String, pl.Null) for c in cells)
    if not is_text or not codes or not _has_names(rows[name]):
        return rows, []
    odd = rows.filter(
        pl.col(name).str.contains(rf"(?i)^{_CODE}$|^[0-9.]+$")
        | pl.any_horizontal(pl.col(c).cast(pl.String).str.contains(r"\p{Han}{2}") for c in codes)
    )
    moved: dict[int, list[str | None]] = {}
    for place, *texts in odd.select("place", *cells).rows():
        if (line := _move_back(texts, columns)) is not None:
            moved[place] = line
    if not moved:
        return rows, []
    at = rows["place"].is_in(list(moved))
    lines = [moved[place] for place in rows.filter(at)["place"]]
    new = pl.DataFrame(lines, schema={c: rows.schema[c] for c in cells}, orient="row")
    fixed = rows.filter(at).drop(cells).hstack(new).select(rows.columns)
    findings = [
        Finding("row_realigned", row, value=value, sheet=sheet)
        for row, value in rows.filter(at).select("source_row", name).rows()
    ]
    return pl.concat([rows.filter(~at), fixed]).sort("place"), findings


def _has_names(names: pl.Series) -> bool:
    texts = names.drop_nulls().head(_MAX_SAMPLE)
    return len(texts) > 0 and sum(map(is_firm_name, texts)) >= _MIN_NAMED_SHARE * len(texts)


def _move_back(cells: list[str | None], columns: ColumnMap) -> list[str | None] | None:
    """Return a row with a blank cell taken out, or put in, so that all cells fit best."""
    last = max((m.index for m in columns.matches), default=0)
    ways = [[*cells[:k], *cells[k + 1 :], None] for k in range(last) if cells[k] is None]
    if cells[-1] is None:
        ways += [[*cells[:k], None, *cells[k:-1]] for k in range(last)]
    scored = [(_score_fit(way, columns), -n) for n, way in enumerate(ways)]
    best, place = max(scored, default=(0, 0))
    name = columns.columns["name"][0].index
    if not ways or best <= _score_fit(cells, columns):
        return None
    way = ways[-place]
    return way if is_firm_name(way[name] or "") else None


def _score_fit(cells: list[str | None], columns: ColumnMap) -> int:
    """Count the cells that are what their column is for, less those that are not."""
    fits = 0
    for match in columns.matches:
        text = cells[match.index]
        if not text or match.canonical == "seq":
            continue
        if match.canonical == "name":
            fits += 2 if is_firm_name(text) else -2
        elif match.canonical in CODES:
            fits += 2 if re.fullmatch(r"[0-9A-Za-z\-]{8,22}", text) else -2
        elif match.canonical in NUMBERS:
            fits += 1 if values.parse_number(text) is not None else -1
        elif match.canonical in DATES:
            fits += 1 if values.parse_date(text) is not None else -1
        elif match.canonical in ("county", "address", "legal_rep"):
            fits += -1 if values.parse_number(text) is not None else 1
    return fits


_OF_UNITS = ("unit_id", *CODES, "name", "county", "division", "agency", "unit_type", "address")


def repeat_units(
    rows: pl.DataFrame, columns: ColumnMap, sheet: str | None
) -> tuple[pl.DataFrame, list[Finding]]:
    """Return ``rows`` with each line of a unit under the unit that stands above it.

    In a list of units and lines the unit often stands in its first row alone: its cells were merged
    before the list became a text file.
    """
    if "line" not in columns.columns:
        return rows, []
    own = [f"c{m.index}" for c in _OF_UNITS for m in columns.columns.get(c, ())]
    line = f"c{columns.columns['line'][0].index}"
    below = rows.select(
        pl.col(line).is_not_null() & pl.all_horizontal(pl.col(c).is_null() for c in own)
    ).to_series()
    if not below.any():
        return rows, []
    # Blank cells of the unit's own row stay blank.
    block = (~below).cum_sum()
    first = pl.struct(own).first().over(block)
    filled = rows.with_columns(first.struct.field(c) for c in own)
    findings = [
        Finding("merged_down", row, sheet=sheet) for row in rows.filter(below)["source_row"]
    ]
    return filled, findings


def split_names_and_codes(rows: pl.DataFrame) -> tuple[pl.DataFrame, list[Finding]]:
    """Return ``rows`` with credit codes taken out of the names, if the row has no other code."""
    if not rows["name"].str.contains("[0-9]{6}").any():  # quicker than to look for codes
        return rows, []
    inside = rows["name"].str.to_uppercase().str.extract(f"({_CODE})")
    real = [c for c in CODES if c in rows.columns]
    without = rows.select(pl.all_horizontal(pl.col(c).is_null() for c in real)) if real else None
    found = inside.is_not_null() & (True if without is None else without.to_series())
    if not found.any():
        return rows, []
    bare = rows["name"].str.replace(rf"(?i){_AROUND}{_CODE}[\s)）\]】:：,，;；/|_\-—]*", "")
    known = (
        rows["credit_code"] if "credit_code" in rows.columns else pl.Series([None], dtype=pl.String)
    )
    named = bare.set(bare == "", None)
    findings = [
        Finding("code_in_name", row, value=name, sheet=sheet)
        for row, name, sheet in rows.filter(found)
        .select("source_row", "name", "source_sheet")
        .rows()
    ]
    return rows.with_columns(
        name=named.zip_with(found, rows["name"]), credit_code=inside.zip_with(found, known)
    ), findings
