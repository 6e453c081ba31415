"""Results as Parquet, which a cluster writes: beside the store, or without it if they are too many.

    .gapmatch-run/…/results       being written; the same run goes on from there
    parquet/.2022Q4.new-…         complete, with its ``run.json``
    parquet/2022Q4                what stands

They move as the folders in ``out/`` do (``publish/folder_swap.py``).
"""  # fmt: skip

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from gapmatch.errors import PublishError, wrap_os_errors
from gapmatch.pipeline import Clock
from gapmatch.private_files import (
    flush_to_disk,
    make_private_file,
    make_private_folder,
    make_tree_private,
    write_private_file,
)
from gapmatch.publish.folder_swap import LAST_FILE, finish_move, read_run_info, swap_folder
from gapmatch.run.assessed_run import GatedRun, Summary, order_counts
from gapmatch.schemas import STATUSES
from gapmatch.store.runs import Store


def summarise_parquet(
    run: GatedRun, written: Path, out: Path, clock: Clock, start: float
) -> Summary:
    """Return the summary of a run whose results lie in ``written``; add the defects there."""
    make_private_file(written / "defects.parquet")
    run.defects.write_parquet(written / "defects.parquet")
    return run.summarise(0, out, _count_by_county(written), clock, start)


def _count_by_county(written: Path) -> dict[str, dict[str, int]]:
    """Count what is never in memory as a whole."""
    gaps, targets = (pl.scan_parquet(written / n / "*.parquet") for n in ("gaps", "targets"))
    firms = gaps.filter(~pl.col("is_repeat")).select("county", pl.col("status").cast(pl.String))
    tier_a = targets.filter(pl.col("tier") == "A").group_by("county").len("tier_a")
    statuses = [(pl.col("status") == name).sum().alias(name) for name in STATUSES]
    counted = firms.group_by("county").agg(pl.len().alias("firms"), *statuses)
    return order_counts(counted.join(tier_a, on="county", how="left").fill_null(0).collect())


@contextmanager
def install_parquet(
    written: Path | None, place: Path, started: str, summary: Summary | None
) -> Iterator[None]:
    """Put complete results in their place once the block, which commits the run, has ended.

    ``started`` is what the run is known by; ``summary`` is that of a run that is not in the store.
    If the block fails, ``finish_parquet_move`` decides. Raises ``PublishError``.
    """
    if written is None:
        yield
        return
    with wrap_os_errors(place, PublishError):
        staged = _stage(written, place, started, summary)
    yield
    with wrap_os_errors(place, PublishError):
        swap_folder(staged, place)


def _stage(written: Path, place: Path, started: str, summary: Summary | None) -> Path:
    info = {**(summary.as_dict() if summary else {}), "run_id": started}
    text = json.dumps(info, ensure_ascii=False, indent=2, sort_keys=True)
    make_private_folder(place.parent)
    staged = place.with_name(f".{place.name}.new-{os.getpid()}")
    make_tree_private(written)
    write_private_file(written / LAST_FILE, (text + "\n").encode())
    flush_to_disk(written)
    written.rename(staged)
    return staged


def finish_parquet_move(place: Path, store: Store) -> bool:
    """Do what ``finish_move`` does for results as Parquet, of runs in the store or not."""
    held = place.name in store.quarters()
    stands = store.get_run_origin(place.name)[0] if held else None
    for staged in place.parent.glob(f".{place.name}.new-*"):
        info = read_run_info(staged) or {}
        if info.get("run") == 0:
            stands = str(info["run_id"])
    return finish_move(place, stands, swap_folder)
