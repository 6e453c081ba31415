"""Public bodies without a credit code, by their names."""

import polars as pl
import pytest

from gapmatch.status.public_bodies import classify_names

CASES = [
    # region, name without it, legal form, code, column that holds, why
    ("白岩县", "人民政府", "", None, "public_name", "a government"),
    ("白岩县", "青石镇人民政府", "", None, "public_name", "a town's"),
    ("白岩县", "财政局", "", None, "public_name", "a bureau"),
    ("白岩县", "市场监督管理局城关分局", "", None, None, "a branch is not told by its name's end"),
    ("白岩市", "公安局河东分局", "", None, None, "nor is one of the police"),
    ("白岩县", "农牧和科技局", "", None, "public_name", "a bureau of two subjects"),
    ("白岩县", "供电局", "", None, None, "an enterprise is called so, too"),
    ("白岩县", "青石镇卫生院", "", None, "public_name", "a town's health centre"),
    ("白岩县", "人民医院", "", None, "public_name", "a people's hospital"),
    ("白岩县", "中医院", "", None, "perhaps_public", "public, or private without a trade name"),
    ("白岩县", "第二小学", "", None, "perhaps_public", "a numbered school"),
    ("白岩县", "仁和医院", "", None, None, "a trade name: private"),
    ("白岩县", "新星幼儿园", "", None, None, "a private nursery"),
    (None, "小学", "", None, None, "no place says whose it is"),
    ("白岩县", "财政局", "", "91520000MA6G000007", None, "the code says that it is a company"),
    ("白岩县", "中医院", "有限公司", None, None, "a company by its form"),
]


@pytest.mark.parametrize(("region", "rest", "form", "code", "column", "why"), CASES)
def test_a_name_alone_tells_a_public_body_or_that_it_may_be_one(
    region, rest, form, code, column, why
):
    row = {"uscc": code, "region": region, "core": rest, "legal_form": form, "name_town": ""}
    firms = pl.DataFrame([{**row, "clean_name": f"{region or ''}{rest}{form}"}]).cast(pl.String)
    flags = firms.select(**classify_names()).row(0, named=True)
    assert [name for name, holds in flags.items() if holds] == ([column] if column else []), why


def test_the_town_before_a_school_is_no_trade_name():
    town = {"uscc": None, "region": None, "legal_form": None, "name_town": "青石镇"}
    firms = pl.DataFrame([{**town, "core": "青石镇中心小学", "clean_name": "青石镇中心小学"}])
    firms = firms.cast(pl.String)
    assert firms.select(**classify_names())["perhaps_public"].item()
