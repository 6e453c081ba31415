"""A run whose results are too many for the store and for workbooks: they lie as Parquet."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import polars as pl

from gapmatch.i18n import get_language
from gapmatch.pipeline import Clock, ParquetOnlyResult
from gapmatch.private_files import make_private_file, write_private_file
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
from gapmatch.wording.notes import describe_notes


@dataclass(frozen=True)
class ParquetRun:
    """A run whose results are too many for the store and for workbooks: they lie as Parquet."""

    quarter: str
    extracts: Sequence[Extract]
    result: ParquetOnlyResult
    settings: Settings
    workspace: Path
    gate: GateOutcome

    def summary(self, start: float, clock: Clock) -> Summary:
        """Return the summary of the run, and write it next to the results as ``run.json``."""
        out = self.workspace / "parquet" / self.quarter
        report = Summary(
            quarter=self.quarter,
            run=0,
            out=out,
            seconds=perf_counter() - start,
            inputs=count_inputs(self.extracts),
            by_county=self._count_by_county(out),
            quality=self.result.quality,
            warnings=[
                *self.gate.sentences(get_language()),
                *describe_unread_files(self.extracts),
                *describe_notes(self.result.notes, get_language()),
            ],
            refused_over_limit=is_over_refusal_limit(self.extracts, self.settings),
            left_out=describe_unread_files(self.extracts),
            timings=dict(clock.seconds),
        )
        text = json.dumps(report.as_dict(), ensure_ascii=False, indent=2, sort_keys=True)
        write_private_file(out / "run.json", (text + "\n").encode())
        make_private_file(out / "defects.parquet")
        pl.concat([e.defects for e in self.extracts]).write_parquet(out / "defects.parquet")
        return report

    def _count_by_county(self, out: Path) -> dict[str, dict[str, int]]:
        gaps = (
            pl.scan_parquet(out / "gaps" / "*.parquet")
            .filter(~pl.col("is_repeat"))
            .select("county", "status")
            .collect()
        )
        targets = pl.scan_parquet(out / "targets" / "*.parquet").select("county", "tier").collect()
        return build_county_counts(
            gaps, targets.filter(pl.col("tier") == "A").group_by("county").len("tier_a")
        )
