"""Lines of text files with more or fewer fields than the header."""

import polars as pl

from gapmatch.read.mapping import ColumnMap
from gapmatch.read.read_model import Finding, Grid

# Where more lines than this share are too long, the file has columns without a header.
_UNNAMED_SHARE = 0.2


def straighten(
    grid: Grid, rows: pl.DataFrame, columns: ColumnMap, width: int
) -> tuple[pl.DataFrame, list[Finding]]:
    """Return ``rows`` with lines of too many fields mended, and what was found.

    A line has too many fields where a text holds the delimiter; in lists of firms that is the
    address, so its parts are joined again. Without an address column the surplus is left aside.
    ``width`` is the number of headers.
    """
    if grid.widths is None or rows.is_empty():
        return rows, []
    fields = grid.widths.gather(rows["place"])
    findings = _short(rows, fields, width)
    surplus = [c for c in rows.columns if c.startswith("c") and int(c[1:]) >= width]
    if not surplus:
        return rows, findings
    long = rows.select(pl.any_horizontal(pl.col(surplus).is_not_null())).to_series()
    if not long.any() or int(long.sum()) > _UNNAMED_SHARE * rows.height + 1:
        return rows, findings
    address = [m.index for m in columns.columns.get("address", ())][:1]
    kind = "too_many_fields_joined" if address else "too_many_fields_cut"
    return _mend(rows, long, width, address), findings + _long(rows.filter(long), kind)


def _short(rows: pl.DataFrame, fields: pl.Series, width: int) -> list[Finding]:
    """Lines that end early; exports that leave out trailing blanks have many and are no finding."""
    short = fields < width
    if not short.any() or int(short.sum()) > _UNNAMED_SHARE * rows.height + 1:
        return []
    picked = rows.filter(short)
    return [
        Finding("too_few_fields", row, value=value)
        for row, value in picked.select("source_row", "c0").rows()
    ]


def _long(rows: pl.DataFrame, kind: str) -> list[Finding]:
    return [
        Finding(kind, row, value=value) for row, value in rows.select("source_row", "c0").rows()
    ]


def _mend(rows: pl.DataFrame, long: pl.Series, width: int, address: list[int]) -> pl.DataFrame:
    if not address:
        return rows
    names = [c for c in rows.columns if c.startswith("c")]
    mended = [
        _joined(list(cells), address[0], width) for cells in rows.filter(long).select(names).rows()
    ]
    fixed = (
        rows.filter(long)
        .drop(names)
        .hstack(pl.DataFrame(mended, schema=dict.fromkeys(names, pl.String), orient="row"))
    )
    return pl.concat([rows.filter(~long), fixed.select(rows.columns)]).sort("place")


def _joined(cells: list[str | None], at: int, width: int) -> list[str | None]:
    last = max(i for i, cell in enumerate(cells) if cell is not None)
    extra = last + 1 - width
    text = ",".join(cell or "" for cell in cells[at : at + extra + 1])
    line = [*cells[:at], text, *cells[at + extra + 1 :]]
    return line + [None] * (len(cells) - len(line))
