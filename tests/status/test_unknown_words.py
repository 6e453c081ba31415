"""Status texts that no known word explains are named, with their rows."""

import pytest
from invented_firms import firms_of, units_of

from gapmatch.settings.load import load_settings
from gapmatch.status.coverage import derive_unit_lines
from gapmatch.status.unknown_words import find_unknown_statuses

STATUSES = load_settings().statuses
LINES = ("pension_status", "unemployment_status", "injury_status")

STOPPED = (
    *(
        "停止缴费",
        "断缴",
        "断保",
        "停止参保",
        "已停",
        "报停",
        "撤销",
        "破产",
        "无缴费记录",
        "曾参保",
    ),
    *("历史参保", "非正常", "转出", "冻结", "暂停缴费", "未正常缴费", "不缴费", "长期欠费"),
)
GOING_ON = ("参保缴费", "正常", "缓缴", "欠费", "未足额到账", "在保", "正常参保")


@pytest.mark.parametrize("text", [*STOPPED, *GOING_ON])
def test_a_unit_that_stopped_is_told_from_one_that_pays_late(text):
    units = units_of(dict.fromkeys(LINES, text))
    assert derive_unit_lines(units, STATUSES)["stopped"][0] is (text in STOPPED)
    assert find_unknown_statuses(firms_of({}), units, STATUSES) == []


def test_unknown_texts_of_each_list_are_named_the_most_frequent_first():
    units = units_of(*({LINES[0]: text} for text in ("挂起", "4", "4", "正常", None)))
    firms = firms_of({"status": "待处理"}, {"status": "正常"})
    of_firms, of_units = find_unknown_statuses(firms, units, STATUSES)
    assert of_firms.facts == {"count": 1, "texts": ["待处理"]}
    assert of_units.facts == {"count": 3, "texts": ["4", "挂起"]}
