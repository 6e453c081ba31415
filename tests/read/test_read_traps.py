"""Readings that looked right and were wrong: each kind with the values that must come of it."""

import pytest
from invented_extracts import kinds, read_tax, read_units, text, write_csv, write_xlsx

from gapmatch.errors import InputError

HEADER = (
    "序号",
    "信用代码",
    "企业名称",
    "所属区县",
    "经营地址",
    "从业人数",
    "工资总额",
    "成立日期",
)
FIRMS = [
    (
        *(n, f"91430421MA4T{n:05}1", f"丙城试验{'东南西北中'[n % 5]}{n}号建材有限公司", "丙县"),
        *(f"丙城丙县解放路{n}号", n % 40 + 1, 31_234.5 * n, f"2010-01-{n % 28 + 1:02}"),
    )
    for n in range(1, 25)
]
NAMES = [row[2] for row in FIRMS]
UNIT_HEADER = ("单位编号", "单位名称", "信用代码", "养老参保人数", "失业参保人数", "工伤参保人数")
UNITS = [(f"43{n:04}", NAMES[n], FIRMS[n][1], n + 1, n + 1, n + 2) for n in range(20)]


def is_right(extract, factor=1):
    """Whether all firms are there with their own values, and nothing else is."""
    rows = extract.rows
    return (
        rows["name"].to_list() == NAMES
        and rows["credit_code"].to_list() == [row[1] for row in FIRMS]
        and rows["county"].to_list() == [row[3] for row in FIRMS]
        and rows["declared_headcount"].to_list() == [row[5] for row in FIRMS]
        and [round(w, 2) for w in rows["declared_wages"]] == [row[6] * factor for row in FIRMS]
    )


def change(column, function):
    at = HEADER.index(column)
    return [[function(v) if i == at else v for i, v in enumerate(row)] for row in FIRMS]


EXPLAINED = {
    "units": [(None,) * 5 + ("（人）", "（万元）", None)],
    "bare units": [(None,) * 5 + ("人", "万元", "年月日")],
    "fields": [("XH", "XYDM", "QYMC", "SSXQ", "JYDZ", "CYRS", "GZZE（万元）", "CLRQ")],
    "types": [("INT", "CHAR(18)", "VARCHAR(200)", "TEXT", "TEXT", "INT", "DECIMAL(18,2)", "DATE")],
    "letters": [tuple("ABCDEFGH")],
    "numbers with sums": [("甲", "乙", "丙", "丁", "1", "2", "3=1+2", "4")],
    "example": [("例", "91430000MA4XXXXXX1", "某某有限公司", "丙县", "至门牌号", 5, 1, None)],
    "example by name": [(1, "91430000MA4XXXXXX1", "示例：某某有限公司", "丙县", None, 5, 1, None)],
}


@pytest.mark.parametrize("rows", EXPLAINED.values(), ids=EXPLAINED)
def test_rows_that_explain_the_header_are_no_firms_and_their_units_count(tmp_path, rows):
    factor = 10_000 if "万元" in str(rows) and "QYMC" not in rows[0] else 1
    path = write_xlsx(tmp_path / "a.xlsx", {"s": [HEADER, *rows, *FIRMS]})
    assert is_right(read_tax(path), factor)


@pytest.mark.parametrize(
    ("sheets", "name"),
    [
        ({"s": [HEADER, *FIRMS, ["注：本表金额单位为万元。"]]}, "a"),
        ({"清册（万元）": [HEADER, *FIRMS]}, "a"),
        ({"s": [HEADER, *FIRMS]}, "清册（单位：万元）"),
        (
            {
                "s": [
                    ("登记", None, None, None, None, "人员", "金额（万元）", "其他"),
                    HEADER,
                    *FIRMS,
                ]
            },
            "a",
        ),
    ],
    ids=["below the table", "name of the sheet", "name of the file", "upper heading"],
)
def test_the_unit_of_money_counts_wherever_it_is_written(tmp_path, sheets, name):
    assert is_right(read_tax(write_xlsx(tmp_path / f"{name}.xlsx", sheets)), 10_000)


def test_a_unit_of_registered_capital_is_not_that_of_the_other_amounts(tmp_path):
    sheet = [("说明：注册资本单位为万元",), HEADER, *FIRMS]
    assert is_right(read_tax(write_xlsx(tmp_path / "a.xlsx", {"s": sheet})))


def test_quoted_amounts_with_commas_in_every_line_are_no_stray_quotes(tmp_path):
    rows = change("工资总额", lambda v: f'"{v:,.2f}"')
    extract = read_tax(write_csv(tmp_path / "a.csv", [HEADER, *rows]))
    assert is_right(extract)
    assert extract.defects.is_empty()


def test_amounts_with_bare_commas_are_never_joined_to_the_address(tmp_path):
    rows = change("工资总额", lambda v: f"{v:,.2f}")
    with pytest.raises(InputError, match="多数行的列数"):
        read_tax(write_csv(tmp_path / "a.csv", [HEADER, *rows]))


def test_tabs_on_both_sides_of_cells_do_not_hide_the_commas(tmp_path):
    rows = [[f"\t{v}\t" for v in row] for row in FIRMS]
    assert is_right(read_tax(write_csv(tmp_path / "a.csv", [HEADER, *rows])))


@pytest.mark.parametrize("value", ["375.308,62", "1,23", "1.234,5"])
def test_a_comma_for_the_point_is_no_number(tmp_path, value):
    rows = change("工资总额", lambda v: value if v == FIRMS[3][6] else v)
    extract = read_tax(write_xlsx(tmp_path / "a.xlsx", {"s": [HEADER, *rows]}))
    assert extract.rows["declared_wages"][3] is None
    assert "not_a_number" in kinds(extract)


def test_dates_in_chinese_numerals_are_read(tmp_path):
    rows = change("成立日期", lambda _v: "二〇一九年十二月三十一日")
    extract = read_tax(write_xlsx(tmp_path / "a.xlsx", {"s": [HEADER, *rows]}))
    assert set(extract.rows["open_date"].cast(str)) == {"2019-12-31"}


MOVED = {
    "inserted cell": lambda row: [row[0], None, *row[1:]],
    "deleted cell": lambda row: [*row[1:], None],
}


@pytest.mark.parametrize("move", MOVED.values(), ids=MOVED)
def test_rows_that_slipped_by_a_cell_are_moved_back(tmp_path, move):
    rows = [move(row) if n in (4, 9) else row for n, row in enumerate(FIRMS)]
    extract = read_tax(write_xlsx(tmp_path / "a.xlsx", {"s": [HEADER, *rows]}))
    assert is_right(extract)
    assert extract.defects["kind"].to_list().count("row_realigned") == 2


@pytest.mark.parametrize("form", ["{name}（{code}）", "{code}-{name}", "{name} {code}"])
def test_codes_inside_the_cells_of_names_are_taken_out(tmp_path, form):
    header = [h for h in HEADER if h != "信用代码"]
    rows = [[row[0], form.format(name=row[2], code=row[1]), *row[3:]] for row in FIRMS]
    extract = read_tax(write_xlsx(tmp_path / "a.xlsx", {"s": [header, *rows]}))
    assert is_right(extract)
    assert "code_in_name" in kinds(extract)


GARBLED = {
    "utf-8 as gbk": lambda v: v.encode().decode("gb18030", "replace"),
    "gbk as latin": lambda v: v.encode("gbk").decode("latin-1"),
    "question marks": lambda v: "?" * len(v),
}


@pytest.mark.parametrize("spoil", GARBLED.values(), ids=GARBLED)
def test_garbled_names_are_refused_as_such(tmp_path, spoil):
    rows = change("企业名称", spoil)
    with pytest.raises(InputError, match="乱码"):
        read_tax(write_xlsx(tmp_path / "a.xlsx", {"s": [HEADER, *rows]}))


@pytest.mark.parametrize("word", ["平均值", "最大值", "户均", "Total"])
def test_rows_of_statistics_are_no_firms(tmp_path, word):
    row = [None, None, word, None, None, 20, 1e5, None]
    assert is_right(read_tax(write_xlsx(tmp_path / "a.xlsx", {"s": [HEADER, *FIRMS, row]})))


def test_a_sheet_that_explains_the_columns_has_no_firms(tmp_path):
    sheet = [("序号", "字段", "说明"), (1, "企业名称", "全称"), (2, "统一社会信用代码", "18位")]
    path = write_xlsx(tmp_path / "a.xlsx", {"填报说明": sheet, "数据": [HEADER, *FIRMS]})
    assert is_right(read_tax(path))


def test_headers_with_a_second_name_are_known(tmp_path):
    header = [f"{h}|FIELD_{n}" for n, h in enumerate(HEADER)]
    assert is_right(read_tax(write_xlsx(tmp_path / "a.xlsx", {"s": [header, *FIRMS]})))


@pytest.mark.parametrize("word", ["同上", "同上。", "〃"])
def test_the_same_as_above_with_a_full_stop(tmp_path, word):
    rows = [[*row[:3], word if n else row[3], *row[4:]] for n, row in enumerate(FIRMS)]
    assert is_right(read_tax(write_xlsx(tmp_path / "a.xlsx", {"s": [HEADER, *rows]})))


def count_persons(extract):
    columns = ("unit_id", "pension_insured", "unemployment_insured", "injury_insured")
    return extract.rows.sort("unit_id").select(columns).rows()


PERSONS = [(uid, *persons) for uid, _name, _code, *persons in UNITS]


@pytest.mark.parametrize("header", ["月份", "账期", "统计月份"])
def test_rows_of_several_months_never_add_up(tmp_path, header):
    months = [("2022年10月", 1), ("2022年12月", 0), ("2022年11月", 2)]
    rows = [[m, *u[:3], *(n + more for n in u[3:])] for m, more in months for u in UNITS]
    extract = read_units(write_csv(tmp_path / "u.csv", [(header, *UNIT_HEADER), *rows]))
    assert count_persons(extract) == PERSONS
    assert extract.rows["pension_status"].to_list() == [None] * len(UNITS)


def test_lines_below_a_unit_whose_cells_are_blank_are_the_units(tmp_path):
    lines = ("养老保险", "失业保险", "工伤保险")
    rows = [
        [*(u[:3] if not n else ("", "", "")), line, u[3 + n]]
        for u in UNITS
        for n, line in enumerate(lines)
    ]
    header = (*UNIT_HEADER[:3], "险种", "参保人数")
    path = tmp_path / "u.csv"
    path.write_bytes(text([header, *rows]).encode("gb18030"))
    assert count_persons(read_units(path)) == PERSONS


def test_a_total_with_the_number_of_units_for_a_name_is_no_unit(tmp_path):
    row = ["合计", "20个单位", None, 400, 400, 422]
    path = write_xlsx(tmp_path / "u.xlsx", {"s": [UNIT_HEADER, *UNITS, row]})
    assert count_persons(read_units(path)) == PERSONS
