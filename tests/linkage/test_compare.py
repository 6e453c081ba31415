"""Levels of agreement: the ladders, their words, and that they belong to a pair alone."""

from unittest.mock import patch

import polars as pl
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from invented_rows import enrollment_rows, standardised, tax_rows
from linked_lists import lists_of

from gapmatch.linkage.compare import compare
from gapmatch.linkage.levels import AGREEMENT, LADDERS, ORDER, load_comparisons
from gapmatch.standardise import sides_of_extracts

CODE, OTHER_CODE = "91520303MA6DQN1X0E", "91520322MA6E0AAA3R"
NAME = "遵义砚田云岭商贸有限公司"


def levels_of(pairs):
    """Names of the levels of pairs of rows, which stand together in two lists; a firm stands there once."""
    firms = [{"county": "汇川区", **firm} for firm, _unit in pairs]
    units = [{"county": "汇川区", "unit_id": str(n), **unit} for n, (_f, unit) in enumerate(pairs)]
    once = [firm for n, firm in enumerate(firms) if firm not in firms[:n]]
    tax, enrollment = standardised(
        tax_rows([{"seq": str(n), **firm} for n, firm in enumerate(once)]), enrollment_rows(units)
    )
    both = pl.DataFrame(
        {"seq": [str(once.index(firm)) for firm in firms], "unit_id": [u["unit_id"] for u in units]}
    )
    joined = both.join(tax, on="seq", maintain_order="left").join(
        enrollment, on="unit_id", maintain_order="left"
    )
    found = compare(joined.select("firm", "unit"), *lists_of(tax, enrollment))
    return [
        {comparison: ladder[row[comparison]] for comparison, ladder in LADDERS.items()}
        for row in found.iter_rows(named=True)
    ]


def told_pairs():
    return [
        (comparison, level, words["firm"], words["unit"])
        for comparison in LADDERS
        for level, words in load_comparisons()[comparison].items()
        if level in LADDERS[comparison] and "firm" in words
    ]


# -- the words of the ladders


@pytest.mark.parametrize("comparison", LADDERS)
def test_every_level_has_words_in_both_languages_and_marks_that_are_known(comparison):
    known = {"zh", "en", "agrees", "doubtful", "two_firms", "firm", "unit"}
    for level in LADDERS[comparison]:
        facts = load_comparisons()[comparison][level]
        assert all((facts["zh"], facts["en"])), level
        assert set(facts) <= known, level


@pytest.fixture(scope="module")
def told_levels(small_rows):
    """Levels of the pairs that explain a level, among the names of a whole prefecture."""
    told = told_pairs()
    tax = tax_rows([{"seq": f"told {n}", "name": firm} for n, (*_, firm, _unit) in enumerate(told)])
    enrollment = enrollment_rows(
        [{"unit_id": f"told {n}", "name": unit} for n, (*_, unit) in enumerate(told)]
    )
    firms, units = standardised(
        pl.concat([small_rows.tax, tax]), pl.concat([small_rows.enrollment, enrollment])
    )
    pairs = firms.filter(pl.col("seq").str.starts_with("told")).join(
        units, left_on="seq", right_on="unit_id", maintain_order="left"
    )
    found = compare(pairs.select("firm", "unit"), *lists_of(firms, units))
    return dict(zip(pairs["seq"], found.iter_rows(named=True), strict=True))


@pytest.mark.parametrize("number", range(len(told_pairs())))
def test_the_pair_that_explains_a_level_stands_on_it(told_levels, number):
    comparison, level, firm, unit = told_pairs()[number]
    found = LADDERS[comparison][told_levels[f"told {number}"][comparison]]
    assert found == level, (firm, unit)


def test_every_level_of_the_name_is_explained_by_a_pair():
    assert [level for comparison, level, *_ in told_pairs() if comparison == "name"] == list(
        LADDERS["name"]
    )


def test_chains_and_agreeing_levels_are_levels():
    for comparison, chains in ORDER.items():
        assert {name for chain in chains for name in chain} <= set(LADDERS[comparison])
    for comparison, names in AGREEMENT.items():
        assert set(names) <= set(LADDERS[comparison])


# -- the ladders of single values


VALUES = [
    ({"credit_code": CODE}, {"credit_code": CODE}, "code", "same", "equal"),
    ({"credit_code": CODE}, {"org_code": CODE[8:17]}, "code", "same", "organisation code inside"),
    ({"credit_code": CODE}, {"credit_code": CODE[:-1] + "8"}, "code", "same", "organisation code holds, the last check character fails"),
    ({"credit_code": CODE}, {"credit_code": CODE.replace("Q", "0")}, "code", "near", "one wrong character"),
    ({"credit_code": CODE}, {"credit_code": CODE[:-1]}, "code", "near", "the last character lost: the check character completes it"),
    ({"credit_code": CODE}, {"credit_code": CODE[:-2]}, "code", "prefix", "the last two characters lost"),
    ({"credit_code": CODE}, {"credit_code": CODE[:14]}, "code", "prefix", "cut to fourteen"),
    ({"credit_code": CODE}, {"credit_code": CODE[6:]}, "code", "prefix", "the front cut off"),
    ({"credit_code": CODE}, {"credit_code": CODE[:14] + "****"}, "code", "prefix", "the tail hidden"),
    ({"credit_code": CODE}, {"credit_code": CODE[:6] + "●●●●●●●●" + CODE[14:]}, "code", "prefix", "the middle hidden by circles"),
    ({"credit_code": CODE}, {"credit_code": CODE[:10] + "********"}, "code", "missing", "nothing telling is left"),
    ({"credit_code": CODE}, {"credit_code": OTHER_CODE[:14] + "****"}, "code", "different", "what is left is another's"),
    ({"credit_code": CODE}, {"credit_code": "0" + CODE[:-1]}, "code", "near", "moved to the right by one"),
    ({"credit_code": CODE}, {"credit_code": CODE[1:] + "0"}, "code", "near", "moved to the left by one"),
    ({"credit_code": CODE}, {"credit_code": CODE[2:17] + "00000"}, "code", "near", "a tax number and five zeros"),
    ({"credit_code": CODE}, {"credit_code": CODE + "01"}, "code", "near", "a credit code and two digits"),
    ({"credit_code": CODE}, {"credit_code": "9I52O3O3" + CODE[8:]}, "code", "same", "letters for several digits, but not in the organisation code"),
    ({"credit_code": CODE}, {"credit_code": f"{OTHER_CODE}/{CODE}"}, "code", "same", "the second code of a cell"),
    ({"credit_code": CODE}, {"credit_code": f"{OTHER_CODE} {CODE}"}, "code", "same", "two codes and a blank"),
    ({"credit_code": CODE}, {"credit_code": f"{OTHER_CODE}{CODE}"}, "code", "same", "two codes and nothing between"),
    ({"credit_code": CODE}, {"credit_code": f"旧{OTHER_CODE}新{CODE}"}, "code", "same", "words between two codes"),
    ({"credit_code": CODE}, {"credit_code": f"{OTHER_CODE[8:16]}-{OTHER_CODE[16]}（{CODE}）"}, "code", "same", "an old code, and the credit code in brackets"),
    ({"credit_code": CODE}, {"credit_code": OTHER_CODE, "taxpayer_code": CODE}, "code", "same", "the second code in a column of its own"),
    ({"credit_code": f"{OTHER_CODE}/{CODE}"}, {"credit_code": CODE}, "code", "same", "two codes on the other side"),
    ({"credit_code": CODE}, {"credit_code": "915203O3MA6DQN1X5B"}, "code", "near", "O for 0 outside the organisation code"),
    ({"credit_code": CODE, "name": NAME}, {"credit_code": OTHER_CODE, "name": NAME}, "code", "conflict", "two valid codes, one name"),
    ({"credit_code": CODE, "name": NAME}, {"credit_code": OTHER_CODE, "name": "桐梓县青石养殖场"}, "code", "other_firm", "two valid codes, two names"),
    ({"credit_code": CODE}, {"credit_code": OTHER_CODE[:10] + "7" + OTHER_CODE[11:]}, "code", "different", "the other code is not valid"),
    ({"credit_code": CODE}, {"credit_code": "无"}, "code", "missing", "a placeholder is no code"),
    ({"credit_code": CODE}, {}, "code", "missing", "blank"),
    ({"legal_rep": "王砚生"}, {"legal_rep": "王 砚生"}, "person", "same", "blanks do not count"),
    ({"legal_rep": "王砚生"}, {"legal_rep": "王砚升"}, "person", "near", "one character"),
    ({"legal_rep": "王砚"}, {"legal_rep": "王砚生"}, "person", "near", "one character missing"),
    ({"legal_rep": "王砚生"}, {"legal_rep": "李青石"}, "person", "different", "two persons"),
    ({"legal_rep": "王砚生"}, {"legal_rep": "待补"}, "person", "missing", "placeholder"),
    ({"phone": "13800000001"}, {"phone": "+8613800000001"}, "phone", "same", "country code"),
    ({"phone": "13800000001"}, {"phone": "13800000002"}, "phone", "near", "one digit"),
    ({"phone": "13800000001"}, {"phone": "13912345678"}, "phone", "different", "two phones"),
    ({"phone": "13800000001"}, {}, "phone", "missing", "blank"),
    ({"county": "汇川区"}, {"county": "遵义市汇川区"}, "county", "same", "in full"),
    ({"county": "汇川区"}, {"county": "桐梓县"}, "county", "prefecture", "same prefecture"),
    ({"county": "汇川区"}, {"county": "凯里市"}, "county", "different", "other prefecture"),
    ({"county": "汇川区"}, {"county": None}, "county", "missing", "unknown"),
    ({"address": "汇川区砚田路12号"}, {"address": "贵州省遵义市汇川区砚田路12号"}, "address", "same", "regions do not count"),
    ({"address": "汇川区砚田路12号一楼"}, {"address": "汇川区砚田路12号"}, "address", "similar", "a floor more"),
    ({"address": "汇川区砚田路12号"}, {"address": "汇川区砚田路12号3楼"}, "address", "similar", "a floor in digits more"),
    ({"address": "汇川区砚田路二道12号"}, {"address": "汇川区砚田路二道14号"}, "address", "missing", "next door proves nothing"),
    ({"address": "汇川区砚田小区3栋1单元"}, {"address": "汇川区砚田小区3栋2单元"}, "address", "missing", "next staircase"),
    ({"address": "汇川区砚田路12号"}, {"address": "汇川区青石村委会"}, "address", "different", "two places"),
    ({"address": "汇川区砚田路三号"}, {"address": "汇川区砚田路三号"}, "address", "same", "a number in characters"),
    ({"address": "汇川区青石镇黄茅村"}, {"address": "汇川区青石镇黄茅村"}, "address", "similar", "a village is many firms' address"),
    ({"address": "汇川区砚田工业园区"}, {"address": "汇川区砚田工业园区"}, "address", "similar", "so is a zone"),
    ({"address": "汇川区砚田路12号"}, {"address": None}, "address", "missing", "blank"),
    ({"name": NAME + "桐梓分公司", "credit_code": CODE}, {"name": NAME, "credit_code": CODE}, "code", "same_of_parent", "the code of the head office on its branch"),
]  # fmt: skip


@pytest.fixture(scope="module")
def levels_of_values():
    return levels_of(
        [({"name": NAME, **firm}, {"name": NAME, **unit}) for firm, unit, *_ in VALUES]
    )


@pytest.mark.parametrize("number", range(len(VALUES)))
def test_a_pair_of_values_stands_on_its_level(levels_of_values, number):
    *_, comparison, level, why = VALUES[number]
    assert levels_of_values[number][comparison] == level, why


OFFICES = [
    ({"name": "砚柘大药房有限公司松桃孟溪分店"}, {"name": "砚柘大药房有限公司松桃盘信分店"}, "number_conflict", "two shops of a chain"),
    ({"name": "砚柘大药房有限公司孟溪经营部"}, {"name": "砚柘大药房有限公司孟溪经营店"}, "one_edit", "one shop under another word"),
    ({"name": "松桃砚柘核桃种植专业合作社"}, {"name": "松桃砚柘烤烟种植专业合作社"}, "letter_conflict", "another crop"),
    ({"name": "松桃砚柘食用菌种植专业合作社"}, {"name": "松桃砚柘茶叶种植专业合作社"}, "letter_conflict", "of another length"),
    ({"name": "松桃砚柘云岭大药房万花店"}, {"name": "松桃砚柘云岭大药房关迤店"}, "letter_conflict", "another place"),
    ({"name": "松桃砚柘云岭建材经营部"}, {"name": "松桃砚柘云岭建材门市部"}, "related", "a shop under another word"),
    ({"name": "砚柘大药房有限公司天柱分店"}, {"name": "砚柘大药房有限公司天住分店"}, "typo", "a slip in a branch's name"),
    ({"name": "砚柘农村商业银行股份有限公司孟溪支行"}, {"name": "砚柘农村商业银行股份有限公司盘信支行"}, "number_conflict", "two offices of a bank"),
    ({"name": "松桃县梅砚供销合作社"}, {"name": "松桃县供销社"}, "number_conflict", "a town's and the county's"),
    ({"name": "砚柘云岭大药房二分店"}, {"name": "砚柘云岭大药房"}, "number_conflict", "a shop and the main shop"),
    ({"name": "砚柘云岭大药房A店"}, {"name": "砚柘云岭大药房B店"}, "number_conflict", "letters count shops too"),
    ({"name": "湄潭县鱼泉镇砚柘养殖场"}, {"name": "湄潭县永兴镇砚柘养殖场"}, "number_conflict", "two towns"),
    ({"name": "贵州砚柘集团有限公司湄潭县分公司"}, {"name": "贵州砚柘集团有限公司"}, "parent_branch", "the mark of a group in between"),
]  # fmt: skip
NAMES = [
    ({"name": NAME, "former_names": "遵义墨池商行"}, {"name": "遵义墨池商行"}, "exact", "former name of the firm"),
    ({"name": NAME}, {"name": "遵义墨池商行（现更名为遵义砚田云岭商贸有限公司）"}, "exact", "new name of the unit"),
    ({"name": NAME}, {"name": NAME + "（季节工）"}, "exact", "a remark nobody knows"),
]  # fmt: skip


@pytest.fixture(scope="module")
def levels_of_names():
    return levels_of([case[:2] for case in (*OFFICES, *NAMES)])


@pytest.mark.parametrize("number", range(len(OFFICES)))
def test_another_branch_or_office_is_not_a_slip(levels_of_names, number):
    *_, level, why = OFFICES[number]
    assert levels_of_names[number]["name"] == level, why


@pytest.mark.parametrize("number", range(len(NAMES)))
def test_the_best_of_all_names_counts(levels_of_names, number):
    *_, level, why = NAMES[number]
    assert levels_of_names[len(OFFICES) + number]["name"] == level, why


# -- properties

syllables = st.sampled_from("砚田云岭青石墨池商贸建材养殖场厂店一二第部")
names = st.builds(
    "{}{}{}".format,
    st.sampled_from(["遵义市", "贵州", "桐梓县", "铜仁市", "", "遵义"]),
    st.text(syllables, min_size=1, max_size=6),
    st.sampled_from(
        ["有限公司", "公司", "有限公司桐梓分公司", "专业合作社", "（原：青石商行）", ""]
    ),
)
rows = st.fixed_dictionaries(
    {"name": names},
    optional={
        "credit_code": st.sampled_from([CODE, OTHER_CODE, CODE.replace("Q", "0"), CODE[:15], "无", ""]),
        "legal_rep": st.sampled_from(["王砚生", "王砚", "李青石", "无"]),
        "phone": st.sampled_from(["13800000001", "13800000002", "0851-28600001", ""]),
        "county": st.sampled_from(["汇川区", "桐梓县", "凯里市"]),
        "address": st.sampled_from(["汇川区砚田路12号", "砚田路12号", "砚田路13号二楼", ""]),
    },
)  # fmt: skip
several = st.lists(rows, min_size=8, max_size=24)


@given(several, several)
@settings(max_examples=4, deadline=None, phases=[Phase.generate])
def test_swapping_the_sides_changes_no_level(some, others):
    # Rows of the tax list with one code are one firm under all of their names; units are not.
    some, others = drop_repeated_codes(some), drop_repeated_codes(others)
    # Which prefecture the insurance system writes is asked of the units alone: no list here has one.
    with patch("gapmatch.linkage.compare.OWN_PREFECTURE_SHARE", 2.0):
        levels, mirrored = (compared(*sides) for sides in ((some, others), (others, some)))
    swapped = [c for c in LADDERS if c != "address"]
    keys = ["firm", "unit"]
    back = mirrored.rename({"firm": "unit", "unit": "firm"}).select(*keys, *swapped)
    assert levels.select(*keys, *swapped).equals(back.sort(keys))


def drop_repeated_codes(rows):
    """The rows, of which only the first with a code has it."""
    codes = [row.get("credit_code") for row in rows]
    return [
        {k: v for k, v in row.items() if k != "credit_code" or codes[n] not in codes[:n]}
        for n, row in enumerate(rows)
    ]


def compared(firm_rows, unit_rows):
    """Every firm with every unit; keys say which of the given rows they are."""
    tax = tax_rows([{"seq": str(n), **row} for n, row in enumerate(firm_rows)])
    enrollment = enrollment_rows([{"unit_id": str(n), **row} for n, row in enumerate(unit_rows)])
    with pytest.MonkeyPatch.context() as patch:
        # The tax list alone says where both lists are at home: here it is the same place either way.
        patch.setattr(sides_of_extracts, "find_home_of_rows", lambda _rows: "520300")
        firms, units = standardised(tax, enrollment)
    lists = lists_of(firms, units)
    found = compare(every_pair(firms.height, units.height), *lists)
    return found.with_columns(
        firms["seq"].cast(pl.UInt32).gather(found["firm"]).alias("firm"),
        units["unit_id"].cast(pl.UInt32).gather(found["unit"]).alias("unit"),
    ).sort("firm", "unit")


def every_pair(firms, units):
    left = pl.DataFrame({"firm": range(firms)}, schema={"firm": pl.UInt32})
    right = pl.DataFrame({"unit": range(units)}, schema={"unit": pl.UInt32})
    return left.join(right, how="cross")


@given(st.data())
@settings(max_examples=10, deadline=None, phases=[Phase.generate])
def test_any_slice_of_pairs_has_the_levels_that_it_has_in_the_whole(small_lists, data):
    pairs = every_pair(40, 60)
    whole = compare(pairs, *small_lists)
    start = data.draw(st.integers(0, pairs.height - 1))
    size = data.draw(st.integers(0, 400))
    assert compare(pairs.slice(start, size), *small_lists).equals(whole.slice(start, size))


def test_no_pairs_have_no_levels(small_lists):
    assert compare(every_pair(0, 0), *small_lists).height == 0
