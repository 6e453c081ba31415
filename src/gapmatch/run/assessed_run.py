"""A quarter that passed the gate: what its store, its files and its summary are made of."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import polars as pl

from gapmatch import __version__
from gapmatch.i18n import _, get_language
from gapmatch.pipeline import Assessment, Clock
from gapmatch.privacy import mask_numbers, mask_values
from gapmatch.read import Extract
from gapmatch.results.listed_rows import ListedRows
from gapmatch.results.quarter_figures import count_by_status, join_firm_statuses
from gapmatch.results.run_results import PublishInput
from gapmatch.run.gate_check import GateOutcome
from gapmatch.schemas import STATUSES
from gapmatch.settings.load import Settings
from gapmatch.store.runs import InputFile, RunRecord, get_utc_now
from gapmatch.vocabulary.notes import Note
from gapmatch.wording.note_sentences import describe_notes


@dataclass(frozen=True)
class InputCount:
    """Counts of an extract file: ``read = used`` (folded rows too) ``+ duplicates + refused``."""

    side: str
    file: str
    read: int
    used: int
    duplicates: int
    refused: int
    not_data: int = 0
    """Titles, headers, totals, furniture and blank rows: with ``read``, every row of the file."""

    def as_dict(self) -> dict[str, Any]:
        """Return the counts under their public names."""
        values = asdict(self)
        return {"kept" if name == "used" else name: n for name, n in values.items()}


@dataclass(frozen=True)
class Summary:
    """What a run came to, for people and scripts."""

    quarter: str
    run: int
    out: Path
    seconds: float
    inputs: Sequence[InputCount]
    by_county: Mapping[str, Mapping[str, int]]
    quality: Mapping[str, Any]
    warnings: Sequence[str]
    refused_over_limit: bool
    timings: Mapping[str, float]
    left_out: Sequence[str] = ()
    """Files and sheets that hold something like data and were not read."""
    mostly_hidden: bool = False
    """Whether most rows of a sheet were hidden; they were read."""

    def as_dict(self) -> Mapping[str, Any]:
        """Return everything as plain values."""
        inputs = [counts.as_dict() for counts in self.inputs]
        return {**asdict(self), "inputs": inputs, "out": str(self.out)}


@dataclass(frozen=True)
class GatedRun:
    """One quarter: its extracts, settings and gate, and what was noted on the way."""

    quarter: str
    started: str
    extracts: Sequence[Extract]
    settings: Settings
    gate: GateOutcome
    recovered: Sequence[str]
    """What earlier runs had left, and this one put in order; in the current language."""
    quality: Mapping[str, Any]
    """Expected errors of the linkage."""
    notes: Sequence[Note]

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """Counts of the rows of each source."""
        return {
            str(e.side): {"read": e.rows_in, "duplicates": e.duplicates, "refused": e.refused}
            for e in self.extracts
        }

    @property
    def expected_errors(self) -> dict[str, Any]:
        """What ``quality`` has, and of branches that are listed how many a head office insures."""
        for note in self.notes:
            if note.code == "covered_branches":
                branches = {**note.facts, "value": note.facts["expected"]}
                return {**self.quality, "covered_branches": branches}
        return dict(self.quality)

    @property
    def defects(self) -> pl.DataFrame:
        """DEFECTS of all sources."""
        return pl.concat([e.defects for e in self.extracts])

    @property
    def warnings(self) -> list[str]:
        """What was noted, in the current language."""
        return [
            *self.gate.sentences(get_language()),
            *_describe_unread_files(self.extracts),
            *describe_notes(self.notes, get_language()),
        ]

    def record(self, clock: Clock) -> RunRecord:
        """Return what the store holds of the run next to its frames."""
        files = tuple(
            InputFile(str(e.side), mask_numbers(str(f.path)), f.sha256, f.bytes)
            for e in self.extracts
            for f in e.files
        )
        return RunRecord(
            self.quarter,
            __version__,
            self.started,
            files,
            mask_values(self.settings.model_dump(mode="json")),
            {**self.counts, "gate": self.gate.as_dict(), "quality": self.expected_errors},
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
            "settings": mask_values(self.settings.model_dump(mode="json")),
            "timings": {name: round(seconds, 3) for name, seconds in clock.seconds.items()},
            "counts": self.counts,
            "warnings": self.warnings,
            "quality": self.expected_errors,
            "gate": self.gate.as_dict(),
        }

    def summarise(
        self,
        run: int,
        out: Path,
        by_county: Mapping[str, Mapping[str, int]],
        clock: Clock,
        start: float,
    ) -> Summary:
        """Return what the run came to, in the current language; ``start``: of ``perf_counter``."""
        return Summary(
            quarter=self.quarter,
            run=run,
            out=out,
            seconds=perf_counter() - start,
            inputs=_count_inputs(self.extracts),
            by_county=by_county,
            quality=self.expected_errors,
            warnings=[*self.recovered, *self.warnings],
            refused_over_limit=_is_over_refusal_limit(self.extracts, self.settings),
            left_out=_describe_unread_files(self.extracts),
            mostly_hidden=any(
                2 * sheet.hidden_rows > sheet.rows_in
                for extract in self.extracts
                for file in extract.files
                for sheet in file.sheets
            ),
            timings=dict(clock.seconds),
        )


@dataclass(frozen=True)
class AssessedRun(GatedRun):
    """A quarter whose results are in memory, to be stored and published."""

    assessment: Assessment
    listed: ListedRows | None
    """The tax list as it stands, if it is one to verify."""

    def frames(self) -> dict[str, pl.DataFrame]:
        """Return the frames that the store holds."""
        names = ("firms", "units", "links", "gaps", "targets")
        return {**{n: getattr(self.assessment, n) for n in names}, "defects": self.defects}

    def count_by_county(self) -> dict[str, dict[str, int]]:
        """Return firms, statuses and this quarter's visits by county, most gaps first."""
        results = PublishInput.from_frames(self.quarter, self.frames())
        counts = count_by_status(join_firm_statuses(results), "county")
        return order_counts(counts.select("county", "firms", *STATUSES, "tier_a"))


def _is_over_refusal_limit(extracts: Sequence[Extract], settings: Settings) -> bool:
    """Return whether more rows were refused than the settings allow."""
    read, refused = sum(e.rows_in for e in extracts), sum(e.refused for e in extracts)
    return refused > settings.read.refused_share_limit * max(1, read)


def _describe_unread_files(extracts: Sequence[Extract]) -> list[str]:
    """Name what was left out, although it may hold data, in the current language."""
    text = _("未读取，其中可能有数据：{name}（{why}）")
    return [
        text.format(name=name, why=_(why)) for e in extracts for name, why in e.left_out.items()
    ]


def _count_inputs(extracts: Sequence[Extract]) -> list[InputCount]:
    """Return what happened to the rows of each file."""
    return [
        InputCount(
            *(str(e.side), f.name, f.rows_in, f.unique + f.folded),
            *(f.duplicates, f.refused, f.not_data),
        )
        for e in extracts
        for f in e.files
    ]


def order_counts(table: pl.DataFrame) -> dict[str, dict[str, int]]:
    """Return county to counts, counties with most gaps first."""
    ordered = table.sort("uninsured", "county", descending=[True, False])
    return {
        row.pop("county"): {name: int(n) for name, n in row.items()} for row in ordered.to_dicts()
    }
