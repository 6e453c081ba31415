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

from gapmatch.spark.cluster import Cluster, Piece, Task


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


@contextmanager
def here_engine(master: str, folder: Path, settings: Any) -> Iterator[Any]:
    """Stand in for ``spark_engine``."""
    from gapmatch.spark.spark_engine import SparkEngine

    yield SparkEngine(HereCluster(folder=folder), settings)
