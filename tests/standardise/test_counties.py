"""The county of a row: which source is believed, and that no row is without one."""

import polars as pl
import pytest

from gapmatch.schemas import UNKNOWN_COUNTY
from gapmatch.standardise.counties import find_counties, find_home_of_rows

ZUNYI = "520300"
BLANK = dict.fromkeys(("county", "tax_office", "address", "town", "region_code", "uscc"))


def county_of(home=ZUNYI, **said):
    rows = pl.DataFrame([{**BLANK, **said}], schema=dict.fromkeys(BLANK, pl.String))
    return find_counties(rows, home, "tax_office").row(0)


@pytest.mark.parametrize(
    ("said", "expected", "why"),
    [
        ({"county": "汇川区"}, ("520303", "汇川区", "column"), "the column says it"),
        ({"county": " 汇川区 "}, ("520303", "汇川区", "column"), "blanks around it"),
        ({"county": "520303"}, ("520303", "汇川区", "column"), "a code in the column"),
        ({"county": "第九区"}, (None, "第九区", "column"), "a county that no list knows keeps its name"),
        (
            {"county": "汇川区", "tax_office": "国家税务总局桐梓县税务局", "address": "绥阳县1号"},
            ("520303", "汇川区", "column"),
            "the column before all others",
        ),
        (
            {"tax_office": "国家税务总局桐梓县税务局", "address": "绥阳县1号"},
            ("520322", "桐梓县", "office"),
            "the office before the address",
        ),
        ({"county": "  ", "address": "绥阳县1号"}, ("520323", "绥阳县", "address"), "a blank column is none"),
        (
            {"address": "砚田路1号", "region_code": "520323"},
            ("520323", "绥阳县", "name"),
            "an address without a county leaves it to the name",
        ),
        ({"uscc": "91520322MA0000000X"}, ("520322", "桐梓县", "code"), "the code in the end"),
        ({"uscc": "91110105MA0000000X"}, (None, UNKNOWN_COUNTY, "unknown"), "a code of another province"),
        ({"address": "北京市朝阳区砚田路1号"}, (None, UNKNOWN_COUNTY, "unknown"), "an address in another province"),
        (
            {"address": "贵州省遵义市新蒲新区砚田路1号"},
            (None, "新蒲新区", "address"),
            "a zone that no list numbers is a county of its own",
        ),
        ({}, (None, UNKNOWN_COUNTY, "unknown"), "nobody knows"),
    ],
)  # fmt: skip
def test_the_first_source_that_names_a_county_wins(said, expected, why):
    assert county_of(**said) == expected, why


FOSHAN, DONGGUAN, JIAYUGUAN = "440600", "441900", "620200"
SHUNDE = ("440606", "顺德区")


@pytest.mark.parametrize(
    ("home", "said", "expected", "why"),
    [
        (FOSHAN, {"region_code": "441521", "uscc": "91440606MA"}, (*SHUNDE, "code"), "海丰 is a trade name"),
        (FOSHAN, {"region_code": "441521", "town": "伦教街道"}, (*SHUNDE, "town"), "the town of no other county"),
        (FOSHAN, {"region_code": "441521", "uscc": "91440600MA"}, (None, UNKNOWN_COUNTY, "unknown"), "code of the city"),
        (FOSHAN, {"region_code": "441521"}, ("441521", "海丰县", "name"), "nothing contradicts the name"),
        (FOSHAN, {"region_code": "441521", "uscc": "91441521MA"}, ("441521", "海丰县", "name"), "nor does the code"),
        (FOSHAN, {"region_code": "440604", "uscc": "91440606MA"}, ("440604", "禅城区", "name"), "both are at home"),
        ("440000", {"region_code": "441521", "uscc": "91440606MA"}, ("441521", "海丰县", "name"), "a whole province"),
        (None, {"region_code": "441521", "uscc": "91440606MA"}, ("441521", "海丰县", "name"), "no home is known"),
        (FOSHAN, {"town": "伦教"}, (*SHUNDE, "town"), "a town without its kind"),
        (FOSHAN, {"town": "伦教街道办事处"}, (*SHUNDE, "town"), "its office"),
        (FOSHAN, {"town": "佛山市顺德区伦教街道"}, (*SHUNDE, "town"), "behind its regions"),
        (FOSHAN, {"town": "海丰街道"}, (None, UNKNOWN_COUNTY, "unknown"), "no town of home, a county elsewhere"),
        (FOSHAN, {"address": "禅城区砚田路1号", "town": "伦教街道"}, ("440604", "禅城区", "address"), "address first"),
        ("150700", {"town": "胜利街道"}, (None, UNKNOWN_COUNTY, "unknown"), "a town of several counties"),
        (DONGGUAN, {"town": "虎门镇"}, (DONGGUAN, "东莞市", "town"), "a prefecture without counties"),
        (DONGGUAN, {"region_code": "441521", "uscc": "91441900MA"}, (DONGGUAN, "东莞市", "code"), "the same, by its code"),
        (JIAYUGUAN, {"town": "文殊镇"}, (JIAYUGUAN, "嘉峪关市", "town"), "another, whose towns have a code below it"),
    ],
)  # fmt: skip
def test_home_is_believed_before_a_name_of_elsewhere(home, said, expected, why):
    assert county_of(home, **said) == expected, why


@pytest.mark.parametrize(
    ("columns", "home", "why"),
    [
        ({"county": ["汇川区", "桐梓县", "绥阳县"]}, "520300", "counties of one prefecture"),
        ({"county": ["汇川区", "凯里市", "碧江区"]}, "520000", "counties of one province"),
        ({"credit_code": ["91520322MA0000000X", "91520323MA0000000X"]}, "520300", "codes"),
        ({"address": ["贵州省遵义市桐梓县1号"]}, "520300", "addresses where there is nothing else"),
        ({"county": ["", None]}, None, "blank"),
        ({}, None, "no rows"),
    ],
)
def test_home_is_where_most_rows_lie(columns, home, why):
    blank = ("county", "division_code", "credit_code", "taxpayer_code", "address")
    height = max((len(values) for values in columns.values()), default=0)
    rows = pl.DataFrame(
        {name: columns.get(name, [None] * height) for name in blank},
        schema=dict.fromkeys(blank, pl.String),
    )
    assert find_home_of_rows(rows) == home, why
