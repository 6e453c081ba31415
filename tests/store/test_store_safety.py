"""One writer, copies that were checked, damage that is found, persons that are removed."""

import json
import multiprocessing
import os
import signal
import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from invented_quarter import FIRMS, quarter_frames, record, write_run

from gapmatch.api.stores import open_store
from gapmatch.errors import InputError, StoreError
from gapmatch.ledger.case_progress import list_cases
from gapmatch.run.doctor import doctor
from gapmatch.run.housekeeping import refuse_lost_database, withdraw_quarter
from gapmatch.run.quarter_run import _describe_edits, refuse_mistyped_quarter
from gapmatch.store.backups import backup, find_restore_obstacle, restore
from gapmatch.store.lock import HOLDER_NAME, LOCK_NAME, lock_workspace, read_holder
from gapmatch.store.purge import purge
from gapmatch.store.runs import Store
from gapmatch.workspace_files import DATABASE_NAME


def test_a_second_writer_is_told_who_holds_the_workspace(workspace: Path) -> None:
    with lock_workspace(workspace, "run 2022Q4") as before:
        assert before is None
        with (
            pytest.raises(StoreError, match=rf"run 2022Q4.*{os.getpid()}"),
            lock_workspace(workspace, "x"),
        ):
            pass
    with lock_workspace(workspace, "run 2022Q4"):
        pass


def test_a_reader_is_not_kept_out(workspace: Path) -> None:
    with lock_workspace(workspace, "run 2022Q4"), Store.open(workspace) as store:
        assert store.quarters() == ["2022Q3"]


def hold_and_die(workspace: Path) -> None:
    """Take the lock and die without letting go."""
    with lock_workspace(workspace, "run 2022Q4"):
        os.kill(os.getpid(), signal.SIGKILL if os.name == "posix" else signal.SIGTERM)


def test_a_dead_holder_is_noticed(workspace: Path) -> None:
    process = multiprocessing.get_context("spawn").Process(target=hold_and_die, args=(workspace,))
    process.start()
    process.join(30)
    with lock_workspace(workspace, "run 2022Q4") as before:
        assert before is not None
        assert before.pid == process.pid
    assert read_holder(workspace) is None


@pytest.mark.parametrize(
    "note", ["[1, 2", "[" * 100_000, '{"a":' * 100_000, '{"pid": 1}', "\0", "1"]
)
def test_a_note_that_cannot_be_read_does_not_stop_anyone(workspace: Path, note: str) -> None:
    (workspace / HOLDER_NAME).write_text(note, encoding="utf-8")
    with lock_workspace(workspace, "run"):
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


def test_a_backup_and_the_doctor_report_what_they_are_at(workspace: Path) -> None:
    reported: list[str] = []
    backup(workspace, report=reported.append)
    assert reported[-2:] == ["正在复制 100%", "正在核对"]
    reported.clear()
    doctor(workspace, reported.append)
    assert reported == ["正在检查数据库", "正在检查台账", "正在检查 2022Q3（1/1）"]


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
    assert all(f.well for f in findings if f.what not in ("工作目录", "out/2022Q3"))
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


DAMAGE = [
    # Where, what is changed, what the doctor says of it.
    ("firms", "UPDATE firms SET status = 'insured' WHERE firm = 0", "季度 2022Q3"),
    ("firms", "UPDATE firms SET expected_new_enrollees = 3.5 WHERE firm = 0", "季度 2022Q3"),
    ("units", "UPDATE units SET unit_id = '99010009' WHERE unit = 0", "季度 2022Q3"),
    ("links", "UPDATE links SET probability = 0.61", "季度 2022Q3"),
    ("case_quarters", "UPDATE case_quarters SET tier = 'B'", "季度 2022Q3"),
    ("frames", "UPDATE frames SET parquet = parquet || x'00' WHERE name = 'gaps'", "季度 2022Q3"),
    ("frames", "DELETE FROM frames WHERE name = 'persons'", "季度 2022Q3"),
    ("checksums", "DELETE FROM checksums WHERE name = 'gaps'", "季度 2022Q3"),
    ("said", "UPDATE said SET verdict = 'different'", "人工认定"),
    ("said", "DELETE FROM said", "人工认定"),
    ("visits", "UPDATE visits SET persons = 3", "走访记录"),
    ("imports", "UPDATE imports SET taken = 2", "导入记录"),
    ("exports", "UPDATE exports SET rows = 4", "导出记录"),
    ("cases", "UPDATE cases SET number = '9901-000009' WHERE id = 1", "案件"),
    ("runs", "UPDATE runs SET counts = '{}'", "运行记录"),
    ("inputs", "UPDATE inputs SET bytes = 124", "运行记录"),
    ("withdrawals", "UPDATE withdrawals SET reason = 'x'", "撤下记录"),
    ("acceptances", "UPDATE acceptances SET reason = 'x'", "疑点确认记录"),
    ("outcomes", "DELETE FROM outcomes WHERE code = 'enrolled'", "走访结果的种类"),
    ("outcomes", "DELETE FROM outcomes", "走访结果的种类"),
    ("outcomes", "UPDATE outcomes SET closes_case = 1 - closes_case", "走访结果的种类"),
    ("outcomes", "INSERT INTO outcomes VALUES ('x', 'stage', 'x', 0, 'none')", "走访结果的种类"),
]


@pytest.mark.parametrize(("table", "statement", "what"), DAMAGE)
def test_the_doctor_finds_what_is_no_longer_as_it_was_written(
    workspace: Path, fill: object, table: str, statement: str, what: str
) -> None:
    fill(workspace)  # type: ignore[operator]
    before = {finding.what: finding.well for finding in doctor(workspace)}
    connection = sqlite3.connect(workspace / DATABASE_NAME)
    for name in (f"{table}_kept", f"{table}_unchanged"):
        connection.execute(f"DROP TRIGGER IF EXISTS {name}")
    connection.execute(statement)
    connection.commit()
    connection.close()
    after = {finding.what: finding.well for finding in doctor(workspace)}
    assert before[what]
    # Without its trigger, a table of the ledger is not as we make it either.
    worse = {name for name in before if before[name] and not after[name]}
    assert worse - {"结构"} == {what}
    with Store.open(
        workspace
    ) as store:  # a run goes by the ledger, and reads no rows of its quarter
        assert bool(_describe_edits(store)) == (not what.startswith("季度"))


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM runs",  # its number is given out again, and its inputs are there
        "DELETE FROM _sqlite_migrations",
        "DROP TABLE links",
        "ALTER TABLE cases RENAME COLUMN number TO no",
        "CREATE UNIQUE INDEX mine ON runs (version)",
    ],
)
def test_what_a_changed_database_refuses_is_no_bug(
    workspace: Path, fill: object, statement: str
) -> None:
    fill(workspace)  # type: ignore[operator]
    connection = sqlite3.connect(workspace / DATABASE_NAME)
    connection.execute(statement)
    connection.commit()
    connection.close()
    with pytest.raises(StoreError, match="已损坏或不是"):
        _add_a_run(workspace)


def _add_a_run(workspace: Path) -> None:
    with Store.open(workspace) as store:
        store.db.execute("SELECT number FROM cases")
        write_run(store, record("2022Q4"), quarter_frames())


def test_a_damaged_frame_is_named_when_it_is_read(workspace: Path) -> None:
    with Store.open(workspace) as store:
        store.db.execute("UPDATE frames SET parquet = substr(parquet, 2) WHERE name = 'firms'")
        with pytest.raises(StoreError, match=r"2022Q3.*firms") as error:
            store.result("2022Q3", "firms")
        assert "withdraw 2022Q3" in error.value.remedy
        with pytest.raises(StoreError, match=r"2022Q3.*firms"):
            store.results("2022Q3")


def test_what_is_purged_is_not_taken_for_damage(workspace: Path, fill: object) -> None:
    fill(workspace)  # type: ignore[operator]
    with Store.open(workspace) as store:
        purge(store, "2022Q4")
    assert all(f.well for f in doctor(workspace) if f.what not in ("工作目录", "out/2022Q3"))


FOREIGN = [
    # What somebody did to a backup, what is named when it is to be put back.
    ("CREATE TRIGGER t AFTER INSERT ON quarters BEGIN DELETE FROM cases; END", "t"),
    ("CREATE VIEW mine AS SELECT * FROM firms", "mine"),
    ("DROP VIEW open_cases", "open_cases"),
    ("DROP TRIGGER visits_kept", "visits_kept"),
    ("DROP TABLE ledger_checksums", "ledger_checksums"),
    ("CREATE TABLE more (x)", "more"),
    ("CREATE TABLE _sqlite_migrations_2 (x)", "_sqlite_migrations_2"),
    ("CREATE INDEX mine ON _sqlite_migrations (name)", "mine"),
    ("PRAGMA application_id = 1196444487", "application_id"),
    ("PRAGMA user_version = 7", "user_version"),
    ("DELETE FROM checksums WHERE kind = 'rows' AND name = 'firms'", "2022Q3 firms"),
    ("DELETE FROM checksums WHERE kind = 'frame' AND name = 'gaps'", "2022Q3 gaps"),
    ("DELETE FROM ledger_checksums WHERE name = 'runs'", "runs 1"),
    ("INSERT INTO exports VALUES (99, '', NULL, '', '2022Q3', 0)", "exports 1"),
    ("INSERT INTO quarters VALUES ('../../x', 1)", "../../x"),
    ("INSERT INTO quarters VALUES ('2022Q2', 1)", "2022Q2 firms"),
    ("UPDATE firms SET name = 'x'", "2022Q3 firms"),
    ("UPDATE frames SET parquet = x'00' WHERE name = 'gaps'", "2022Q3 gaps"),
    (
        "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) "
        "VALUES ('gapmatch', '0999_later', '')",
        "0999_later",
    ),
]


@pytest.mark.parametrize(("statement", "named"), FOREIGN)
def test_only_a_whole_backup_of_our_own_is_put_back(
    workspace: Path, statement: str, named: str
) -> None:
    copy = backup(workspace)
    connection = sqlite3.connect(copy)
    connection.execute(statement)
    connection.commit()
    connection.close()
    before = (workspace / DATABASE_NAME).read_bytes()
    assert named in str(find_restore_obstacle(copy))
    with pytest.raises(StoreError, match=named):
        restore(workspace, copy)
    assert (workspace / DATABASE_NAME).read_bytes() == before
    assert not list(workspace.glob("*restore*"))


def test_a_path_too_long_for_a_database_is_named_as_such(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["云水区" * 20] * 3)
    with pytest.raises(StoreError, match="路径太长"), Store.open(deep):
        pass


def test_the_doctor_names_a_database_of_a_newer_version(workspace: Path) -> None:
    with closing(sqlite3.connect(workspace / DATABASE_NAME)) as connection, connection:
        connection.execute(FOREIGN[-1][0])
    assert [f.detail for f in doctor(workspace) if not f.well and "0999_later" in f.detail]


def test_a_database_with_the_table_names_alone_is_not_put_back(
    workspace: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    copy = tmp_path_factory.mktemp("other") / "copy.db"
    connection = sqlite3.connect(copy)
    connection.execute("CREATE TABLE quarters (quarter)")
    connection.commit()
    connection.close()
    with pytest.raises(StoreError, match="不是 gapmatch 的备份"):
        restore(workspace, copy)


def test_a_backup_of_an_earlier_version_is_put_back(workspace: Path, tmp_path: Path) -> None:
    old = tmp_path / "old.db"
    connection = sqlite3.connect(old)
    script = Path(__file__).parent / "old" / "0001_quarters.sql"
    connection.executescript(script.read_text(encoding="utf-8"))
    connection.close()
    restore(workspace, old)
    with Store.open(workspace) as store:
        assert store.quarters() == ["2022Q3"]
    assert all(f.well for f in doctor(workspace) if f.what not in ("工作目录", "out/2022Q3"))


def test_a_backup_is_put_in_the_place_of_a_broken_database(workspace: Path) -> None:
    copy = backup(workspace)
    (workspace / DATABASE_NAME).write_bytes(b"broken" * 999)
    (workspace / f"{DATABASE_NAME}-wal").write_bytes(b"its log")
    old = restore(workspace, copy)
    assert old is not None
    assert old.read_bytes().startswith(b"broken")
    with Store.open(workspace) as store:
        assert store.quarters() == ["2022Q3"]


def test_a_quarter_is_withdrawn_and_the_log_says_so(workspace: Path) -> None:
    (workspace / "out" / "2022Q3").mkdir(parents=True)
    with Store.open(workspace) as store:
        cases = list_cases(store)["number"].to_list()
        folder = withdraw_quarter(workspace, store, "2022Q3", "季度写错")
        assert store.quarters() == []
        row = store.db.execute("SELECT quarter, run, reason FROM withdrawals").fetchone()
        write_run(store, record("2022Q4"), quarter_frames())
        assert list_cases(store)["number"].to_list() == cases
        with pytest.raises(StoreError, match="2022Q4"):
            withdraw_quarter(workspace, store, "2022Q3", None)
    assert row == ("2022Q3", 1, "季度写错")
    assert folder == workspace / "out" / "2022Q3.withdrawn-1"


def test_a_lost_database_beside_results_is_not_replaced_by_an_empty_one(workspace: Path) -> None:
    refuse_lost_database(workspace)
    (workspace / "out" / "2022Q3").mkdir(parents=True)
    (workspace / "out" / "2022Q3" / "run.json").write_text("{}")
    refuse_lost_database(workspace)
    (workspace / DATABASE_NAME).unlink()
    with pytest.raises(StoreError, match=r"2022Q3") as error:
        refuse_lost_database(workspace)
    assert "restore" in error.value.remedy


@pytest.mark.parametrize("quarter", ["2022Q4", "1999Q1", "2027Q1"])
def test_a_quarter_that_can_be_meant_is_run(quarter: str) -> None:
    refuse_mistyped_quarter(quarter, date(2026, 11, 27))


@pytest.mark.parametrize("quarter", ["2202Q4", "1900Q1", "2027Q2"])
def test_a_quarter_that_cannot_be_meant_is_refused(quarter: str) -> None:
    with pytest.raises(InputError, match=quarter):
        refuse_mistyped_quarter(quarter, date(2026, 11, 27))


def test_nothing_is_written_where_nothing_can_be(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("database", "runs"):
        monkeypatch.setattr(f"gapmatch.store.{module}.is_writable", lambda _path: False)
    before = {path.name: path.read_bytes() for path in workspace.iterdir() if path.is_file()}
    with open_store(workspace) as store:
        assert store.results("2022Q3")["firms"].height == len(FIRMS)
        assert list_cases(store).height
        assert store.runs().height == 1
    after = {path.name: path.read_bytes() for path in workspace.iterdir() if path.is_file()}
    assert after == before


@pytest.mark.skipif(os.name != "posix", reason="links need rights on Windows")
@pytest.mark.parametrize("name", [DATABASE_NAME, f"{DATABASE_NAME}-wal", LOCK_NAME, HOLDER_NAME])
def test_nothing_is_written_through_a_link(tmp_path: Path, name: str) -> None:
    elsewhere = tmp_path / "somebody's"
    elsewhere.write_bytes(b"")
    elsewhere.chmod(0o644)
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    (workspace / name).symlink_to(elsewhere)
    with (
        pytest.raises(StoreError, match="链接"),
        lock_workspace(workspace, "run"),
        Store.open(workspace),
    ):
        pass
    assert elsewhere.read_bytes() == b""
    assert elsewhere.stat().st_mode & 0o777 == 0o644


@pytest.mark.skipif(os.name != "posix", reason="Windows keeps rights elsewhere")
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o277])
def test_files_are_their_owners_alone_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        with lock_workspace(tmp_path / "a" / "b", "run"), Store.open(tmp_path / "a" / "b"):
            backup(tmp_path / "a" / "b")
    finally:
        os.umask(before)
    for path in (tmp_path / "a").rglob("*"):
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path
