"""Differences of the names of one firm in two lists: one kind per pair, by rule."""

from collections.abc import Callable

import polars as pl
from rapidfuzz.distance import OSA, LCSseq
from rapidfuzz.process import cpdist

from gapmatch.standardise.characters import Characters
from gapmatch.vocabulary.labels import list_labels
from gapmatch.vocabulary.rules import choose_first

KINDS = tuple(list_labels("name_difference"))
"""In the order in which they are asked; the first that holds is the kind."""
_PARTS = (
    *("clean_name", "aliases", "region", "core", "trade_name", "trade_industry"),
    *("branch", "numbers"),
)
"""Columns of FIRMS and UNITS that the store keeps; sound and shape are read from the core again."""
_MIN_CUT = 2
"""A name cut to fewer characters than this shows nothing."""


def classify_differences(firms: pl.DataFrame, units: pl.DataFrame) -> pl.Series:
    """Return how the names in each row of ``firms`` and ``units`` differ: one of ``KINDS``."""
    sides = [_select_parts(firms, "f"), _select_parts(units, "u")]
    pairs = pl.concat(sides, how="horizontal").with_columns(
        edits=_compare_texts(firms["core"], units["core"], OSA.distance),
        common=_compare_texts(firms["core"], units["core"], LCSseq.similarity),
    )
    difference = choose_first(_list_rules().items(), "other")
    return pairs.select(difference=difference)["difference"]


def _select_parts(rows: pl.DataFrame, side: str) -> pl.DataFrame:
    characters = Characters.load()
    return rows.select(_PARTS).select(
        pl.all().name.suffix(f"_{side}"),
        characters.build_sound_keys(rows["core"]).alias(f"sound_{side}"),
        characters.build_shape_keys(rows["core"]).alias(f"shape_{side}"),
    )


def _list_rules() -> dict[str, pl.Expr]:
    shorter = pl.min_horizontal(pl.col(f"core_{side}").str.len_chars() for side in "fu")
    return {
        "same": _is_equal("clean_name"),
        "former_name": pl.col("aliases_f").list.contains(pl.col("clean_name_u"))
        | pl.col("aliases_u").list.contains(pl.col("clean_name_f")),
        "brackets": _is_equal_without(r"[()]") | _is_equal_without(r"\([^()]*\)"),
        "legal_form": _is_equal("core") & (pl.col("region_f") == pl.col("region_u")),
        "region": _is_equal("core"),
        "number": _is_other("numbers"),
        "branch": pl.col("branch_f") != pl.col("branch_u"),
        "sound": _is_equal("sound"),
        "shape": _is_equal("shape"),
        "truncated": (shorter >= _MIN_CUT) & (_is_cut("f", "u") | _is_cut("u", "f")),
        "trade_word": _is_equal("trade_name"),
        "one_character": pl.col("edits") == 1,
        "words_in_or_out": (pl.col("common") == shorter) & (shorter > _MIN_CUT),
        "trade_name": _is_equal("trade_industry") & _is_other("trade_name"),
    }


def _is_equal(part: str) -> pl.Expr:
    return (pl.col(f"{part}_f") == pl.col(f"{part}_u")) & (pl.col(f"{part}_f") != "")


def _is_other(part: str) -> pl.Expr:
    left, right = pl.col(f"{part}_f"), pl.col(f"{part}_u")
    return (left != "") & (right != "") & (left != right)


def _is_equal_without(pattern: str) -> pl.Expr:
    left, right = (pl.col(f"clean_name_{side}").str.replace_all(pattern, "") for side in "fu")
    return (left == right) & (left != "")


def _is_cut(one: str, other: str) -> pl.Expr:
    """The one name goes as far as it does in the other, from the front or to the end."""
    cut, complete = pl.col(f"core_{one}"), pl.col(f"core_{other}")
    return complete.str.starts_with(cut) | complete.str.ends_with(cut)


def _compare_texts(left: pl.Series, right: pl.Series, scorer: Callable[..., int]) -> pl.Series:
    texts = (side.fill_null("").to_list() for side in (left, right))
    return pl.Series(cpdist(*texts, scorer=scorer).astype("int64"))


def count_by_difference(
    known: pl.DataFrame, firms: pl.DataFrame, units: pl.DataFrame, gaps: pl.DataFrame
) -> pl.DataFrame:
    """Return one row per kind of difference between an enrolled firm's name and its unit's.

    ``known``: firm, true_unit_id; FIRMS, UNITS and GAPS. ``difference``; ``enrolled``: firms; of
    these ``in_review``, and ``false_gaps``: called uninsured or dormant. In the order of ``KINDS``.
    """
    enrolled = known.drop_nulls("true_unit_id").join(
        units.select(pl.col("unit_id").alias("true_unit_id"), "unit").unique(
            "true_unit_id", keep="first", maintain_order=True
        ),
        on="true_unit_id",
    )
    ours = enrolled.select("firm").join(firms, on="firm", how="left", maintain_order="left")
    theirs = enrolled.select("unit").join(units, on="unit", how="left", maintain_order="left")
    order = pl.Enum(KINDS)
    kinds = enrolled.select("firm").with_columns(
        classify_differences(ours, theirs).cast(order).alias("difference")
    )
    status = pl.col("status").cast(pl.String)
    judged = kinds.join(gaps.select("firm", status), on="firm")
    counted = judged.group_by("difference").agg(
        enrolled=pl.len().cast(pl.Int64),
        in_review=(pl.col("status") == "review").sum().cast(pl.Int64),
        false_gaps=pl.col("status").is_in(["uninsured", "dormant"]).sum().cast(pl.Int64),
    )
    return counted.sort("difference").cast({"difference": pl.String})
