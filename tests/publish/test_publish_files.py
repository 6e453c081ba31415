"""Whatever happens, one whole set of results is there."""

import errno
import gc
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from invented_prefecture import COUNTIES, nothing, prefecture
from published_files import publish

from gapmatch.errors import PublishError
from gapmatch.forms import parallel
from gapmatch.forms.fast_worksheet import FastWorksheet
from gapmatch.forms.sheet_model import Book, TextSheet
from gapmatch.publish import folder_swap as files
from gapmatch.publish import outputs
from gapmatch.publish.folder_swap import (
    finish_move,
    install_folder,
    list_written_files,
    read_written_hashes,
    seal_folder,
    stage_folder,
)
from gapmatch.results.run_results import PublishInput, PublishOptions

RESULTS = prefecture(60)


@pytest.fixture(scope="module")
def published_once(tmp_path_factory):
    folder = tmp_path_factory.mktemp("published")
    publish(RESULTS, folder)
    return folder


@pytest.fixture
def published(published_once, tmp_path):
    """Let the results lie in ``tmp_path``."""
    shutil.copytree(published_once / "out", tmp_path / "out")


def contents(folder: Path) -> dict[str, bytes]:
    found = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def test_a_run_writes_the_promised_files_and_nothing_beside_them(tmp_path):
    written = publish(RESULTS, tmp_path)
    names = {path.relative_to(tmp_path / "out" / "2022Q4").as_posix() for path in written}
    assert names == {
        *(f"{name}.csv" for name in ("links", "gaps", "targets", "defects")),
        *(f"counties/{county}.xlsx" for county in COUNTIES),
        *("汇总.xlsx", "report.html", "run.json"),
    }
    assert all(path.is_file() for path in written)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["2022Q4"]


def test_the_same_results_give_the_same_bytes_whoever_writes_them(tmp_path):
    publish(RESULTS, tmp_path / "a", PublishOptions(processes=1))
    publish(RESULTS, tmp_path / "b", PublishOptions(processes=2))
    one, other = contents(tmp_path / "a"), contents(tmp_path / "b")
    assert results_only(one) == results_only(other)


def results_only(files):
    """All but how long it took, which run.json says."""
    kept = {name: content for name, content in files.items() if not str(name).endswith("run.json")}
    (info,) = (json.loads(files[name]) for name in files.keys() - kept.keys())
    return kept, {key: value for key, value in info.items() if key != "timings"}


def test_no_rows_at_all_still_give_every_file(tmp_path):
    names = {path.name for path in publish(nothing(), tmp_path)}
    assert {"gaps.csv", "targets.csv", "汇总.xlsx", "report.html", "run.json"} <= names


@pytest.mark.parametrize("content", ["", "[]", "{", "[" * 100_000, '{"outputs": [1]}', "{}"])
def test_a_damaged_run_json_lists_nothing(tmp_path, content):
    (tmp_path / "run.json").write_text(content, encoding="utf-8")
    assert read_written_hashes(tmp_path) == {}


def test_run_json_lists_what_was_written(published, tmp_path):
    folder = tmp_path / "out" / "2022Q4"
    info = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert info["outputs"] == {
        k: v for k, v in list_written_files(folder).items() if k != "run.json"
    }
    assert info["run_id"] == "2022Q4-0001"


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps rights elsewhere")
def test_only_the_owner_can_read_what_was_written(tmp_path):
    for path in publish(RESULTS, tmp_path):
        assert path.stat().st_mode & 0o077 == 0
        assert path.parent.stat().st_mode & 0o077 == 0


def test_a_full_disk_is_said_and_leaves_the_old_results_whole(published, tmp_path, monkeypatch):
    before = contents(tmp_path)

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(parallel, "write_book", full)
    with pytest.raises(PublishError, match="磁盘空间不足"):
        publish(RESULTS, tmp_path)
    assert contents(tmp_path) == before


def test_a_full_disk_under_a_helper_process_is_said_too(tmp_path, monkeypatch):
    full = "import errno, pickle, sys; pickle.load(sys.stdin.buffer)\nwhile pickle.load(sys.stdin.buffer):"
    full += (
        " sys.stdout.buffer.write(pickle.dumps(OSError(errno.ENOSPC, 'No space left on device')))"
    )
    monkeypatch.setattr(parallel, "_HELPER", full + "; sys.stdout.buffer.flush()")
    with pytest.raises(PublishError, match="磁盘空间不足"):
        publish(RESULTS, tmp_path, PublishOptions(processes=2))


def test_books_of_a_helper_that_died_are_written_all_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr(parallel, "_HELPER", "import sys; sys.exit(1)")
    publish(RESULTS, tmp_path, PublishOptions(processes=3))
    assert len(list((tmp_path / "out/2022Q4/counties").iterdir())) == len(COUNTIES)


def test_a_written_book_does_not_stay_in_memory(tmp_path):
    alive = []

    def make_books():
        for number in range(3):
            alive.append(sum(type(thing) is FastWorksheet for thing in gc.get_objects()))
            yield Book(f"{number}.xlsx", "书", (TextSheet("表", "题", (("项", "文字"),)),))

    with parallel.Writers.start_helpers(1) as writers, writers.write_during(make_books(), tmp_path):
        pass
    assert alive == [0, 0, 0]


def test_an_error_of_our_own_leaves_the_old_results_whole(published, tmp_path, monkeypatch):
    before = contents(tmp_path)
    monkeypatch.setattr(outputs, "render_report", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        publish(RESULTS, tmp_path)
    assert contents(tmp_path) == before


def test_a_read_only_folder_is_said(tmp_path, monkeypatch):
    def refused(*_, **__):
        raise PermissionError(errno.EACCES, "Permission denied", str(tmp_path))

    monkeypatch.setattr(Path, "mkdir", refused)
    with pytest.raises(PublishError, match="没有写入权限"):
        publish(RESULTS, tmp_path)


def test_a_workspace_that_is_a_file_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(PublishError, match="读写磁盘出错"):
        publish(RESULTS, tmp_path / "file")


def test_a_workbook_open_in_excel_is_named_before_anything_is_written(
    published, tmp_path, monkeypatch
):
    before = contents(tmp_path)
    monkeypatch.setattr(files, "_is_held", lambda path: path.stem == "东岭县")
    with pytest.raises(PublishError, match=r"请先在 Excel 中关闭 东岭县\.xlsx"):
        publish(RESULTS, tmp_path)
    assert contents(tmp_path) == before


def test_a_folder_that_windows_does_not_let_go_of_keeps_the_old_results(
    published, tmp_path, monkeypatch
):
    before = contents(tmp_path)
    real = Path.rename

    def held(self, target):
        if self.name == "2022Q4":
            raise PermissionError(errno.EACCES, "in use")
        return real(self, target)

    monkeypatch.setattr(Path, "rename", held)
    monkeypatch.setattr(files, "_PAUSE_SECONDS", 0)
    with pytest.raises(PublishError, match="关闭"):
        publish(RESULTS, tmp_path)
    assert contents(tmp_path) == before


def test_where_moving_in_fails_the_old_results_return(published, tmp_path, monkeypatch):
    before = contents(tmp_path)
    real = Path.rename

    def failing(self, target):
        if ".new-" in self.name:
            raise OSError(errno.EIO, "Input/output error")
        return real(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(PublishError, match="读写磁盘出错"):
        publish(RESULTS, tmp_path)
    assert contents(tmp_path) == before


LEFT = [
    # Folders, with the run that one is of if it is complete; the run that stands in the store.
    ({".2022Q4.new-1": 0}, None, "", "killed while writing the first time"),
    ({".2022Q4.new-1": 1}, None, "", "killed before the first commit"),
    ({".2022Q4.new-1": 1}, 1, ".2022Q4.new-1", "killed after the first commit"),
    ({".2022Q4.new-1": 0, "2022Q4": 1}, 1, "2022Q4", "killed while writing"),
    ({".2022Q4.new-1": 2, "2022Q4": 1}, 1, "2022Q4", "killed before the commit"),
    ({".2022Q4.new-1": 2, "2022Q4": 1}, 2, ".2022Q4.new-1", "killed after the commit"),
    ({".2022Q4.old-1": 1, ".2022Q4.new-1": 2}, 2, ".2022Q4.new-1", "killed between the moves"),
    ({".2022Q4.old-1": 1, ".2022Q4.new-1": 0}, 1, ".2022Q4.old-1", "the old ones stand"),
    ({".2022Q4.old-1": 1, "2022Q4": 2}, 2, "2022Q4", "killed while removing the old results"),
]


@pytest.mark.parametrize(("left", "run", "stands", "why"), LEFT)
def test_what_a_killed_run_left_is_put_in_order(tmp_path, left, run, stands, why):
    for name, number in left.items():
        folder = tmp_path / name
        folder.mkdir()
        (folder / "from").write_text(name, encoding="utf-8")
        if number:
            info = {"run_id": number, "outputs": list_written_files(folder)}
            (folder / "run.json").write_text(json.dumps(info), encoding="utf-8")
    moved = finish_move(tmp_path / "2022Q4", run)
    standing = [(path.name, (path / "from").read_text("utf-8")) for path in tmp_path.iterdir()]
    assert standing == ([("2022Q4", stands)] if stands else []), why
    assert moved == (".new" in stands)


def test_a_folder_that_is_not_what_was_written_is_not_moved_in(published, tmp_path):
    place = tmp_path / "out/2022Q4"
    before = contents(place)
    staged = stage_folder(place)
    info = {"run_id": 2, "outputs": {"gaps.csv": "0" * 64}}
    (staged / "gaps.csv").write_bytes(b"cut sho")
    (staged / "run.json").write_text(json.dumps(info), encoding="utf-8")
    assert not finish_move(place, 2)
    assert contents(place) == before


def test_what_was_edited_after_the_commit_is_preserved_by_a_late_move(published, tmp_path):
    place = tmp_path / "out/2022Q4"
    staged = stage_folder(place)
    outputs.write_results(RESULTS, staged, PublishOptions())
    seal_folder(staged, place, "zh")
    (place / "counties/东岭县.xlsx").write_bytes(b"filled in meanwhile")
    install_folder(staged, place)
    assert contents(place / "填写过的旧表") == {"东岭县.xlsx": b"filled in meanwhile"}


def test_other_quarters_are_left_alone(published, tmp_path):
    before = contents(tmp_path / "out/2022Q4")
    publish(replace(RESULTS, quarter="2023Q1"), tmp_path)
    assert contents(tmp_path / "out/2022Q4") == before


def test_a_workbook_that_was_filled_in_is_kept_when_the_quarter_runs_again(published, tmp_path):
    folder = tmp_path / "out/2022Q4"
    for entry in (b"filled in", b"filled in again", b"filled in again"):
        (folder / "counties/东岭县.xlsx").write_bytes(entry)
        publish(RESULTS, tmp_path)
    (folder / "notes.txt").write_bytes(b"mine")
    publish(RESULTS, tmp_path)
    kept = contents(folder / "填写过的旧表")
    assert kept == {
        "东岭县.xlsx": b"filled in",
        "东岭县 (2).xlsx": b"filled in again",
        "notes.txt": b"mine",
    }


def test_unchanged_files_are_not_kept(published, tmp_path):
    publish(RESULTS, tmp_path)
    assert not (tmp_path / "out/2022Q4/填写过的旧表").exists()


KILLED = """
import sys; sys.path[:0] = {tests!r}
from pathlib import Path
from invented_prefecture import prefecture
from published_files import publish
results = prefecture(120)
print("ready", flush=True)
while True:
    publish(results, Path({folder!r}))
"""


@pytest.mark.parametrize("moment", range(4))
def test_a_run_killed_at_any_moment_leaves_whole_results(tmp_path, moment):
    code = KILLED.format(tests=[str(Path(__file__).parents[1] / "factories")], folder=str(tmp_path))
    run = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert run.stdout is not None
    run.stdout.readline()
    time.sleep(0.15 + moment * 0.083)
    run.kill()
    run.communicate()
    out = tmp_path / "out"
    if out.exists():
        finish_move(out / "2022Q4", None)
        whole(out)
    publish(RESULTS, tmp_path)
    assert [path.name for path in out.iterdir()] == ["2022Q4"]


def whole(out: Path) -> None:
    """Nothing, or a folder in which every file is what its list says."""
    folders = list(out.iterdir())
    if folders:
        assert [path.name for path in folders] == ["2022Q4"]
        listed = json.loads((folders[0] / "run.json").read_text(encoding="utf-8"))["outputs"]
        found = list_written_files(folders[0])
        assert {k: v for k, v in found.items() if k != "run.json"} == listed


def test_the_input_is_plain_data():
    assert PublishInput.__dataclass_params__.frozen
