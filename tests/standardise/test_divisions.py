"""Divisions: codes, names, prefixes, addresses and offices lead to the right place."""

import csv
import re
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapmatch.standardise.divisions import Gazetteer
from gapmatch.standardise.gazetteer import read_divisions

REFERENCE = Path(__file__).parents[3] / "shared" / "reference"
GUIZHOU, ZUNYI, TONGREN = "520000", "520300", "520600"

needs_reference = pytest.mark.skipif(
    not REFERENCE.is_dir(), reason="the reference lists are not beside the checkout"
)


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return Gazetteer.load()


def _reference(name: str) -> list[dict[str, str]]:
    with (REFERENCE / name).open(encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


# -- the file


@needs_reference
def test_every_division_of_guizhou_has_its_code_name_and_short_form(gazetteer: Gazetteer):
    for row in _reference("guizhou_divisions_current.csv"):
        division = gazetteer.tables.current[row["code"]]
        assert (division.name, division.short) == (row["name"], row["short"])


@needs_reference
def test_every_alias_of_guizhou_leads_to_its_division(gazetteer: Gazetteer):
    for row in _reference("guizhou_divisions_current.csv"):
        for alias in row["aliases"].split("|"):
            found = gazetteer.find(alias, row["prefecture_code"] or GUIZHOU)
            assert found is not None, alias
            assert found.code == row["code"], alias


@needs_reference
def test_guizhou_has_no_other_divisions_in_use(gazetteer: Gazetteer):
    known = {row["code"] for row in _reference("guizhou_divisions_current.csv")}
    ours = {
        code
        for code, division in gazetteer.tables.current.items()
        if code.startswith("52") and division.level != "zone"
    }
    assert ours == known


@needs_reference
def test_every_former_code_of_guizhou_is_known_with_its_years(gazetteer: Gazetteer):
    with (Path(__file__).parents[2] / "config" / "divisions.csv").open(encoding="utf-8") as file:
        lines = [line for line in file if not line.startswith("#")]
    ours = {(r["code"], r["name"]): r for r in csv.DictReader(lines)}
    for row in _reference("guizhou_divisions_history.csv"):
        mine = ours[row["code"], row["name"]]
        assert mine["valid_until"] == row["end_year"], row
        assert mine["valid_from"] in ("", row["start_year"]), row


@needs_reference
def test_retired_codes_of_guizhou_lead_where_the_reference_says(gazetteer: Gazetteer):
    for row in _reference("guizhou_divisions_history.csv"):
        if row["status"] != "弃用" or not row["new_codes"]:
            continue
        said = re.sub(r"\[\d+\]", "", row["new_codes"]).split(";")
        heirs = {h for code in said for h in _in_use(gazetteer, code)}
        assert heirs & set(_in_use(gazetteer, row["code"])), row


def _in_use(gazetteer: Gazetteer, code: str) -> tuple[str, ...]:
    division = gazetteer.find_by_code(code)
    assert division is not None
    return (code,) if code in gazetteer.tables.current else division.successors or (division.code,)


def test_every_division_has_a_parent_that_contains_it_and_successors_in_use(gazetteer: Gazetteer):
    tables = gazetteer.tables
    for division in tables.current.values():
        if division.level != "province":
            assert tables.current[division.parent_code].contains(division)
    for division in tables.retired.values():
        assert all(code in tables.current for code in division.successors)


def test_no_bare_name_is_a_single_character(gazetteer: Gazetteer):
    assert all(len(name) > 1 for name in gazetteer.tables.names)


# -- codes

CODES = [
    ("520303", "汇川区", "in use"),
    ("522222", "江口县", "its prefecture became a city in 2011, every code below it changed"),
    ("520222", "盘州市", "county became a city"),
    ("522101", "红花岗区", "the seat became a district when its name went to the prefecture"),
    ("520221", "水城区", "divided, but one part keeps the name"),
    ("110103", "东城区", "two districts were merged"),
    ("371202", "莱芜区", "a prefecture was merged into another"),
    ("510222", "巴南区", "Chongqing left Sichuan"),
    ("520900", "贵安新区", "a zone that only registration authorities number"),
    ("520301", "遵义市", "市辖区 stands for the prefecture"),
]


@pytest.mark.parametrize(("code", "name", "why"), CODES)
def test_a_code_leads_to_the_division_of_today(gazetteer: Gazetteer, code, name, why):
    division = gazetteer.find_by_code(code)
    assert division is not None
    assert division.name == name, why


def test_a_divided_county_tells_its_successors_and_is_no_single_county(gazetteer: Gazetteer):
    division = gazetteer.find_by_code("520321")
    assert division is not None
    assert (division.name, division.valid_until) == ("遵义县", 2016)
    assert division.successors == ("520304", "520303", "520302")
    assert gazetteer.find_county_of_code("520321") is None


@pytest.mark.parametrize("code", ["", "5203", "999999", "无", "０００"])
def test_what_is_no_code_leads_nowhere(gazetteer: Gazetteer, code):
    assert gazetteer.find_by_code(code) is None


def test_a_prefecture_without_counties_is_its_own_county(gazetteer: Gazetteer):
    county = gazetteer.find_county_of_code("441900")
    assert county is not None
    assert county.name == "东莞市"
    assert gazetteer.find_county_of_code("520300") is None


def test_a_past_year_knows_the_divisions_of_that_year():
    then, now = read_divisions(2022), read_divisions()
    assert then.current["500112"].name == "渝北区"
    assert "500157" not in then.current
    assert now.current["500157"].name == "两江新区"


# -- names

PREFIXES = [
    ("贵州省遵义市汇川区星河商贸有限公司", None, "贵州省遵义市汇川区", "520303", "full chain"),
    ("遵义汇川星河商贸有限公司", None, "遵义汇川", "520303", "bare chain"),
    ("遵义市汇川区星河商贸有限公司", None, "遵义市汇川区", "520303", "chain without province"),
    ("黔西南州兴义市星河厂", None, "黔西南州兴义市", "522301", "prefecture shortened"),
    ("贵州省黔东南苗族侗族自治州星河厂", None, "贵州省黔东南苗族侗族自治州", "522600", "no county"),
    ("贵州黎平县星河茶业", None, "贵州黎平县", "522631", "prefecture left out"),
    ("印江自治县星河厂", None, "印江自治县", "520625", "people left out"),
    ("印江星河厂", TONGREN, "印江", "520625", "bare county at home"),
    ("印江星河厂", None, "", None, "bare county, home not known: may be a trade name"),
    ("江口梵金商贸", GUIZHOU, "江口", "520621", "bare county in the home province"),
    ("盘县星河煤矿", GUIZHOU, "盘县", "520281", "former name"),
    ("遵义县星河厂", ZUNYI, "遵义县", "520300", "former county, now three districts"),
    ("张家港星河公司", None, "张家港", "320582", "three characters are no trade name"),
    ("深圳星河公司", None, "深圳", "440300", "known everywhere"),
    ("内蒙星河公司", None, "内蒙", "150000", "customary form"),
    ("大同商贸公司", None, "", None, "a trade name as well"),
    ("大同商贸公司", ZUNYI, "", None, "a trade name as well, and far from home"),
    ("和平饭店", TONGREN, "", None, "common word, counties of that name are elsewhere"),
    ("沙县小吃店", TONGREN, "", None, "two characters far from home"),
    ("铜仁市场开发公司", None, "铜仁", "520600", "市 belongs to 市场"),
    ("贵阳市政工程公司", None, "贵阳", "520100", "市 belongs to 市政"),
    ("赤水河酒业公司", ZUNYI, "", None, "a river, not the city"),
    ("汇川路小卖部", ZUNYI, "", None, "a street, not the district"),
    ("南部新区星河厂", ZUNYI, "", None, "not the county 南部县 of Sichuan"),
    ("鼓楼区星河厂", None, "鼓楼区", None, "a region, but several bear the name"),
    ("鼓楼区星河厂", "350100", "鼓楼区", "350102", "home decides between namesakes"),
    ("遵义", None, "", None, "nothing would be left of the name"),
    ("", None, "", None, "empty"),
]


@pytest.mark.parametrize(("name", "home", "region", "code", "why"), PREFIXES)
def test_the_region_comes_off_a_name(gazetteer: Gazetteer, name, home, region, code, why):
    frame = gazetteer.split_prefixes(pl.Series([name]), home)
    assert (frame["region"][0] or "", frame["region_code"][0]) == (region, code), why
    assert frame["rest"][0] == name[len(region) :]


@pytest.mark.parametrize(
    ("text", "within", "code", "why"),
    [
        ("碧江", None, "520602", "bare name that is unique in use"),
        ("白云区", None, None, "several, and nothing decides"),
        ("白云区", "520100", "520113", "within decides"),
        ("铜仁市碧江区", None, "520602", "chain"),
        ("黔南州", None, "522700", "prefecture"),
        ("黔东南", None, "522600", "prefecture, bare"),
        ("520602", None, "520602", "code"),
        ("星河", None, None, "no division"),
        ("", None, None, "empty"),
    ],
)
def test_a_text_that_names_a_division_is_found(gazetteer: Gazetteer, text, within, code, why):
    found = gazetteer.find(text, within)
    assert (found.code if found else None) == code, why


# -- addresses and offices

ADDRESSES = [
    ("贵州省遵义市桐梓县花秋镇星河路1号", GUIZHOU, "桐梓县", "full chain"),
    ("湄潭县湄江街道天文大道", ZUNYI, "湄潭县", "county first"),
    ("星河大厦旁印江县城内", TONGREN, "印江土家族苗族自治县", "county further on"),
    ("广东省东莞市长安镇", None, "东莞市", "prefecture without counties"),
    ("遵义市新蒲新区虾子镇", ZUNYI, "新蒲新区", "zone without a code keeps its name"),
    ("黔东南州凯里市大十字街道星河路", None, "凯里市", "prefecture shortened"),
    ("遵义市星河路1号", ZUNYI, None, "no county said"),
    ("城关镇星河村", ZUNYI, None, "every county has such a town"),
]


@pytest.mark.parametrize(("address", "home", "county", "why"), ADDRESSES)
def test_an_address_tells_its_county(gazetteer: Gazetteer, address, home, county, why):
    found = gazetteer.find_county_of_address(address, home)
    assert (found.name if found else None) == county, why


OFFICES = [
    (
        "国家税务总局印江土家族苗族自治县税务局",
        "印江土家族苗族自治县",
        "county",
        "national name in front",
    ),
    ("德江县社会保险事业局", "德江县", "county", "insurance office"),
    ("碧江区税务局第二税务分局", "碧江区", "county", "branch of an office"),
    ("国家税务总局贵州大龙经济开发区税务局", "大龙经济开发区", "zone", "zone without a code"),
    ("铜仁高新技术产业开发区税务局", "铜仁高新技术产业开发区", "zone", "zone named after its city"),
    ("铜仁市税务局第二税务分局", "铜仁市", "prefecture", "office of the whole prefecture"),
    ("贵安新区税务局", "贵安新区", "zone", "zone with a registration code"),
]


@pytest.mark.parametrize(("office", "name", "level", "why"), OFFICES)
def test_an_office_tells_the_division_it_serves(gazetteer: Gazetteer, office, name, level, why):
    found = gazetteer.find_division_of_office(office, TONGREN)
    assert found is not None
    assert (found.name, found.level) == (name, level), why


def test_columns_keep_rows_order_and_nulls(gazetteer: Gazetteer):
    offices = pl.Series(["德江县税务局", None, "铜仁市税务局", "德江县税务局"])
    frame = gazetteer.find_divisions_of_offices(offices, TONGREN)
    assert frame["division"].to_list() == ["520626", None, None, "520626"]
    names = gazetteer.find_counties_of_names(pl.Series(["德江", None, "大龙管委会片区"]), TONGREN)
    assert names["county_name"].to_list() == ["德江县", None, "大龙管委会片区"]


def test_empty_columns_are_allowed(gazetteer: Gazetteer):
    empty = pl.Series([], dtype=pl.String)
    assert gazetteer.split_prefixes(empty).is_empty()
    assert (
        gazetteer.find_counties_of_addresses(pl.Series([None], dtype=pl.String)).row(0)
        == (None,) * 3
    )


# -- what an extract is about


@pytest.mark.parametrize(
    ("values", "home", "why"),
    [
        (["520602", "碧江区", "松桃县", "铜仁市星河路", None, "星河"], TONGREN, "one prefecture"),
        (["汇川区", "碧江区", "凯里市", "兴义市", "南京市"], GUIZHOU, "one province"),
        (["南京市", "杭州市", "成都市"], None, "no majority"),
        (["91520602MA6TEXTA77", "520603123456789"], TONGREN, "credit code and old tax number"),
        ([], None, "nothing to go by"),
    ],
)
def test_home_is_where_most_values_lie(gazetteer: Gazetteer, values, home, why):
    assert gazetteer.find_home(values) == home, why
    assert gazetteer.find_home(reversed(values)) == home, "the order of rows does not count"


# -- properties

places = st.sampled_from("贵州省遵义市汇川区县城镇路新大同江口南部12()")


@given(name=st.text(places, max_size=12), home=st.sampled_from([None, GUIZHOU, ZUNYI, "110000"]))
def test_a_prefix_is_a_beginning_and_leaves_a_name(name, home):
    prefix = Gazetteer.load().split_prefix(name, home)
    if prefix:
        assert 2 <= prefix.length <= len(name) - 2
        assert [p.end for p in prefix.parts] == sorted({p.end for p in prefix.parts})


@given(text=st.text(places, max_size=30), home=st.sampled_from([None, ZUNYI]))
def test_addresses_of_any_kind_do_not_crash(text, home):
    gazetteer = Gazetteer.load()
    county = gazetteer.find_county_of_address(text, home)
    assert county is None or gazetteer.tables.is_county(county)
    gazetteer.find_division_of_office(text, home)
    gazetteer.find(text, home)
