"""Frames as small Parquet files: what another column of the row says already is not written again.

A cleaned name is mostly the name, the unit's code is inside its credit code, and the numbers of
firms count up. Parquet compresses each column by itself and sees none of that. So a text that is
the end of its ``_Guess`` is written as ``=`` and how many characters of the guess come before it,
and numbers that count up as steps. The file's metadata say which columns are written so: files
without them, as older versions wrote, are read as they are.
"""

import io
import json
from collections.abc import Collection, Iterable, Mapping, Sequence

import polars as pl

_ENCODING = "gapmatch.encoding"
"""Key of the file's metadata; its value is a JSON object: ``guessed`` and ``steps``, columns."""

_COMPRESSION_LEVEL = 7
"""A fifteenth smaller than zstd's usual 3 for a fifth of a second per hundred thousand firms."""

_MARK = "="

_GUESSES: Mapping[str, pl.Expr] = {
    "person": pl.col("legal_rep"),
    "phone_digits": pl.col("phone"),
    "seq": pl.col("data_row").cast(pl.String),
    "registry_names": pl.col("name"),
    "clean_name": pl.col("name"),
    "core": pl.concat_str("trade_name", "trade_industry", "branch", ignore_nulls=True),
    "standard_name": pl.concat_str(
        pl.col("region_code").fill_null(""), "core", "legal_form", separator="|"
    ),
    "address_text": pl.col("address"),
    "code_text": pl.coalesce("taxpayer_code", "credit_code"),
    "uscc": pl.col("code_text"),
    "organisation": pl.col("uscc").str.head(17),
}
"""Column to what it is likely to be or to end; each is made of columns before it and of others.

Files depend on them: a guess is never changed, and a better one gets a new key in the metadata.
"""

_STEPS = ("firm", "unit", "key", "rank")
"""Columns of numbers (UInt32) that count up in most frames."""
_STEPS_PER_STEP_BACK = 100


def pack(frame: pl.DataFrame) -> bytes:
    """Return ``frame`` as the bytes of a Parquet file that ``unpack`` reads."""
    guessed = [c for c in _GUESSES if _can_guess(frame, c)]
    steps = [c for c in _STEPS if _counts_up(frame, c)]
    short = frame.with_columns(
        *(_shorten(c).alias(c) for c in guessed),
        *(pl.col(c).diff().fill_null(pl.col(c)).alias(c) for c in steps),
    )
    note = json.dumps({"guessed": guessed, "steps": steps})
    buffer = io.BytesIO()
    short.write_parquet(
        buffer,
        compression="zstd",
        compression_level=_COMPRESSION_LEVEL,
        statistics=False,
        metadata={_ENCODING: note},
    )
    return buffer.getvalue()


def unpack_rows(parquet: bytes, key: str, numbers: Collection[int]) -> pl.DataFrame:
    """Return the rows whose ``key`` is one of ``numbers``, without reading the others."""
    guessed, steps = _read_note(parquet)
    places = unpack(parquet, [key])[key].is_in(list(numbers)).arg_true()
    rows = pl.scan_parquet(io.BytesIO(parquet))
    found = pl.concat([rows.slice(0, 0), *(rows.slice(place, 1) for place in places)]).collect()
    counted = unpack(parquet, steps).select(pl.all().gather(places))
    return _restore(found.with_columns(counted), guessed, ())


def unpack(parquet: bytes, columns: Sequence[str] | None = None) -> pl.DataFrame:
    """Return the frame, or ``columns``, that ``pack`` was given; raise if there is none."""
    guessed, steps = _read_note(parquet)
    buffer = io.BytesIO(parquet)
    if columns is None:
        return _restore(pl.read_parquet(buffer), guessed, steps)
    there = pl.read_parquet_schema(buffer)
    wanted = [column for column in columns if column in there]
    buffer.seek(0)
    needed = _add_sources(wanted, guessed)
    frame = pl.read_parquet(buffer, columns=[c for c in there if c in needed])
    return _restore(frame, [c for c in guessed if c in needed], steps).select(wanted)


def _read_note(parquet: bytes) -> tuple[list[str], list[str]]:
    """Return which columns are guessed, and which are steps; none in files of older versions."""
    metadata = pl.read_parquet_metadata(io.BytesIO(parquet))
    note = json.loads(metadata.get(_ENCODING, "{}"))
    return note.get("guessed", []), note.get("steps", [])


def _restore(frame: pl.DataFrame, guessed: Iterable[str], steps: Iterable[str]) -> pl.DataFrame:
    counted = [c for c in steps if c in frame.columns]
    frame = frame.with_columns(pl.col(c).cum_sum().cast(pl.UInt32) for c in counted)
    for column in guessed:
        frame = frame.with_columns(_lengthen(column))
    return frame


def _add_sources(wanted: Iterable[str], guessed: Sequence[str]) -> set[str]:
    """Return the columns that must be read to restore those that are wanted."""
    needed = set(wanted)
    for column in reversed(guessed):
        if column in needed:
            needed.update(_GUESSES[column].meta.root_names())
    return needed


def _can_guess(frame: pl.DataFrame, column: str) -> bool:
    types, sources = frame.schema, _GUESSES[column].meta.root_names()
    return types.get(column) == pl.String and all(source in types for source in sources)


def _counts_up(frame: pl.DataFrame, column: str) -> bool:
    """Whether nearly all numbers are above those before them; persons begin anew once."""
    if frame.schema.get(column) != pl.UInt32 or frame[column].null_count():
        return False
    back = (frame[column].diff() < 0).sum()
    return back * _STEPS_PER_STEP_BACK < frame.height


def _shorten(column: str) -> pl.Expr:
    text, guess = pl.col(column), _GUESSES[column]
    before = guess.str.len_chars() - text.str.len_chars()
    return (
        pl.when(text == "")
        .then(text)
        .when(guess.str.ends_with(text))
        .then(pl.lit(_MARK) + before.cast(pl.String))
        .when(text.str.starts_with(_MARK))
        .then(pl.lit(_MARK) + text)
        .otherwise(text)
    )


def _lengthen(column: str) -> pl.Expr:
    text, guess = pl.col(column), _GUESSES[column]
    rest = text.str.tail(-1)
    return (
        pl.when(text.str.starts_with(_MARK * 2))
        .then(rest)
        .when(text.str.starts_with(_MARK))
        .then(guess.str.slice(rest.cast(pl.UInt32, strict=False)))
        .otherwise(text)
        .alias(column)
    )
