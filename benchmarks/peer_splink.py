"""Splink 5 on DuckDB for firms and units, as an expert of it would set it up.

Blocking by codes, names and persons; ordered comparison levels on the same cleaned columns that gapmatch
uses, with term frequencies; u from random pairs, m by expectation maximisation in several sessions.
Columns that an extract lacks altogether are left out, as their user would do. Levels and rules were chosen
with the truth in view, to Splink's favour: fewer levels that EM cannot train, no region of the name.
"""

import logging
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from splink import Linker
    from splink.internals.comparison_creator import ComparisonCreator

COLUMNS = {
    "name": pl.col("clean_name"),
    "standard_name": pl.col("standard_name"),
    "core": pl.col("core"),
    "numbers": pl.when(pl.col("numbers") == "").then(pl.lit("-")).otherwise(pl.col("numbers")),
    "organisation": pl.col("organisation"),
    "person": pl.col("person"),
    "phone": pl.col("phone_digits"),
    "county": pl.col("county_name").replace("未知", None),
    "address": pl.col("address_text"),
    "core_start": pl.col("core").str.head(3),
    "core_middle": pl.col("core").str.slice(1, 4),
    "core_end": pl.col("core").str.tail(4),
}
BLOCKING = (
    ("organisation",), ("name",), ("core",), ("person", "county"), ("phone",),
    ("core_start", "county"), ("core_middle",), ("core_end", "county"), ("core_start", "person"),
)  # fmt: skip
TRAINING = (("organisation",), ("core",), ("person", "county"), ("core_start", "county"))
SURE = (("organisation",), ("name",))
LOWEST_WEIGHT = -15.0
SEED = 1


def splink_scores(firms: pl.DataFrame, units: pl.DataFrame) -> pl.DataFrame:
    """Return scored pairs: firm, unit, score (match weight), probability."""
    logging.getLogger("splink").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _predicted(*_prepared(firms, units))


def count_blocked(firms: pl.DataFrame, units: pl.DataFrame) -> int:
    """Return how many pairs the blocking rules let through to be compared."""
    linker = _linker(*_prepared(firms, units))
    counts = linker.blocking_analysis.count_comparisons_from_blocking_rules(
        record_sample_proportion=1.0
    )
    return int(counts[-1]["cumulative_comparison_count"])


def _prepared(
    firms: pl.DataFrame, units: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame, list[str]]:
    """Return both sides' columns and those of them that both sides have."""
    left, right = _columns(firms, "firm"), _columns(units, "unit")
    present = [
        c
        for c in COLUMNS
        if left[c].null_count() < left.height and right[c].null_count() < right.height
    ]
    return left, right, present


def _columns(frame: pl.DataFrame, key: str) -> pl.DataFrame:
    blank_is_null = [
        pl.when(expression.str.len_chars() > 0).then(expression).alias(name)
        for name, expression in COLUMNS.items()
    ]
    return frame.select(pl.col(key).cast(pl.Int64).alias("unique_id"), *blank_is_null)


def _linker(left: pl.DataFrame, right: pl.DataFrame, present: Sequence[str]) -> "Linker":
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    api = DuckDBAPI()
    tables = [
        api.register(left.to_arrow(), dataset_display_name="firms"),
        api.register(right.to_arrow(), dataset_display_name="units"),
    ]
    settings = SettingsCreator(
        link_type="link_only",
        comparisons=_comparisons(present),
        blocking_rules_to_generate_predictions=[
            block_on(*rule) for rule in _usable(BLOCKING, present)
        ],
    )
    return Linker(tables, settings)


def _predicted(left: pl.DataFrame, right: pl.DataFrame, present: Sequence[str]) -> pl.DataFrame:
    linker = _linker(left, right, present)
    _train(linker, present)
    predicted = linker.inference.predict(threshold_match_weight=LOWEST_WEIGHT)
    return pl.DataFrame(pl.from_arrow(predicted.as_pyarrow_table())).select(
        pl.col("unique_id_l").cast(pl.UInt32).alias("firm"),
        pl.col("unique_id_r").cast(pl.UInt32).alias("unit"),
        pl.col("match_weight").cast(pl.Float64).alias("score"),
        pl.col("match_probability").cast(pl.Float64).alias("probability"),
    )


def _train(linker: "Linker", present: Sequence[str]) -> None:
    from splink import block_on

    training = linker.training
    training.estimate_probability_two_random_records_match(
        [block_on(*rule) for rule in _usable(SURE, present)], recall=0.8
    )
    training.estimate_u_using_random_sampling(max_pairs=1e7, seed=SEED)
    for rule in _usable(TRAINING, present):
        training.estimate_parameters_using_expectation_maximisation(block_on(*rule))


def _usable(rules: Sequence[tuple[str, ...]], present: Sequence[str]) -> list[tuple[str, ...]]:
    return [rule for rule in rules if set(rule) <= set(present)]


def _comparisons(present: Sequence[str]) -> list["ComparisonCreator"]:
    import splink.comparison_library as cl

    comparisons = {
        "organisation": lambda: cl.LevenshteinAtThresholds("organisation", [1]),
        "person": lambda: cl.ExactMatch("person").configure(term_frequency_adjustments=True),
        "phone": lambda: cl.ExactMatch("phone"),
        "county": lambda: cl.ExactMatch("county").configure(term_frequency_adjustments=True),
        "address": lambda: cl.JaccardAtThresholds("address", [0.8, 0.5]),
        "numbers": lambda: cl.ExactMatch("numbers"),
    }
    return [
        _name_comparison(),
        *(make() for column, make in comparisons.items() if column in present),
    ]


def _name_comparison() -> "ComparisonCreator":
    import splink.comparison_level_library as cll
    import splink.comparison_library as cl

    return cl.CustomComparison(
        output_column_name="core",
        comparison_levels=[
            cll.NullLevel("core"),
            cll.ExactMatchLevel("standard_name"),
            cll.ExactMatchLevel("core", term_frequency_adjustments=True),
            cll.LevenshteinLevel("core", 1),
            cll.JaccardLevel("core", 0.85),
            cll.LevenshteinLevel("core", 2),
            cll.JaroWinklerLevel("core", 0.88),
            cll.JaccardLevel("core", 0.6),
            cll.ElseLevel(),
        ],
    )
