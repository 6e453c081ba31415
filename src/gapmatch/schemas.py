"""The frames that stages hand to each other, as ``config/frames.csv`` describes their columns.

A newcomer reads that file after ``pipeline.py``. Two integer keys run through all frames: ``firm``
numbers the rows of the tax list, ``unit`` the enrolled units; both are given in the order of the
rows' *contents*, so they do not depend on the order in which an extract happens to list them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

import polars as pl
from polars.datatypes import DataTypeClass

from gapmatch.resources import read_csv_rows

DataType = pl.DataType | DataTypeClass


@dataclass(frozen=True)
class Column:
    """One column: its polars type and what it means, with the unit of a number."""

    dtype: DataType
    meaning: str
    kind: str = ""
    """Its type in ``config/frames.csv``, by which lists are read."""


@dataclass(frozen=True)
class Table:
    """The columns that a frame guarantees; a stage may add columns, never omit one."""

    name: str
    meaning: str
    columns: Mapping[str, Column]

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    @property
    def schema(self) -> pl.Schema:
        """The polars schema of the promised columns."""
        return pl.Schema({name: column.dtype for name, column in self.columns.items()})

    def empty(self) -> pl.DataFrame:
        """Return a frame of this shape with no rows."""
        return pl.DataFrame(schema=self.schema)

    def complete(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return ``frame`` with missing columns as nulls, types cast, guaranteed columns first."""
        promised = [
            (pl.col(name) if name in frame.columns else pl.lit(None)).cast(column.dtype).alias(name)
            for name, column in self.columns.items()
        ]
        return frame.select(*promised, *(c for c in frame.columns if c not in self.columns))

    def check(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return ``frame``; raise ``TypeError`` (a bug) if a column is missing or mistyped."""
        schema = frame.schema
        wrong = [
            f"{name}: {schema.get(name)} instead of {column.dtype}"
            for name, column in self.columns.items()
            if schema.get(name) != column.dtype
        ]
        if wrong:
            raise TypeError(f"{self.name} breaks its promise: {'; '.join(wrong)}")
        return frame


LINES = ("pension", "unemployment", "injury")
"""The insurance lines whose coverage is judged, in the order in which they are listed."""
INSURED_COLUMNS = tuple(f"{line}_insured" for line in LINES)
"""Columns of the persons insured in each line."""

CODES = ("credit_code", "taxpayer_code", "org_code", "registration_no")
"""Columns that may hold codes; of equals, the first counts."""

UNKNOWN_COUNTY = "未知"
"""County name of rows whose county no one knows: a county of its own, never lost."""

ALIAS_PARTS = (
    *("clean_name", "trade_name", "trade_industry", "standard_name", "core", "bare_name"),
    *("region_code", "branch", "parent_core", "form_class", "numbers", "sound", "shape"),
    *("name_town", "institution"),
)
"""Parts of a name that the linkage compares."""

_STATUS_ROWS = sorted(read_csv_rows("firm_statuses.csv"), key=lambda row: int(row["number"]))
STATUSES = tuple(row["code"] for row in _STATUS_ROWS)


def select_statuses(*groups: str) -> tuple[str, ...]:
    """Return the statuses of some groups of ``config/firm_statuses.csv``."""
    return tuple(row["code"] for row in _STATUS_ROWS if row["group"] in groups)


LINKED_STATUSES = select_statuses("unit")
"""Statuses of a firm with a unit of its own."""
INSURED_STATUSES = select_statuses("unit", "parent")
"""Statuses of a firm that is found among the enrolled units."""


def map_statuses(column: str) -> dict[str, str]:
    """Return status to what a column of ``config/firm_statuses.csv`` has for it, if anything."""
    return {row["code"]: row[column] for row in _STATUS_ROWS if row[column]}


_TYPES: Mapping[str, DataType] = {
    "text": pl.String,
    "month": pl.String,
    "integer": pl.Int64,
    "persons": pl.Int64,
    "months": pl.Int64,
    "yuan": pl.Float64,
    "number": pl.Float64,
    "key": pl.UInt32,
    "flag": pl.Boolean,
    "date": pl.Date,
    "texts": pl.List(pl.String),
    "status": pl.Enum(STATUSES),
    "name_parts": pl.List(pl.Struct({name: pl.String() for name in ALIAS_PARTS})),
    "codes": pl.List(
        pl.Struct(
            {
                **{"code_text": pl.String(), "uscc": pl.String(), "uscc_valid": pl.Boolean()},
                **{"organisation": pl.String(), "organisation_valid": pl.Boolean()},
                "is_reading": pl.Boolean(),
            }
        )
    ),
}


@cache
def load_tables() -> dict[str, Table]:
    """Return the frames of ``config/frames.csv`` by name, in the order of the file."""
    meanings: dict[str, str] = {}
    columns: dict[str, dict[str, Column]] = {}
    for row in read_csv_rows("frames.csv"):
        frame, column = columns.setdefault(row["frame"], {}), row["column"]
        if not column:
            meanings[row["frame"]] = row["meaning"]
        elif column.startswith("*"):
            frame |= columns[column[1:]]
        else:
            frame[column] = Column(_TYPES[row["type"]], row["meaning"], row["type"])
    return {name: Table(name, meanings.get(name, ""), columns[name]) for name in columns}


ORIGIN = tuple(load_tables()["origin"])
"""Columns of every list as read that say where a row stands, not what it says."""

TAX_ROWS = load_tables()["TaxRows"]
ENROLLMENT_ROWS = load_tables()["EnrollmentRows"]
REGISTRY_ROWS = load_tables()["RegistryRows"]
DEFECTS = load_tables()["Defects"]
FIRMS = load_tables()["Firms"]
UNITS = load_tables()["Units"]
PAIRS = load_tables()["Pairs"]
LINKS = load_tables()["Links"]
GAPS = load_tables()["Gaps"]
TARGETS = load_tables()["Targets"]
