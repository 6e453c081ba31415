"""The tables as files: one CSV each; a long one as Parquet, with a CSV for every county.

Office programs cut a file after 1,048,576 lines without a word, and need minutes for a third of
them; a county's part opens everywhere, and the whole is for programs. As workbooks they are for
those who open them in Excel: long codes stay as they are.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

from gapmatch.forms.facts import describe_book
from gapmatch.forms.file_names import make_county_stems
from gapmatch.forms.sheet_model import Book, Heading, ListSheet, Sheet, TextSheet
from gapmatch.forms.widths import measure_column
from gapmatch.i18n import _
from gapmatch.private_files import make_private_file, make_private_folder, write_private_file
from gapmatch.results.run_results import PublishInput
from gapmatch.results.tables import FIRM_TABLES, build_defects_table, encode_csv, round_numbers
from gapmatch.settings.load import RunSettings
from gapmatch.vocabulary.labels import list_labels, list_status_labels


def write_tables(results: PublishInput, folder: Path) -> None:
    """Write ``links``, ``gaps``, ``targets`` into ``folder``, and the one ``defects.csv``."""
    settings = results.run_info.get("settings", {}).get("run", {})
    most = RunSettings.model_validate(settings).max_csv_rows
    for name, build_table in FIRM_TABLES.items():
        table = build_table(results)
        if table.height > most:
            _write_long_table(table, folder / name)
        else:
            write_private_file(folder / f"{name}.csv", encode_csv(table))
    write_private_file(folder / "defects.csv", encode_csv(build_defects_table(results)))


def _write_long_table(table: pl.DataFrame, place: Path) -> None:
    """Write ``place.parquet``, and below ``place`` the same rows as a CSV for every county."""
    parquet = place.with_suffix(".parquet")
    make_private_file(parquet)
    round_numbers(table).rechunk().write_parquet(parquet)
    make_private_folder(place)
    parts = table.partition_by("county", maintain_order=True, as_dict=True)
    stems = make_county_stems(str(county) for (county,) in parts)
    for (county,), part in parts.items():
        write_private_file(place / f"{stems[str(county)]}.csv", encode_csv(part))


_MAX_ROWS = 1_000_000
"""Rows of a sheet; Excel takes 1,048,576, headings among them."""
_NARROWEST, _WIDEST = 8.0, 42.0
_SAMPLE = 500
"""Rows that a column's width is taken from."""


def build_table_books(results: PublishInput) -> list[Book]:
    """Return ``gaps.xlsx``, ``links.xlsx`` and ``targets.xlsx``, equal to the CSV files."""
    return [
        Book(
            path=f"{name}.xlsx",
            title=f"{name}  {results.quarter}",
            sheets=tuple(_build_sheets(name, table(results), results.quarter)),
            facts=describe_book("table-1", results.quarter, results.run_info),
            footer=f"{name}  {results.quarter}",
        )
        for name, table in FIRM_TABLES.items()
    ]


def _build_sheets(name: str, table: pl.DataFrame, quarter: str) -> Iterator[Sheet]:
    cells = round_numbers(table).with_columns(pl.col(pl.Boolean).cast(pl.String))
    headings = tuple(_build_heading(cells[column]) for column in cells.columns)
    for number, start in enumerate(range(0, max(cells.height, 1), _MAX_ROWS), 1):
        yield ListSheet(
            name=name if number == 1 else f"{name} {number}",
            title=f"{name}  {quarter}",
            note=_("与 {name}.csv 的行、列相同；代码的意思见“说明”表。").format(name=name),
            headings=headings,
            rows=tuple(cells.slice(start, _MAX_ROWS).rows()),
            locked=False,
            fit_width=False,
        )
    yield TextSheet(_("说明"), f"{name}  {quarter}", tuple(_explain_codes(table.columns)))


def _explain_codes(columns: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the codes of each column that has some, in words."""
    codes = {
        "status": list_status_labels(),
        "verdict": list_labels("verdict"),
        "decision": list_labels("decision"),
        "relation": list_labels("relation"),
        "kind": list_labels("kind"),
        "case_state": list_labels("case_state"),
    }
    for column in filter(codes.__contains__, columns):
        yield column, ""
        yield from codes[column].items()
    yield _("各列的含义"), "docs/outputs.md"


def _build_heading(column: pl.Series) -> Heading:
    wide = measure_column(column, _SAMPLE)
    width = min(_WIDEST, max(_NARROWEST, wide + 2, len(column.name) + 2))
    style = "number" if column.dtype.is_numeric() else "line"
    return Heading(column.name, column.name, width, style)
