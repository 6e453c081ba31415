"""Results of a cluster, which lie as Parquet: a death at any operation leaves the old ones or the new."""

import re
from functools import partial
from pathlib import Path

import pytest
from fault_injector import KINDS, Deaths, Fault, Kind, arm, run_struck

from gapmatch.api.stores import open_store
from gapmatch.errors import GapmatchError
from gapmatch.run.assessed_run import Summary
from gapmatch.run.housekeeping import find_unfinished_moves, finish_moves
from gapmatch.run.parquet_run import install_parquet
from gapmatch.store.runs import RunRecord, Store
from gapmatch.workspace_files import CHECKPOINTS_FOLDER, PARQUET_FOLDER

QUARTER = "2022Q4"
OLD, NEW = "2022-12-31T00:00:00+00:00", "2023-01-01T00:00:00+00:00"
ALONE = Summary(QUARTER, 0, Path(), 0.0, (), {}, {}, (), refused_over_limit=False, timings={})


def run(workspace: Path, started: str, *, is_stored: bool) -> None:
    """Do what a run on a cluster does once its results are written."""
    with Store.open(workspace) as store:
        finish_moves(workspace, store)
        written = workspace / CHECKPOINTS_FOLDER / QUARTER / "results"
        (written / "gaps").mkdir(parents=True)
        (written / "gaps/part-000000.parquet").write_text(started)
        summary = None if is_stored else ALONE
        with install_parquet(written, workspace / PARQUET_FOLDER / QUARTER, started, summary):
            if is_stored:
                with store.transaction():
                    store.add_run(RunRecord(QUARTER, "0.1.0", started))


def read_stand(workspace: Path) -> str:
    """Let the next command put things in order; return which run's results stand."""
    with open_store(workspace):
        pass
    assert not find_unfinished_moves(workspace)
    return (workspace / PARQUET_FOLDER / QUARTER / "gaps/part-000000.parquet").read_text()


@pytest.mark.parametrize("is_stored", [True, False], ids=["beside-the-store", "alone"])
def test_a_death_leaves_old_results_or_new_ones_as_the_store_does(
    tmp_path, caplog, trials, is_stored
):
    workspace = tmp_path / "w"
    run(workspace, OLD, is_stored=is_stored)
    deaths = Deaths(workspace, Kind("killed", 0), images=tmp_path / "images")
    with arm(deaths):
        run(workspace, NEW, is_stored=is_stored)
    stands = []
    for copy, where in deaths.found:
        caplog.clear()
        before = (copy / PARQUET_FOLDER / QUARTER / "gaps/part-000000.parquet").exists()
        moved = (
            before and (copy / PARQUET_FOLDER / QUARTER / "gaps/part-000000.parquet").read_text()
        )
        with trials.trial(f"killed before {where}"):
            stands.append(read_stand(copy))
            is_late = stands[-1] == NEW and moved != NEW
            assert bool(re.search("换入 parquet/2022Q4", caplog.text)) == is_late, where
            if is_stored:
                with Store.open(copy) as store:
                    assert store.get_run_origin(QUARTER)[0] == stands[-1], where
            trials.count("new" if stands[-1] == NEW else "old")
    assert stands == sorted(stands)
    assert set(stands) == {OLD, NEW}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name.replace(" ", "-"))
def test_a_fault_leaves_old_results_or_new_ones(tmp_path, trials, kind):
    count, turn = 1, 0
    while turn < count:
        turn += 1
        workspace = tmp_path / str(turn)
        run(workspace, OLD, is_stored=False)
        fault = Fault(workspace, kind, turn)
        errors = (GapmatchError, KeyboardInterrupt, OSError)
        error = run_struck(fault, partial(run, workspace, NEW, is_stored=False), errors)
        count = max(count, len(fault.seen))
        with trials.trial(fault.seen[-1]):
            stands = read_stand(workspace)
            assert stands == NEW or (error is not None and stands == OLD), fault.seen[-1]
            trials.count("new" if stands == NEW else "old")
