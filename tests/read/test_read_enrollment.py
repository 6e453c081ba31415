"""Enrollment: one row per unit or one per unit and line, both become one row per unit."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from invented_extracts import (
    UNIT_HEADER,
    UNIT_ROWS,
    balanced,
    kinds,
    read_units,
    write_csv,
    write_xlsx,
)

from gapmatch.errors import InputError
from gapmatch.schemas import LINES

LONG = ("单位编号", "单位名称", "险种类型", "缴费状态", "参保人数")


def first(extract):
    return extract.rows.row(0, named=True)


def test_counts_of_each_line_and_one_status_for_all(tmp_path):
    extract = read_units(write_csv(tmp_path / "a.csv", [UNIT_HEADER, *UNIT_ROWS]))
    row = extract.rows.row(1, named=True)
    assert [row[f"{line}_insured"] for line in ("pension", "unemployment", "injury")] == [1, 1, 1]
    assert {row[f"{line}_status"] for line in ("pension", "unemployment", "injury")} == {"暂停缴费"}
    assert balanced(extract)


def test_line_rows_become_one_row_per_unit(tmp_path):
    rows = [
        LONG,
        ("7001", "甲公司", "企业职工基本养老保险", "正常缴费", "5"),
        ("7001", "甲公司", "失业保险", "暂停缴费", "4"),
        ("7002", "乙公司", "工伤保险", "正常缴费", "2"),
        ("7001", "甲公司", "职工基本医疗保险", "正常缴费", "9"),
    ]
    extract = read_units(write_csv(tmp_path / "a.csv", rows))
    row = first(extract)
    assert (row["pension_insured"], row["unemployment_insured"], row["injury_insured"]) == (5, 4, 0)
    assert (row["pension_status"], row["unemployment_status"], row["injury_status"]) == (
        "正常缴费",
        "暂停缴费",
        None,
    )
    assert extract.rows["source_row"].to_list() == [2, 4]
    assert (extract.rows_in, extract.unique, extract.folded) == (4, 2, 2)
    assert balanced(extract)


def test_a_line_is_absent_where_the_list_has_it_for_others_and_unknown_where_a_row_names_none(
    tmp_path,
):
    rows = [
        LONG,
        ("7001", "甲公司", "养老保险", "正常缴费", "5"),
        ("7002", "乙公司", "工伤保险", "正常缴费", "2"),
        ("7003", "丙公司", "养老保险", "正常缴费", "3"),
        ("7003", "丙公司", None, "正常缴费", "3"),
    ]
    counts = read_units(write_csv(tmp_path / "a.csv", rows)).rows["injury_insured"].to_list()
    assert counts == [0, 2, None]
    names = read_units(tmp_path / "a.csv").rows["unemployment_insured"]
    assert names.null_count() == 3, "of a line that nobody has, nothing is known"


def test_line_rows_with_a_status_and_no_count_leave_the_count_unknown(tmp_path):
    rows = [
        LONG[:4],
        ("7001", "甲公司", "企业职工基本养老保险", "正常缴费"),
        ("7001", "甲公司", "工伤保险", "正常缴费"),
    ]
    row = first(read_units(write_csv(tmp_path / "a.csv", rows)))
    assert (row["pension_insured"], row["pension_status"]) == (None, "正常缴费")


def test_rows_of_one_line_add_up_to_nothing_known_where_one_has_no_count(tmp_path):
    rows = [
        LONG,
        ("7001", "甲公司", "企业职工基本养老保险", "正常缴费", "5"),
        ("7001", "甲公司", "机关事业单位养老保险", "正常缴费", None),
    ]
    assert first(read_units(write_csv(tmp_path / "a.csv", rows)))["pension_insured"] is None


@pytest.mark.parametrize("cell", ['="8"', "'8", "^8^", "8\t", "“8”", "8\x00", "&nbsp;8", "'8'", "\u202e8", "&#27;8", "_x001B_8"])  # fmt: skip
def test_a_count_is_a_number_whatever_an_exporter_puts_around_it(tmp_path, cell):
    rows = [("单位编号", "单位名称", "养老参保人数"), ("7001", "甲公司", cell)]
    extract = read_units(write_csv(tmp_path / "a.csv", rows))
    assert first(extract)["pension_insured"] == 8
    assert "not_a_number" not in kinds(extract)


@pytest.mark.parametrize(
    ("line", "column", "why"),
    [
        ("110", "pension", "code of the line"),
        ("机关事业单位养老保险", "pension", "public bodies"),
        ("城镇职工基本养老", "pension", "older name"),
        ("210", "unemployment", "code of the line"),
        ("失业", "unemployment", "short"),
        ("建筑项目工伤保险", "injury", "of a building site"),
        ("城乡居民基本养老保险", None, "no insurance of employees"),
        ("职业年金", None, "no insurance line"),
        ("生育保险", None, "other line"),
    ],
)
def test_a_line_is_known_by_its_name_or_code(tmp_path, line, column, why):
    row = first(
        read_units(write_csv(tmp_path / "a.csv", [LONG, ("7001", "甲公司", line, "正常", "5")]))
    )
    found = [c for c in ("pension", "unemployment", "injury") if row[f"{c}_insured"] == 5]
    assert found == ([column] if column else []), why


def test_several_lines_in_one_cell_have_the_status_and_leave_the_count_in_total(tmp_path):
    row = first(
        read_units(
            write_csv(tmp_path / "a.csv", [LONG, ("7001", "甲公司", "养老、工伤", "正常", "5")])
        )
    )
    assert (row["pension_status"], row["unemployment_status"], row["injury_status"]) == (
        "正常",
        None,
        "正常",
    )
    assert (row["pension_insured"], row["insured_total"]) == (None, 5)


def test_of_several_months_the_latest_holds_and_of_one_month_all_count(tmp_path):
    rows = [
        (*LONG, "费款所属期"),
        ("7001", "甲公司", "养老", "正常", "5", "202210"),
        ("7001", "甲公司", "养老", "欠费", "7", "202212"),
        ("7002", "乙公司", "养老", "正常", "5", "202212"),
        ("7002", "乙公司", "养老", "正常", "2", "202212"),
    ]
    frame = read_units(write_csv(tmp_path / "a.csv", rows)).rows
    assert frame["pension_insured"].to_list() == [7, 7]
    assert frame["pension_status"].to_list() == ["欠费", "正常"]


def test_a_repeated_line_row_is_a_duplicate_and_counted_once(tmp_path):
    row = ("7001", "甲公司", "养老", "正常", "5")
    extract = read_units(write_csv(tmp_path / "a.csv", [LONG, row, row]))
    assert first(extract)["pension_insured"] == 5
    assert (extract.unique, extract.duplicates, extract.folded) == (1, 1, 0)
    assert balanced(extract)


def test_another_name_of_the_same_unit_is_kept_as_a_former_name(tmp_path):
    rows = [
        LONG,
        ("7001", "甲公司", "养老", "正常", "5"),
        ("7001", "旧甲公司", "失业", "正常", "5"),
    ]
    extract = read_units(write_csv(tmp_path / "a.csv", rows))
    assert first(extract)["former_names"] == "旧甲公司"
    assert "unit_conflict" in kinds(extract)


def test_line_rows_without_a_unit_number_are_one_unit_by_code_or_name(tmp_path):
    rows = [
        ("单位名称", "险种", "参保人数"),
        ("甲公司", "养老", "5"),
        ("甲公司", "失业", "4"),
        ("乙公司", "养老", "1"),
    ]
    assert read_units(write_csv(tmp_path / "a.csv", rows)).rows["pension_insured"].to_list() == [
        5,
        1,
    ]


def test_lines_of_a_unit_may_come_in_several_files(tmp_path):
    one = write_csv(tmp_path / "养老.csv", [LONG, ("7001", "甲公司", "养老", "正常", "5")])
    two = write_csv(tmp_path / "失业.csv", [LONG, ("7001", "甲公司", "失业", "正常", "4")])
    extract = read_units(one, two)
    assert extract.rows.height == 1
    assert [f.folded for f in extract.files] == [0, 1]
    assert balanced(extract)


def test_sheets_named_after_lines_are_the_lines(tmp_path):
    head = ("单位编号", "单位名称", "参保人数", "缴费状态")
    sheets = {
        "养老": [head, ("7001", "甲公司", 5, "正常"), ("7002", "乙公司", 1, "正常")],
        "失业": [head, ("7001", "甲公司", 4, "欠费")],
    }
    extract = read_units(write_xlsx(tmp_path / "a.xlsx", sheets))
    assert extract.rows["pension_insured"].to_list() == [5, 1]
    assert extract.rows["unemployment_insured"].to_list() == [4, 0]
    assert extract.rows["unemployment_status"].to_list() == ["欠费", None]
    assert balanced(extract)


def test_a_file_of_each_line_is_known_by_the_header_of_its_counts(tmp_path):
    """The files have no names that tell, and each has one status for its own line."""
    lists = {
        "one.csv": (
            "养老参保人数",
            [("7001", "甲公司", "5", "正常"), ("7002", "乙公司", "3", "正常")],
        ),
        "two.csv": ("失业在职人数", [("7001", "甲公司", "4", "停保")]),
        "three.csv": (
            "工伤参保人数",
            [("7002", "乙公司", "2", "正常"), ("7002", "乙公司", "1", "正常")],
        ),
    }
    files = [
        write_csv(tmp_path / name, [("单位编号", "单位名称", header, "缴费状态"), *rows])
        for name, (header, rows) in lists.items()
    ]
    extract = read_units(*files)
    columns = [f"{line}_{of}" for of in ("insured", "status") for line in LINES]
    assert extract.rows.select(columns).rows() == [
        (5, 4, 0, "正常", "停保", None),
        (3, 0, 3, "正常", None, "正常"),
    ]
    assert balanced(extract)


def test_files_of_one_line_or_of_all_are_not_taken_for_a_file_of_each(tmp_path):
    header = ("单位编号", "单位名称", "养老参保人数", "工伤参保人数")
    one = write_csv(tmp_path / "a.csv", [header[:3], ("7001", "甲公司", "5")])
    other = write_csv(tmp_path / "b.csv", [header[:3], ("7002", "乙公司", "3")])
    both = write_csv(tmp_path / "c.csv", [header, ("7003", "丙公司", "2", "2")])
    for files in ((one, other), (one, both)):
        assert read_units(*files).rows["injury_insured"].null_count() >= 1


STATUS_COLUMNS = [
    # header, values, statuses, why
    ("险种状态", ("正常", "停保"), ("正常", "停保"), "the status of a line"),
    ("AAB051", ("1", "2"), ("参保缴费", "暂停缴费"), "codes of LD/T 01"),
    ("参保状态", ("01", "03"), ("参保缴费", "终止缴费"), "codes with a leading zero"),
    ("缴费状态", ("是", "否"), ("参保缴费", "未参保"), "marks of yes and no"),
    ("单位账户状态", ("正常参保", "封存"), ("正常参保", "封存"), "known by its contents"),
    ("账户情况", ("在保", "已停保"), ("在保", "已停保"), "known by its contents"),
    ("审核状态", ("正常", "正常"), (None, None), "nothing shows that it is of payment"),
    ("备注", ("正常", "停保"), (None, "停保"), "a remark that says nothing else"),
    ("备注", ("", "法人已注销身份证"), (None, None), "a remark on something else"),
]


@pytest.mark.parametrize(("header", "given_values", "statuses", "why"), STATUS_COLUMNS)
def test_a_status_is_known_by_its_header_or_contents(tmp_path, header, given_values, statuses, why):
    rows = [(f"7{n:03}", f"第{n}食品有限公司", "5", given_values[n % 2]) for n in range(20)]
    file = write_csv(tmp_path / "a.csv", [("单位编号", "单位名称", "参保人数", header), *rows])
    assert tuple(read_units(file).rows["pension_status"][:2]) == statuses, why


def test_one_file_named_after_a_line_keeps_its_total(tmp_path):
    rows = [("单位编号", "单位名称", "参保人数"), ("7001", "甲公司", "5")]
    assert first(read_units(write_csv(tmp_path / "养老.csv", rows)))["insured_total"] == 5


@pytest.mark.parametrize(
    ("value", "count", "status"),
    [("5", 5, None), ("是", None, "参保"), ("×", None, "未参保"), ("正常缴费", None, "正常缴费")],
)
def test_a_column_headed_by_nothing_but_the_line_holds_a_count_or_a_status(
    tmp_path, value, count, status
):
    rows = [("单位编号", "单位名称", "养老保险"), ("7001", "甲公司", value)]
    row = first(read_units(write_csv(tmp_path / "a.csv", rows)))
    assert (row["pension_insured"], row["pension_status"]) == (count, status)


def test_only_a_total_is_enough(tmp_path):
    rows = [("单位编号", "单位名称", "参保人数"), ("7001", "甲公司", "5")]
    assert first(read_units(write_csv(tmp_path / "a.csv", rows)))["insured_total"] == 5


@pytest.mark.parametrize(
    ("header", "value", "status"),
    [
        ("欠费标志", "1", "欠费"),
        ("欠费标志", "0", None),
        ("足额到账标志", "是", "正常缴费"),
        ("足额到账标志", "否", "欠费"),
        ("欠费起始年月", "202108", "欠费（2021-08-01起）"),
        ("欠费起始年月", "", None),
    ],
)
def test_a_flag_of_arrears_is_a_status(tmp_path, header, value, status):
    rows = [("单位编号", "单位名称", header), ("7001", "甲公司", value)]
    assert first(read_units(write_csv(tmp_path / "a.csv", rows)))["pension_status"] == status


@pytest.mark.parametrize(
    ("header", "owed", "status", "why"),
    [
        ("欠费月数", "36", "长期欠费", "years"),
        ("累计欠费月数", "13个月", "长期欠费", "more than a year, with its unit"),
        ("欠费月数", "12", "正常", "deferred, perhaps"),
        ("欠费月数", "0", "正常", "none"),
        ("欠费月数", "", "正常", "unknown"),
        ("欠费起始年月", "202108", "欠费（2021-08-01起）", "the quarter says for how long"),
        ("欠费起始年月", "9月", "正常", "of no year"),
    ],
)
def test_a_unit_that_owes_more_than_a_year_pays_no_more(tmp_path, header, owed, status, why):
    rows = [
        ("单位编号", "单位名称", "参保人数", "缴费状态", header),
        ("7001", "甲公司", "5", "正常", owed),
        ("7002", "乙公司", "5", "正常", owed),
    ]
    assert first(read_units(write_csv(tmp_path / "a.csv", rows)))["pension_status"] == status, why


@pytest.mark.parametrize("line", [None, "养老"])
def test_a_unit_that_a_list_by_months_no_longer_has_pays_no_more(tmp_path, line):
    months = {"7001": "789", "7002": "78", "7003": "7", "7004": "9"} | {
        f"71{n:02}": "789" for n in range(9)
    }
    rows = [
        (unit, f"第{unit}商贸公司", f"20240{month}", "5", *([line] if line else []))
        for unit, of_unit in months.items()
        for month in of_unit
    ]
    header = ("单位编号", "单位名称", "费款所属期", "参保人数", *(["险种"] if line else []))
    units = read_units(write_csv(tmp_path / "a.csv", [header, *rows])).rows
    assert units.filter(pl.col("pension_status") == "停缴")["unit_id"].to_list() == ["7003"]


def test_the_last_months_paid_are_no_list_by_months(tmp_path):
    rows = [(f"70{n}", f"第{n}商贸公司", f"20240{n}", "5") for n in range(1, 10)]
    header = ("单位编号", "单位名称", "最近缴费年月", "参保人数")
    units = read_units(write_csv(tmp_path / "a.csv", [header, *rows])).rows
    assert units["pension_status"].null_count() == units.height


def test_the_last_month_paid_is_a_month(tmp_path):
    rows = [
        ("单位编号", "单位名称", "最近缴费年月", "参保日期"),
        ("7001", "甲公司", "2022年12月", "2019-05"),
    ]
    row = first(read_units(write_csv(tmp_path / "a.csv", rows)))
    assert (row["last_paid_month"], str(row["enroll_date"])) == ("202212", "2019-05-01")


@given(
    st.lists(
        st.tuples(
            st.sampled_from("123"),
            st.sampled_from(["养老", "失业", "工伤", "医疗"]),
            st.integers(0, 50),
        ),
        min_size=1,
        max_size=20,
        unique_by=lambda r: r[:2],
    )
)
def test_folding_neither_loses_nor_invents_an_insured_person(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("long") / "a.csv"
    write_csv(path, [LONG, *((u, f"公司{u}", line, "正常", n) for u, line, n in rows)])
    extract = read_units(path)
    for line, column in (("养老", "pension"), ("失业", "unemployment"), ("工伤", "injury")):
        assert extract.rows[f"{column}_insured"].sum() == sum(n for _u, x, n in rows if x == line)
    assert extract.rows.height == len({u for u, _l, _n in rows})
    assert balanced(extract)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "灵活就业人员",
            "甲区灵活就业",
            "个人缴费窗口",
            "个体工商户及灵活就业人员",
            "城乡居民养老",
        ),
        *(
            "个体户（灵活就业）",
            "失业人员",
            "甲街道灵活就业人员代理专户",
            "自由职业者",
            "灵活就业窗口3号",
        ),
    ],
)
def test_people_who_insure_themselves_are_no_unit_and_are_named(tmp_path, name):
    rows = [UNIT_HEADER, *UNIT_ROWS, ("9001", name, "", 300, 0, 0, "参保缴费")]
    extract = read_units(write_csv(tmp_path / "a.csv", rows))
    assert name not in extract.rows["name"].to_list()
    assert extract.refused == 1
    assert balanced(extract)
    assert extract.defects.filter(kind="not_a_firm")["value"].to_list() == [name]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("甲城灵活就业人员服务中心", ""), ("甲城灵活用工科技有限公司", ""), ("甲城个体劳动者协会", ""),
        ("甲城退役军人事务局", ""), ("灵活就业人员", "91520102MA6TEST50A"), ("甲城人才中心（代理）", ""),
    ],
)  # fmt: skip
def test_bodies_for_people_who_insure_themselves_are_units(tmp_path, name, code):
    rows = [UNIT_HEADER, *UNIT_ROWS, ("9001", name, code, 30, 0, 0, "参保缴费")]
    extract = read_units(write_csv(tmp_path / "a.csv", rows))
    assert name in extract.rows["name"].to_list()


MARKED = [(f"7{n:03}", f"甲城{n}号商行", f"91520102MA6TE{n:05}") for n in range(60)]


@pytest.mark.parametrize(
    ("headers", "marks", "is_flag", "why"),
    [
        (
            ("养老保险人数", "失业保险人数"),
            lambda n: (1, n % 2),
            True,
            "counts of a list are not all 1",
        ),
        (("养老保险", "失业保险"), lambda n: (1, n % 2), True, "columns of the lines alone"),
        (("养老保险", "失业保险"), lambda n: (1, 1 if n % 2 else ""), True, "blank for no"),
        (("养老保险人数", "失业保险人数"), lambda n: (1 + (n == 7), n % 2), False, "one has two"),
        (("养老保险人数（人）", "失业保险人数"), lambda n: (1, n % 2), False, "said to be persons"),
    ],
)
def test_counts_that_are_all_0_or_1_are_marks_of_yes_and_no(tmp_path, headers, marks, is_flag, why):
    rows = [("单位编号", "单位名称", "统一社会信用代码", *headers)]
    rows += [(*unit, *marks(n)) for n, unit in enumerate(MARKED)]
    extract = read_units(write_csv(tmp_path / "a.csv", rows))
    assert ("count_is_flag" in kinds(extract)) == is_flag, why
    assert (extract.rows["pension_insured"].null_count() == 60) == is_flag, why
    if is_flag:
        assert set(extract.rows["pension_status"]) == {"参保"}, why
        assert extract.rows["unemployment_status"][1] == "参保", why
        assert extract.rows["unemployment_status"][0] != "参保", why


@pytest.mark.parametrize(
    ("header", "why"),
    [
        (("姓名", "身份证号", "单位名称", "险种"), "numbers of persons"),
        (("人员姓名", "性别", "单位名称", "缴费基数"), "none"),
        (("参保人", "出生日期", "用人单位", "参保时间"), "another word"),
    ],
)
def test_a_list_of_persons_is_refused_with_what_to_do(tmp_path, header, why):
    rows = [header, *((f"张{n}", n, f"甲城{n // 4}号商行", "养老") for n in range(24))]
    with pytest.raises(InputError, match="人员明细") as caught:
        read_units(write_csv(tmp_path / "a.csv", rows))
    assert "数据透视表" in caught.value.remedy, why


def test_a_name_beside_each_unit_makes_no_list_of_persons(tmp_path):
    rows = [("姓名", "单位名称", "参保人数"), *((f"张{n}", f"甲城{n}号商行", n) for n in range(9))]
    assert read_units(write_csv(tmp_path / "a.csv", rows)).rows.height == 9


@pytest.mark.parametrize(
    ("line", "status", "expected", "why"),
    [
        ("是", "暂停缴费", "暂停缴费", "what is over for the unit is over for its lines"),
        ("是", "终止", "终止", "another word"),
        ("是", "参保缴费", "参保", "both agree"),
        ("是", "欠费", "参保", "arrears end nothing"),
        ("是", "", "参保", "nothing is said of the unit"),
        ("参保缴费", "暂停缴费", "参保缴费", "the line has a status of its own"),
        ("否", "参保缴费", "未参保", "the unit is in other lines"),
    ],
)
def test_a_yes_for_a_line_is_no_status_of_its_own(tmp_path, line, status, expected, why):
    header = ("单位编号", "单位名称", "养老保险", "失业保险", "参保状态")
    rows = [(f"90{n:02}", f"甲城{n}号商行", line, "否", status) for n in range(12)]
    extract = read_units(write_csv(tmp_path / "a.csv", [header, *rows]))
    assert set(extract.rows["pension_status"]) == {expected}, why


REPEATED = [
    (
        ("单位编号", "单位名称", "统一社会信用代码", "养老保险人数", "工伤保险人数"),
        [("7001", "甲城晨光（试验）公司", "91520102MA6TEST10X", 20, 19), ("7002", "乙公司", "", 4, 4)],
        [("7001", "甲城晨光(试验) 公司", "91520102MA6TEST10X", 20, 19)],
        "a number, other spaces and brackets",
    ),
    (
        ("单位名称", "社会信用代码", "养老保险人数"),
        [("甲公司", "91520102MA6TEST10X", 20), ("甲公司", "91520102MA6TEST40W", 7)],
        [("甲 公司", "91520102MA6TEST10X", 20)],
        "no numbers: two codes are two units",
    ),
    (
        ("单位名称", "所属区县", "联系电话", "养老保险人数"),
        [("甲公司", "甲区", "13800000001", 20), ("甲公司", "乙县", "", 20), ("丙公司", "甲区", "", 5)],
        [("甲公司", "甲区", "", 20), ("丙　公司", "甲区", "", 5)],
        "neither numbers nor codes: name and county, nothing that differs",
    ),
    (
        ("单位编号", "单位名称", "养老保险人数"),
        [("7001", "甲公司", 20), ("7002", "甲公司", 20)],
        [],
        "one name, two numbers: two units",
    ),
    (
        ("单位名称", "所属区县", "养老保险人数"),
        [("甲公司", "甲区", 20), ("甲公司", "甲区", 7)],
        [],
        "one name, two counts, and nothing that says of what: two units",
    ),
    (LONG, [("7001", "甲公司", "养老", "正常", 5), ("7001", "甲公司", "失业", "正常", 4)],
     [("7001", "甲 公司", "失业", "正常", 4)], "lines of insurance"),
    (
        ("单位编号", "单位名称", "费款所属期", "养老保险人数"),
        [("7001", "甲公司", "202211", 3), ("7001", "甲公司", "202212", 5)],
        [],
        "months",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("header", "rows", "variants", "why"), REPEATED)
def test_rows_of_units_that_are_repeated_are_counted_once_and_told(
    tmp_path, header, rows, variants, why
):
    once = read_units(write_csv(tmp_path / "once.csv", [header, *rows]))
    again = read_units(write_csv(tmp_path / "a.csv", [header, *rows, *variants, *reversed(rows)]))
    contents = [c for c in once.rows.columns if c not in ("source_file", "source_row", "data_row")]
    assert again.rows.select(contents).equals(once.rows.select(contents)), why
    assert again.duplicates >= len(rows), why
    assert again.duplicates + again.folded == once.folded + len(rows) + len(variants), why
    assert balanced(again), why
    assert "unit_conflict" not in kinds(again), why


@given(st.sampled_from(REPEATED), st.lists(st.integers(0, 9), max_size=6), st.randoms())
def test_repeating_any_rows_of_a_list_of_units_changes_no_unit(
    tmp_path_factory, layout, repeated, order
):
    header, rows, _variants, why = layout
    listed = [*rows, *(rows[n % len(rows)] for n in repeated)]
    order.shuffle(listed)
    folder = tmp_path_factory.mktemp("repeated")
    once, again = (
        read_units(write_csv(folder / name, [header, *of]))
        for name, of in (("once.csv", rows), ("again.csv", listed))
    )
    contents = [c for c in once.rows.columns if c not in ("source_file", "source_row", "data_row")]
    ordered = [e.rows.select(contents).sort(pl.all(), nulls_last=True) for e in (once, again)]
    assert ordered[0].equals(ordered[1]), why
    assert balanced(again), why
