"""What a long run has finished, kept beside the store so that a stopped run goes on from there.

Only the same run goes on: same files, same settings, same version, same decisions and visits. What another
run left is removed, and so is all of it once a run has come to its end.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from gapmatch import __version__
from gapmatch.pipeline import Basis
from gapmatch.settings.load import Settings

FOLDER = ".gapmatch-run"


@dataclass(frozen=True)
class Checkpoints:
    """Finished stages of one run as files in ``folder``."""

    folder: Path

    def frames(
        self, stage: str, make: Callable[[], Mapping[str, pl.DataFrame]]
    ) -> Mapping[str, pl.DataFrame]:
        """Return the frames of a stage: those that are kept, else what ``make`` returns, which is kept."""
        place = self.folder / stage
        if place.is_dir():
            return {p.stem: pl.read_ipc(p) for p in sorted(place.glob("*.arrow"))}
        found = make()
        beside = self.folder / f"{stage}.part"
        shutil.rmtree(beside, ignore_errors=True)
        make_private(beside)
        for name, frame in found.items():
            frame.write_ipc(beside / f"{name}.arrow", compression="lz4")
        beside.rename(place)
        return found


def run_folder(workspace: Path, quarter: str, mark: str) -> Path:
    """Return the folder for what the run of this ``mark`` has finished; it need not be there."""
    return workspace / FOLDER / quarter / mark


def remove_others(own: Path) -> None:
    """Remove what other runs of the quarter left. Only who holds the workspace may: no other run is at work."""
    for other in own.parent.glob("*"):
        if other != own:
            shutil.rmtree(other, ignore_errors=True)


def make_private(folder: Path) -> None:
    """Make a folder that its owner alone can read: it will hold personal data."""
    folder.mkdir(parents=True, exist_ok=True)
    if os.name == "posix":
        folder.chmod(0o700)


def remove(workspace: Path, quarter: str) -> None:
    """Remove all that runs of a quarter kept; what another program holds open stays for the next run."""
    shutil.rmtree(workspace / FOLDER / quarter, ignore_errors=True)
    folder = workspace / FOLDER
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def mark_of_basis(basis: Basis) -> str:
    """Return what tells decisions, visits and linkage models from others."""
    memory, model = basis.memory, basis.model
    frames = [memory.decisions, memory.visits] if memory else []
    said = [(frame.height, int(frame.hash_rows().sum())) for frame in frames if frame.height]
    levels = [{name: p.tolist() for name, p in of.items()} for of in (model.m, model.u)]
    return _mark([said, model.version, levels, model.matched_share])


def mark_of(files: Sequence[Path], settings: Settings) -> str:
    """Return what tells a run from others: its files, settings and version."""
    seen = [(str(f.absolute()), f.stat().st_size, f.stat().st_mtime_ns) for f in files]
    return _mark([__version__, settings.model_dump(mode="json"), seen])


def _mark(told: object) -> str:
    text = json.dumps(told, ensure_ascii=True, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
