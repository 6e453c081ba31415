"""Files that the browser sends: stored in the workspace, under names made here.

A file is listed by the desk or it does not exist: what a request names is looked up in the list,
and never becomes a path.
"""

import filecmp
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import unquote

from gapmatch.desk.desk_session import make_secret
from gapmatch.desk.routes import DeskRequest, NotFoundError, Response
from gapmatch.errors import InputError, StoreError, wrap_os_errors
from gapmatch.i18n import _
from gapmatch.private_files import make_private_file, make_private_folder
from gapmatch.workspace_files import BACKUPS_FOLDER, UPLOADS_FOLDER

Area = Literal["extracts", "returns", "backups"]
NAME_HEADER, REPLACE_HEADER = "x-file-name", "x-file-replace"
MAX_NAME_CHARACTERS = 80
MAX_FILES = 400
MB = 1_000_000

_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\u200b-\u200f\u202a-\u202e\u2066-\u2069]')
_DEVICES = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)$", re.IGNORECASE)


class FileState(NamedTuple):
    """By what a file is known to be the one that it was."""

    bytes: int
    modified_ns: int


def read_state(path: Path) -> FileState | None:
    """Return the state of a file; ``None`` if it is gone, or cannot be asked for now."""
    try:
        found = path.stat()
    except OSError:
        return None
    return FileState(found.st_size, found.st_mtime_ns)


def is_unchanged_since(path: Path, moment: float) -> bool:
    """Whether a file is there and was not replaced by another of its name after ``moment``."""
    state = read_state(path)
    return state is not None and state.modified_ns / 1e9 <= moment


def sanitise_name(given: str, area: Area = "extracts") -> str:
    """Return a file name for any system that ends as ``given``, or raise ``InputError``."""
    from gapmatch.read.files import ENDINGS

    endings = (".db",) if area == "backups" else ENDINGS
    last = re.split(r"[/\\]", given)[-1]
    stem, _dot, ending = _FORBIDDEN.sub("", last).strip(" .").rpartition(".")
    stem, suffix = stem.strip(" .")[:MAX_NAME_CHARACTERS], f".{ending.lower()}"
    if not stem or suffix not in endings:
        raise InputError(
            _("不是能读的文件格式：{name}").format(name=last[:MAX_NAME_CHARACTERS]),
            _("能读的格式：{suffixes}").format(suffixes=" ".join(sorted(endings))),
        )
    if _DEVICES.match(stem.partition(".")[0]):  # Windows opens these as devices
        stem = f"_{stem}"
    return f"{stem}{suffix}"


def find_area(workspace: Path, area: Area) -> Path:
    """Return the folder of an area, which need not be there."""
    return workspace / (BACKUPS_FOLDER if area == "backups" else f"{UPLOADS_FOLDER}/{area}")


def list_uploads(workspace: Path, area: Area) -> list[Path]:
    """Return the stored files of an area by name."""
    folder = find_area(workspace, area)
    if folder.is_symlink() or not folder.is_dir():
        return []
    return sorted(
        path
        for path in folder.iterdir()
        if not path.name.startswith(".") and path.is_file() and not path.is_symlink()
    )


def find_upload(workspace: Path, area: Area, name: str) -> Path:
    """Return the stored file ``name``; raises ``NotFoundError`` if it is not listed."""
    for path in list_uploads(workspace, area):
        if path.name == name:
            return path
    raise NotFoundError(
        _("没有这个文件：{name}").format(name=name[:MAX_NAME_CHARACTERS]),
        _("它可能已在另一个页面里移除，请刷新页面。"),
    )


def remove_upload(workspace: Path, area: Area, name: str) -> None:
    """Delete a stored file; raises ``NotFoundError`` as ``find_upload``."""
    path = find_upload(workspace, area, name)
    with wrap_os_errors(path, StoreError):
        path.unlink(missing_ok=True)


async def receive_upload(request: DeskRequest, area: Area) -> Response:
    """Store the body of ``request`` as a file of ``area`` and answer the script that sent it.

    The same bytes under the same name are one file; others get a number, unless the request says
    that it replaces the one that is there. Raises ``InputError`` for
    a file that is too large, empty or of no known format, ``StoreError`` if it cannot be written.
    """
    from gapmatch.settings.load import load_workspace_settings

    workspace = request.workspace
    name = sanitise_name(unquote(request.header(NAME_HEADER)), area)
    limit = load_workspace_settings(workspace).desk.max_upload_mb * MB
    if len(list_uploads(workspace, area)) >= MAX_FILES:
        raise InputError(
            _("已有 {count} 个文件").format(count=MAX_FILES), _("请先移除不用的文件。")
        )
    with _make_partial(workspace, area) as partial:
        await _write_body(request, partial, limit)
        if request.header(REPLACE_HEADER):
            partial.replace(partial.with_name(name))
            return request.json({"name": name, "message": ""})
        path, is_new = await request.call(_place, partial, name)
        words = "" if is_new else _("{name}：已经放进来了，内容完全相同，没有再放一份")
        return request.json({"name": path.name, "message": words.format(name=name)})


def store_file(workspace: Path, area: Area, source: Path) -> None:
    """Store a copy of a file of this computer, as if it had been dropped."""
    with _make_partial(workspace, area) as partial:
        partial.write_bytes(source.read_bytes())
        _place(partial, source.name)


@contextmanager
def _make_partial(workspace: Path, area: Area) -> Iterator[Path]:
    """Yield a private file to be written and moved to its name; what is left of it is removed."""
    folder = find_area(workspace, area)
    partial = folder / f".{make_secret()[:12]}.part"
    with wrap_os_errors(folder, StoreError):
        make_private_folder(folder)
        make_private_file(partial)
        try:
            yield partial
        finally:
            with suppress(OSError):
                partial.unlink(missing_ok=True)


async def _write_body(request: DeskRequest, path: Path, limit: int) -> None:
    with path.open("wb") as file:
        async for part in request.stream(limit):
            file.write(part)
        if not file.tell():
            raise InputError(_("这是一个空文件"), _("请重新导出后再放进来。"))


def _place(partial: Path, name: str) -> tuple[Path, bool]:
    """Move a received file to its name, or to the next one that is free, unless it is there."""
    target, number = partial.with_name(name), 1
    while target.exists():
        if filecmp.cmp(target, partial, shallow=False):
            return target, False
        number += 1
        target = partial.with_name(f"{Path(name).stem} ({number}){Path(name).suffix}")
    partial.replace(target)
    return target, True
