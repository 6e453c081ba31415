"""What the page of the extracts shows: files, doubts, the job, the visits of the year."""

import filecmp
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from gapmatch.desk.extract_list import (
    UNUSED,
    Choices,
    ExtractFile,
    change_choices,
    choose_quarter,
    find_overlaps,
    get_side_label,
    list_extracts,
    list_named_quarters,
    load_choices,
)
from gapmatch.desk.finding_steps import Doubt, describe_doubts
from gapmatch.desk.jobs import JobState, forget_job, read_state
from gapmatch.desk.practice import is_practice
from gapmatch.i18n import _
from gapmatch.quarters import Quarter
from gapmatch.workspace_files import DATABASE_NAME

Row = Mapping[str, Any]

MAX_RECENT_QUARTERS = 8
SAMPLE_QUARTERS = ("2022Q3", "2022Q4")
"""Those that ``write_sample`` makes."""


@dataclass(frozen=True)
class FilesState:
    """What the page shows."""

    files: Sequence[ExtractFile]
    quarter: str
    choices: Choices
    job: JobState
    visits: Sequence[Row]
    """The visits of the year, by quarter."""
    quarters: Sequence[str]
    """Those that were run."""
    is_practice: bool
    has_reviews: bool
    """Whether the latest quarter has firms whose status waits for a decision."""

    @property
    def sample_quarter(self) -> str | None:
        """The next quarter of the sample to practise with, if nothing real is here."""
        if self.files or (self.quarters and not self.is_practice):
            return None
        return next((q for q in SAMPLE_QUARTERS if q not in self.quarters), None)

    @property
    def used_for(self) -> list[str]:
        """The quarters that files were run for which lie here beside new ones."""
        used = {file.used_for for file in self.files if file.side != UNUSED}
        return sorted(used - {""}) if "" in used else []

    @property
    def is_all_used(self) -> bool:
        """Whether all files that lie here were run: this quarter is done, or is run again."""
        return bool(self.files) and all(file.used_for or file.side == UNUSED for file in self.files)

    @property
    def sizes(self) -> dict[str, int]:
        """The names of the files with their bytes: another size under a name is another file."""
        return {file.path.name: file.bytes for file in self.files}

    @property
    def doubts(self) -> list[Doubt]:
        """What the gate found, each with what to do."""
        files = [(file.path.name, file.side) for file in self.files]
        return describe_doubts(self.job.outcome.findings if self.job.outcome else (), files)

    @property
    def is_run_before(self) -> bool:
        """Whether the quarter has results already."""
        return self.quarter in self.quarters

    @property
    def overlaps(self) -> list[str]:
        """What to do about files of one source with mostly the same names."""
        return [_describe_overlap(one, other) for one, other in find_overlaps(self.files)]

    @property
    def named_quarters(self) -> list[str]:
        """The quarters that the files name."""
        return list_named_quarters(self.files)

    @property
    def quarter_choices(self) -> list[str]:
        """The quarters to choose from, latest first."""
        latest = Quarter.from_day(date.today())
        recent = {str(latest.next(-number)) for number in range(-1, MAX_RECENT_QUARTERS)}
        return sorted({self.quarter, *self.quarters, *self.named_quarters, *recent}, reverse=True)

    @property
    def unvisited(self) -> int:
        """Visits of the latest quarter without a result, if a later one is to be run."""
        last = self.visits[-1] if self.visits else None
        is_next = last is not None and last["quarter"] < self.quarter
        return int(last["tier_a"] - last["visited"]) if last and is_next else 0

    @property
    def missing(self) -> list[str]:
        """The sources that a run needs and that no file is of."""
        there = {file.side for file in self.files if file.reading.page}
        return [get_side_label(side) for side in ("tax", "enrollment") if side not in there]

    @property
    def unread(self) -> list[str]:
        """Files that cannot be read, and that nobody set aside: no run leaves them out unasked."""
        files = [file for file in self.files if file.side != UNUSED and not file.reading.page]
        return [file.path.name for file in files]


def _describe_overlap(one: ExtractFile, other: ExtractFile) -> str:
    names = {"one": one.path.name, "other": other.path.name}
    quarters = {file.reading.quarter for file in (one, other)} - {None, ""}
    if len(quarters) > 1:
        return _("“{one}”和“{other}”写的是不同的季度，混在一起了：请移除不是这一季的。").format(
            **names
        )
    if one.bytes == other.bytes and filecmp.cmp(one.path, other.path, shallow=False):
        return _("“{one}”和“{other}”完全相同：请移除其中一份。").format(**names)
    words = _("“{one}”和“{other}”里大多是同样的名称：如果是同一份清册的两版，请移除旧的一份。")
    return words.format(**names)


def load_files_state(workspace: Path) -> FilesState:
    """Return what the page shows now."""
    job = read_state(workspace)
    files = list_extracts(workspace)
    visits, quarters, has_reviews = list_visits(workspace)
    return FilesState(
        files=files,
        quarter=choose_quarter(workspace, files),
        choices=load_choices(workspace),
        job=job,
        visits=visits,
        quarters=quarters,
        is_practice=is_practice(workspace),
        has_reviews=has_reviews,
    )


def note_used_files(workspace: Path) -> None:
    """Remember which files a finished run read: the next quarter begins without them."""
    state = read_state(workspace)
    job = state.job
    if job is None or state.state != "done" or job.kind != "run":
        return
    names = [Path(path).name for paths in job.files.values() for path in paths]
    noted = {"used": dict.fromkeys(names, job.quarter), "used_at": job.started}
    choices = load_choices(workspace)
    if (choices.used, choices.used_at) != (noted["used"], noted["used_at"]):
        change_choices(workspace, {**noted, "contacts": False})


def list_visits(workspace: Path) -> tuple[list[Row], list[str], bool]:
    """Return the visits of the latest year, the quarters that were run, and whether the latest has
    firms in review.
    """
    if not (workspace / DATABASE_NAME).is_file():
        return [], [], False
    from gapmatch.api.stores import open_store
    from gapmatch.ledger.case_progress import count_visits

    with open_store(workspace) as store:
        counted = count_visits(store).drop("county")
        rows = counted.group_by("quarter").sum().sort("quarter").to_dicts()
        quarters = store.quarters()
        sql = "SELECT EXISTS (SELECT 1 FROM firms WHERE quarter = ? AND status = 'review')"
        has_reviews = (
            bool(store.db.execute(sql, quarters[-1:]).fetchone()[0]) if quarters else False
        )
    year = quarters[-1][:4] if quarters else ""
    return [row for row in rows if row["quarter"][:4] == year], quarters, has_reviews


def forget_findings(workspace: Path) -> None:
    """Delete the findings of files that have been replaced."""
    state = read_state(workspace)
    if state.job and (state.job.kind == "check" or state.state != "done"):
        forget_job(workspace)
