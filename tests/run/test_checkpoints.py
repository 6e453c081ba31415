"""What a stopped run has finished is used by the same run alone, and is gone when that has come to its end."""

import os

import polars as pl
import pytest

from gapmatch import pipeline
from gapmatch.linkage import load_shipped_model
from gapmatch.pipeline import Basis, Memory, NullObserver
from gapmatch.private_files import make_private_folder
from gapmatch.run.checkpoints import Checkpoints, hash_run, locate_run_folder, remove
from gapmatch.run.quarter_run import Sources, run_quarter
from gapmatch.settings.load import load_settings
from gapmatch.synth.plan import Plan
from gapmatch.synth.prefecture import make_prefecture
from gapmatch.synth.write import write_extracts
from gapmatch.workspace_files import CHECKPOINTS_FOLDER

QUARTER = "2022Q4"


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    folder = tmp_path_factory.mktemp("extracts")
    plan = Plan(seed=2, firms=100, quarters=(QUARTER,), prefectures=("520400",))
    files = write_extracts(make_prefecture(plan), folder)[QUARTER]
    return Sources(files.tax, files.enrollment)


@pytest.fixture
def workspace(tmp_path):
    """Where even the smallest run keeps what it has finished."""
    set_up(tmp_path, "[run]\ncheckpoint_firms = 0\n")
    return tmp_path


def set_up(workspace, text):
    (workspace / "gapmatch.toml").write_text(text, encoding="utf-8")


@pytest.fixture
def standardised(monkeypatch):
    """How often rows were standardised."""
    return count_calls(monkeypatch, "standardise")


@pytest.fixture
def linked(monkeypatch):
    """How often lists were linked."""
    return count_calls(monkeypatch, "link")


def count_calls(monkeypatch, name):
    found, function = [], getattr(pipeline, name)

    def counted(*arguments):
        found.append(1)
        return function(*arguments)

    monkeypatch.setattr(pipeline, name, counted)
    return found


class StopsAt:
    """Somebody who stops the run when a stage begins."""

    def __init__(self, stage):
        self.stage = stage

    def begin(self, stage):
        if stage == self.stage:
            raise KeyboardInterrupt


def stop(workspace, sources, stage="gap"):
    with pytest.raises(KeyboardInterrupt):
        run_quarter(QUARTER, sources, workspace, StopsAt(stage))


def tables(workspace):
    out = workspace / "out" / QUARTER
    return {p.name: p.read_bytes() for p in sorted(out.glob("*.csv"))}


def test_a_run_that_was_stopped_goes_on_from_what_it_had_finished(
    workspace, sources, standardised, linked, tmp_path_factory
):
    stop(workspace, sources)
    assert (len(standardised), len(linked)) == (1, 1)
    assert list((workspace / CHECKPOINTS_FOLDER / QUARTER).iterdir())
    continued = run_quarter(QUARTER, sources, workspace, NullObserver())
    assert (len(standardised), len(linked)) == (1, 1)
    assert not (workspace / CHECKPOINTS_FOLDER).exists()
    whole = tmp_path_factory.mktemp("whole")
    at_once = run_quarter(QUARTER, sources, whole, NullObserver())
    assert tables(whole) == tables(workspace)
    assert (at_once.quality, at_once.warnings) == (continued.quality, continued.warnings)


def test_a_run_that_was_stopped_while_it_linked_links_again(
    workspace, sources, standardised, linked
):
    stop(workspace, sources, "link")
    run_quarter(QUARTER, sources, workspace, NullObserver())
    assert (len(standardised), len(linked)) == (1, 1)


def test_a_run_with_other_settings_begins_anew_and_removes_what_is_left(
    workspace, sources, standardised
):
    stop(workspace, sources)
    old = list((workspace / CHECKPOINTS_FOLDER / QUARTER).iterdir())
    set_up(workspace, "[run]\ncheckpoint_firms = 0\n[capacity]\ndefault = 7\n")
    stop(workspace, sources)
    assert len(standardised) == 2
    assert not any(folder.exists() for folder in old)


def test_a_run_goes_on_by_what_is_in_its_files_not_by_their_time(tmp_path):
    file = tmp_path / "a.csv"
    file.write_text("a")
    before, times = hash_run([file], load_settings()), file.stat()
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns + 1_000_000_000))
    assert hash_run([file], load_settings()) == before
    file.write_text("b")
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert hash_run([file], load_settings()) != before


def test_a_short_run_keeps_nothing(tmp_path, sources, standardised):
    stop(tmp_path, sources)
    assert not list((tmp_path / CHECKPOINTS_FOLDER).rglob("*.arrow"))
    run_quarter(QUARTER, sources, tmp_path, NullObserver())
    assert len(standardised) == 2
    assert not (tmp_path / CHECKPOINTS_FOLDER).exists()


def test_a_stage_that_was_being_kept_when_the_run_died_is_done_again(tmp_path):
    made = []

    def make():
        made.append(1)
        return {"a": pl.DataFrame({"x": [1, 2]})}

    (tmp_path / "stage.part").mkdir()
    (tmp_path / "stage.part/a.arrow").write_bytes(b"half")
    for _ in range(2):
        assert Checkpoints(tmp_path).frames("stage", make)["a"]["x"].to_list() == [1, 2]
    assert len(made) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["stage"]


def test_decisions_visits_and_models_tell_runs_apart():
    settings, model = load_settings(), load_shipped_model()
    said, none = pl.DataFrame({"a": ["x"]}), pl.DataFrame(schema={"a": pl.String})
    other = model.replace_probabilities(model.m, model.u, model.matched_share / 2)
    every = [
        Basis(settings, model),
        Basis(settings, model, Memory(said, none)),
        Basis(settings, model, Memory(said.with_columns(a=pl.lit("y")), none)),
        Basis(settings, other),
    ]
    assert len({basis.compute_digest() for basis in every}) == len(every)
    assert Basis(settings, model, Memory(none, none)).compute_digest() == every[0].compute_digest()


def test_another_quarter_is_left_alone(tmp_path):
    for quarter in ("2022Q3", "2022Q4"):
        make_private_folder(locate_run_folder(tmp_path, quarter, "mark"))
    remove(tmp_path, "2022Q4")
    assert [p.name for p in (tmp_path / CHECKPOINTS_FOLDER).iterdir()] == ["2022Q3"]


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such modes")
def test_what_is_kept_is_for_its_owner_alone(workspace, sources):
    stop(workspace, sources)
    folders = [p for p in (workspace / CHECKPOINTS_FOLDER).rglob("*") if p.is_dir()]
    kept = list((workspace / CHECKPOINTS_FOLDER).rglob("*.arrow"))
    assert kept
    for file in kept:
        assert any(p.stat().st_mode & 0o077 == 0 for p in file.parents if p in folders)
