"""Names that are two firms' if they are read to the letter.

宏达 and 宏远, 蓝山 and 新蓝山, 蓝山集团 and 蓝山物业, one name in two cities: a slip is possible,
an owner's second firm at least as likely. Whatever person and phone say, somebody has to look.
"""

import tomllib
from functools import cache

import polars as pl

from gapmatch.linkage.levels import get_level
from gapmatch.resources import find_config_file

_UNSPLIT_TRADE_NAME = 3
"""So many characters at the front are taken for a trade name whose end was not recognised."""
_COMPANY = "有限公司"
OWN_PREFECTURE_SHARE = 0.02
"""A prefecture that so many units are named after may be the insurance system's own."""


@cache
def load_generic_words() -> tuple[str, ...]:
    """Return the words that say nothing of what a firm makes or sells."""
    return tuple(_load()["generic"]["words"])


@cache
def _load() -> dict[str, dict[str, str]]:
    return tomllib.loads(find_config_file("name_conflicts.toml").read_text(encoding="utf-8"))


def find_name_conflicts(frame: pl.DataFrame, levels: pl.Series) -> pl.Series:
    """Return which names are two firms' to the letter.

    ``frame``: parts of both names; ``levels``: their levels.
    """
    alike = [get_level("name", n) for n in ("typo", "wording", "one_edit", "two_edits", "related")]
    rows = levels.is_in(alike).arg_true()
    edited = pl.col("level").is_in([get_level("name", n) for n in ("one_edit", "two_edits")])
    found = (
        frame[rows]
        .with_columns(levels.gather(rows).alias("level"))
        .lazy()
        .select((edited & _has_other_character()) | _has_other_marks() | _is_daughter())
        .collect()
        .to_series()
    )
    conflicts = pl.Series([False], dtype=pl.Boolean).new_from_index(0, frame.height)
    return conflicts.scatter(rows, found)


def _has_other_character() -> pl.Expr:
    """Another character in the trade name, of another sound and another shape."""
    split = (pl.col("trade_industry_f") != "") & (pl.col("trade_industry_u") != "")
    shorter = pl.min_horizontal(pl.col(f"trade_name_{s}").str.len_chars() for s in "fu")
    end = pl.when(split).then(shorter).otherwise(_UNSPLIT_TRADE_NAME)
    lengths = [pl.col(f"core_{s}").str.len_chars() for s in "fu"]
    found = lengths[0] == lengths[1]
    for reading in ("core", "sound", "shape"):
        fronts = [pl.col(f"{reading}_{s}").str.slice(0, end) for s in "fu"]
        found &= fronts[0] != fronts[1]
    return found


def _has_other_marks() -> pl.Expr:
    """The names differ by nothing but characters that tell firms apart."""
    telling = f"[{_load()['telling']['characters']}]"
    cores = [pl.col(f"core_{s}") for s in "fu"]
    rests = [core.str.replace_all(telling, "") for core in cores]
    marks = [core.str.extract_all(telling).list.unique().list.sort() for core in cores]
    return (rests[0] == rests[1]) & (marks[0] != marks[1])


def _is_daughter() -> pl.Expr:
    """Both are full names of companies, and only one says what it does: 蓝山集团, 蓝山物业."""
    companies = [pl.col(f"standard_name_{s}").str.ends_with(_COMPANY) for s in "fu"]
    bare = [pl.col(f"core_{s}") == pl.col(f"trade_name_{o}") for s, o in ("fu", "uf")]
    named = [pl.col(f"trade_industry_{s}") != "" for s in "fu"]
    groups = [pl.col(f"clean_name_{s}").str.contains("集团", literal=True) for s in "fu"]
    related = (pl.col("level") == get_level("name", "related")) & ~(groups[0] & groups[1])
    return related & companies[0] & companies[1] & ((bare[0] & named[1]) | (bare[1] & named[0]))


def is_other_place() -> pl.Expr:
    """One name in two places, which the county does not bring together: a sister city's firm.

    Insurance systems write their own prefecture for the region of a name, which so says nothing.
    """
    near = pl.col("county").is_in([get_level("county", c) for c in ("same", "inside")])
    in_two = pl.col("name") == get_level("name", "core_region")
    return in_two & ~(near & (~pl.col("other_place") | pl.col("own_prefecture")))
