"""Months in texts, with or without a year: 202212, 2022年10-12月, 十二月, 第四季度.

A month without a year orders the rows of a list, but is no date: its year is ``0000``.
"""

import re
import unicodedata
from collections.abc import Callable

import polars as pl

from gapmatch.read import values
from gapmatch.read.source_names import add_named_value
from gapmatch.vocabulary.chinese_numbers import parse_chinese_number

NO_YEAR = "0000"
_LAST_OF_RANGE = re.compile(r"^.*?\d月?份?\s*(?:至|到|~|—|--|-(?=\d{1,2}月$))\s*(?P<last>.*\d.*)$")
_NUMBERED_RANGE = re.compile(r"^(?:\d{6}|\d{8})-(?P<last>\d{6}|\d{8})$")
_MONTH = re.compile(
    r"(?:(?P<year>20\d\d)年?度?)?"
    r"(?:(?P<month>1[0-2]|0?[1-9])(?:月份?)?|(?P<word>十[一二]?|[一二三四五六七八九])月份?)"
)
_QUARTER = re.compile(
    r"(?:(?P<year>20\d\d)年?度?)?(?:第?(?P<word>[1-4一二三四])季度?|Q(?P<number>[1-4]))"
)
# As Excel writes months to text files: Dec-22, 22-Dec, Dec 2022, 12/22, 22/12.
_NAMED_MONTH = re.compile(
    rf"(?:(?P<name>{'|'.join(values.MONTHS)})[A-Z]*[-/.' ]*(?P<year>20\d\d|\d\d)"
    rf"|(?P<year_first>20\d\d|\d\d)[-/.' ]*(?P<name_last>{'|'.join(values.MONTHS)})[A-Z]*)",
    re.I,
)
_TWO_PAIRS = re.compile(r"(\d{1,2})[-/.](\d{1,2})")
_IN_NAME = re.compile(
    r"(?<!\d)(?:(?:20\d\d)年?[-_.]?)?(?:1[0-2]|0?[1-9])月|(?<!\d)20\d\d(?:0[1-9]|1[0-2])(?!\d)"
    r"|十[一二]?月|[一二三四五六七八九十]月"
)


def parse_month(text: str) -> str | None:
    """Return the month in ``text`` (of a range its last) as YYYYMM, 000001… without a year."""
    plain = "".join(unicodedata.normalize("NFKC", text).split())
    found = _NUMBERED_RANGE.match(plain) or _LAST_OF_RANGE.match(plain)
    last = found["last"] if found else plain
    if found := _NAMED_MONTH.fullmatch(last):
        name = found["name"] or found["name_last"]
        year = int(found["year"] or found["year_first"])
        return f"{year if year > 99 else 2000 + year}{values.MONTHS[name.upper()]:02d}"
    if day := values.parse_date(last):
        return f"{day:%Y%m}"
    if (month := _MONTH.fullmatch(last)) is not None:
        number = parse_chinese_number(month["month"] or month["word"]) or 0
        return (month["year"] or _find_year(plain)) + f"{number:02d}"
    if (quarter := _QUARTER.fullmatch(last)) is not None:
        number = 3 * (parse_chinese_number(quarter["number"] or quarter["word"]) or 0)
        return (quarter["year"] or NO_YEAR) + f"{number:02d}"
    return None


def _find_year(text: str) -> str:
    found = re.match(r"20\d\d", text)
    return found[0] if found else NO_YEAR


def parse_months(given: pl.Series) -> pl.Series:
    """Return texts, numbers or dates as months; null if blank or none."""
    if given.dtype.is_temporal():
        return values.parse_dates(given).dt.strftime("%Y%m")
    texts = values.format_texts(given)
    distinct = texts.drop_nulls().unique(maintain_order=True)
    months = pl.Series([parse_month(text) for text in distinct], dtype=pl.String)
    if months.null_count():
        months = months.fill_null(_parse_pairs(distinct))
    return texts.replace_strict(distinct, months, default=None, return_dtype=pl.String)


def _parse_pairs(texts: pl.Series) -> pl.Series:
    """Return texts such as 12/22 and 22/12 as months, by the side on which no month can stand."""
    pairs = [_TWO_PAIRS.fullmatch(text.strip()) for text in texts]
    sides = [[int(p[side]) for p in pairs if p] for side in (1, 2)]
    is_month = [all(1 <= number <= 12 for number in side) for side in sides]
    if is_month[0] == is_month[1]:
        return pl.Series([None] * len(texts), dtype=pl.String)
    month, year = (1, 2) if is_month[0] else (2, 1)
    return pl.Series([f"20{int(p[year]):02d}{int(p[month]):02d}" if p else None for p in pairs])


def get_date_parser(canonical: str) -> Callable[[pl.Series], pl.Series]:
    """Return what reads the dates of a column: months may lack their year."""
    return parse_months if canonical == "last_paid_month" else values.parse_dates


def are_months(texts: pl.Series) -> bool:
    """Whether nearly all texts are months, and they are not all the same."""
    months = parse_months(texts.drop_nulls())
    return len(months) > 1 and months.null_count() * 10 <= len(months) and months.n_unique() > 1


def infer_months(rows: pl.DataFrame) -> pl.DataFrame:
    """Give rows without a month the one of their sheet or file, if all are named so."""
    if "last_paid_month" in rows.columns and rows["last_paid_month"].null_count() < rows.height:
        return rows
    return add_named_value(rows, "last_paid_month", _find_month)


def _find_month(text: str) -> str | None:
    found = _IN_NAME.search(text)
    return parse_month(found[0]) if found else None


def drop_yearless(rows: pl.DataFrame) -> pl.DataFrame:
    """Return ``rows`` without months that lack a year: they have served their purpose."""
    if "last_paid_month" not in rows.columns:
        return rows
    month = pl.col("last_paid_month")
    return rows.with_columns(last_paid_month=pl.when(~month.str.starts_with(NO_YEAR)).then(month))
