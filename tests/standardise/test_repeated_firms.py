"""A firm that is listed several times is one firm; two firms that share a code are two."""

import random

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from invented_rows import tax_rows

from gapmatch.schemas import FIRMS
from gapmatch.standardise.check_codes import CREDIT_CODE
from gapmatch.standardise.sides_of_extracts import standardise_firms

CODE = "91529901MA000012XE"
FIRM = {
    "name": "云州韬石商贸有限责任公司",
    "taxpayer_code": CODE,
    "legal_rep": "某韬屿",
    "phone": "13800000001",
    "address": "云州县中华路45号",
    "declared_headcount": 8,
}
SAME = [
    ({"phone": "13800000002"}, "another phone"),
    ({"legal_rep": "某瀚谷"}, "another person"),
    ({"tax_office": "第二税务分局"}, "another office, as for each 登记序号"),
    ({"name": "云州韬石商贸有限公司"}, "the legal form in short"),
    ({"name": "韬石商贸有限责任公司", "phone": None, "legal_rep": None}, "without its region"),
    ({"name": "云州韬时商贸有限责任公司", "phone": None, "legal_rep": None}, "misspelt by sound"),
    ({"name": "云州韬石矿业有限公司", "phone": None, "legal_rep": None}, "another trade, one code"),
    ({"name": "云州碧水物流有限公司", "phone": None}, "renamed, the same person"),
    ({"name": "云州碧水物流有限公司（原：云州韬石商贸有限责任公司）"} | dict.fromkeys(("phone", "legal_rep", "address")),
     "renamed, and the row says so"),
    ({"name": "云州碧水物流有限公司", "legal_rep": None, "phone": None}, "renamed, the same address"),
    ({"taxpayer_code": None, "credit_code": CODE.lower()}, "the code in another column"),
    ({"taxpayer_code": f"529901{CODE[8:17]}"}, "the tax number of before 2015"),
    ({"taxpayer_code": f"{CODE[8:16]}-{CODE[16]}"}, "the organisation code alone"),
    ({"name": "云州韬石商贸有限责任公司（一部）", "phone": "13800000002"}, "an account's remark"),
]  # fmt: skip
OTHER = [
    ({"taxpayer_code": None}, "no code, no proof"),
    ({"taxpayer_code": "91529901MA00000003"}, "a code that is not valid"),
    ({"name": "云州韬石商贸有限责任公司长滩分公司"}, "the head office's code on a branch"),
    ({"name": "云州碧水物流有限公司"} | dict.fromkeys(("phone", "legal_rep", "address")),
     "nothing in common but the code"),
    ({"name": "云州碧水物流有限公司", "legal_rep": "某瀚谷", "phone": "1", "address": "他处"},
     "another firm with a code that was pasted"),
]  # fmt: skip


def listed(*changes: dict) -> pl.DataFrame:
    rows = [{**FIRM, **change} for change in changes]
    return standardise_firms(tax_rows(rows), None)


REGISTERED = {**FIRM, "name": "永平县韬石商贸有限责任公司", "county": "永平县"}
NOTHING = dict.fromkeys(("legal_rep", "phone", "address", "county"))
UNCODED = [
    # coded row, row without a code, is one firm, why
    ({}, {}, True, "the same in all else"),
    (NOTHING, NOTHING, True, "a name and nothing else, as in lists that are handed down"),
    ({}, NOTHING, True, "the other row has nothing to compare"),
    ({}, {"name": "永平县韬石商贸有限公司"}, True, "the form in short"),
    ({}, {"phone": "1", "address": "他处"}, True, "the same person"),
    ({}, {"legal_rep": "某瀚谷", "address": "他处"}, True, "the same phone"),
    ({}, {"legal_rep": "某瀚谷", "phone": "1"}, True, "the same address"),
    ({}, {"county": None}, True, "no county on one of them"),
    ({"name": "永平韬石商贸有限公司"}, {}, True, "the region in short, the same person"),
    (NOTHING | {"name": "永平韬石商贸有限公司"}, NOTHING, False, "the region in short, no more known"),
    ({}, {"legal_rep": "某瀚谷", "phone": "1", "address": "他处"}, False, "another person"),
    ({}, {"county": "云龙县"}, False, "another county"),
    ({}, {"taxpayer_code": "91532928MA6K5R7T2A"}, False, "another code, though not a valid one"),
    ({}, {"name": "永平县韬石矿业有限公司"}, False, "another name, the same person"),
    ({}, {"name": "永平县韬石商贸有限公司博南分公司"}, False, "its branch"),
    ({"name": "韬石商贸有限公司"}, {"name": "韬石商贸有限公司"}, False, "a name without a region"),
    ({"name": "永平县韬石超市"}, {"name": "永平县韬石超市"}, False, "a shop's name"),
    ({"taxpayer_code": "91529901MA00000003"}, {}, False, "no valid code on either"),
    ({"taxpayer_code": None}, {}, False, "no code on either"),
]  # fmt: skip


@pytest.mark.parametrize(("coded", "uncoded", "is_one", "why"), UNCODED)
def test_a_row_without_code_is_the_firm_of_its_full_registered_name(coded, uncoded, is_one, why):
    rows = [
        REGISTERED | coded,
        REGISTERED | {"taxpayer_code": None, "declared_headcount": 9} | uncoded,
    ]
    for order in (rows, rows[::-1]):
        firms = standardise_firms(tax_rows(order), None)
        FIRMS.check(firms)
        assert firms["duplicate_of"].to_list() == [None, 0 if is_one else None], why
        if is_one:
            assert firms["organisation"][0] == CODE[8:17], "the row with the code stands for it"


def test_a_name_with_two_codes_says_of_neither_firm_that_a_row_without_code_is_its():
    other = CREDIT_CODE.compute_check_character("91529901MA0000128")
    rows = [REGISTERED, {**REGISTERED, "taxpayer_code": "91529901MA0000128" + other}]
    firms = standardise_firms(tax_rows([*rows, {**REGISTERED, "taxpayer_code": None}]), None)
    assert firms["duplicate_of"].null_count() == 3


def test_the_code_is_valid():
    assert CODE[-1] == CREDIT_CODE.compute_check_character(CODE[:-1])


@pytest.mark.parametrize(("change", "why"), SAME, ids=[why for _, why in SAME])
def test_rows_with_one_valid_code_are_one_firm_if_anything_else_agrees(change, why):
    firms = listed({}, change)
    FIRMS.check(firms)
    assert firms["duplicate_of"].to_list() == [None, 0], why


@pytest.mark.parametrize(("change", "why"), OTHER, ids=[why for _, why in OTHER])
def test_a_code_that_stands_alone_makes_no_firm_of_two(change, why):
    assert listed({}, change)["duplicate_of"].null_count() == 2, why


def test_branches_under_their_head_office_s_code_stay_branches():
    firms = listed(
        {},
        {"name": "云州韬石商贸有限责任公司长滩分公司"},
        {"name": "云州韬石商贸有限责任公司白石分公司"},
        {"name": "云州韬石商贸有限公司长滩分公司", "phone": "13800000002"},
    )
    assert firms["duplicate_of"].count() == 1
    repeat = firms.row(-1, named=True)
    original = firms.row(repeat["duplicate_of"], named=True)
    assert "长滩" in repeat["name"]
    assert "长滩" in original["name"]


def test_the_row_that_declares_most_stands_for_the_firm_under_all_its_names():
    firms = listed(
        {"declared_headcount": None, "name": "云州碧水物流有限公司"},
        {"declared_headcount": 3, "sales": 5.0},
        {"declared_headcount": 3, "sales": 9.0, "tax_office": "第三分局"},
    )
    first = firms.row(0, named=True)
    assert firms["duplicate_of"].to_list() == [None, 0, 0]
    assert first["tax_office"] == "第三分局"
    assert first["aliases"] == ["云州碧水物流有限公司"]


def test_a_repeated_row_of_a_further_row_is_the_same_firm_too():
    firms = listed({}, {"phone": "2"}, {"phone": "2", "is_duplicate": True})
    assert firms["duplicate_of"].to_list() == [None, 0, 0]


@given(st.lists(st.integers(0, len(SAME) + len(OTHER) - 1), max_size=6), st.randoms())
@settings(max_examples=settings.default.max_examples // 3)
def test_who_is_one_firm_does_not_depend_on_the_order_of_rows(chosen, rng: random.Random):
    changes = [({}, ""), *((SAME + OTHER)[i] for i in sorted(set(chosen)))]
    rows = [{**FIRM, **change, "seq": why} for change, why in changes]
    shuffled = rows.copy()
    rng.shuffle(shuffled)
    found = [standardise_firms(tax_rows(some), None) for some in (rows, shuffled)]
    told = [f.select("firm", "seq", "duplicate_of", "aliases") for f in found]
    assert told[0].equals(told[1])
    originals = found[0].filter(pl.col("duplicate_of").is_null())
    assert originals["firm"].to_list() == list(range(originals.height)), "numbered without gaps"
