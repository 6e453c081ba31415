"""The extracts that were dropped: which source each is, and what was chosen for the quarter."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import asdict, dataclass, field
from datetime import date
from itertools import combinations
from math import inf
from pathlib import Path
from threading import Lock
from typing import Any

from pydantic import TypeAdapter, ValidationError

from gapmatch import __version__
from gapmatch.api.extract_recognition import ExtractRecognition, recognise
from gapmatch.api.setting_changes import list_own_headers
from gapmatch.desk.uploads import (
    find_upload,
    is_unchanged_since,
    list_uploads,
    read_state,
    remove_upload,
)
from gapmatch.errors import StoreError, wrap_os_errors
from gapmatch.i18n import _
from gapmatch.private_files import read_json_object, replace_private_file
from gapmatch.quarters import Quarter
from gapmatch.reports import Page, Section
from gapmatch.store.checksums import hash_bytes
from gapmatch.workspace_files import DATABASE_NAME, SETTINGS_NAME, UPLOADS_FOLDER

UNUSED = "unused"
MAX_OVERLAP = 0.5
"""Share of names; lists of different counties share next to none."""
SIDES = ("tax", "enrollment", "registry")
_CHOICES, _READINGS = "choices.json", "readings.json"
_LOCK = Lock()
"""Tabs change the files of the desk one after another."""


@dataclass(frozen=True)
class Choices:
    """What was chosen on the page; ``sides``: file to source, if another than recognised."""

    sides: Mapping[str, str] = field(default_factory=dict)
    quarter: str = ""
    named: Sequence[str] = ()
    """What the files named when the quarter was chosen: it stands while they name the same."""
    verify: bool = False
    contacts: bool = False
    used: Mapping[str, str] = field(default_factory=dict)
    """File to the quarter that it was run for."""
    used_at: float = inf
    """When that run began: a file that came later under the same name is another one."""

    def find_use(self, path: Path) -> str:
        """Return the quarter that a file was run for, else an empty text."""
        is_same = is_unchanged_since(path, self.used_at)
        return self.used.get(path.name, "") if is_same else ""


@dataclass(frozen=True)
class ExtractFile:
    """A dropped file and how it is understood."""

    path: Path
    bytes: int
    reading: ExtractRecognition
    side: str | None
    """The chosen source, else the recognised one; ``unused``, or null if it cannot be read."""
    used_for: str = ""
    """The quarter that it was run for."""
    assigned: Set[str] = frozenset()
    """The headers that the settings give a column of its source."""

    @property
    def facts(self) -> Mapping[str, Any]:
        """The plain values of a file that could be read: rows, columns, unused headers …"""
        files = self.reading.page.facts["files"] if self.reading.page else []
        return {
            "rows": sum(file["rows"] for file in files),
            "columns": len({c for file in files for c in file["columns"].values()}),
            "assigned": len(self.assigned & {h for file in files for h in file["columns"]}),
            "guessed": sum(len(file["guessed"]) for file in files),
        }

    @property
    def message(self) -> str:
        """Why it cannot be read, without the folder that it lies in."""
        return self.reading.message.replace(str(self.path), self.path.name)

    @property
    def remedy(self) -> str:
        """What to do about it on the page: settings are not written by hand here."""
        if SETTINGS_NAME in self.reading.remedy:
            return _("请点“指定列”，为“名称”等列选出文件里的表头。")
        return self.reading.remedy.replace(str(self.path), self.path.name)


def list_extracts(workspace: Path) -> list[ExtractFile]:
    """Return the dropped files, each read once while it and the settings stay the same."""
    with _LOCK:
        choices, readings = load_choices(workspace), read_json_object(_locate(workspace, _READINGS))
        columns = _describe_columns(workspace)
        found, used = [], {}
        for path in list_uploads(workspace, "extracts"):
            chosen = choices.sides.get(path.name)
            side = chosen if chosen in SIDES else None
            state = read_state(path)
            if state is None:  # removed in another tab
                continue
            key = [*state, side, columns[side] if side else list(columns.values())]
            stored = readings.get(path.name)
            reading = _restore(stored, key)
            if reading is None:
                reading = recognise(path, side, workspace=workspace)
                stored = _seal(asdict(reading), key)
            if not reading.may_pass:
                used[path.name] = stored
            own = list_own_headers(chosen or reading.side or "", workspace=workspace)
            use = choices.find_use(path)
            found.append(ExtractFile(path, state.bytes, reading, chosen or reading.side, use, own))
        if used != readings:
            _store(workspace, _READINGS, used)
    order = {side: place for place, side in enumerate(SIDES)}
    return sorted(found, key=lambda file: order.get(file.side or "", len(order)))


def _describe_columns(workspace: Path) -> dict[str, str]:
    """Return what the settings have readers do, by source: a file is read again if it changes."""
    from gapmatch.settings.load import load_workspace_settings

    settings = load_workspace_settings(workspace)
    columns = {str(side): headers for side, headers in settings.columns.items()}
    limits = settings.read.model_dump_json()
    return {side: f"{columns.get(side, '')} {limits}" for side in SIDES}


def _seal(values: Mapping[str, Any], key: list[Any]) -> dict[str, Any]:
    """Return how a file was read as it is stored: with its digest, for a file may be damaged."""
    text = json.dumps(values, ensure_ascii=False, default=str)
    return {"key": [__version__, *key, hash_bytes(text)], "reading": values}


def _restore(stored: object, key: list[Any]) -> ExtractRecognition | None:
    """Return how a file was read if it was stored for ``key`` and is whole, else ``None``."""
    values = stored.get("reading") if isinstance(stored, Mapping) else None
    if not isinstance(values, Mapping) or stored != _seal(values, key):
        return None
    page = values["page"]
    sections = [Section(**section) for section in page["sections"]] if page else []
    return ExtractRecognition(**{**values, "page": Page(sections, page["facts"]) if page else None})


def get_side_label(side: str) -> str:
    """Return what a source is called on the page."""
    return {
        "tax": _("税务清册"),
        "enrollment": _("参保单位清册"),
        "registry": _("市场主体登记清册"),
        UNUSED: _("不用"),
    }[side]


def find_extract(workspace: Path, name: str) -> ExtractFile:
    """Return the dropped file ``name``; raises ``NotFoundError`` if it is not listed."""
    path = find_upload(workspace, "extracts", name)
    return next(file for file in list_extracts(workspace) if file.path == path)


def find_overlaps(files: Sequence[ExtractFile]) -> list[tuple[ExtractFile, ExtractFile]]:
    """Return pairs of files of one source that name mostly the same firms or units."""
    return [
        (a, b)
        for a, b in combinations(files, 2)
        if a.side == b.side != UNUSED and a.reading.estimate_overlap(b.reading) > MAX_OVERLAP
    ]


def begin_next_quarter(workspace: Path) -> int:
    """Remove the files that were run, and what was chosen for them; returns how many there were.

    These are the desk's copies: the originals lie where they were dropped from.
    """
    choices = load_choices(workspace)
    used = [path.name for path in list_uploads(workspace, "extracts") if choices.find_use(path)]
    for name in used:
        remove_upload(workspace, "extracts", name)
    with _LOCK:
        sides = {name: side for name, side in choices.sides.items() if name not in used}
        _store(workspace, _CHOICES, asdict(Choices(sides, verify=choices.verify)))
    return len(used)


def load_choices(workspace: Path) -> Choices:
    """Return what was chosen; the defaults if nothing was."""
    try:
        return TypeAdapter(Choices).validate_python(read_json_object(_locate(workspace, _CHOICES)))
    except ValidationError:
        return Choices()


def change_choices(workspace: Path, changes: Mapping[str, Any]) -> None:
    """Store changed choices; those of files (``sides``) are added to the others."""
    with _LOCK:
        current = asdict(load_choices(workspace))
        sides = {**current["sides"], **changes.get("sides", {})}
        _store(workspace, _CHOICES, {**current, **changes, "sides": sides})


def list_named_quarters(files: Sequence[ExtractFile]) -> list[str]:
    """Return the quarters that files in use name."""
    named = {file.reading.quarter for file in files if file.side != UNUSED}
    return sorted(quarter for quarter in named if quarter)


def choose_quarter(workspace: Path, files: Sequence[ExtractFile]) -> str:
    """Return the quarter to run: what was chosen, unless files that name others came or went.

    Else the quarter that most of the new files name, else the one after the latest, else the last
    one that is over.
    """
    choices = load_choices(workspace)
    new = [file for file in files if not file.used_for]
    is_open = not new or choices.quarter not in {file.used_for for file in files}
    if choices.quarter and is_open and list(choices.named) == list_named_quarters(files):
        return choices.quarter
    named = Counter(file.reading.quarter for file in new if file.reading.quarter)
    if named:
        return max(named, key=lambda quarter: (named[quarter], quarter))
    if (workspace / DATABASE_NAME).is_file():
        from gapmatch.api.stores import open_store

        with open_store(workspace) as store:
            latest = store.find_latest_quarter()
        if latest is not None:
            return str(Quarter.parse(latest).next())
    return str(Quarter.from_day(date.today()).next(-1))


def _locate(workspace: Path, name: str) -> Path:
    return workspace / UPLOADS_FOLDER / name


def _store(workspace: Path, name: str, values: Mapping[str, Any]) -> None:
    path = _locate(workspace, name)
    with wrap_os_errors(path, StoreError):
        replace_private_file(path, json.dumps(values, ensure_ascii=False, default=str).encode())
