"""A cluster of nobody but this process: every task runs as a worker would run it, without Spark and Java."""

import io
import pickle
import random
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from gapmatch.pipeline import Rows
from gapmatch.read import Extract, FileReport, Side
from gapmatch.spark.bucket_tasks import Frames
from gapmatch.spark.cluster import Cluster, Piece, Task
from gapmatch.spark.cluster_reading import ClusterExtract, ClusterRows
from gapmatch.spark.reading_tasks import SourceFacts


@dataclass(frozen=True)
class Shared:
    """What the driver gave to every worker."""

    value: Any


class HereContext:
    """Stands for a Spark context and its session."""

    @property
    def sparkContext(self) -> "HereContext":  # noqa: N802 - Spark's own name
        return self

    def broadcast(self, value: Any) -> Shared:
        return Shared(value)


@dataclass(frozen=True)
class HereParts:
    """Pieces in memory."""

    pieces: tuple[Piece, ...]

    def only(self, *tags: str) -> "HereParts":
        return HereParts(tuple(p for p in self.pieces if p.tag in tags))


@dataclass(frozen=True)
class HereCluster(Cluster):
    """Tasks and frames travel as bytes, and pieces come in no certain order, as they do on Spark."""

    session: HereContext = field(default_factory=HereContext)
    folder: Path = Path()
    tasks: int = 3

    def place(self, step: str, pieces: Iterable[Piece]) -> HereParts:
        return HereParts(tuple(pieces))

    def run_step(self, step: str, task: Task, *parts: HereParts) -> HereParts:
        given = [piece for part in parts for piece in part.pieces]
        random.Random(step).shuffle(given)
        buckets: dict[int, dict[str, list[pl.DataFrame]]] = {}
        for piece in given:
            found = buckets.setdefault(piece.bucket, {})
            found.setdefault(piece.tag, []).append(_travelled(piece.frame))
        sent = pickle.loads(pickle.dumps(task))
        return HereParts(
            tuple(
                piece
                for bucket, tags in buckets.items()
                for piece in sent(bucket, {tag: pl.concat(f) for tag, f in tags.items()})
            )
        )

    def collect(self, parts: HereParts, tag: str) -> pl.DataFrame | None:
        frames = [_travelled(piece.frame) for piece in parts.only(tag).pieces]
        return pl.concat(frames) if frames else None

    def forget_step(self, step: str) -> None:
        """Nothing was kept."""


def _travelled(frame: pl.DataFrame) -> pl.DataFrame:
    target = io.BytesIO()
    frame.write_ipc_stream(target)
    return pl.read_ipc_stream(target.getvalue())


@dataclass(frozen=True)
class SendRows:
    """Rows as read → rows in slices, and what the driver is told of them."""

    source: SourceFacts

    def __call__(self, bucket: int, frames: Frames) -> Iterable[Piece]:
        rows = frames["read"]
        return self.source.send_slices(rows.drop("n"), rows["n"])


def place_extracts(cluster: Cluster, rows: Rows, size: int) -> list[ClusterExtract]:
    """Return rows as extracts that lie on a cluster in slices of ``size`` rows."""
    sides = {Side.TAX: rows.tax, Side.ENROLLMENT: rows.enrollment}
    return [_place_extract(cluster, side, frame, size) for side, frame in sides.items()]


def _place_extract(cluster: Cluster, side: Side, rows: pl.DataFrame, size: int) -> ClusterExtract:
    none = rows.clear()
    source = SourceFacts(side, (), (), none, none, frozenset(), size, cluster.tasks)
    given = cluster.place(f"rows-{side}", [Piece(0, "read", rows.with_row_index("n"))])
    sent = cluster.run_step(f"sent-{side}", SendRows(source), given)
    report = FileReport(Path(), "", "", 0, "", (), {}, rows_out=rows.height)
    extract = Extract(side, none, none, (report,))
    return ClusterExtract(ClusterRows(cluster, side, sent.only("rows"), sent), extract)


@contextmanager
def here_engine(master: str, folder: Path, settings: Any) -> Iterator[Any]:
    """Stand in for ``spark_engine``."""
    from gapmatch.spark.spark_engine import SparkEngine

    yield SparkEngine(HereCluster(folder=folder), settings)
