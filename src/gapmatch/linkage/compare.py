"""Compare: one level of agreement per comparison for every candidate pair.

Pure on batches: any slice of pairs gives the levels it would have in the whole. The rarities that
go with the levels come from ``compute_rarities``, over counts of both lists.
"""

from collections.abc import Callable

import numpy as np
import polars as pl
from rapidfuzz.distance import OSA, Hamming, Indel
from rapidfuzz.process import cpdist

from gapmatch.linkage.bigrams import BigramIndex, Flags, Ints
from gapmatch.linkage.character_sets import may_be_near
from gapmatch.linkage.levels import get_level
from gapmatch.linkage.sides import CODE_FACTS, READINGS, SideRows
from gapmatch.linkage.trade_names import ALL_WORDS, NONE, SOME, compare_trade_names

FAR_EDITS = 3
"""Edit distances are exact up to two; this stands for all beyond."""
MIN_KNOWN_CHARACTERS = 4
"""With so many distinctive characters, a code agrees by chance in less than 1 of 10,000 pairs."""
_DISTINCTIVE_PLACES = {18: frozenset(range(10, 18)), 9: frozenset(range(2, 9))}
"""Places, by length, of the distinctive characters of a code.

Not department, division, nor MA, which most codes have.
"""
MIN_CORE_LENGTH = 3
"""Below this many characters one other character makes another name (宏达, 宏远)."""


def compare(
    pairs: pl.DataFrame, firms: SideRows, units: SideRows, index: BigramIndex
) -> pl.DataFrame:
    """Return pairs with a level per comparison.

    ``pairs``: firm, unit. Returns firm, unit, one UInt8 column per ladder, ``similarity`` (share of
    the names' bits that both have, 0 to 1), ``own_name``: the level of the rows' own names, and
    ``firm_name``/``unit_name``: which of the rows' names agree best.
    """
    names = _choose_best_names(pairs, firms, units, index)
    left = firms.rows[pairs["firm"]]
    right = units.rows[pairs["unit"]]
    others = pl.DataFrame(
        {
            "code": _compute_code_levels(left, right),
            "person": _compute_person_levels(left["person"], right["person"]),
            "phone": _compute_phone_levels(left["phone_digits"], right["phone_digits"]),
            "county": _compute_county_levels(left, right),
            "address": _compute_address_levels(left["address_text"], right["address_text"]),
        }
    )
    return pl.concat([names, others], how="horizontal").with_columns(_refine_code_levels())


def _refine_code_levels() -> pl.Expr:
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


def _choose_best_names(
    pairs: pl.DataFrame, firms: SideRows, units: SideRows, index: BigramIndex
) -> pl.DataFrame:
    """Compare every name of the firm with every name of the unit and take the best agreement."""
    crossed = _expand_names(pairs, firms, units)
    left = firms.names[crossed["firm_name"]]
    right = units.names[crossed["unit_name"]]
    shared, of_left, of_right = index.measure_overlap(
        crossed["firm_name"].to_numpy().astype(np.int64),
        crossed["unit_name"].to_numpy().astype(np.int64),
    )
    similarity = 2 * shared / np.maximum(of_left + of_right, 1e-9)
    crossed = crossed.with_columns(
        pl.Series("similarity", similarity.round(6)),
        _name_levels(left, right, similarity).alias("name"),
    )
    # A row's own name stands before its others, so the first pair of names is the rows' own.
    own = crossed.unique("pair", keep="first", maintain_order=True)["name"].alias("own_name")
    if crossed.height > pairs.height:
        crossed = _select_best_names(crossed)
    best = crossed.select("firm", "unit", "name", "similarity", "firm_name", "unit_name")
    return best.with_columns(own)


def _expand_names(pairs: pl.DataFrame, firms: SideRows, units: SideRows) -> pl.DataFrame:
    """Return pairs with every name of the one and of the other; most rows have a single name."""
    sides = [(firms, "firm"), (units, "unit")]
    own = pairs.select("firm", "unit").with_row_index("pair")
    for side, key in sides:
        of_row = side.names.group_by(key, maintain_order=True).agg(f"{key}_name")
        own = own.with_columns(of_row[f"{key}_name"].gather(own[key]))
    for _side, key in sides:
        own = own.explode(f"{key}_name")
    return own


def _select_best_names(crossed: pl.DataFrame) -> pl.DataFrame:
    several = pl.col("pair").is_duplicated()
    ordered = crossed.filter(several).sort(
        "pair",
        "name",
        "similarity",
        "firm_name",
        "unit_name",
        descending=[False, False, True, False, False],
    )
    best = ordered.unique("pair", keep="first", maintain_order=True)
    return pl.concat([crossed.filter(~several), best]).sort("pair")


def _name_levels(left: pl.DataFrame, right: pl.DataFrame, similarity: np.ndarray) -> pl.Series:
    edits, slip = _name_edits(left, right)
    frame = pl.concat(
        [left.rename(lambda c: f"{c}_f"), right.rename(lambda c: f"{c}_u")], how="horizontal"
    ).with_columns(
        pl.Series("edits", edits),
        pl.Series("slip", slip),
        pl.Series("similarity", similarity),
        compare_trade_names(left, right).alias("words"),
    )
    return _find_levels(frame, _name_ladder())


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
        edits = _count_edits(a, b, likely)
        other_length = (a.str.len_chars() != b.str.len_chars()).fill_null(value=False).to_numpy()
        long = (
            (a.str.len_chars() >= MIN_CORE_LENGTH) & (b.str.len_chars() >= MIN_CORE_LENGTH)
        ).to_numpy()
        slip |= (edits == 1) & long & (other_length | _is_swapped(a, b, edits == 1))
        least = np.minimum(least, edits)
    return least, slip


def _count_edits(left: pl.Series, right: pl.Series, likely: Flags | None = None) -> Ints:
    """Return the edit distance (OSA) of each pair, up to two.

    ``FAR_EDITS`` for all beyond and for blanks. Equal texts are 0 and texts of other lengths
    ``FAR_EDITS`` without looking at their characters; so are all that are not ``likely``.
    """
    frame = pl.DataFrame({"a": left, "b": right})
    lengths = [pl.col(c).str.len_chars().cast(pl.Int32) for c in ("a", "b")]
    equal, near = frame.select(
        ((pl.col("a") == pl.col("b")) & (pl.col("a") != "")).fill_null(value=False).alias("equal"),
        ((lengths[0] - lengths[1]).abs() < FAR_EDITS).fill_null(value=False).alias("near"),
    ).get_columns()
    found = np.where(equal.to_numpy(), 0, FAR_EDITS)
    close = (near & ~equal & (left != "") & (right != "")).fill_null(value=False)
    if likely is not None:
        close &= pl.Series(likely)
    found[close.to_numpy()] = _measure_distances(
        left.filter(close), right.filter(close), OSA.distance
    )
    return found


def _count_single_edits(left: pl.Series, right: pl.Series, end: int) -> Ints:
    """Return ``_count_edits``, but ``FAR_EDITS`` for pairs certainly more than one edit apart.

    One edit leaves the first ``end`` characters or the last ``end`` as they are, unless a text is
    so short that two neighbours who change places may lie in both.
    """
    texts = pl.DataFrame({"a": left, "b": right})
    heads, tails = ([pl.col(c).str.slice(at, end) for c in "ab"] for at in (0, -end))
    short = pl.min_horizontal(pl.col(c).str.len_chars() for c in "ab") <= 2 * end
    alike = (heads[0] == heads[1]) | (tails[0] == tails[1]) | short
    likely = texts.select(alike.fill_null(value=False).alias("likely"))["likely"]
    found = np.full(len(left), FAR_EDITS)
    found[likely.to_numpy()] = _count_edits(left.filter(likely), right.filter(likely))
    return found


def _measure_distances(left: pl.Series, right: pl.Series, scorer: Callable[..., int]) -> Ints:
    found = cpdist(
        left.to_list(),
        right.to_list(),
        scorer=scorer,
        score_cutoff=FAR_EDITS - 1,
        dtype=np.int32,
        workers=-1,
    )
    return found.astype(np.int64)


def _is_swapped(left: pl.Series, right: pl.Series, one_edit: Flags) -> Flags:
    """Return for which pairs the one edit is a swap of neighbours: two positions differ."""
    swapped = np.zeros(len(left), dtype=bool)
    rows = pl.Series(one_edit)
    swapped[one_edit] = (
        _measure_distances(left.filter(rows), right.filter(rows), Hamming.distance) == 2
    )
    return swapped


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


def _name_ladder() -> pl.Expr:
    """The ladder, from its top; the first rung that holds is the level."""
    same_core = pl.col("core_f") == pl.col("core_u")
    shorter = pl.min_horizontal(pl.col("core_f").str.len_chars(), pl.col("core_u").str.len_chars())
    rungs: list[tuple[str, pl.Expr]] = [
        ("missing", (pl.col("core_f") == "") | (pl.col("core_u") == "")),
        ("core_region", same_core & _is_different("name_town")),
        ("one_edit", same_core & _is_institution()),
        ("exact", pl.col("clean_name_f") == pl.col("clean_name_u")),
        (
            "number_conflict",
            _is_different("numbers")
            & ((pl.col("similarity") >= 0.35) | pl.col("words").is_not_null()),
        ),
        ("standard", pl.col("standard_name_f") == pl.col("standard_name_u")),
        ("standard", pl.col("plain_name_f") == pl.col("plain_name_u")),
        ("core_region", same_core & _has_region_conflict()),
        ("industry_conflict", same_core & _is_union_pair()),
        ("core_form", same_core & _is_different("form_class")),
        ("core", same_core),
        ("parent_branch", _is_branch_pair() & ~_is_misspelt()),
        (
            "core_form",
            _is_different("form_class") & _shares_trade_name() & (pl.col("words") == ALL_WORDS),
        ),
        ("wording", _is_explained() & _shares_trade_name() & _has_trade_name_of_other()),
        ("typo", _is_explained() | _is_region_misspelt()),
        *(
            (words, _shares_trade_name() & (pl.col("words") == words))
            for words in (ALL_WORDS, SOME)
        ),
        ("one_edit", (pl.col("edits") == 1) & (shorter > MIN_CORE_LENGTH)),
        (
            "two_edits",
            (pl.col("edits") == 2) & (shorter > 2 * MIN_CORE_LENGTH - 1) & ~_has_other_trade_name(),
        ),
        ("industry_conflict", _shares_trade_name() & (pl.col("words") == NONE)),
        ("similar_high", pl.col("similarity") >= 0.75),
        ("similar_middle", pl.col("similarity") >= 0.55),
        ("similar_low", pl.col("similarity") >= 0.35),
    ]
    return _build_ladder("name", rungs, "different")


def _is_institution() -> pl.Expr:
    """Whether a name was undone from an institution's short form: like, but of many offices."""
    return (pl.col("institution_f") != "") | (pl.col("institution_u") != "")


def _is_union_pair() -> pl.Expr:
    """A union of co-operatives and one of them, or a company.

    Two registrations by law (农民专业合作社法 ch. 7).
    """
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


def _shares_trade_name() -> pl.Expr:
    """One trade name in places that lie in each other.

    How the other words compare is in ``words``.
    """
    return ~_has_region_conflict() & ~_is_union_pair()


def _has_region_conflict() -> pl.Expr:
    """Neither name's region lies in the other's; 52, 5203 and 520302 lie in each other."""
    a, b = (pl.col(f"region_code_{side}").str.replace(r"(00)+$", "") for side in "fu")
    return (~(a.str.starts_with(b) | b.str.starts_with(a))).fill_null(value=False)


def _is_branch_pair() -> pl.Expr:
    unit_is_parent = (pl.col("branch_f") != "") & (pl.col("parent_core_f") == pl.col("core_u"))
    firm_is_parent = (pl.col("branch_u") != "") & (pl.col("parent_core_u") == pl.col("core_f"))
    return unit_is_parent | firm_is_parent


def _is_misspelt() -> pl.Expr:
    """Names of one length that differ by an edit or two.

    分公嗣 is a misspelt branch, not a head office.
    """
    lengths = [pl.col(f"clean_name_{side}").str.len_chars() for side in "fu"]
    return (pl.col("edits") <= 2) & (lengths[0] == lengths[1])


def _find_levels(frame: pl.DataFrame, ladder: pl.Expr) -> pl.Series:
    """Return the level of each row.

    Rungs have parts in common, which only a lazy frame evaluates once.
    """
    return frame.lazy().select(ladder).collect().to_series()


def _build_ladder(comparison: str, rungs: list[tuple[str, pl.Expr]], otherwise: str) -> pl.Expr:
    """Return the number of the first rung whose condition holds."""
    chain = pl.lit(get_level(comparison, otherwise), pl.UInt8)
    for name, holds in reversed(rungs):
        chain = pl.when(holds).then(pl.lit(get_level(comparison, name), pl.UInt8)).otherwise(chain)
    return chain


def _compute_code_levels(left: pl.DataFrame, right: pl.DataFrame) -> pl.Series:
    """Return the level of each pair's codes: the main ones, unless a further code agrees."""
    own = _classify_codes(left, right)
    several = (left["other_codes"].list.len() > 0) | (right["other_codes"].list.len() > 0)
    pairs = several.arg_true()
    if not len(pairs):
        return own
    crossed = _expand_codes(left.gather(pairs), right.gather(pairs))
    sides = (crossed.select(pl.col(f"{c}_{s}").alias(c) for c in CODE_FACTS) for s in ("f", "u"))
    # What a code was meant to be is a guess: agreement on it is worth what one slip leaves.
    read = pl.col("is_reading_f") | pl.col("is_reading_u")
    near = pl.lit(get_level("code", "near"), pl.UInt8)
    found = crossed.select(
        "pair", "is_reading_f", "is_reading_u", level=_classify_codes(*sides)
    ).with_columns(
        pl.when(read).then(pl.max_horizontal("level", near)).otherwise("level").alias("level")
    )
    best = found.group_by("pair").agg(pl.col("level").min()).sort("pair")["level"]
    agrees = best <= get_level("code", "prefix")
    return own.scatter(pairs.filter(agrees), best.filter(agrees))


def _expand_codes(left: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    """Return the cross product of both sides' codes, with the number of the ``pair``."""
    every = pl.DataFrame({"pair": range(left.height)}, schema={"pair": pl.UInt32})
    for rows, side in ((left, "f"), (right, "u")):
        own = rows.select(
            *(c for c in CODE_FACTS if c != "is_reading"), is_reading=pl.lit(value=False)
        )
        others = rows.select("other_codes").with_row_index("pair").explode("other_codes")
        others = others.drop_nulls("other_codes").unnest("other_codes")
        codes = pl.concat([own.with_row_index("pair"), others], how="diagonal_relaxed")
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
    return _find_levels(frame, _build_ladder("code", rungs, "different"))


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
    found = pl.Series([None], dtype=pl.String).new_from_index(0, frame.height)
    return found.scatter(some.arg_true(), pl.Series(outcomes, dtype=pl.String))


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
        _count_edits(codes["f"], codes["u"]),
        _count_edits(codes["code_text_f"], codes["code_text_u"]),
    )


def _compute_person_levels(left: pl.Series, right: pl.Series) -> pl.Series:
    frame = pl.DataFrame({"f": left, "u": right, "edits": _count_single_edits(left, right, 1)})
    long = pl.min_horizontal(pl.col("f").str.len_chars(), pl.col("u").str.len_chars()) >= 2
    rungs = [
        ("missing", pl.col("f").is_null() | pl.col("u").is_null()),
        ("same", pl.col("f") == pl.col("u")),
        ("near", (pl.col("edits") == 1) & long),
    ]
    return _find_levels(frame, _build_ladder("person", rungs, "different"))


def _compute_phone_levels(left: pl.Series, right: pl.Series) -> pl.Series:
    frame = pl.DataFrame({"f": left, "u": right, "edits": _count_single_edits(left, right, 3)})
    rungs = [
        ("missing", pl.col("f").is_null() | pl.col("u").is_null()),
        ("same", pl.col("f") == pl.col("u")),
        ("near", pl.col("edits") == 1),
    ]
    return _find_levels(frame, _build_ladder("phone", rungs, "different"))


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
    return _find_levels(frame, _build_ladder("county", rungs, "different"))


def _select_county_side(rows: pl.DataFrame, side: str) -> pl.DataFrame:
    own = ~pl.col("county_source").is_in(["code", "name", "unknown"])
    return rows.select(
        pl.when(own).then("county_name").alias(f"county_{side}"),
        pl.when(own).then("division").alias(f"division_{side}"),
    )


def _is_inside(inner: str, outer: str) -> pl.Expr:
    """Return whether a division lies in a prefecture (5203 00) or a province (52 00 00)."""
    return pl.col(inner).str.starts_with(pl.col(outer).str.replace(r"(00)+$", ""))


def _compute_address_levels(left: pl.Series, right: pl.Series) -> pl.Series:
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
    frame = pl.DataFrame({"f": left, "u": right, "likeness": likeness})
    rungs = [
        ("missing", pl.col("f").is_null() | pl.col("u").is_null()),
        ("same", pl.col("f") == pl.col("u")),
        ("similar", pl.col("likeness") >= 0.75),
    ]
    return _find_levels(frame, _build_ladder("address", rungs, "different"))
