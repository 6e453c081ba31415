"""One name, and two firms all the same: shops' everyday names, places of one owner, accounts behind a branch."""

from typing import NamedTuple

import pytest
from invented_rows import enrollment_rows, standardised, tax_rows

from gapmatch.linkage import link, load_shipped_model
from gapmatch.settings.load import LinkageSettings

COUNTY = "荔浦市"


class Case(NamedTuple):
    firm: str
    unit: str
    owners: tuple[str, str]
    decision: str
    why: str


ONE, TWO = ("邱{}", "邱{}"), ("邱{}", "熊晨曼")
"""Owners; their given names are the first characters of the firm's."""
CASES = [
    Case("廖记面馆", "廖记面馆", TWO, "review", "a family name and a trade"),
    Case("老韦家米粉店", "老韦家米粉店", TWO, "review", "the same with what stands around a family name"),
    Case("小莫理发店", "小莫理发店", TWO, "review", "one whom all know"),
    Case("白沙镇便民百货店", "白沙镇便民百货店", TWO, "review", "a wish, in a town"),
    Case("艾力餐厅", "艾力餐厅", ("艾力·肉孜", "艾力·艾尼瓦尔"), "review", "a given name"),
    Case("托合提馕店", "托合提馕店", ("托合提·肉孜", "卡德尔·祖农"), "review", "a long one, that is its owner's"),
    Case("卓玛商店", "卓玛商店", ("卓玛才让", "扎西多杰"), "review", "a given name in another language"),
    Case("好再来餐馆", "好再来餐馆", TWO, "review", "a wish of three characters"),
    Case("阿依古丽理发店", "阿依古丽理发店", TWO, "review", "a given name of neither owner"),
    Case("王建国修理部", "王建国修理部", TWO, "review", "a full name of neither owner"),
    Case("瑾琬大药房银桥店-1", "瑾琬大药房银桥店-2", ONE, "review", "a number behind a dash"),
    Case("璋铮烟酒店B", "璋铮烟酒店", TWO, "review", "one side has a letter, and nothing else agrees"),
    Case("甘记面馆", "甘记面馆", ONE, "match", "the owner agrees"),
    Case("梓黛榆小吃店", "梓黛榆小吃店", TWO, "match", "three characters nobody else thinks of"),
    Case("砚槐商贸有限公司", "砚槐商贸有限公司", TWO, "match", "companies change hands"),
    Case("苒芃加油站（上行）", "苒芃加油站（下行）", ONE, "review", "two sides of a road"),
    Case("棠荻幼儿园（A园）", "棠荻幼儿园（B园）", ONE, "review", "letters"),
    Case("筠箬停车场（东区）", "筠箬停车场（西区）", ONE, "review", "districts"),
    Case("峤浔停车场（进城方向）", "峤浔停车场（出城方向）", ONE, "review", "words that no list has"),
    Case("淇漪酒店有限公司（东区）", "淇漪酒店有限公司（西区）", ONE, "review", "a company's"),
    Case("沅瑾美甲店", "沅瑾美容店", ONE, "review", "another trade"),
    Case("琬璋加油站（上行）", "琬璋加油站", ONE, "match", "one list leaves it out"),
    Case("铮铎加油站（重点）", "铮铎加油站", ONE, "match", "any remark"),
    Case("锴骊大药房有限公司第一分店", "锴骊大药房有限公司第一分店1", ONE, "match", "an account behind a number"),
    Case("鹭鸢大药房有限公司解放路店", "鹭鸢大药房有限公司解放路店（一）", ONE, "match", "one behind a place"),
    Case("霁邺大药房有限公司解放路店", "霁邺大药房有限公司解放路店02", ONE, "match", "without a bracket"),
    Case("郯晗大药房有限公司解放路店1", "郯晗大药房有限公司解放路店2", ONE, "review", "both have a number"),
    Case("芷蔺建筑工程有限公司", "芷蔺建筑工程有限公司白沙项目部", ONE, "review", "a building site's account"),
    Case("旻杉大药房有限公司连锁店", "旻杉大药房有限公司连锁店2", ONE, "review", "the number says which shop"),
]  # fmt: skip


class Alone(NamedTuple):
    name: str
    place: dict[str, str]
    decision: str
    why: str


ALONE = [
    Alone("鑫源副食店", {}, "review", "a name of every county"),
    Alone("福瑞祥烟酒店", {}, "review", "common characters"),
    Alone("永兴砖厂", {}, "review", "works of a frequent name"),
    Alone("铎锴骊超市", {}, "match", "rare characters"),
    Alone("铭翎商贸有限公司", {}, "match", "a company"),
    Alone("荔浦市便民超市", {}, "review", "every county has one"),
    Alone("荔浦市福瑞源烟酒店", {}, "match", "a county has one"),
    Alone("荔浦市白沙镇惠民超市", {}, "match", "a town has one"),
    Alone("卓玛商店", {"county": COUNTY}, "review", "a given name of every county"),
]
"""Names that stand in either list once, with nothing else."""


def test_common_names_alone_are_looked_at():
    rows = [{"name": case.name, **case.place} for case in ALONE]
    firms, units = standardised(tax_rows(rows), enrollment_rows(rows))
    found = link(firms, units, load_shipped_model(), LinkageSettings()).links
    named = dict(found.join(firms, on="firm").select("name", "decision").iter_rows())
    assert named == {case.name: case.decision for case in ALONE}


@pytest.fixture(scope="module")
def decisions():
    rows = [
        [
            {"name": COUNTY + name, "county": COUNTY, "legal_rep": owner.format(case.firm[:2])}
            for name, owner in zip((case.firm, case.unit), case.owners, strict=True)
        ]
        for case in CASES
    ]
    firms, units = standardised(
        *(tax_rows([r[0] for r in rows]), enrollment_rows([r[1] for r in rows]))
    )
    found = link(firms, units, load_shipped_model(), LinkageSettings()).links
    named = found.join(firms.select("firm", "name"), on="firm").join(
        units.select("unit", unit_name="name"), on="unit"
    )
    return {row["name"]: (row["unit_name"], row["decision"]) for row in named.to_dicts()}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.why)
def test_names_that_others_have_as_well_are_looked_at(decisions, case):
    assert decisions[COUNTY + case.firm] == (COUNTY + case.unit, case.decision)
