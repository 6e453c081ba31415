"""The same linkage on two real lists: what tools get wrong, and what they state about it.

Offices' lists against registered names, with a truth by code that neither list shows (see the
README beside the lists). Other tools get the threshold that only somebody who knows the truth can
choose; gapmatch runs with its shipped settings. ``peers.py`` runs and prints this.
"""

import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
from rich.console import Console
from rich.table import Table

from gapmatch.evaluation.gap_reliability import StatedFalseGaps, compare_stated_false_gaps
from gapmatch.evaluation.link_quality import NO_LINK
from gapmatch.linkage import Model, load_shipped_model
from gapmatch.pipeline import Assessment, Basis, Rows, assess
from gapmatch.read import Side, read_extract
from gapmatch.settings.load import load_settings

REAL = Path(__file__).parents[2] / "shared" / "data" / "real"
QUARTER = "2018Q4"
SETS: Mapping[str, tuple[str, str, str | None]] = {
    "names": ("tax.csv", "units.csv", None),
    "with county and address": ("tax_county.csv", "units_addr.csv", None),
    "with registry": ("tax.csv", "units.csv", "registry.csv"),
}
"""Tax list, enrollment list and market registration of each set. Only gapmatch reads the third."""
TOOLS = ("rapidfuzz ratio", "rapidfuzz WRatio", "Splink 5")
SURE = 0.99
WIDTH = 140


@dataclass(frozen=True)
class RealScore:
    """What one tool reached on one set; shares between 0 and 1.

    ``stated``: the false gaps that it expects; ``sure``: firms that it calls uninsured with
    ``SURE`` or more, and ``sure_enrolled`` of them; null for tools without probabilities.
    """

    set: str
    tool: str
    precision: float
    recall: float
    f1: float
    false_gaps: int
    reviews: int
    stated: StatedFalseGaps | None
    sure: int | None
    sure_enrolled: int | None


def measure_real_lists(
    folder: Path, tools: Sequence[str], model: Model | None = None
) -> Iterator[list[RealScore]]:
    """Yield the scores of each set, gapmatch's last; ``model``: another than the shipped one."""
    for name, (tax, enrollment, registry) in SETS.items():
        rows = Rows(
            read_extract(Side.TAX, [folder / tax], {}).rows,
            read_extract(Side.ENROLLMENT, [folder / enrollment], {}).rows,
            read_extract(Side.REGISTRY, [folder / registry], {}).rows if registry else None,
        )
        found = assess(rows, QUARTER, Basis(load_settings(), model or load_shipped_model()))
        truth = _read_truth(folder / "truth.csv", found.firms)
        peers = [_score_tool(name, tool, found, truth) for tool in tools if tool in TOOLS]
        yield [*peers, _score_gapmatch(name, found, truth)]


def _read_truth(path: Path, firms: pl.DataFrame) -> pl.DataFrame:
    """Return ``firm`` and ``true_unit_id``."""
    truth = pl.read_csv(path, infer_schema=False).select(
        pl.col("tax_row").alias("seq"), pl.col("unit_id").replace("", None).alias("true_unit_id")
    )
    return firms.select("firm", "seq").join(truth, on="seq", maintain_order="left").drop("seq")


def _score_tool(name: str, tool: str, found: Assessment, truth: pl.DataFrame) -> RealScore:
    """Run a tool in a process of its own on the frames that gapmatch links."""
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        found.firms.write_parquet(folder / "firms.parquet")
        found.units.write_parquet(folder / "units.parquet")
        peers = Path(__file__).with_name("peers.py")
        command = [sys.executable, str(peers), "--worker", tool, str(folder)]
        subprocess.run(command, check=True)
        links = pl.read_parquet(folder / "links.parquet")
    return score_links(name, tool, _add_truth(links, found.units, truth), truth)


def _add_truth(links: pl.DataFrame, units: pl.DataFrame, truth: pl.DataFrame) -> pl.DataFrame:
    own = units.select("unit", found_unit="unit_id")
    return links.join(own, on="unit", how="left").join(truth, on="firm")


def score_links(name: str, tool: str, links: pl.DataFrame, truth: pl.DataFrame) -> RealScore:
    """Score what a tool proposes at its best threshold.

    ``links``: firm, score, probability, found_unit, true_unit_id, one row a firm at most.
    """
    enrolled = truth.drop_nulls("true_unit_id")
    right = (pl.col("found_unit") == pl.col("true_unit_id")).fill_null(value=False)
    at = links.group_by("score").agg(n=pl.len(), right=right.sum()).sort("score", descending=True)
    f1 = 2 * pl.col("right").cum_sum() / (pl.col("n").cum_sum() + enrolled.height)
    best = at.with_columns(f1=f1).sort("f1", "score", descending=True)["score"][0]
    matches = links.filter(pl.col("score") >= best)
    hits = matches.select(right.sum()).item()
    stands = links["probability"].null_count() == 0
    chance = links.group_by("firm").agg(pl.col("probability").max())
    firms = truth.join(chance, on="firm", how="left").with_columns(
        pl.col("probability").fill_null(0.0)
    )
    sure = firms.filter(1.0 - pl.col("probability") >= SURE)
    return RealScore(
        set=name,
        tool=tool,
        precision=hits / max(1, matches.height),
        recall=hits / max(1, enrolled.height),
        f1=2 * hits / max(1, matches.height + enrolled.height),
        false_gaps=enrolled.join(matches, on="firm", how="anti").height,
        reviews=0,
        stated=None,
        sure=sure.height if stands else None,
        sure_enrolled=sure.drop_nulls("true_unit_id").height if stands else None,
    )


def _score_gapmatch(name: str, found: Assessment, truth: pl.DataFrame) -> RealScore:
    links = _add_truth(found.links, found.units, truth)
    matches = links.filter((pl.col("decision") == "match") & (pl.col("relation") == "same"))
    hits = matches.filter(pl.col("found_unit") == pl.col("true_unit_id")).height
    enrolled = truth.drop_nulls("true_unit_id")
    status = pl.col("status").cast(pl.String)
    gaps = found.gaps.join(truth, on="firm")
    sure = gaps.filter(status.is_in(NO_LINK) & (pl.col("probability_uninsured") >= SURE))
    return RealScore(
        set=name,
        tool="gapmatch",
        precision=hits / max(1, matches.height),
        recall=hits / max(1, enrolled.height),
        f1=2 * hits / max(1, matches.height + enrolled.height),
        false_gaps=gaps.filter(status.is_in(NO_LINK)).drop_nulls("true_unit_id").height,
        reviews=gaps.filter(status == "review").height,
        stated=compare_stated_false_gaps(truth, found.firms, found.links),
        sure=sure.height,
        sure_enrolled=sure.drop_nulls("true_unit_id").height,
    )


def print_real_scores(scores: Sequence[RealScore]) -> None:
    """Print the scores of one set as a table."""
    table = Table(title=f"real lists, {scores[0].set}", title_justify="left")
    table.add_column("tool", no_wrap=True)
    for heading in ("F1", "precision", "recall", "false gaps", "stated (95 %)", f"enrolled of ≥ {SURE:.0%} uninsured", "reviews"):  # fmt: skip
        table.add_column(heading, justify="right")
    for s in scores:
        stated = "–"
        if s.stated is not None:
            holds = "holds" if s.stated.holds else "does not hold"
            stated = f"{s.stated.value:.0f} ({s.stated.low:.0f}–{s.stated.high:.0f}), {holds}"
        sure = "–" if s.sure is None else f"{s.sure_enrolled} of {s.sure}"
        shares = [f"{share:.2%}" for share in (s.f1, s.precision, s.recall)]
        table.add_row(s.tool, *shares, str(s.false_gaps), stated, sure, str(s.reviews))
    Console(width=max(WIDTH, Console().width)).print(table)
