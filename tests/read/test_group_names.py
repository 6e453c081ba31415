"""Rows that sum up others are no firms; firms with odd names, or a number before them, are."""

import pytest
from invented_extracts import balanced, read_tax, read_units, write_csv

HEADER = ("序号", "纳税人名称", "纳税人识别号", "所属区县", "从业人数", "工资总额")
FIRMS = tuple(
    (
        *(str(n), f"甲城试验{n}号商贸有限公司", f"91520302MA6TES{n:04}"),
        *("甲区" if n <= 20 else "乙县", str(n % 9 + 1), str(1000 * n + 500)),
    )
    for n in range(1, 41)
)
UNIT_HEADER = ("单位编号", "单位名称", "统一社会信用代码", "养老参保人数", "工伤参保人数")
UNITS = tuple((f"70{n:04}", *row[1:3], row[4], row[4]) for n, row in enumerate(FIRMS))
NAMES = [row[1] for row in FIRMS]


def read_with(folder, side, name, numbers=("412", "99000"), *, numbered=False):
    """Read a list of firms, or of units, with a row in the middle that has only a name, numbers."""
    if side == "tax":
        row = ("21" if numbered else None, name, None, None, *numbers)
        return read_tax(write_csv(folder / "a.csv", [HEADER, *FIRMS[:20], row, *FIRMS[20:]]))
    row = (None, name, None, *numbers)
    return read_units(write_csv(folder / "a.csv", [UNIT_HEADER, *UNITS[:20], row, *UNITS[20:]]))


@pytest.mark.parametrize("side", ["tax", "enrollment"])
@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("甲城区 汇总", "as Excel writes it"), ("汇总", "alone"), ("播州区计", "a word shortened"),
        ("播州区（20户）", "a place with its firms"), ("播州区  20户", "without brackets"),
        ("播州区 计数", "a count"), ("全市合计（60户）", "a sum with its firms"), ("全市", "all"),
        *((whole, "all of it") for whole in ("全地区", "全盟", "全师", "全团", "全林区")),
        ("其他（3户）", "the rest"), ("其他", "the rest alone"), ("合计（元）", "a unit"),
        ("国家税务总局播州区税务局 汇总", "an office"), ("国家税务总局播州区税务局 计", "shortened"),
        ("平均每户", "a mean"), ("户数：60", "a count"), ("其中：规上企业", "a part"),
        ("其中一般纳税人", "a part without mark"), ("上年同期", "another time"), ("同比增长", "a rate"),
        ("以上数据由征管系统导出", "a note"), ("报送：市人社局", "a note"), ("SUM", "of a program"),
        ("批发和零售业", "a section of industries"), ("其他服务业", "a division"),
        ("农、林、牧、渔业", "with marks"), ("第三产业", "a sector"), ("规上企业", "by size"),
        ("个体工商户", "by form"), ("国有企业", "by owner"), ("有限责任公司", "by form, in full"),
        ("市本级", "a level"), ("合计数", "a sum"), ("总数", "a sum"),
    ],
)  # fmt: skip
def test_a_row_that_sums_up_others_is_no_firm_and_is_named(tmp_path, side, name, why):
    extract = read_with(tmp_path, side, name)
    assert extract.rows["name"].to_list() == NAMES, why
    assert name.strip() in extract.defects["value"].to_list(), why
    assert balanced(extract), why
    assert all(f.physical_rows == f.rows_in + f.not_data for f in extract.files), why
    assert extract.refused == 0, why


@pytest.mark.parametrize("read", [read_tax, read_units])
def test_a_place_is_no_firm_in_a_list_without_codes_either(tmp_path, read):
    people = [(f"张某{chr(0x4E00 + n)}", "2") for n in range(250)]
    rows = [
        ("播州区", "500"),
        *people,
        ("湄潭县（3户）", "6"),
        ("江南水乡", "6"),
        ("个体工商户", "9"),
    ]
    extract = read(write_csv(tmp_path / "a.csv", [("单位名称", "人数"), *rows]))
    assert extract.rows["name"].to_list() == [*(name for name, _count in people), "江南水乡"]
    assert extract.refused == 0


def test_a_sum_with_a_number_in_front_is_no_firm_either(tmp_path):
    extract = read_with(tmp_path, "tax", "甲区 汇总", numbered=True)
    assert extract.rows["name"].to_list() == NAMES


@pytest.mark.parametrize("side", ["tax", "enrollment"])
@pytest.mark.parametrize(
    "name",
    [
        *("江南水乡", "全市通快递", "汇总科技有限公司", "其中意餐厅", "其他山石材店", "户数通数码店"),
        *("平均律琴行", "制造业咨询服务部", "张某某", "第三产业园管理处", "规上咨询服务部", "SUM健身工作室"),
        *("一般纳税人代办服务部", "停业酒吧", "正常人家餐馆", "全州米粉店", "合计利商行", "计家面馆"),
        *("甲城有效公司", "二十户人家农家乐", "服务业者之家", "同期声录音棚"),
    ],
)  # fmt: skip
def test_a_firm_without_code_and_with_an_odd_name_is_a_firm(tmp_path, side, name):
    extract = read_with(tmp_path, side, name, ("4", "99"))
    assert extract.rows["name"].to_list() == [*NAMES[:20], name, *NAMES[20:]]


@pytest.mark.parametrize(
    ("name", "is_firm", "why"),
    [
        ("重点", False, "its numbers are the sums of the rows above"),
        ("甲区晨光商贸有限公司", True, "a firm's name, whatever its numbers are"),
    ],
)
def test_numbers_that_are_sums_of_the_rows_above_are_no_firms(tmp_path, name, is_firm, why):
    sums = tuple(str(sum(int(row[k]) for row in FIRMS[:20])) for k in (4, 5))
    extract = read_with(tmp_path, "tax", name, sums)
    assert (name in extract.rows["name"].to_list()) == is_firm, why


def test_totals_are_held_against_firms_alone(tmp_path):
    """Counties with their sums between the firms, and a row of sums without a word."""
    sums = [
        [sum(int(row[k]) for row in FIRMS[a:b]) for k in (4, 5)]
        for a, b in ((0, 20), (20, 40), (0, 40))
    ]
    rows = [
        *(HEADER, (None, "合计", None, None, *sums[2])),
        *((None, "播州区", None, None, *sums[0]), *FIRMS[:20]),
        *((None, "湄潭县", None, None, *sums[1]), *FIRMS[20:], (None, None, None, None, *sums[2])),
    ]
    extract = read_tax(write_csv(tmp_path / "a.csv", rows))
    assert extract.rows["name"].to_list() == NAMES
    assert "total_disagrees" not in extract.defects["kind"].to_list()


@pytest.mark.parametrize("read", [read_tax, read_units])
@pytest.mark.parametrize(
    ("header", "cells"),
    [
        (("单位名称",), ()),
        (("单位名称", "人数"), ("5",)),
        (("单位名称", "人数", "联系电话"), ("5", None)),
    ],
    ids=["names alone", "a count", "a count and a blank"],
)
@pytest.mark.parametrize(
    ("number", "share", "why"),
    [
        ("({})", 1, "all of them"), ("（{}）", 1, "wide"), ("（{}）", 3, "a third of them"),
        ("一、", 1, "all of them"), ("三、", 5, "each fifth"), ("（十二）", 4, "Chinese numbers"),
    ],
)  # fmt: skip
def test_a_firm_behind_a_number_is_a_firm(tmp_path, read, header, cells, number, share, why):
    names = [
        (number.format(n) if n % share == 0 else "") + f"甲城试验{n}号商贸有限公司"
        for n in range(1, 31)
    ]
    if share == 1:
        names.append(number.format(31) + "老王")
    rows = [(name, *cells) for name in names]
    extract = read(write_csv(tmp_path / "a.csv", [header, *rows]))
    assert extract.rows["name"].to_list() == names, why


@pytest.mark.parametrize(
    "title", ["一、国有企业", "（二）个体工商户", "三、非正常户", "（三）批发和零售业", "二、甲区"]
)
def test_what_names_a_section_behind_a_number_is_no_firm(tmp_path, title):
    rows = [HEADER, *FIRMS[:20], (None, title, None, None, None, None), *FIRMS[20:]]
    assert read_tax(write_csv(tmp_path / "a.csv", rows)).rows["name"].to_list() == NAMES


def test_a_footnote_that_begins_with_a_mark_is_no_unit(tmp_path):
    note = (None, "*甲城试验3号商贸有限公司由总公司参保", None, None, None)
    extract = read_units(write_csv(tmp_path / "a.csv", [UNIT_HEADER, *UNITS, note]))
    assert extract.rows["name"].to_list() == NAMES
