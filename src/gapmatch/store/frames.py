"""How a quarter's frames lie in the database.

A frame is stored twice, on purpose. Whole, as Parquet in ``frames``: what a stage returned is read
back with every column and type, at a small part of the size of rows (a firm has some 80 columns,
most of them texts for one reader; ``packing.py`` writes what they share once). And its few columns
that an analyst filters by as rows of ``firms``, ``units`` and ``links``. Persons (representatives,
contacts, phones) are split off into a frame of their own, so that ``purge`` can drop them and leave
the rest.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial

import polars as pl

from gapmatch.errors import StoreError
from gapmatch.i18n import _
from gapmatch.privacy import PERSONAL
from gapmatch.schemas import GAPS
from gapmatch.sqlite import Database
from gapmatch.store.checksums import hash_bytes, read_checksums
from gapmatch.store.packing import pack, unpack, unpack_rows

WORKING_COLUMNS = (
    "alias_parts",
    "other_codes",
    "bare_name",
    "parent_core",
    "form_class",
    "sound",
    "shape",
)
"""Parts of names, derived and as large as all else; nothing reads them once statuses stand."""

_KEYS = {"firms": "firm", "units": "unit"}
_OF_FIRMS = ("firms", "links", "gaps", "targets")

_FIRM_ROW = ("firm", "code_text", "name", "county_name")
_GAP_ROW = ("status", "unit", "probability_uninsured", "probability_operates", "headcount")
_TARGET_ROW = ("rank", "county_rank", "tier", "kind", "priority", "expected_new_enrollees")
_UNIT_ROW = ("unit", "unit_id", "code_text", "name", "county_name")
_LINK_ROW = ("firm", "unit", "weight", "probability", "decision", "relation")

Frames = Mapping[str, pl.DataFrame]
_ROWS_AT_A_TIME = 50_000


def write_frames(database: Database, quarter: str, frames: Frames) -> None:
    """Store a quarter's ``frames`` in the caller's transaction; it holds none of them yet."""
    stored = {name: _drop_unstored(frame) for name, frame in frames.items()}
    stored["persons"] = _collect_persons(frames)
    database.conn.executemany(
        "INSERT INTO frames (quarter, name, rows, parquet) VALUES (?, ?, ?, ?)",
        [(quarter, name, frame.height, pack(frame)) for name, frame in sorted(stored.items())],
    )
    _write_rows(database, quarter, "firms", _build_firm_rows(frames))
    _write_rows(database, quarter, "units", frames["units"].select(_UNIT_ROW))
    links = frames["links"].filter(pl.col("decision").is_in(["match", "review"]))
    _write_rows(database, quarter, "links", links.select(_LINK_ROW))
    verdicts = GAPS.complete(frames["gaps"]).select("firm", "verdict").drop_nulls()
    _write_rows(database, quarter, "verdicts", verdicts)


def write_frame(database: Database, quarter: str, name: str, frame: pl.DataFrame) -> None:
    """Store one more frame of a quarter, in the transaction that wrote the others."""
    database.execute(
        "INSERT INTO frames (quarter, name, rows, parquet) VALUES (?, ?, ?, ?)",
        [quarter, name, frame.height, pack(frame)],
    )


def read_frames(database: Database, quarter: str) -> dict[str, pl.DataFrame]:
    """Return the frames of ``quarter``, with persons if still held; raise if one is damaged."""
    rows = database.execute("SELECT name, parquet FROM frames WHERE quarter = ?", [quarter])
    digests = read_checksums(database, quarter, "frame")
    frames = {
        name: load_frame(quarter, name, parquet, digests.get(name))
        for name, parquet in rows.fetchall()
    }
    persons = frames.pop("persons", None)
    for side in _KEYS.keys() & frames.keys():
        frames[side] = _add_persons(side, frames[side], persons)
    return frames


def read_firm(database: Database, quarter: str, firms: Collection[int]) -> dict[str, pl.DataFrame]:
    """Return the rows of ``firms`` and the units of their links; empty if not held."""
    sql = "SELECT name, parquet FROM frames WHERE quarter = ?"
    stored = dict(database.execute(sql, [quarter]).fetchall())
    digests = read_checksums(database, quarter, "frame")

    def load_rows(name: str, key: str, numbers: Collection[int]) -> pl.DataFrame:
        read = partial(unpack_rows, key=key, numbers=numbers)
        return load_frame(quarter, name, stored[name], digests.get(name), read)

    if not stored:
        return {}
    frames = {name: load_rows(name, "firm", firms) for name in _OF_FIRMS}
    units = frames["links"]["unit"].drop_nulls().to_list()
    frames["units"] = load_rows("units", "unit", units)
    persons = load_rows("persons", "key", {*firms, *units}) if "persons" in stored else None
    return frames | {side: _add_persons(side, frames[side], persons) for side in _KEYS}


def read_frame(
    database: Database, quarter: str, name: str, columns: Sequence[str] | None = None
) -> pl.DataFrame | None:
    """Return ``columns`` of a frame without persons, ``None`` if not held; raise if damaged."""
    row = database.execute(
        "SELECT parquet FROM frames WHERE quarter = ? AND name = ?", [quarter, name]
    ).fetchone()
    digest = read_checksums(database, quarter, "frame").get(name)
    read = partial(unpack, columns=columns)
    return load_frame(quarter, name, row[0], digest, read) if row else None


def load_frame(
    quarter: str,
    name: str,
    parquet: bytes,
    digest: str | None,
    read: Callable[[bytes], pl.DataFrame] = unpack,
) -> pl.DataFrame:
    """Return what ``read`` takes of ``parquet``; raise ``StoreError`` if it is damaged."""
    damaged = StoreError(
        _("数据库中 {quarter} 的结果已损坏（{name}）").format(quarter=quarter, name=name),
        _(
            "请用当时的清册重新运行 gapmatch run {quarter} …，或用 gapmatch restore 恢复备份；"
            "都不行时，可用 gapmatch withdraw {quarter} 撤下该季度。"
        ).format(quarter=quarter),
    )
    if digest is not None and hash_bytes(parquet) != digest:
        raise damaged
    try:
        return read(parquet)
    except (
        pl.exceptions.PolarsError,
        OSError,
        TypeError,
        ValueError,
        pl.exceptions.PanicException,
    ) as error:
        raise damaged from error


def _drop_unstored(frame: pl.DataFrame) -> pl.DataFrame:
    """Return ``frame`` without persons and without what is only worked with while linking."""
    return frame.drop(
        [column for column in (*PERSONAL, *WORKING_COLUMNS) if column in frame.columns]
    )


def _collect_persons(frames: Frames) -> pl.DataFrame:
    """Return side, key and the personal columns of firms and units that have any."""
    parts = [
        frames[side].select(
            pl.lit(side).alias("side"),
            pl.col(key).cast(pl.UInt32).alias("key"),
            *(
                pl.col(column)
                if column in frames[side].columns
                else pl.lit(None, pl.String).alias(column)
                for column in PERSONAL
            ),
        )
        for side, key in _KEYS.items()
    ]
    return pl.concat(parts).filter(pl.any_horizontal(pl.col(PERSONAL).is_not_null()))


def _add_persons(side: str, frame: pl.DataFrame, persons: pl.DataFrame | None) -> pl.DataFrame:
    if persons is None:
        return frame.with_columns(pl.lit(None, pl.String).alias(column) for column in PERSONAL)
    own = persons.filter(pl.col("side") == side).drop("side").rename({"key": _KEYS[side]})
    return frame.join(own, on=_KEYS[side], how="left", maintain_order="left")


def _build_firm_rows(frames: Frames) -> pl.DataFrame:
    targets = frames["targets"].select("firm", *_TARGET_ROW)
    gaps = frames["gaps"].select("firm", *_GAP_ROW)
    return (
        frames["firms"]
        .select(_FIRM_ROW)
        .join(gaps, on="firm", how="left", maintain_order="left")
        .join(targets, on="firm", how="left", maintain_order="left")
    )


def _write_rows(database: Database, quarter: str, table: str, frame: pl.DataFrame) -> None:
    marks = ", ".join("?" * (frame.width + 1))
    rows = frame.select(pl.lit(quarter).alias("quarter"), pl.all()).sort(
        pl.nth(1), maintain_order=True
    )
    # In parts: as values of Python a row takes twenty times the room.
    for part in rows.iter_slices(_ROWS_AT_A_TIME):
        database.conn.executemany(f"INSERT INTO {table} VALUES ({marks})", part.rows())
