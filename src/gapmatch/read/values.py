"""Texts of cells to numbers, dates and codes: distinct odd values once, the rest in bulk."""

import re
import unicodedata
from collections.abc import Callable
from datetime import date, timedelta

import polars as pl

from gapmatch.read.knowledge import load_knowledge
from gapmatch.vocabulary.chinese_numbers import NUMERALS, TO_DIGITS, parse_chinese_number

# Digits spelt out: for \d polars looks for those of all scripts, which takes five times as long.
_SCIENTIFIC = r"^([0-9](\.[0-9]+)?[eE]\+[0-9]{1,2}|[0-9]+\.[0-9]+[eE]\+?[0-9]{1,2})$"
_EXCEL_EPOCH = date(1899, 12, 30)
# Serials from 1927-05-18 to 2119-12-30; smaller ones are more likely counts or years.
_SERIALS = range(10_000, 80_400)
# Databases and programs write 1900-01-01 for no date.
_YEARS = range(1901, 2100)
_ZONE = "Asia/Shanghai"
# What Excel and exports put around a code to mark it as text: '9152…, ="9152…", spaces, tabs.
_QUOTES = " \t\r\n\u3000\ufeff\u200b'’‘`＇\"“”="

_NUMBER = re.compile(
    r"(?:RMB|CNY|人民币)?[¥￥$]?(?P<sign>[+-]?)[¥￥$]?(?P<digits>\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+)"
    r"(?P<unit>[百千万亿]{0,2}元?)(?:整|人民币|人|人次|户|名|个|个月|月|期|次|岁)?(?:人民币|美元|港元|欧元|日元)?"
)
# As books mark amounts below zero: △300, 负300, 300-, −300 with the sign of mathematics.
_MINUS = re.compile(r"[−△▲负](?P<before>[¥￥]?\d.*)|(?P<behind>\d[\d.,]*)-")
# "375.308,62": written with a comma for the point, or cut; nothing to be guessed.
_DECIMAL_COMMA = re.compile(r",\d{1,2}(?!\d)|\.\d*,")
_BRACKETED_UNIT = re.compile(r"[(\[]((?:[^()\[\]]*[元万亿人户个月期次币][^()\[\]]*))[)\]]$")
_YMD = re.compile(
    r"(\d{4})[-/.年_](\d{1,2})(?:[-/.月_](\d{1,2})日?)?月?"
    r"(?:[T ]?(?:上午|下午|AM|PM)? ?\d{1,2}[:时].*|[+Z].*)?"
)
# A day in Greenwich; from 16 o'clock on it is the next day in China.
_UTC = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})[T ](?P<hour>\d{2}):\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|\+00:?00)"
)
_UTC_HOURS_LEFT = 16
_DMY = re.compile(r"(\d{1,2})-(\d{1,2})月-(\d{2}|\d{4})")
# As programs write days: Nov 19, 2020; 19-NOV-2020; Thu Nov 19 00:00:00 CST 2020; 19/11/2020;
# 19.11.2020.
MONTHS = {
    m: i
    for i, m in enumerate(
        ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"], 1
    )
}
_MONTH = f"(?P<month>{'|'.join(MONTHS)})[A-Z]*"
_NAMED = tuple(
    re.compile(pattern, re.I)
    for pattern in (
        rf"{_MONTH}\.?[ -](?P<day>\d{{1,2}}),?[ -](?P<year>\d{{4}})(?: .*)?",
        rf"(?P<day>\d{{1,2}})[ -]{_MONTH}\.?,?[ -](?P<year>\d{{4}}|\d{{2}})(?: .*)?",
        rf"(?:[A-Z]{{3}},? )?{_MONTH} (?P<day>\d{{1,2}})"
        r" \d\d:\d\d:\d\d(?: [A-Z+\d:]+)? (?P<year>\d{4})",
    )
)
_WEEKDAY = re.compile(r"[ ,(]*(?:星期|周)[一二三四五六日天]\)?")
_NUMBERED = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?: .*)?")
_EPOCH = re.compile(r"(?:/Date\()?(\d{10}|\d{13})(?:[+-]\d{4})?(?:\)/)?")
_NUMERALS = re.compile(rf"([{NUMERALS}]{{4}})年([{NUMERALS}]{{1,3}})月(?:([{NUMERALS}]{{1,3}})日)?")
_SPELT = re.compile(
    rf"(?:人民币)?(?P<number>[{NUMERALS}]+)(?P<unit>(?:[元圆]整?|人|户|名|个|个月|月|期|次)?)"
)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})?(?:\d{6})?")


def parse_number(text: str) -> float | None:
    """Return the number in ``text`` ("1,234人", "１２", "1.2万", "(300)"), or None.

    Units of money count: "1.2万" is 12000. Nothing is guessed: "10-20人" is None.
    """
    plain = re.sub(r"[\s，'’]", "", unicodedata.normalize("NFKC", text))
    if spelt := _SPELT.fullmatch(plain):
        numeral = parse_chinese_number(spelt["number"])
        plain = plain if numeral is None else f"{numeral}{spelt['unit'].replace('圆', '元')}"
    if found := _MINUS.fullmatch(plain):
        plain = "-" + (found["before"] or found["behind"])
    if _DECIMAL_COMMA.search(plain):
        return None
    plain = plain.replace(",", "")
    plain = _BRACKETED_UNIT.sub(r"\1", plain)
    negative = plain.startswith("(") and plain.endswith(")")
    found = _NUMBER.fullmatch(plain.strip("()") if negative else plain)
    if found is None:
        return None
    factor = load_knowledge().units.get(found["unit"]) if found["unit"] else 1.0
    if factor is None:
        return None
    number = float(found["digits"]) if factor == 1 else round(float(found["digits"]) * factor, 4)
    return -number if negative or found["sign"] == "-" else number


def parse_date(text: str) -> date | None:
    """Return the date in ``text``, or None; a month without a day is its first day.

    "2019/1/2", "2019年1月2日", "20190102", "2019-01", "2019.1", "2019-01-02 10:00:00",
    "02-1月-19" and Excel serials ("43467") are understood.
    """
    plain = unicodedata.normalize("NFKC", text).strip().replace(" -", "-").replace("- ", "-")
    plain = _WEEKDAY.sub("", plain)
    found = _YMD.fullmatch(re.sub(r"\s*([年月日])\s*", r"\1", plain))
    if found and not _UTC.fullmatch(plain):
        return _build_date(found[1], found[2], found[3] or "1")
    if found := _DMY.fullmatch(plain):
        year = int(found[3])
        century = 0 if year > 99 else 2000 if year < 50 else 1900
        return _build_date(str(year + century), found[2], found[1])
    serial = re.fullmatch(r"(\d{5})(?:\.\d+)?", plain)
    if serial and int(serial[1]) in _SERIALS:
        return _EXCEL_EPOCH + timedelta(days=int(serial[1]))
    if found := _COMPACT.fullmatch(plain.removesuffix(".0")):
        return _build_date(found[1], found[2], found[3] or "1")
    if found := _NUMERALS.fullmatch(plain):
        month, day = (parse_chinese_number(text or "一") or 0 for text in found.groups()[1:])
        return _build_date(found[1].translate(TO_DIGITS), str(month), str(day))
    return _parse_program_date(plain)


def _parse_program_date(text: str) -> date | None:
    """Return the day of a date as programs print it; None if day and month may be swapped."""
    if found := _UTC.fullmatch(text):
        return _build_date(*found.groups()[:3], days=int(found["hour"]) >= _UTC_HOURS_LEFT)
    for pattern in _NAMED:
        if found := pattern.fullmatch(text):
            month = MONTHS[found["month"].upper()]
            year = found["year"] if len(found["year"]) == 4 else _expand_year(found["year"])
            return _build_date(year, str(month), found["day"])
    if found := _NUMBERED.fullmatch(text):
        first, second = int(found[1]), int(found[2])
        if first > 12 or first == second:
            return _build_date(found[3], found[2], found[1])
        return _build_date(found[3], found[1], found[2]) if second > 12 else None
    if found := _EPOCH.fullmatch(text):
        seconds = int(found[1]) // (1000 if len(found[1]) == 13 else 1)
        # A day that begins in China is the evening before in UTC.
        return date(1970, 1, 1) + timedelta(days=(seconds + 8 * 3600) // 86_400)
    return None


def _expand_year(two: str) -> str:
    return str(int(two) + (2000 if int(two) < 50 else 1900))


def _build_date(year: str, month: str, day: str, *, days: int = 0) -> date | None:
    try:
        found = date(int(year), int(month), int(day)) + timedelta(days=days)
    except ValueError:
        return None
    return found if found.year in _YEARS else None


def format_texts(column: pl.Series) -> pl.Series:
    """Return a column as the texts that a sheet would show: 3 and not 3.0, 是 and not true."""
    if column.dtype == pl.String:
        return column
    if column.dtype == pl.Boolean:
        return column.replace_strict({True: "是", False: "否"}, return_dtype=pl.String)
    if column.dtype.is_float():
        integers = column.cast(pl.Int64, strict=False)
        exact = (integers == column).fill_null(value=False)
        return integers.cast(pl.String).zip_with(exact, column.cast(pl.String))
    return column.cast(pl.String, strict=False)


def is_native(column: pl.Series) -> bool:
    """Return whether a column holds numbers or dates themselves, and not texts of them."""
    return column.dtype.is_numeric() or column.dtype.is_temporal()


def parse_numbers(given: pl.Series) -> pl.Series:
    """Return texts or numbers as Float64; null if blank or unparsable."""
    texts = given if given.dtype.is_numeric() else format_texts(given)
    fast = texts.cast(pl.Float64, strict=False)
    fast = fast.set(~fast.is_finite(), None)
    return fast if given.dtype.is_numeric() else _parse_rest(texts, fast, parse_number)


def parse_dates(given: pl.Series) -> pl.Series:
    """Return texts or dates as Date; null if blank or unparsable."""
    if given.dtype in (pl.Date, pl.Datetime):
        if isinstance(given.dtype, pl.Datetime) and given.dtype.time_zone:
            given = given.dt.convert_time_zone(_ZONE).dt.replace_time_zone(None)
        days = given.cast(pl.Date)
        return days.set(~days.dt.year().is_in(_YEARS), None)
    texts = format_texts(given)
    found = texts.to_frame("text").select(
        day=pl.col("text").str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False),
        is_day=(pl.col("text").str.len_bytes() == 10) | pl.col("text").str.ends_with(" 00:00:00"),
    )
    odd = ~found["is_day"] | ~found["day"].dt.year().is_in(_YEARS)
    return _parse_rest(texts, found["day"].set(odd, None), parse_date)


def _parse_rest(texts: pl.Series, fast: pl.Series, parse: Callable[[str], object]) -> pl.Series:
    """Fill what the fast way left null by parsing each distinct text once."""
    odd = texts.filter(fast.is_null() & texts.is_not_null()).unique(maintain_order=True).to_list()
    if not odd:
        return fast
    parsed = pl.Series([parse(text) for text in odd], dtype=fast.dtype)
    slow = texts.replace_strict(pl.Series(odd), parsed, default=None, return_dtype=fast.dtype)
    return fast.zip_with(fast.is_not_null(), slow)


def parse_flags(texts: pl.Series) -> pl.Series:
    """Return yes/no texts as Boolean; any other text is a reason and so means yes."""
    upper = texts.str.to_uppercase()
    known = load_knowledge()
    negative = upper.is_in(list(known.no)) | texts.str.contains("^(未|没有|不|移出|已移出)")
    return ~negative


def strip_codes(texts: pl.Series) -> pl.Series:
    """Return codes without spaces, quotes, '=' and a float's '.0', scientific ones written out."""
    stripped = texts.str.strip_chars(_QUOTES)
    integers = stripped.str.replace(r"^([0-9]{8,})\.0+$", "$1")
    integers = integers.set(integers == "", None)
    odd = integers.filter(is_scientific(integers)).unique().to_list()
    return integers.replace({text: str(int(float(text))) for text in odd}) if odd else integers


def is_scientific(texts: pl.Series) -> pl.Series:
    """Return which texts are numbers in scientific notation (9.15E+17)."""
    return texts.str.contains(_SCIENTIFIC).fill_null(value=False)


def strip_phones(texts: pl.Series) -> pl.Series:
    """Return phones as given, without spaces around; floats ("13800000000.0") as whole numbers."""
    odd = (~texts.str.contains(r"^[0-9][0-9\-]*$")).fill_null(value=False).arg_true()
    stripped = texts.gather(odd).str.strip_chars(_QUOTES).str.replace(r"^([0-9]+)\.0+$", "$1")
    large = stripped.filter(is_scientific(stripped)).unique().to_list()
    integers = stripped.replace({t: str(int(float(t))) for t in large}) if large else stripped
    return texts.clone().scatter(odd, integers.set(integers == "", None))
