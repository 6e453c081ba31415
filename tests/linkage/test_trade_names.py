"""Names that share a trade name: what else they have in common, and how rare the trade name is."""

import polars as pl
import pytest

from gapmatch.linkage.trade_names import compare_trade_names, trade_chances
from gapmatch.standardise.characters import Characters
from gapmatch.standardise.name_rules import NameRules
from gapmatch.standardise.names import clean_names, parse_names

CASES = [
    ("云岭机械有限公司", "云岭机械配件制造有限公司", "wording", "words put in"),
    ("云岭汽车服务有限公司", "云岭汽车销售服务有限公司", "wording", "a word put in between"),
    ("云岭塑料制品厂", "云岭塑料制品加工厂", "wording", "no legal form on either side"),
    ("云岭机械配件有限公司", "云岭机械物资有限公司", "related", "one word exchanged"),
    ("云岭有限公司", "云岭建材有限公司", "related", "one name has no words for its trade"),
    (
        "云岭岩材有限公司",
        "云岭建材有限公司",
        "related",
        "words that nobody counted behind a known name",
    ),
    ("汇福盛建材有限公司", "汇富盛建材有限公司", "related", "trade names of one sound"),
    ("云岭化工设备有限公司", "云岭新材料有限公司", "industry_conflict", "nothing in common"),
    ("云岭商贸有限公司", "云山商贸有限公司", None, "another trade name"),
    ("云岭大药房二店", "云岭大药房", None, "a number has to stand in both"),
    ("云岭物业有限公司桐梓分公司", "云岭物业管理有限公司", None, "a branch is not its head office"),
]


def parsed(names):
    clean = clean_names(pl.Series("name", names), Characters.load())
    parts = parse_names(clean, "520300", NameRules.load())
    return parts.with_columns(institution=pl.lit(""))


@pytest.mark.parametrize(("firm", "unit", "words", "why"), CASES, ids=[c[3] for c in CASES])
def test_words_behind_one_trade_name_are_compared(firm, unit, words, why):
    there = compare_trade_names(parsed([firm]), parsed([unit])).to_list()
    back = compare_trade_names(parsed([unit]), parsed([firm])).to_list()
    assert there == back == [words], why


def test_a_common_trade_name_proves_less_than_a_rare_one():
    common, rare, made_of_rare_characters = trade_chances(pl.Series(["宏达", "岭石", "瓛瓗"]))
    assert common > rare > made_of_rare_characters > 0
    assert common > 1e-4
