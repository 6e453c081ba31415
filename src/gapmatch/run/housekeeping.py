"""What the workspace's files and folders hold beside the store, and putting them in order."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gapmatch.errors import GapmatchError, PublishError, StoreError, wrap_os_errors
from gapmatch.i18n import _
from gapmatch.publish.folder_swap import STAGED_FOLDERS, settle_folder
from gapmatch.store.backups import BACKUPS
from gapmatch.store.lock import BusyError, writer
from gapmatch.store.runs import Store


@dataclass(frozen=True)
class Move:
    """Files of the ``run`` that stands for ``quarter``, on their way to ``out/``.

    ``problem`` says what keeps them from it; ``None``: they are in place now.
    """

    quarter: str
    run: int | None
    problem: str | None = None

    def __str__(self) -> str:
        if self.problem is None:
            text = _("上一次运行在最后一步被打断：{quarter} 的新文件现已换入 out/{quarter}。")
            return text.format(quarter=self.quarter)
        text = _(
            "out/{quarter} 里还是较早的文件，与数据库（第 {run} 次运行）不一致；新文件未能换入：{problem}"
        )
        return text.format(quarter=self.quarter, run=self.run, problem=self.problem)


def settle_moves(workspace: Path, store: Store) -> list[Move]:
    """Bring ``out/`` to what ``store`` holds if a run ended between the two; return what was moved.

    Does nothing while another run works: what lies there is then its work, not a dead one's leavings.
    """
    quarters = find_staged_quarters(workspace)
    if not quarters:
        return []
    try:
        with writer(workspace, "recover"):
            return settle_quarters(workspace, store, quarters)
    except BusyError:
        return []
    except StoreError as error:
        runs = [(quarter, store.standing_run(quarter)) for quarter in quarters]
        return [Move(quarter, run, error.message) for quarter, run in runs if run is not None]


def find_staged_quarters(workspace: Path) -> list[str]:
    """Return the quarters next to whose folder a run left something."""
    return sorted({path.name[1:7] for path in (workspace / "out").glob(STAGED_FOLDERS)})


def settle_quarters(workspace: Path, store: Store, quarters: Sequence[str]) -> list[Move]:
    """Do what ``settle_moves`` does for ``quarters``; the caller is the workspace's writer."""
    moves = (_settle(workspace / "out" / quarter, store) for quarter in quarters)
    return [move for move in moves if move is not None]


def _settle(place: Path, store: Store) -> Move | None:
    run = store.standing_run(place.name)
    try:
        with wrap_os_errors(place, PublishError):
            return Move(place.name, run) if settle_folder(place, run) else None
    except GapmatchError as error:
        return Move(place.name, run, error.message)


def find_files_with_personal_data(workspace: Path, before: str) -> list[Path]:
    """Return folders of results earlier than the quarter ``before``, and copies of the database.

    The store forgets persons by itself; in these files they stay until somebody deletes them.
    """
    results = [
        path for path in sorted((workspace / "out").glob("????Q[1-4]")) if path.name < before
    ]
    copies = sorted((workspace / BACKUPS).glob("*.db"))
    return [*results, *copies, *sorted(workspace.glob("gapmatch-before-restore-*.db*"))]
