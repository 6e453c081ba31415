"""Reading on a cluster: the steps of ``read.assemble`` on files and rows in buckets."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from gapmatch.errors import InputError
from gapmatch.gate.content import ContentDigests
from gapmatch.i18n import get_language
from gapmatch.read import (
    Extract,
    ReadFile,
    Side,
    SourceFile,
    find_unread_files,
    list_files,
    load_aliases,
)
from gapmatch.read.assemble import (
    RowCounts,
    complete_reports,
    list_lost_sheets,
    refuse_no_rows,
    report_folding,
)
from gapmatch.read.lines import find_counted_lines, infer_lines
from gapmatch.read.months import infer_months
from gapmatch.read.read_model import Finding
from gapmatch.read.row_checks import find_repeated_rows, hash_contents, report_missing_columns
from gapmatch.read.rows_of_units import RowsOfUnits
from gapmatch.read.source_names import SOURCE
from gapmatch.schemas import DEFECTS
from gapmatch.settings.load import Settings
from gapmatch.spark import reading_tasks as tasks
from gapmatch.spark.cluster import Cluster, Piece, Pieces, Task

if TYPE_CHECKING:
    from pyspark import Broadcast

_NAMED = ("line", "last_paid_month")
"""What the names of sheets and files may say of an enrollment list's rows."""


@dataclass(frozen=True)
class ClusterRows:
    """Rows of a side on a cluster, in slices with their ``n``; ``summary``: of ``send_rows``."""

    cluster: Cluster
    side: Side
    slices: Pieces
    summary: Pieces

    @cached_property
    def height(self) -> int:
        """Return the number of rows."""
        return int(self.cluster.get(self.summary, "row_counts")["rows"].sum())

    @cached_property
    def sample(self) -> pl.DataFrame:
        """Return a row of every so many."""
        return self.cluster.get(self.summary, "sample")

    @cached_property
    def present(self) -> pl.DataFrame:
        """Return rows with a value in each column that has any."""
        return self.cluster.get(self.summary, "present")

    def count_values(self, column: str) -> pl.DataFrame:
        """Return ``value`` and ``count`` of the texts of a column."""
        if column not in self.side.table.columns:
            return pl.DataFrame(schema={"value": pl.String, "count": pl.UInt32})
        counted = self.summary
        if column not in tasks.PLACES:
            task = tasks.CountValues(column)
            counted = self.cluster.run_step(f"read-{self.side}-{column}", task, self.slices)
        places = self.cluster.get(counted, "places").filter(pl.col("column") == column)
        return places.group_by("value").agg(pl.col("count").sum())

    def digest_files(self) -> dict[str, ContentDigests]:
        """Return what each file holds, as ``gate.read_contents`` does."""
        send = tasks.SendLines(self.cluster.tasks)
        lines = self.cluster.run_step(f"read-{self.side}-lines", send, self.slices)
        step = self.cluster.run_step(f"read-{self.side}-digests", tasks.DigestFiles(), lines)
        digests = self.cluster.get(step, "digests")
        return {file: ContentDigests(*digest) for file, *digest in digests.iter_rows()}

    def collect(self) -> pl.DataFrame:
        """Bring all rows to this machine, in the order of files and rows."""
        return self.cluster.get(self.slices, "rows").sort("n").drop("n")


class ClusterExtract(Extract):
    """An extract whose rows stay on the cluster until somebody asks for them."""

    def __init__(self, on_cluster: ClusterRows, extract: Extract) -> None:
        """Take all but the rows from ``extract``."""
        self.__dict__.update(vars(extract), on_cluster=on_cluster)
        del self.__dict__["rows"]

    on_cluster: ClusterRows

    @cached_property
    def rows(self) -> pl.DataFrame:
        """All rows, here."""
        return self.on_cluster.collect()


def read_on_cluster(
    cluster: Cluster, side: Side, paths: Sequence[Path], settings: Settings, size: int
) -> ClusterExtract:
    """Read one source, a file a task, and put its rows together; ``size``: rows of a slice."""
    return _SourceReading(cluster, side, settings, size).read(paths)


@dataclass(frozen=True)
class _SourceReading:
    cluster: Cluster
    side: Side
    settings: Settings
    size: int

    def read(self, paths: Sequence[Path]) -> ClusterExtract:
        files = list_files(paths, self.settings.read)
        pieces, read = self._read_files(files)
        reports = [f.report for f in read]
        refuse_no_rows(reports)
        facts = self._describe_source(read, self.cluster.get(pieces, "cells"))
        source = self._share(facts)
        rows = pieces.only("file_rows")
        hashed = self._run_step("hashes", tasks.HashContents(source), rows)
        repeated = self._run_step("repeats", tasks.FindRepeats(source), hashed)
        none = find_repeated_rows(hash_contents(facts.arrange(0, read[0].rows.clear())))
        mark = tasks.MarkRows(source, self._share(none))
        marked = self._run_step("marked", mark, rows, repeated.only("repeats"))
        sent, folded, of_units = self._fold_units(source, marked)
        out, repeats = (
            self._count_rows(sent, "row_counts"),
            self._count_rows(repeated, "repeat_counts"),
        )
        shared = self._run_step("shared", tasks.FindSharedCodes(source), sent.only("codes"))
        of_columns: dict[str, list[Finding]] = {r.name: [] for r in reports}
        report_missing_columns(read, of_columns, self.settings.language)
        write = tasks.BuildDefects(source, of_units, of_columns, self.settings.language)
        findings = [
            pieces.only("findings"),
            marked.only("repeat_findings"),
            sent.only("conflicts", "uncoded"),
            shared.only("shared"),
        ]
        defects = self.cluster.get(self._run_step("defects", write, *findings), "defects")
        complete = complete_reports(reports, RowCounts(out, repeats, folded))
        extract = Extract(
            self.side,
            self.side.table.empty(),
            DEFECTS.check(defects.sort("file_number", maintain_order=True).drop("file_number")),
            complete,
            {**list_lost_sheets(complete), **find_unread_files(paths)},
        )
        on_cluster = ClusterRows(self.cluster, self.side, sent.only("rows"), sent)
        return ClusterExtract(on_cluster, extract)

    def _read_files(self, files: list[SourceFile]) -> tuple[Pieces, list[ReadFile]]:
        aliases = load_aliases(self.side, self.settings.columns.get(str(self.side), {}))
        numbers = [Piece(n, "file", pl.DataFrame({"file": [n]})) for n in range(len(files))]
        given = self.cluster.place(f"read-{self.side}-files", numbers)
        elsewhere = [replace(f, path=f.path.absolute()) for f in files]
        language = get_language()
        task = tasks.ReadFiles(self.side, self._share(elsewhere), self._share(aliases), language)
        pieces = self.cluster.run_step(f"read-{self.side}", task, given)
        try:
            return pieces, tasks.unpack_files(self.cluster.get(pieces, "read"), files)
        except InputError:
            # What was wrong may lie with the machine that read: the next run looks again.
            self.cluster.forget_step(f"read-{self.side}")
            raise

    def _describe_source(self, read: Sequence[ReadFile], cells: pl.DataFrame) -> tasks.SourceFacts:
        sheets = pl.concat([f.rows for f in read], how="diagonal")
        named = infer_months(infer_lines(sheets)) if self.side is Side.ENROLLMENT else sheets
        inferred = [c for c in _NAMED if _count_missing(named, c) < _count_missing(sheets, c)]
        rows = [f.report.rows_in - f.report.refused for f in read]
        return tasks.SourceFacts(
            self.side,
            tuple(f.report.name for f in read),
            tuple(sum(rows[:number]) for number in range(len(rows))),
            sheets.clear(),
            named.select(*SOURCE, *inferred).unique(maintain_order=True),
            find_counted_lines(cells),
            self.size,
            self.cluster.tasks,
        )

    def _fold_units(
        self, source: "Broadcast[tasks.SourceFacts]", marked: Pieces
    ) -> tuple[Pieces, dict[str, int], dict[str, list[Finding]]]:
        """Return what ``send_rows`` sent, folded rows by file, and findings that follow."""
        if self.side is not Side.ENROLLMENT:
            return marked, {}, {}
        of_units = marked.only("of_units")
        counted = self._run_step("units-counted", tasks.CountUnits(), of_units)
        counts = self.cluster.get(counted, "unit_counts")
        of_list = RowsOfUnits.from_counts(counts)
        sent = self._run_step("units", tasks.FoldUnits(source, of_list), of_units)
        folded = self._count_rows(sent, "folded")
        findings: dict[str, list[Finding]] = defaultdict(list)
        first = self.cluster.get(sent, "first_unit").sort("n")["source_file"]
        noted = "" in counts["line"]
        report_folding(folded if noted else {}, first[0] if of_list.unclear else None, findings)
        return sent, folded, findings

    def _count_rows(self, parts: Pieces, tag: str) -> dict[str, int]:
        counts = self.cluster.get(parts, tag).group_by("source_file").agg(pl.col("rows").sum())
        return dict(counts.rows())

    @property
    def _share(self) -> "Callable[[object], Broadcast[Any]]":
        share: Callable[[object], Broadcast[Any]] = self.cluster.session.sparkContext.broadcast
        return share

    def _run_step(self, name: str, task: Task, *parts: Pieces) -> Pieces:
        return self.cluster.run_step(f"read-{self.side}-{name}", task, *parts)


def _count_missing(rows: pl.DataFrame, column: str) -> int:
    return rows[column].null_count() if column in rows.columns else rows.height
