"""Print what commands cost on a store of many quarters of a province.

    python benchmarks/commands.py WORKSPACE [--firms 300000] [--quarters 12] [--scratch DIR]

WORKSPACE holds one quarter of any size. Its firms and units are laid side by side under other names and
codes until there are enough, stored as a quarter, and that quarter is copied in the database under other
names. Each command is a process of its own, run twice; the second is shown, when files are in memory.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from time import perf_counter

import polars as pl

from gapmatch.quarters import Quarter
from gapmatch.run.commit import plan_run_cases, write_rows
from gapmatch.store.runs import RunRecord, Store
from scale_data import SCRATCH

FIRST = Quarter(2020, 1)
KEYS = {"firms": ("firm", "duplicate_of"), "links": ("firm", "lost_to"), "gaps": ("firm",), "targets": ("firm",)}  # fmt: skip
TEXTS = ("name", "clean_name", "standard_name", "code_text", "uscc", "organisation", "credit_code", "taxpayer_code", "unit_id")  # fmt: skip
COPIED = ("frames", "firms", "units", "links", "verdicts", "case_quarters", "checksums")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--firms", type=int, default=300_000)
    parser.add_argument("--quarters", type=int, default=12)
    parser.add_argument("--scratch", type=Path, default=SCRATCH)
    given = parser.parse_args()
    place = given.scratch / f"commands-{given.firms}-{given.quarters}"
    if not place.exists():
        make_store(given.workspace, place, given.firms, given.quarters)
    measure_commands(place, given.firms, given.quarters)


def make_store(source: Path, place: Path, firms: int, quarters: int) -> None:
    """Write a store of ``quarters`` equal quarters."""
    with Store.open(source) as store:
        frames = store.results(store.find_latest_quarter() or "")
    partial = place.with_name(f".{place.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    wide = lay_side_by_side(frames, firms)
    names = [str(FIRST.next(number)) for number in range(quarters)]
    with Store.open(partial) as store:
        with store.transaction():
            plan = plan_run_cases(store, names[0], wide)
            record = RunRecord(names[0], "benchmark", "2023-01-01T00:00:00+00:00")
            write_rows(store, record, wide, plan)
        for name in names[1:]:
            copy_quarter(store, names[0], name)
    partial.rename(place)


def lay_side_by_side(frames: Mapping[str, pl.DataFrame], firms: int) -> dict[str, pl.DataFrame]:
    """Return the frames repeated until there are ``firms`` firms, each copy of other names and codes."""
    rows, units = frames["firms"].height, frames["units"].height
    copies = [_rename_copy(frames, n, (rows, units)) for n in range(-(-firms // rows))]
    wide = {name: pl.concat([copy[name] for copy in copies]) for name in frames}
    return {
        name: frame.filter(pl.col("firm") < firms) if name in KEYS else frame
        for name, frame in wide.items()
    }


def _rename_copy(
    frames: Mapping[str, pl.DataFrame], number: int, sizes: tuple[int, int]
) -> dict[str, pl.DataFrame]:
    moved = {}
    for name, frame in frames.items():
        firm = [pl.col(c) + number * sizes[0] for c in KEYS.get(name, ()) if c in frame.columns]
        unit = [pl.col("unit") + number * sizes[1]] if "unit" in frame.columns else []
        types = [pl.col(e.meta.output_name()).cast(frame.schema[e.meta.output_name()]) for e in (*firm, *unit)]  # fmt: skip
        texts = [pl.col(c) + f"{number:02d}" for c in TEXTS if c in frame.columns and name in ("firms", "units")]  # fmt: skip
        moved[name] = frame.with_columns(*firm, *unit, *texts).with_columns(*types)
    return moved


def copy_quarter(store: Store, source: str, target: str) -> None:
    """Copy all rows of a quarter under another name."""
    with store.db.atomic():
        store.db.execute(
            "INSERT INTO runs SELECT NULL, ?, started_at, finished_at, version, run_by, settings,"
            " counts, timings FROM runs WHERE quarter = ?",
            [target, source],
        )
        store.db.execute("INSERT INTO quarters SELECT ?, max(id) FROM runs", [target])
        for table in COPIED:
            columns = [row[1] for row in store.db.execute(f"PRAGMA table_info({table})")]
            chosen = ", ".join("?" if c == "quarter" else c for c in columns)
            sql = f"INSERT INTO {table} SELECT {chosen} FROM {table} WHERE quarter = ?"
            store.db.execute(sql, [target, source])


def measure_commands(place: Path, firms: int, quarters: int) -> None:
    """Run each command twice and print what the second run cost."""
    last = str(FIRST.next(quarters - 1))
    with Store.open(place) as store:
        frame = store.result(last, "firms")
        row = frame.row(firms // 2, named=True)
    commands = {
        "explain, by code": ["explain", row["code_text"]],
        "explain, by part of a name": ["explain", row["name"][2:]],
        "cases, of a county": ["cases", "--county", row["county_name"]],
        "cases, by county": ["cases", "--by-county"],
        "diff": ["diff", str(FIRST.next(quarters - 2)), last],
        "runs": ["runs"],
        "doctor": ["doctor"],
        "backup": ["backup"],
    }
    size = (place / "gapmatch.db").stat().st_size
    print(
        f"{quarters} quarters of {firms:,} firms, {size / 1e6:,.0f} MB, {size / firms / quarters:.0f} bytes each"
    )
    for name, command in commands.items():
        for _again in range(2):
            wall, cpu, peak, code = run_command([*command, "--workspace", str(place)])
        load = os.getloadavg()[0]
        print(f"{name:28} wall {wall} s, CPU {cpu} s, peak {peak} MB, exit {code}, load {load:.0f}")


def run_command(arguments: list[str]) -> tuple[str, str, str, str]:
    """Return wall seconds, CPU seconds, peak megabytes and exit code of a command."""
    code = (
        "import resource, subprocess, sys, json; done = subprocess.run([sys.executable, *sys.argv[1:]],"
        " stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL); used = resource.getrusage("
        "resource.RUSAGE_CHILDREN); print(json.dumps([used.ru_utime + used.ru_stime,"
        " used.ru_maxrss / 1024, done.returncode]))"
    )
    start = perf_counter()
    command = [sys.executable, "-c", code, "-m", "gapmatch", *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    cpu, peak, exit_code = json.loads(done.stdout)
    return f"{perf_counter() - start:.2f}", f"{cpu:.2f}", f"{peak:.0f}", str(exit_code)


if __name__ == "__main__":
    main()
