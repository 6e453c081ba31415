"""Writing runs and reading them back; opening what cannot be opened."""

import os
import sqlite3
import stat
from pathlib import Path

import polars as pl
import pytest
from invented_quarter import FIRMS, quarter_frames, record, write_run

from gapmatch.errors import StoreError
from gapmatch.store.frames import write_frames
from gapmatch.store.runs import Store
from gapmatch.workspace_files import DATABASE_NAME


def test_a_quarter_comes_back_as_it_was_written(workspace: Path) -> None:
    frames = quarter_frames()
    with Store.open(workspace) as store:
        back = store.results("2022Q3")
    for name, frame in frames.items():
        same = [c for c in frame.columns if c in back[name].columns]
        assert back[name].select(same).equals(frame.select(same)), name
    assert back["gaps"].schema["status"] == frames["gaps"].schema["status"]
    assert back["firms"]["legal_rep"].to_list() == ["某甲"] * len(FIRMS)


def test_running_a_quarter_again_replaces_its_results_only(workspace: Path) -> None:
    with Store.open(workspace) as store:
        write_run(store, record("2022Q4"), quarter_frames())
        before = store.results("2022Q3")
        write_run(store, record("2022Q4"), quarter_frames(FIRMS[:2]))
        assert store.results("2022Q4")["firms"].height == 2
        assert store.results("2022Q3")["firms"].equals(before["firms"])
        runs = store.runs()
    assert runs["quarter"].to_list() == ["2022Q4", "2022Q4", "2022Q3"]
    assert runs["stands"].to_list() == [True, False, True]
    assert runs["inputs"].to_list() == [1, 1, 1]


def test_a_run_that_fails_leaves_the_old_quarter_whole(workspace: Path) -> None:
    frames = quarter_frames(FIRMS[:1])
    frames["units"] = frames["units"].drop("unit_id")
    with Store.open(workspace) as store:
        with pytest.raises(pl.exceptions.ColumnNotFoundError):
            write_run(store, record("2022Q3"), frames)
        assert store.results("2022Q3")["firms"].height == len(FIRMS)
        assert store.runs().height == 1


def test_an_analyst_reads_the_gaps_without_python(workspace: Path) -> None:
    connection = sqlite3.connect(workspace / DATABASE_NAME)
    rows = connection.execute("SELECT name, status, tier FROM current_gaps").fetchall()
    connection.close()
    assert len(rows) == len(FIRMS) - 1
    assert rows[0] == ("云岭县青禾建材有限公司", "uninsured", "A")


def test_quarters_are_ordered_and_the_latest_is_found(workspace: Path) -> None:
    with Store.open(workspace) as store:
        write_run(store, record("2021Q4"), quarter_frames())
        assert store.quarters() == ["2021Q4", "2022Q3"]
        assert store.find_latest_quarter() == "2022Q3"
        assert store.find_latest_quarter(before="2022Q3") == "2021Q4"
        assert store.find_latest_quarter(before="2021Q4") is None


def test_an_unknown_quarter_is_told_with_those_that_are_held(workspace: Path) -> None:
    with Store.open(workspace) as store, pytest.raises(StoreError, match="2022Q3"):
        store.results("2019Q1")


@pytest.mark.skipif(os.name != "posix", reason="rights are inherited on Windows")
def test_the_database_is_readable_by_its_owner_alone(workspace: Path) -> None:
    assert stat.S_IMODE((workspace / DATABASE_NAME).stat().st_mode) == 0o600


def test_a_locked_database_is_told_in_words(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gapmatch.store.database.BUSY_SECONDS", 0.05)
    other = sqlite3.connect(workspace / DATABASE_NAME, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(StoreError, match="占用"), Store.open(workspace) as store:
            write_run(store, record("2022Q4"), quarter_frames())
    finally:
        other.close()
    with Store.open(workspace) as store:
        assert store.quarters() == ["2022Q3"]


def test_a_file_that_is_no_database_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / DATABASE_NAME).write_bytes(b"this is not a database" * 100)
    with pytest.raises(StoreError, match="损坏") as caught, Store.open(tmp_path):
        pass
    assert "doctor" in caught.value.remedy


def test_a_workspace_that_is_a_file_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(StoreError), Store.open(tmp_path / "file"):
        pass


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root writes everywhere")
def test_a_read_only_folder_is_told_in_words(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(StoreError, match="不可写"), Store.open(tmp_path):
            pass
    finally:
        tmp_path.chmod(0o700)


def test_a_full_disk_undoes_the_run_and_says_so(workspace: Path) -> None:
    many = tuple(FIRMS[0] for _ in range(4000))
    with Store.open(workspace) as store:
        pages = store.db.execute("PRAGMA page_count").fetchone()[0]
    full = f"PRAGMA max_page_count = {pages + 2}"
    with pytest.raises(StoreError, match="空间不足"), Store.open(workspace) as store:
        write_into(store, full, many)
    with Store.open(workspace) as store:
        assert store.quarters() == ["2022Q3"]
        assert store.results("2022Q3")["firms"].height == len(FIRMS)


def write_into(store: Store, pragma: str, firms: tuple) -> None:
    """Write a quarter after setting ``pragma``."""
    store.db.execute(pragma)
    write_run(store, record("2022Q4"), quarter_frames(firms))


def test_errors_that_are_bugs_are_not_dressed_up(workspace: Path) -> None:
    with pytest.raises(sqlite3.OperationalError), Store.open(workspace) as store:
        store.db.execute("SELECT * FROM no_such_table")


def test_columns_that_only_the_linkage_works_with_are_not_kept(workspace: Path) -> None:
    with Store.open(workspace) as store:
        assert "alias_parts" not in store.results("2022Q3")["firms"].columns


def test_a_frame_of_another_stage_is_kept_too(workspace: Path) -> None:
    extra = pl.DataFrame({"firm": [1], "size": ["small"]})
    with Store.open(workspace) as store:
        with store.db.atomic():
            store.db.execute("DELETE FROM frames WHERE quarter = '2022Q3'")
            for table in ("firms", "units", "links"):
                store.db.execute(f"DELETE FROM {table} WHERE quarter = '2022Q3'")
            write_frames(store.db, "2022Q3", {**quarter_frames(), "activity": extra})
        assert store.result("2022Q3", "activity").equals(extra)
