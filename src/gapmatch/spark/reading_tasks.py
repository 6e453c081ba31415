"""Reading in tasks: files by number, rows of the same contents, code or unit by hash.

A row's ``n`` is its number among the rows of all files.
"""

import pickle
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

import polars as pl

from gapmatch.errors import InputError
from gapmatch.gate.content import build_lines, digest_files
from gapmatch.i18n import use_language
from gapmatch.read import ReadFile, Side, SourceFile, read_file
from gapmatch.read.assemble import (
    complete_rows,
    count_by_file,
    fold,
    report_conflicts,
    settle_columns,
)
from gapmatch.read.defects import build_defects
from gapmatch.read.header_words import Aliases
from gapmatch.read.lines import count_line_cells, settle_lines
from gapmatch.read.read_model import Finding
from gapmatch.read.row_checks import (
    find_repeated_rows,
    find_shared_codes,
    hash_contents,
    mark_duplicates,
    report_missing_codes,
    report_shared_codes,
    select_codes,
    select_uncoded,
)
from gapmatch.read.rows_of_units import RowsOfUnits, build_unit, count_rows_of_units
from gapmatch.read.source_names import SOURCE
from gapmatch.spark.bucket_tasks import ELSEWHERE, Frames
from gapmatch.spark.cluster import Piece, spread

if TYPE_CHECKING:
    from pyspark import Broadcast

SAMPLE_ROWS = 64
"""Rows of a slice that stand for it if a sample is enough."""
PLACES = ("county", "division_code")
"""Columns of few values that are counted."""
Findings = Mapping[str, Sequence[Finding]]
"""By file."""


@dataclass(frozen=True)
class ReadFiles:
    """The number of a file → its rows, and what was read, or what is wrong with it."""

    side: Side
    files: "Broadcast[list[SourceFile]]"
    aliases: "Broadcast[Aliases]"
    language: str

    def __call__(self, bucket: int, frames: Frames) -> Iterable[Piece]:
        """Return ``file_rows``, ``findings``, ``cells``, ``sources`` and ``read``.

        ``read``: a pickled ``ReadFile`` without rows, or ``InputError``, for ``unpack_files``.
        """
        with use_language(self.language):
            result: ReadFile | InputError
            try:
                result = read_file(self.side, self.files.value[bucket], self.aliases.value)
            except InputError as error:
                result = error
        if isinstance(result, ReadFile):
            rows = result.rows
            yield Piece(bucket, "file_rows", rows)
            yield _pack_findings(bucket, {result.report.name: result.findings})
            yield Piece(ELSEWHERE, "cells", count_line_cells(rows))
            first = pl.all().drop_nulls().first()
            sources = rows.group_by(SOURCE, maintain_order=True).agg(first)
            result = replace(result, rows=sources.select(rows.columns), findings=())
        yield Piece(ELSEWHERE, "read", _pack(bucket, result))


def _pack(number: int, value: object) -> pl.DataFrame:
    packed = pl.Series("packed", [pickle.dumps(value)], dtype=pl.Binary)
    return pl.DataFrame({"number": [number], "packed": packed})


def _pack_findings(bucket: int, findings: Findings, tag: str = "findings") -> Piece:
    return Piece(bucket, tag, _pack(bucket, dict(findings)))


def unpack_files(read: pl.DataFrame, files: Sequence[SourceFile]) -> list[ReadFile]:
    """Return what was read, in the order of ``files``, by the paths that were given.

    Instead of its rows a file has one for each sheet, with the first value of each column. Raises
    what was wrong with the first file that failed.
    """
    results = [pickle.loads(packed) for packed in read.sort("number")["packed"]]
    for result, file in zip(results, files, strict=True):
        if isinstance(result, InputError):
            raise _restore_path(result, file)
    return [
        replace(result, report=replace(result.report, path=file.path))
        for result, file in zip(results, files, strict=True)
    ]


def _restore_path(error: InputError, file: SourceFile) -> InputError:
    """Return what a worker found wrong with a file, which it knows by its facts path."""
    absolute, given = str(file.path.absolute()), str(file.path)
    message, remedy = (text.replace(absolute, given) for text in (error.message, error.remedy))
    return InputError(message, remedy, file=file.path, row=error.row, column=error.column)


@dataclass(frozen=True)
class SourceFacts:
    """Properties of all files of a source.

    ``names``, ``first``: of each file, and the number of its first row; ``columns``: a frame
    without rows; ``named``: by sheet, what the names of sheets and files say of their rows;
    ``counted``: insurance lines of which a column holds counts; ``size``: rows of a slice;
    ``buckets``: for hashes.
    """

    side: Side
    names: tuple[str, ...]
    first: tuple[int, ...]
    columns: pl.DataFrame
    named: pl.DataFrame
    counted: frozenset[str]
    size: int
    buckets: int

    def arrange(self, number: int, rows: pl.DataFrame) -> pl.DataFrame:
        """Return the rows of a file with the columns of all, numbered."""
        every = pl.concat([self.columns, rows], how="diagonal").with_row_index(
            "n", self.first[number]
        )
        if self.named.width == len(SOURCE):
            return every
        file_columns = every.drop(*self.named.drop(*SOURCE).columns, strict=False)
        return file_columns.join(
            self.named, on=SOURCE, how="left", nulls_equal=True, maintain_order="left"
        )

    def find_file(self) -> pl.Expr:
        """Return the number of each row's file."""
        numbers = list(range(len(self.names)))
        return pl.col("source_file").replace_strict(list(self.names), numbers)

    def send_rows(self, marked: pl.DataFrame) -> Iterable[Piece]:
        """Yield rows to their slices, and what is asked of them elsewhere.

        ``rows``; ``uncoded`` to their files; ``codes`` by hash; and for the driver ``sample``,
        ``present`` (a value of each column), ``places`` and ``row_counts``.
        """
        rows = settle_columns(marked, self.side)
        yield from spread(select_uncoded(rows), self.find_file(), "uncoded")
        codes = select_codes(rows)
        yield from spread(codes, pl.struct("kind", "code").hash() % self.buckets, "codes")
        yield from self.send_slices(complete_rows(rows, self.side), rows["n"])

    def send_slices(self, known: pl.DataFrame, n: pl.Series) -> Iterable[Piece]:
        """Yield the rows of a side with their numbers to their slices, and what they come to."""
        yield from spread(known.with_columns(n), pl.col("n") // self.size, "rows")
        step = max(1, self.size // SAMPLE_ROWS)
        yield Piece(ELSEWHERE, "sample", known.gather_every(step))
        present = known.select(pl.all().drop_nulls().first()).head(known.height)
        yield Piece(ELSEWHERE, "present", present)
        yield from (count_values(known, column) for column in PLACES if column in known.columns)
        yield count_rows("row_counts", count_by_file(known))


@dataclass(frozen=True)
class CountValues:
    """A slice of rows → how often each text of a column occurs."""

    column: str

    def __call__(self, bucket: int, frames: Frames) -> Iterable[Piece]:
        """Return ``places``."""
        yield count_values(frames["rows"], self.column)


def count_values(rows: pl.DataFrame, column: str) -> Piece:
    """Return how often each text of a column occurs."""
    texts = rows.select(pl.lit(column).alias("column"), pl.col(column).alias("value"))
    counts = texts.drop_nulls("value").group_by("column", "value").len("count")
    return Piece(ELSEWHERE, "places", counts)


def count_rows(tag: str, by_file: Mapping[str, int]) -> Piece:
    """Return a number of rows by file."""
    schema = {"source_file": pl.String, "rows": pl.Int64}
    return Piece(ELSEWHERE, tag, pl.DataFrame(list(by_file.items()), schema=schema, orient="row"))


@dataclass(frozen=True)
class HashContents:
    """The rows of a file → a hash of their contents."""

    source: "Broadcast[SourceFacts]"

    def __call__(self, bucket: int, frames: Frames) -> Iterable[Piece]:
        """Return ``hashes``."""
        source = self.source.value
        hashed = hash_contents(source.arrange(bucket, frames["file_rows"]))
        yield from spread(hashed, pl.col("contents") % source.buckets, "hashes")


@dataclass(frozen=True)
class FindRepeats:
    """All hashes that are alike → the rows that repeat an earlier one, to their files."""

    source: "Broadcast[SourceFacts]"

    def __call__(self, bucket: int, frames: Frames) -> Iterable[Piece]:
        """Return ``repeats``, and ``repeat_counts`` by file."""
        repeats = find_repeated_rows(frames["hashes"].sort("n"))
        yield from spread(repeats, self.source.value.find_file(), "repeats")
        yield count_rows("repeat_counts", count_by_file(repeats))


@dataclass(frozen=True)
class MarkRows:
    """The rows of a file and its repeats → rows in slices; those of units by unit."""

    source: "Broadcast[SourceFacts]"
    no_repeats: "Broadcast[pl.DataFrame]"

    def __call__(self, bucket: int, frames: Frames) -> Iterable[Piece]:
        """Return what ``send_rows`` does, or ``of_units``; and ``repeat_findings``."""
        source = self.source.value
        found: dict[str, list[Finding]] = defaultdict(list)
        rows = source.arrange(bucket, frames["file_rows"])
        marked = mark_duplicates(rows, frames.get("repeats", self.no_repeats.value), found)
        yield _pack_findings(bucket, found, "repeat_findings")
        if source.side is Side.ENROLLMENT:
            settled = settle_lines(marked, source.counted)
            yield from spread(settled, build_unit(settled).hash() % source.buckets, "of_units")
        else:
            yield from source.send_rows(marked)


@dataclass(frozen=True)
class CountUnits:
    """All rows of some units → how many there are, and with how many rows."""

    def __call__(self, bucket: int, frames: Frames) -> Iterable[Piece]:
        """Return ``unit_counts``."""
        once = frames["of_units"].filter(~pl.col("is_duplicate"))
        yield Piece(ELSEWHERE, "unit_counts", count_rows_of_units(once.sort("n")))


@dataclass(frozen=True)
class FoldUnits:
    """All rows of some units → a row each, in slices."""

    source: "Broadcast[SourceFacts]"
    of_list: RowsOfUnits

    def __call__(self, bucket: int, frames: Frames) -> Iterable[Piece]:
        """Return what ``send_rows`` does, ``conflicts`` by file, ``folded`` and ``first_unit``."""
        folded = fold(frames["of_units"].sort("n"), self.of_list)
        yield from spread(folded.conflicts, self.source.value.find_file(), "conflicts")
        yield count_rows("folded", folded.counts)
        yield Piece(ELSEWHERE, "first_unit", folded.rows.select("n", "source_file").head(1))
        yield from self.source.value.send_rows(folded.rows)


@dataclass(frozen=True)
class FindSharedCodes:
    """All rows with some codes → those that share one, to their files."""

    source: "Broadcast[SourceFacts]"

    def __call__(self, bucket: int, frames: Frames) -> Iterable[Piece]:
        """Return ``shared``."""
        shared = find_shared_codes(frames["codes"].sort("n"))
        yield from spread(shared, self.source.value.find_file(), "shared")


@dataclass(frozen=True)
class BuildDefects:
    """All findings on a file → its DEFECTS, in the order in which one machine finds them."""

    source: "Broadcast[SourceFacts]"
    of_units: Findings
    of_columns: Findings
    language: str

    def __call__(self, bucket: int, frames: Frames) -> Iterable[Piece]:
        """Return ``defects``."""
        name = self.source.value.names[bucket]
        found: dict[str, list[Finding]] = defaultdict(list)
        for tag in ("findings", "repeat_findings"):
            for packed in frames[tag]["packed"]:
                found[name] += pickle.loads(packed).get(name, ())
        if "conflicts" in frames:
            report_conflicts(frames["conflicts"].sort("n"), found)
        found[name] += self.of_units.get(name, ())
        if "uncoded" in frames:
            report_missing_codes(frames["uncoded"].sort("n"), found)
        if "shared" in frames:
            report_shared_codes(frames["shared"], found)
        found[name] += self.of_columns.get(name, ())
        defects = build_defects(self.source.value.side, name, found[name], self.language)
        yield Piece(ELSEWHERE, "defects", defects.with_columns(file_number=pl.lit(bucket)))


@dataclass(frozen=True)
class SendLines:
    """A slice of rows → what counts of each row, to its file."""

    buckets: int

    def __call__(self, bucket: int, frames: Frames) -> Iterable[Piece]:
        """Return ``lines``."""
        by_file = pl.col("source_file").hash() % self.buckets
        yield from spread(build_lines(frames["rows"]), by_file, "lines")


@dataclass(frozen=True)
class DigestFiles:
    """All lines of some files → the digest of each."""

    def __call__(self, bucket: int, frames: Frames) -> Iterable[Piece]:
        """Return ``digests``: source_file, digest, rows, has_amounts."""
        digests = digest_files(frames["lines"])
        summary = [{"source_file": file, **asdict(digest)} for file, digest in digests.items()]
        yield Piece(ELSEWHERE, "digests", pl.DataFrame(summary))
