"""Finished stages of a long run, stored next to the database so that a stopped run can resume.

Only the same run goes on: same contents of files, same settings, same version, same decisions and
visits. Checkpoints of other runs are removed, and all of them when a run ends.
"""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from gapmatch import __version__
from gapmatch.pipeline import compute_digest
from gapmatch.private_files import make_private_file, make_private_folder
from gapmatch.publish.folder_swap import hash_file
from gapmatch.settings.load import Settings
from gapmatch.workspace_files import CHECKPOINTS_FOLDER


@dataclass(frozen=True)
class Checkpoints:
    """Finished stages of one run as files in ``folder``."""

    folder: Path

    def frames(
        self, stage: str, make: Callable[[], Mapping[str, pl.DataFrame]]
    ) -> Mapping[str, pl.DataFrame]:
        """Return the stored frames of a stage, else store and return those of ``make``."""
        place = self.folder / stage
        if place.is_dir():
            return {p.stem: pl.read_ipc(p) for p in sorted(place.glob("*.arrow"))}
        found = make()
        staged = self.folder / f"{stage}.part"
        shutil.rmtree(staged, ignore_errors=True)
        make_private_folder(staged)
        for name, frame in found.items():
            make_private_file(staged / f"{name}.arrow")
            frame.write_ipc(staged / f"{name}.arrow", compression="lz4")
        staged.rename(place)
        return found


def locate_run_folder(workspace: Path, quarter: str, mark: str) -> Path:
    """Return the folder for what the run of this ``mark`` has finished; it need not be there."""
    return workspace / CHECKPOINTS_FOLDER / quarter / mark


def remove_others(own: Path) -> None:
    """Remove what other runs of the quarter left, once this one alone holds the workspace."""
    for other in own.parent.glob("*"):
        if other != own:
            shutil.rmtree(other, ignore_errors=True)


def remove(workspace: Path, quarter: str) -> None:
    """Remove all checkpoints of a quarter, but what another program holds open."""
    shutil.rmtree(workspace / CHECKPOINTS_FOLDER / quarter, ignore_errors=True)
    folder = workspace / CHECKPOINTS_FOLDER
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def hash_run(files: Sequence[Path], settings: Settings) -> str:
    """Return a digest of a run's inputs: contents of its files, settings and version."""
    seen = [(str(file.absolute()), hash_file(file)) for file in files]
    return compute_digest([__version__, settings.model_dump(mode="json"), seen])
