"""Print what a run costs once the store holds years: wall time, store size, quarter after quarter.

    python benchmarks/ledger.py TAX ENROLLMENT [QUARTERS]

Runs the same extracts as one quarter after the other into one workspace.
"""

import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from gapmatch.pipeline import NullObserver
from gapmatch.run.quarter_run import RunOptions, Sources, run_quarter

FIRST_YEAR = 2019
OPTIONS = RunOptions(accept="benchmark: the same files as every quarter")
"""The gate would stop them: their titles and contents are those of one quarter."""


def main(tax: str, enrollment: str, quarters: str = "12") -> None:
    """Run ``quarters`` quarters and print what each cost."""
    sources = Sources([Path(tax)], [Path(enrollment)])
    table = Table(
        "quarter", "wall s", "store s", "store MB", title="the same extracts, quarter after quarter"
    )
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder)
        for place in range(int(quarters) + 1):
            quarter = f"{FIRST_YEAR + place // 4}Q{place % 4 + 1}"
            summary = run_quarter(quarter, sources, workspace, NullObserver(), OPTIONS)
            size = (workspace / "gapmatch.db").stat().st_size / 1e6
            table.add_row(
                quarter, f"{summary.seconds:.1f}", f"{summary.timings['store']:.2f}", f"{size:.1f}"
            )
    Console().print(table)


if __name__ == "__main__":
    main(*sys.argv[1:])
