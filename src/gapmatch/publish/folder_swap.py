"""Writing beside the place and moving in: old results stay whole until the new ones are.

``out/2022Q4`` is written as ``out/.2022Q4.new-…``. At the end the old folder steps aside as
``out/.2022Q4.old-…`` and the new one takes its name. Whatever moment a run is killed at, one whole
folder is there under one of the three names, and ``recover`` puts it back in its place.
"""

import errno
import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from gapmatch.errors import PublishError
from gapmatch.i18n import _
from gapmatch.publish.edited_files import keep_edited

LAST_FILE = "run.json"
"""Written last: a folder that has it is complete."""

_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EFBIG}
_TRIES = 5
_PAUSE = 0.2


@contextmanager
def beside(out: Path, quarter: str) -> Iterator[Path]:
    """Give a new folder beside ``out/quarter``; move it in at the end, or remove it on an error.

    Raises ``PublishError`` where the disk is full, the folder is read-only, or a program holds
    one of the old files open (on Windows an open workbook cannot be replaced).
    """
    staged = out / f".{quarter}.new-{os.getpid()}"
    with drawn_errors(out):
        out.mkdir(mode=0o700, parents=True, exist_ok=True)
        recover(out, quarter)
        _refuse_open_files(out / quarter)
        staged.mkdir(mode=0o700)
    try:
        with drawn_errors(out):
            yield staged
            keep_edited(out / quarter, staged)
            _owner_only(staged)
            _move_in(staged, out / quarter)
    except BaseException:
        shutil.rmtree(staged, ignore_errors=True)
        with suppress(OSError):
            recover(out, quarter)
        raise


def recover(out: Path, quarter: str, run: int | None = None) -> None:
    """Put results back that a killed run left aside, and remove its leftovers.

    ``run`` is the run whose results the store holds: a whole new folder of that run was killed on the
    way to its place, and is moved in. Safe at any time while no other run writes to ``out``; does
    nothing where all is in order.
    """
    place = out / quarter
    new = sorted(out.glob(f".{quarter}.new-*"))
    old = sorted(out.glob(f".{quarter}.old-*"))
    finished = [folder for folder in new if run is not None and _run_of(folder) == run]
    if finished and _run_of(place) != run:
        _move_in(finished[0], place)
    whole = [folder for folder in new if _run_of(folder) is not None] + old
    if whole and not place.exists():
        _rename(whole[0], place)
    for folder in new + old:
        shutil.rmtree(folder, ignore_errors=True)


def _run_of(folder: Path) -> int | None:
    """Return the run that a whole folder is of; 0 where it does not say; None for one not finished."""
    try:
        info = json.loads((folder / LAST_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    run = info.get("run_id")
    return run if isinstance(run, int) else 0


def write_file(path: Path, content: bytes) -> None:
    """Write ``content`` to ``path``, in a folder that is made where missing."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.write_bytes(content)


def _move_in(staged: Path, place: Path) -> None:
    old = place.with_name(f".{place.name}.old-{os.getpid()}")
    if place.exists():
        _step_aside(place, old)
    try:
        _rename(staged, place)
    except OSError:
        if old.exists():
            _rename(old, place)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _step_aside(place: Path, old: Path) -> None:
    try:
        _rename(place, old)
    except PermissionError as error:
        _refuse_open_files(place)
        raise _held(place) from error


def _rename(source: Path, target: Path) -> None:
    """Rename; try again for a second where a virus scanner or an indexer holds a file (Windows)."""
    for attempt in range(_TRIES):
        try:
            source.rename(target)
        except PermissionError:
            if attempt == _TRIES - 1:
                raise
            time.sleep(_PAUSE)
        else:
            return


def _refuse_open_files(folder: Path) -> None:
    """Raise ``PublishError`` where Windows would not let go of a file, before the work is done."""
    held = [path for path in sorted(folder.rglob("*.xlsx")) if _is_held(path)]
    if held:
        raise _held(*held)


def _is_held(path: Path) -> bool:
    """Excel locks what it has open: Windows then refuses to open it for writing."""
    if path.name.startswith("~$") or not os.access(path, os.W_OK):
        return False
    try:
        with path.open("r+b"):
            return False
    except PermissionError:
        return True


def _held(*paths: Path) -> PublishError:
    return PublishError(
        _("文件正被其他程序打开，无法替换：{files}").format(
            files=_("、").join(str(p) for p in paths)
        ),
        _("请先在 Excel 中关闭 {files}，然后重新运行；原有结果没有改动。").format(
            files=_("、").join(p.name for p in paths)
        ),
    )


def _owner_only(folder: Path) -> None:
    """The lists hold data of firms and persons: nobody but the owner reads them."""
    folder.chmod(0o700)
    for path in folder.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)


@contextmanager
def drawn_errors(out: Path) -> Iterator[None]:
    """Turn the file system's errors about ``out`` into ``PublishError``."""
    try:
        yield
    except OSError as error:
        raise _drawn(error, out) from error


def _drawn(error: OSError, out: Path) -> PublishError:
    if error.errno in _FULL:
        return PublishError(
            _("磁盘空间不足，结果没有写完：{path}").format(path=out),
            _("请清理磁盘后重新运行；原有结果没有改动。"),
        )
    if isinstance(error, PermissionError) or error.errno == errno.EROFS:
        return PublishError(
            _("没有写入权限：{path}").format(path=error.filename or out),
            _("请检查该文件夹是否只读，或换一个工作文件夹（--workspace）；原有结果没有改动。"),
        )
    return PublishError(
        _("结果无法写入 {path}：{error}").format(path=out, error=error.strerror or error),
        _("请检查该文件夹后重新运行；原有结果没有改动。"),
    )
