"""Reading in tasks, a file at a time."""

import pickle
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import polars as pl

from gapmatch.errors import InputError
from gapmatch.i18n import use_language
from gapmatch.read import ReadFile, Side, SourceFile, read_file
from gapmatch.read.headers import Aliases
from gapmatch.spark.cluster import Piece
from gapmatch.spark.linkage_tasks import Frames

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
