"""The same linkage done by other tools: quality, speed and memory side by side.

    python benchmarks/peers.py [--real DIR] [--extracts DIR] [--tools NAME …] [--variants NAME …]
        [--json FILE]

Two real lists come first, if they are there (``real_lists.py``). Then this:
Reads a tax list, an enrollment list and ``truth.csv`` from DIR (``../shared/data/extracts/2022Q4``),
standardises them once per variant, and runs each tool in a process of its own on the very same frames,
from frames to links. Variants take columns away before standardising: codes, then persons too. The best
threshold is the one that only somebody who knows the truth can choose.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import polars as pl
from rich.console import Console
from rich.table import Table

from gapmatch.evaluation.link_quality import join_truth, measure_calibration, read_truth
from gapmatch.read import Side, read_extract
from gapmatch.standardise.sides_of_extracts import (
    find_home_division,
    standardise_firms,
    standardise_units,
)
from peer_linkers import LINKERS, PERSON_READERS
from real_lists import REAL, RealScore, measure_real_lists, print_real_scores

EXTRACTS = Path(__file__).parents[2] / "shared" / "data" / "extracts" / "2022Q4"
TAX_LIST, ENROLLMENT_LIST, TRUTH = "正常纳税企业清册.xlsx", "参保单位.csv", "truth.csv"

WIDTH = 140
"""Columns that the table needs, also where no terminal is."""

_CODES = ("credit_code", "taxpayer_code", "org_code", "registration_no")
_PERSONS = ("legal_rep", "contact", "phone")
VARIANTS: Mapping[str, tuple[str, ...]] = {
    "all columns": (),
    "no codes": _CODES,
    "no codes, no persons": _CODES + _PERSONS,
}


@dataclass(frozen=True)
class Score:
    """What one tool reached on one variant; shares between 0 and 1, seconds, MiB."""

    variant: str
    tool: str
    precision: float
    recall: float
    f1: float
    best_f1: float
    false_gaps: int
    missed_gaps: int
    reviews: int
    calibration_error: float | None
    seconds: float
    peak_mib: float


def main() -> None:
    arguments = _arguments()
    if arguments.worker:
        _work(*arguments.worker)
        return
    if not (arguments.extracts / TRUTH).is_file():
        raise SystemExit(f"No extracts with a truth in {arguments.extracts}: give --extracts.")
    real = _run_real_lists(arguments.real, arguments.tools)
    scores: list[Score] = []
    for variant in arguments.variants:
        scores += _run_variant(arguments.extracts, variant, arguments.tools, scores)
        _print(variant, [s for s in scores if s.variant == variant])
    if arguments.json:
        figures = {"real": [asdict(s) for s in real], "extracts": [asdict(s) for s in scores]}
        text = json.dumps(figures, ensure_ascii=False, indent=2)
        arguments.json.write_text(text + "\n", encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--extracts", type=Path, default=EXTRACTS, help="folder with extracts and truth"
    )
    parser.add_argument("--real", type=Path, default=REAL, help="folder with the real lists")
    parser.add_argument("--tools", nargs="+", choices=list(LINKERS), default=list(LINKERS))
    parser.add_argument("--variants", nargs="+", choices=list(VARIANTS), default=list(VARIANTS))
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--worker", nargs=2, metavar=("TOOL", "FOLDER"), help=argparse.SUPPRESS)
    return parser.parse_args()


def _run_real_lists(folder: Path, tools: Sequence[str]) -> list[RealScore]:
    if not (folder / TRUTH).is_file():
        return []
    found: list[RealScore] = []
    for scores in measure_real_lists(folder, tools):
        print_real_scores(scores)
        found += scores
    return found


def _run_variant(
    extracts: Path, variant: str, tools: Sequence[str], known: Sequence[Score]
) -> list[Score]:
    """Run the tools on one variant; ``known``: what was measured on earlier variants."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        firms, units = _standardised(extracts, VARIANTS[variant])
        firms.write_parquet(folder / "firms.parquet")
        units.write_parquet(folder / "units.parquet")
        truth = join_truth(firms, read_truth(extracts / TRUTH)).select("firm", "true_unit_id")
        return [
            _same_as_before(variant, tool, known) or _run_tool(variant, tool, folder, truth, units)
            for tool in tools
        ]


def _same_as_before(variant: str, tool: str, known: Sequence[Score]) -> Score | None:
    """Return an earlier figure where the tool does not look at anything that differs since."""
    if tool in PERSON_READERS:
        return None
    seen = {v: set(hidden) - set(_PERSONS) for v, hidden in VARIANTS.items()}
    same = (s for s in known if s.tool == tool and seen[s.variant] == seen[variant])
    return next((replace(score, variant=variant) for score in same), None)


def _standardised(extracts: Path, hidden: Sequence[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Read and standardise both lists without the columns that the variant hides."""
    tax = _hide(read_extract(Side.TAX, [extracts / TAX_LIST], {}).rows, hidden)
    enrollment = _hide(read_extract(Side.ENROLLMENT, [extracts / ENROLLMENT_LIST], {}).rows, hidden)
    firms = standardise_firms(tax, None)
    return firms, standardise_units(enrollment, find_home_division(tax))


def _hide(rows: pl.DataFrame, hidden: Sequence[str]) -> pl.DataFrame:
    return rows.with_columns(pl.lit(None, rows.schema[c]).alias(c) for c in hidden)


def _run_tool(
    variant: str, tool: str, folder: Path, truth: pl.DataFrame, units: pl.DataFrame
) -> Score:
    command = [sys.executable, __file__, "--worker", tool, str(folder)]
    subprocess.run(command, check=True)
    links = pl.read_parquet(folder / "links.parquet")
    cost = json.loads((folder / "cost.json").read_text(encoding="utf-8"))
    named = links.join(units.select("unit", found_unit="unit_id"), on="unit", how="left")
    return Score(variant=variant, tool=tool, **quality(named, truth), **cost)


def _work(tool: str, folder: str) -> None:
    """Run one tool in this process and leave its links and what they cost."""
    firms = pl.read_parquet(Path(folder) / "firms.parquet")
    units = pl.read_parquet(Path(folder) / "units.parquet")
    start = perf_counter()
    links = LINKERS[tool](firms, units)
    cost = {"seconds": round(perf_counter() - start, 2), "peak_mib": _peak_mib()}
    links.write_parquet(Path(folder) / "links.parquet")
    (Path(folder) / "cost.json").write_text(json.dumps(cost), encoding="utf-8")


def _peak_mib() -> float:
    """Peak resident memory of this process; 0 where the system does not tell (Windows)."""
    try:
        import resource
    except ImportError:
        return 0.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1024 * 1024 if sys.platform == "darwin" else 1024), 1)


def quality(links: pl.DataFrame, truth: pl.DataFrame) -> dict[str, float | int | None]:
    """Measure ``links`` (firm, unit, found_unit, score, probability, decision) against the truth."""
    told = links.join(truth, on="firm", how="inner")
    enrolled = truth.filter(pl.col("true_unit_id").is_not_null())
    matches = told.filter(pl.col("decision") == "match")
    reviews = told.filter(pl.col("decision") == "review")
    right = matches.filter(pl.col("found_unit") == pl.col("true_unit_id")).height
    settled = pl.concat([matches, reviews])["firm"].implode()
    return {
        "precision": right / max(1, matches.height),
        "recall": right / max(1, enrolled.height),
        "f1": 2 * right / max(1, matches.height + enrolled.height),
        "best_f1": _best_f1(told, enrolled.height),
        "false_gaps": enrolled.filter(~pl.col("firm").is_in(settled)).height,
        "missed_gaps": matches.filter(pl.col("true_unit_id").is_null()).height,
        "reviews": reviews.height,
        "calibration_error": measure_calibration(told)
        if told["probability"].null_count() == 0
        else None,
    }


def _best_f1(told: pl.DataFrame, enrolled: int) -> float:
    """Return the F1 at the score threshold that the truth would choose."""
    right = (pl.col("found_unit") == pl.col("true_unit_id")).fill_null(value=False)
    at = told.group_by("score").agg(n=pl.len(), right=right.sum()).sort("score", descending=True)
    f1 = 2 * pl.col("right").cum_sum() / (pl.col("n").cum_sum() + enrolled)
    return float(at.select(f1.max()).item() or 0.0)


def _print(variant: str, scores: Sequence[Score]) -> None:
    table = Table(title=variant, title_justify="left")
    table.add_column("tool", no_wrap=True)
    for heading in ("precision", "recall", "F1", "best F1", "false gaps", "missed gaps", "reviews", "calibration", "seconds", "peak MiB"):  # fmt: skip
        table.add_column(heading, justify="right")
    for s in scores:
        shares = [f"{share:.2%}" for share in (s.precision, s.recall, s.f1, s.best_f1)]
        counts = [f"{count:,}" for count in (s.false_gaps, s.missed_gaps, s.reviews)]
        calibration = "–" if s.calibration_error is None else f"{s.calibration_error:.2%}"
        table.add_row(
            s.tool, *shares, *counts, calibration, f"{s.seconds:.1f}", f"{s.peak_mib:,.0f}"
        )
    Console(width=max(WIDTH, Console().width)).print(table)


if __name__ == "__main__":
    main()
