"""Print what a quarterly run costs, beside the floor, and what blocking leaves out.

    python benchmarks/bench.py [--extracts ../shared/data/extracts/2022Q4] [--repeat 3]

The floor reads the same extracts and writes the same workbooks and nothing else. Each figure is the best
of the repeats, of a process of its own; peak memory is that of the main process.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[1]
DEFAULT = ROOT.parent / "shared" / "data" / "extracts" / "2022Q4"
QUARTER = "2022Q4"


def main() -> None:
    """Run the benchmark and print its tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--extracts", type=Path, default=DEFAULT)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--units", type=int, default=200, help="units of the blocking oracle")
    parser.add_argument(
        "--quarters", type=int, default=12, help="quarters that the store holds already"
    )
    given = parser.parse_args()
    console = Console()
    with tempfile.TemporaryDirectory() as folder:
        extracts = find_extracts(given.extracts, Path(folder), console)
        workspace = Path(folder) / "workspace"
        console.print(run_table(extracts, workspace, given.repeat))
        console.print(stage_table(workspace))
        console.print(_measured("publishing.py", [workspace]).stdout)
        console.print(_measured("blocking.py", extracts, str(given.units)).stdout)
        if given.quarters:
            console.print(_measured("ledger.py", extracts, str(given.quarters)).stdout)


def find_extracts(folder: Path, scratch: Path, console: Console) -> list[Path]:
    """Return the tax list and the enrolled units; of an invented prefecture where the folder is absent."""
    if not folder.is_dir():
        from gapmatch.synth.write import write_demo

        console.print(f"{folder} is not here: an invented prefecture stands in for it")
        folder = write_demo(scratch / "extracts")[QUARTER].truth.parent
    return [folder / "正常纳税企业清册.xlsx", folder / "参保单位.csv"]


def run_table(extracts: Sequence[Path], workspace: Path, repeat: int) -> Table:
    """Return wall time, CPU time and peak memory of ``run``, ``check``, ``--help`` and the floor."""
    tax, enrollment = map(str, extracts)
    sources = ["--tax", tax, "--enrollment", enrollment, "--workspace", str(workspace)]
    commands = {
        "gapmatch run": ["-m", "gapmatch", "run", QUARTER, "--quiet", *sources],
        "floor: read, write workbooks": [
            str(ROOT / "benchmarks/floor.py"),
            tax,
            enrollment,
            str(workspace),
        ],
        "gapmatch check": ["-m", "gapmatch", "check", tax, "--as", "tax", "--json"],
        "gapmatch --help": ["-m", "gapmatch", "--help"],
    }
    table = Table(
        "process", "wall s", "CPU s", "peak MB", title=f"{Path(tax).parent}, {os.cpu_count()} cores"
    )
    # In turns, so that a busy minute of the machine falls on all of them.
    costs = [[_timed(command) for command in commands.values()] for _again in range(repeat)]
    best = [min(own, key=lambda cost: cost[0]) for own in zip(*costs, strict=True)]
    for name, (wall, cpu, peak) in zip(commands, best, strict=True):
        table.add_row(name, f"{wall:.2f}", f"{cpu:.2f}", f"{peak:.0f}")
    run, floor = best[:2]
    table.add_row("run ÷ floor", f"{run[0] / floor[0]:.2f}", f"{run[1] / floor[1]:.2f}", "")
    return table


def _timed(command: Sequence[str]) -> tuple[float, float, float]:
    """Return wall seconds, CPU seconds (with helper processes) and peak megabytes of a Python process."""
    start = perf_counter()
    done = _measured("cost.py", command)
    wall = perf_counter() - start
    cost = json.loads(done.stderr.splitlines()[-1])
    return wall, float(cost["cpu"]), float(cost["peak_mb"])


def _measured(
    script: str, arguments: Sequence[object], *more: str
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "benchmarks" / script), *map(str, arguments), *more]
    return subprocess.run(command, check=True, text=True, encoding="utf-8", capture_output=True)


def stage_table(workspace: Path) -> Table:
    """Return how long each stage of the last run took."""
    info = json.loads((workspace / "out" / QUARTER / "run.json").read_text(encoding="utf-8"))
    table = Table("stage", "wall s", title="stages of the run")
    for stage, seconds in info["timings"].items():
        table.add_row(stage, f"{seconds:.2f}")
    return table


if __name__ == "__main__":
    main()
