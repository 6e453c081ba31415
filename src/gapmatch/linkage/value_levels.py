"""Levels of persons, phones, counties and addresses."""

import numpy as np
import polars as pl
from rapidfuzz.distance import Indel
from rapidfuzz.process import cpdist

from gapmatch.linkage.edits import count_single_edits
from gapmatch.linkage.levels import build_ladder, evaluate_rows


def compute_value_levels(left: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    """Return a column of levels for each comparison of ``left`` and ``right``, row by row."""
    return pl.DataFrame(
        {
            "person": _compute_person_levels(left["person"], right["person"]),
            "phone": _compute_phone_levels(left["phone_digits"], right["phone_digits"]),
            "county": _compute_county_levels(left, right),
            "address": _compute_address_levels(left, right),
        }
    )


def _compute_person_levels(left: pl.Series, right: pl.Series) -> pl.Series:
    frame = pl.DataFrame({"f": left, "u": right, "edits": count_single_edits(left, right, 1)})
    long = pl.min_horizontal(pl.col("f").str.len_chars(), pl.col("u").str.len_chars()) >= 2
    rungs = [
        ("missing", pl.col("f").is_null() | pl.col("u").is_null()),
        ("same", pl.col("f") == pl.col("u")),
        ("near", (pl.col("edits") == 1) & long),
    ]
    return evaluate_rows(frame, build_ladder("person", rungs))


def _compute_phone_levels(left: pl.Series, right: pl.Series) -> pl.Series:
    frame = pl.DataFrame({"f": left, "u": right, "edits": count_single_edits(left, right, 3)})
    rungs = [
        ("missing", pl.col("f").is_null() | pl.col("u").is_null()),
        ("same", pl.col("f") == pl.col("u")),
        ("near", pl.col("edits") == 1),
    ]
    return evaluate_rows(frame, build_ladder("phone", rungs))


def _compute_county_levels(left: pl.DataFrame, right: pl.DataFrame) -> pl.Series:
    """Zones have a name but no code: a county is known by its name, a prefecture by its code.

    A county that was taken from the code or the name is no evidence of its own: with a pasted code
    it would count the code twice.
    """
    frame = pl.concat(
        [_select_county_side(left, "f"), _select_county_side(right, "u")], how="horizontal"
    )
    wide = [pl.col(f"division_{side}").str.ends_with("00") for side in "fu"]
    rungs = [
        ("missing", pl.col("county_f").is_null() | pl.col("county_u").is_null()),
        ("same", pl.col("county_f") == pl.col("county_u")),
        (
            "inside",
            (wide[0] & _is_inside("division_u", "division_f"))
            | (wide[1] & _is_inside("division_f", "division_u")),
        ),
        (
            "prefecture",
            pl.col("division_f").str.slice(0, 4) == pl.col("division_u").str.slice(0, 4),
        ),
        ("missing", pl.col("division_f").is_null() | pl.col("division_u").is_null()),
    ]
    return evaluate_rows(frame, build_ladder("county", rungs))


def _select_county_side(rows: pl.DataFrame, side: str) -> pl.DataFrame:
    is_given = ~pl.col("county_source").is_in(["code", "name", "unknown"])
    return rows.select(
        pl.when(is_given).then("county_name").alias(f"county_{side}"),
        pl.when(is_given).then("division").alias(f"division_{side}"),
    )


def _is_inside(inner: str, outer: str) -> pl.Expr:
    """Return whether a division lies in a prefecture (5203 00) or a province (52 00 00)."""
    return pl.col(inner).str.starts_with(pl.col(outer).str.replace(r"(00)+$", ""))


def _compute_address_levels(firms: pl.DataFrame, units: pl.DataFrame) -> pl.Series:
    left, right = firms["address_text"], units["address_text"]
    present = (left.is_not_null() & right.is_not_null()).to_numpy()
    likeness = np.zeros(len(left))
    if present.any():
        likeness[present] = cpdist(
            left.filter(present).to_list(),
            right.filter(present).to_list(),
            scorer=Indel.normalized_similarity,
            dtype=np.float32,
            workers=-1,
        )
    same_door = firms["door"] == units["door"]
    frame = pl.DataFrame({"f": left, "u": right, "likeness": likeness, "same_door": same_door})
    alike = pl.col("likeness") >= 0.75
    # Of the pairs hardly any are alike: the others' numbers are not looked for.
    numbers = [pl.when(alike).then(side).str.extract_all(r"\d+") for side in "fu"]
    given = pl.min_horizontal(number.list.len() for number in numbers)
    next_door = numbers[0].list.head(given) != numbers[1].list.head(given)
    rungs = [
        ("missing", pl.col("f").is_null() | pl.col("u").is_null()),
        ("same", pl.col("same_door")),
        ("missing", alike & next_door),
        ("similar", alike),
    ]
    return evaluate_rows(frame, build_ladder("address", rungs))
