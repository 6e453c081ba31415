"""The town that an address names, under its name of today where the county's list knows it."""

import polars as pl
import pytest

from gapmatch.standardise.towns import add_town

XINGYI, CONGJIANG, HUICHUAN, ZONE = "522301", "522633", "520303", None
ADDRESSES = [
    (XINGYI, "黄草街道办事处某路1号", "黄草街道", "in full"),
    (XINGYI, "黄草办某路1号", "黄草街道", "short for the office"),
    (XINGYI, "黄草办事处某路1号", "黄草街道", "without 街道"),
    (XINGYI, "某州黄草街道某路", "黄草街道", "behind a region"),
    (XINGYI, "马岭镇某村", "马岭街道", "a town that is a street office today"),
    (XINGYI, "七舍镇街上", "七舍镇", "in the middle of the town"),
    (XINGYI, "云海镇某村", "云海镇", "not in the list: as written"),
    (CONGJIANG, "刚边乡某村", "刚边壮族乡", "called after its people"),
    (CONGJIANG, "翠里瑶族壮族乡某村", "翠里瑶族壮族乡", "called after two of them"),
    (XINGYI, "桔山某大楼", "桔山街道", "without its kind, first of all"),
    (XINGYI, "仓更街上", "仓更镇", "in the middle of such a town"),
    (XINGYI, "桔山大道1号", None, "a road called after the town"),
    (XINGYI, "某楼桔山1号", None, "not first: anything may be called so"),
    (HUICHUAN, "上海路100号", None, "a road that a street office is called after"),
    (ZONE, "云海办事处某路", "云海街道", "no county: as written"),
    (ZONE, "河口乡某村", "河口乡", "a word of buildings that towns elsewhere are called after"),
    (ZONE, "云海镇镇隆村", "云海镇", "the village behind it begins as towns end"),
    (XINGYI, "马岭镇镇政府院内", "马岭街道", "of the list, with a word behind it"),
    (ZONE, "高镇镇某村", "高镇镇", "a town called after a market town"),
    (ZONE, "上海路街道两旁", None, "a street, though one elsewhere is called after the road"),
    (ZONE, "北京市朝阳区来广营地区办事处某村", "来广营街道", "an office of an area, as in Beijing"),
    (ZONE, "杨柳街镇某村", "杨柳街镇", "first of all: words of buildings do no harm"),
    (ZONE, "国酒南路镇医院", None, "first of all, but a road"),
    (ZONE, "云海农场镇河路2号", None, "a farm, and a road that begins as towns end"),
    (ZONE, "云海乡路3号", None, "a road"),
    (ZONE, "乡镇企业局办公楼", None, "no name"),
    (ZONE, "厂门口甘塘镇某村", None, "more than a name"),
    (ZONE, "某路农贸市场", None, "names none"),
    (ZONE, None, None, "no address"),
]


@pytest.mark.parametrize(("division", "address", "town", "why"), ADDRESSES)
def test_the_town_of_an_address_has_its_name_of_today(division, address, town, why):
    row = {"town": None, "division": division, "address": address, "address_text": address}
    assert add_town(pl.DataFrame([row], schema=dict.fromkeys(row, pl.String)))["town"][0] == town, (
        why
    )


def test_a_town_that_is_given_stays_as_it_is():
    row = {"town": "云海镇", "division": XINGYI, "address": None, "address_text": "黄草办某路"}
    assert add_town(pl.DataFrame([row]))["town"].to_list() == ["云海镇"]
