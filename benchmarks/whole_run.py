"""Print what whole runs of a province cost: Parquet in; store, tables, workbooks and report out.

    python benchmarks/whole_run.py [FIRMS …] [--kind synthetic] [--registry] [--quarters 2] [--scratch DIR]

Each run is a process of its own; CPU seconds and peak memory are of all its processes. A later quarter is
the same lists again, so that the ledger and the comparison with the quarter before are in it. ``--registry``
gives the register of firms as a third source.
"""

import argparse
import json
import os
import resource
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

import polars as pl
from rich.console import Console
from rich.table import Table

from gapmatch.read import Side, read_extract
from scale_data import SCRATCH, data_set
from scale_watch import GB, Limits, Watched, watch

QUARTERS = ("2022Q3", "2022Q4")
DATABASE = "gapmatch.db"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("firms", type=int, nargs="*", default=[300_000, 1_000_000])
    parser.add_argument("--kind", choices=["registry", "synthetic"], default="synthetic")
    parser.add_argument("--registry", action="store_true", help="with the register of firms")
    parser.add_argument("--quarters", type=int, choices=[1, 2], default=2)
    parser.add_argument("--scratch", type=Path, default=SCRATCH, help="where data sets are")
    parser.add_argument("--limit-gb", type=float, default=10.0)
    parser.add_argument("--task", nargs="+", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.task:
        run_task(*given.task)
        return
    console = Console(width=max(110, Console().width))
    for firms in given.firms:
        data = data_set(given.kind, firms, given.scratch)
        console.print(measure(data, firms, given, console))


def measure(data: Path, firms: int, given: argparse.Namespace, console: Console) -> Table:
    """Run the quarters into a new workspace; print stages and sizes, return the table of costs."""
    workspace = given.scratch / "whole-run"
    shutil.rmtree(workspace, ignore_errors=True)
    sources = [str(data / "tax"), str(data / "enrollment")]
    sources += [str(write_register(data))] if given.registry else []
    table = Table("quarter", "wall s", "CPU s", "peak GB", "store, bytes a firm", "files MB")
    table.title = f"{data.name}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start"
    before = 0
    for quarter in QUARTERS[: given.quarters]:
        command = [sys.executable, __file__, "--task", quarter, str(workspace), *sources]
        watched = watch(command, Limits(3600, given.limit_gb))
        if watched.state != "done":
            table.add_row(quarter, watched.state, "", "", "", "")
            break
        console.print(stage_table(quarter, watched))
        size = (workspace / DATABASE).stat().st_size
        table.add_row(
            quarter,
            f"{watched.wall:.1f}",
            f"{watched.cpu:.1f}",
            f"{watched.peak_gb:.2f}",
            f"{(size - before) / firms:.0f}",
            f"{sum_files(workspace / 'out' / quarter) / 1e6:.0f}",
        )
        before = size
    console.print(size_table(workspace, firms))
    return table


def run_task(quarter: str, workspace: str, tax: str, enrollment: str, *registry: str) -> None:
    """Run one quarter in this process; print wall and CPU seconds of its stages as JSON."""
    from gapmatch.run.quarter_run import RunOptions, Sources, run_quarter

    clock = StageCosts()
    register = [Path(path) for path in registry]
    sources = Sources([Path(tax)], [Path(enrollment)], register)
    run_quarter(quarter, sources, Path(workspace), clock, RunOptions(accept="benchmark"))
    print(json.dumps(clock.list_costs()))


@dataclass
class StageCosts:
    """Wall and CPU seconds of each stage, helper processes included, and this process's peak by then."""

    marks: list[tuple[str, float, float, float]] = field(
        default_factory=lambda: [("start", 0.0, 0.0, 0.0)]
    )
    start: float = field(default_factory=perf_counter)

    def begin(self, stage: str) -> None:
        """The stage before is over."""
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / GB
        self.marks.append((stage, perf_counter() - self.start, sum(os.times()[:4]), peak))

    def list_costs(self) -> list[tuple[str, float, float, float]]:
        """Return stage, wall seconds, CPU seconds, and the highest memory until its end."""
        self.begin("end")
        pairs = zip(self.marks, self.marks[1:], strict=False)
        return [(name, to[1] - wall, to[2] - cpu, to[3]) for (name, wall, cpu, _peak), to in pairs]


def stage_table(quarter: str, watched: Watched) -> Table:
    """Return the costs of the stages of a run."""
    table = Table("stage", "wall s", "CPU s", "peak GB by then", title=f"stages of {quarter}")
    for name, wall, cpu, peak in json.loads(watched.output.splitlines()[-1]):
        table.add_row(name, f"{wall:.1f}", f"{cpu:.1f}", f"{peak:.2f}")
    return table


def size_table(workspace: Path, firms: int) -> Table:
    """Return what takes the room of the store: tables with their indexes, and frames by name."""
    table = Table("in the store", "MB", "bytes a firm", title="all quarters together")
    for name, size in list_sizes(workspace / DATABASE):
        if size > firms // 4:
            table.add_row(name, f"{size / 1e6:.1f}", f"{size / firms:.0f}")
    return table


def list_sizes(database: Path) -> Iterator[tuple[str, int]]:
    """Yield what lies in the database with its bytes, the largest first."""
    with closing(sqlite3.connect(database)) as connection:
        frames = "SELECT 'frame ' || name, sum(length(parquet)) FROM frames GROUP BY name"
        pages = "SELECT name, sum(pgsize) FROM dbstat WHERE name <> 'frames' GROUP BY name"
        rows = connection.execute(f"{frames} UNION ALL {pages} ORDER BY 2 DESC").fetchall()
    yield from rows


def sum_files(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def write_register(data: Path) -> Path:
    """Return the register of the firms of a data set as Parquet; written first where it is not there."""
    place = data / "register.parquet"
    if not place.exists():
        firms = read_extract(Side.TAX, [data / "tax"], {}).rows
        firms.select(
            pl.col("name").alias("企业名称"),
            pl.coalesce("credit_code", "taxpayer_code").alias("统一社会信用代码"),
            pl.lit("存续（在营、开业、在册）").alias("登记状态"),
            pl.col("open_date").alias("成立日期"),
            pl.col("address").alias("住所"),
        ).write_parquet(place)
    return place


if __name__ == "__main__":
    main()
