"""Frames that lie in pieces on a cluster, and tasks that take pieces to pieces.

A piece is a polars frame with a bucket (which task works on it) and a tag (what it is). Spark sees
it as one row with a binary column, so it moves, sorts and stores pieces, and never looks into a row
of ours: types stay what they are, and every rule is the function that the local engine calls.

Each step is written before the next begins. A run that was stopped finds the steps that it
finished.
"""

import io
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

SCHEMA = "bucket int, piece string, payload binary"
MAX_PIECE_BYTES = 32 * 1024 * 1024
"""Bytes of a piece, about; a larger frame travels as several."""


class Piece(NamedTuple):
    """A frame, what it is, and the bucket that it belongs to."""

    bucket: int
    tag: str
    frame: pl.DataFrame


Task = Callable[[int, Mapping[str, pl.DataFrame]], Iterable[Piece]]
"""From all pieces of a bucket, joined by tag in no certain order, to new pieces."""


@dataclass(frozen=True)
class Pieces:
    """What a step left: pieces by tag, in files that every machine of the cluster can read."""

    frame: "DataFrame"

    def only(self, *tags: str) -> "Pieces":
        """Return the pieces of some tags."""
        return Pieces(self.frame.filter(self.frame["tag"].isin(*tags)))


@dataclass(frozen=True)
class Cluster:
    """A Spark session, the folder of a run's steps, and how many tasks a step has."""

    session: "SparkSession"
    folder: Path
    tasks: int

    def place(self, step: str, pieces: Iterable[Piece]) -> Pieces:
        """Put pieces from this machine onto the cluster."""
        import pyarrow as pa
        from pyarrow import parquet

        target = self.folder / step
        if not (target / "_SUCCESS").exists():
            target.mkdir(parents=True, exist_ok=True)
            schema = pa.schema(
                [("bucket", pa.int32()), ("tag", pa.string()), ("payload", pa.binary())]
            )
            for number, piece in enumerate(_split_large(pieces)):
                table = _build_table([piece], "tag").cast(schema)
                parquet.write_table(table, target / f"part-{number:06}.parquet")
            (target / "_SUCCESS").touch()
        return self._read(step)

    def run_step(self, step: str, task: Task, *parts: Pieces) -> Pieces:
        """Run ``task`` on every bucket that ``parts`` have pieces of, and store the result."""
        if not (self.folder / step / "_SUCCESS").exists():
            united = parts[0].frame
            for more in parts[1:]:
                united = united.unionByName(more.frame)
            chosen = united.select("bucket", "tag", "payload").repartition(self.tasks, "bucket")
            done = chosen.groupBy("bucket").applyInArrow(_wrap_task(task), SCHEMA)
            written = done.withColumnRenamed("piece", "tag").write.mode("overwrite")
            written.partitionBy("tag").parquet(str(self.folder / step))
        return self._read(step)

    def forget_step(self, step: str) -> None:
        """Let a step be done again by the next run."""
        shutil.rmtree(self.folder / step, ignore_errors=True)

    def collect(self, parts: Pieces, tag: str) -> pl.DataFrame | None:
        """Bring the pieces of a tag to this machine as one frame; None if there is none."""
        rows = parts.only(tag).frame.select("payload").toArrow()
        frames = [_read_frame(payload.as_py()) for payload in rows.column("payload")]
        return pl.concat(frames) if frames else None

    def get(self, parts: Pieces, tag: str) -> pl.DataFrame:
        """Bring the pieces of a tag that every bucket has, or raise ``LookupError``."""
        frame = self.collect(parts, tag)
        if frame is None:
            raise LookupError(tag)
        return frame

    def _read(self, step: str) -> Pieces:
        schema = "bucket int, payload binary, tag string"
        return Pieces(self.session.read.schema(schema).parquet(str(self.folder / step)))


def _wrap_task(task: Task) -> Callable[["pa.Table"], "pa.Table"]:
    """Return a task as Spark calls it: a table of a bucket's pieces in, a table of pieces out."""

    def run(table: "pa.Table") -> "pa.Table":
        pieces_by_tag: dict[str, list[pl.DataFrame]] = {}
        for tag, payload in zip(table.column("tag"), table.column("payload"), strict=True):
            pieces_by_tag.setdefault(tag.as_py(), []).append(_read_frame(payload.as_py()))
        bucket = table.column("bucket")[0].as_py()
        frames = {tag: pl.concat(pieces) for tag, pieces in sorted(pieces_by_tag.items())}
        return _build_table(_split_large(task(bucket, frames)), "piece")

    return run


def spread(frame: pl.DataFrame, bucket: pl.Expr, tag: str) -> Iterator[Piece]:
    """Yield a frame in the pieces of its rows' buckets."""
    parts = frame.with_columns(bucket.cast(pl.Int32).alias("bucket")).partition_by(
        "bucket", as_dict=True, include_key=False, maintain_order=True
    )
    for (number,), part in parts.items():
        yield Piece(int(number), tag, part)


def _split_large(pieces: Iterable[Piece]) -> Iterator[Piece]:
    for piece in pieces:
        parts = max(1, -(-int(piece.frame.estimated_size()) // MAX_PIECE_BYTES))
        rows = max(1, -(-piece.frame.height // parts))
        if parts == 1:
            yield piece
        else:
            yield from (
                Piece(piece.bucket, piece.tag, some) for some in piece.frame.iter_slices(rows)
            )


def _build_table(pieces: Iterable[Piece], tag_column: str) -> "pa.Table":
    import pyarrow as pa

    given: Sequence[Piece] = list(pieces)
    return pa.table(
        {
            "bucket": pa.array([p.bucket for p in given], pa.int32()),
            tag_column: pa.array([p.tag for p in given], pa.string()),
            "payload": pa.array([_write_bytes(p.frame) for p in given], pa.binary()),
        }
    )


def _write_bytes(frame: pl.DataFrame) -> bytes:
    target = io.BytesIO()
    frame.rechunk().write_ipc_stream(target, compression="lz4")
    return target.getvalue()


def _read_frame(payload: bytes) -> pl.DataFrame:
    return pl.read_ipc_stream(io.BytesIO(payload))
