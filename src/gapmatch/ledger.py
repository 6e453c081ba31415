"""What the workspace's files and folders hold beside the store."""

from pathlib import Path

from gapmatch.store.safety import BACKUPS


def persons_elsewhere(workspace: Path, before: str) -> list[Path]:
    """Return folders of results earlier than the quarter ``before``, and copies of the database.

    The store forgets persons by itself; in these files they stay until somebody deletes them.
    """
    out = workspace / "out"
    results = [path for path in sorted(out.glob("????Q[1-4]")) if path.name < before]
    copies = sorted((workspace / BACKUPS).glob("*.db"))
    return [*results, *copies, *sorted(workspace.glob("gapmatch-before-restore-*.db"))]
