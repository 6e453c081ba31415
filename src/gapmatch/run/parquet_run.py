"""Results as Parquet, which a cluster writes: beside the store, or without it if they are too many.

    .gapmatch-run/…/results       being written; the same run goes on from there
    parquet/.2022Q4.new-…         complete, with its ``run.json``
    parquet/2022Q4                what stands

They move as the folders in ``out/`` do (``publish/folder_swap.py``).
"""  # fmt: skip

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import polars as pl

from gapmatch.errors import PublishError, wrap_os_errors
from gapmatch.i18n import get_language
from gapmatch.pipeline import Clock, ParquetOnlyResult
from gapmatch.private_files import (
    flush_to_disk,
    make_private_file,
    make_private_folder,
    make_tree_private,
    write_private_file,
)
from gapmatch.publish.folder_swap import LAST_FILE, read_run_info, settle_folder, swap_folder
from gapmatch.read import Extract
from gapmatch.run.gate_check import GateOutcome
from gapmatch.run.summary import (
    Summary,
    build_county_counts,
    count_inputs,
    describe_unread_files,
    is_over_refusal_limit,
)
from gapmatch.settings.load import Settings
from gapmatch.store.runs import Store
from gapmatch.wording.notes import describe_notes

FOLDER = "parquet"


@dataclass(frozen=True)
class ParquetRun:
    """A run whose results are too many for the store and for workbooks: they lie as Parquet."""

    quarter: str
    extracts: Sequence[Extract]
    result: ParquetOnlyResult
    settings: Settings
    workspace: Path
    gate: GateOutcome
    moves: Sequence[object] = ()
    """What an earlier run left to be put in place, and this one did."""

    def summary(self, written: Path, start: float, clock: Clock) -> Summary:
        """Return the summary of the run whose results lie in ``written``; add the defects there."""
        report = Summary(
            quarter=self.quarter,
            run=0,
            out=self.workspace / FOLDER / self.quarter,
            seconds=perf_counter() - start,
            inputs=count_inputs(self.extracts),
            by_county=self._count_by_county(written),
            quality=self.result.quality,
            warnings=[
                *map(str, self.moves),
                *self.gate.sentences(get_language()),
                *describe_unread_files(self.extracts),
                *describe_notes(self.result.notes, get_language()),
            ],
            refused_over_limit=is_over_refusal_limit(self.extracts, self.settings),
            left_out=describe_unread_files(self.extracts),
            timings=dict(clock.seconds),
        )
        make_private_file(written / "defects.parquet")
        pl.concat([e.defects for e in self.extracts]).write_parquet(written / "defects.parquet")
        return report

    def _count_by_county(self, written: Path) -> dict[str, dict[str, int]]:
        gaps = (
            pl.scan_parquet(written / "gaps" / "*.parquet")
            .filter(~pl.col("is_repeat"))
            .select("county", "status")
            .collect()
        )
        targets = (
            pl.scan_parquet(written / "targets" / "*.parquet").select("county", "tier").collect()
        )
        return build_county_counts(
            gaps, targets.filter(pl.col("tier") == "A").group_by("county").len("tier_a")
        )


@contextmanager
def install_parquet(
    written: Path | None, place: Path, started: str, summary: Summary | None
) -> Iterator[None]:
    """Put complete results in their place once the block, which commits the run, has ended.

    ``started`` is what the run is known by; ``summary`` is that of a run that is not in the store.
    If the block fails, ``settle_parquet`` decides. Raises ``PublishError``.
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


def settle_parquet(place: Path, store: Store) -> bool:
    """Do what ``settle_folder`` does, for results as Parquet.

    Those of the run that stands in the store are installed, or of a run that is not in it.
    """
    held = place.name in store.quarters()
    stands = store.get_run_origin(place.name)[0] if held else None
    for staged in place.parent.glob(f".{place.name}.new-*"):
        info = read_run_info(staged) or {}
        if info.get("run") == 0:
            stands = str(info["run_id"])
    return settle_folder(place, stands, swap_folder)
