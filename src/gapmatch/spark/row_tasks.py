"""Reading and standardising in tasks: a file, or a slice of rows, at a time."""

import pickle
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import polars as pl

from gapmatch.errors import InputError
from gapmatch.i18n import use_language
from gapmatch.read import ReadFile, Side, SourceFile, read_file
from gapmatch.read.headers import Aliases
from gapmatch.schemas import FIRMS, UNITS
from gapmatch.spark.cluster import Piece, spread
from gapmatch.spark.linkage_tasks import ELSEWHERE, Frames, Sizes
from gapmatch.standardise import (
    Registrations,
    add_aliases,
    build_same_firm_keys,
    clean_firms,
    clean_units,
)

if TYPE_CHECKING:
    from pyspark import Broadcast


@dataclass(frozen=True)
class ReadFiles:
    """The name of a file → what was read of it, or what is wrong with it, for ``unpack_files``."""

    side: Side
    files: "Broadcast[list[SourceFile]]"
    aliases: "Broadcast[Aliases]"
    language: str

    def __call__(self, bucket: int, frames: Frames) -> Iterable[Piece]:
        """Return ``read``: a pickled ``ReadFile`` or ``InputError``."""
        with use_language(self.language):
            result: ReadFile | InputError
            try:
                result = read_file(self.side, self.files.value[bucket], self.aliases.value)
            except InputError as error:
                result = error
        packed = pl.Series("packed", [pickle.dumps(result)], dtype=pl.Binary)
        yield Piece(bucket, "read", pl.DataFrame({"file": [bucket], "packed": packed}))


def unpack_files(read: pl.DataFrame, files: Sequence[SourceFile]) -> list[ReadFile]:
    """Return what was read, in the order of ``files``, by the paths that were given.

    Raises what was wrong with the first that failed.
    """
    found = [pickle.loads(packed) for packed in read.sort("file")["packed"]]
    for result, file in zip(found, files, strict=True):
        if isinstance(result, InputError):
            raise _restore_path(result, file)
    return [
        replace(result, report=replace(result.report, path=file.path))
        for result, file in zip(found, files, strict=True)
    ]


def _restore_path(error: InputError, file: SourceFile) -> InputError:
    """Return what a worker found wrong with a file, which it knows by its whole path."""
    absolute, given = str(file.path.absolute()), str(file.path)
    message, remedy = (text.replace(absolute, given) for text in (error.message, error.remedy))
    return InputError(message, remedy, file=file.path, row=error.row, column=error.column)


@dataclass(frozen=True)
class CleanRows:
    """A slice of read rows → standardised rows, and by what they are numbered."""

    key: str
    home: str | None
    known: "Broadcast[Registrations | None]"

    def __call__(self, bucket: int, frames: Frames) -> Iterable[Piece]:
        """Return ``clean``, ``order`` (row, standard_name, code_text), ``same_firm`` (row, key)."""
        rows = frames["rows"].sort("row")
        read = rows.drop("row")
        if self.key == "firm":
            clean = clean_firms(read, self.known.value, self.home)
        else:
            clean = clean_units(read, self.known.value, self.home)
        numbered = clean.with_columns(rows["row"])
        yield Piece(bucket, "clean", numbered)
        yield Piece(ELSEWHERE, "order", numbered.select("row", "standard_name", "code_text"))
        if self.key == "firm":
            keys = build_same_firm_keys(clean)
            in_list = rows["row"].gather(keys["row"])
            yield Piece(ELSEWHERE, "same_firm", keys.with_columns(in_list.alias("row")))


@dataclass(frozen=True)
class NumberRows:
    """Standardised rows and their numbers → FIRMS or UNITS, to the bucket of their number."""

    key: str
    sizes: Sizes

    def __call__(self, bucket: int, frames: Frames) -> Iterable[Piece]:
        """Return ``firms`` or ``units``; a repeated row lies with the row that it repeats."""
        rows = frames["clean"].join(frames["numbers"], on="row").drop("row").sort(self.key)
        rows = rows.with_columns(pl.col("is_duplicate").fill_null(value=False))
        if self.key == "firm":
            original = pl.coalesce("duplicate_of", "firm") // self.sizes.firm
            yield from spread(FIRMS.complete(rows), original, "firms")
        else:
            units = UNITS.complete(rows.drop("duplicate_of"))
            yield from spread(units, self.sizes.assign_bucket("unit"), "units")


@dataclass(frozen=True)
class AddConfirmedNames:
    """A bucket of firms and the names that people taught → FIRMS that know them."""

    taught: "Broadcast[pl.DataFrame]"
    home: str | None

    def __call__(self, bucket: int, frames: Frames) -> Iterable[Piece]:
        """Return ``firms``."""
        firms = frames["firms"].sort("firm")
        own = self.taught.value.join(firms.select("firm"), on="firm", how="semi")
        yield Piece(bucket, "firms", add_aliases(firms, own, self.home))


IDENTITY = (
    *("code_text", "taxpayer_code", "credit_code", "org_code"),
    *("standard_name", "clean_name", "name", "county_name"),
    *("uscc", "uscc_valid", "organisation", "organisation_valid", "unit_id", "seq"),
    *("duplicate_of", "is_duplicate"),
)
"""Columns by which people's decisions and visits find their firms and units."""


@dataclass(frozen=True)
class Identify:
    """A bucket of firms or units → what identifies them."""

    key: str

    def __call__(self, bucket: int, frames: Frames) -> Iterable[Piece]:
        """Return ``identity``."""
        rows: Mapping[str, pl.DataFrame] = frames
        frame = rows[f"{self.key}s"]
        yield Piece(ELSEWHERE, "identity", frame.select(self.key, *_list_identity_columns(frame)))


def _list_identity_columns(frame: pl.DataFrame) -> list[str]:
    return [c for c in IDENTITY if c in frame.columns]
