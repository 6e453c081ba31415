"""Files that people edited since last time: never overwritten, but moved to a folder.

``run.json`` lists the SHA-256 of every file that a run wrote. A
file in the old folder that is not listed, or is no longer what was written, was added or filled in
by somebody.
"""

import hashlib
import json
import shutil
from pathlib import Path

from gapmatch.i18n import N_, get_translator
from gapmatch.private_files import PRIVATE_FILE_MODE, make_private_folder


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
    try:
        info = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        return {"run.json": hash_file(folder / "run.json"), **info["outputs"]}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
