"""The process of a job: ``python -m gapmatch.desk.job_process <folder> <number>``.

One call of the library, as a command makes it, with its progress and its end written to files.
"""

import _thread
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from typing import Any, Literal

from gapmatch.desk.job_files import (
    JOB,
    OUTCOME,
    PROGRESS,
    STOP,
    Finding,
    Job,
    JobOutcome,
    Progress,
    read_record,
    write_record,
)
from gapmatch.errors import BusyError, GapmatchError, GateError, StoreError
from gapmatch.i18n import _, set_language
from gapmatch.interruptions import note_interruptions, was_interrupted
from gapmatch.schemas import CODES
from gapmatch.store.lock import lock_workspace

POLL_SECONDS = 0.2
LOCK_SECONDS = 5.0
MAX_SHOWN_CHANGES = 12
_Statuses = Mapping[tuple[str, str, str], tuple[str, str | None]]


class ProgressFile:
    """An observer that writes which stage began when."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._first_began: float | None = None

    def begin(self, stage: str) -> None:
        """Write that ``stage`` begins; a disk that is full is noticed by the run itself."""
        now = time.time()
        self._first_began = self._first_began or now
        with suppress(OSError):
            write_record(self._folder, PROGRESS, Progress(stage, self._first_began, now))


def run_job(folder: Path, number: str) -> None:
    """Do the job of ``folder`` if it is still ``number`` and no other process does it."""
    with _lock_job(folder) as is_ours:
        job = read_record(folder, JOB, Job)
        if not is_ours or job is None or job.number != number:
            return
        set_language(job.language)
        began = time.monotonic()
        with note_interruptions():
            outcome = _find_outcome(job, folder)
        seconds = time.monotonic() - began
        write_record(folder, OUTCOME, JobOutcome(**{**vars(outcome), "seconds": seconds}))


@contextmanager
def _lock_job(folder: Path) -> Iterator[bool]:
    """Hold the lock of the job; a page that looks whether it is held holds it for an instant."""
    end = time.monotonic() + LOCK_SECONDS
    with ExitStack() as stack:
        while time.monotonic() < end:
            with suppress(BusyError):
                stack.enter_context(lock_workspace(folder, "job"))
                yield True
                return
            time.sleep(POLL_SECONDS / 10)
        yield False


@contextmanager
def _watch_for_stop(folder: Path) -> Iterator[None]:
    """Interrupt the work, as Ctrl+C does, when a page asks for it."""
    is_over = Event()

    def wait_for_stop() -> None:
        while not is_over.wait(POLL_SECONDS):
            if (folder / STOP).exists():
                _thread.interrupt_main()
                return

    watcher = Thread(target=wait_for_stop, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        is_over.set()
        watcher.join()


def _find_outcome(job: Job, folder: Path) -> JobOutcome:
    try:
        with _watch_for_stop(folder):
            return _check(job) if job.kind == "check" else _run(job, ProgressFile(folder))
    except GateError as error:
        return JobOutcome("doubtful", findings=list_findings(error.findings))
    except GapmatchError as error:
        return JobOutcome("failed", error.message, error.remedy)
    except (Exception, KeyboardInterrupt):
        if not was_interrupted():
            raise
        return JobOutcome("stopped")


def _run(job: Job, observer: ProgressFile) -> JobOutcome:
    from gapmatch.api.operations import run_quarter
    from gapmatch.results.run_results import PublishOptions
    from gapmatch.run.quarter_run import RunOptions

    options = RunOptions(
        PublishOptions(with_contacts=job.with_contacts), accept=job.accept, verify=job.verify
    )
    before = _load_statuses(job)
    summary = run_quarter(
        job.quarter,
        *_list_sources(job),
        workspace=job.workspace,
        options=options,
        observer=observer,
    )
    warnings = [*summary.warnings]
    if summary.refused_over_limit:
        warnings.append(_("弃用的行超过了设定的限度，请看各文件的缺陷"))
    if before is not None:
        warnings += _describe_changes(before, _load_statuses(job) or before)
    return JobOutcome("done", warnings=tuple(warnings))


def _load_statuses(job: Job) -> _Statuses | None:
    """Return code, name and county of the quarter's firms to status and tier; null: never run."""
    from gapmatch.api.stores import open_store

    with suppress(StoreError), open_store(Path(job.workspace)) as store:
        if job.quarter in store.quarters():
            sql = "SELECT code, name, county, status, tier FROM firms WHERE quarter = ?"
            return {row[:3]: row[3:] for row in store.db.execute(sql, [job.quarter])}
    return None


def _describe_changes(before: _Statuses, after: _Statuses) -> Iterator[str]:
    """Yield which firms have another status than in the run before, and whether visits changed."""
    from gapmatch.vocabulary.labels import list_status_labels

    labels = list_status_labels()
    changed = [key for key in after if key in before and after[key][0] != before[key][0]]
    shown = [
        f"{key[1] or key[0]}（{labels[before[key][0]]} → {labels[after[key][0]]}）"
        for key in changed[:MAX_SHOWN_CHANGES]
    ]
    words = _("与上一次运行相比：{n} 户的状态变了").format(n=len(changed))
    more = "…" if len(changed) > len(shown) else ""
    yield _("：").join(filter(None, (words, _("、").join(shown) + more)))
    visits = [sum(tier == "A" for _status, tier in side.values()) for side in (before, after)]
    if visits[0] != visits[1]:
        words = _("本季走访从 {before:,} 户变为 {after:,} 户")
        yield words.format(before=visits[0], after=visits[1])


def _check(job: Job) -> JobOutcome:
    from gapmatch.api.operations import check_quarter

    page = check_quarter(
        *_list_sources(job), quarter=job.quarter, verify=job.verify, workspace=job.workspace
    )
    findings = list_findings(page.facts["gate"])
    is_doubtful = any(finding[0] == "stop" for finding in findings)
    state: Literal["doubtful", "done"] = "doubtful" if is_doubtful else "done"
    return JobOutcome(state, findings=findings, counts=tuple(_count_check(page.facts)))


def list_findings(findings: Sequence[Mapping[str, Any]]) -> tuple[Finding, ...]:
    """Return findings of the gate as they are stored, stops first."""
    stored = [(str(f["severity"]), str(f["code"]), f["values"]) for f in findings]
    return tuple(sorted(stored, key=lambda finding: finding[0] != "stop"))


def _count_check(facts: Mapping[str, Any]) -> Iterator[str]:
    """Yield what was read of each source, and how many of its codes are right."""
    from gapmatch.read.read_model import Side
    from gapmatch.read.recognise import get_side_name

    for side, part in facts["sides"].items():
        rows, refused = (sum(f[name] for f in part["files"]) for name in ("rows", "refused"))
        line = _("{side}：{rows:,} 行，弃用 {refused:,} 行").format(
            side=get_side_name(Side(side)), rows=rows, refused=refused
        )
        codes = [
            p
            for p in part["profile"]
            if p["valid"] is not None and p["column"] in CODES and p["filled"]
        ]
        shares = (f"{code['valid'] / code['filled']:.1%}" for code in codes[:1])
        yield line + "".join(_("，代码有效 {share}").format(share=share) for share in shares)


def _list_sources(job: Job) -> list[list[str]]:
    return [list(job.files.get(side, ())) for side in ("tax", "enrollment", "registry")]


def main(arguments: Sequence[str]) -> None:
    """Do the job that the arguments name."""
    folder, number = arguments
    run_job(Path(folder), number)


if __name__ == "__main__":
    main(sys.argv[1:])
