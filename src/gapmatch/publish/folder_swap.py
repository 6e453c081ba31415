"""A quarter's folder is written under another name, and put in its place by renaming.

    out/.2022Q4.new-…   being written; once ``run.json``, the last file, is there, it is complete
    out/2022Q4          what stands
    out/.2022Q4.old-…   what stood, between two renamings

``run.json`` is the journal of the move: it names the run and the SHA-256 of every file. Which run
stands is recorded in the store, so whoever opens a workspace can finish a move that was cut short,
or drop it. Results of a cluster in ``parquet/`` move in the same way.
"""  # fmt: skip

import hashlib
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gapmatch.errors import PublishError
from gapmatch.i18n import N_, _, get_translator
from gapmatch.private_files import (
    PRIVATE_FILE_MODE,
    PRIVATE_FOLDER_MODE,
    flush_to_disk,
    make_private_folder,
    make_tree_private,
    read_json_object,
    refuse_link,
)
from gapmatch.quarters import QUARTER_GLOB


def preserved_folder(language: str) -> str:
    """Return the name of the folder that filled-in files are moved to."""
    return get_translator(language)(N_("填写过的旧表"))


def list_written_files(folder: Path) -> dict[str, str]:
    """Return path inside ``folder`` to SHA-256, for every file in it."""
    return {name: hash_file(path) for name, path in _list_files(folder).items()}


def find_changed_files(folder: Path) -> list[str]:
    """Return the files of ``folder`` that are missing or no longer what its run wrote, by path."""
    written = read_written_hashes(folder)
    return [
        name
        for name, content in sorted(written.items())
        if not (folder / name).is_file() or hash_file(folder / name) != content
    ]


def preserve_edited_files(old: Path, new: Path, language: str) -> None:
    """Copy into ``new`` every file of ``old`` that a person added or changed."""
    written, folder = read_written_hashes(old), preserved_folder(language)
    moved_before = f"{folder}/"
    files = sorted(_list_files(old).items(), key=lambda item: not item[0].startswith(moved_before))
    for name, path in files:
        if written.get(name) != hash_file(path):
            inside = name if name.startswith(moved_before) else moved_before + Path(name).name
            _copy_unless_there(path, new / inside)


def _copy_unless_there(path: Path, wanted: Path) -> None:
    target = _find_free_name(wanted, hash_file(path))
    if not target.exists():
        make_private_folder(target.parent)
        shutil.copyfile(path, target)
        target.chmod(PRIVATE_FILE_MODE)


def _find_free_name(wanted: Path, content: str) -> Path:
    """Return ``wanted``, or the first numbered name that is free or holds the same content."""
    target, number = wanted, 1
    while target.exists() and hash_file(target) != content:
        number += 1
        target = wanted.with_stem(f"{wanted.stem} ({number})")
    return target


def _list_files(folder: Path) -> dict[str, Path]:
    """Every file but the marks that Excel and LibreOffice leave while one is open."""
    return {
        path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(("~$", ".~lock", ".DS_Store"))
    }


def read_written_hashes(folder: Path) -> dict[str, str]:
    """Return what the run of ``folder`` wrote; with no readable list nothing counts as written."""
    info = read_run_info(folder)
    try:
        return {LAST_FILE: hash_file(folder / LAST_FILE), **info["outputs"]} if info else {}
    except (OSError, KeyError, TypeError):
        return {}


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


LAST_FILE = "run.json"
"""Written last: a folder that has it is complete."""

STAGED_FOLDERS = f".{QUARTER_GLOB}.*-*"
"""What folders are called that a run was about to put in place, or to remove."""

_MAX_TRIES = 5
_PAUSE_SECONDS = 0.2


def stage_folder(place: Path) -> Path:
    """Return a new empty folder next to ``place``, to be written and then installed there.

    Raises ``PublishError`` if another program holds a file of ``place`` open (on Windows an open
    workbook cannot be replaced), before any work is done; ``OSError`` if nothing can be written.
    """
    make_private_folder(place.parent)
    refuse_link(place)
    _refuse_open_files(place)
    staged = place.with_name(f".{place.name}.new-{os.getpid()}")
    staged.mkdir(mode=PRIVATE_FOLDER_MODE)
    return staged


def seal_folder(staged: Path, place: Path, language: str) -> None:
    """Make a written folder ready to take its place: what people edited, rights, on the disk."""
    preserve_edited_files(place, staged, language)
    make_tree_private(staged)
    flush_to_disk(staged)


def install_folder(staged: Path, place: Path) -> None:
    """Put a sealed folder in its place, or leave both as they were and raise the error."""
    settings = (read_run_info(staged) or {}).get("settings") or {}
    preserve_edited_files(place, staged, str(settings.get("language", "zh")))
    swap_folder(staged, place)


def swap_folder(staged: Path, place: Path) -> None:
    """Put a folder in its place, and remove what stood there; errors as of ``install_folder``."""
    old = place.with_name(f".{place.name}.old-{os.getpid()}")
    if place.exists():
        _retire(place, old)
    try:
        _rename(staged, place)
    except OSError:
        if old.exists():
            _rename(old, place)
        raise
    shutil.rmtree(old, ignore_errors=True)


def finish_move(
    place: Path, run: int | str | None, install: Callable[[Path, Path], None] = install_folder
) -> bool:
    """Finish or drop what a run that ended early left next to ``place``.

    Return whether it was installed. ``run`` is the run whose results the store holds, as
    ``run.json`` names it. Only while no other run is at work. Raises ``PublishError`` or
    ``OSError`` if the move cannot be finished; it can be tried again.
    """
    staged = sorted(place.parent.glob(f".{place.name}.new-*"))
    retired = sorted(place.parent.glob(f".{place.name}.old-*"))
    if not staged and not retired:
        return False
    if retired and not place.exists():
        _rename(retired.pop(0), place)
    finished = [folder for folder in staged if run is not None and is_complete(folder, run)]
    moves = bool(finished) and run != _read_run_number(place)
    if moves:
        install(finished[0], place)
    for folder in staged + retired:
        shutil.rmtree(folder, ignore_errors=True)
    return moves


def is_complete(folder: Path, run: int | str) -> bool:
    """Return whether ``folder`` holds the files of ``run``, all of them as they were written."""
    return _read_run_number(folder) == run and not find_changed_files(folder)


def read_run_info(folder: Path) -> dict[str, Any] | None:
    """Return the contents of ``run.json`` in ``folder``; ``None`` if it cannot be read."""
    return read_json_object(folder / LAST_FILE) or None


def _read_run_number(folder: Path) -> int | str | None:
    run = (read_run_info(folder) or {}).get("run_id")
    return run if isinstance(run, int | str) else None


def _retire(place: Path, old: Path) -> None:
    try:
        _rename(place, old)
    except PermissionError as error:
        _refuse_open_files(place)
        raise _describe_open_files(place) from error


def _rename(source: Path, target: Path) -> None:
    """Rename; try again for a second if a virus scanner or an indexer holds a file (Windows)."""
    for attempt in range(_MAX_TRIES):
        try:
            source.rename(target)
        except PermissionError:
            if attempt == _MAX_TRIES - 1:
                raise
            time.sleep(_PAUSE_SECONDS)
        else:
            return


def _refuse_open_files(folder: Path) -> None:
    """Raise ``PublishError`` if Windows would not let go of a file."""
    held = [path for path in sorted(folder.rglob("*.xlsx")) if _is_held(path)]
    if held:
        raise _describe_open_files(*held)


def _is_held(path: Path) -> bool:
    """Excel locks what it has open: Windows then refuses to open it for writing."""
    if path.name.startswith("~$") or not os.access(path, os.W_OK):
        return False
    try:
        with path.open("r+b"):
            return False
    except PermissionError:
        return True


def _describe_open_files(*paths: Path) -> PublishError:
    return PublishError(
        _("文件正被其他程序打开，无法替换：{files}").format(
            files=_("、").join(str(p) for p in paths)
        ),
        _("请先在 Excel 中关闭 {files}，然后重新运行。").format(
            files=_("、").join(p.name for p in paths)
        ),
    )
