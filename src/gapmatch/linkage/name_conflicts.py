"""Names that are two firms' if they are read to the letter.

宏达 and 宏远, 蓝山 and 新蓝山, 蓝山集团 and 蓝山物业, one name in two cities: a slip is possible,
an owner's second firm at least as likely. Whatever person and phone say, somebody has to look.
"""

import re
from functools import cache
from typing import Any

import polars as pl

from gapmatch.linkage.levels import evaluate_rows, get_level
from gapmatch.resources import load_toml

_MIN_UNSPLIT_LENGTH, _KIND_LENGTH = 3, 3
"""If the end of a trade name was not recognised: so many characters behind a town at the least, and
all but so many at the end, if they say what kind of place it is."""
_MIN_WORD_LENGTH = 2
"""Characters of a word, at the least."""
_PLACE_END = "[业厂店部场行社站]$"
"""What kind of place it is changes: 经营部, 经营店."""
_NATION = "中国"
"""What many institutions have in front is none of their trade names."""
_COMPANY = "有限公司"
BRANCH, SHOP = 1, 2
"""Whose number is left out of a name: a company's branch's, another shop's."""
OWN_PREFECTURE_SHARE = 0.02
"""A prefecture that so many units are named after may be the insurance system's own."""


@cache
def load_generic_words() -> tuple[str, ...]:
    """Return the words that say nothing of what a firm makes or sells."""
    return tuple(load_name_conflicts()["generic"]["words"])


@cache
def load_name_conflicts() -> dict[str, dict[str, Any]]:
    """Return what tells the names of two firms apart, by kind of conflict."""
    return load_toml("name_conflicts.toml")


def mark_letter_conflicts(frame: pl.DataFrame, levels: pl.Series) -> pl.Series:
    """Return the levels, ``letter_conflict`` if alike names are two firms' to the letter."""
    alike = [get_level("name", n) for n in ("typo", "wording", "one_edit", "two_edits", "related")]
    similar = [get_level("name", n) for n in ("similar_high", "similar_middle")]
    edited = pl.col("level").is_in([get_level("name", n) for n in ("one_edit", "two_edits")])
    elsewhere = pl.col("other_place") & ~pl.col("own_prefecture")
    frame = frame.with_columns(levels.alias("level"))
    rest = levels.is_in([*alike, *similar]).arg_true()
    # Each condition takes more time than those before it, and is asked of what they left.
    for has_conflict in (
        _is_other_body(),
        _has_other_marks() | _is_subsidiary() | elsewhere,
        (edited & _has_other_character())
        | _has_other_activity()
        | _is_works_and_dealer()
        | _is_other_kind(),
        pl.struct("core_f", "core_u").map_batches(_flag_other_words, pl.Boolean),
    ):
        found = evaluate_rows(frame, has_conflict.fill_null(value=False), rest)
        levels = levels.scatter(rest.filter(found), get_level("name", "letter_conflict"))
        rest = rest.filter(levels.gather(rest).is_in(alike))
    return levels


def _has_other_character() -> pl.Expr:
    """Another character of another sound and shape in a trade name or trade: 蓝山 and 蓝水."""
    split = pl.lit(value=True)
    for s in "fu":
        split &= (pl.col(f"trade_industry_{s}") != "") & (pl.col(f"trade_name_{s}") != _NATION)
    town = pl.col("name_town_f").str.len_chars()
    lengths = [pl.col(f"core_{s}").str.len_chars() for s in "fu"]
    kinds = [pl.col(f"core_{s}").str.contains(load_name_conflicts()["shop"]["kinds"]) for s in "fu"]
    kind = pl.when(kinds[0] | kinds[1]).then(_KIND_LENGTH).otherwise(1)
    unsplit = pl.max_horizontal(town + _MIN_UNSPLIT_LENGTH, lengths[0] - kind)
    names = [pl.col(f"trade_name_{s}").str.len_chars() for s in "fu"]
    is_same_name = (pl.col("branch_f") == "") & (pl.col("branch_u") == "") & (names[0] == names[1])
    ends = [pl.col(f"core_{s}").str.contains(_PLACE_END).cast(pl.UInt32) for s in "fu"]
    trade = lengths[0] - pl.min_horizontal(ends)
    known = pl.when(is_same_name).then(trade).otherwise(pl.min_horizontal(names))
    end = pl.when(split).then(known).otherwise(unsplit)
    differs = lengths[0] == lengths[1]
    for reading in ("core", "sound", "shape"):
        fronts = [pl.col(f"{reading}_{s}").str.slice(0, end) for s in "fu"]
        differs &= fronts[0] != fronts[1]
    return differs


def _flag_other_words(cores: pl.Series) -> pl.Series:
    """Return the pairs of ``core_f`` and ``core_u`` with another word within them."""
    pairs = cores.struct.unnest()
    ends = [(pl.col(c).str.head(1), pl.col(c).str.tail(1)) for c in pairs.columns]
    framed = pairs.select((ends[0][0] == ends[1][0]) & (ends[0][1] == ends[1][1])).to_series()
    found = [_has_other_word(one, other) for one, other in pairs.filter(framed).rows()]
    return framed.scatter(framed.arg_true(), pl.Series(found, dtype=pl.Boolean))


def _has_other_word(one: str, other: str) -> bool:
    """Whether a word within them is another one, no character in common: 核桃种植, 烤烟种植."""
    shorter = min(len(one), len(other))
    front = next((n for n in range(shorter) if one[n] != other[n]), shorter)
    most = shorter - front
    back = next((n for n in range(most) if one[-1 - n] != other[-1 - n]), most)
    words = [name[front : len(name) - back] for name in (one, other)]
    is_kind = _match_kinds().search
    if not front or not back or any(map(is_kind, (one[front:], other[front:]))):
        return False
    return min(map(len, words)) >= _MIN_WORD_LENGTH and not set(words[0]) & set(words[1])


@cache
def _match_kinds() -> re.Pattern[str]:
    return re.compile(f"^{load_name_conflicts()['shop']['kinds']}")


def _has_other_marks() -> pl.Expr:
    """The names differ by nothing but characters that tell firms apart."""
    telling = f"[{load_name_conflicts()['telling']['characters']}]"
    cores = [pl.col(f"core_{s}") for s in "fu"]
    rests = [core.str.replace_all(telling, "") for core in cores]
    marks = [core.str.extract_all(telling).list.unique().list.sort() for core in cores]
    return (rests[0] == rests[1]) & (marks[0] != marks[1])


def _has_other_activity() -> pl.Expr:
    """Each name says what it does, and they do not do the same: 汽车销售, 汽车维修; 养牛, 养羊."""
    pattern = load_name_conflicts()["activities"]["pattern"]
    done = [pl.col(f"trade_industry_{s}").str.extract_all(pattern) for s in "fu"]
    common = done[0].list.set_intersection(done[1]).list.len()
    return (done[0].list.len() > 0) & (done[1].list.len() > 0) & (common == 0)


def _is_other_kind() -> pl.Expr:
    """A company, and a public office or a shop: 交通运输有限公司, 交通运输局; 建材公司, 建材店."""
    is_other = pl.lit(value=False)
    for one, other in ("fu", "uf"):
        company = pl.col(f"form_class_{one}") == "company"
        for kind in ("office", "shop"):
            end = f"(?:{'|'.join(load_name_conflicts()[kind]['endings'])})$"
            ends = pl.col(f"clean_name_{other}").str.contains(end)
            is_other |= company & ends & ~pl.col(f"core_{one}").str.contains(end)
    return is_other & (pl.col("branch_f") == "") & (pl.col("branch_u") == "")


def _is_other_body() -> pl.Expr:
    """Two bodies of one place: a nursery and a school, a hospital and a pharmacy."""
    of_end = load_name_conflicts()["bodies"]["kinds"]
    ends = "|".join(sorted(of_end, key=len, reverse=True))
    names = [pl.col(f"clean_name_{s}") for s in "fu"]
    kinds = [name.str.extract(f"({ends})$").replace(of_end) for name in names]
    is_one = kinds[0].str.starts_with(kinds[1]) | kinds[1].str.starts_with(kinds[0])
    return (~is_one).fill_null(value=False)


def _is_works_and_dealer() -> pl.Expr:
    """One name says that something is made, the other, a company's, that it is sold."""
    of = load_name_conflicts()["works"]
    words = [pl.col(f"trade_industry_{s}") for s in "fu"]
    makes, sells = ([w.str.contains(of[kind]) for w in words] for kind in ("makes", "sells"))
    makes_alone = [makes[n] & ~sells[n] for n in (0, 1)]
    deals = [
        sells[n] & ~makes[n] & (pl.col(f"form_class_{s}") == "company") for n, s in enumerate("fu")
    ]
    return (makes_alone[0] & deals[1]) | (makes_alone[1] & deals[0])


def _is_subsidiary() -> pl.Expr:
    """Both are full names of companies, and only one says what it does: 蓝山集团, 蓝山物业."""
    companies = [pl.col(f"standard_name_{s}").str.ends_with(_COMPANY) for s in "fu"]
    bare = [pl.col(f"core_{s}") == pl.col(f"trade_name_{o}") for s, o in ("fu", "uf")]
    named = [pl.col(f"trade_industry_{s}") != "" for s in "fu"]
    groups = [pl.col(f"clean_name_{s}").str.contains("集团", literal=True) for s in "fu"]
    related = (pl.col("level") == get_level("name", "related")) & ~(groups[0] & groups[1])
    return related & companies[0] & companies[1] & ((bare[0] & named[1]) | (bare[1] & named[0]))


def has_one_number() -> pl.Expr:
    """A shop, and one of the same name with a number that nothing else shows to be an account's.

    An owner has several shops. A company's branch has a name of its own, and its owner is enough.
    """
    same = {c: pl.col(c) == get_level(c, "same") for c in ("person", "phone", "address")}
    of_shop, of_branch = pl.col("unnumbered") == SHOP, pl.col("unnumbered") == BRANCH
    return ~same["address"] & (of_shop | (of_branch & ~same["person"] & ~same["phone"]))


def has_two_places() -> pl.Expr:
    """One name in two places, which the county does not bring together: a sister city's firm.

    Insurance systems write their own prefecture for the region of a name, which so says nothing;
    but for a name without a trade name, which has nothing else, unless person or phone agree.
    """
    near = pl.col("county").is_in([get_level("county", c) for c in ("same", "inside")])
    in_two = pl.col("name") == get_level("name", "core_region")
    owner = [pl.col(c) == get_level(c, "same") for c in ("person", "phone")]
    written = pl.col("own_prefecture") & (~pl.col("is_generic") | owner[0] | owner[1])
    return in_two & ~(near & (~pl.col("other_place") | written))
