"""Files and folders of a workspace: its owner's alone, and never reached through a link.

A link in a workspace could lead anywhere: what is written through it, or has its rights changed,
might be somebody else's. The folder of the workspace itself may be a link; what lies in it may not.
"""

import errno
import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

PRIVATE_FOLDER_MODE = 0o700
PRIVATE_FILE_MODE = 0o600


def make_private_folder(folder: Path) -> None:
    """Create ``folder`` and what is missing above it, for its owner alone; refuse a link."""
    refuse_link(folder)
    if not folder.parent.exists():
        make_private_folder(folder.parent)
    if folder.is_dir():
        return
    folder.mkdir(mode=PRIVATE_FOLDER_MODE, exist_ok=True)  # another program may do so meanwhile
    with suppress(PermissionError):  # file systems without rights of their own refuse to set any
        folder.chmod(PRIVATE_FOLDER_MODE)


def make_workspace_folder(folder: Path) -> None:
    """Create a workspace's folder if it is missing; leave the rights of one that is there alone."""
    if not folder.is_dir():
        make_private_folder(folder)


def make_private_file(path: Path) -> None:
    """Create ``path`` for its owner alone if it is missing; a link raises ``OSError``."""
    refuse_link(path)
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    descriptor = os.open(path, flags, PRIVATE_FILE_MODE)
    try:
        if os.name == "posix":
            with suppress(PermissionError):
                os.fchmod(descriptor, PRIVATE_FILE_MODE)
    finally:
        os.close(descriptor)


def make_tree_private(folder: Path) -> None:
    """Let the owner alone read ``folder`` and all in it: lists hold data of firms and persons."""
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            path.chmod(PRIVATE_FOLDER_MODE if path.is_dir() else PRIVATE_FILE_MODE)


def write_private_file(path: Path, content: bytes) -> None:
    """Write ``content`` to ``path``, in a folder that is created if missing."""
    make_private_folder(path.parent)
    make_private_file(path)
    path.write_bytes(content)


def replace_private_file(path: Path, content: bytes) -> None:
    """Write ``content`` next to ``path`` and put it in its place at once: whole, or not at all.

    Raises ``OSError``; then what stood there before stands.
    """
    new = path.with_name(f".{path.name}.new")
    try:
        write_private_file(new, content)
        new.replace(path)
    finally:
        with suppress(OSError):
            new.unlink(missing_ok=True)


def read_json_object(path: Path) -> dict[str, Any]:
    """Return the object that a file of gapmatch holds; empty if it is missing, damaged or none."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):  # the last: nested too deep
        return {}
    return values if isinstance(values, dict) else {}


def refuse_link(path: Path) -> None:
    """Raise ``OSError`` (``ELOOP``) if ``path`` is a link, or a junction of Windows."""
    if path.is_symlink() or getattr(path, "is_junction", lambda: False)():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))


def flush_to_disk(folder: Path) -> None:
    """Have the system write every file below ``folder``, and the folders, to the disk itself."""
    for path in [*folder.rglob("*"), folder]:
        if path.is_file():
            flush_file(path)
        elif os.name == "posix":  # elsewhere a folder cannot be opened
            _flush_folder(path)


def flush_file(path: Path) -> None:
    """Have the system write the file to the disk itself."""
    _flush(path, os.O_RDWR)


def _flush_folder(folder: Path) -> None:
    try:
        _flush(folder, os.O_RDONLY)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EBADF):  # network shares
            raise


def _flush(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags | getattr(os, "O_BINARY", 0))
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
