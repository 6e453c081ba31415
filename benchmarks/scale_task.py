"""Link one data set of ``scale_data.py`` with one tool in this process; what it comes to as a line of JSON.

    python benchmarks/scale_task.py TOOL FOLDER

The line on standard output that begins with a brace: tool, firms, units, candidate_pairs, seconds (from files to links),
stages (seconds by stage), precision, recall, f1, false_gaps, missed_gaps, reviews, and what the measuring
itself cost: measuring_seconds, measuring_cpu.
"""

import argparse
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

import polars as pl

from gapmatch.pipeline import Clock, Rows, standardise
from gapmatch.read import Side, read_extract
from gapmatch.settings.load import Settings, load_settings
from peers import quality

FIRMS_OF_A_PREFECTURE = 23_500
OWN = ("precision", "recall", "f1", "false_gaps", "missed_gaps", "reviews")


@dataclass(frozen=True)
class Linked:
    """What a tool found: firms (firm, seq), units (unit, unit_id), links as ``peer_linkers`` has them.

    ``count``: how many pairs were compared; asked for when the clock has stopped.
    """

    firms: pl.DataFrame
    units: pl.DataFrame
    links: pl.DataFrame
    count: Callable[[], int] = field(repr=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tool", choices=list(TOOLS))
    parser.add_argument("folder", type=Path)
    given = parser.parse_args()
    clock, start = Clock(), perf_counter()
    linked = TOOLS[given.tool](given.folder, clock)
    seconds = perf_counter() - start
    print(json.dumps({"tool": given.tool, **_told(linked, given.folder, clock, seconds)}))


def local(folder: Path, clock: Clock) -> Linked:
    """Link with this project's engine in this process, in the steps of ``pipeline.assess``."""
    from gapmatch.linkage import link, load_shipped_model

    firms, units = _standardised(folder, clock)
    with clock.stage("link"):
        originals = firms.filter(pl.col("duplicate_of").is_null())
        linkage = link(originals, units, load_shipped_model(), _settings(firms.height).linkage)
    return Linked(
        firms, units, _own(linkage.links), lambda: int(linkage.summary["candidate_pairs"])
    )


def _own(links: pl.DataFrame) -> pl.DataFrame:
    """Return LINKS as the peers' are scored."""
    own = links.filter(pl.col("unit").is_not_null() & (pl.col("relation") == "same"))
    return own.select(
        "firm", "unit", "probability", "decision", score=pl.col("probability").cast(pl.Float64)
    )


def _settings(firms: int) -> Settings:
    """Return the shipped settings, with the review budget of as many prefectures as the list is long."""
    shipped = load_settings()
    prefectures = max(1.0, firms / FIRMS_OF_A_PREFECTURE)
    budget = round(shipped.linkage.review_budget * prefectures)
    linkage = shipped.linkage.model_copy(update={"review_budget": budget})
    return shipped.model_copy(update={"linkage": linkage})


def spark(folder: Path, clock: Clock) -> Linked:
    """Link with this project's engine on Apache Spark, ``local[2]``."""
    from gapmatch.linkage import load_shipped_model
    from gapmatch.pipeline import Basis
    from gapmatch.spark.spark_engine import start_engine

    settings = load_settings()
    with (
        TemporaryDirectory(dir=folder.parent) as steps,
        start_engine("local[2]", Path(steps), settings.spark) as engine,
    ):
        with clock.stage("read"):
            sides = (Side.TAX, Side.ENROLLMENT)
            extracts = [engine.read(side, [folder / str(side)], settings) for side in sides]
        basis = Basis(_settings(extracts[0].rows_out), load_shipped_model())
        found = engine.link(extracts, basis, clock)
    return Linked(found.firms, found.units, _own(found.links), lambda: found.candidates)


def splink(folder: Path, clock: Clock) -> Linked:
    """Link with Splink 5 on DuckDB."""
    from peer_linkers import splink as link
    from peer_splink import count_blocked

    firms, units = _standardised(folder, clock)
    with clock.stage("link"):
        links = link(firms, units)
    return Linked(firms, units, links, lambda: count_blocked(firms, units))


def tfidf(folder: Path, clock: Clock) -> Linked:
    """Link by codes, then by the cosine of all pairs of names (bigrams weighted by rarity)."""
    from peer_linkers import tfidf_bigrams

    firms, units = _standardised(folder, clock)
    with clock.stage("link"):
        links = tfidf_bigrams(firms, units)
    return Linked(firms, units, links, lambda: firms.height * units.height)


TOOLS: Mapping[str, Callable[[Path, Clock], Linked]] = {
    "local": local,
    "spark": spark,
    "splink": splink,
    "tfidf": tfidf,
}


def _standardised(folder: Path, clock: Clock) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return FIRMS and UNITS of a data set; the other tools get the same ones."""
    with clock.stage("read"):
        tax = read_extract(Side.TAX, [folder / "tax"], {}).rows
        enrollment = read_extract(Side.ENROLLMENT, [folder / "enrollment"], {}).rows
    with clock.stage("standardise"):
        return standardise(Rows(tax, enrollment), None)


def _told(linked: Linked, folder: Path, clock: Clock, seconds: float) -> dict[str, object]:
    wall, cpu = perf_counter(), process_time()
    told = quality(_named(linked), _truth(linked.firms, folder))
    return {
        "firms": linked.firms.height,
        "units": linked.units.height,
        "candidate_pairs": linked.count(),
        "seconds": round(seconds, 2),
        "stages": {name: round(spent, 2) for name, spent in clock.seconds.items()},
        **{name: told[name] for name in OWN},
        "measuring_seconds": round(perf_counter() - wall, 2),
        "measuring_cpu": round(process_time() - cpu, 2),
    }


def _named(linked: Linked) -> pl.DataFrame:
    return linked.links.join(
        linked.units.select("unit", found_unit="unit_id"), on="unit", how="left"
    )


def _truth(firms: pl.DataFrame, folder: Path) -> pl.DataFrame:
    """Return ``firm`` and ``true_unit_id`` for every row of the tax list."""
    truth = pl.read_parquet(folder / "truth.parquet").select(seq="tax_seq", true_unit_id="unit_id")
    joined = firms.select("firm", "seq").join(truth, on="seq")
    if joined.height != truth.height:
        raise RuntimeError(f"{truth.height - joined.height} firms of the truth were not read")
    return joined.select("firm", "true_unit_id")


if __name__ == "__main__":
    main()
