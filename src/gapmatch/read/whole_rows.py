"""What stands next to a row counts for it: merged cells, 同上, the unit of money, lost values."""

import re
from collections.abc import Sequence

import polars as pl
from polars import selectors as cs

from gapmatch.errors import InputError
from gapmatch.i18n import _
from gapmatch.read.column_contents import get_texts
from gapmatch.read.headers import Header
from gapmatch.read.knowledge import join_lines, load_knowledge, normalise_header
from gapmatch.read.read_model import ColumnMap, Finding, Grid, SheetPlace

_MONEY = (
    re.compile(
        r"(?<!资本)(?<!资金)(?:单位|金额|货币|计量)[^:：]{0,4}[:：为是](?:[人户家个]+[、,，/])*[(（]?(?:人民币)?"
        r"(?P<unit>[百千万亿]{0,2}元)(?=$|[)）\]】(（,，;；/、。.\d])"
    ),
    re.compile(r"[(（\[【](?:人民币)?(?P<unit>[百千万亿]{0,2}元)(?:人民币)?[)）\]】]$"),
)


_STOPS = ("", "。", ".", "，", ",", "；", ";", "、")
"""What people write behind 同上."""


def find_money_unit(titles: Sequence[str]) -> float | None:
    """Return the factor of the unit of money that lines around a table name (单位：万元)."""
    plain = ["".join(title.split()) for title in titles]
    found = [m["unit"] for title in plain for pattern in _MONEY for m in pattern.finditer(title)]
    return load_knowledge().units.get(found[0]) if found else None


def find_unit_column(header: Header, rows: pl.DataFrame, columns: ColumnMap) -> int | None:
    """Return the column that gives the unit of money of each row (金额单位), if there is one."""
    known = load_knowledge()
    taken = {match.index for match in columns.matches}
    for index, text in enumerate(header.texts):
        if index in taken or normalise_header(text) not in known.layout["money_units"]:
            continue
        cells = get_texts(rows, index).unique()
        if len(cells) and cells.is_in(list(known.units)).all():
            return index
    return None


def report_hidden(grid: Grid, rows: pl.DataFrame, columns: ColumnMap) -> list[Finding]:
    """Name the hidden data rows and columns of a sheet, which are read like all others."""
    findings = [
        Finding("column_hidden", column=match.header, sheet=grid.sheet)
        for match in columns.matches
        if match.index in grid.hidden_columns
    ]
    if grid.hidden_rows:
        places = grid.rows.gather(sorted(grid.hidden_rows))
        hidden = rows["source_row"].filter(rows["source_row"].is_in(places.implode()))
        if len(hidden):
            facts: dict[str, str | int] = {"count": len(hidden), "rows": rows.height}
            findings.append(Finding("rows_hidden", hidden[0], sheet=grid.sheet, facts=facts))
    return findings


def fill_down(grid: Grid, rows: pl.DataFrame) -> tuple[pl.DataFrame, list[Finding]]:
    """Give each row what a merged cell over it holds, and the value above for 同上."""
    findings: list[Finding] = []
    merged: dict[str, dict[int, str]] = {}
    for merge in grid.merges:
        column = f"c{merge.column}"
        if column in rows.columns and grid.cells.height > merge.first:
            value = grid.cells[column][merge.first]
            if value is not None:
                span = range(merge.first + 1, min(merge.last + 1, grid.cells.height))
                merged.setdefault(column, {}).update(dict.fromkeys(span, value))
    for column, values in merged.items():
        inside = rows["place"].is_in(list(values)) & rows[column].is_null()
        if not inside.any():
            continue
        new = rows["place"].replace_strict(values, default=None, return_dtype=pl.String)
        rows = rows.with_columns(pl.when(inside).then(new).otherwise(pl.col(column)).alias(column))
        findings += _build_findings(rows.filter(inside), "merged_down", column, grid)
    dittos = [word + stop for word in load_knowledge().layout["dittos"] for stop in _STOPS]
    cells = rows.select(cs.matches(r"^c\d+$") & cs.string())
    for column, (found,) in (
        cells.select(pl.all().is_in(dittos).any()).to_dict(as_series=False).items()
    ):
        if not found:
            continue
        ditto = rows[column].is_in(dittos).fill_null(value=False)
        blank = pl.lit("\x00")
        value_above = (
            pl.when(ditto).then(None).otherwise(pl.col(column).fill_null(blank)).forward_fill()
        )
        findings += _build_findings(rows.filter(ditto), "ditto", column, grid)
        rows = rows.with_columns(pl.when(value_above != blank).then(value_above).alias(column))
    return rows, findings


def _build_findings(rows: pl.DataFrame, kind: str, column: str, grid: Grid) -> list[Finding]:
    return [
        Finding(kind, row, value=value, sheet=grid.sheet)
        for row, value in rows.select("source_row", column).rows()
    ]


def report_lost_cells(grid: Grid, header: Header, rows: pl.DataFrame) -> list[Finding]:
    """Report the cells of data rows that show an error or hold a formula without a value."""
    if not grid.without_value:
        return []
    shown = dict(zip(rows["place"], rows["source_row"], strict=True))
    return [
        Finding(
            cell.kind,
            shown[cell.place],
            join_lines(header.texts[cell.column]) if cell.column < len(header.texts) else None,
            cell.value,
            grid.sheet,
        )
        for cell in grid.without_value
        if cell.place in shown
    ]


def refuse_formulas(grid: Grid, rows: pl.DataFrame, columns: ColumnMap, place: SheetPlace) -> None:
    """Raise ``InputError`` if most names are formulas that were never calculated."""
    if not grid.without_value:
        return
    names = {m.index for m in columns.columns["name"]}
    places = set(rows["place"])
    lost = [
        cell
        for cell in grid.without_value
        if cell.kind == "formula_without_value" and cell.column in names and cell.place in places
    ]
    if len(lost) * 2 <= max(1, rows.height):
        return
    raise InputError(
        _("“{header}”一列是公式，没有计算结果，读不出名称（共 {count} 行）：{place}").format(
            header=join_lines(columns.columns["name"][0].header), count=len(lost), place=place
        ),
        _("请用 Excel 打开这个文件，等公式算完后保存，再重新运行。"),
        file=place.path,
        row=place.row,
    )
