"""One source, read: every file by itself, then all of them together."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from gapmatch.concurrency import map_threads
from gapmatch.i18n import get_language
from gapmatch.read.assemble import assemble, build_no_rows_error
from gapmatch.read.body import Body, cut_body
from gapmatch.read.canonical import canonicalise
from gapmatch.read.column_refusals import (
    refuse_garbled_names,
    refuse_nested,
    refuse_no_names,
    refuse_persons,
    refuse_two_lines,
)
from gapmatch.read.files import SourceFile, add_unread_files, list_files, load, open_document
from gapmatch.read.group_names import find_groups
from gapmatch.read.header_words import Aliases
from gapmatch.read.headers import Header
from gapmatch.read.knowledge import load_aliases
from gapmatch.read.mapped_sheet import MappedSheet
from gapmatch.read.mapping import map_columns
from gapmatch.read.misplaced_cells import realign_rows, repeat_units, split_names_and_codes
from gapmatch.read.parquet import ENCODING
from gapmatch.read.periods import count_quarters, find_newest_period
from gapmatch.read.ragged import straighten
from gapmatch.read.read_model import (
    Extract,
    FileReport,
    Finding,
    Grid,
    ReadFile,
    SheetPlace,
    SheetReport,
    Side,
)
from gapmatch.read.row_checks import check_rows
from gapmatch.read.sheets import choose_sheets
from gapmatch.read.titles import add_stated_status
from gapmatch.read.totals import check_totals
from gapmatch.read.values import format_texts
from gapmatch.read.whole_rows import (
    fill_down,
    find_money_unit,
    find_unit_column,
    refuse_formulas,
    report_hidden,
    report_lost_cells,
)
from gapmatch.results.listed_rows import ListedColumn, ListedRows, stack_tables
from gapmatch.settings.reading import ReadSettings

_MIN_NUMBERED_SHARE = 0.9
_MAX_THREADS = 4
"""Files that are read side by side; more would only fill the memory."""


def read_extract(
    side: Side,
    paths: Sequence[Path],
    extra_headers: Mapping[str, list[str]],
    language: str | None = None,
    limits: ReadSettings | None = None,
) -> Extract:
    """Read one source from files or folders.

    ``extra_headers`` are a workspace's own headers: canonical column → headers, before all others.
    ``language``: what the defects are written in (``zh``, ``en``), else the current language;
    errors are always in the latter. ``limits``: how large a file may be, ``[read]`` of the
    settings.

    Returns an ``Extract`` whose ``rows`` are exactly TaxRows, EnrollmentRows or RegistryRows in the
    order of files and rows. Raises ``InputError`` with file, row and remedy if a file cannot be
    read or is of another kind than declared.
    """
    aliases = load_aliases(side, extra_headers)
    files = list_files(paths, limits)
    read = map_threads(lambda file: read_file(side, file, aliases), files, _MAX_THREADS)
    return add_unread_files(assemble(side, read, language or get_language()), paths)


def read_file(side: Side, file: SourceFile, aliases: Aliases) -> ReadFile:
    """Read one file: all its sheets that have a header for this side.

    It looks at no other file, so that it may run anywhere; what it takes and returns can be
    pickled. A Parquet file may have no rows; of others that is an error, as all is that
    ``read_extract`` names.
    """
    content = load(file.path)
    document = open_document(file.path, content.data, file.limits)
    findings = list(document.defects)
    sheets = choose_sheets(side, file, document.grids, aliases)
    skipped, lost = sheets.skipped, sheets.lost
    findings += sheets.findings
    frames, reports = [], []
    for grid, header in sheets.tables:
        frame, sheet, found = _read_sheet(side, file, grid, header, aliases)
        frames.append(frame)
        reports.append(sheet)
        findings += found
    if len(document.grids) > 1:
        findings += [
            Finding(
                "sheet_lost" if name in lost else "sheet_skipped",
                sheet=name,
                facts={"name": name, "why": why},
            )
            for name, why in skipped.items()
        ]
    rows = pl.concat(frames, how="diagonal")
    if rows.is_empty() and document.encoding != ENCODING:
        raise build_no_rows_error(file.path, reports[0])
    rows = rows.with_columns(
        source_file=pl.lit(file.name), data_row=pl.int_range(1, pl.len() + 1, dtype=pl.Int64)
    )
    rows, findings_of_rows = check_rows(rows, side)
    report = FileReport(
        path=file.path,
        name=file.name,
        sha256=content.sha256,
        bytes=len(content.data),
        encoding=document.encoding,
        sheets=tuple(reports),
        skipped_sheets=skipped,
        lost_sheets=lost,
        rows_in=sum(r.rows_in for r in reports),
        refused=sum(r.rows_in for r in reports) - rows.height,
    )
    return ReadFile(report, rows, (*findings, *findings_of_rows))


def read_listed_rows(
    paths: Sequence[Path],
    extra_headers: Mapping[str, list[str]],
    limits: ReadSettings | None = None,
) -> ListedRows:
    """Return the data rows of the tax list with all columns of its own, as texts, in its own order.

    The rows that ``read_extract`` refuses are there too. Raises ``InputError`` as it does.
    """
    aliases = load_aliases(Side.TAX, extra_headers)
    tables = []
    for file in list_files(paths, limits):
        document = open_document(file.path, load(file.path).data, file.limits)
        sheets = choose_sheets(Side.TAX, file, document.grids, aliases)
        tables += [_listed_table(file, grid, header, aliases) for grid, header in sheets.tables]
    return stack_tables(tables)


def _listed_table(file: SourceFile, grid: Grid, header: Header, aliases: Aliases) -> ListedRows:
    place = SheetPlace(Side.TAX, file.path, grid.sheet, grid.get_row_number(header.first))
    filled, _filling = fill_down(grid, cut_body(grid, header).rows)
    columns = map_columns(header, filled, aliases, place)
    rows, _ragged = straighten(grid, filled, columns, header.width, place)
    canonical = {match.index: match.canonical for match in columns.matches}
    listed = tuple(
        ListedColumn(" ".join(text.split()), canonical.get(index))
        for index, text in enumerate(header.texts[: header.width])
    )
    texts = [format_texts(rows[f"c{index}"]).alias(f"c{index}") for index in range(len(listed))]
    origin = rows.select(
        pl.lit(file.name).alias("source_file"),
        pl.lit(grid.sheet, pl.String).alias("source_sheet"),
        pl.col("source_row").cast(pl.Int64),
    )
    return ListedRows(listed, origin.with_columns(texts))


def _read_sheet(
    side: Side, file: SourceFile, grid: Grid, header: Header, aliases: Aliases
) -> tuple[pl.DataFrame, SheetReport, list[Finding]]:
    body = cut_body(grid, header)
    header_row = grid.get_row_number(header.first)
    place = SheetPlace(side, file.path, grid.sheet, header_row)
    filled, filling = fill_down(grid, body.rows)
    columns = map_columns(header, filled, aliases, place)
    refuse_nested(columns, grid, place)
    refuse_formulas(grid, filled, columns, place)
    rows, ragged = straighten(grid, filled, columns, header.width, place)
    rows, moved = realign_rows(rows, columns, grid.sheet)
    rows, repeated = repeat_units(rows, columns, grid.sheet)
    refuse_garbled_names(columns, rows, place)
    refuse_no_names(columns, rows, place)
    refuse_two_lines(header, columns, grid, place)
    refuse_persons(header, columns, rows, place)
    found = [*body.findings, *filling, *report_lost_cells(grid, header, filled), *ragged]
    found += [*moved, *repeated]
    notes = [f.value for f in body.findings if f.kind in ("footer_dropped", "furniture_dropped")]
    around = [*header.titles, *notes, grid.sheet, file.path.stem]
    money = find_money_unit([text for text in around if text])
    units = find_unit_column(header, rows, columns)
    sheet = MappedSheet(side, grid, rows, columns, money, units, found)
    frame, taken = split_names_and_codes(canonicalise(sheet))
    frame, stated = add_stated_status(frame, body.left_out, header.titles, place)
    hidden = report_hidden(grid, frame, columns)
    is_group = find_groups(frame)
    groups = frame.filter(is_group).select("source_row", "name")
    frame = frame.filter(~is_group)
    totals, faults = check_totals(body.left_out, filled, columns, grid.sheet, groups["source_row"])
    faults += [
        Finding("group_dropped", row, value=name, sheet=grid.sheet) for row, name in groups.rows()
    ]
    sheet.findings += [*taken, *stated, *hidden, *faults]
    report = SheetReport(
        sheet=grid.sheet,
        header_row=header_row,
        mapping={m.header: m.canonical for m in columns.matches},
        guessed={m.header: m.canonical for m in columns.matches if m.guessed},
        unmapped=tuple(
            text for text in columns.unmapped if units is None or text != header.texts[units]
        ),
        dropped_columns=columns.dropped,
        titles=len(header.titles),
        title_texts=header.titles,
        note_texts=tuple(note for note in notes if note),
        highest_number=_find_highest_number(frame),
        wrong_totals=tuple(totals),
        newest_period=find_newest_period(header, rows, columns),
        quarters=count_quarters(header, rows, columns),
        footers=body.footers,
        blanks=body.blanks,
        repeated_headers=body.repeated_headers,
        rows_in=frame.height,
        furniture=body.furniture + groups.height,
        hidden_rows=sum(int(f.facts["count"]) for f in hidden if f.kind == "rows_hidden"),
        **_count_rows_above(grid, header, body),
    )
    return frame, report, sheet.findings


def _find_highest_number(rows: pl.DataFrame) -> int:
    """Return the highest number (序号) of a row; 0 if they are not numbers, each for itself."""
    if "seq" not in rows.columns or rows.is_empty():
        return 0
    numbers = rows["seq"].cast(pl.Int64, strict=False).drop_nulls()
    if len(numbers) < _MIN_NUMBERED_SHARE * rows.height or numbers.n_unique() < len(numbers):
        return 0
    return max(numbers.to_list(), default=0)


def _count_rows_above(grid: Grid, header: Header, body: Body) -> dict[str, int]:
    """Count the rows before the data: titles, the header itself, and blanks."""
    if grid.headings is not None:
        rows = body.last - header.last
        return {"title_rows": 0, "header_rows": 0, "physical_rows": rows}
    if header.first < 0:  # the header of another sheet
        return {"header_rows": 0, "physical_rows": body.last + 1}
    above = grid.cells.slice(header.begin, header.first - header.begin)
    titles = 0
    if above.height:
        titles = above.select(pl.any_horizontal(pl.all().is_not_null()).sum()).item()
    return {
        "title_rows": titles,
        "header_rows": header.last - header.first + 1,
        "blanks_above": above.height - titles,
        "physical_rows": body.last - header.begin + 1,
    }
