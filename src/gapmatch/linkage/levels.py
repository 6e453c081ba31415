"""The ladders of agreement of ``config/comparisons.toml``, which describes every level.

The number of a level is its place there.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from gapmatch.resources import load_toml


@cache
def load_comparisons() -> Mapping[str, Any]:
    """Return ``config/comparisons.toml``."""
    return load_toml("comparisons.toml")


_COMPARISONS = {name: facts for name, facts in load_comparisons().items() if "title" in facts}


def _select_levels(comparison: str, mark: str = "zh") -> tuple[str, ...]:
    levels = _COMPARISONS[comparison].items()
    return tuple(
        n for n, facts in levels if n != "title" and isinstance(facts, dict) and mark in facts
    )


def _select_columns(use: str) -> dict[str, str]:
    return {c: facts[use] for c, facts in _COMPARISONS.items() if use in facts}


LADDERS = {comparison: _select_levels(comparison) for comparison in _COMPARISONS}
AGREEMENT = {c: levels for c in LADDERS if (levels := _select_levels(c, "agrees"))}
"""Levels on which the rarity of the agreeing value counts (term frequency, Winkler 2000)."""

COMPARED = _select_columns("shown")
"""The column of FIRMS and UNITS that shows what each comparison compared."""
COUNTED_VALUES = _select_columns("counted")
"""The column whose value a comparison agrees on, for the comparisons of single values."""
COUNTED_NAMES = ("standard_name", "core", "sound", "trade_name", "region_code")
"""The parts of a name whose rarity counts."""
FULL_NAMES = ("exact", "standard")
"""Levels on which names are the same from the region to the legal form."""
TRADE_NAME_ALONE = ("wording", "related", "industry_conflict")
"""Levels on which names agree on the trade name, and on nothing else as a whole."""


DOUBTFUL_NAMES = _select_levels("name", "doubtful")
"""Levels of names that are mostly those of two firms."""
OTHER_NAMES = _select_levels("name", "two_firms")
"""Levels on which the names are those of two firms, unless a code proves otherwise."""

GIVEN_NAME: dict[str, tuple[tuple[str, ...], ...]] = {"code": (("conflict", "other_firm"),)}
"""Levels that are one and the same but for how alike the names are.

Among chance pairs they are as common under alike names as under others, so each counts with the
share of all: that the names are alike is weighed once, by the name's own level.
"""


def get_level(comparison: str, name: str) -> int:
    """Return the number of a level."""
    return LADDERS[comparison].index(name)


ORDER: dict[str, list[list[str]]] = {c: facts["order"] for c, facts in _COMPARISONS.items()}
"""Chains along which the weight never rises: more agreement never weighs less."""


def build_agreement_mask(comparison: str) -> npt.NDArray[np.bool_]:
    """Return for each level of a comparison whether the rarity of the value counts."""
    agreeing = AGREEMENT.get(comparison, ())
    return np.array([name in agreeing for name in LADDERS[comparison]])


def evaluate_rows(frame: pl.DataFrame, wanted: pl.Expr, rows: pl.Series | None = None) -> pl.Series:
    """Return what an expression (a ladder, a condition) gives for each row, or for ``rows``.

    A lazy frame evaluates what rungs have in common once, and gathers only what they read.
    """
    asked = frame.lazy() if rows is None else frame.lazy().select(pl.all().gather(rows))
    return asked.select(wanted).collect().to_series()


def build_ladder(comparison: str, rungs: list[tuple[str, pl.Expr]]) -> pl.Expr:
    """Return the number of the first rung whose condition holds, else of ``different``."""
    chain = pl.lit(get_level(comparison, "different"), pl.UInt8)
    for name, holds in reversed(rungs):
        chain = pl.when(holds).then(pl.lit(get_level(comparison, name), pl.UInt8)).otherwise(chain)
    return chain


def is_silent(comparison: str, levels: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Return the pairs in which a comparison says nothing for one firm: missing or different."""
    return np.isin(levels, [get_level(comparison, level) for level in ("missing", "different")])
