"""The commands of the ledger and of safekeeping, as a user calls them."""

import errno
import io
import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from filled_workbooks import REVIEW, VISITS, fill
from invented_quarter import FIRMS, quarter_frames, record, write_run
from published_files import publish

from gapmatch.ledger.entries import load_decisions, load_visits
from gapmatch.results.run_results import PublishInput
from gapmatch.store.lock import lock_workspace
from gapmatch.store.runs import Store
from gapmatch.workspace_files import DATABASE_NAME


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a workspace with two quarters and the workbooks of the first."""
    folder = tmp_path_factory.mktemp("prepared")
    with Store.open(folder) as store:
        write_run(store, record("2022Q3"), quarter_frames())
        changed = quarter_frames((*FIRMS[1:4], (*FIRMS[4][:3], "uninsured", *FIRMS[4][4:])))
        write_run(store, record("2022Q4"), changed)
    for run, (quarter, frames) in enumerate((("2022Q3", quarter_frames()), ("2022Q4", changed)), 1):
        publish(PublishInput(quarter=quarter, **frames, run_info={"run_id": run}), folder)
    return folder


@pytest.fixture
def workspace(prepared: Path, tmp_path: Path) -> Path:
    """Return a copy of the prepared workspace."""
    return Path(shutil.copytree(prepared, tmp_path / "w"))


@pytest.fixture
def book(workspace: Path) -> Path:
    """Return a workbook of the first quarter, filled in."""
    (path,) = (workspace / "out" / "2022Q3" / "counties").glob("云岭县.xlsx")
    answers = {
        VISITS: lambda _row: {"outcome": "拒不参保", "date": "2022-11-03", "persons": 0},
        REVIEW: lambda _row: {"verdict": "不是同一单位"},
    }
    assert fill(path, answers) == 2
    return path


def answer(say: Callable[..., Any], *arguments: object) -> dict[str, Any]:
    """Return what a command answers to a program."""
    said = say(*arguments, "--json")
    assert (said.code, said.err) == (0, "")
    result: dict[str, Any] = json.loads(said.out)
    return result


def type_keys(monkeypatch: pytest.MonkeyPatch, keys: str) -> None:
    """Let ``keys`` come in from a pipe."""
    monkeypatch.setattr("sys.stdin", io.StringIO(keys))


def said_in(workspace: Path) -> list[tuple[str, str, str, str]]:
    """Return verdict, who, firm and unit of all that was said, in order."""
    with Store.open(workspace) as store:
        columns = ("verdict", "who", "firm_name", "unit_name")
        return load_decisions(store.db).select(columns).rows()


def test_a_pair_is_shown_side_by_side_and_each_answer_is_kept(say, workspace, monkeypatch):
    type_keys(monkeypatch, "y")
    said = say("review", "-w", workspace, "--who", "某丁")
    assert said.code == 0
    assert said.out.count("石桥") == 2
    assert "60%" in said.out
    assert said_in(workspace) == [("same", "某丁", "云岭县石桥药房", "石桥大药房")]


def test_differing_characters_are_marked_where_there_are_no_colours(say, workspace, monkeypatch):
    type_keys(monkeypatch, "")
    assert "〔大〕" in say("review", "-w", workspace).out


@pytest.mark.parametrize(
    ("keys", "verdicts", "why"),
    [
        ("n", ["different"], "the key of its verdict"),
        ("2", ["different"], "the number does as well"),
        ("\nu\n", ["unsure"], "line ends of a pipe are no keys"),
        ("s", [], "skipped: nothing is said"),
        ("q", [], "quit at once"),
        ("xyz", ["same"], "keys without a meaning are passed over"),
        ("", [], "the end of the input is a quit"),
        ("bn", ["different"], "nothing to take back before the first pair"),
    ],
)
def test_keys_mean_what_the_line_below_says(say, workspace, monkeypatch, keys, verdicts, why):
    type_keys(monkeypatch, keys)
    assert say("review", "-w", workspace, "--who", "某丁").code == 0
    assert [row[0] for row in said_in(workspace)] == verdicts, why


def test_undo_takes_the_last_answer_back_and_asks_again(say, workspace, monkeypatch):
    with Store.open(workspace) as store:
        firms = (
            *FIRMS,
            ("91990100MA00000063", "云岭县石桥大药店", "云岭县", "review", 0, "review"),
        )
        write_run(store, record("2022Q4"), quarter_frames(firms))
    type_keys(monkeypatch, "ybn")
    say("review", "-w", workspace, "--who", "某丁")
    assert [row[0] for row in said_in(workspace)] == ["same", "retracted", "different"]


def test_a_session_goes_on_where_the_last_one_ended(say, workspace, monkeypatch):
    type_keys(monkeypatch, "u")
    say("review", "-w", workspace, "--who", "某丁")
    assert "没有待认定" in say("review", "-w", workspace, "--who", "某丁").out
    type_keys(monkeypatch, "")
    assert "某丁" in say("review", "-w", workspace, "--who", "某戊").out


def test_blind_hides_scores_and_what_others_said(say, workspace, monkeypatch):
    type_keys(monkeypatch, "u")
    say("review", "-w", workspace, "--who", "某丁")
    type_keys(monkeypatch, "")
    blind = say("review", "-w", workspace, "--who", "某戊", "--blind").out
    assert blind.count("石桥") == 2
    assert not [word for word in ("60%", "分值", "某丁", "可能性") if word in blind]


def test_persons_are_masked_while_reviewing(say, workspace, monkeypatch):
    type_keys(monkeypatch, "")
    shown = say("review", "-w", workspace).out
    assert "某*" in shown
    assert "13000000000" not in shown


def test_an_answer_that_cannot_be_written_is_asked_for_again(say, workspace, monkeypatch):
    type_keys(monkeypatch, "y")
    with lock_workspace(workspace, "run 2022Q4"):
        said = say("review", "-w", workspace)
    assert "run 2022Q4" in said.err
    assert said_in(workspace) == []


def test_imports_say_what_was_taken_what_was_left_and_why(say, workspace, book):
    taken = answer(say, "visits", "import", book, "-w", workspace)
    assert (taken["taken"], taken["left"], taken["other"]) == (1, [], 1)
    assert answer(say, "visits", "import", book, "-w", workspace)["known"] == 1
    fill(book, {VISITS: lambda _row: {"outcome": "搞定了"}})
    said = say("visits", "import", book, "-w", workspace)
    assert said.code == 3
    assert "云岭县.xlsx" in said.out
    assert "搞定了" in said.out
    assert "gapmatch review import" in said.out


def test_verdicts_come_back_under_the_name_given(say, workspace, book):
    assert answer(say, "review", "import", book, "-w", workspace, "--who", "某丁")["taken"] == 1
    assert said_in(workspace)[0][:2] == ("different", "某丁")


def test_a_file_without_anything_to_take_is_refused_by_name(say, workspace, book):
    openpyxl.Workbook().save(workspace / "别的.xlsx")
    said = say("visits", "import", workspace / "别的.xlsx", "-w", workspace)
    assert said.code == 1
    assert "没有可识别的内容" in said.err
    said = say("visits", "import", book, workspace / "别的.xlsx", "-w", workspace)
    assert said.code == 3
    assert "别的.xlsx" in said.out
    with Store.open(workspace) as store:
        assert load_visits(store.db).height > 0


def test_an_import_is_taken_back_by_its_number(say, workspace, book):
    assert "导入编号" in say("visits", "import", book, "-w", workspace).out
    said = say("visits", "import", "--undo", "1", "-w", workspace)
    assert said.code == 0
    with Store.open(workspace) as store:
        assert load_visits(store.db).is_empty()
    assert say("visits", "import", "-w", workspace).code == 2


@pytest.mark.parametrize(
    ("options", "count", "why"),
    [
        ((), 3, "all"),
        (("--county", "云岭县"), 1, "one county"),
        (("--state", "carried"), 1, "a state by its machine name"),
        (("--state", "结转"), 1, "and by its word"),
        (("--outcome", "拒不参保"), 1, "an outcome"),
        (("--outcome", "refused"), 1, "by its code, too"),
        (("--tier", "a", "--open"), 2, "tiers and what is open"),
        (("--overdue",), 1, "in tier A since last quarter, and not visited"),
        (("9901-000001",), 1, "one case by its number"),
        (("青禾",), 1, "and by a part of the name"),
        (("没有这家",), 0, "nothing is an answer, too"),
    ],
)
def test_cases_are_listed_and_filtered(say, workspace, book, options, count, why):
    say("visits", "import", book, "-w", workspace)
    assert len(answer(say, "cases", *options, "-w", workspace)["cases"]) == count, why


def test_a_misspelt_county_is_told_with_the_nearest(say, workspace):
    said = say("cases", "--county", "云领县", "-w", workspace)
    assert said.code == 2
    assert "云岭县" in said.err


def test_counties_are_summed_up(say, workspace, book):
    say("visits", "import", book, "-w", workspace)
    counties = {
        row["county"]: row
        for row in answer(say, "cases", "--by-county", "-w", workspace)["counties"]
    }
    assert (counties["云岭县"]["visited"], counties["云岭县"]["refused"]) == (1, 1)
    assert "合计" in say("cases", "--by-county", "-w", workspace).out


def test_quarters_are_compared_with_totals_that_add_up(say, workspace):
    found = answer(say, "diff", "2022Q3", "2022Q4", "-w", workspace)
    before, *between, now = (line["firms"] for line in found["totals"])
    assert before + sum(between) == now
    assert [Path(file).name for file in found["files"]] == ["changes.csv", "变化.xlsx"]
    book = openpyxl.load_workbook(found["files"][1])
    assert book.sheetnames[:2] == ["汇总", "逐户"]
    assert "来龙去脉" in say("diff", "2022Q3", "2022Q4", "-w", workspace).out


def test_a_quarter_that_is_not_held_is_told_with_those_that_are(say, workspace):
    said = say("diff", "2021Q3", "2022Q4", "-w", workspace)
    assert said.code == 1
    assert "2022Q3、2022Q4" in said.err


def test_a_backup_is_made_and_put_back(say, workspace, tmp_path):
    copy = tmp_path / "copy.db"
    assert answer(say, "backup", copy, "-w", workspace)["backup"] == copy.as_posix()
    (workspace / DATABASE_NAME).write_bytes(b"damaged" * 999)
    assert say("doctor", "-w", workspace).code == 1
    restored = answer(say, "restore", copy, "-w", workspace)
    assert Path(restored["old"]).is_file()
    assert say("doctor", "-w", workspace).code == 0


def test_the_doctor_says_what_is_safe(say, workspace):
    sound = answer(say, "doctor", "-w", workspace)
    assert sound["well"]
    with sqlite3.connect(workspace / DATABASE_NAME) as database:
        database.execute("UPDATE frames SET parquet = x'00' WHERE quarter = '2022Q3'")
    said = say("doctor", "-w", workspace)
    assert said.code == 1
    (bad,) = [line for line in said.out.splitlines() if line.startswith("有问题")]
    assert "2022Q3" in bad
    assert "gapmatch restore" in said.err


def test_persons_of_old_quarters_are_removed_and_files_that_hold_some_are_named(say, workspace):
    purged = answer(say, "purge", "--before", "2022Q4", "-w", workspace)
    assert (purged["quarters"], purged["persons"]) == (1, 5)
    assert [Path(path).name for path in purged["files_left"]] == ["2022Q3"]
    with Store.open(workspace) as store:
        assert store.results("2022Q3")["firms"]["phone"].null_count() == 5
        assert store.results("2022Q4")["firms"]["phone"].null_count() == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("cases",),
        ("review",),
        ("visits", "import", "x.xlsx"),
        ("diff", "2022Q3", "2022Q4"),
        ("train",),
        ("purge", "--before", "2022Q3"),
        ("backup",),
    ],
)
def test_without_a_workspace_nothing_is_left_behind(say, tmp_path, arguments):
    (tmp_path / "x.xlsx").touch()
    (tmp_path / "w").mkdir()
    said = say(*arguments, "-w", tmp_path / "w")
    assert said.code == 1
    assert "Traceback" not in said.err
    assert list((tmp_path / "w").iterdir()) == []


class FullDisk(sqlite3.OperationalError):
    """What SQLite raises where the disk is full."""

    sqlite_errorcode = sqlite3.SQLITE_FULL


@pytest.fixture
def locked(workspace: Path) -> Iterator[None]:
    """Let another program hold the database in the midst of a write."""
    connection = sqlite3.connect(workspace / DATABASE_NAME, isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    yield
    connection.close()


def test_a_locked_database_is_told(say, workspace, book, locked, monkeypatch):
    monkeypatch.setattr("gapmatch.store.database.BUSY_SECONDS", 0.1)
    said = say("visits", "import", book, "-w", workspace)
    assert said.code == 1
    assert "占用" in said.err


@pytest.mark.parametrize("command", [("cases",), ("review",), ("diff", "2022Q3", "2022Q4")])
def test_a_damaged_database_is_told_with_what_to_do(say, workspace, command):
    (workspace / DATABASE_NAME).write_bytes(b"no database at all" * 99)
    said = say(*command, "-w", workspace)
    assert said.code == 1
    assert "gapmatch doctor" in said.err
    assert "gapmatch restore" in said.err


def test_a_full_disk_undoes_the_whole_import(say, workspace, book, monkeypatch):
    def full(*_arguments: object) -> None:
        raise FullDisk

    monkeypatch.setattr(import_module("gapmatch.ledger.import_visits"), "insert_visits", full)
    said = say("visits", "import", book, "-w", workspace)
    assert said.code == 1
    assert "磁盘空间不足" in said.err
    monkeypatch.undo()
    with Store.open(workspace) as store:
        assert load_visits(store.db).is_empty()
        assert store.frame("SELECT * FROM imports").is_empty()


def test_a_full_disk_while_writing_a_comparison_leaves_no_half_of_it(say, workspace, monkeypatch):
    def full(*_arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("gapmatch.private_files.write_private_file", full)
    said = say("diff", "2022Q3", "2022Q4", "-w", workspace)
    assert said.code == 1
    assert "磁盘空间不足" in said.err
    assert not [*(workspace / "out").glob("2022Q3-2022Q4/*")]


@pytest.fixture
def read_only(workspace: Path) -> Iterator[None]:
    """Take the right to write from the workspace's folder."""
    workspace.chmod(0o500)
    try:
        (workspace / "probe").touch()
    except OSError:
        yield
    else:
        (workspace / "probe").unlink()
        pytest.skip("this account may write everywhere")
    finally:
        workspace.chmod(0o700)


@pytest.mark.parametrize("command", [("backup",), ("diff", "2022Q3", "2022Q4"), ("train",)])
def test_a_read_only_folder_is_told(say, workspace, read_only, command):
    said = say(*command, "-w", workspace)
    assert said.code == 1
    assert "Traceback" not in said.err


@pytest.mark.parametrize("command", [("cases",), ("runs",), ("diff", "2022Q3", "2022Q4")])
def test_a_workspace_that_cannot_be_written_is_read(say, workspace, monkeypatch, command):
    for module in ("database", "runs"):
        monkeypatch.setattr(f"gapmatch.store.{module}.is_writable", lambda _path: False)
    before = (workspace / DATABASE_NAME).read_bytes()
    assert say(*command, "-w", workspace).code == 0
    assert (workspace / DATABASE_NAME).read_bytes() == before
    assert not (workspace / f"{DATABASE_NAME}-wal").exists()


def test_a_backup_that_cannot_be_written_is_explained(say, workspace, monkeypatch, tmp_path):
    def read_only(path: Path) -> None:
        raise OSError(errno.EROFS, "Read-only file system", str(path))

    monkeypatch.setattr("gapmatch.store.backups.make_private_folder", read_only)
    said = say("backup", "-w", workspace)
    assert said.code == 1
    assert "没有写入权限" in said.err


@pytest.mark.parametrize(
    "filters",
    [("没有这一家",), ("--overdue", "没有这一家"), ("--tier", "C", "--outcome", "refused")],
)
def test_a_list_of_cases_that_is_empty_says_so(say, workspace, filters):
    said = say("cases", *filters, "-w", str(workspace))
    assert (said.code, said.err) == (0, "")
    assert "共 0 件" in said.out
