"""Institutions under short and former names."""

import polars as pl
import pytest

from gapmatch.standardise.institutions import find_institutions

HUNAN = "430600"


def read_offices(*names):
    """Kind, region, its code and office of each name."""
    return find_institutions(pl.Series(names), HUNAN).rows()


@pytest.mark.parametrize(
    ("names", "why"),
    [
        (["中国邮政集团公司湖南省平江县砚田支局", "中国邮政集团有限公司平江县砚田邮政支局", "平江县砚田邮政支局", "平江县砚田邮政所"], "post offices"),
        (["中国邮政集团有限公司湖南省平江县分公司", "平江县邮政局", "平江邮政公司"], "the post of a county"),
        (["平江县农村信用合作联社砚田信用社", "湖南平江农村商业银行股份有限公司砚田支行", "平江农商行砚田支行", "平江县农信社砚田分理处"], "credit unions that became banks"),
        (["平江县农村信用合作联社", "湖南平江农村商业银行股份有限公司", "平江农商银行"], "the head office of one"),
        (["中国农业银行股份有限公司平江砚田支行", "农行平江县砚田支行", "中国农业银行平江县砚田分理处"], "a bank"),
        (["中国邮政储蓄银行股份有限公司平江县砚田营业所", "邮储银行平江砚田支行"], "the post's bank is not the post"),
        (["湖南省烟草公司岳阳市公司平江县分公司", "平江县烟草专卖局", "平江县烟草公司"], "tobacco"),
        (["平江县供销合作社联合社", "平江县供销社", "平江县供销联社"], "supply and marketing"),
        (["国网湖南省电力有限公司平江县供电分公司", "平江县供电公司", "平江供电局"], "power"),
        (["中国人民财产保险股份有限公司平江支公司", "人保财险平江支公司", "平江县人保公司"], "an insurer"),
        (["中国移动通信集团湖南有限公司平江分公司", "平江移动公司", "中国移动平江县分公司"], "a telephone company"),
    ],
)  # fmt: skip
def test_the_names_of_one_office_are_read_as_one_office(names, why):
    (office,) = set(read_offices(*names))
    assert office[0], why


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        ("平江县砚田邮政支局", "平江县青石邮政支局", "two post offices"),
        (
            "平江县砚田邮政支局",
            "中国邮政储蓄银行股份有限公司平江县砚田支行",
            "the post and its bank",
        ),
        ("中石油砚田加油站", "中石化砚田加油站", "two oil companies"),
        ("农行平江砚田支行", "工行平江砚田支行", "two banks"),
        ("人保财险平江支公司", "中国人寿平江支公司", "two insurers"),
        ("平江县供电局", "平江砚田供电所", "an office and the one above it"),
    ],
)
def test_two_offices_are_two(one, other, why):
    assert len(set(read_offices(one, other))) == 2, why


@pytest.mark.parametrize(
    "name",
    [
        "平江县砚田商贸有限公司",
        "人保鲜食品有限公司",
        "平江建行装饰有限公司",
        "砚田供电工程安装有限公司",
        "平江县砚田烟草制品有限公司",
        "农行天下农业有限公司",
        "",
    ],
)
def test_other_firms_are_no_institutions(name):
    assert read_offices(name) == [(None,) * 4]


def test_a_column_is_read_like_its_cells():
    names = pl.Series(["平江县砚田邮政支局", "砚田商行", "平江县砚田邮政支局"])
    found = find_institutions(names, HUNAN)
    assert found["institution"].to_list() == ["邮政", None, "邮政"]
    assert found["office"].to_list() == ["邮政砚田支局", None, "邮政砚田支局"]
    assert found["region"].to_list() == ["平江县", None, "平江县"]
