"""Doubts about single files: exports cut off, and numbers beyond all reason."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from gapmatch.gate.findings import STOP, WARNING, GateFinding, Value
from gapmatch.settings.gate_thresholds import GateSettings

_SHEET_ROWS = (65_536, 1_048_576)
"""Rows of a sheet in XLS and in XLSX: a list that fills one goes on elsewhere."""
_ROUND = (
    *(1_000, 2_000, 3_000, 5_000, 10_000, 20_000, 30_000, 50_000, 60_000, 65_000, 65_535),
    *(100_000, 200_000, 500_000, 1_000_000, 1_048_575),
)
"""Numbers at which web pages and database clients cut exports."""


@dataclass(frozen=True)
class FileLength:
    """A sheet of a file: its rows from the first line to the last, its data rows, hidden ones."""

    side: str
    file: str
    sheet_rows: int
    data_rows: int
    hidden_rows: int = 0


def find_export_limits(lengths: list[FileLength]) -> Iterator[GateFinding]:
    """Find files that end where programs stop: at a sheet's last row, or at a round number."""
    for length in lengths:
        values: dict[str, Value] = {
            "side": length.side,
            "file": length.file,
            "rows": length.data_rows,
        }
        if length.sheet_rows in _SHEET_ROWS:
            yield GateFinding("sheet_full", STOP, values | {"rows": length.sheet_rows})
        elif length.data_rows in _ROUND:
            yield GateFinding("rows_at_limit", WARNING, values)


def find_hidden_rows(lengths: list[FileLength]) -> Iterator[GateFinding]:
    """Find files of which rows are hidden or filtered out: they were read, nobody saw them."""
    for side, file in dict.fromkeys((length.side, length.file) for length in lengths):
        own = [length for length in lengths if (length.side, length.file) == (side, file)]
        if hidden := sum(length.hidden_rows for length in own):
            rows = sum(length.data_rows for length in own)
            values: dict[str, Value] = {"side": side, "file": file, "hidden": hidden, "rows": rows}
            yield GateFinding("rows_hidden", WARNING, values)


@dataclass(frozen=True)
class FileColumns:
    """What a file of a source has: column to the header that it stands under."""

    side: str
    file: str
    headers: Mapping[str, str]


def find_missing_columns(files: Sequence[FileColumns]) -> Iterator[GateFinding]:
    """Find files that lack columns which at least half of the files of their source have."""
    for side in dict.fromkeys(file.side for file in files):
        own = [file for file in files if file.side == side]
        counts = Counter(column for file in own for column in file.headers)
        headers = {c: header for file in reversed(own) for c, header in file.headers.items()}
        expected = [column for column, count in counts.items() if 2 * count >= len(own)]
        lacking: dict[tuple[str, ...], list[str]] = {}
        for file in own:
            missing = tuple(headers[c] for c in expected if c not in file.headers)
            lacking.setdefault(missing, []).append(file.file)
        for missing, names in lacking.items():
            if missing:
                values: dict[str, Value] = {"side": side, "files": names, "columns": missing}
                yield GateFinding("columns_missing", WARNING, values)


def find_repeated_units(
    file: str, rows: int, repeated: int, gate: GateSettings
) -> Iterator[GateFinding]:
    """Find a list whose rows often repeat units, without month or line: two quarters in one."""
    if rows >= gate.min_firms and repeated > gate.max_repeated_share * rows:
        values: dict[str, Value] = {"file": file, "rows": rows, "repeated": repeated}
        yield GateFinding("units_listed_twice", STOP, values)


def find_fields_behind_header(defects: pl.DataFrame) -> Iterator[GateFinding]:
    """Find lists whose rows go on behind the last header: the columns may be out of place."""
    for kind, code, severity in (
        ("columns_may_be_shifted", "columns_shifted", STOP),
        ("column_without_header", "fields_behind_header", WARNING),
    ):
        behind = defects.filter(pl.col("kind") == kind)
        files = behind.group_by("source_file").agg(pl.col("count").sum()).sort("source_file")
        for file, count in files.iter_rows():
            yield GateFinding(code, severity, {"file": str(file), "rows": int(count)})


def find_stated_statuses(defects: pl.DataFrame) -> Iterator[GateFinding]:
    """Find rows whose status stands in a title, a sheet's or a file's name: one may be wrong."""
    stated = defects.filter(pl.col("kind") == "status_stated")
    words = stated.group_by("source_file", "value").agg(pl.col("count").sum())
    for file, word, count in words.sort("source_file", "value").iter_rows():
        values: dict[str, Value] = {"file": str(file), "status": str(word), "count": int(count)}
        yield GateFinding("statuses_stated", WARNING, values)


_DOUBTS = {
    "absurd_number": "absurd_values",
    "column_unread": "columns_unread",
    "mark_not_believed": "marks_not_believed",
    "mark_contradicts": "marks_contradict",
    "mark_ignored": "marks_ignored",
    "status_unread": "statuses_unread",
}
"""Kinds of defects that an official is to see though nothing stops."""


def find_doubtful_columns(defects: pl.DataFrame) -> Iterator[GateFinding]:
    """Find columns with numbers that no firm can have, unread ones, and marks that contradict.

    ``defects``: DEFECTS of all lists.
    """
    doubtful = defects.with_columns(
        code=pl.col("kind").replace_strict(_DOUBTS, default=None, return_dtype=pl.String)
    ).drop_nulls("code")
    columns = doubtful.group_by("code", "source_file", "column", "side").agg(
        pl.col("count").sum(), pl.col("source_row").min()
    )
    for code, file, header, side, count, row in columns.sort(pl.all()).iter_rows():
        values: dict[str, Value] = {"file": str(file), "header": str(header), "count": int(count)}
        values |= {"table": str(side)} if code == "statuses_unread" else {"row": row or 0}
        yield GateFinding(str(code), WARNING, values)
