"""What people write into cells: texts made comparable, dates and numbers as staff write them."""

import csv
import re
import unicodedata
from datetime import date, timedelta
from functools import cache
from typing import NamedTuple

from gapmatch.resources import find_config_file

_EXCEL_DAY_ZERO = date(1899, 12, 30)
_DIGITS = {"零": 0, "〇": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7}
_DIGITS |= {"八": 8, "九": 9}
_UNITS = {"十": 10, "百": 100, "千": 1_000, "万": 10_000}


class Synonym(NamedTuple):
    """The meaning of a word of ``config/entry_words.csv``, and whether it is unambiguous."""

    value: str
    sure: bool


def fold_text(text: str) -> str:
    """Return text for comparing: half-width, lower case, without spaces."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def find_synonym(entry: str, text: str) -> Synonym | None:
    """Return what ``text`` stands for in a column of ``entry`` (``outcome``, ``verdict``, …)."""
    return _load_synonyms().get((entry, fold_text(text)))


@cache
def _load_synonyms() -> dict[tuple[str, str], Synonym]:
    text = find_config_file("entry_words.csv").read_text(encoding="utf-8-sig")
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    return {
        (row["entry"], fold_text(word)): Synonym(row["value"], row["sure"] == "1")
        for row in rows
        for word in row["words"].split("|")
    }


def parse_date(text: str, earliest: date | None = None) -> date | None:
    """Return the date of a cell: ISO, ``2023/2/1``, ``2023年2月1日``, ``20230201``, a serial.

    A day without a year (``10月18日``, ``10.18``) is the first such day from ``earliest`` on; if
    that is not given, the day is not known.
    """
    text = unicodedata.normalize("NFKC", text).strip()
    if match := re.match(r"(\d{4})\D{1,2}(\d{1,2})\D{1,2}(\d{1,2})(?!\d)", text):
        return _build_date(*(int(part) for part in match.groups()))
    if re.fullmatch(r"(19|20)\d{6}", text):
        return _build_date(int(text[:4]), int(text[4:6]), int(text[6:]))
    if re.fullmatch(r"\d{5}(\.\d+)?", text):  # days since 1899-12-30, as spreadsheets count
        return _EXCEL_DAY_ZERO + timedelta(days=int(float(text)))
    if earliest and (match := re.fullmatch(r"(\d{1,2})(?:月|[./-])(\d{1,2})[日号]?", text)):
        return _find_first_day(int(match[1]), int(match[2]), earliest)
    return None


def _build_date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _find_first_day(month: int, day: int, earliest: date) -> date | None:
    # 29 February comes round within eight years at the latest (1896-1904, 2096-2104).
    days = (_build_date(earliest.year + years, month, day) for years in range(9))
    return next((found for found in days if found and found >= earliest), None)


def parse_count(text: str) -> int | None:
    """Return the non-negative integer in a cell: ``3``, ``3.0``, ``3人``, ``五``."""
    text = unicodedata.normalize("NFKC", text).strip()
    if synonym := find_synonym("persons", text):
        return int(synonym.value)
    bare = re.sub(r"\s*[人名个位]$", "", text)
    if match := re.fullmatch(r"(\d{1,9})(?:\.0+)?", bare):
        return int(match[1])
    return _parse_numeral(bare)


def _parse_numeral(text: str) -> int | None:
    """Read a Chinese numeral below a hundred million: ``五``, ``十二``, ``一百零三``, ``两万``."""
    if not text or any(character not in _DIGITS | _UNITS for character in text):
        return None
    total, section, digit = 0, 0, 0
    for character in text:
        if character in _DIGITS:
            digit = _DIGITS[character]
        elif character == "万":
            total, section, digit = (section + digit) * 10_000, 0, 0
        else:
            section += (digit or 1) * _UNITS[character]
            digit = 0
    return total + section + digit
