"""A quarter that is assessed but not yet stored or published.

The store and the files are written from it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from gapmatch import __version__
from gapmatch.i18n import _, get_language
from gapmatch.pipeline import Assessment, Clock
from gapmatch.read import Extract
from gapmatch.results.listed_rows import ListedRows
from gapmatch.results.run_results import PublishInput
from gapmatch.run.gate_check import GateOutcome
from gapmatch.run.housekeeping import Move
from gapmatch.run.summary import (
    Summary,
    count_inputs,
    describe_unread_files,
    is_over_refusal_limit,
    list_county_counts,
)
from gapmatch.settings.load import Settings
from gapmatch.store.lock import Holder
from gapmatch.store.runs import InputFile, RunRecord, get_utc_now
from gapmatch.wording.notes import describe_notes


@dataclass(frozen=True)
class AssessedRun:
    """Extracts, assessment, settings and gate of one quarter."""

    quarter: str
    started: str
    extracts: Sequence[Extract]
    assessment: Assessment
    settings: Settings
    gate: GateOutcome
    died: Holder | None = None
    """Who held the workspace last and did not live to let go."""

    moves: Sequence[Move] = ()
    """Files of earlier runs that were moved to their place first, or could not be."""

    listed: ListedRows | None = None
    """The tax list as it stands, if it is one to verify."""

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """Counts of the rows of each source."""
        return {
            str(e.side): {"read": e.rows_in, "duplicates": e.duplicates, "refused": e.refused}
            for e in self.extracts
        }

    @property
    def defects(self) -> pl.DataFrame:
        """DEFECTS of all sources."""
        return pl.concat([e.defects for e in self.extracts])

    @property
    def warnings(self) -> list[str]:
        """What was noted, in the current language."""
        return [
            *self.gate.sentences(get_language()),
            *describe_unread_files(self.extracts),
            *describe_notes(self.assessment.notes, get_language()),
        ]

    def frames(self) -> dict[str, pl.DataFrame]:
        """Return the frames that the store holds."""
        a = self.assessment
        return {
            "firms": a.firms,
            "units": a.units,
            "links": a.links,
            "gaps": a.gaps,
            "targets": a.targets,
            "defects": self.defects,
        }

    def record(self, clock: Clock) -> RunRecord:
        """Return what the store holds of the run next to its frames."""
        files = tuple(
            InputFile(str(e.side), str(f.path), f.sha256, f.bytes)
            for e in self.extracts
            for f in e.files
        )
        settings = self.settings.model_dump(mode="json")
        return RunRecord(
            self.quarter,
            __version__,
            self.started,
            files,
            settings,
            {**self.counts, "gate": self.gate.as_dict()},
            clock.seconds,
        )

    def run_info(self, run: int, clock: Clock) -> dict[str, Any]:
        """Return what ``run.json`` holds of the run."""
        return {
            "run_id": run,
            "version": __version__,
            "started": self.started,
            "finished": get_utc_now(),
            "inputs": [
                {"side": str(e.side), "file": f.name, "sha256": f.sha256, "rows": f.rows_in}
                for e in self.extracts
                for f in e.files
            ],
            "settings": self.settings.model_dump(mode="json"),
            "timings": {name: round(seconds, 3) for name, seconds in clock.seconds.items()},
            "counts": self.counts,
            "warnings": self.warnings,
            "quality": self.quality,
            "gate": self.gate.as_dict(),
        }

    @property
    def quality(self) -> dict[str, Any]:
        """Expected errors of the linkage."""
        return dict(self.assessment.linkage)

    def _collect_results(self) -> PublishInput:
        a = self.assessment
        return PublishInput(
            self.quarter, a.firms, a.units, a.links, a.gaps, a.targets, self.defects
        )

    def _recovered(self) -> list[str]:
        moves = [str(move) for move in self.moves]
        if self.died is None:
            return moves
        message = _(
            "上一次运行没有正常结束（{doing}，进程 {pid}，自 {since} 起），已清理，不影响结果"
        )
        return [
            message.format(doing=self.died.doing, pid=self.died.pid, since=self.died.since),
            *moves,
        ]

    def summary(self, run: int, workspace: Path, seconds: float, clock: Clock) -> Summary:
        """Return what the run came to, in the current language."""
        return Summary(
            quarter=self.quarter,
            run=run,
            out=workspace / "out" / self.quarter,
            seconds=seconds,
            inputs=count_inputs(self.extracts),
            by_county=list_county_counts(self._collect_results()),
            quality=self.quality,
            warnings=[*self._recovered(), *self.warnings],
            refused_over_limit=is_over_refusal_limit(self.extracts, self.settings),
            left_out=describe_unread_files(self.extracts),
            timings=dict(clock.seconds),
        )
