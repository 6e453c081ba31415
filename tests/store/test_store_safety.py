"""One writer, copies that were checked, damage that is found, persons that are removed."""

import json
import multiprocessing
import os
import signal
import sqlite3
from pathlib import Path

import pytest
from invented_quarter import FIRMS, quarter_frames, record, write_run

from gapmatch.errors import StoreError
from gapmatch.store.backups import backup, doctor, restore
from gapmatch.store.database import DATABASE_NAME
from gapmatch.store.lock import HOLDER_NAME, read_holder, writer
from gapmatch.store.purge import purge
from gapmatch.store.runs import Store


def test_a_second_writer_is_told_who_holds_the_workspace(workspace: Path) -> None:
    with writer(workspace, "run 2022Q4") as before:
        assert before is None
        with pytest.raises(StoreError, match=rf"run 2022Q4.*{os.getpid()}"), writer(workspace, "x"):
            pass
    with writer(workspace, "run 2022Q4"):
        pass


def test_a_reader_is_not_kept_out(workspace: Path) -> None:
    with writer(workspace, "run 2022Q4"), Store.open(workspace) as store:
        assert store.quarters() == ["2022Q3"]


def hold_and_die(workspace: Path) -> None:
    """Take the lock and die without letting go."""
    with writer(workspace, "run 2022Q4"):
        os.kill(os.getpid(), signal.SIGKILL if os.name == "posix" else signal.SIGTERM)


def test_a_dead_holder_is_noticed(workspace: Path) -> None:
    process = multiprocessing.get_context("spawn").Process(target=hold_and_die, args=(workspace,))
    process.start()
    process.join(30)
    with writer(workspace, "run 2022Q4") as before:
        assert before is not None
        assert before.pid == process.pid
    assert read_holder(workspace) is None


def test_a_note_that_cannot_be_read_does_not_stop_anyone(workspace: Path) -> None:
    (workspace / HOLDER_NAME).write_text("[1, 2", encoding="utf-8")
    with writer(workspace, "run"):
        assert json.loads((workspace / HOLDER_NAME).read_text(encoding="utf-8"))["doing"] == "run"


def test_a_backup_is_taken_while_the_store_is_in_use_and_put_back(workspace: Path) -> None:
    with Store.open(workspace) as store:
        copy = backup(workspace)
        write_run(store, record("2022Q4"), quarter_frames())
    old = restore(workspace, copy)
    with Store.open(workspace) as store:
        assert store.quarters() == ["2022Q3"]
    assert old is not None
    assert sqlite3.connect(old).execute("SELECT count(*) FROM quarters").fetchone() == (2,)


def test_a_backup_never_overwrites(workspace: Path) -> None:
    assert backup(workspace) != backup(workspace)
    (workspace / "mine.db").write_bytes(b"mine")
    with pytest.raises(StoreError, match="不会覆盖"):
        backup(workspace, workspace / "mine.db")


@pytest.mark.parametrize("content", [b"", b"no database at all" * 99])
def test_a_damaged_copy_is_not_put_back(workspace: Path, content: bytes) -> None:
    (workspace / "copy.db").write_bytes(content)
    with pytest.raises(StoreError, match="损坏"):
        restore(workspace, workspace / "copy.db")
    with Store.open(workspace) as store:
        assert store.quarters() == ["2022Q3"]


def test_a_missing_copy_or_database_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="找不到"):
        restore(tmp_path, tmp_path / "copy.db")
    with pytest.raises(StoreError, match="没有数据库"):
        backup(tmp_path)


def test_the_doctor_finds_a_healthy_store_healthy(workspace: Path) -> None:
    findings = doctor(workspace)
    assert all(finding.well for finding in findings if finding.what != "工作目录")
    assert "季度 2022Q3" in {finding.what for finding in findings}


def test_the_doctor_tells_what_is_damaged_and_what_is_safe(workspace: Path) -> None:
    connection = sqlite3.connect(workspace / DATABASE_NAME)
    connection.execute("UPDATE frames SET parquet = x'00' WHERE name = 'gaps'")
    connection.commit()
    connection.close()
    well = {finding.what: finding.well for finding in doctor(workspace)}
    assert not well["季度 2022Q3"]
    assert well["人工认定"]


def test_the_doctor_does_not_fall_over_a_broken_file(workspace: Path) -> None:
    path = workspace / DATABASE_NAME
    content = bytearray(path.read_bytes())
    content[4096 : len(content) - 4096] = os.urandom(len(content) - 8192)
    path.write_bytes(content)
    assert not all(finding.well for finding in doctor(workspace))
    path.unlink()
    assert not doctor(workspace)[0].well


def test_purging_removes_persons_of_old_quarters_and_keeps_the_statistics(
    workspace: Path, fill: object
) -> None:
    fill(workspace)  # type: ignore[operator]
    with Store.open(workspace) as store:
        write_run(store, record("2022Q4"), quarter_frames())
        purged = purge(store, "2022Q4")
        old, new = store.results("2022Q3"), store.results("2022Q4")
        remark = store.db.execute("SELECT remark, outcome FROM visits").fetchone()
    assert (purged.quarters, purged.persons, purged.remarks) == (1, len(FIRMS), 1)
    assert old["firms"]["legal_rep"].null_count() == len(FIRMS)
    assert old["gaps"].equals(quarter_frames()["gaps"])
    assert new["firms"]["legal_rep"].null_count() == 0
    assert remark == (None, "visited")


def test_what_is_purged_cannot_be_read_from_the_file_any_more(
    workspace: Path, fill: object
) -> None:
    fill(workspace)  # type: ignore[operator]
    needle = "电话 13000000000".encode()
    with Store.open(workspace) as store:
        store.db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        assert needle in (workspace / DATABASE_NAME).read_bytes()
        purge(store, "2022Q4")
    assert not any(needle in path.read_bytes() for path in workspace.glob("gapmatch.db*"))
