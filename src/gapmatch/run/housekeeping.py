"""Files and folders of a workspace outside the store: list, finish and remove them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gapmatch.errors import GapmatchError, PublishError, StoreError, wrap_os_errors
from gapmatch.i18n import _
from gapmatch.publish.folder_swap import (
    LAST_FILE,
    STAGED_FOLDERS,
    read_run_info,
    settle_folder,
)
from gapmatch.store.backups import BACKUPS
from gapmatch.store.lock import BusyError, lock_workspace
from gapmatch.store.runs import Store
from gapmatch.workspace_files import DATABASE_NAME

_SLIPS_AND_LETTERS = "????Q[1-4]-[!0-9]*"
"""Folders of ``gapmatch slips``; comparisons of quarters (2022Q3-2022Q4) hold no persons."""


@dataclass(frozen=True)
class Move:
    """Files of the ``run`` that stands for ``quarter``, on their way to ``out/``.

    ``problem`` is the obstacle; ``None``: they are in place now.
    """

    quarter: str
    run: int | None
    problem: str | None = None

    def __str__(self) -> str:
        if self.problem is None:
            text = _("上一次运行在最后一步被打断：{quarter} 的新文件现已换入 out/{quarter}。")
            return text.format(quarter=self.quarter)
        text = _(
            "out/{quarter} 里还是较早的文件，与数据库（第 {run} 次运行）不一致；新文件未能换入："
            "{problem}"
        )
        return text.format(quarter=self.quarter, run=self.run, problem=self.problem)


def settle_moves(workspace: Path, store: Store) -> list[Move]:
    """Bring ``out/`` to what ``store`` holds if a run ended between the two; return what was moved.

    Does nothing while another run works: what lies there is then its work, not a dead one's
    leavings.
    """
    quarters = find_staged_quarters(workspace)
    if not quarters and not _find_withdrawn_folders(workspace, store):
        return []
    try:
        with lock_workspace(workspace, "recover"):
            return settle_quarters(workspace, store, quarters)
    except BusyError:
        return []
    except StoreError as error:
        runs = [(quarter, store.current_run_id(quarter)) for quarter in quarters]
        return [Move(quarter, run, error.message) for quarter, run in runs if run is not None]


def find_staged_quarters(workspace: Path) -> list[str]:
    """Return the quarters next to whose folder a run left something."""
    return sorted({path.name[1:7] for path in (workspace / "out").glob(STAGED_FOLDERS)})


def settle_quarters(workspace: Path, store: Store, quarters: Sequence[str]) -> list[Move]:
    """Do what ``settle_moves`` does for ``quarters``; the caller is the workspace's writer."""
    for place, target in _find_withdrawn_folders(workspace, store).items():
        with wrap_os_errors(place, PublishError):
            place.rename(target)
    moves = (_settle(workspace / "out" / quarter, store) for quarter in quarters)
    return [move for move in moves if move is not None]


def _settle(place: Path, store: Store) -> Move | None:
    run = store.current_run_id(place.name)
    try:
        with wrap_os_errors(place, PublishError):
            return Move(place.name, run) if settle_folder(place, run) else None
    except GapmatchError as error:
        return Move(place.name, run, error.message)


def refuse_lost_database(workspace: Path) -> None:
    """Raise ``StoreError`` if ``out/`` has results whose database is gone.

    A new one would number the cases anew, and would know none of the visits and decisions.
    """
    results = sorted(p.parent.name for p in (workspace / "out").glob(f"????Q[1-4]/{LAST_FILE}"))
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
    run = store.withdraw(quarter, reason)
    place = workspace / "out" / quarter
    if not place.exists():
        return None
    target = place.with_name(f"{quarter}.withdrawn-{run}")
    with wrap_os_errors(place, PublishError):
        place.rename(target)
    return target


def _find_withdrawn_folders(workspace: Path, store: Store) -> dict[Path, Path]:
    """Return folders of withdrawn runs that are still where results stand, and where they belong.

    A withdrawal that is cut short leaves its folder to the next command.
    """
    held = store.quarters()
    rows = store.db.execute("SELECT quarter, run FROM withdrawals ORDER BY id").fetchall()
    places = {workspace / "out" / q: run for q, run in rows if q not in held}
    return {
        place: place.with_name(f"{place.name}.withdrawn-{run}")
        for place, run in places.items()
        if (read_run_info(place) or {}).get("run_id") == run
    }


def find_files_with_personal_data(workspace: Path, before: str) -> list[Path]:
    """Return folders of results earlier than the quarter ``before``, and copies of the database.

    The store forgets persons by itself; in these files they stay until somebody deletes them.
    """
    results = [
        path
        for pattern in ("????Q[1-4]", "????Q[1-4].withdrawn-*", _SLIPS_AND_LETTERS)
        for path in sorted((workspace / "out").glob(pattern))
        if path.name[:6] < before
    ]
    copies = sorted((workspace / BACKUPS).glob("*.db"))
    return [*results, *copies, *sorted(workspace.glob("gapmatch-before-restore-*.db*"))]
