"""What the workspace's files and folders hold beside the store, and putting them in order."""

from contextlib import suppress
from pathlib import Path

from gapmatch.errors import StoreError
from gapmatch.publish.folder_swap import recover
from gapmatch.store.backups import BACKUPS
from gapmatch.store.lock import writer
from gapmatch.store.runs import Store


def finish_moves(workspace: Path, store: Store) -> None:
    """Bring ``out/`` to what ``store`` holds, where a run was killed between the two.

    Does nothing while another run works: what lies beside is then its work, not a dead one's leavings.
    """
    out = workspace / "out"
    left = {path.name[1:7] for path in out.glob(".????Q[1-4].*-*")}
    if left:
        with suppress(StoreError, OSError), writer(workspace, "recover"):
            for quarter in sorted(left):
                recover(out, quarter, store.standing_run(quarter))


def persons_elsewhere(workspace: Path, before: str) -> list[Path]:
    """Return folders of results earlier than the quarter ``before``, and copies of the database.

    The store forgets persons by itself; in these files they stay until somebody deletes them.
    """
    results = [
        path for path in sorted((workspace / "out").glob("????Q[1-4]")) if path.name < before
    ]
    copies = sorted((workspace / BACKUPS).glob("*.db"))
    return [*results, *copies, *sorted(workspace.glob("gapmatch-before-restore-*.db*"))]
