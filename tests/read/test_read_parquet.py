"""Parquet files: the schema is the header, native types stay, and many files are one source."""

import datetime as dt
import pickle
from decimal import Decimal

import polars as pl
import pytest
from invented_extracts import TAX_HEADER, TAX_ROWS, balanced, kinds, read_tax, read_units, write_csv

from gapmatch.errors import InputError
from gapmatch.i18n import use_language
from gapmatch.read import Side, assemble, list_files, load_aliases, read_file

NAMES = ["甲城晨光试验有限公司", "甲城暮色试验有限公司"]


def write(path, **columns):
    path.parent.mkdir(parents=True, exist_ok=True)
    pl.DataFrame(columns).write_parquet(path)
    return path


def read(tmp_path, **columns):
    return read_tax(write(tmp_path / "a.parquet", 纳税人名称=NAMES, **columns))


def test_numbers_dates_and_codes_come_as_they_are(tmp_path):
    found = read(
        tmp_path,
        统一社会信用代码=["91520102MA6TEST10X", None],
        成立日期=[dt.date(2019, 1, 2), None],
        个税申报人数=pl.Series([3, None], dtype=pl.Int16),
        工资总额=[1234.5, float("nan")],
    )
    assert found.rows["open_date"].to_list() == [dt.date(2019, 1, 2), None]
    assert found.rows["declared_headcount"].to_list() == [3, None]
    assert found.rows["declared_wages"].to_list() == [1234.5, None]
    assert kinds(found) == {"missing_code"}
    assert balanced(found)


def test_a_code_column_with_a_name_in_it_moves_no_cell_of_typed_columns(tmp_path):
    codes = ["91520102MA6TEST10X", "甲城暮色"]
    found = read(
        tmp_path, 统一社会信用代码=codes, 所属区县=[520102, 520103], 注册地址=["某路1号", None]
    )
    assert found.rows["name"].to_list() == NAMES
    assert balanced(found)


def test_rows_are_numbered_as_below_a_header(tmp_path):
    found = read(tmp_path, 注册地址=["某路1号", "某路2号"])
    assert found.rows["source_row"].to_list() == [2, 3]
    assert found.rows["data_row"].to_list() == [1, 2]
    assert found.files[0].header_row == 1


@pytest.mark.parametrize(
    ("dates", "day"),
    [
        (pl.Series([dt.datetime(2019, 1, 2, 10)] * 2), dt.date(2019, 1, 2)),
        (pl.Series([20190102] * 2), dt.date(2019, 1, 2)),
        (pl.Series([20190102.0] * 2), dt.date(2019, 1, 2)),
        (pl.Series(["2019年1月2日"] * 2), dt.date(2019, 1, 2)),
        (pl.Series([dt.date(1, 1, 1)] * 2), None),
    ],
    ids=["time", "integer", "float", "text", "year 1"],
)
def test_dates_are_understood_whatever_their_type(tmp_path, dates, day):
    found = read(tmp_path, 成立日期=dates)
    assert found.rows["open_date"].to_list() == [day] * 2
    assert ("not_a_date" in kinds(found)) is (day is None)


def test_whole_numbers_hold_codes_exactly(tmp_path):
    code = 915201020000000012
    for codes in (pl.Series([code, None]), pl.Series([Decimal(code), None])):
        found = read(tmp_path, 统一社会信用代码=codes)
        assert found.rows["credit_code"].to_list() == [str(code), None]
        assert not found.rows["code_precision_lost"].any()


def test_codes_in_a_column_of_floats_have_lost_their_tail_and_are_told(tmp_path):
    found = read(tmp_path, 统一社会信用代码=[915201020000000012.0, 123456789.0])
    assert found.rows["code_precision_lost"].to_list() == [True, False]
    assert found.rows["credit_code"][1] == "123456789"
    assert found.defects.filter(kind="code_precision_lost")["source_row"].to_list() == [2]


def test_a_number_that_is_no_amount_is_told(tmp_path):
    found = read(tmp_path, 工资总额=[float("inf"), -5.0])
    assert found.rows["declared_wages"].to_list() == [None, -5.0]
    assert {"not_a_number", "negative_number"} <= kinds(found)


def test_yes_and_no_are_what_they_say(tmp_path):
    path = write(tmp_path / "a.parquet", 企业名称=NAMES, 经营异常=[True, False], 注册资本=[1, 2])
    from gapmatch.read import read_extract

    rows = read_extract(Side.REGISTRY, [path], {}).rows
    assert rows["abnormal"].to_list() == [True, False]


def test_categories_lists_and_numbers_are_read_as_texts_where_texts_are_wanted(tmp_path):
    found = read(
        tmp_path,
        行业=pl.Series(["零售", None], dtype=pl.Categorical),
        曾用名=[["甲旧名商行", "甲老名商行"], None],
        联系电话=pl.Series([13800000000.0, None]),
    )
    assert found.rows["industry"].to_list() == ["零售", None]
    assert found.rows["former_names"].to_list() == ["甲旧名商行；甲老名商行", None]
    assert found.rows["phone"].to_list() == ["13800000000", None]


def test_a_total_at_the_end_is_left_out_and_blank_rows_are_counted(tmp_path):
    path = write(
        tmp_path / "a.parquet",
        纳税人名称=[NAMES[0], None, NAMES[1], "合计"],
        个税申报人数=[3, None, 12, 15],
    )
    found = read_tax(path)
    assert found.rows["name"].to_list() == NAMES
    assert (found.files[0].footers, found.files[0].blanks) == (1, 1)
    assert found.rows["source_row"].to_list() == [2, 4]


def test_a_parquet_says_the_same_as_the_workbook_that_it_was_made_of(tmp_path):
    text = read_tax(write_csv(tmp_path / "a.csv", [TAX_HEADER, *TAX_ROWS]))
    columns = dict(zip(TAX_HEADER, zip(*TAX_ROWS, strict=True), strict=True))
    native = read_tax(write(tmp_path / "a.parquet", **{k: list(v) for k, v in columns.items()}))
    same = pl.exclude("source_file")
    assert native.rows.select(same).equals(text.rows.select(same))


def test_a_swapped_file_is_recognised_by_its_schema(tmp_path):
    columns = {"单位编号": ["1"], "单位名称": ["甲"], "养老参保人数": [3], "失业参保人数": [3]}
    path = write(tmp_path / "a.parquet", **columns)
    with pytest.raises(InputError, match="像是参保单位清册"):
        read_tax(path)
    assert read_units(path).rows["pension_insured"].to_list() == [3]


def test_a_schema_without_known_headers_is_shown(tmp_path):
    with pytest.raises(InputError, match=r"第 1 行：aa \| bb"):
        read_tax(write(tmp_path / "a.parquet", aa=["x"], bb=[1]))


# -- folders


def folder(tmp_path, parts=3):
    for number in range(parts):
        write(
            tmp_path / f"税务/part-{number:02d}.parquet",
            纳税人名称=[f"甲城第{number}试验有限公司"],
            成立日期=[dt.date(2019, 1, 1 + number)],
        )
    return tmp_path / "税务"


def test_the_files_of_a_folder_are_one_source_in_their_order(tmp_path):
    found = read_tax(folder(tmp_path, 12))
    assert found.rows["source_file"].to_list() == [f"part-{n:02d}.parquet" for n in range(12)]
    assert found.rows["open_date"].dt.day().to_list() == list(range(1, 13))
    assert balanced(found)


@pytest.mark.parametrize(
    "damage", [lambda b: b[:-20], lambda b: b[:4] + bytes(len(b) - 8) + b[-4:], lambda b: b[:30]]
)
def test_one_broken_file_of_a_folder_is_named_with_what_to_do(tmp_path, damage):
    parts = folder(tmp_path)
    broken = parts / "part-01.parquet"
    broken.write_bytes(damage(broken.read_bytes()))
    with pytest.raises(InputError, match="Parquet 文件已损坏") as caught:
        read_tax(parts)
    assert caught.value.file == broken
    assert "part-01.parquet" in caught.value.message
    assert "重新导出" in caught.value.remedy


def test_the_first_file_at_fault_is_told(tmp_path):
    parts = folder(tmp_path, 6)
    for number in (2, 4):
        (parts / f"part-{number:02d}.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(InputError) as caught:
        read_tax(parts)
    assert caught.value.file == parts / "part-02.parquet"


def test_a_file_that_lacks_columns_is_named_with_them_and_its_rows_are_kept(tmp_path):
    parts = folder(tmp_path)
    write(parts / "part-03.parquet", 纳税人名称=["甲城另一试验商行"], 个税申报人数=[5])
    found = read_tax(parts)
    assert found.rows.height == 4
    assert found.rows["open_date"].null_count() == 1
    told = found.defects.filter(kind="columns_missing").sort("source_file")
    assert told["source_file"].to_list() == [f"part-{n:02d}.parquet" for n in range(4)]
    assert "本文件没有：个税申报人数" in told["defect"][0]
    assert "本文件没有：成立日期" in told["defect"][3]


def test_a_missing_column_is_told_in_the_language_of_the_run(tmp_path):
    write(tmp_path / "税务/a.parquet", 纳税人名称=["甲城试验商行"], 个税申报人数=[5])
    write(tmp_path / "税务/b.parquet", 纳税人名称=["乙城试验商行"])
    with use_language("en"):
        (defect,) = read_tax(tmp_path / "税务").defects.filter(kind="columns_missing")["defect"]
    assert defect == "other files of this source have these columns, this one lacks them: 个税申报人数"  # fmt: skip


def test_files_of_other_kinds_are_told_their_missing_columns_too(tmp_path):
    write_csv(tmp_path / "税务/a.csv", [TAX_HEADER, TAX_ROWS[0]])
    write_csv(tmp_path / "税务/b.csv", [TAX_HEADER[:3], TAX_ROWS[1][:3]])
    told = read_tax(tmp_path / "税务").defects.filter(kind="columns_missing")
    assert told["source_file"].to_list() == ["b.csv"]


def test_types_may_differ_from_file_to_file(tmp_path):
    write(tmp_path / "税务/a.parquet", 纳税人名称=["甲城试验商行"], 个税申报人数=[5])
    write(tmp_path / "税务/b.parquet", 纳税人名称=["乙城试验商行"], 个税申报人数=["6人"])
    assert read_tax(tmp_path / "税务").rows["declared_headcount"].to_list() == [5, 6]


def test_an_empty_part_of_a_folder_is_no_error_but_an_empty_source_is(tmp_path):
    parts = folder(tmp_path, 2)
    pl.read_parquet(parts / "part-00.parquet").clear().write_parquet(parts / "part-00.parquet")
    found = read_tax(parts)
    assert found.rows["source_file"].to_list() == ["part-01.parquet"]
    assert balanced(found)
    with pytest.raises(InputError, match="只有表头，没有数据行"):
        read_tax(parts / "part-00.parquet")


def test_files_of_the_same_name_go_by_as_many_folders_as_it_takes(tmp_path):
    for year in ("2021", "2022"):
        write(tmp_path / year / "县/p.parquet", 纳税人名称=[f"甲城{year}试验商行"])
    write(tmp_path / "2022/区/p.parquet", 纳税人名称=["甲城区试验商行"])
    names = read_tax(tmp_path).rows["source_file"].to_list()
    assert sorted(names) == ["2021/县/p.parquet", "2022/县/p.parquet", "区/p.parquet"]


# -- elsewhere


def test_files_may_be_read_elsewhere_and_come_together_here(tmp_path):
    parts = folder(tmp_path)
    aliases = load_aliases(Side.TAX, {})
    sent = [pickle.dumps((Side.TAX, file, aliases)) for file in list_files([parts])]
    back = [pickle.dumps(read_file(*pickle.loads(job))) for job in sent]
    found = assemble(Side.TAX, [pickle.loads(answer) for answer in back], "zh")
    here = read_tax(parts)
    assert found.rows.equals(here.rows)
    assert found.defects.equals(here.defects)
    assert found.files == here.files


@pytest.mark.parametrize("zone", [None, "Asia/Shanghai", "UTC"])
def test_a_day_of_china_stays_the_day_whatever_the_zone_of_its_column(tmp_path, zone):
    days = pl.Series([dt.datetime(2015, 6, 3), dt.datetime(2016, 7, 4)])
    if zone is not None:
        days = days.dt.replace_time_zone("Asia/Shanghai").dt.convert_time_zone(zone)
    frame = pl.DataFrame({"纳税人名称": ["甲城试验商行", "乙县试验商行"], "开业日期": days})
    frame.write_parquet(tmp_path / "a.parquet")
    found = read_tax(tmp_path / "a.parquet").rows["open_date"].to_list()
    assert found == [dt.date(2015, 6, 3), dt.date(2016, 7, 4)]


@pytest.mark.parametrize(
    ("column", "values", "why"),
    [
        ("统一社会信用代码", [[1], None], "a list of numbers"),
        ("联系电话", [{"手机": "13800000000"}, None], "a structure of an optional column"),
    ],
)
def test_a_nested_column_is_named_with_the_way_out(tmp_path, column, values, why):
    with pytest.raises(InputError) as caught:
        read(tmp_path, **{column: values})
    assert column in caught.value.message, why
    assert "文字列" in caught.value.remedy, why


def test_a_nested_column_that_is_not_read_is_no_matter(tmp_path):
    assert read(tmp_path, 个税申报人数=[5, 6], 附件=[[1], [2]]).rows.height == 2
