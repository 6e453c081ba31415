"""Levels of names: how two names differ, by the parts that the naming regulation knows."""

from functools import cache

import numpy as np
import polars as pl

from gapmatch.linkage.bigrams import Flags, Floats, Ints
from gapmatch.linkage.character_sets import may_be_near
from gapmatch.linkage.edits import FAR_EDITS, count_edits, is_swapped
from gapmatch.linkage.levels import build_ladder, evaluate_rows
from gapmatch.linkage.name_conflicts import load_name_conflicts, mark_letter_conflicts
from gapmatch.linkage.sides import READINGS
from gapmatch.linkage.trade_names import ALL_WORDS, NONE, SOME, compare_trade_names

_BRANCH_KIND = (
    r"(?:[分支]?公司|(?:分|支|经营|营业|门市|服务|销售|分理|办事|工作|专卖|连锁)?"
    r"(?:店|行|局|社|厂|院|校|部|厅|所|站|处|点|队))$"
)
"""The end of a branch's name, which says what kind of place it is."""
_DEPARTMENT = "项目(?:经理)?部$"
"""The end of a branch's name that is no legal person's branch, but a part of the company."""
_BRANCH_END = r"(?:[分支]公司|[分支]行)$"
"""The end of a branch's name that may have branches of its own."""
MIN_SIMILARITY = 0.35
"""Names that share less of their bits are not alike on that account."""
MIN_CORE_LENGTH = 3
"""Below this many characters one other character makes another name (宏达, 宏远)."""


PREFILTER_COLUMNS = (
    *("core", "sound", "shape", "trade_name", "parent_core"),
    *(f"{reading}_characters" for reading in READINGS),
)
"""Columns of names by which ``may_be_alike`` finds those that are worth comparing."""


def may_be_alike(left: pl.DataFrame, right: pl.DataFrame, similarity: Floats) -> pl.Series:
    """Return which names may stand on another level than ``different``, and some others."""
    frame = pl.concat(
        [left.rename(lambda c: f"{c}_f"), right.rename(lambda c: f"{c}_u")], how="horizontal"
    )
    pairs = [(pl.col(f"{c}_f"), pl.col(f"{c}_u")) for c in ("core", "sound", "shape", "trade_name")]
    core, sound, shape, trade_name = pairs
    near = [
        may_be_near(left[f"{r}_characters"], right[f"{r}_characters"], FAR_EDITS - 1)
        for r in READINGS
    ]
    some = (
        (core[0] == "")
        | (core[1] == "")
        | (sound[0] == sound[1])
        | (shape[0] == shape[1])
        | (sound[0].str.slice(0, 2) == sound[1].str.slice(0, 2))
        | ((trade_name[0] == "") & (trade_name[1] == ""))
        | (pl.col("parent_core_f") == core[1])
        | (pl.col("parent_core_u") == core[0])
    )
    shares_parts = frame.lazy().select(some.fill_null(value=False)).collect().to_series()
    return shares_parts | pl.Series(np.logical_or.reduce([*near, similarity >= MIN_SIMILARITY]))


def compute_name_levels(
    left: pl.DataFrame, right: pl.DataFrame, similarity: Floats, own_prefecture: pl.Series
) -> pl.DataFrame:
    """Return what sets two names apart, row by row.

    ``similarity``: of each pair; ``own_prefecture``: whether the unit's region may be one that the
    insurance system writes. Returns ``name`` (the level), ``other_place`` (neither name's region
    lies in the other's).
    """
    edits, slip = _name_edits(left, right)
    frame = pl.concat(
        [left.rename(lambda c: f"{c}_f"), right.rename(lambda c: f"{c}_u")], how="horizontal"
    )
    frame = frame.with_columns(
        pl.Series("edits", edits),
        pl.Series("slip", slip),
        pl.Series("similarity", similarity),
        compare_trade_names(left, right).alias("words"),
        evaluate_rows(frame, _has_region_conflict()).alias("other_place"),
        own_prefecture.alias("own_prefecture"),
    )
    frame = frame.with_columns(_mark_branches(frame))
    levels = mark_letter_conflicts(frame, evaluate_rows(frame, _name_ladder()))
    return pl.DataFrame([levels.alias("name"), frame["other_place"]])


def _mark_branches(frame: pl.DataFrame) -> list[pl.Series]:
    """Return conditions of the ladder that take long, and are asked of few pairs alone."""
    cores = [pl.col(f"core_{s}") for s in "fu"]
    extends = cores[0].str.starts_with(cores[1]) | cores[1].str.starts_with(cores[0])
    same_parent = pl.col("parent_core_f") == pl.col("parent_core_u")
    branches = [pl.col(f"branch_{s}") != "" for s in "fu"]
    are_branches, are_none = branches[0] & branches[1], ~branches[0] & ~branches[1]
    asked = {
        "other_branch": (are_branches & same_parent, _has_other_branch()),
        "branch_of_branch": (are_branches & extends, _is_branch_of_branch()),
        "part_of_place": (are_none & extends, _is_part_of_place()),
    }
    marks = frame.lazy().select(some.alias(name) for name, (some, _) in asked.items()).collect()
    return [
        marks[name].scatter(rows := marks[name].arg_true(), evaluate_rows(frame, holds, rows))
        for name, (_, holds) in asked.items()
    ]


def _name_edits(left: pl.DataFrame, right: pl.DataFrame) -> tuple[Ints, Flags]:
    """Return the least edit distance over three readings of the names, and whether it is a slip.

    A region or a legal form that was not recognised, being misspelt itself, leaves the other
    readings whole. A slip is one edit by which a character is missing or doubled, or two are
    swapped.
    """
    least = np.full(left.height, FAR_EDITS)
    slip = np.zeros(left.height, dtype=bool)
    for reading in READINGS:
        a, b = left[reading], right[reading]
        characters = f"{reading}_characters"
        likely = may_be_near(left[characters], right[characters], FAR_EDITS - 1)
        edits = np.full(left.height, FAR_EDITS)
        edits[likely] = count_edits(a.filter(pl.Series(likely)), b.filter(pl.Series(likely)))
        single = np.flatnonzero(edits == 1)
        slip[single] |= _is_slip(a.gather(single), b.gather(single))
        least = np.minimum(least, edits)
    return least, slip


def _is_slip(left: pl.Series, right: pl.Series) -> Flags:
    """Return which names, one edit apart, lack a character or have two in the other's place."""
    lengths = [name.str.len_chars().to_numpy() for name in (left, right)]
    long = np.minimum(*lengths) >= MIN_CORE_LENGTH
    slip: Flags = long & ((lengths[0] != lengths[1]) | is_swapped(left, right))
    return slip


@cache
def _name_ladder() -> pl.Expr:
    """The ladder, from its top; the first rung that holds is the level."""
    same_core = pl.col("core_f") == pl.col("core_u")
    shorter = pl.min_horizontal(pl.col("core_f").str.len_chars(), pl.col("core_u").str.len_chars())
    is_alike = (pl.col("similarity") >= MIN_SIMILARITY) | pl.col("words").is_not_null()
    rungs: list[tuple[str, pl.Expr]] = [
        ("missing", (pl.col("core_f") == "") | (pl.col("core_u") == "")),
        ("number_conflict", _has_other_town() & (is_alike | (pl.col("edits") <= 2))),
        ("core_region", same_core & _is_different("name_town")),
        ("one_edit", same_core & _is_institution()),
        ("exact", pl.col("clean_name_f") == pl.col("clean_name_u")),
        ("number_conflict", (_is_different("numbers") | _is_different("shop_letter")) & is_alike),
        ("standard", pl.col("standard_name_f") == pl.col("standard_name_u")),
        ("standard", (pl.col("plain_name_f") == pl.col("plain_name_u")) | _is_place_and_form()),
        ("core_region", same_core & pl.col("other_place")),
        ("industry_conflict", same_core & _is_union_pair()),
        ("core_form", same_core & _is_different("form_class")),
        ("core", same_core),
        ("number_conflict", _is_department() & is_alike),
        ("parent_branch", (_is_branch_pair() | pl.col("branch_of_branch")) & ~_is_misspelt()),
        ("number_conflict", (_is_one_numbered() | pl.col("part_of_place")) & is_alike),
        (
            "core_form",
            _is_different("form_class") & _shares_trade_name() & (pl.col("words") == ALL_WORDS),
        ),
        ("wording", _is_explained() & _shares_trade_name() & _has_trade_name_of_other()),
        ("typo", _is_explained() | _is_region_misspelt()),
        (
            "number_conflict",
            (pl.col("other_branch") | _is_institution() | _are_of_one_town()) & is_alike,
        ),
        *(
            (words, _shares_trade_name() & (pl.col("words") == words))
            for words in (ALL_WORDS, SOME)
        ),
        ("industry_conflict", _shares_trade_name() & _has_other_trade()),
        ("one_edit", (pl.col("edits") == 1) & (shorter > MIN_CORE_LENGTH)),
        (
            "two_edits",
            (pl.col("edits") == 2) & (shorter > 2 * MIN_CORE_LENGTH - 1) & ~_has_other_trade_name(),
        ),
        ("industry_conflict", _shares_trade_name() & (pl.col("words") == NONE)),
        ("similar_high", (pl.col("similarity") >= 0.75) & ~_is_one_nameless()),
        ("similar_middle", (pl.col("similarity") >= 0.55) & ~_is_one_nameless()),
        ("similar_low", pl.col("similarity") >= MIN_SIMILARITY),
    ]
    return build_ladder("name", rungs)


def _is_explained() -> pl.Expr:
    """An edit with a reason: what a hurried clerk or an input method does to a name.

    The other characters sound alike (业, 叶) or look alike (末, 未), or there is a slip. 宏达 and
    宏远 differ without such a reason: two firms.
    """
    has_same_sound = pl.col("sound_f") == pl.col("sound_u")
    same_shape = pl.col("shape_f") == pl.col("shape_u")
    return has_same_sound | same_shape | pl.col("slip")


def _has_trade_name_of_other() -> pl.Expr:
    """One name begins with the other's trade name, and their words have something in common."""
    begins = [
        pl.col(f"core_{a}").str.starts_with(pl.col(f"trade_name_{b}")) for a, b in ("fu", "uf")
    ]
    return (begins[0] | begins[1]) & pl.col("words").is_in([ALL_WORDS, SOME])


def _is_region_misspelt() -> pl.Expr:
    """One other character in the region, which is none then: 铜人市天云 for 铜仁市天云."""
    cores = [pl.col(f"core_{side}") for side in "fu"]
    inside = cores[0].str.ends_with(cores[1]) | cores[1].str.ends_with(cores[0])
    lengths = [pl.col(f"clean_name_{side}").str.len_chars() for side in "fu"]
    return (pl.col("edits") == 1) & inside & (lengths[0] == lengths[1])


def _is_institution() -> pl.Expr:
    """Whether a name was expanded from an institution's short or former name."""
    return (pl.col("institution_f") != "") | (pl.col("institution_u") != "")


def _is_union_pair() -> pl.Expr:
    """A union of co-operatives and one of them or a company: two by law (农民专业合作社法 7)."""
    union = [pl.col(f"form_class_{side}") == "联社" for side in "fu"]
    return (union[0] != union[1]) & _is_different("form_class")


def _is_different(part: str) -> pl.Expr:
    a, b = pl.col(f"{part}_f"), pl.col(f"{part}_u")
    return (a != "") & (b != "") & (a != b)


def _has_other_trade_name() -> pl.Expr:
    """蓝山商贸 and 碧水商贸 differ in the two characters that distinguish firms of one trade.

    The trade name is what may not be repeated among firms of one place and industry
    (企业名称登记管理规定, 2020).
    """
    names = [pl.col(f"trade_name_{side}") for side in "fu"]
    other = [names[0].str.slice(i, 1) != names[1].str.slice(i, 1) for i in (0, 1)]
    return (
        (names[0].str.len_chars() == 2) & (names[1].str.len_chars() == 2) & other[0] & other[1]
    ).fill_null(value=False)


def _has_other_trade() -> pl.Expr:
    """Two trades that are no misspelling of each other, both being known: 蓝山酒业, 蓝山锰业."""
    trades = [pl.col(f"trade_industry_{side}") for side in "fu"]
    return (pl.col("words") == NONE) & (trades[0] != "") & (trades[1] != "")


def _has_other_branch() -> pl.Expr:
    """Two branches of one head office under other names: 松桃孟溪分店 and 松桃盘信分店. What kind
    of place a branch is may change (门市部, 经营店); 松桃分店 may be 松桃文笔路分店.
    """
    parts = [pl.col(f"branch_{side}").str.replace(_BRANCH_KIND, "") for side in "fu"]
    some = (parts[0] != "") & (parts[1] != "")
    other = ~(
        parts[0].str.contains(parts[1], literal=True)
        | parts[1].str.contains(parts[0], literal=True)
    )
    same_parent = pl.col("parent_core_f") == pl.col("parent_core_u")
    return (same_parent & some & other).fill_null(value=False)


def _has_other_town() -> pl.Expr:
    """Two towns or villages that are no misspelling of each other: 潭下镇 and 大圩镇."""
    differs = pl.lit(value=False)
    for place in ("name_town", "village"):
        names = [pl.col(f"{place}_{side}") for side in "fu"]
        other = [names[0].str.slice(i, 1) != names[1].str.slice(i, 1) for i in (0, 1)]
        differs |= (names[0] != "") & (names[1] != "") & other[0] & other[1]
    return differs


def _is_one_numbered() -> pl.Expr:
    """One name has a number or a letter and the other has none: 大药房二分店 and 大药房."""
    counted = [
        (pl.col(f"numbers_{side}") != "") | (pl.col(f"shop_letter_{side}") != "") for side in "fu"
    ]
    return counted[0] != counted[1]


def _is_one_nameless() -> pl.Expr:
    """One name is nothing but a place and a kind: a county's 供销社 is not that of a town in it,
    nor a town's clinic a shop in it.
    """
    names = [(pl.col(f"trade_name_{s}"), pl.col(f"name_town_{s}")) for s in "fu"]
    nameless = [(name == "") | (name == town) for name, town in names]
    return nameless[0] != nameless[1]


def _are_of_one_town() -> pl.Expr:
    """Two institutions of one town, its clinic and its school; 财政所 may have become 财政分局."""
    trades = [pl.col(f"trade_industry_{side}").str.slice(0, 2) for side in "fu"]
    other = (pl.col("words") == NONE) | ((pl.col("words") == SOME) & (trades[0] != trades[1]))
    return other & (pl.col("trade_name_f") == pl.col("name_town_f"))


def _shares_trade_name() -> pl.Expr:
    """One trade name in places that lie in each other; ``words`` compares the other words."""
    return ~pl.col("other_place") & ~_is_union_pair()


def _has_region_conflict() -> pl.Expr:
    """Neither name's region lies in the other's; 52, 5203 and 520302 lie in each other."""
    a, b = (pl.col(f"region_code_{side}") for side in "fu")
    for _level in ("county", "prefecture", "province"):
        a, b = a.str.strip_suffix("00"), b.str.strip_suffix("00")
    nameless = pl.col("is_generic_f") & pl.col("is_generic_u") & (a != b)
    return (nameless | ~(a.str.starts_with(b) | b.str.starts_with(a))).fill_null(value=False)


def _is_place_and_form() -> pl.Expr:
    """One place and one legal form, and nothing else: a county's only 供销社, province in front."""
    names = [pl.col(f"clean_name_{s}") for s in "fu"]
    agrees = names[0].str.ends_with(names[1]) | names[1].str.ends_with(names[0])
    agrees &= pl.col("region_code_f") == pl.col("region_code_u")
    for s in "fu":
        agrees &= (pl.col(f"core_{s}") == pl.col(f"clean_name_{s}")) & (
            pl.col(f"form_class_{s}") != ""
        )
        agrees &= (pl.col(f"trade_name_{s}") == "") & (pl.col(f"institution_{s}") == "")
    return agrees


def _is_branch_pair() -> pl.Expr:
    unit_is_parent = (pl.col("branch_f") != "") & (pl.col("parent_core_f") == pl.col("core_u"))
    firm_is_parent = (pl.col("branch_u") != "") & (pl.col("parent_core_u") == pl.col("core_f"))
    return unit_is_parent | firm_is_parent


def _is_department() -> pl.Expr:
    """A company, and the unit of a building site of its own: it may have no other account."""
    of_head = (pl.col("branch_f") == "") & (pl.col("parent_core_u") == pl.col("core_f"))
    return of_head & pl.col("branch_u").str.contains(_DEPARTMENT)


def _is_branch_of_branch() -> pl.Expr:
    """A branch, and a place that belongs to it: 蓝山桐梓分公司 and 蓝山桐梓分公司城东加油站."""
    extends = pl.lit(value=False)
    for long, short in ("fu", "uf"):
        rest = pl.col(f"core_{long}").str.strip_prefix(pl.col(f"core_{short}"))
        extends |= (
            pl.col(f"core_{short}").str.contains(_BRANCH_END)
            & (rest != pl.col(f"core_{long}"))
            & rest.str.contains(_BRANCH_KIND)
        )
    return extends & (pl.col("branch_f") != "") & (pl.col("branch_u") != "")


def _is_part_of_place() -> pl.Expr:
    """A place, and another that belongs to it: 蓝山幼儿园 and 蓝山幼儿园分园, 加油站便利店."""
    ends = load_name_conflicts()["annex"]
    extends = pl.lit(value=False)
    for long, short in ("fu", "uf"):
        core, place = pl.col(f"core_{long}"), pl.col(f"core_{short}")
        rest = core.str.strip_prefix(place)
        extends |= (
            place.str.contains(ends["place"])
            & (rest != core)
            & (rest.str.len_chars() > 1)
            & rest.str.contains(ends["annex"])
        )
    return extends & (pl.col("branch_f") == "") & (pl.col("branch_u") == "")


def _is_misspelt() -> pl.Expr:
    """Names of one length, an edit or two apart: 分公嗣 is a misspelt branch, not a head office."""
    lengths = [pl.col(f"clean_name_{side}").str.len_chars() for side in "fu"]
    return (pl.col("edits") <= 2) & (lengths[0] == lengths[1])
