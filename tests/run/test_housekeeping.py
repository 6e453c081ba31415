"""Files of a workspace outside the store: what ``purge`` names, and what a dead run leaves."""

import os
import time

import pytest

from gapmatch.api.stores import open_store_for_writing
from gapmatch.private_files import write_private_file
from gapmatch.run.doctor import doctor
from gapmatch.run.housekeeping import find_files_with_personal_data, finish_moves_if_idle
from gapmatch.store.runs import RunRecord, Store

LEFT = [
    ("out/2022Q3/gaps.csv", "out/2022Q3", "results"),
    ("out/2022Q3.withdrawn-1/gaps.csv", "out/2022Q3.withdrawn-1", "withdrawn results"),
    ("out/2022Q3-走访单/云州.docx", "out/2022Q3-走访单", "slips"),
    ("out/2022Q3-2022Q4/changes.csv", None, "a comparison holds no persons"),
    ("out/2022Q4/gaps.csv", None, "not earlier"),
    ("parquet/2022Q3/run.json", "parquet/2022Q3", "results of a cluster"),
    (".gapmatch-run/2022Q3/a/link/firms.arrow", ".gapmatch-run/2022Q3", "checkpoints of a dead run"),
    (".gapmatch-run/2022Q4/a/link/firms.arrow", None, "checkpoints of a later run"),
    ("backups/gapmatch-1.db", "backups/gapmatch-1.db", "a copy of any quarter"),
    ("desk-files/extracts/税务.xlsx", "desk-files", "files given to the desk"),
    ("backups/gapmatch-1.db.part", "backups/gapmatch-1.db.part", "a backup that was killed"),
    ("backups/.0123456789ab.part", "backups/.0123456789ab.part", "an upload that was killed"),
    ("gapmatch.db.restored", "gapmatch.db.restored", "a restore that was killed"),
    (".corrections_4.xlsx.new", ".corrections_4.xlsx.new", "a sheet half written"),
    ("更正_12.xlsx", "更正_12.xlsx", "rows of a county, with remarks"),
    ("gapmatch-error.log", "gapmatch-error.log", "messages may quote values"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "named", "why"), LEFT)
def test_purge_names_every_place_in_which_persons_may_stand(tmp_path, file, named, why):
    write_private_file(tmp_path / file, b"")
    left = [p.relative_to(tmp_path).as_posix() for p in find_files_with_personal_data(tmp_path, "2022Q4")]  # fmt: skip
    assert left == ([named] if named else []), why


UNFINISHED = [
    "desk-files/extracts/.0123456789ab.part",
    "desk-files/.choices.json.new",
    "desk-files/job/.progress.json.new",
    "backups/.0123456789ab.part",
    "backups/gapmatch-1.db.part",
    "gapmatch.db.restored",
    ".gapmatch.toml.new",
]


@pytest.mark.parametrize("file", UNFINISHED)
def test_doctor_names_what_a_killed_command_had_begun_to_write(tmp_path, file):
    with Store.open(tmp_path):
        pass
    write_private_file(tmp_path / file, b"half")
    bad = [check for check in doctor(tmp_path) if not check.well]
    assert [check.what for check in bad] == ["未写完的文件"]
    assert file in bad[0].detail


def test_finishing_a_move_removes_the_checkpoints_of_the_dead_run(tmp_path):
    write_private_file(tmp_path / ".gapmatch-run/2022Q4/a/link/firms.arrow", b"")
    write_private_file(tmp_path / "out/.2022Q4.new-1/run.json", b'{"run_id": 1, "outputs": {}}')
    with Store.open(tmp_path) as store:
        with store.transaction():
            store.add_run(RunRecord("2022Q4", "0.1.0", "2023-01-01T00:00:00+00:00"))
        assert [move.problem for move in finish_moves_if_idle(tmp_path, store)] == [None]
    assert not (tmp_path / ".gapmatch-run").exists()


@pytest.mark.parametrize(
    ("file", "hours", "is_left", "why"),
    [
        *((file, 2, False, "nobody writes it any more") for file in UNFINISHED),
        *((file, 0, True, "a copy or an upload may be at work") for file in UNFINISHED),
        (UNFINISHED[0], -2, True, "the clock was set back: nobody knows"),
        ("名单.xlsx.part", 2, True, "a browser's, or anybody's"),
        ("backups/gapmatch-1.db", 2, True, "a whole backup"),
        ("desk-files/extracts/税务.xlsx", 2, True, "a whole upload"),
        ("gapmatch.toml", 2, True, "a whole file"),
    ],
)
def test_the_next_writer_removes_what_a_killed_command_left(tmp_path, file, hours, is_left, why):
    with Store.open(tmp_path):
        pass
    write_private_file(tmp_path / file, b"half")
    then = time.time() - hours * 3600
    os.utime(tmp_path / file, (then, then))
    with open_store_for_writing(tmp_path, "purge"):
        pass
    assert (tmp_path / file).exists() == is_left, why
