"""Checks and runs that the desk starts: one at a time in a workspace, in a process of their own."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

from gapmatch.api.stage_durations import (
    estimate_total,
    format_duration,
    stage_labels,
    sum_earlier_shares,
)
from gapmatch.desk.desk_session import make_secret
from gapmatch.desk.job_files import (
    JOB,
    LOG_FILE,
    OUTCOME,
    PROGRESS,
    STOP,
    Job,
    JobKind,
    JobOutcome,
    Progress,
    clear_records,
    find_job_folder,
    is_held,
    read_record,
    write_record,
)
from gapmatch.desk.uploads import is_unchanged_since
from gapmatch.errors import GapmatchError, StoreError, wrap_os_errors
from gapmatch.i18n import _, get_language
from gapmatch.private_files import make_private_file, make_private_folder

START_SECONDS = 20.0
"""How long a process that another desk started may take until it holds its lock."""
_PROCESSES: dict[str, "subprocess.Popen[bytes]"] = {}
"""Processes of this desk's jobs, by the number of the job."""


@dataclass(frozen=True)
class JobOrder:
    """What a page asks for."""

    kind: JobKind
    quarter: str
    files: Mapping[str, Sequence[Path]]
    verify: bool = False
    accept: str | None = None
    with_contacts: bool = False


@dataclass(frozen=True)
class JobState:
    """A job as it stands; without one, ``state`` is ``none``.

    ``state``: none, running, done, failed, doubtful, stopped. ``share``: of a run's time, 0 to 1.
    """

    state: str
    job: Job | None = None
    outcome: JobOutcome | None = None
    stage: str = ""
    share: float = 0.0
    time_left: str = ""
    is_stopping: bool = False

    @property
    def is_running(self) -> bool:
        """Whether a process works on it."""
        return self.state == "running"


def start_job(workspace: Path, order: JobOrder) -> None:
    """Start a process that does what is ordered, or raise ``GapmatchError`` if one is at work."""
    from gapmatch.store.lock import lock_workspace

    folder = find_job_folder(workspace)
    with wrap_os_errors(folder, StoreError):
        make_private_folder(folder)
        if read_state(workspace).is_running:
            raise GapmatchError(_("这个工作区里已有任务在运行"), _("请等它结束，或先停止它。"))
        with lock_workspace(folder, "start"):
            clear_records(folder)
            job = _build_job(workspace, order)
            write_record(folder, JOB, job)
        _start_process(folder, job)


def find_rerun(workspace: Path, quarter: str) -> JobOrder | None:
    """Return the order of the last run if it was of ``quarter`` and its files are still there."""
    job = read_record(find_job_folder(workspace), JOB, Job)
    if job is None or job.kind != "run" or job.quarter != quarter:
        return None
    files = {side: [Path(path) for path in paths] for side, paths in job.files.items()}
    paths = [path for own in files.values() for path in own]
    if not all(is_unchanged_since(path, job.started) for path in paths):
        return None  # removed, or another file of the same name
    return JobOrder("run", quarter, files, job.verify, job.accept, job.with_contacts)


def _build_job(workspace: Path, order: JobOrder) -> Job:
    files = {side: [str(path.absolute()) for path in paths] for side, paths in order.files.items()}
    return Job(
        number=make_secret(),
        kind=order.kind,
        language=get_language(),
        workspace=str(workspace.absolute()),
        quarter=order.quarter,
        files=files,
        started=time.time(),
        verify=order.verify,
        accept=order.accept,
        with_contacts=order.with_contacts,
    )


def _start_process(folder: Path, job: Job) -> None:
    """Start the process apart from this one's terminal: Ctrl+C here does not reach it."""
    log = folder / LOG_FILE
    make_private_file(log)
    command = [
        sys.executable,
        "-m",
        "gapmatch.desk.job_process",
        str(folder.absolute()),
        job.number,
    ]
    flags = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)  # of Windows
    flags |= getattr(subprocess, "CREATE_NO_WINDOW", 0)
    with log.open("wb") as file:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            creationflags=flags,
            start_new_session=os.name == "posix",
        )
    _PROCESSES[job.number] = process
    Thread(target=process.wait, daemon=True).start()


def stop_job(workspace: Path) -> None:
    """Ask the process of the job to stop, as Ctrl+C does; results stay as they were."""
    folder = find_job_folder(workspace)
    if read_state(workspace).is_running:
        with wrap_os_errors(folder, StoreError):
            make_private_file(folder / STOP)


def forget_job(workspace: Path) -> None:
    """Delete what an ended job left, so that no page shows it any longer."""
    folder = find_job_folder(workspace)
    if folder.is_dir() and not read_state(workspace).is_running:
        with wrap_os_errors(folder, StoreError):
            clear_records(folder)
            (folder / JOB).unlink(missing_ok=True)


def read_state(workspace: Path) -> JobState:
    """Return how the job of ``workspace`` stands."""
    folder = find_job_folder(workspace)
    if not folder.is_dir():
        return JobState("none")
    job, outcome = read_record(folder, JOB, Job), read_record(folder, OUTCOME, JobOutcome)
    if job is None:
        return JobState("none")
    if outcome is None and (is_held(folder) or _is_starting(job)):
        return _describe_progress(folder, job)
    # It may have ended while we looked.
    outcome = read_record(folder, OUTCOME, JobOutcome) or _describe_death()
    return JobState(outcome.state, job, outcome)


def _is_starting(job: Job) -> bool:
    process = _PROCESSES.get(job.number)
    if process is not None:
        return process.poll() is None
    return time.time() - job.started < START_SECONDS


def _describe_progress(folder: Path, job: Job) -> JobState:
    is_stopping = (folder / STOP).exists()
    progress = read_record(folder, PROGRESS, Progress)
    if progress is None:
        label = _("检查两份清册") if job.kind == "check" else _("准备")
        return JobState("running", job, stage=label, is_stopping=is_stopping)
    share = sum_earlier_shares(progress.stage)
    total = estimate_total(progress.began - progress.first_began, share)
    left = "" if total is None else format_duration(progress.first_began + total - time.time())
    label = stage_labels().get(progress.stage, progress.stage)
    return JobState("running", job, None, label, share, left, is_stopping)


def _describe_death() -> JobOutcome:
    return JobOutcome(
        "failed",
        _("任务没有报告结果就结束了：可能是内存不足、磁盘已满，或被系统或他人结束"),
        _(
            "结果仍是原来的，若已写完则是新的，不会新旧混杂。请关闭其他程序、腾出空间后重新运行；"
            "仍不行的，调低 [linkage] batch_pairs。"
        ),
    )
