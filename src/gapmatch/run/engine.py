"""Who moves the rows of a run: this process, or a cluster. The rules are the same functions."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from gapmatch.pipeline import Assessment, Basis, Clock, ParquetOnlyResult, Rows, assess
from gapmatch.read import Extract, Side, read_extract
from gapmatch.run.checkpoints import Checkpoints
from gapmatch.settings.load import Settings

EngineName = Literal["local", "spark"]


class Engine(Protocol):
    """Reads the sources of a run and assesses them."""

    def read(self, side: Side, paths: Sequence[Path], settings: Settings) -> Extract:
        """Read one source."""

    def assess(
        self, extracts: Sequence[Extract], quarter: str, basis: Basis, clock: Clock
    ) -> Assessment:
        """Take the extracts of one quarter to statuses and ranked targets."""

    def assess_to_parquet(
        self, extracts: Sequence[Extract], quarter: str, basis: Basis, clock: Clock
    ) -> ParquetOnlyResult | None:
        """Assess without collecting the results if they are too many for that; else None."""

    def find_results(self) -> Path | None:
        """Return the folder with what the engine itself has written of the results, if any."""


@dataclass(frozen=True)
class EngineChoice:
    """Which engine, and for Spark its master: ``local[2]``, ``spark://host:7077``, ``yarn``…"""

    name: EngineName = "local"
    master: str = "local[*]"


@dataclass(frozen=True)
class LocalEngine:
    """Runs everything in this process; long runs store finished stages in ``folder``."""

    folder: Path

    def read(self, side: Side, paths: Sequence[Path], settings: Settings) -> Extract:
        """Read one source."""
        own = settings.columns.get(str(side), {})
        return read_extract(side, paths, own, settings.language, settings.read)

    def assess(
        self, extracts: Sequence[Extract], quarter: str, basis: Basis, clock: Clock
    ) -> Assessment:
        """Take the extracts of one quarter to statuses and ranked targets."""
        rows = Rows.from_extracts(extracts)
        long = rows.tax.height >= basis.settings.run.checkpoint_firms
        checkpoints = Checkpoints(self.folder / basis.compute_digest()) if long else None
        return assess(rows, quarter, basis, clock, checkpoints)

    def assess_to_parquet(
        self,
        extracts: Sequence[Extract],  # noqa: ARG002
        quarter: str,  # noqa: ARG002
        basis: Basis,  # noqa: ARG002
        clock: Clock,  # noqa: ARG002
    ) -> None:
        """Nothing: one machine has its results here."""
        return

    def find_results(self) -> None:
        """Nothing: the results are in memory."""
        return


@contextmanager
def open_engine(choice: EngineChoice, folder: Path, settings: Settings) -> Iterator[Engine]:
    """Give the chosen engine, which may use ``folder``; raise ``GapmatchError`` if it cannot be."""
    if choice.name == "local":
        yield LocalEngine(folder)
        return
    from gapmatch.spark.spark_engine import start_engine

    with start_engine(choice.master, folder, settings.spark) as engine:
        yield engine
