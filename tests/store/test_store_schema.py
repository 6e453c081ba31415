"""The schema: old databases are brought up to date, new ones refused, the page is true to it."""

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from invented_quarter import FIRMS, quarter_frames, record, write_run
from store_page import page

from gapmatch.errors import StoreError
from gapmatch.run.doctor import doctor
from gapmatch.store.migrations import APPEND_ONLY
from gapmatch.store.runs import Store
from gapmatch.workspace_files import DATABASE_NAME

OLD = Path(__file__).parent / "old"
ROOT = Path(__file__).parents[2]


def _schema(path: Path) -> set[tuple[str, str]]:
    connection = sqlite3.connect(path)
    rows = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"
    ).fetchall()
    connection.close()
    return set(rows)


@pytest.mark.parametrize("old", sorted(OLD.glob("*.sql")), ids=lambda path: path.stem)
def test_an_old_database_opens_and_is_brought_up_to_date(old: Path, tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / DATABASE_NAME)
    connection.executescript(old.read_text(encoding="utf-8"))
    connection.close()
    with Store.open(tmp_path) as store:
        assert store.results("2022Q3")["firms"].height == len(FIRMS)
        write_run(store, record("2022Q4"), quarter_frames())
        assert store.quarters() == ["2022Q3", "2022Q4"]
    (tmp_path / "new").mkdir()
    with Store.open(tmp_path / "new"):
        pass
    assert _schema(tmp_path / DATABASE_NAME) == _schema(tmp_path / "new" / DATABASE_NAME)


def test_first_commands_at_once_find_one_database(tmp_path: Path) -> None:
    at_once = Barrier(4)

    def open_first(workspace: Path) -> str:
        at_once.wait()
        with Store.open(workspace) as store:
            return str(store.quarters())

    with ThreadPoolExecutor(4) as pool:
        for trial in range(10):
            assert set(pool.map(open_first, [tmp_path / str(trial)] * 4)) == {"[]"}
            assert all(check.well for check in doctor(tmp_path / str(trial)))


def test_a_list_of_migrations_without_its_index_is_no_foreign_structure(workspace: Path) -> None:
    connection = sqlite3.connect(workspace / DATABASE_NAME)
    connection.execute("DROP INDEX idx__sqlite_migrations_migration_set_name")
    connection.close()
    assert [check.well for check in doctor(workspace) if check.what == "结构"] == [True]


def test_a_database_of_a_newer_version_is_refused_and_left_alone(workspace: Path) -> None:
    connection = sqlite3.connect(workspace / DATABASE_NAME)
    connection.execute(
        "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('gapmatch', '0999_later', '')"
    )
    connection.commit()
    connection.close()
    with pytest.raises(StoreError, match="0999_later"), Store.open(workspace):
        pass


def test_the_page_in_docs_is_true_to_the_schema() -> None:
    written = (ROOT / "docs" / "store.md").read_text(encoding="utf-8")
    assert written == page(), "run: python docs/generate/store_page.py docs/store.md"


def test_every_column_and_table_says_what_it_means(workspace: Path) -> None:
    with Store.open(workspace) as store:
        for table in (t for t in store.db.tables if not t.name.startswith(("_sqlite", "sqlite"))):
            for column in table.columns:
                assert (
                    f"| `{column.name}` |" in page().split(f"### {table.name}\n")[1].split("###")[0]
                )
        assert "\n\n\n" not in page()


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_what_people_entered_can_be_neither_changed_nor_deleted(
    table: str, workspace: Path, fill: Callable[[Path], None]
) -> None:
    fill(workspace)
    for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET at = ''"):
        with (
            pytest.raises(sqlite3.IntegrityError, match="append-only"),
            Store.open(workspace) as store,
            store.db.atomic(),
        ):
            store.db.execute(statement)
