"""Headers: whatever they look like, the right column; where nobody can know, a question that answers itself."""

import csv
import tomllib
from pathlib import Path

import pytest
from invented_extracts import balanced, read_tax, read_units, write_csv, write_xlsx

from gapmatch.errors import InputError, SettingsError
from gapmatch.read import Side, read_extract
from gapmatch.read.header_words import guess_match, match_exactly, split_unit
from gapmatch.read.knowledge import load_aliases, load_knowledge, normalise_header
from gapmatch.resources import find_config_file

SHARED = Path(__file__).parents[2].parent / "shared"
SIDES = {"tax": Side.TAX, "si": Side.ENROLLMENT, "market": Side.REGISTRY}


def test_no_header_stands_for_two_columns_of_one_side():
    raw = tomllib.loads(find_config_file("columns.toml").read_text(encoding="utf-8"))
    for side in Side:
        owners: dict[str, set[str]] = {}
        for canonical, headers in raw[side.value].items():
            for header in headers:
                owners.setdefault(normalise_header(header), set()).add(canonical)
        assert {h: o for h, o in owners.items() if len(o) > 1} == {}


def test_every_collected_header_is_known():
    path = SHARED / "reference/header_aliases.csv"
    if not path.exists():
        pytest.skip("the collected headers are not here")
    with path.open(encoding="utf-8-sig") as file:
        for row in csv.DictReader(file):
            side = SIDES[row["source"]]
            assert match_exactly(0, row["alias"], load_knowledge().aliases[side]), row


@pytest.mark.parametrize(
    ("side", "header", "canonical", "why"),
    [
        (Side.TAX, "工资薪金 总额\n（元）", "declared_wages", "space, line break and unit"),
        (Side.TAX, "*纳税人名称", "name", "mark of a mandatory field"),
        (Side.TAX, "纳税人识别号（社会信用代码）", "credit_code", "both in one column"),
        (Side.TAX, "纳税人识别号", "taxpayer_code", "tax number"),
        (Side.TAX, "本年累计销售收入(万元)", "sales", "year so far, unit"),
        (Side.TAX, "其中：工资薪金收入额", "declared_wages", "of which"),
        (Side.TAX, "ｎｓｒｍｃ", "name", "field name in full width and lower case"),
        (Side.TAX, "所属县（市、区）", "county", "brackets that say nothing"),
        (Side.TAX, "注册地址行政区划", "division", "no address"),
        (
            Side.TAX,
            "法定代表人（负责人）身份证件号码",
            "dropped",
            "identity numbers are never kept",
        ),
        (Side.ENROLLMENT, "AAB001", "unit_id", "field name"),
        (Side.ENROLLMENT, "参保人数（养老）", "pension_insured", "brackets that matter"),
        (Side.ENROLLMENT, "参保人数", "insured_total", "no line"),
        (
            Side.ENROLLMENT,
            "城镇企业职工基本养老保险实缴人数（人）",
            "pension_insured",
            "line and count",
        ),
        (Side.ENROLLMENT, "失业保险参保缴费状态", "unemployment_status", "line and status"),
        (Side.ENROLLMENT, "职工基本养老", "pension", "nothing but the line"),
        (Side.TAX, "2022年度工资薪金总额", "declared_wages", "year before it"),
        (Side.TAX, "从业人数2022年", "declared_headcount", "year behind it"),
        (Side.TAX, "人数", "declared_headcount", "of a tax list, workers"),
        (Side.TAX, "营收（万元）", "sales", "a short word for turnover"),
        (Side.TAX, "1-12月工资薪金总额", "declared_wages", "months before it"),
        (Side.ENROLLMENT, "组织机构代码/信用代码", "credit_code", "either code"),
        (Side.REGISTRY, "注册资本(万元)", "capital", "unit"),
        (Side.REGISTRY, "列入经营异常名录原因", "abnormal_reason", "reason"),
    ],
)
def test_a_header_is_known_however_it_is_dressed(side, header, canonical, why):
    match = match_exactly(0, header, load_knowledge().aliases[side])
    assert match is not None, why
    assert match.canonical == canonical, why


@pytest.mark.parametrize("side", [Side.TAX, Side.ENROLLMENT])
@pytest.mark.parametrize(
    "header",
    [
        *(
            "主管县区",
            "主管区县",
            "管辖县（市、区）",
            "所辖县区",
            "归属县区",
            "隶属区县",
            "征管县区",
        ),
        *(
            "所属市县",
            "登记地县区",
            "注册区县",
            "生产经营地县区",
            "参保地区县",
            "所在地县市区",
            "所属县",
            *("县", "旗", "区", "市县", "旗县"),
            "县区",
        ),
    ],
)
def test_a_county_is_known_whosever_it_is(side, header):
    match = match_exactly(0, header, load_knowledge().aliases[side])
    assert match is not None
    assert match.canonical == "county"


@pytest.mark.parametrize(
    ("header", "canonical"),
    [
        ("主管税务机关", "tax_office"),
        ("注册地址", "address"),
        ("登记注册类型", "reg_type"),
        ("所属乡镇", "town"),
        ("行政区划", "division"),
    ],
)
def test_other_columns_of_a_place_are_no_county(header, canonical):
    match = match_exactly(0, header, load_knowledge().aliases[Side.TAX])
    assert match is not None
    assert match.canonical == canonical


@pytest.mark.parametrize(
    ("side", "header", "canonical", "why"),
    [
        (Side.ENROLLMENT, "应参保人数", None, "who should be insured is not insured"),
        (Side.ENROLLMENT, "未参保人数", None, "nor who is not"),
        (Side.ENROLLMENT, "本月新增参保人数", None, "new ones alone"),
        (Side.ENROLLMENT, "参保人数(男)", None, "men alone"),
        (Side.ENROLLMENT, "参保人数（其中：农民工）", None, "one kind of them"),
        (Side.ENROLLMENT, "参保人数〔上年末〕", None, "another time"),
        (Side.ENROLLMENT, "期末参保人数", "insured_total", "the end of the period"),
        (Side.ENROLLMENT, "实际参保人数", "insured_total", "who is insured"),
        (Side.TAX, "季初从业人数", None, "the beginning of the quarter"),
        (Side.TAX, "季末从业人数", "declared_headcount", "its end"),
        (Side.TAX, "个税申报人数（不含退休）", "declared_headcount", "all but a part"),
        (Side.TAX, "未申报人数", None, "who is not declared"),
        (Side.TAX, "本年累计应税收入(千元)", "sales", "taxable, of the year, in thousands"),
        (Side.TAX, "应税销售收入", "sales", "taxable"),
        (Side.TAX, "应纳税所得额", None, "taxable income is profit"),
        (Side.TAX, "坐落", "address", "where it lies"),
        (Side.ENROLLMENT, "坐落地址", "address", "where it lies"),
        (Side.REGISTRY, "坐落", "address", "where it lies"),
    ],
)
def test_a_header_of_a_part_does_not_stand_for_the_whole(side, header, canonical, why):
    aliases = load_knowledge().aliases[side]
    found = match_exactly(0, header, aliases) or guess_match(0, header, aliases)
    assert (found.canonical if found else None) == canonical, why


@pytest.mark.parametrize(
    ("header", "canonical", "why"),
    [
        ("实际生产经营地址", "address", "ends like an alias"),
        ("税务系统登记注册类型", "reg_type", "ends like an alias"),
        ("统一社会信用代吗", "credit_code", "misspelt"),
        ("上年销售收入", None, "another year"),
        ("单位名称变更日期", None, "a date, not a name"),
        ("开户银行名称", None, "a bank, not the firm"),
        ("邮箱地址", None, "no address"),
        ("原社会信用代码", None, "another number"),
        ("应扣缴税额合计数", None, "payable is not paid"),
        ("XYZ", None, "unknown field name"),
    ],
)
def test_a_guess_is_made_only_where_it_is_safe(header, canonical, why):
    aliases = load_knowledge().aliases[Side.TAX]
    assert match_exactly(0, header, aliases) is None
    found = guess_match(0, header, aliases)
    assert (found.canonical if found else None) == canonical, why


@pytest.mark.parametrize(
    ("header", "factor"),
    [
        ("销售额（万元）", 10000),
        ("销售额/万", 10000),
        ("销售额(元)", 1),
        ("销售额 单位：千元", 1000),
        ("销售额/亿元", 1e8),
        ("销售额", None),
    ],
)
def test_the_unit_of_a_header_is_its_factor(header, factor):
    assert split_unit(header) == ("销售额", factor)


def test_money_in_ten_thousands_becomes_yuan_and_is_said(tmp_path):
    path = write_csv(
        tmp_path / "a.csv",
        [("纳税人名称", "税号", "销售收入（万元）"), ("甲公司", "91520001", "1.5")],
    )
    extract = read_tax(path)
    assert extract.rows["sales"].to_list() == [15000.0]
    assert extract.defects.filter(kind="unit_converted")["defect"].to_list() == [
        "表头或单位列写明单位，数值已乘以 10000"
    ]


def test_the_sum_of_the_year_is_taken_before_the_sum_of_the_month(tmp_path):
    rows = [
        ("纳税人名称", "税号", "本月销售额", "本年累计销售额"),
        ("甲公司", "91520001", "1", "12"),
    ]
    assert read_tax(write_csv(tmp_path / "a.csv", rows)).rows["sales"].to_list() == [12.0]


def test_of_several_years_the_latest_is_taken(tmp_path):
    rows = [
        ("纳税人名称", "税号", "2021年销售额", "2022年销售额", "11月申报人数", "12月申报人数"),
        ("甲公司", "91520001", "1", "12", "3", "4"),
    ]
    row = read_tax(write_csv(tmp_path / "a.csv", rows)).rows.row(0, named=True)
    assert (row["sales"], row["declared_headcount"]) == (12.0, 4)


@pytest.mark.parametrize(
    ("headers", "insured", "why"),
    [
        (("在职人数", "退休人数", "参保人数合计"), 5, "the sum holds the retired"),
        (("在职人数", "停保人数", "参保人数"), 25, "nothing says that it does"),
    ],
)
def test_the_retired_are_not_counted_as_workers(tmp_path, headers, insured, why):
    rows = [("单位名称", *headers), ("甲城试验有限公司", "5", "20", "25")]
    found = read_units(write_csv(tmp_path / "参保.csv", rows))
    assert found.rows["insured_total"].to_list() == [insured], why


def test_the_business_address_comes_before_the_registered_one(tmp_path):
    rows = [
        ("纳税人名称", "税号", "注册地址", "生产经营地址"),
        ("甲公司", "91520001", "注册路", "经营路"),
        ("乙公司", "91520002", "注册路", ""),
    ]
    assert read_tax(write_csv(tmp_path / "a.csv", rows)).rows["address"].to_list() == [
        "经营路",
        "注册路",
    ]


def test_the_first_phone_that_is_filled_is_the_phone(tmp_path):
    rows = [
        ("纳税人名称", "税号", "财务负责人移动电话", "联系电话"),
        ("甲公司", "91520001", "1", ""),
        ("乙公司", "91520002", "1", "2"),
    ]
    assert read_tax(write_csv(tmp_path / "a.csv", rows)).rows["phone"].to_list() == ["1", "2"]


def test_a_column_that_was_guessed_is_said(tmp_path):
    rows = [("纳税人名称", "税号", "实际生产经营地址"), ("甲公司", "91520001", "经营路")]
    extract = read_tax(write_csv(tmp_path / "a.csv", rows))
    assert extract.rows["address"].to_list() == ["经营路"]
    assert extract.files[0].guessed == {"实际生产经营地址": "address"}
    assert extract.defects.filter(kind="column_guessed")["column"].to_list() == ["实际生产经营地址"]


def test_a_guess_that_the_values_refute_is_not_made(tmp_path):
    rows = [
        ("纳税人名称", "税号", "登记在册从业人数"),
        ("甲公司", "91520001", "见附件"),
        ("乙公司", "91520002", "见附件"),
    ]
    extract = read_tax(write_csv(tmp_path / "a.csv", rows))
    assert "登记在册从业人数" in extract.files[0].unmapped


def test_identity_numbers_stay_out_of_everything(tmp_path):
    number = "520102199001011234"
    rows = [
        ("纳税人名称", "税号", "法人身份证号", "从业人数", "代码证照号"),
        ("甲公司", "91520001", number, number, number),
        ("乙商行", number, number, "1", number),
        ("丙商行", number, number, "1", number),
    ]
    extract = read_tax(write_csv(tmp_path / "a.csv", rows))
    assert number not in extract.defects.write_csv()
    assert number not in extract.rows.drop("taxpayer_code").write_csv()
    assert extract.files[0].sheets[0].dropped_columns == ("法人身份证号",)


def test_two_equal_headers_with_the_same_contents_are_one(tmp_path):
    rows = [("单位名称", "税号", "单位名称"), ("甲公司", "91520001", "甲公司")]
    assert read_tax(write_csv(tmp_path / "a.csv", rows)).rows["name"].to_list() == ["甲公司"]


def test_two_headers_with_equal_right_that_disagree_are_a_question(tmp_path):
    rows = [("单位名称（全称）", "税号", "单位名称（简称）"), ("甲公司", "91520001", "甲")]
    with pytest.raises(InputError) as caught:
        read_tax(write_csv(tmp_path / "a.csv", rows))
    assert caught.value.message == (
        "有两列都像是“纳税人名称”，内容又不一致，无法取舍：第 1 列“单位名称（全称）”、第 3 列“单位名称（简称）”\n"
        f"文件：{tmp_path / 'a.csv'} 第 1 行"
    )
    assert caught.value.remedy.endswith('[columns.tax]\nname = ["单位名称（全称）"]')


def test_the_answer_to_that_question_settles_it(tmp_path):
    rows = [("单位名称（全称）", "税号", "单位名称（简称）"), ("甲公司", "91520001", "甲")]
    path = write_csv(tmp_path / "a.csv", rows)
    assert read_tax(path, name=["单位名称（简称）"]).rows["name"].to_list() == ["甲"]


def test_a_missing_name_is_a_question_that_shows_the_headers_and_the_nearest(tmp_path):
    rows = [("税号", "纳税主体称谓", "从业人数"), ("91520001", "甲公司", "1")]
    with pytest.raises(InputError) as caught:
        read_tax(write_xlsx(tmp_path / "a.xlsx", {"清册": rows}))
    assert caught.value.message == (
        f"找不到必需的列“纳税人名称”。\n文件：{tmp_path / 'a.xlsx'} 第 1 行（工作表“清册”）\n"
        "表头：税号、纳税主体称谓、从业人数\n最接近的列：纳税主体称谓"
    )
    assert caught.value.remedy == (
        "请在工作区的 gapmatch.toml 中写明这一列（引号内换成正确的表头），然后重新运行：\n\n"
        '[columns.tax]\nname = ["纳税主体称谓"]'
    )
    assert tomllib.loads(caught.value.remedy.split("\n\n")[1]) == {
        "columns": {"tax": {"name": ["纳税主体称谓"]}}
    }


def test_the_workspace_names_a_header_of_its_own(tmp_path):
    rows = [("税号", "纳税主体称谓", "从业人数"), ("91520001", "甲公司", "1")]
    path = write_csv(tmp_path / "a.csv", rows)
    assert read_tax(path, name=["纳税主体称谓"]).rows["name"].to_list() == ["甲公司"]


def test_a_misspelt_column_of_the_workspace_is_a_settings_error():
    with pytest.raises(SettingsError, match="可用的列名：name"):
        load_aliases(Side.TAX, {"nmae": ["我的列名"]})


def test_division_codes_and_names_find_their_columns(tmp_path):
    rows = [
        ("单位编号", "单位名称", "行政区划", "养老参保人数"),
        ("1", "甲公司", "520102", "1"),
        ("2", "乙公司", "乙县", "1"),
    ]
    frame = read_units(write_csv(tmp_path / "a.csv", rows)).rows
    assert frame["division_code"].to_list() == ["520102", None]
    assert frame["county"].to_list() == [None, "乙县"]


def test_the_registry_is_read_with_capital_in_ten_thousands(tmp_path):
    rows = [
        (
            "企业名称",
            "统一社会信用代码",
            "注册资本",
            "经营异常名录",
            "登记状态",
            "曾用名",
            "变更前名称",
            "成立日期",
        ),
        ("甲公司", "1", "500万元人民币", "否", "存续", "旧甲公司", "老甲公司", "2001-02-03"),
        ("乙公司", "2", "5000000元", "是", "注销", "", "", ""),
        ("丙公司", "3", "16.5", "", "存续", "", "", ""),
    ]
    extract = read_extract(Side.REGISTRY, [write_csv(tmp_path / "a.csv", rows)], {})
    assert extract.rows["capital"].to_list() == [500.0, 500.0, 16.5]
    assert extract.rows["abnormal"].to_list() == [False, True, None]
    assert extract.rows["former_names"].to_list() == ["旧甲公司；老甲公司", None, None]
    assert balanced(extract)


def test_a_column_of_capital_in_yuan_is_recognised_by_its_size(tmp_path):
    rows = [
        ("企业名称", "统一社会信用代码", "注册资本"),
        ("甲公司", "1", "5000000"),
        ("乙公司", "2", "300000"),
    ]
    extract = read_extract(Side.REGISTRY, [write_csv(tmp_path / "a.csv", rows)], {})
    assert extract.rows["capital"].to_list() == [500.0, 30.0]
    assert "capital_unit_guessed" in set(extract.defects["kind"])


def test_a_reason_for_the_abnormal_list_is_a_yes(tmp_path):
    rows = [
        ("企业名称", "统一社会信用代码", "列入经营异常名录原因", "注册资本"),
        ("甲公司", "1", "无法联系", "1"),
        ("乙公司", "2", "", "1"),
    ]
    extract = read_extract(Side.REGISTRY, [write_csv(tmp_path / "a.csv", rows)], {})
    assert extract.rows["abnormal"].to_list() == [True, False]


NEWEST_FIRST = [
    ("工资总额", "2022年度工资总额", "no year is the present"),
    ("2022年度工资总额", "2022年11月工资总额", "a year goes to its end"),
    ("工资总额2022年", "工资总额2021年", "years behind the header"),
    ("2022年11月工资总额", "2022年十月工资总额", "numerals count as digits do"),
    ("2022年2月工资总额", "2021年12月工资总额", "the year counts before the month"),
    ("工资总额2022", "工资总额_2021", "years behind the header without 年"),
    ("2022Q4工资总额", "2021年四季度工资总额", "quarters"),
]


@pytest.mark.parametrize(("newer", "older", "why"), NEWEST_FIRST)
def test_the_header_of_the_later_period_comes_first(newer, older, why):
    aliases = load_aliases(Side.TAX, {})
    first, second = (match_exactly(0, header, aliases=aliases) for header in (newer, older))
    assert (first.canonical, second.canonical) == ("declared_wages", "declared_wages")
    assert first.rank < second.rank, why


@pytest.mark.parametrize(
    "write",
    [
        *(
            "1.{0}",
            "{1}）{0}",
            "②{0}",
            "三、{0}",
            "（4）{0}",
            "T_NSR.{0}",
            "a.{0}",
            "{0}▼",
            "*{0}（必填）",
        )
    ],
)
def test_numbers_and_tables_in_front_of_headers_change_nothing(write):
    aliases = load_aliases(Side.TAX, {})
    for number, (header, column) in enumerate(
        (("纳税人名称", "name"), ("从业人数", "declared_headcount"), ("NSRSBH", "taxpayer_code"))
    ):
        match = match_exactly(0, write.format(header, number), aliases=aliases)
        assert match is not None, header
        assert match.canonical == column


@pytest.mark.parametrize(
    ("other", "is_named", "why"),
    [
        ("本月养老保险人数", False, "of a month"), ("10月养老保险人数", False, "of a month"),
        ("养老保险在职人数", True, "another count"), ("2022年养老保险人数", True, "which year is not said"),
    ],
)  # fmt: skip
def test_a_column_passed_over_is_named_unless_it_is_of_a_month(tmp_path, other, is_named, why):
    rows = [("单位名称", "单位编号", "养老保险人数", other)]
    rows += [(f"甲城{n}号商行", n, n + 1, n + 2) for n in range(9)]
    extract = read_units(write_csv(tmp_path / "a.csv", rows))
    assert extract.rows["pension_insured"].to_list() == [n + 1 for n in range(9)], why
    assert extract.rows["last_paid_month"].null_count() == 9, why
    assert ("column_passed_over" in set(extract.defects["kind"])) == is_named, why


COUNTED_PARTS = [
    (("男", "女", "合计"), (8, 9, 17), 17, "men are not all"),
    (("应参", "实参"), (30, 17), 17, "those that should be insured are not"),
    (("应参保人数", "实际参保人数", "未参保人数"), (30, 17, 13), 17, "said in full"),
    (("上年末", "本期末"), (30, 17), 17, "last year's"),
    (("上季度", "本季度"), (30, 17), 17, "last quarter's"),
    (("任务数", "完成数", "完成率"), (30, 17, "57%"), 17, "a target is no count"),
    (("户数", "人数"), (1, 17), 17, "firms are no persons"),
    (("男", "女"), (8, 9), None, "neither is all of them"),
    (("10月", "11月", "12月"), (30, 20, 17), 17, "the newest month"),
]


@pytest.mark.parametrize("form", ["blank", "merged", "cut"])
@pytest.mark.parametrize(("parts", "values", "insured", "why"), COUNTED_PARTS)
def test_of_the_parts_under_a_heading_the_whole_counts(tmp_path, parts, values, insured, why, form):
    fixed = ("单位编号", "单位名称", "信用代码")
    blanks = [""] * (len(parts) - 1)
    upper = [*fixed, "参保人数", *([] if form == "cut" else blanks)]
    lower = [*(fixed if form == "merged" else [""] * 3), *parts]
    firms = [[f"{n}", f"甲城{n}号商行", f"9152000{n}", *values] for n in range(1, 5)]
    extract = read_units(write_csv(tmp_path / "a.csv", [upper, lower, *firms]))
    assert extract.rows["insured_total"].to_list() == [insured] * 4, why
    assert balanced(extract)


@pytest.mark.parametrize(
    ("parts", "sales", "why"),
    [
        (("上年同期", "本年累计", "增幅"), 12.0, "of this year"),
        (("计划", "实际", "完成率"), 12.0, "what was sold, not what was planned"),
    ],
)
def test_of_the_amounts_under_a_heading_this_years_counts(tmp_path, parts, sales, why):
    upper, lower = ["纳税人名称", "税号", "销售额", "", ""], ["", "", *parts]
    firms = [[f"甲城{n}号商行", f"9152000{n}", "99", "12", "-88%"] for n in range(1, 5)]
    extract = read_tax(write_csv(tmp_path / "a.csv", [upper, lower, *firms]))
    assert extract.rows["sales"].to_list() == [sales] * 4, why


@pytest.mark.parametrize(
    ("rows", "names", "why"),
    [
        (
            [["甲城某区参保单位名册", "", ""], ["单位名称", "单位编号", "参保人数"], ["甲城一号商行", "1", "2"]],
            ["甲城一号商行"],
            "a title over all columns is no heading of a group",
        ),
        (
            [["单位名称", "参保人数", ""], ["甲城一号商行", "2", "旧账"], ["甲城二号商行", "3", "新账"]],
            ["甲城一号商行", "甲城二号商行"],
            "a firm is no part of a heading",
        ),
    ],
)  # fmt: skip
def test_a_row_that_is_no_heading_is_not_taken_for_one(tmp_path, rows, names, why):
    extract = read_units(write_csv(tmp_path / "a.csv", rows))
    assert extract.rows["name"].to_list() == names, why


@pytest.mark.parametrize(
    ("header", "units", "sales", "why"),
    [
        ("金额单位", ("万元", "万元"), [20_000.0, 30_000.0], "the same in all rows"),
        ("货币单位", ("万元", "元"), [20_000.0, 3.0], "each row has its own"),
        ("计量单位", ("千元", ""), [2_000.0, 3.0], "a blank is yuan"),
        ("计量单位", ("户", "家"), [2.0, 3.0], "no units of money"),
    ],
)
def test_a_column_of_units_of_money_is_the_factor_of_its_row(tmp_path, header, units, sales, why):
    rows = [("纳税人名称", "税号", "本年累计销售额", header)]
    rows += [(f"甲城{n}号商行", f"9152000{n}", n, unit) for n, unit in enumerate(units, 2)]
    extract = read_tax(write_csv(tmp_path / "a.csv", rows))
    assert extract.rows["sales"].to_list() == sales, why
    is_read = any(unit.endswith("元") for unit in units)
    assert (header in extract.files[0].unmapped) != is_read


def test_the_pivot_that_a_list_of_persons_is_asked_for_has_its_counts(tmp_path):
    rows = [("单位编号", "单位名称", "计数项:姓名"), ("1", "甲城一号商行", "7")]
    extract = read_units(write_csv(tmp_path / "a.csv", rows))
    assert extract.rows["insured_total"].to_list() == [7]


@pytest.mark.parametrize("header", ["个人编号", "公民身份号码", "社会保障号码"])
def test_a_list_of_persons_without_their_names_is_known_by_their_numbers(tmp_path, header):
    rows = [("单位编号", "单位名称", header)]
    rows += [(n % 3, f"甲城{n % 3}号商行", 10_000 + n) for n in range(12)]
    with pytest.raises(InputError) as error:
        read_units(write_csv(tmp_path / "a.csv", rows))
    assert "人员明细" in error.value.message


@pytest.mark.parametrize("place", ["参保地", "缴费地", "户籍所在地"])
def test_a_list_of_persons_is_to_be_taken_out_and_its_places_are_no_names(tmp_path, place):
    rows = [("姓名", "身份证号码", place)]
    rows += [(f"张砚{n}", f"52010119800101{n:04}", "甲城区") for n in range(12)]
    with pytest.raises(InputError) as error:
        read_units(write_csv(tmp_path / "灵活就业人员.csv", rows))
    assert "移走" in error.value.remedy
    assert place not in error.value.remedy


def test_a_file_without_numbers_of_rows_and_remarks_lacks_nothing(tmp_path):
    whole = [
        ("序号", "单位编号", "单位名称", "参保人数", "备注"),
        (1, "1", "甲城一号商行", 2, "新"),
    ]
    plain = [("单位编号", "单位名称", "参保人数"), ("2", "甲城二号商行", 3)]
    files = [write_csv(tmp_path / "a.csv", whole), write_csv(tmp_path / "b.csv", plain)]
    extract = read_extract(Side.ENROLLMENT, files, {})
    assert "columns_missing" not in extract.defects["kind"].to_list()
    short = write_csv(tmp_path / "c.csv", [("单位编号", "单位名称"), ("3", "甲城三号商行")])
    lacking = read_extract(Side.ENROLLMENT, [*files, short], {}).defects
    assert "参保人数" in "".join(lacking.filter(kind="columns_missing")["defect"])
