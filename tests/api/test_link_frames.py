"""Frames in memory are linked whatever library they are of, and whatever their columns are called."""

import datetime

import polars as pl
import pytest

import gapmatch
from gapmatch.api.frame_linkage import read_frame
from gapmatch.errors import InputError
from gapmatch.schemas import ENROLLMENT_ROWS, TAX_ROWS

NAMES = ["贵州甲秀建材有限公司", "安顺晨星餐饮店", None]
UNITS = pl.DataFrame({"name": ["晨光小学", "贵州甲秀建材有限责任公司"]})
OWN = {
    "企业名称": NAMES,
    "电话": [13800000001.0, float("nan"), 13800000003.0],
    "备注": ["", "", ""],
}
COLUMNS = {"name": "企业名称", "phone": "电话"}


def tax_rows_of(frame) -> list:
    return read_frame(frame, TAX_ROWS, "tax", COLUMNS).select("data_row", "name", "phone").rows()


def test_lazy_frames_are_linked_like_eager_ones():
    tax = pl.DataFrame({"name": NAMES[:2]})
    assert gapmatch.link(tax.lazy(), UNITS.lazy()).equals(gapmatch.link(tax, UNITS))


def test_columns_may_have_names_of_their_own():
    tax = pl.DataFrame({"企业名称": NAMES[:2]})
    units = UNITS.rename({"name": "单位名称"})
    columns = {"tax_columns": {"name": "企业名称"}, "enrollment_columns": {"name": "单位名称"}}
    expected = gapmatch.link(tax.rename({"企业名称": "name"}), UNITS)
    assert gapmatch.link(tax, units, **columns).equals(expected)


def test_numbers_that_stand_for_texts_are_texts():
    rows = [(1, NAMES[0], "13800000001"), (2, NAMES[1], None), (3, None, "13800000003")]
    assert tax_rows_of(pl.DataFrame(OWN)) == rows


def test_pandas_frames_are_read_if_pandas_is_there():
    pandas = pytest.importorskip("pandas")
    assert tax_rows_of(pandas.DataFrame(OWN)) == tax_rows_of(pl.DataFrame(OWN))
    kinds = {
        "name": pandas.Series(NAMES, dtype="string"),
        "open_date": pandas.to_datetime(["2020-01-31", None, "2021-02-28"]),
        "declared_headcount": pandas.Series([3, None, 5], dtype="Int64"),
        "credit_code": [91, "91X", None],
    }
    read = read_frame(pandas.DataFrame(kinds), TAX_ROWS, "tax", {})
    assert read["open_date"].to_list()[0] == datetime.date(2020, 1, 31)
    assert read["declared_headcount"].to_list() == [3, None, 5]
    assert read["credit_code"].to_list() == ["91", "91X", None]
    twice = pandas.DataFrame([["a", "b"]], columns=["name", "name"])
    with pytest.raises(InputError, match="同名的列：name"):
        read_frame(twice, TAX_ROWS, "tax", {})


def test_an_empty_pandas_frame_has_no_rows():
    pandas = pytest.importorskip("pandas")
    assert read_frame(pandas.DataFrame({"name": []}), TAX_ROWS, "tax", {}).height == 0


@pytest.mark.parametrize(
    ("frame", "columns", "words"),
    [
        ([{"name": "甲"}], {}, "不是可以比对的表：list"),
        (pl.DataFrame({"名称": ["甲"]}), {}, "缺少 name 列，现有：名称"),
        (pl.DataFrame({"名称": ["甲"]}), {"name": "企业名称"}, "缺少 企业名称 列，现有：名称"),
        (pl.DataFrame({"name": ["甲"]}), {"nmae": "name"}, "没有这样的标准列：nmae"),
        (pl.DataFrame({"name": ["甲"], "open_date": ["昨天"]}), {}, "open_date 列有不合格式的值：昨天"),
    ],
)  # fmt: skip
def test_what_cannot_be_linked_is_refused_in_words(frame, columns, words):
    with pytest.raises(InputError, match=words):
        read_frame(frame, TAX_ROWS, "tax", columns)


def test_columns_of_the_other_side_are_left_out():
    frame = pl.DataFrame({"name": ["甲"], "unit_id": ["1"], "sales": [1.0]})
    read = read_frame(frame, ENROLLMENT_ROWS, "enrollment", {})
    assert set(read.columns) == set(ENROLLMENT_ROWS.columns)
    assert read["unit_id"].to_list() == ["1"]
