"""The status of rows that only a title, the name of their sheet or file, or a remark states."""

import pytest
from invented_extracts import balanced, kinds, read_tax, read_units, write_csv, write_xlsx

from gapmatch.errors import InputError
from gapmatch.read.read_model import Side
from gapmatch.read.titles import ACTIVE, find_stated_status

UNIT_HEADER = ("单位编号", "单位名称", "统一社会信用代码", "参保人数")
UNITS = tuple(
    (f"70{n:04}", f"甲城试验{n}号商贸有限公司", f"91520302MA6TES{n:04}", str(n % 9 + 1))
    for n in range(1, 13)
)
FIRM_HEADER = ("纳税人名称", "纳税人识别号", "个税申报人数")
FIRMS = tuple(unit[1:] for unit in UNITS)


@pytest.mark.parametrize(
    ("title", "expected", "why"),
    [
        ("停保单位", "停保", "a sheet"), ("停保", "停保", "the word alone"),
        ("二、停保单位", "停保", "a section"), ("（二）停保单位（12户）", "停保", "with a count"),
        ("2、 停 保 企 业", "停保", "spaced out"), ("甲城市停保（断缴）单位名册", "停保", "a remark"),
        ("甲城市2022年第四季度停保单位名册", "停保", "place and time"),
        ("参保单位（停保）", "停保", "in brackets"), ("遵义市参保单位停保名单", "停保", "of the units"),
        ("停保单位_20221231 (1)", "停保", "a file copied"), ("附件2：注销单位明细表", "注销", "annex"),
        ("暂停缴费单位", "暂停", "another word"), ("已终止参保单位", "终止", "past"),
        ("以下为停保单位", "停保", "what follows"),
        ("正常参保单位", ACTIVE, "they go on"), ("一、正常缴费单位", ACTIVE, "a section"),
        ("在保单位", ACTIVE, "another word"),
        ("未停保单位", None, "denied"), ("参保单位（不含停保单位）", None, "left out"),
        ("参保单位（含停保）", None, "both kinds"), ("参保及停保单位", None, "both kinds"),
        ("正常、停保单位", None, "both kinds"), ("停保单位已剔除", None, "left out"),
        ("除停保单位外", None, "left out"), ("停保恢复单位", None, "insured again"),
        ("停保转续保单位", None, "insured again"), ("拟停保单位", None, "not yet"),
        ("说明：红色为停保单位", None, "a legend"), ("标红的为停保单位", None, "a legend"),
        ("注：停保单位由所属县区核实。", None, "a sentence"), ("以上为停保单位", None, "those above"),
        ("停保单位小计", None, "a sum"), ("参保单位停保情况统计表", None, "of all units"),
        ("甲城停车场", None, "a place"), ("参保单位", None, "no status"), ("Sheet1", None, "nothing"),
    ],
)  # fmt: skip
def test_titles_of_units(title, expected, why):
    assert find_stated_status(title, [Side.ENROLLMENT]) == expected, why


@pytest.mark.parametrize(
    ("title", "expected", "why"),
    [
        ("非正常户", "非正常", "a sheet"), ("二、非正常户（15户）", "非正常", "a section"),
        ("注销户", "注销", "a sheet"), ("甲城市已注销企业清册", "注销", "a title"),
        ("非正常户认定名单", "非正常", "as it is called"), ("停业户", "停业", "closed for a time"),
        ("正常户", ACTIVE, "they go on"), ("正常纳税企业清册", ACTIVE, "the usual list"),
        ("未注销企业", None, "denied"), ("正常及非正常户", None, "both kinds"),
        ("不含注销户", None, "left out"), ("拟注销企业", None, "not yet"),
        ("吊销未注销企业", None, "two words, of which one is denied"),
        ("纳税企业", None, "no status"),
    ],
)  # fmt: skip
def test_titles_of_firms(title, expected, why):
    assert find_stated_status(title, [Side.TAX]) == expected, why


def list_statuses(extract):
    column = "pension_status" if "pension_status" in extract.rows.columns else "status"
    return extract.rows[column].to_list()


def write_sections(folder, header, rows, word):
    return write_csv(
        folder / "a.csv", [("一、正常户",), header, *rows[:8], (f"二、{word}",), header, *rows[8:]]
    )


def write_sheets(folder, header, rows, word):
    return write_xlsx(folder / "a.xlsx", {"正常户": [header, *rows[:8]], word: [header, *rows[8:]]})


def write_files(folder, header, rows, word):
    write_csv(folder / "1正常户.csv", [header, *rows[:8]])
    write_csv(folder / f"2{word}.csv", [header, *rows[8:]])
    return folder


def write_titles(folder, header, rows, word):
    write_csv(folder / "1.csv", [("甲城市名册",), header, *rows[:8]])
    write_csv(folder / "2.csv", [(f"甲城市{word}名册",), header, *rows[8:]])
    return folder


@pytest.mark.parametrize("write", [write_sections, write_sheets, write_files, write_titles])
@pytest.mark.parametrize(
    ("read", "header", "rows", "word", "status"),
    [
        (read_units, UNIT_HEADER, UNITS, "停保单位", "停保"),
        (read_units, UNIT_HEADER[1:], FIRMS, "注销单位", "注销"),
        (read_tax, FIRM_HEADER, FIRMS, "非正常户", "非正常"),
        (read_tax, FIRM_HEADER, FIRMS, "注销企业", "注销"),
    ],
)
def test_a_stated_status_holds_for_its_rows_and_is_named(
    tmp_path, write, read, header, rows, word, status
):
    extract = read(write(tmp_path / "x", header, rows, word))
    assert list_statuses(extract) == [None] * 8 + [status] * 4
    assert extract.defects.filter(kind="status_stated")["value"].to_list() == [status]
    assert balanced(extract)


def test_a_status_of_its_own_stands_and_blanks_are_filled(tmp_path):
    rows = [(*unit, "参保缴费" if n % 2 else None) for n, unit in enumerate(UNITS)]
    extract = read_units(write_csv(tmp_path / "停保单位.csv", [(*UNIT_HEADER, "参保状态"), *rows]))
    assert list_statuses(extract) == ["停保", "参保缴费"] * 6


def test_groups_within_a_section_do_not_end_it_and_the_next_section_does(tmp_path):
    sheet = [
        *(("一、停保单位", None, None, None), UNIT_HEADER, *UNITS[:3]),
        *(("（二）乙县", None, None, None), *UNITS[3:6]),
        *(("二、其他", None, None, None), *UNITS[6:]),
    ]
    extract = read_units(write_xlsx(tmp_path / "a.xlsx", {"s": sheet}))
    assert list_statuses(extract) == ["停保"] * 6 + [None] * 6


@pytest.mark.parametrize(
    ("name", "expected", "why"),
    [
        ("{0}（注销）", "注销", "wide brackets"), ("{0}(已停保)", "停保", "narrow ones"),
        ("{0}[停]", "停保", "shortened"), ("{0}【已注销】", "注销", "others"),
        ("{0}-注销", "注销", "a dash"), ("{0}已停保", "停保", "past, without mark"),
        ("{0}（暂停参保）", "暂停", "with what is over"),
        ("{0}", None, "none"), ("{0}（未停保）", None, "denied"), ("{0}（乙县）", None, "a place"),
        ("甲城{0:.2}清算事务有限公司", None, "a word within"), ("甲城注销代办服务部", None, "a trade"),
        ("甲城停保财务咨询有限公司", None, "within a registered name"),
    ],
)  # fmt: skip
def test_a_status_behind_the_name(tmp_path, name, expected, why):
    row = (UNITS[0][0], name.format(UNITS[0][1]), *UNITS[0][2:])
    extract = read_units(write_csv(tmp_path / "a.csv", [UNIT_HEADER, row, *UNITS[1:]]))
    found = list_statuses(extract)[0]
    assert (found and expected in found) if expected else found is None, why
    assert extract.rows["name"][0] == row[1], why


@pytest.mark.parametrize(
    ("file", "title"),
    [("未参保企业名单.csv", None), ("a.csv", "甲城市未参保企业名单"), ("a.csv", "应保未保单位")],
)
def test_a_list_of_those_who_are_not_insured_is_no_enrollment(tmp_path, file, title):
    path = write_csv(tmp_path / file, [*([(title,)] if title else []), UNIT_HEADER, *UNITS])
    with pytest.raises(InputError, match="不是参保单位清册") as caught:
        read_units(path)
    assert "换成" in caught.value.remedy
    rows = [(title or "x",), FIRM_HEADER, *FIRMS]
    assert "status_stated" not in kinds(read_tax(write_csv(tmp_path / "t" / file, rows)))
