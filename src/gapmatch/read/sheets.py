"""Choose the sheets of a file to read, and report left-out sheets that may hold data."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from gapmatch.errors import InputError
from gapmatch.i18n import N_
from gapmatch.read.files import SourceFile
from gapmatch.read.header_words import Aliases
from gapmatch.read.headers import Header, find_header, find_header_by_content, find_next_header
from gapmatch.read.knowledge import is_firm_name, load_knowledge
from gapmatch.read.read_model import Finding, Grid, Side
from gapmatch.read.recognise import build_no_header_error, detect_other_side

_CODE = re.compile(r"(?=[0-9A-Z]*\d{6})[0-9A-Z]{15,20}")
_MIN_ROWS, _MIN_COLUMNS = 5, 3
# So many of the rows of a sheet without header must be like those of the sheet before it.
_MIN_ALIKE_SHARE = 0.8
_MAX_SAMPLE = 300


@dataclass
class Sheets:
    """The tables of a file with their headers; skipped sheets with the reason; those with data."""

    tables: list[tuple[Grid, Header]] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)
    lost: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def choose_sheets(side: Side, file: SourceFile, grids: Sequence[Grid], aliases: Aliases) -> Sheets:
    """Return a file's tables for ``side``, and what was left out; raise ``InputError`` if none."""
    chosen = Sheets()
    hidden: list[tuple[Grid, Header]] = []
    swapped: InputError | None = None
    bare: list[Grid] = []
    for grid in grids:
        header = find_header(grid, aliases)
        other = detect_other_side(side, grid, header, file.path)
        swapped = swapped or other
        if other is not None:
            chosen.skipped[grid.sheet or ""] = N_("像是别的清册")
        elif header is not None:
            (chosen.tables if grid.visible else hidden).append((grid, header))
        else:
            bare.append(grid)
    if not chosen.tables:
        chosen.tables, hidden = hidden, []
        chosen.findings += [Finding("sheet_hidden", sheet=g.sheet) for g, _header in chosen.tables]
    _leave_out_sums(chosen)
    if not chosen.tables and swapped is None:
        found = [(grid, find_header_by_content(grid)) for grid in bare if grid.visible]
        chosen.tables = [(grid, header) for grid, header in found if header is not None]
        bare = [grid for grid in bare if all(grid is not table for table, _h in chosen.tables)]
    if not chosen.tables:
        raise swapped or build_no_header_error(side, file.path, grids)
    for grid in bare:
        _continue_or_skip(chosen, grid)
    for grid, _header in hidden:
        _skip(chosen, grid, N_("隐藏的工作表"), sums=_is_sums(grid, _header))
    order = {id(grid): n for n, grid in enumerate(grids)}
    chosen.tables.sort(key=lambda table: order[id(table[0])])
    _split_tables(chosen, aliases)
    return chosen


def _leave_out_sums(chosen: Sheets) -> None:
    """Leave out sheets of sums by county or office, if other sheets hold the rows."""
    sums = [_is_sums(g, header) or _is_code_table(g, header) for g, header in chosen.tables]
    if all(sums) or not any(sums):
        return
    tables = list(zip(chosen.tables, sums, strict=True))
    for (grid, _header), left_out in tables:
        if left_out:
            chosen.skipped[grid.sheet or ""] = N_("汇总表或代码表，不是逐户清册")
    chosen.tables = [table for table, left_out in tables if not left_out]


def _is_sums(grid: Grid, header: Header) -> bool:
    """Whether a sheet has no names, or names of offices and places only, and no codes."""
    columns = {m.canonical: m.index for m in header.matches}
    if "name" not in columns:
        return not any(_collect_codes(grid))
    if {"credit_code", "taxpayer_code", "unit_id", "org_code", "registration_no"} & columns.keys():
        return False
    names = grid.cells[f"c{columns['name']}"].cast(pl.String).slice(header.last + 1).drop_nulls()
    ends = tuple(load_knowledge().layout["offices"])
    offices = [n for n in names.head(_MAX_SAMPLE) if n.strip().endswith(ends)]
    firms = [n for n in names.head(_MAX_SAMPLE) if is_firm_name(n) and n not in offices]
    return len(names) > 0 and len(offices) * 5 >= 4 * min(len(names), _MAX_SAMPLE) and not firms


def _is_code_table(grid: Grid, header: Header) -> bool:
    """Whether a sheet of two or three columns explains short codes, and names no firm."""
    names = [m.index for m in header.matches if m.canonical == "name"]
    if not names or header.width > _MIN_COLUMNS or _collect_codes(grid):
        return False
    texts = grid.cells[f"c{names[0]}"].cast(pl.String).slice(header.last + 1).drop_nulls()
    return not any(map(is_firm_name, texts.head(_MAX_SAMPLE)))


def _collect_codes(grid: Grid) -> set[str]:
    texts: set[str] = set()
    for column in grid.cells.iter_columns():
        if column.dtype == pl.String:
            some = column.str.to_uppercase().str.strip_chars(" '\t")
            long = some.filter(some.str.len_bytes().is_between(15, 20))
            texts.update(t for t in long.unique() if _CODE.fullmatch(t))
    return texts


def _continue_or_skip(chosen: Sheets, grid: Grid) -> None:
    """Read a sheet without header by the header of the previous one, if their rows are alike."""
    if grid.cells.is_empty():
        chosen.skipped[grid.sheet or ""] = N_("空白")
        return
    for first, header in chosen.tables:
        if header.first >= 0 and _is_continuation(first, header, grid):
            begin = replace(header, first=-1, last=-1, titles=(), begin=0)
            chosen.tables.append((grid, begin))
            facts: dict[str, str | int] = {"name": grid.sheet or "", "first": first.sheet or ""}
            chosen.findings.append(Finding("sheet_without_header", sheet=grid.sheet, facts=facts))
            return
    _skip(chosen, grid, N_("没有认出表头"), sums=False)


def _is_continuation(first: Grid, header: Header, grid: Grid) -> bool:
    if abs(grid.cells.width - header.width) > 1 or grid.cells.width < _MIN_COLUMNS - 1:
        return False
    own = first.cells.slice(header.last + 1, _MAX_SAMPLE)
    alike = 0
    for index in range(min(grid.cells.width, header.width)):
        there, here = (
            _classify_column(cells[f"c{index}"]) for cells in (own, grid.cells.head(_MAX_SAMPLE))
        )
        alike += there == here or "" in (there, here)
    named = [m.index for m in header.matches if m.canonical == "name"]
    names = [
        t for i in named if i < grid.cells.width for t in grid.cells[f"c{i}"].head(_MAX_SAMPLE) if t
    ]
    firms = sum(map(is_firm_name, names))
    return alike >= _MIN_ALIKE_SHARE * min(grid.cells.width, header.width) and firms * 2 > len(
        names
    )


def _classify_column(column: pl.Series) -> str:
    """What most texts of a column are: numbers, codes, dates or words; blank if it has none."""
    texts = column.cast(pl.String).drop_nulls()
    if texts.is_empty():
        return ""
    shapes = (
        ("date", r"^(19|20)\d\d[-/.年]\d{1,2}"),
        ("number", r"^-?[\d,]{1,12}(\.\d+)?$"),
        ("code", r"^[0-9A-Za-z\-]{8,22}$"),
    )
    for name, pattern in shapes:
        if int(texts.str.contains(pattern).sum()) * 2 > len(texts):
            return name
    return "words"


def _skip(chosen: Sheets, grid: Grid, why: str, *, sums: bool) -> None:
    name = grid.sheet or ""
    chosen.skipped[name] = why
    if sums:
        return
    codes = _collect_codes(grid)
    known = set().union(*(_collect_codes(table) for table, _header in chosen.tables))
    full = grid.cells.select(pl.sum_horizontal(pl.all().is_not_null()) >= _MIN_COLUMNS).to_series()
    firms = any(
        sum(map(is_firm_name, column.drop_nulls().head(_MAX_SAMPLE))) >= _MIN_ROWS
        for column in grid.cells.iter_columns()
        if column.dtype == pl.String
    )
    if codes - known or (not codes and firms and int(full.sum()) >= _MIN_ROWS):
        chosen.lost[name] = why


def _split_tables(chosen: Sheets, aliases: Aliases) -> None:
    """Part sheets in which another header with other columns begins another table."""
    parted: list[tuple[Grid, Header]] = []
    for grid, given in chosen.tables:
        header = given
        while (following := find_next_header(grid, header, aliases)) is not None:
            parted.append((grid, replace(header, end=following.first)))
            row = grid.get_row_number(following.first)
            chosen.findings.append(Finding("header_changed", row=row, sheet=grid.sheet))
            header = following
        parted.append((grid, header))
    chosen.tables = parted
