"""Levels of credit codes, as far as they are known: hidden, cut, several in a cell."""

import numpy as np
import polars as pl

from gapmatch.linkage.bigrams import Ints
from gapmatch.linkage.edits import count_edits
from gapmatch.linkage.levels import build_ladder, evaluate_rows, get_level
from gapmatch.linkage.sides import CODE_FACTS

MIN_KNOWN_CHARACTERS = 4
"""With so many distinctive characters, a code agrees by chance in less than 1 of 10,000 pairs."""
_DISTINCTIVE_PLACES = {18: frozenset(range(10, 18)), 9: frozenset(range(2, 9))}
"""Places, by length, of the characters that distinguish codes."""


def compute_code_levels(left: pl.DataFrame, right: pl.DataFrame) -> pl.Series:
    """Return the level of each pair's codes: the main ones, unless a further code agrees."""
    levels = _classify_codes(left, right)
    several = (left["other_codes"].list.len() > 0) | (right["other_codes"].list.len() > 0)
    pairs = several.arg_true()
    if not len(pairs):
        return levels
    crossed = _expand_codes(left.gather(pairs), right.gather(pairs))
    sides = (crossed.select(pl.col(f"{c}_{s}").alias(c) for c in CODE_FACTS) for s in ("f", "u"))
    # What a code was meant to be is a guess: agreement on it is worth what one slip leaves.
    read = pl.col("is_reading_f") | pl.col("is_reading_u")
    near = pl.lit(get_level("code", "near"), pl.UInt8)
    crossed_levels = crossed.select(
        "pair", "is_reading_f", "is_reading_u", level=_classify_codes(*sides)
    ).with_columns(
        pl.when(read).then(pl.max_horizontal("level", near)).otherwise("level").alias("level")
    )
    best = crossed_levels.group_by("pair").agg(pl.col("level").min()).sort("pair")["level"]
    agrees = best <= get_level("code", "prefix")
    return levels.scatter(pairs.filter(agrees), best.filter(agrees))


def _expand_codes(left: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    """Return the cross product of both sides' codes, with the number of the ``pair``."""
    every = pl.DataFrame({"pair": range(left.height)}, schema={"pair": pl.UInt32})
    for rows, side in ((left, "f"), (right, "u")):
        codes_in_use = rows.select(
            *(c for c in CODE_FACTS if c != "is_reading"), is_reading=pl.lit(value=False)
        )
        others = rows.select("other_codes").with_row_index("pair").explode("other_codes")
        others = others.drop_nulls("other_codes").unnest("other_codes")
        codes = pl.concat([codes_in_use.with_row_index("pair"), others], how="diagonal_relaxed")
        named = codes.rename({c: f"{c}_{side}" for c in CODE_FACTS})
        every = every.join(named, on="pair", how="left", maintain_order="left")
    return every


def _classify_codes(left: pl.DataFrame, right: pl.DataFrame) -> pl.Series:
    columns = ["code_text", "organisation", "uscc", "organisation_valid", "uscc_valid"]
    frame = pl.concat(
        [
            left.select(pl.col(columns).name.suffix("_f")),
            right.select(pl.col(columns).name.suffix("_u")),
        ],
        how="horizontal",
    )
    # Two sound codes are in conflict, however near: most pairs, and not worth a look at their
    # characters.
    sound = frame.select((_is_valid_code("f") & _is_valid_code("u")).alias("sound"))["sound"]
    near = np.zeros(frame.height, dtype=bool)
    near[(~sound).to_numpy()] = _count_code_edits(frame.filter(~sound)) == 1
    frame = frame.with_columns(pl.Series("near", near), _compare_partial_codes(frame).alias("part"))
    long_f, long_u = (pl.col(f"code_text_{s}").str.len_chars() >= 15 for s in "fu")
    heads = [pl.col(f"code_text_{s}").str.slice(0, 15) for s in "fu"]
    rungs: list[tuple[str, pl.Expr]] = [
        ("missing", pl.col("code_text_f").is_null() | pl.col("code_text_u").is_null()),
        ("same", pl.col("organisation_f") == pl.col("organisation_u")),
        ("same", pl.col("code_text_f") == pl.col("code_text_u")),
        ("conflict", _is_valid_code("f") & _is_valid_code("u")),
        ("prefix", pl.col("part") == "agrees"),
        ("missing", pl.col("part") == "says_little"),
        ("near", pl.col("near")),
        ("prefix", long_f & long_u & (heads[0] == heads[1])),
    ]
    return evaluate_rows(frame, build_ladder("code", rungs))


def _compare_partial_codes(frame: pl.DataFrame) -> pl.Series:
    """Return for pairs with a hidden (9152****) or cut code whether its known part agrees.

    ``agrees``, ``says_little`` (too few characters are known), or null: it differs, or nothing is
    hidden.
    """
    texts = [pl.col(f"code_text_{s}") for s in "fu"]
    complete = [pl.col(f"organisation_{s}").is_not_null() for s in "fu"]
    cut = [~w & t.str.len_chars().is_between(8, 14) for w, t in zip(complete, texts, strict=True)]
    hidden = [t.str.contains("*", literal=True) for t in texts]
    partial = ((hidden[0] | cut[0]) & complete[1]) | ((hidden[1] | cut[1]) & complete[0])
    some = frame.select(partial.fill_null(value=False).alias("p"))["p"]
    outcomes = [
        _compare_partial_code(*pair)
        for pair in frame.filter(some).select("code_text_f", "code_text_u").iter_rows()
    ]
    levels = pl.Series([None], dtype=pl.String).new_from_index(0, frame.height)
    return levels.scatter(some.arg_true(), pl.Series(outcomes, dtype=pl.String))


def _compare_partial_code(one: str, other: str) -> str | None:
    """Compare two codes as far as both are known, in place or at either end of the longer."""
    short, long = sorted((one, other), key=len)
    starts = {0, len(long) - len(short)}
    return max((_match_partial_code(short, long, start) for start in starts), key=_PART_ORDER.index)


_PART_ORDER = (None, "says_little", "agrees")


def _match_partial_code(short: str, long: str, start: int) -> str | None:
    placed = {start + i: c for i, c in enumerate(short) if c != "*"}
    known = [place for place in placed if long[place] != "*"]
    if any(placed[place] != long[place] for place in known):
        return None
    distinctive = (
        sum(place in _DISTINCTIVE_PLACES[len(long)] for place in known)
        if len(long) in _DISTINCTIVE_PLACES
        else 0
    )
    return "agrees" if distinctive >= MIN_KNOWN_CHARACTERS else "says_little"


def _is_valid_code(side: str) -> pl.Expr:
    """The organisation inside the code is right, and so is the code around it if there is one."""
    inner = pl.col(f"organisation_valid_{side}").fill_null(value=False)
    return inner & pl.col(f"uscc_valid_{side}").fill_null(value=True)


def _count_code_edits(frame: pl.DataFrame) -> Ints:
    """Least edit distance between the full codes, and between their organisation codes."""
    inner = [
        pl.coalesce(f"organisation_{s}", pl.col(f"code_text_{s}").str.slice(-9)).alias(s)
        for s in "fu"
    ]
    codes = frame.select(*inner, "code_text_f", "code_text_u")
    return np.minimum(
        count_edits(codes["f"], codes["u"]), count_edits(codes["code_text_f"], codes["code_text_u"])
    )


def refine_code_levels() -> pl.Expr:
    """Two levels of the code that depend on the name.

    The same code on a head office and its branch is expected if clerks paste the head office's
    code, and two valid codes under two names are two firms, however much else an owner's firms
    share.
    """
    name, code = pl.col("name"), pl.col("code")
    pasted = (name == get_level("name", "parent_branch")) & (code == get_level("code", "same"))
    another = (name >= get_level("name", "two_edits")) & (code == get_level("code", "conflict"))
    return (
        pl.when(pasted)
        .then(pl.lit(get_level("code", "same_of_parent"), pl.UInt8))
        .when(another)
        .then(pl.lit(get_level("code", "other_firm"), pl.UInt8))
        .otherwise(code)
        .alias("code")
    )
