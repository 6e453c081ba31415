"""What people wrote into last time's workbooks is never overwritten: it moves to a folder of its own.

``run.json`` lists the SHA-256 of every file that a run wrote. A file in the old folder that is not
listed, or is no longer what was written, was added or filled in by somebody.
"""

import hashlib
import json
import shutil
from pathlib import Path

from gapmatch.i18n import _


def kept_folder() -> str:
    """Return the name of the folder that filled-in files are kept in."""
    return _("填写过的旧表")


def written_files(folder: Path) -> dict[str, str]:
    """Return path inside ``folder`` to SHA-256, for every file in it."""
    return {name: _sha256(path) for name, path in _files(folder).items()}


def keep_edited(old: Path, new: Path) -> None:
    """Copy into ``new`` every file of ``old`` that a person added or changed."""
    written = _manifest(old)
    kept_before = f"{kept_folder()}/"
    files = sorted(_files(old).items(), key=lambda item: not item[0].startswith(kept_before))
    for name, path in files:
        if written.get(name) != _sha256(path):
            _keep(path, name, new)


def _keep(path: Path, name: str, new: Path) -> None:
    folder = kept_folder()
    inside = name if name.startswith(f"{folder}/") else f"{folder}/{Path(name).name}"
    target = _free_name(new / inside, _sha256(path))
    if not target.exists():
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copyfile(path, target)


def _free_name(wanted: Path, content: str) -> Path:
    """Return ``wanted``, or the first numbered name that is free or holds the same content."""
    target, number = wanted, 1
    while target.exists() and _sha256(target) != content:
        number += 1
        target = wanted.with_stem(f"{wanted.stem} ({number})")
    return target


def _files(folder: Path) -> dict[str, Path]:
    """Every file but the marks that Excel and LibreOffice leave while one is open."""
    return {
        path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(("~$", ".~lock", ".DS_Store"))
    }


def _manifest(folder: Path) -> dict[str, str]:
    """Return what the run of ``folder`` wrote; with no readable list nothing counts as written."""
    try:
        info = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        return {"run.json": _sha256(folder / "run.json"), **info["outputs"]}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
