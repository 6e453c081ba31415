"""Files and folders of a workspace outside the store: list, finish and remove them."""

import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from gapmatch.errors import BusyError, GapmatchError, PublishError, StoreError, wrap_os_errors
from gapmatch.i18n import _
from gapmatch.privacy import mask_numbers
from gapmatch.publish.folder_swap import LAST_FILE, STAGED_FOLDERS, finish_move, read_run_info
from gapmatch.quarters import QUARTER_GLOB
from gapmatch.store.lock import lock_workspace
from gapmatch.store.runs import ReplacedRun, Store
from gapmatch.workspace_files import (
    BACKUPS_FOLDER,
    CHECKPOINTS_FOLDER,
    DATABASE_NAME,
    LOG_NAME,
    PARQUET_FOLDER,
    SET_ASIDE_NAME,
    UPLOADS_FOLDER,
)

_SLIPS_AND_LETTERS = f"{QUARTER_GLOB}-[!0-9]*"
"""Folders of ``gapmatch slips``; comparisons of quarters (2022Q3-2022Q4) hold no persons."""
_UNFINISHED_UPLOADS = tuple(f"{UPLOADS_FOLDER}/**/.*.{ending}" for ending in ("part", "new"))
_UNFINISHED_COPIES = (f"{BACKUPS_FOLDER}/*.part", f"{DATABASE_NAME}.restored*", ".*.new")
_UNFINISHED_OF_ANYBODY = "*.part"
"""What is written beside its place until it is whole; the last may be anybody's."""
_ABANDONED_SECONDS = 3600
"""What nothing was written to for so long, a dead process left: no copy or upload pauses so."""


@dataclass(frozen=True)
class Move:
    """Files of the run that stands, on their way to ``place``; ``problem``: the obstacle."""

    place: Path
    problem: str | None = None

    def __str__(self) -> str:
        quarter, folder = self.place.name, self.place.parent.name
        if self.problem is None:
            text = _("上一次运行在最后一步被打断：{quarter} 的新文件现已换入 {folder}/{quarter}。")
            return text.format(quarter=quarter, folder=folder)
        text = _("{folder}/{quarter} 里还是较早一次运行的文件；新文件未能换入：{problem}")
        return text.format(quarter=quarter, folder=folder, problem=self.problem)


def finish_moves_if_idle(workspace: Path, store: Store) -> list[Move]:
    """Bring files to what ``store`` holds, unless a run is at work; return what was moved."""
    places = find_unfinished_moves(workspace)
    if not places and not _find_misplaced_folders(workspace, store):
        return []
    try:
        with lock_workspace(workspace, "recover"):
            return finish_moves(workspace, store)
    except BusyError:
        return []
    except StoreError as error:
        return [Move(place, error.message) for place in places if place.name in store.quarters()]


def find_unfinished_moves(workspace: Path) -> list[Path]:
    """Return the folders of quarters (``out/2022Q4``) next to which a run left something."""
    staged = [
        path for name in ("out", PARQUET_FOLDER) for path in (workspace / name).glob(STAGED_FOLDERS)
    ]
    return sorted({path.with_name(path.name[1:7]) for path in staged})


def finish_moves(workspace: Path, store: Store) -> list[Move]:
    """Do what ``finish_moves_if_idle`` does; the caller is the workspace's writer.

    Removes what a command that was killed had begun to write, too.
    """
    _remove_unfinished_files(workspace)
    for place, target in _find_misplaced_folders(workspace, store).items():
        with wrap_os_errors(place, PublishError):
            place.rename(target)
    moves = (_finish_move(place, store) for place in find_unfinished_moves(workspace))
    return [move for move in moves if move is not None]


def _finish_move(place: Path, store: Store) -> Move | None:
    from gapmatch.run import checkpoints  # with all stages: most commands find nothing to finish
    from gapmatch.run.parquet_run import finish_parquet_move

    try:
        with wrap_os_errors(place, PublishError):
            if place.parent.name == PARQUET_FOLDER:
                moves = finish_parquet_move(place, store)
            else:
                moves = finish_move(place, store.current_run_id(place.name))
            if moves:  # the run is complete, and needs no finished stages any more
                checkpoints.remove(place.parents[1], place.name)
            return Move(place) if moves else None
    except GapmatchError as error:
        return Move(place, error.message)


def refuse_lost_database(workspace: Path) -> None:
    """Raise ``StoreError`` if ``out/`` has results whose database is gone.

    A new one would number the cases anew, and would know none of the visits and decisions.
    """
    results = sorted(p.parent.name for p in (workspace / "out").glob(f"{QUARTER_GLOB}/{LAST_FILE}"))
    if (workspace / DATABASE_NAME).exists() or not results:
        return
    raise StoreError(
        _("数据库不见了：{path}；而 out/ 里有 {quarters} 的结果").format(
            path=workspace / DATABASE_NAME, quarters=_("、").join(results)
        ),
        _(
            "重新建库会丢失认定和走访记录，案件编号也会改变。请用 gapmatch restore <备份文件> "
            "恢复；确实要从头开始的，请先把 out/ 移走或改名。"
        ),
    )


def withdraw_quarter(
    workspace: Path, store: Store, quarter: str, reason: str | None
) -> Path | None:
    """Take the results of ``quarter`` out of ``store`` and log it; return where its folder now is.

    Entries by people stay, and case numbers do not change. The caller is the workspace's writer.
    Raises ``StoreError`` if the quarter is not held; ``PublishError`` if its files could not be
    moved.
    """
    run = store.withdraw(quarter, mask_numbers(reason) if reason else None)
    place = workspace / "out" / quarter
    if not place.exists():
        return None
    target = place.with_name(f"{quarter}.withdrawn-{run}")
    with wrap_os_errors(place, PublishError):
        place.rename(target)
    return target


def describe_replaced_run(replaced: ReplacedRun) -> str:
    """Return a sentence on results that withdrawing the run after them does not bring back."""
    names = _("、").join(Path(file).name for file in replaced.files) or "?"
    text = _(
        "这个季度更早的结果（第 {run} 次运行，{time}）重新运行时已被换掉，撤下不能把它找回；"
        "要用的，请用当时的清册重新运行：{files}。"
    )
    return text.format(run=replaced.run, time=replaced.finished_at[:10], files=names)


def list_papers(workspace: Path, quarter: str) -> list[Path]:
    """Return the folders of slips, letters and tables that were made of a quarter's results."""
    return sorted((workspace / "out").glob(f"{quarter}-[!0-9]*"))


def _find_misplaced_folders(workspace: Path, store: Store) -> dict[Path, Path]:
    """Return folders of withdrawn runs that still lie with the results, and where they belong; and
    those whose run stands again, as after a restore.
    """
    held = store.quarters()
    again = {
        path: path.with_name(path.name.partition(".")[0])
        for path in (workspace / "out").glob(f"{QUARTER_GLOB}.withdrawn-*")
    }
    back = {p: place for p, place in again.items() if place.name in held and not place.exists()}
    rows = store.db.execute("SELECT quarter, run FROM withdrawals ORDER BY id").fetchall()
    places = {workspace / "out" / q: run for q, run in rows if q not in held}
    gone = {
        place: place.with_name(f"{place.name}.withdrawn-{run}")
        for place, run in places.items()
        if (read_run_info(place) or {}).get("run_id") == run
    }
    return gone | {p: place for p, place in back.items() if _is_of_standing_run(p, store, place)}


def _is_of_standing_run(folder: Path, store: Store, place: Path) -> bool:
    """Whether ``folder`` has the files of the run that stands; a number may come twice."""
    info, quarter = read_run_info(folder) or {}, place.name
    own = store.current_run_id(quarter), store.get_run_origin(quarter)[0]
    return (info.get("run_id"), info.get("started")) == own


def find_files_with_personal_data(workspace: Path, before: str) -> list[Path]:
    """Return folders of quarters earlier than ``before``, and files that may be of any quarter.

    The store forgets persons by itself; in these files they stay until somebody deletes them.
    """
    patterns = (QUARTER_GLOB, f"{QUARTER_GLOB}.withdrawn-*", _SLIPS_AND_LETTERS)
    of_quarters = [
        *(path for pattern in patterns for path in sorted((workspace / "out").glob(pattern))),
        *sorted((workspace / PARQUET_FOLDER).glob(QUARTER_GLOB)),
        *sorted((workspace / CHECKPOINTS_FOLDER).glob(QUARTER_GLOB)),
    ]
    of_any = (
        f"{BACKUPS_FOLDER}/*.db",
        SET_ASIDE_NAME.format(time="*") + "*",
        UPLOADS_FOLDER,
        LOG_NAME,
        "*_[0-9]*.xlsx",  # rows of returned workbooks that were left out, in either language
        *_UNFINISHED_COPIES,
        _UNFINISHED_OF_ANYBODY,
    )
    return [
        *(path for path in of_quarters if path.name[:6] < before),
        *(path for pattern in of_any for path in sorted(workspace.glob(pattern))),
    ]


def _remove_unfinished_files(workspace: Path) -> None:
    """Delete unfinished files of ours that no process writes any more: they may hold persons."""
    now = time.time()
    own = (*_UNFINISHED_UPLOADS, *_UNFINISHED_COPIES)
    for path in (path for pattern in own for path in workspace.glob(pattern)):
        with suppress(OSError):  # gone meanwhile, or held: doctor names what stays
            if path.is_file() and now - path.lstat().st_mtime > _ABANDONED_SECONDS:
                path.unlink()


def find_unfinished_files(workspace: Path) -> list[Path]:
    """Return copies, uploads and records that a command was writing when it was killed."""
    patterns = (*_UNFINISHED_UPLOADS, *_UNFINISHED_COPIES, _UNFINISHED_OF_ANYBODY)
    return sorted(path for pattern in patterns for path in workspace.glob(pattern))
