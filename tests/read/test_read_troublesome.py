"""Files as they really come: each trouble with what must come of it, in several shapes and on both sides."""

import io
import re
import zipfile

import pytest
import xlsxwriter
from invented_extracts import balanced, kinds, read_tax, read_units, write_csv, write_xlsx

from gapmatch.errors import InputError
from gapmatch.read import Side, read_extract

HEADER = (
    "序号",
    "纳税人名称",
    "税号",
    "所属区县",
    "生产经营地址",
    "联系电话",
    "从业人数",
    "工资总额",
)
FIRMS = tuple(
    (
        *(str(n), f"甲城试验{'东南西北中'[n % 5]}{n}号商贸有限公司", f"91520302MA6TES{n:04}"),
        *(
            "甲区",
            f"甲省甲城市甲区一路{n}号",
            f"1380000{n:04}",
            str(n % 30 + 1),
            str(1000 * n + 500),
        ),
    )
    for n in range(1, 41)
)
UNIT_HEADER = ("单位编号", "单位名称", "统一社会信用代码", "养老参保人数", "参保状态")
UNITS = tuple(
    (f"70{n:04}", f"甲城试验{n}号商贸有限公司", f"91520302MA6TES{n:04}", str(n % 9 + 1), "参保缴费")
    for n in range(1, 31)
)
NAMES = [row[1] for row in FIRMS]


def changed(column, change, rows=FIRMS, header=HEADER):
    """Rows with one column changed: ``change`` takes the number of the row and the value."""
    at = header.index(column)
    return [
        tuple(change(n, v) if i == at else v for i, v in enumerate(row))
        for n, row in enumerate(rows)
    ]


def is_as_it_should_be(extract):
    """Whether all firms are there, no other row is, and no column is shifted."""
    rows = extract.rows
    return (
        rows["name"].to_list() == NAMES
        and rows["taxpayer_code"].to_list() == [row[2] for row in FIRMS]
        and rows["declared_headcount"].to_list() == [int(row[6]) for row in FIRMS]
        and rows["declared_wages"].to_list() == [float(row[7]) for row in FIRMS]
        and balanced(extract)
        and all(f.physical_rows == f.rows_in + f.not_data for f in extract.files)
    )


FURNITURE = [
    *("第 1 页", "第1页 共3页", "Page 1 of 3", "-1-", "1/3", "续表", "（完）", "以下空白"),
    *("(60 行受影响)", "(40 rows affected)", "40 rows selected.", "共40户", "以上共计40家", "合计"),
    *("局长：张某", "制表人：张某", "审核：", "2022年12月31日", "甲城税务局（公章）", "----------"),
    *("单位：元", "注：内部资料", "打印时间 2022-12-31 10:00:00", "一、规模以上企业", "甲城区"),
]


@pytest.mark.parametrize("text", FURNITURE)
@pytest.mark.parametrize("column", [0, 1, 2])
def test_furniture_of_a_report_is_no_firm_wherever_it_stands(tmp_path, text, column):
    row = [None] * len(HEADER)
    row[column] = text
    sheet = [HEADER, *FIRMS[:20], row, *FIRMS[20:], row]
    assert is_as_it_should_be(read_tax(write_xlsx(tmp_path / "a.xlsx", {"清册": sheet})))


@pytest.mark.parametrize("text", ["第 1 页", "共30户", "(30 行受影响)", "经办人：张某", "城区分局"])
def test_furniture_is_no_unit(tmp_path, text):
    row = (None, text, None, None, None)
    sheet = [UNIT_HEADER, *UNITS[:10], row, *UNITS[10:]]
    extract = read_units(write_xlsx(tmp_path / "a.xlsx", {"参保": sheet}))
    assert extract.rows["name"].to_list() == [unit[1] for unit in UNITS]


def test_a_list_of_nothing_but_names_keeps_them_all(tmp_path):
    names = ["甲城晨光商行", "乙县小卖", "丙厂", "共建村合作社"]
    extract = read_tax(write_csv(tmp_path / "a.csv", [("纳税人名称",), *((n,) for n in names)]))
    assert extract.rows["name"].to_list() == names


@pytest.mark.parametrize("name", ["13800000000", "2022-12-31", "…", "7"])
def test_a_row_that_looks_like_no_firm_is_refused_and_named(tmp_path, name):
    rows = [HEADER[:3], *(row[:3] for row in FIRMS), ("41", name, None)]
    extract = read_tax(write_csv(tmp_path / "a.csv", rows))
    assert extract.rows["name"].to_list() == NAMES
    assert extract.refused + sum(f.furniture for f in extract.files) == 1


@pytest.mark.parametrize(
    ("delimiter", "why"),
    [
        ("\x01", "Hive"), ("^|^", "a bank"), ("||", "doubled"), ("|@|", "made up"), ("~", "old"),
        ("\x1f", "ASCII"), ("\t,", "tabs keep Excel from making numbers"), (";", "Europe"),
    ],
)  # fmt: skip
def test_a_table_is_read_whatever_divides_its_fields(tmp_path, delimiter, why):
    path = tmp_path / "a.txt"
    path.write_text("\n".join(delimiter.join(row) for row in (HEADER, *FIRMS)), encoding="utf-8")
    assert is_as_it_should_be(read_tax(path)), why


@pytest.mark.parametrize(
    "wrap", ['="{}"', "'{}'", "^{}^", "{}\t", "\u00a0{}", "“{}”", "&nbsp;{}", "{}\x00", "'{}"]
)
def test_what_exporters_put_around_cells_is_taken_off_every_column(tmp_path, wrap):
    rows = [[wrap.format(cell) for cell in row] for row in (HEADER, *FIRMS)]
    assert is_as_it_should_be(read_tax(write_csv(tmp_path / "a.csv", rows)))


def test_commas_in_the_addresses_of_all_lines_are_joined_where_all_columns_then_fit(tmp_path):
    rows = changed("生产经营地址", lambda _n, v: v.replace("市", "市,"))
    extract = read_tax(write_csv(tmp_path / "a.csv", [HEADER, *rows]))
    assert is_as_it_should_be(extract)
    assert "too_many_fields_joined" in kinds(extract)


@pytest.mark.parametrize(
    ("column", "change"),
    [
        ("工资总额", lambda n, _v: f"{1_000_000 + n:,}.00"),
        ("纳税人名称", lambda _n, v: v[:4] + "," + v[4:]),
        ("序号", lambda _n, v: v + ",x"),
    ],
)
def test_lines_that_do_not_fit_their_header_stop_the_file(tmp_path, column, change):
    path = write_csv(tmp_path / "a.csv", [HEADER, *changed(column, change)])
    with pytest.raises(InputError, match="多数行的列数比表头多"):
        read_tax(path)


def test_lines_too_short_are_refused_if_their_columns_are_shifted_and_read_if_not(tmp_path):
    shifted = [(*row[:4], row[4] + row[5], *row[6:]) for row in FIRMS]
    path = tmp_path / "a.txt"
    path.write_text("\n".join("|".join(row) for row in (HEADER, *shifted)), encoding="utf-8")
    with pytest.raises(InputError, match="少"):
        read_tax(path)
    bare = [row[:6] for row in FIRMS]
    path.write_text("\n".join("|".join(row) for row in (HEADER, *bare)), encoding="utf-8")
    assert read_tax(path).rows["name"].to_list() == NAMES


@pytest.mark.parametrize(
    ("column", "change"),
    [
        ("工资总额", lambda n, v: f"{float(v):,.2f}" if n == 9 else v),
        ("生产经营地址", lambda n, v: v.replace("市", "市,") if n == 9 else v),
    ],
)
def test_a_single_line_too_long_is_mended_if_one_way_fits(tmp_path, column, change):
    extract = read_tax(write_csv(tmp_path / "a.csv", [HEADER, *changed(column, change)]))
    assert is_as_it_should_be(extract)


def test_of_a_line_that_cannot_be_mended_only_name_and_code_are_read(tmp_path):
    rows = [HEADER, *FIRMS[:20], (*FIRMS[20], "多出", "又多出"), *FIRMS[21:]]
    extract = read_tax(write_csv(tmp_path / "a.csv", rows))
    row = extract.rows.row(20, named=True)
    assert (row["name"], row["taxpayer_code"]) == FIRMS[20][1:3]
    assert row["declared_headcount"] is None
    assert "too_many_fields_cut" in kinds(extract)


@pytest.mark.parametrize("lines", [(3, 12), (3, 4), (3, 12, 39)])
@pytest.mark.parametrize("column", ["纳税人名称", "生产经营地址"])
def test_stray_quotes_swallow_no_rows(tmp_path, lines, column):
    rows = changed(column, lambda n, v: '"' + v if n in lines else v)
    extract = read_tax(write_csv(tmp_path / "a.csv", [HEADER, *rows]))
    assert is_as_it_should_be(extract)
    assert extract.defects.filter(kind="stray_quote").height == len(lines)


def test_a_line_break_inside_every_quoted_address_is_no_stray_quote(tmp_path):
    rows = changed("生产经营地址", lambda _n, v: f'"{v[:5]}\n{v[5:]}"')
    extract = read_tax(write_csv(tmp_path / "a.csv", [HEADER, *rows]))
    assert extract.rows["name"].to_list() == NAMES
    assert "stray_quote" not in kinds(extract)


@pytest.mark.parametrize(
    ("title", "factor"),
    [
        ("单位：万元", 10_000), ("（单位：千元）", 1_000), ("单位：户、人、万元", 10_000),
        ("填报单位：甲城税务局  金额单位：万元", 10_000), ("清册（万元）", 10_000), ("单位：元", 1),
        ("填报单位：甲城万元商贸公司", 1),
    ],
)  # fmt: skip
def test_the_unit_of_money_above_a_table_is_that_of_its_amounts(tmp_path, title, factor):
    rows = changed("工资总额", lambda _n, v: f"{float(v) / factor:g}")
    sheet = [("清册",), (None,) * 6 + (title,), HEADER, *rows]
    assert is_as_it_should_be(read_tax(write_xlsx(tmp_path / "a.xlsx", {"清册": sheet})))


def test_an_amount_or_header_with_a_unit_of_its_own_keeps_it(tmp_path):
    rows = changed("工资总额", lambda _n, v: f"{float(v) / 10_000:g}(万元人民币)")
    sheet = [("单位：千元",), HEADER, *rows]
    assert is_as_it_should_be(read_tax(write_xlsx(tmp_path / "a.xlsx", {"清册": sheet})))


@pytest.mark.parametrize(
    "word", ["(null)", "[NULL]", "\\N", "undefined", "NaN", "（空）", "——", "<NULL>", "＃N/A"]
)
def test_words_for_nothing_are_nothing_in_every_column(tmp_path, word):
    rows = [HEADER, *(row[:3] + (word,) * 5 for row in FIRMS)]
    extract = read_tax(write_csv(tmp_path / "a.csv", rows))
    for column in ("county", "address", "phone", "declared_headcount", "declared_wages"):
        assert extract.rows[column].null_count() == len(FIRMS), column
    assert "not_a_number" not in kinds(extract)


@pytest.mark.parametrize("word", ["#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#FIELD!"])
def test_errors_written_out_as_text_are_unknown_and_named(tmp_path, word):
    extract = read_tax(
        write_csv(tmp_path / "a.csv", [HEADER, *changed("从业人数", lambda *_: word)])
    )
    assert extract.rows["declared_headcount"].null_count() == len(FIRMS)
    assert int(extract.defects.filter(kind="error_value")["count"].sum()) == len(FIRMS)


@pytest.mark.parametrize("mark", ["同上", "〃", "同前", "″"])
def test_a_ditto_mark_is_the_value_above_whatever_stands_between(tmp_path, mark):
    rows = changed("所属区县", lambda n, _v: mark if n % 10 else f"{'甲乙丙丁'[n // 10]}区")
    page = (None, "第 1 页", *(None,) * 6)
    sheet = [HEADER, *rows[:15], page, *rows[15:]]
    extract = read_tax(write_xlsx(tmp_path / "a.xlsx", {"清册": sheet}))
    assert extract.rows["county"].to_list() == [f"{'甲乙丙丁'[n // 10]}区" for n in range(40)]


@pytest.mark.parametrize(("header", "value"), [("从业人数", "13800001234"), ("工资总额", "1e15")])
def test_a_number_beyond_all_reason_is_unknown_and_named(tmp_path, header, value):
    rows = changed(header, lambda n, v: value if n == 3 else v)
    extract = read_tax(write_csv(tmp_path / "a.csv", [HEADER, *rows]))
    column = {"从业人数": "declared_headcount", "工资总额": "declared_wages"}[header]
    assert extract.rows[column][3] is None
    assert extract.defects.filter(kind="absurd_number")["source_row"].to_list() == [5]


def workbook_of(path, rows, change):
    """Write a workbook and let ``change`` alter its sheet before it is closed."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("清册")
        for r, row in enumerate(rows):
            sheet.write_row(r, 0, row)
        change(sheet)
    return path


def uncalculated(path):
    """Take the cached values of formulas away, as programs leave them."""
    data = io.BytesIO(path.read_bytes())
    with zipfile.ZipFile(data) as old, zipfile.ZipFile(path, "w") as new:
        for info in old.infolist():
            xml = old.read(info).replace(b"</f><v>0</v>", b"</f><v></v>")
            new.writestr(info.filename, xml)
    return path


@pytest.mark.parametrize(("column", "field"), [(6, "declared_headcount"), (7, "declared_wages")])
def test_formulas_that_were_never_calculated_are_unknown_and_named(tmp_path, column, field):
    path = workbook_of(
        tmp_path / "a.xlsx", [HEADER, *FIRMS], lambda s: s.write_formula(5, column, "=1+1")
    )
    extract = read_tax(uncalculated(path))
    assert extract.rows[field].null_count() == 1
    found = extract.defects.filter(kind="formula_without_value").row(0, named=True)
    assert (found["source_row"], found["column"], found["value"]) == (6, HEADER[column], "=1+1")


def test_names_that_are_formulas_without_values_are_refused_with_the_remedy(tmp_path):
    def change(sheet):
        for row in range(1, 41):
            sheet.write_formula(row, 1, "=A1")

    path = uncalculated(workbook_of(tmp_path / "a.xlsx", [HEADER, *FIRMS], change))
    with pytest.raises(InputError, match="公式") as caught:
        read_tax(path)
    assert "保存" in caught.value.remedy


def test_a_cell_merged_over_several_rows_belongs_to_each_of_them(tmp_path):
    rows = changed("所属区县", lambda _n, _v: "")

    def change(sheet):
        for first in range(1, 41, 10):
            sheet.merge_range(first, 3, first + 9, 3, f"{'甲乙丙丁'[first // 10]}区")

    extract = read_tax(workbook_of(tmp_path / "a.xlsx", [HEADER, *rows], change))
    assert extract.rows["county"].to_list() == [f"{'甲乙丙丁'[n // 10]}区" for n in range(40)]


def test_headings_in_several_rows_are_joined(tmp_path):
    sheet = [
        ("单位编号", "单位名称", "代码信息", "参保情况", None),
        (None, None, None, "养老保险", None),
        (None, None, "统一社会信用代码", "参保人数", "缴费状态"),
        *UNITS,
    ]
    row = read_units(write_xlsx(tmp_path / "a.xlsx", {"s": sheet})).rows.row(0, named=True)
    assert (row["credit_code"], row["pension_insured"]) == (UNITS[0][2], int(UNITS[0][3]))
    assert row["pension_status"] == "参保缴费"


def test_a_row_of_groups_above_a_header_changes_nothing(tmp_path):
    groups = ("基本情况", None, None, None, None, None, "用工情况", None)
    extract = read_tax(write_xlsx(tmp_path / "a.xlsx", {"s": [groups, HEADER, *FIRMS]}))
    assert is_as_it_should_be(extract)


def test_another_header_in_the_same_sheet_begins_another_table(tmp_path):
    order = [2, 1, 0, 7, 6, 5, 4, 3]
    second = [[row[i] for i in order] for row in (HEADER, *FIRMS[20:])]
    sheet = [HEADER, *FIRMS[:20], (), ("附表二",), *second]
    extract = read_tax(write_xlsx(tmp_path / "a.xlsx", {"s": sheet}))
    assert is_as_it_should_be(extract)
    assert "header_changed" in kinds(extract)


def test_sheets_without_header_go_on_where_the_one_before_them_ended(tmp_path):
    sheets = {"一": [HEADER, *FIRMS[:15]], "二": FIRMS[15:30], "三": FIRMS[30:]}
    extract = read_tax(write_xlsx(tmp_path / "a.xlsx", sheets))
    assert is_as_it_should_be(extract)
    assert extract.left_out == {}


def test_a_sheet_with_other_firms_that_cannot_be_read_is_named_and_one_of_sums_is_not(tmp_path):
    sheets = {
        "一": [HEADER, *FIRMS[:30]],
        "二": [(row[1], row[2]) for row in FIRMS[30:]],
        "汇总": [("县区", "户数", "从业人数"), ("甲区", 30, 100), ("乙区", 3, 10)],
    }
    extract = read_tax(write_xlsx(tmp_path / "a.xlsx", sheets))
    assert list(extract.left_out) == ["a.xlsx [二]"]
    assert extract.rows["name"].to_list() == NAMES[:30]


@pytest.mark.parametrize("name", ["甲区.zip", "甲区.et", "甲区.pdf", "甲区.dbf", "甲区.html"])
def test_a_file_of_a_folder_that_is_left_out_is_named(tmp_path, name):
    write_csv(tmp_path / "in" / "a.csv", [HEADER, *FIRMS])
    (tmp_path / "in" / name).write_bytes(b"something")
    assert list(read_tax(tmp_path / "in").left_out) == [name]


@pytest.mark.parametrize("name", ["Thumbs.db", "desktop.ini", "~$a.xlsx", ".DS_Store"])
def test_what_systems_put_into_folders_is_no_loss(tmp_path, name):
    write_csv(tmp_path / "in" / "a.csv", [HEADER, *FIRMS])
    (tmp_path / "in" / name).write_bytes(b"something")
    assert read_tax(tmp_path / "in").left_out == {}


def test_a_workbook_under_another_ending_is_read_in_a_folder(tmp_path):
    write_xlsx(tmp_path / "in" / "a.et", {"s": [HEADER, *FIRMS]})
    assert is_as_it_should_be(read_tax(tmp_path / "in"))


def test_rows_of_one_unit_for_each_month_are_one_unit_and_the_newest_holds(tmp_path):
    header = (*UNIT_HEADER, "费款所属期")
    months = ("202210", "202212", "202211")
    rows = [
        (*unit[:3], str(int(unit[3]) + int(month) - 202212), "足额缴费", month)
        for month in months
        for unit in UNITS
    ]
    extract = read_units(write_csv(tmp_path / "a.csv", [header, *rows]))
    assert extract.rows["pension_insured"].to_list() == [int(unit[3]) for unit in UNITS]
    assert (extract.folded, set(extract.rows["last_paid_month"])) == (60, {"202212"})
    assert balanced(extract)


@pytest.mark.parametrize(
    ("counts", "total", "why"),
    [
        (("3", "4"), 7, "two accounts"),
        (("3", "3"), 3, "the same count twice"),
        (("3", ""), None, "one is not known"),
    ],
)
def test_rows_of_one_unit_for_other_reasons_are_one_unit(tmp_path, counts, total, why):
    header = (*UNIT_HEADER, "联系电话")
    rows = [(*UNITS[0][:3], count, "参保缴费", f"1380000000{n}") for n, count in enumerate(counts)]
    extract = read_units(write_csv(tmp_path / "a.csv", [header, *rows]))
    assert extract.rows["pension_insured"].to_list() == [total], why


@pytest.mark.parametrize(
    "header",
    [
        ("公司", "代码匹配", "备用列"),
        ("uni_name", "uni_social_crd_cd", "x"),
        ("主体", "编码结果", "其他"),
    ],
)
def test_contents_tell_the_columns_of_names_and_codes(tmp_path, header):
    rows = [header, *((row[1], row[2].replace("TES", "TEX"), row[6]) for row in FIRMS)]
    extract = read_tax(write_csv(tmp_path / "a.csv", rows))
    assert extract.rows["name"].to_list() == NAMES
    assert extract.rows["credit_code"].null_count() == 0
    assert "column_by_content" in kinds(extract)


def test_only_columns_that_hold_names_are_proposed_or_accepted(tmp_path):
    header = ("序号", "税号", "从业人数", "工资总额")
    rows = [header, *((row[0], row[2], row[6], row[7]) for row in FIRMS)]
    path = write_csv(tmp_path / "a.csv", rows)
    with pytest.raises(InputError) as caught:
        read_tax(path)
    assert "name = [" not in caught.value.remedy
    with pytest.raises(InputError, match="内容不像名称"):
        read_extract(Side.TAX, [path], {"name": ["序号"]})


REFUSALS = [
    (bytes.fromhex("0900040002001000") + b"\x04\x00" * 200, "旧版工作簿", "另存为"),
    (
        b"\x03" + bytes([122, 12, 31]) + (9).to_bytes(4, "little") + (65).to_bytes(2, "little")
        + (30).to_bytes(2, "little") + bytes(20) + b"NSRMC\x00\x00\x00\x00\x00\x00C" + bytes(20)
        + b"\r" + b" " * 270,
        "DBF", "另存为",
    ),
    ("<font><table><tr><td>名称</td></tr><tr><td>甲</td></tr></table>".encode("gb18030"), "网页", "另存为"),
    ("<tr><td>名称</td><td>税号</td></tr>".encode("utf-16"), "网页", "另存为"),
    ("<html><body>会话已过期，请重新登录</body></html>".encode(), "没有表格", "重新登录"),
    ("<!DOCTYPE html><script>location='/login'</script>".encode("utf-16"), "没有表格", "重新登录"),
    (b'<?xml version="1.0"?><error>timeout</error>', "没有表格", "重新登录"),
    (b"Rar!\x1a\x07\x00" + bytes(100), "RAR", "解压"),
    (b"{\\rtf1 " + b"a" * 100, "RTF", "Excel"),
    (bytes(range(256)) * 20, "加密", "解密"),
    ('[{"纳税人名称": "甲城商行"}]'.encode(), "JSON", "导出"),
    ('{"名称": "甲"}\n{"名称": "乙"}\n'.encode("gb18030"), "JSON", "导出"),
    ("-- 备份\nINSERT INTO t_nsr VALUES ('1','甲城商行');\n".encode(), "SQL", "导出"),
    ("CREATE TABLE `nsr` (\n `mc` text);\n".encode("utf-16"), "SQL", "导出"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "message", "remedy"), REFUSALS, ids=[r[1] for r in REFUSALS])
def test_a_refusal_says_what_the_file_is_and_leads_somewhere(tmp_path, data, message, remedy):
    path = tmp_path / "a.xls"
    path.write_bytes(data)
    with pytest.raises(InputError) as caught:
        read_tax(path)
    assert message in caught.value.message
    assert remedy in caught.value.remedy


def test_a_package_whose_parts_have_backslashes_is_read(tmp_path):
    path = write_xlsx(tmp_path / "a.xlsx", {"s": [HEADER, *FIRMS]})
    data = io.BytesIO(path.read_bytes())
    with zipfile.ZipFile(data) as old, zipfile.ZipFile(path, "w") as new:
        for info in old.infolist():
            part = zipfile.ZipInfo("x")
            part.filename = info.filename.replace("/", "\\")
            new.writestr(part, old.read(info))
    assert is_as_it_should_be(read_tax(path))


def test_a_workbook_without_its_shared_strings_is_named_as_such(tmp_path):
    path = write_xlsx(tmp_path / "a.xlsx", {"s": [HEADER, *FIRMS]})
    data = io.BytesIO(path.read_bytes())
    with zipfile.ZipFile(data) as old, zipfile.ZipFile(path, "w") as new:
        for info in old.infolist():
            if "sharedStrings" not in info.filename:
                new.writestr(info.filename, old.read(info))
    with pytest.raises(InputError, match="sharedStrings"):
        read_tax(path)


@pytest.mark.parametrize(
    "row",
    [
        (None, "甲区合计20户", None, None, None, None, "99", "1.00"),
        ("小计", None, None, "甲区", None, None, "99", "1.00"),
        ("填表单位（盖章）", "甲城某局", None, "负责人", "张某", None, None, None),
        ("制表人", "李某", None, "审核人", "王某", None, None, None),
        ("必填", "必填，与执照一致", "必填，18位", None, None, None, "整数", "元"),
        tuple(" ".join(text) for text in HEADER),
    ],
)
def test_a_row_between_or_below_the_firms_is_none_of_them(tmp_path, row):
    sheet = [HEADER, *FIRMS[:20], row, *FIRMS[20:], row]
    assert is_as_it_should_be(read_tax(write_xlsx(tmp_path / "a.xlsx", {"清册": sheet})))


@pytest.mark.parametrize(
    ("text", "wages"),
    [
        ("△300", -300), ("▲300", -300), ("负300", -300), ("300.5-", -300.5), ("−300", -300),
        ("（300）", -300), ("－300", -300), ("300-400", None), ("-", None),
    ],
)  # fmt: skip
def test_an_amount_below_zero_is_read_however_books_mark_it(tmp_path, text, wages):
    rows = changed("工资总额", lambda n, v: text if n == 0 else v)
    extract = read_tax(write_csv(tmp_path / "a.csv", [HEADER, *rows]))
    assert extract.rows["declared_wages"][0] == wages


@pytest.mark.parametrize(
    "word",
    ["……", "___", "~", "、", "[空]", "<空>", "无。", "未填写", "保密", "#########", "Err:504"],
)
def test_a_word_for_nothing_is_no_county(tmp_path, word):
    rows = changed("所属区县", lambda n, v: word if n < 3 else v)
    extract = read_tax(write_csv(tmp_path / "a.csv", [HEADER, *rows]))
    assert extract.rows["county"].head(4).to_list() == [None, None, None, "甲区"]


@pytest.mark.parametrize(
    ("title", "factor"),
    [
        ("清册 金额单位：万元（人民币）", 10_000), ("单位：千元、人", 1_000), ("货币单位:元", 1),
    ],
)  # fmt: skip
def test_the_unit_of_money_in_a_title_counts_whatever_stands_behind_it(tmp_path, title, factor):
    sheet = [(title,), HEADER, *FIRMS]
    extract = read_tax(write_xlsx(tmp_path / "a.xlsx", {"清册": sheet}))
    assert extract.rows["declared_wages"].to_list() == [float(row[7]) * factor for row in FIRMS]


@pytest.mark.parametrize(
    "header",
    [
        ("序號", "納稅人名稱", "稅號", "所屬區縣", "生產經營地址", "聯繫電話", "從業人數", "工資總額"),
        ("ID", "Company Name", "Taxpayer ID", "District", "Business Address", "Tel", "Employees",
         "Total Wages"),
    ],
)  # fmt: skip
def test_headers_are_known_in_traditional_characters_and_in_english(tmp_path, header):
    assert is_as_it_should_be(read_tax(write_csv(tmp_path / "a.csv", [header, *FIRMS])))


def test_a_name_and_a_code_in_one_cell_are_parted(tmp_path):
    rows = [(f"{row[1]}\n{row[2].replace('TES', 'TEX')}", row[6]) for row in FIRMS]
    sheet = [("纳税人名称及统一社会信用代码", "从业人数"), *rows]
    extract = read_tax(write_xlsx(tmp_path / "a.xlsx", {"清册": sheet}))
    assert extract.rows["name"].to_list() == NAMES
    assert extract.rows["credit_code"].null_count() == 0


def test_a_sheet_that_explains_codes_holds_no_firms(tmp_path):
    codes = [("代码", "名称"), ("01", "正常"), ("02", "非正常"), ("03", "注销")]
    extract = read_tax(write_xlsx(tmp_path / "a.xlsx", {"清册": [HEADER, *FIRMS], "代码表": codes}))
    assert is_as_it_should_be(extract)


@pytest.mark.parametrize("gap", [(), (None,)])
def test_lists_side_by_side_are_refused_with_what_to_do(tmp_path, gap):
    halves = zip(FIRMS[:20], FIRMS[20:], strict=True)
    sheet = [(*HEADER, *gap, *HEADER), *((*left, *gap, *right) for left, right in halves)]
    with pytest.raises(InputError, match="并排") as caught:
        read_tax(write_xlsx(tmp_path / "a.xlsx", {"清册": sheet}))
    assert "剪切" in caught.value.remedy


def test_cards_of_firms_are_no_list(tmp_path):
    cards = [
        line
        for row in FIRMS
        for line in (
            ("纳税人名称", row[1], "税号", row[2]),
            ("所属区县", row[3], "从业人数", row[6]),
        )
    ]
    with pytest.raises(InputError, match="内容不像名称"):
        read_tax(write_xlsx(tmp_path / "a.xlsx", {"清册": cards}))


def test_columns_that_spaces_align_are_refused_with_what_to_do(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("\n".join("  ".join(row) for row in (HEADER, *FIRMS)), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_tax(path)
    assert "空格" in caught.value.remedy


@pytest.mark.parametrize(
    ("cell", "is_noted", "why"),
    [
        ("{0}/522101199003077", True, "behind it an older number"),
        ("522101199003077／{0}", True, "before it, with a wide stroke"),
        ("522101199003077 {0}", True, "a blank between whole codes"),
        ("67487201-7、{0}", True, "an organisation code"),
        ("{0}；91440300192203821X", True, "two credit codes"),
        ("522101199003077,522101199003088", True, "no credit code"),
        ("91520302 MA6TEH{1:04}", False, "a blank within one"),
    ],
)
@pytest.mark.parametrize("read", [read_tax, read_units])
def test_several_codes_in_a_cell_are_named_and_all_stay_for_the_linkage(
    tmp_path, cell, is_noted, why, read
):
    cells = [cell.format(f"91520302MA6TEH{n:04}", n) for n in range(1, 10)]
    rows = [(f"甲城试验{n}号商行", text) for n, text in enumerate(cells, 1)]
    header = ("单位名称", "统一社会信用代码")
    extract = read(write_xlsx(tmp_path / "a.xlsx", {"s": [header, *rows]}))
    assert ("several_codes" in kinds(extract)) == is_noted, why
    for text, read_code in zip(cells, extract.rows["credit_code"], strict=True):
        assert re.findall("[0-9A-Z]+", text) == re.findall("[0-9A-Z]+", read_code), why


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        ({"从业人数": "从业\n人数"}, "one header"),
        ({"从业人数": "从业\n人数", "工资总额": "工资总额\n（元）"}, "two side by side"),
        ({"从业人数": "从业\n人\n数", "工资总额": "工资\n总额\n（元）"}, "over three lines each"),
        ({name: f"{name[:2]}\n{name[2:]}" for name in HEADER[2:]}, "nearly all of them"),
    ],
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_quoted_line_breaks_in_headers_are_no_stray_quotes(tmp_path, broken, why, delimiter):
    header = [f'"{broken[name]}"' if name in broken else name for name in HEADER]
    path = tmp_path / "a.csv"
    lines = (delimiter.join(row) for row in (header, *FIRMS))
    path.write_text("\r\n".join(lines), encoding="utf-8", newline="")
    extract = read_tax(path)
    assert is_as_it_should_be(extract), why
    assert "stray_quote" not in kinds(extract), why


@pytest.mark.parametrize("side", ["tax", "enrollment"])
@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("甲区", "the list's own column of counties names it"),
        ("汇川区", "a county"), ("遵义县", "a county of former times"),
        ("黔东南州", "another form of a name"), ("仁怀市", "a city that is a county"),
        ("贵州省遵义市汇川区", "what it lies in stands before it"),
        ("遵义汇川区", "the same without suffix"),
        ("汇 川 区", "spaced out to fill the column"), ("茅台镇", "a town"), ("高坪街道", "a street"),
        ("高坪镇", "a street that was a town"), ("湄潭县湄江街道", "a street behind its county"),
        ("遵义经济技术开发区", "a zone"), ("新蒲新区", "a zone named after a town"),
        ("高新区", "a zone alone"), ("市辖区", "what is called so in each prefecture"),
        ("甲区税务局", "a tax office"), ("甲城市乙县税务分局", "a branch of one"),
        ("国家税务总局甲城市乙县税务局", "in full"), ("丁税务所", "a small one"),
    ],
)  # fmt: skip
def test_a_place_or_tax_office_without_code_among_firms_with_codes_is_no_firm(
    tmp_path, side, name, why
):
    if side == "tax":
        sums = (None, name, None, None, None, None, "412", "99000")
        rows = [HEADER, *FIRMS[:20], sums, *FIRMS[20:]]
        extract = read_tax(write_csv(tmp_path / "a.csv", rows))
        assert is_as_it_should_be(extract), why
    else:
        header = (*UNIT_HEADER, "所属区县")
        units = [(*row, "甲区") for row in UNITS]
        sums = (None, name, None, "412", None, None)
        extract = read_units(write_csv(tmp_path / "a.csv", [header, *units, sums]))
        assert extract.rows["name"].to_list() == [row[1] for row in UNITS], why
    assert extract.defects.filter(kind="group_dropped")["value"].to_list() == [name], why


@pytest.mark.parametrize("side", ["tax", "enrollment"])
@pytest.mark.parametrize(
    "name",
    [
        *("甲城世纪超市", "甲城创业园区", "幸福小区", "甲城财政局", "甲区税务局工会", "甲城税务师事务所"),
        *("江南水乡", "苗岭小镇", "湄江度假区", "神州", "茅台酒镇", "醉美乡", "温泉度假小镇", "大九州"),
        *("世纪城市", "新都市", "幸福新区", "汇川景区", "湄潭茶区", "黔北酒乡", "五湖四海美食街道"),
        *("遵义夜市", "老城集市", "汇川服务区", "红旗", "桃花源镇", "安顺旧州古镇"),
    ],
)  # fmt: skip
def test_what_only_ends_like_a_place_stays_a_firm(tmp_path, side, name):
    if side == "tax":
        row = (None, name, None, "甲区", None, None, "4", "99")
        extract = read_tax(write_csv(tmp_path / "a.csv", [HEADER, *FIRMS, row]))
        assert extract.rows["name"].to_list() == [*NAMES, name]
    else:
        row = ("", name, "", "4", "参保缴费")
        extract = read_units(write_csv(tmp_path / "a.csv", [UNIT_HEADER, *UNITS, row]))
        assert extract.rows["name"].to_list() == [*(unit[1] for unit in UNITS), name]


_TYPES = ("文本", "文本（必填）", "文本", "下拉", "多行文本", "文本", "数字", "金额")
_ENGLISH = ("No.", "Taxpayer", "Tax ID", "County", "Address", "Phone", "Staff", "Wages")


@pytest.mark.parametrize(
    ("below", "why"),
    [
        (_TYPES, "the types of a form's fields"),
        (("VARCHAR2(20)",) * 8, "those of a database"),
        (_ENGLISH, "the headers in English"),
        (("No.", "Taxpayer", None, "County", "Address", None, "Staff", "Wages"), "most of them"),
    ],
)
def test_a_row_that_explains_the_headers_is_no_firm(tmp_path, below, why):
    extract = read_tax(write_csv(tmp_path / "a.csv", [HEADER, below, *FIRMS]))
    assert is_as_it_should_be(extract), why


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (("0", "ABC Trading", "91520302MA6TEX0001", "甲区", "甲区一路", None, "3", "9"), "a code"),
        ((None, "ABC Trading", None, "甲区", None, None, None, None), "a county in Chinese"),
        ((None, "ABC Trading", None, "County", None, None, None, None), "two cells of eight"),
    ],
)
def test_a_first_firm_with_an_english_name_is_a_firm(tmp_path, row, why):
    extract = read_tax(write_csv(tmp_path / "a.csv", [HEADER, row, *FIRMS]))
    assert extract.rows["name"].to_list() == ["ABC Trading", *NAMES], why


def test_a_list_of_two_lines_a_firm_is_refused(tmp_path):
    upper, lower = HEADER[:4], (None, *HEADER[4:7])
    rows = [line for firm in FIRMS for line in (firm[:4], (None, *firm[4:7]))]
    with pytest.raises(InputError, match="每户占上下两行"):
        read_tax(write_xlsx(tmp_path / "a.xlsx", {"s": [upper, lower, *rows]}))


@pytest.mark.parametrize(
    ("name", "code", "is_firm", "why"),
    [
        ("13800001111", "5", False, "the rest of a line that broke"),
        ("2022-12-31", None, False, "a date alone"),
        ("——", "0", False, "marks"),
        ("360", "91520302MA6TEX0001", True, "a name of digits, with a code"),
        ("某厂", "5", True, "a name, with a code that is cut"),
    ],
)
def test_a_number_for_a_name_needs_a_code_in_earnest(tmp_path, name, code, is_firm, why):
    row = ("41", name, code, "甲区", "一路", None, "3", "9")
    extract = read_tax(write_csv(tmp_path / "a.csv", [HEADER, *FIRMS, row]))
    assert extract.rows.height == len(FIRMS) + is_firm, why
    assert (name in extract.rows["name"].to_list()) == is_firm, why
