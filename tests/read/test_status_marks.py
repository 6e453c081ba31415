"""Columns that say by their headers who is in and who is out: 是否停保, 停保日期, 停保原因, 备注."""

import pytest
from invented_extracts import write_csv

from gapmatch.gate.file_doubts import find_doubtful_columns
from gapmatch.read import Side, read_extract

UNITS = 12


def read(tmp_path, headers, marks, side=Side.ENROLLMENT, extra=None):
    """Read a list with columns of marks: ``marks`` of the first third of rows, and of others."""
    name, code = ("单位名称", "单位编号") if side is Side.ENROLLMENT else ("纳税人名称", "税号")
    rows = [(code, name, *headers)]
    for n in range(UNITS):
        number = f"7{n:03}" if side is Side.ENROLLMENT else f"91520102MA6TE{n:05}"
        rows.append((number, f"第{n}食品有限公司", *marks[n % 3 != 0]))
    return read_extract(side, [write_csv(tmp_path / "a.csv", rows)], extra or {})


def find_codes(extract):
    return {finding.code for finding in find_doubtful_columns(extract.defects)}


MARKS = [
    # headers, cells of a third and of the others, whether the third is out, findings, why
    (("是否停保",), (("是",), ("否",)), True, set(), "out, yes"),
    (("是否参保",), (("否",), ("是",)), True, set(), "in, no"),
    (("是否在保",), (("0",), ("1",)), True, set(), "numbers"),
    (("是否正常缴费",), (("N",), ("Y",)), True, set(), "letters, two words"),
    (("是否暂停",), (("1",), ("2",)), True, set(), "1 and 2"),
    (("停保标志",), (("√",), ("",)), True, set(), "marks and blanks"),
    (("缴费标志",), (("未缴",), ("已缴",)), True, set(), "words for yes and no"),
    (("注销标志（是/否）",), (("是",), ("否",)), True, set(), "brackets"),
    (("停保标志",), (("已停保",), ("未停保",)), True, set(), "no with the word for out in it"),
    (("是否缓缴",), (("否",), ("是",)), False, set(), "who defers no payment is in"),
    (("是否停保人员代管",), (("是",), ("否",)), False, set(), "of something else"),
    (("最近一次停保时间",), (("2015-06",), ("",)), True, set(), "a qualifier that changes nothing"),
    (("上次停缴日期",), (("2015-06-30",), ("",)), True, set(), "another"),
    (("单位停保情况",), (("已停",), ("未停",)), True, set(), "another form"),
    (("停保类型",), (("整体停保",), ("",)), True, set(), "a kind is given to those that stopped"),
    (("首次停保日期",), (("2015-06-30",), ("",)), False, {"statuses_unread"}, "may go on since"),
    (("停保批次状态",), (("是",), ("否",)), False, {"statuses_unread"}, "a word of its own"),
    (("停保登记人",), (("张三",), ("",)), False, set(), "neither days nor marks"),
    (("停保日期", "参保状态"), (("2015-06-30", "正常"), ("", "正常")), False,
     {"marks_not_believed"}, "a status of today outranks a day of the past"),
    (("参保人数", "实缴人数"), (("12", "0"), ("12", "12")), False, {"marks_not_believed"},
     "a third is paid for nobody: a month not collected yet"),
    (("登记状态", "参保状态"), (("注销", "参保缴费"), ("存续", "参保缴费")), False, set(),
     "the market registration"),
    (("登记状态",), (("注销",), ("存续",)), False, {"statuses_unread"}, "and it alone"),
    (("停保人数",), (("1",), ("0",)), False, set(), "a count"),
    (("是否停保",), (("甲",), ("乙",)), False, {"columns_unread"}, "neither yes nor no"),
    (("停保日期",), (("2019-06-30",), ("",)), True, set(), "a day"),
    (("停缴年月",), (("201906",), ("",)), True, set(), "a month"),
    (("终止参保时间",), (("2019/6/30",), ("9999-12-31",)), True, set(), "never"),
    (("停保日期",), (("2099-12-31",), ("",)), False, set(), "never, readable"),
    (("停保日期",), (("2019-06-30",), ("2019-06-30",)), False, {"marks_not_believed"}, "all rows"),
    (("停保日期", "恢复参保日期"), (("2019-06-30", "2020-01-01"), ("", "")), False, set(), "again"),
    (("停保日期", "恢复参保日期"), (("2019-06-30", "2018-01-01"), ("", "")), True, set(), "before"),
    (("停保日期", "最后缴费年月"), (("2019-06-30", "202212"), ("", "202211")), False, set(), "paid since"),
    (("停保日期", "最后缴费年月"), (("2019-06-30", "201906"), ("", "202212")), True, set(), "paid until"),
    (("停保日期", "参保状态"), (("2019-06-30", "正常"), ("", "正常")), False, {"marks_not_believed"},
     "a third of those that go on"),
    (("停保原因",), (("单位解散",), ("无",)), True, set(), "a reason"),
    (("停保原因", "参保状态"), (("单位解散", "正常"), ("", "正常")), False, set(), "the status says otherwise"),
    (("备注",), (("已停保",), ("正常",)), True, set(), "a remark"),
    (("说明",), (("2019年6月注销",), ("",)), True, set(), "a remark with a date"),
    (("备注",), (("其分公司已注销",), ("",)), False, set(), "a remark on another"),
    (("是否停保", "参保状态"), (("是", "参保缴费"), ("否", "参保缴费")), True, {"marks_contradict"},
     "what is over outranks what is registered"),
    (("单位状态", "参保状态"), (("注销", "参保缴费"), ("正常", "参保缴费")), True, {"marks_contradict"},
     "a second status"),
    (("是否欠费",), (("是",), ("否",)), False, set(), "arrears end nothing"),
]  # fmt: skip


@pytest.mark.parametrize(("headers", "marks", "is_out", "found", "why"), MARKS)
def test_a_header_says_what_yes_and_a_day_mean(tmp_path, headers, marks, is_out, found, why):
    extract = read(tmp_path, headers, marks)
    words = ("停", "注销", "暂停", "未参保", "未缴", "终止")
    outs = [any(w in (s or "") for w in words) for s in extract.rows["pension_status"].to_list()]
    assert outs == [is_out and n % 3 == 0 for n in range(UNITS)], why
    assert find_codes(extract) == found, why


FEW = [
    # headers, cells of one of twelve and of the others, its status, findings, why
    (("停保日期", "参保状态"), (("2015-06-30", "正常"), ("", "正常")), "正常", {"marks_ignored"},
     "it stopped once, and goes on"),
    (("停保日期", "参保人数"), (("2015-06-30", "12"), ("", "12")), "停保（2015-06-30起）",
     {"marks_contradict"}, "without a status the day is the evidence, against it a count"),
    (("停保日期", "参保人数"), (("2015-06-30", "0"), ("", "12")), "停保（2015-06-30起）", set(),
     "nobody is left"),
    (("参保人数", "实缴人数"), (("12", "0"), ("12", "12")), "未缴费", set(), "paid for nobody"),
    (("养老参保人数", "养老实缴人数"), (("12", "0"), ("12", "9")), "未缴费", set(), "of a line"),
    (("参保人数", "实缴人数"), (("12", ""), ("12", "12")), None, set(), "not known"),
    (("参保人数", "应缴费人数"), (("12", "0"), ("12", "12")), None, set(), "of another kind"),
    (("参保人数", "实缴人数", "参保状态"), (("12", "0", "正常"), ("12", "12", "正常")), "未缴费",
     {"marks_contradict"}, "whatever the status says"),
]  # fmt: skip


@pytest.mark.parametrize(("headers", "marks", "status", "found", "why"), FEW)
def test_few_units_that_stopped_or_are_paid_for_nobody(
    tmp_path, headers, marks, status, found, why
):
    rows = [("单位编号", "单位名称", *headers)]
    rows += [(f"7{n:03}", f"第{n}食品有限公司", *marks[n != 3]) for n in range(UNITS)]
    extract = read_extract(Side.ENROLLMENT, [write_csv(tmp_path / "a.csv", rows)], {})
    assert extract.rows["pension_status"][3] == status, why
    assert find_codes(extract) == found, why


def test_a_column_that_a_user_names_is_read_whatever_words_it_has_besides(tmp_path):
    extra = {"status_marks": ["首次停保日期"]}
    extract = read(tmp_path, ("首次停保日期",), (("2015-06-30",), ("",)), extra=extra)
    assert extract.rows["pension_status"][:2].to_list() == ["停保（2015-06-30起）", None]
    ignored = read(
        tmp_path, ("首次停保日期",), (("2015-06-30",), ("",)), extra={"ignored": ["首次停保日期"]}
    )
    assert find_codes(ignored) == set()


@pytest.mark.parametrize("header", ["是否停保", "停用标识"])
def test_polarity_holds_for_a_column_that_a_user_names(tmp_path, header):
    extra = {"enroll_status": [header]}
    extract = read(tmp_path, (header,), (("是",), ("否",)), extra=extra)
    assert [s in ("停保", "停用") for s in extract.rows["pension_status"]] == [
        n % 3 == 0 for n in range(UNITS)
    ]


@pytest.mark.parametrize(
    ("headers", "marks", "statuses", "why"),
    [
        (("养老保险停保日期",), (("2019-06-30",), ("",)), ("停保（2019-06-30起）", None), "a day"),
        (("是否参加养老保险", "参保状态"), (("否", "正常"), ("是", "正常")), ("未参保", "参保"), "a flag"),
    ],
)  # fmt: skip
def test_a_mark_of_one_line_is_of_that_line_alone(tmp_path, headers, marks, statuses, why):
    rows = read(tmp_path, headers, marks).rows
    assert tuple(rows["pension_status"][:2]) == statuses, why
    assert "停" not in str(rows["injury_status"].to_list()), why


@pytest.mark.parametrize(
    ("headers", "marks", "status", "found", "why"),
    [
        (("是否注销",), (("是",), ("否",)), "注销", set(), "a flag"),
        (("是否非正常户",), (("Y",), ("N",)), "非正常", set(), "another word"),
        (("注销日期",), (("2019-06-30",), ("",)), "注销（2019-06-30起）", set(), "a day"),
        (("是否正常申报",), (("否",), ("是",)), None, set(), "no status of the firm"),
        (("纳税人状态",), (("解除非正常",), ("正常",)), "恢复正常", set(), "it was lifted"),
        (("非正常认定日期", "非正常解除日期"), (("2019-01-01", "2020-01-01"), ("", "")), None, set(),
         "lifted since"),
        (("是否解除非正常",), (("是",), ("否",)), None, {"statuses_unread"}, "no word on the others"),
        (("是否注销", "纳税人状态"), (("是", "正常"), ("否", "正常")), "正常", {"marks_ignored"},
         "to call a firm gone that is said to be there would hide it"),
    ],
)  # fmt: skip
def test_marks_of_a_tax_list(tmp_path, headers, marks, status, found, why):
    extract = read(tmp_path, headers, marks, Side.TAX)
    assert extract.rows["status"][0] == status, why
    assert find_codes(extract) == found, why


@pytest.mark.parametrize(
    ("header", "status", "expected", "why"),
    [
        ("参保状态", "养老:正常,失业:正常,工伤:停保", ("正常", "正常", "停保"), "colons"),
        ("参保状态", "养老(正常);失业(停保)", ("正常", "停保", None), "brackets"),
        ("缴费状态", "养老保险正常 工伤保险暂停缴费", ("正常", None, "暂停缴费"), "blanks"),
        ("参保状态", "工伤停保", (None, None, "停保"), "one line"),
        ("参保状态", "养老、失业停保", ("养老、失业停保", "停保", None), "two lines, one word"),
        (
            "参保险种",
            "养老（正常）；失业（停保）",
            ("正常", "停保", None),
            "in the column of lines",
        ),
        ("参保状态", "停保后恢复参保", ("恢复参保",) * 3, "stopped and resumed"),
        ("参保状态", "停保，未恢复", ("停保，未恢复",) * 3, "not resumed"),
        ("参保状态", "正常", ("正常",) * 3, "no line named"),
    ],
)
def test_lines_named_in_a_cell_have_the_status_behind_them(tmp_path, header, status, expected, why):
    cell = f'"{status}"'
    rows = read(tmp_path, (header,), ((cell,), (cell,))).rows
    statuses = [rows[f"{line}_status"][0] for line in ("pension", "unemployment", "injury")]
    assert tuple(statuses) == expected, why


@pytest.mark.parametrize(
    ("headers", "marks", "counts", "statuses", "why"),
    [
        (("养老保险", "工伤保险"), (("1", "1"), ("1", "1")), (None, None), ("参保", "参保"), "all 1"),
        (("养老保险", "工伤保险"), (("", "1"), ("1", "1")), (None, None), ("未参保", "参保"), "1 or blank"),
        (("养老保险", "参保人数"), (("1", "17"), ("1", "8")), (None, None), ("参保", None), "a count beside"),
        (("养老保险", "工伤保险"), (("", "√"), ("√", "√")), (None, None), ("未参保", "参保"), "√ or blank"),
        (("养老保险", "工伤保险"), (("", ""), ("√", "√")), (None, None), (None, None), "no mark at all"),
        (("养老保险", "工伤保险"), (("", "√"), ("×", "√")), (None, None), (None, "参保"), "no is marked too"),
        (("养老保险", "工伤保险"), (("3", "1"), ("1", "1")), (3, None), (None, "参保"), "one has three"),
        (("养老参保人数", "工伤参保人数"), (("否", "否"), ("5", "4")), (0, 0), (None, None), "否 is none"),
        (("养老参保人数", "工伤参保人数"), (("无", "没有"), ("5", "4")), (0, 0), (None, None), "other words"),
        (("养老参保人数", "工伤参保人数"), (("—", "未知"), ("5", "4")), (None, None), (None, None), "who knows"),
    ],
)  # fmt: skip
def test_marks_in_columns_of_lines_are_no_counts(tmp_path, headers, marks, counts, statuses, why):
    rows = read(tmp_path, headers, marks).rows
    assert (rows["pension_insured"][0], rows["injury_insured"][0]) == counts, why
    assert (rows["pension_status"][0], rows["injury_status"][0]) == statuses, why
