"""Texts of cells become numbers, dates and codes; what cannot be read becomes nothing, never something else."""

from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapmatch.read import values


@pytest.mark.parametrize(
    ("given_text", "number", "why"),
    [
        ("12", 12, "plain"),
        ("1,234.50", 1234.5, "thousands separators"),
        ("1，234", 1234, "full-width separator"),
        ("１２", 12, "full-width digits"),
        ("12人", 12, "unit of persons"),
        ("3 户", 3, "space before the unit"),
        ("1.2万", 12000, "ten thousands"),
        ("1.2万元", 12000, "ten thousands of yuan"),
        ("3亿", 3e8, "hundred millions"),
        ("500万元人民币", 5_000_000, "registered capital"),
        ("5000000元", 5_000_000, "yuan"),
        ("￥1,000.00", 1000, "currency sign"),
        ("¥-20", -20, "negative behind the sign"),
        ("(300)", -300, "negative of accountants"),
        ("（300）", -300, "the same in full width"),
        ("1.5E+05", 150000, "scientific"),
        ("+7", 7, "plus sign"),
        ("10-20人", None, "a range is no number"),
        ("约20", None, "nothing is guessed"),
        ("正常", None, "text"),
        ("千", None, "unit alone"),
        ("1.2.3", None, "no number"),
        ("", None, "blank"),
    ],
)
def test_a_number_is_read_as_people_write_it(given_text, number, why):
    assert values.parse_number(given_text) == number, why


@pytest.mark.parametrize(
    ("given_text", "day", "why"),
    [
        ("2019-01-02", date(2019, 1, 2), "ISO"),
        ("2019-01-02 00:00:00", date(2019, 1, 2), "cell of a date"),
        ("2019-01-02 13:14:15.0", date(2019, 1, 2), "with a time"),
        ("2019-01-02T13:14:15Z", date(2019, 1, 2), "with a time, ISO"),
        ("2019-01-01T16:00:00.000Z", date(2019, 1, 2), "midnight in China, as Greenwich has it"),
        ("2019 年 1 月 2 日", date(2019, 1, 2), "spaces around the characters"),
        ("2019/1/2", date(2019, 1, 2), "slashes"),
        ("2019/1/2 0:00", date(2019, 1, 2), "slashes and a time"),
        ("2019.1.2", date(2019, 1, 2), "dots"),
        ("2019年1月2日", date(2019, 1, 2), "Chinese"),
        ("2019年1月2日 星期三", date(2019, 1, 2), "with its weekday"),
        ("2019-01-02 (周三) 00:00:00", date(2019, 1, 2), "with its weekday before the time"),
        ("星期三", None, "a weekday alone"),
        ("２０１９年１月２日", date(2019, 1, 2), "full width"),
        ("2019年 1月 2日", date(2019, 1, 2), "with spaces"),
        ("2019年1月", date(2019, 1, 1), "month"),
        ("2019-01", date(2019, 1, 1), "month"),
        ("201901", date(2019, 1, 1), "month without a sign"),
        ("20190102", date(2019, 1, 2), "compact"),
        ("20190102.0", date(2019, 1, 2), "compact, stored as a float"),
        ("20190102131415", date(2019, 1, 2), "compact with a time"),
        ("43467", date(2019, 1, 2), "Excel serial"),
        ("43467.5", date(2019, 1, 2), "Excel serial with a time"),
        ("02-1月 -19", date(2019, 1, 2), "Oracle"),
        ("02-1月-98", date(1998, 1, 2), "Oracle, last century"),
        ("2019-02-30", None, "no such day"),
        ("2019-13-01", None, "no such month"),
        ("0000-00-00", None, "filler"),
        ("9999-12-31", None, "filler"),
        ("12", None, "no date"),
        ("长期", None, "text"),
    ],
)
def test_a_date_is_read_as_people_write_it(given_text, day, why):
    assert values.parse_date(given_text) == day, why


@given(st.dates(date(1950, 1, 1), date(2099, 12, 31)))
def test_every_way_to_write_a_day_gives_the_same_day(day):
    serial = (day - date(1899, 12, 30)).days
    ways = [
        day.isoformat(),
        f"{day.year}/{day.month}/{day.day}",
        f"{day.year}年{day.month}月{day.day}日",
        f"{day:%Y%m%d}",
        str(serial),
        f"{day.isoformat()} 00:00:00",
    ]
    series = values.parse_dates(pl.Series(ways))
    assert series.to_list() == [day] * len(ways)
    assert day + timedelta(0) == day


@given(st.lists(st.one_of(st.none(), st.text(max_size=12)), max_size=8))
def test_any_text_whatever_is_read_without_a_crash(texts):
    series = pl.Series(texts, dtype=pl.String)
    for read in (
        values.parse_numbers,
        values.parse_dates,
        values.strip_codes,
        values.strip_phones,
        values.parse_flags,
    ):
        assert len(read(series)) == len(texts)


@given(st.integers(-(10**14), 10**14))
def test_a_whole_number_survives_thousands_separators(number):
    assert values.parse_number(f"{number:,}") == number


@pytest.mark.parametrize(
    ("given_text", "code", "why"),
    [
        (" 91520102MA6TEST10X ", "91520102MA6TEST10X", "spaces around"),
        ("'91520102MA6TEST10X", "91520102MA6TEST10X", "apostrophe that makes Excel keep a text"),
        ('="520102000000001"', "520102000000001", "formula that makes Excel keep a text"),
        ("520102000000001.0", "520102000000001", "float"),
        ("9.15201E+17", "915201000000000000", "scientific notation written out"),
        ("56093035-3", "56093035-3", "dashes stay: standardising is another stage's work"),
        ("5E1234567", "5E1234567", "an organisation code is no number"),
        ("　", None, "blank"),
    ],
)
def test_a_code_is_kept_as_given_but_for_what_surrounds_it(given_text, code, why):
    assert values.strip_codes(pl.Series([given_text])).to_list() == [code], why


@pytest.mark.parametrize(
    ("given_text", "phone"),
    [
        ("13800000000.0", "13800000000"),
        ("1.38E+10", "13800000000"),
        ("0851-1234567 ", "0851-1234567"),
    ],
)
def test_a_phone_stored_as_a_float_is_whole_again(given_text, phone):
    assert values.strip_phones(pl.Series([given_text])).to_list() == [phone]


@pytest.mark.parametrize(
    ("given_text", "flag"),
    [("是", True), ("Y", True), ("1", True), ("否", False), ("n", False), ("0", False), ("无", False),
     ("未列入", False), ("已移出", False), ("通过登记的住所无法联系", True), (None, None)],
)  # fmt: skip
def test_yes_no_and_reasons_become_a_flag(given_text, flag):
    assert values.parse_flags(pl.Series([given_text], dtype=pl.String)).to_list() == [flag]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("一百二十万元", 1_200_000), ("壹佰贰拾万元整", 1_200_000), ("三亿五千万元", 350_000_000),
        ("人民币伍拾万元整", 500_000), ("壹仟零伍圆整", 1_005), ("一千零五", 1_005),
        ("三万二千", 32_000), ("十二人", 12), ("二十", 20), ("两户", 2), ("五", 5),
        ("万", None), ("元", None), ("百", None), ("一二三", None), ("二〇二二", None),
        ("五金", None), ("十几人", None), ("一千二", 1_200), ("两万五", 25_000), ("一亿二", 120_000_000),
        ("一万二千五百元", 12_500), ("一万二万", None), ("一百一千", None), ("二百百", None), ("零", 0),
    ],
)  # fmt: skip
def test_numbers_written_out_in_chinese_are_read_and_nothing_else_is(text, number):
    assert values.parse_number(text) == number
