"""A synthetic prefecture from a plan: one walk through its quarters."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from gapmatch.schemas import ENROLLMENT_ROWS, REGISTRY_ROWS, TAX_ROWS, Table
from gapmatch.synth.business import make_nature, simulate_quarter
from gapmatch.synth.cast import make_cast
from gapmatch.synth.draws import make_stream
from gapmatch.synth.extracts import Stage, SyntheticQuarter, draw_quarter
from gapmatch.synth.insurance import begin
from gapmatch.synth.invented_names import make_names
from gapmatch.synth.invented_places import load_places
from gapmatch.synth.particulars import make_register
from gapmatch.synth.plan import Plan
from gapmatch.synth.units import make_copies
from gapmatch.synth.visits import Scene, simulate_visits
from gapmatch.synth.word_lists import load_words

REST = 4
"""Quarters for which a visited firm is left alone."""


@dataclass(frozen=True)
class Prefecture:
    """Extracts and truth by quarter, and the visits of all quarters.

    ``visits``: quarter (of the list that the visit rests on), tax_seq, taxpayer_code, visited
    (date), at_random, outcome (code), new_insured (persons). An ``enrolled`` firm has a unit from
    the next quarter on.
    """

    plan: Plan
    quarters: Mapping[str, SyntheticQuarter]
    visits: pl.DataFrame


def make_prefecture(plan: Plan) -> Prefecture:
    """Return a synthetic prefecture: the same plan gives the same frames on every machine."""
    words = load_words()
    places = load_places(plan.prefectures, words.place, make_stream(plan.seed, "places"))
    cast = make_cast(plan, places, words)
    register = make_register(plan, cast, make_names(cast, places, words, plan.seed), places, words)
    copies = make_copies(plan, cast, register, places, words)
    nature = make_nature(plan, cast, words)
    enrolling = begin(plan, cast)
    last_visit = np.full(len(cast), -REST)
    quarters: dict[str, SyntheticQuarter] = {}
    visits: list[pl.DataFrame] = []
    for number, name in enumerate(plan.quarters):
        filings = simulate_quarter(plan, register, nature, number)
        enrolling.step(number, filings)
        insurance = enrolling.insurance
        stage = Stage(plan, cast, register, copies, insurance, number, filings)
        quarters[name] = draw_quarter(stage)
        scene = Scene(plan, cast, register, words, insurance, number, filings)
        visited, enrolling.queue = simulate_visits(scene, number - last_visit >= REST)
        last_visit[visited["entity"].to_numpy()] = number
        visits.append(_number_visits(visited, quarters[name]))
    return Prefecture(plan, quarters, pl.concat(visits))


def _number_visits(visits: pl.DataFrame, quarter: SyntheticQuarter) -> pl.DataFrame:
    numbers = quarter.truth.select("tax_seq", "taxpayer_code")
    joined = visits.join(numbers, on="taxpayer_code", how="left", maintain_order="left")
    return joined.select(
        "quarter", "tax_seq", "taxpayer_code", "visited", "at_random", "outcome", "new_insured"
    )


def convert_to_rows(quarter: SyntheticQuarter) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Return TaxRows, EnrollmentRows and RegistryRows, as ``read`` would from files."""
    registry = quarter.registry.with_columns(abnormal=pl.col("abnormal") == "是")
    return (
        _complete_rows(TAX_ROWS, quarter.tax, "tax"),
        _complete_rows(ENROLLMENT_ROWS, quarter.enrollment, "enrollment"),
        _complete_rows(REGISTRY_ROWS, registry, "registry"),
    )


def _complete_rows(table: Table, frame: pl.DataFrame, source: str) -> pl.DataFrame:
    number = pl.int_range(1, pl.len() + 1, dtype=pl.Int64)
    return table.complete(
        frame.with_columns(
            source_file=pl.lit(source),
            source_row=number,
            data_row=number,
            is_duplicate=pl.lit(False),  # noqa: FBT003
            code_precision_lost=pl.lit(False),  # noqa: FBT003
        )
    )
