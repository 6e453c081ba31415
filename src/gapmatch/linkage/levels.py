"""The ladders of agreement: for each comparison its levels, from full agreement down to conflict.

The number of a level is its place here. ``config/comparisons.toml`` describes each level in words,
with an invented pair that stands on it; a test holds the two together.
"""

import numpy as np
import numpy.typing as npt
import polars as pl

LADDERS: dict[str, tuple[str, ...]] = {
    "name": (
        "exact",
        "standard",
        "core",
        "core_form",
        "core_region",
        "typo",
        "wording",
        "one_edit",
        "two_edits",
        "related",
        "letter_conflict",
        "similar_high",
        "similar_middle",
        "similar_low",
        "industry_conflict",
        "parent_branch",
        "number_conflict",
        "different",
        "missing",
    ),
    "code": (
        "same",
        "near",
        "prefix",
        "same_of_parent",
        "missing",
        "different",
        "conflict",
        "other_firm",
    ),
    "person": ("same", "near", "missing", "different"),
    "phone": ("same", "near", "missing", "different"),
    "county": ("same", "inside", "prefecture", "missing", "different"),
    "address": ("same", "similar", "missing", "different"),
}

AGREEMENT: dict[str, tuple[str, ...]] = {
    "name": (
        "exact",
        "standard",
        "core",
        "core_form",
        "core_region",
        "typo",
        "wording",
        "one_edit",
        "two_edits",
        "related",
        "letter_conflict",
        "industry_conflict",
    ),
    "code": ("same",),
    "person": ("same",),
    "phone": ("same",),
    "address": ("same",),
}
"""Levels on which the rarity of the agreeing value counts (term frequency, Winkler 2000)."""

COUNTED_VALUES = {
    "code": "organisation",
    "person": "person",
    "phone": "phone_digits",
    "address": "address_text",
}
"""The column whose value a comparison agrees on, for the comparisons of single values."""
COUNTED_NAMES = ("standard_name", "core", "sound", "trade_name", "region_code")
"""The parts of a name whose rarity counts."""
FULL_NAMES = ("exact", "standard")
"""Levels on which names are the same from the region to the legal form."""
TRADE_NAME_ALONE = ("wording", "related", "industry_conflict")
"""Levels on which names agree on the trade name, and on nothing else as a whole."""

DOUBTFUL_NAMES = (
    *("one_edit", "two_edits", "related", "similar_high", "similar_middle", "similar_low"),
    *("letter_conflict", "industry_conflict", "parent_branch", "number_conflict", "different"),
)
"""Levels of names that are mostly those of two firms."""

GIVEN_NAME: dict[str, tuple[tuple[str, ...], ...]] = {"code": (("conflict", "other_firm"),)}
"""Levels that are one and the same but for how alike the names are.

Among chance pairs they are as common under alike names as under others, so each counts with the
share of all: that the names are alike is weighed once, by the name's own level.
"""


def get_level(comparison: str, name: str) -> int:
    """Return the number of a level."""
    return LADDERS[comparison].index(name)


ORDER: dict[str, tuple[tuple[str, ...], ...]] = {
    "name": (
        ("exact", "standard", "core", "core_form"),
        ("core", "core_region"),
        ("typo", "one_edit", "two_edits", "letter_conflict"),
        ("similar_high", "similar_middle", "similar_low", "different"),
        ("similar_low", "number_conflict"),
        ("wording", "related", "industry_conflict"),
    ),
    "code": (("same", "near", "different", "conflict", "other_firm"),),
    "person": (("same", "near", "different"),),
    "phone": (("same", "near", "different"),),
    "county": (("same", "inside", "different"), ("same", "prefecture", "different")),
    "address": (("same", "similar", "different"),),
}
"""Chains along which the weight never rises: more agreement never weighs less."""


def build_agreement_mask(comparison: str) -> npt.NDArray[np.bool_]:
    """Return for each level of a comparison whether the rarity of the value counts."""
    agreeing = AGREEMENT.get(comparison, ())
    return np.array([name in agreeing for name in LADDERS[comparison]])


def find_levels(frame: pl.DataFrame, ladder: pl.Expr) -> pl.Series:
    """Return the level of each row; a lazy frame evaluates what rungs have in common once."""
    return frame.lazy().select(ladder).collect().to_series()


def build_ladder(comparison: str, rungs: list[tuple[str, pl.Expr]], otherwise: str) -> pl.Expr:
    """Return the number of the first rung whose condition holds."""
    chain = pl.lit(get_level(comparison, otherwise), pl.UInt8)
    for name, holds in reversed(rungs):
        chain = pl.when(holds).then(pl.lit(get_level(comparison, name), pl.UInt8)).otherwise(chain)
    return chain
