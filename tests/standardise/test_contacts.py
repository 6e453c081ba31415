"""Persons, phones and addresses in the form in which they are compared."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gapmatch.standardise.contacts import normalise_addresses, normalise_persons, normalise_phones


def only(function, value):
    return function(pl.Series("given", [value], dtype=pl.String))[0]


@pytest.mark.parametrize(
    ("given_phone", "digits", "why"),
    [
        ("13800000001", "13800000001", "as it should be"),
        ("+86 138-0000-0001", "13800000001", "country code, blanks, dashes"),
        ("008613800000001", "13800000001", "country code as dialled"),
        ("013800000001", "13800000001", "a zero in front of a mobile number"),
        ("１３８００００００01", "13800000001", "full-width digits"),
        ("13800000001.0", "13800000001", "what is left of a float"),
        ("13800000001/13900000002", "13800000001", "two numbers: the first"),
        ("13800000001 13900000002", "13800000001", "two numbers with a blank only"),
        ("13800000001、0851-28600001", "13800000001", "two numbers of two kinds"),
        ("0851-28600001转801", "085128600001", "an extension"),
        ("(0851)28600001", "085128600001", "area code in brackets"),
        ("28600001", "28600001", "no area code"),
        ("电话:13800000001", "13800000001", "a word in front"),
        ("11111111111", None, "one digit only is no number"),
        ("123456", None, "too short"),
        ("无", None, "none"),
        ("", None, "empty"),
        (None, None, "blank"),
    ],
)
def test_a_phone_is_its_digits(given_phone, digits, why):
    assert only(normalise_phones, given_phone) == digits, why


@pytest.mark.parametrize(
    ("given_person", "person", "why"),
    [
        ("王 砚生", "王砚生", "blank inside"),
        ("王砚生（法人）", "王砚生", "remark in brackets"),
        ("王砚生、李青石", "王砚生", "two persons: the first"),
        ("阿依·买买提", "阿依买买提", "dot of a Uyghur name"),
        ("阿依•买买提", "阿依买买提", "another dot"),
        ("John Veltrix", "JOHNVELTRIX", "Latin"),
        ("王", "王", "one character may be all that the list gives"),
        ("待补", None, "placeholder"),
        ("不详", None, "placeholder"),
        ("无", None, "placeholder"),
        ("-", None, "dash"),
        ("000", None, "zeros"),
        ("", None, "empty"),
        (None, None, "blank"),
    ],
)
def test_a_person_is_a_name_without_remarks(given_person, person, why):
    assert only(normalise_persons, given_person) == person, why


@pytest.mark.parametrize(
    ("address", "text", "why"),
    [
        ("贵州省遵义市汇川区砚田路12号", "砚田路12号", "all levels"),
        ("遵义市汇川区砚田路12号", "砚田路12号", "no province"),
        ("汇川区砚田路12号", "砚田路12号", "county only"),
        ("砚田路12号", "砚田路12号", "no region"),
        ("贵州省黔东南苗族侗族自治州凯里市砚田路3号", "砚田路3号", "autonomous prefecture"),
        ("道真仡佬族苗族自治县砚田镇5号", "砚田镇5号", "autonomous county"),
        ("新疆维吾尔自治区喀什地区喀什市砚田路", "砚田路", "autonomous region"),
        ("内蒙古自治区锡林郭勒盟多伦县砚田路1号", "砚田路1号", "league"),
        ("北京市朝阳区砚田路1号", "砚田路1号", "municipality"),
        ("汇川区 砚田路，12号", "砚田路12号", "blanks and punctuation"),
        ("汇川区砚田路１２号", "砚田路12号", "full-width digits"),
        ("城市花园小区3栋", "城市花园小区3栋", "小区 is no county, nor 城市 a city"),
        ("桐梓县砚田镇小区路3号", "砚田镇小区路3号", "only one county comes off"),
        ("汇川区小城市广场", "小城市广场", "小城市 is no city"),
        ("新区大道9号", "新区大道9号", "新区 alone is no county"),
        ("贵州省遵义市汇川区", None, "a region is no address"),
        ("不详", None, "placeholder"),
        ("", None, "empty"),
        (None, None, "blank"),
    ],
)
def test_an_address_is_what_stands_behind_its_regions(address, text, why):
    assert only(normalise_addresses, address) == text, why


@given(st.lists(st.one_of(st.none(), st.text(max_size=30)), min_size=1, max_size=20))
@settings(max_examples=50, deadline=None)
def test_any_contact_is_read_row_by_row(values):
    column = pl.Series("given", values, dtype=pl.String)
    for function in (normalise_phones, normalise_persons, normalise_addresses):
        assert function(column).to_list() == [only(function, value) for value in values]
