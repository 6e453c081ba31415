"""The tables as files: one CSV each; a long one as Parquet, with a CSV for every county.

Office programs cut a file after 1,048,576 lines without a word, and need minutes for a third of
them; a county's part opens everywhere, and the whole is for programs.
"""

from pathlib import Path

import polars as pl

from gapmatch.forms.file_names import make_county_stems
from gapmatch.private_files import make_private_file, make_private_folder, write_private_file
from gapmatch.results.run_results import PublishInput
from gapmatch.results.tables import (
    FIRM_TABLES,
    build_defects_table,
    encode_csv,
    round_numbers,
)
from gapmatch.settings.load import RunSettings


def write_tables(results: PublishInput, folder: Path) -> None:
    """Write ``links``, ``gaps`` and ``targets`` into ``folder``, and ``defects.csv``.

    ``defects.csv`` is one file whatever its length: it has no county, and messages point at it.
    """
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
