"""A flipped bit anywhere in the database is found, or changes nothing that people or runs wrote."""

import os
import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from gapmatch.run.doctor import doctor
from gapmatch.workspace_files import DATABASE_NAME

FLIPS = int(os.environ.get("GAPMATCH_FLIPS", "60"))
"""Set the variable to flip more bits than there is time for in every test."""

WITHOUT_DIGEST = ("checksums", "ledger_checksums", "_sqlite_migrations")
"""The digests themselves, and when migrations ran."""


def read_all(path: Path) -> list[tuple[str, list[tuple[Any, ...]]]]:
    """Return all rows of all tables but those without digests, and the schema."""
    uri = f"{path.as_uri()}?mode=ro&immutable=1"
    with closing(sqlite3.connect(uri, uri=True)) as connection:
        connection.text_factory = bytes
        names = [
            row[0].decode()
            for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        rows = [
            (name, connection.execute(f"SELECT * FROM {name}").fetchall())
            for name in sorted(names)
            if name not in WITHOUT_DIGEST
        ]
        schema = connection.execute("SELECT name, sql FROM sqlite_master ORDER BY 1").fetchall()
    return [*rows, ("schema", schema)]


def test_no_flipped_bit_is_read_as_data_in_silence(
    workspace: Path, fill: Callable[[Path], None]
) -> None:
    fill(workspace)
    path, draw = workspace / DATABASE_NAME, random.Random(5)
    pristine, before = path.read_bytes(), read_all(path)
    for _flip in range(FLIPS):
        place, bit = draw.randrange(len(pristine)), 1 << draw.randrange(8)
        damaged = bytearray(pristine)
        damaged[place] ^= bit
        path.write_bytes(damaged)
        if all(f.well for f in doctor(workspace) if f.what not in ("工作目录", "out/2022Q3")):
            assert read_all(path) == before, f"bit {bit} of byte {place}"


@pytest.mark.parametrize("ending", ["csv", "html", "json"])
def test_a_flipped_bit_in_a_file_of_a_run_is_found(
    sample: Any, tmp_path: Path, ending: str
) -> None:
    from shutil import copytree

    workspace = copytree(sample.path, tmp_path / "w")
    assert all(f.well for f in doctor(workspace) if f.what != "工作目录")
    quarter = max(sample.quarters())
    path = next((workspace / "out" / quarter).glob(f"*.{ending}"))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    bad = [f for f in doctor(workspace) if not f.well and f.what != "工作目录"]
    assert [f.what for f in bad] == [f"out/{quarter}"]
