"""The files by which the desk and the process of a job know of each other.

A job outlives the page, and the desk too: what it does and how it ended stands in files. Whether it
lives is known by its lock, which the system lets go of however a process dies.
"""

import json
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Literal, TypeVar

from pydantic import TypeAdapter, ValidationError

from gapmatch.errors import BusyError
from gapmatch.private_files import read_json_object, replace_private_file
from gapmatch.workspace_files import UPLOADS_FOLDER

JOB, PROGRESS, OUTCOME, STOP, LOG_FILE = (
    *("job.json", "progress.json", "outcome.json"),
    *("stop", "log.txt"),
)
JobKind = Literal["check", "run"]
Finding = tuple[str, str, Mapping[str, Any]]
"""What the gate found: severity, code, values; pages put it in words of their language."""
MAX_ATTEMPTS, ATTEMPT_SECONDS = 20, 0.05
_LOOKING = Lock()
"""One tab looks at a time: two would take each other for the job."""
Stored = TypeVar("Stored", bound="Job | Progress | JobOutcome")


@dataclass(frozen=True)
class Job:
    """What is to be done; ``files``: source to paths."""

    number: str
    kind: JobKind
    language: str
    workspace: str
    quarter: str
    files: Mapping[str, list[str]]
    started: float
    verify: bool = False
    accept: str | None = None
    with_contacts: bool = False


@dataclass(frozen=True)
class Progress:
    """The stage at work, and when the first stage began and this one (seconds since 1970)."""

    stage: str
    first_began: float
    began: float


@dataclass(frozen=True)
class JobOutcome:
    """How a job ended."""

    state: Literal["done", "failed", "doubtful", "stopped"]
    message: str = ""
    remedy: str = ""
    findings: tuple[Finding, ...] = ()
    warnings: tuple[str, ...] = ()
    seconds: float = 0.0
    counts: tuple[str, ...] = ()
    """What a check counted, in sentences."""


def find_job_folder(workspace: Path) -> Path:
    """Return the folder of a workspace's job, which need not be there."""
    return workspace / UPLOADS_FOLDER / "job"


def write_record(folder: Path, name: str, record: "Job | Progress | JobOutcome") -> None:
    """Write ``record`` as a whole: a reader finds the old one or the new one."""
    content = json.dumps(asdict(record), ensure_ascii=False).encode()
    for _attempt in range(MAX_ATTEMPTS):
        try:
            replace_private_file(folder / name, content)
            return
        except PermissionError:  # on Windows, while a page reads the old one
            time.sleep(ATTEMPT_SECONDS)
    replace_private_file(folder / name, content)


def read_record(folder: Path, name: str, kind: type[Stored]) -> Stored | None:
    """Return what is written, or ``None`` if nothing is or it cannot be read."""
    try:
        return TypeAdapter(kind).validate_python(read_json_object(folder / name))
    except ValidationError:
        return None


def is_held(folder: Path) -> bool:
    """Whether a process works on the job of ``folder``; looking takes its lock for an instant."""
    from gapmatch.store.lock import lock_workspace

    with _LOOKING:
        try:
            with lock_workspace(folder, "look"):
                return False
        except BusyError:
            return True


def clear_records(folder: Path) -> None:
    """Delete what an earlier job left."""
    for name in (PROGRESS, OUTCOME, STOP):
        with suppress(FileNotFoundError):
            (folder / name).unlink()
