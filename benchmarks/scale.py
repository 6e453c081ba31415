"""How time, memory, pairs and quality grow from ten thousand to three million firms, beside other tools.

    python benchmarks/scale.py [--sizes N …] [--tools NAME …] [--kinds NAME …] [--limit-seconds 1200]
        [--most TOOL=FIRMS …] [--limit-gb 20] [--scratch DIR] [--out docs/scale/figures.json]

Every figure is that of one process of its own, all its children included, from files to links; what the
measuring itself costs in it is taken off. A tool that passes a limit is not tried on larger lists. Writes
the figures beside a picture of the curves.
"""

import argparse
import importlib.util
import json
import os
import platform
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from scale_data import RECIPES, SCRATCH
from scale_watch import GB, Limits, watch

SIZES = (10_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000)
NEEDS = {"local": "gapmatch", "spark": "pyspark", "splink": "splink", "tfidf": "sklearn"}
"""Tools and the package without which each cannot run."""
GROWING = {"wall": "wall seconds", "cpu": "CPU seconds", "candidate_pairs": "pairs compared"}
"""Figures whose growth is fitted; CPU seconds tell more where a machine does other things too."""
PACKAGES = ("polars", "numpy", "scipy", "rapidfuzz", "pyspark", "pyarrow", "splink", "duckdb", "scikit-learn")  # fmt: skip
OUT = Path(__file__).resolve().parents[1] / "docs" / "scale" / "figures.json"
WIDTH = 150


@dataclass(frozen=True)
class Bench:
    """Where data sets are kept, and what a tool may take."""

    scratch: Path
    limits: Limits


@dataclass(frozen=True)
class Run:
    """One tool on one data set: seconds, GB, shares between 0 and 1.

    ``state``: ``done``, a limit that was passed, ``failed: …`` or ``skipped: …``; without ``done`` there
    are costs until the end at best. ``told``: what ``scale_task.py`` says.
    """

    kind: str
    tool: str
    size: int
    state: str
    wall: float | None = None
    cpu: float | None = None
    peak_gb: float | None = None
    told: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return all figures on one level."""
        return {name: value for name, value in asdict(self).items() if name != "told"} | dict(
            self.told
        )


@dataclass(frozen=True)
class Growth:
    """How a figure grows with the number of firms n: as n to the ``exponent`` over all ``sizes``.

    ``last``: the exponent between the two largest sizes, where a constant start weighs least.
    """

    exponent: float
    last: float
    sizes: tuple[int, ...]


def main() -> None:
    given = _arguments()
    console = Console(width=max(WIDTH, Console().width))
    bench = Bench(given.scratch, Limits(given.limit_seconds, given.limit_gb))
    runs: list[Run] = []
    for kind in given.kinds:
        for size in sorted(given.sizes):
            for tool in given.tools:
                why = why_not(kind, tool, runs) or too_large(kind, tool, size, given.most)
                skipped = Run(kind, tool, size, f"skipped: {why}")
                runs.append(skipped if why else measure(kind, tool, size, bench))
                console.print(f"{kind} {size:,} {tool}: {_brief(runs[-1])}")
                write(runs, bench.limits, given.out)
        console.print(table(kind, runs), growth_table(kind, runs))
    if any(run.state == "done" for run in runs):
        from scale_picture import draw

        draw([run.as_dict() for run in runs], given.out.with_name("curves.svg"))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", nargs="+", type=int, default=list(SIZES), metavar="FIRMS")
    parser.add_argument("--tools", nargs="+", choices=list(NEEDS), default=list(NEEDS))
    parser.add_argument("--kinds", nargs="+", choices=list(RECIPES), default=list(RECIPES))
    parser.add_argument("--limit-seconds", type=float, default=1200.0)
    parser.add_argument(
        "--most",
        nargs="+",
        type=_tool_and_size,
        default=[],
        metavar="TOOL=FIRMS",
        help="the largest list that a tool (or KIND:TOOL) is tried on",
    )
    parser.add_argument("--limit-gb", type=float, default=20.0)
    parser.add_argument("--scratch", type=Path, default=SCRATCH, help="where data sets are kept")
    parser.add_argument("--out", type=Path, default=OUT, help="figures; curves.svg goes beside")
    given = parser.parse_args()
    given.most = dict(given.most)
    return given


def _tool_and_size(text: str) -> tuple[str, int]:
    tool, _sign, size = text.partition("=")
    if tool.rpartition(":")[2] not in NEEDS:
        raise argparse.ArgumentTypeError(f"no such tool: {tool}")
    return tool, int(size)


def measure(kind: str, tool: str, size: int, bench: Bench) -> Run:
    """Return what ``tool`` takes on a data set, which is made first where it is not there."""
    made = _python("scale_data.py", kind, str(size), "--scratch", str(bench.scratch))
    data = subprocess.run(made, capture_output=True, text=True, check=False)
    if data.returncode:
        return Run(kind, tool, size, f"skipped: {data.stderr.strip().splitlines()[-1]}")
    watched = watch(_python("scale_task.py", tool, data.stdout.strip()), bench.limits)
    told = _told(watched.output) if watched.state == "done" else {}
    return Run(
        kind,
        tool,
        size,
        watched.state,
        round(watched.wall - told.pop("measuring_seconds", 0.0), 2),
        round(watched.cpu - told.pop("measuring_cpu", 0.0), 2),
        round(watched.peak_gb, 3),
        told,
    )


def _python(script: str, *arguments: str) -> list[str]:
    """Return the command for a script beside this one; data are made in another process, to stay small here."""
    return [sys.executable, str(Path(__file__).with_name(script)), *arguments]


def _told(output: str) -> dict[str, Any]:
    """Return the line of figures among what a task said; tools may have said more."""
    told = json.loads(next(line for line in reversed(output.splitlines()) if line[:1] == "{"))
    return {name: value for name, value in told.items() if name != "tool"}


def why_not(kind: str, tool: str, runs: Sequence[Run]) -> str | None:
    """Return why a tool is not tried: a package is absent, or a smaller list was too much."""
    if importlib.util.find_spec(NEEDS[tool]) is None:
        return f"{NEEDS[tool]} is not installed"
    before = [run for run in runs if (run.kind, run.tool) == (kind, tool)]
    ended = next((run for run in before if run.state.startswith(("over", "failed"))), None)
    return f"{ended.state.partition(':')[0]} at {ended.size:,}" if ended else None


def too_large(kind: str, tool: str, size: int, most: Mapping[str, int]) -> str | None:
    """Return why a tool is not tried on a list that is longer than asked for."""
    largest = most.get(f"{kind}:{tool}", most.get(tool, size))
    return f"asked for up to {largest:,}" if size > largest else None


def growth(sizes: Sequence[int], values: Sequence[float]) -> Growth | None:
    """Fit a power of the size by least squares on logarithms; None for fewer than two sizes."""
    if len(sizes) < 2:
        return None
    x, y = np.log(np.array(sizes, float)), np.log(np.array(values, float))
    steps = np.diff(y) / np.diff(x)
    return Growth(float(np.polyfit(x, y, 1)[0]), float(steps[-1]), tuple(sizes))


def growths(kind: str, runs: Sequence[Run]) -> dict[str, dict[str, Growth]]:
    """Return how the figures of ``GROWING`` grow, by tool and figure."""
    found: dict[str, dict[str, Growth]] = {}
    for tool in NEEDS:
        done = [run.as_dict() for run in _done(kind, runs) if run.tool == tool]
        sizes = [run["firms"] for run in done]
        for figure in GROWING:
            grown = growth(sizes, [run[figure] for run in done])
            if grown:
                found.setdefault(tool, {})[figure] = grown
    return found


def _done(kind: str, runs: Sequence[Run]) -> list[Run]:
    return sorted((r for r in runs if r.kind == kind and r.state == "done"), key=lambda r: r.size)


def write(runs: Sequence[Run], limits: Limits, path: Path) -> None:
    """Write all figures and the machine that they come from."""
    figures = {
        "machine": machine(),
        "limits": asdict(limits),
        "runs": [run.as_dict() for run in runs],
        "growth": {
            kind: {
                tool: {figure: asdict(grown) for figure, grown in of_tool.items()}
                for tool, of_tool in growths(kind, runs).items()
            }
            for kind in dict.fromkeys(run.kind for run in runs)
        },
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(figures, ensure_ascii=False, indent=2)
    path.write_text(text + "\n", encoding="utf-8")


def machine() -> dict[str, Any]:
    """Return what the figures depend on: processor cores, memory, versions."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cores": os.cpu_count(),
        "memory_gb": round(memory / GB, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "packages": {name: found for name in PACKAGES if (found := _version(name))},
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _brief(run: Run) -> str:
    if run.state != "done":
        return run.state
    return f"{run.wall:.1f} s, {run.peak_gb:.1f} GB, F1 {run.told['f1']:.2%}"


def table(kind: str, runs: Sequence[Run]) -> Table:
    """Return the figures of one kind of data, a line per size and tool."""
    shown = Table(title=kind, title_justify="left")
    shown.add_column("tool")
    for heading in ("firms", "units", "wall s", "CPU s", "peak GB", "pairs compared", "precision", "recall", "F1"):  # fmt: skip
        shown.add_column(heading, justify="right")
    shown.add_column("seconds by stage, or why not")
    for run in runs:
        if run.kind == kind:
            shown.add_row(run.tool, *_cells(run))
    return shown


def _cells(run: Run) -> list[str]:
    costs = (run.wall, run.cpu, run.peak_gb)
    cost = ["" if value is None else f"{value:,.1f}" for value in costs]
    if run.state != "done":
        return [f"{run.size:,}", "", *cost, "", "", "", "", run.state]
    told = run.told
    shares = [f"{told[name]:.2%}" for name in ("precision", "recall", "f1")]
    stages = ", ".join(f"{name} {spent:.1f}" for name, spent in told["stages"].items())
    counts = [f"{told[name]:,}" for name in ("firms", "units", "candidate_pairs")]
    return [*counts[:2], *cost, counts[2], *shares, stages]


def growth_table(kind: str, runs: Sequence[Run]) -> Table:
    """Return the exponents of one kind of data."""
    shown = Table(title=f"{kind}: growth as a power of the number of firms", title_justify="left")
    for heading in ("tool", "figure", "exponent", "of the last step", "sizes"):
        shown.add_column(heading, justify="left" if heading in ("tool", "figure") else "right")
    for tool, of_tool in growths(kind, runs).items():
        for figure, grown in of_tool.items():
            sizes = ", ".join(f"{size:,}" for size in grown.sizes)
            shown.add_row(
                tool, GROWING[figure], f"{grown.exponent:.2f}", f"{grown.last:.2f}", sizes
            )
    return shown


if __name__ == "__main__":
    main()
