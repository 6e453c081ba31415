"""Cells that people fill in: texts made comparable, dates and numbers as staff write them."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from typing import NamedTuple

from gapmatch.resources import read_csv_rows
from gapmatch.vocabulary.chinese_numbers import NUMERALS, TO_DIGITS, parse_chinese_number

_EXCEL_DAY_ZERO = date(1899, 12, 30)


class Synonym(NamedTuple):
    """The meaning of a word of ``config/entry_words.csv``, and whether it is unambiguous."""

    value: str
    sure: bool
    has_more: bool = False
    """Whether the cell holds something else."""


_STOPS = "。.!！;；,，、"
_REMARK = re.compile(r"\((?!\d+\))(?![^)]*[未不没待拟])[^)]*\)")
"""A remark in brackets that takes back nothing of what stands before it; a number is none."""

_LEAD = re.compile(r"^(?:\(?\d{1,2}[.、)]|[^:()]{2,6}:)")
"""The number of a choice, or the name of its column: 1.已注销, 走访结果：已注销."""

_TICKED = re.compile(r"[☑☒■✓✔√]([^□☐☑☒■✓✔√]+)")
"""A choice of several that is ticked, as the visit slips have them."""

_TAKEN_BACK = re.compile("[未不没无非否待拟疑]|[?？]")
"""What may turn into its opposite the words beside it."""

_DENIAL = r"(?:(?<!未)未|没有?|不(?![在归属了但仅])|无(?!人)|拒绝?)[^,，、;；。/不未]{0,8}?"
"""Before what is denied, in the same clause: 没有给员工参保, but not 不在本地参保, 不但参保."""

_PARTS = re.compile(r"[,、;/。]")

_TIME = re.compile(
    r"(?:星期|周)[一二三四五六日天]|[上中下]午.*$|[早晚]上.*$|[\sT]*\d{1,2}[:时点][\d:.分半]*$"
)

_NUMBER = re.compile(r"\d+[人名个]")
_TENSE = re.compile("^(?:已经|现已|目前|已|现)|了$")
_SPAN = re.compile(
    r"(?:大?半|[一二两三四五六七八九十几数\d]+个?)多?(?:年|月|季度|周|星期|天)半?(?:多|左右|以上)?"
)
"""For how long something holds: 停业半年."""

_NEAR = re.compile("[县区镇乡街路村号楼栋层本新附隔对旁\\d]")
"""In the name of a place, or beside it: it may lie in the prefecture."""

_MAX_PLACE_CHARS = 12
_NO_LABELS: Mapping[str, str] = {}
_NOTHING = re.compile(r"[-—–/\\_~.。·]+")


def fold_text(text: str) -> str:
    """Return text for comparing: half-width, lower case, without spaces."""
    folded = "".join(unicodedata.normalize("NFKC", text).casefold().split())
    return re.sub("^[己巳]", "已", folded)  # typed in place of 已参保


def find_synonym(entry: str, text: str, labels: Mapping[str, str] = _NO_LABELS) -> Synonym | None:
    """Return what ``text`` stands for in a column of ``entry`` (``outcome``, ``verdict``, …).

    ``labels``: the words to choose from, folded, with their values. Stops at the end do not matter.
    What is only found without a remark in brackets, a number of persons or what stands beside it
    is not sure.
    """
    folded = fold_text(text).rstrip(_STOPS)
    if synonym := _find_word(entry, folded, labels):
        return synonym
    parts = [part for part in _PARTS.split(folded) if part]
    by_part = {part: _find_word(entry, part, labels) for part in parts}
    values = {synonym.value for synonym in by_part.values() if synonym}
    others = [part for part, synonym in by_part.items() if not synonym]
    if len(values) != 1 or any(map(_TAKEN_BACK.search, others)):
        return None
    return Synonym(values.pop(), sure=False, has_more=True)


def _find_word(entry: str, folded: str, labels: Mapping[str, str]) -> Synonym | None:
    known = _load_synonyms()
    ticked = _TICKED.findall(folded)
    chosen = ticked[0] if len(ticked) == 1 else folded
    bare = _NUMBER.sub("", _REMARK.sub("", _LEAD.sub("", chosen))).strip(_STOPS)
    plain = _TENSE.sub("", folded)
    for word in (folded, plain, bare, _strip_span(entry, bare), folded.strip("()")):
        is_exact = word in (folded, plain)
        if word in labels:
            return Synonym(labels[word], sure=is_exact, has_more=not is_exact)
        if synonym := known.get((entry, word)):
            return synonym._replace(sure=synonym.sure and is_exact, has_more=not is_exact)
    for start, synonym in _list_openings(entry):
        if bare.startswith(start) and _is_far(bare.removeprefix(start)):
            return synonym._replace(has_more=True)
    return None


def _strip_span(entry: str, bare: str) -> str:
    """Return what holds without for how long; 参保三年 stays: no visit led to that enrollment."""
    held = _TENSE.sub("", bare)
    state = _TENSE.sub("", _SPAN.sub("", held))
    synonym = _load_synonyms().get((entry, state))
    is_visits_work = synonym is not None and synonym.value == "enrolled"
    return bare if is_visits_work and state != held else state


@cache
def _list_openings(entry: str) -> list[tuple[str, Synonym]]:
    """Return the words that a place follows."""
    words = (item for item in _load_synonyms().items() if item[0][0] == entry)
    return [(w.removesuffix(_PLACE), s) for (_kind, w), s in words if w.endswith(_PLACE)]


_PLACE = fold_text("…")


def _is_far(place: str) -> bool:
    return 1 < len(place) <= _MAX_PLACE_CHARS and not _NEAR.search(place)


def list_likely_values(text: str) -> list[str]:
    """Return the codes that an unknown outcome may stand for, by the pieces that it is made of.

    What a piece means once it is denied (没有参保, 不同意参保) stands under words of its own.
    """
    folded = fold_text(text)
    known = _load_synonyms().items()
    hints = (
        synonym.value
        for (kind, piece), synonym in known
        if piece in folded
        and kind == ("denied" if re.search(_DENIAL + re.escape(piece), folded) else "hint")
    )
    return [code for code in next(hints, "").split("+") if code]


def list_earlier_values(text: str) -> list[str]:
    """Return the codes of what a clause of ``text`` may mean that says it was so before a visit."""
    clauses = [clause for clause in _PARTS.split(fold_text(text)) if not _TAKEN_BACK.search(clause)]
    found = (
        synonym.value
        for (kind, piece), synonym in _load_synonyms().items()
        if kind == "earlier" and any(piece in clause for clause in clauses)
    )
    return [code for code in next(found, "").split("+") if code]


def is_blank_entry(entry: str, text: str) -> bool:
    """Whether a cell says that there is nothing to say: a dash, or that no one went yet."""
    synonym = find_synonym(entry, text)
    return _NOTHING.fullmatch(text) is not None or (synonym is not None and not synonym.value)


@cache
def list_heading_words() -> dict[str, str]:
    """Return what staff call the columns of their own lists, to machine names."""
    known = _load_synonyms().items()
    return {word: synonym.value for (entry, word), synonym in known if entry == "heading"}


@cache
def _load_synonyms() -> dict[tuple[str, str], Synonym]:
    return {
        (row["entry"], fold_text(word)): Synonym(row["value"], row["sure"] == "1")
        for row in read_csv_rows("entry_words.csv")
        for word in row["words"].split("|")
    }


def parse_dates(text: str, earliest: date | None = None) -> list[date]:
    """Return the days that a cell names, in its order; none unless all of it can be read."""
    if day := parse_date(text, earliest):
        return [day]
    parts = [
        part for part in re.split(r"[,，、;；和及至到~～—–]|(?<=[日号\d])-(?=\d)", text) if part
    ]
    days: list[date] = []
    for part in parts:
        day = parse_date(part, earliest)
        if not day and days and (bare := re.fullmatch(r"\s*(\d{1,2})[日号]?\s*", part)):
            day = _build_date(days[-1].year, days[-1].month, int(bare[1]))  # 11月5日至8日
        if not day:
            return []
        days.append(day)
    return days


_YEAR_FIRST = (
    re.compile(r"(\d{4})\D{1,2}(\d{1,2})\D{1,2}(\d{1,2})[日号]?(?:[ T]+[\d:.]+)?"),
    re.compile(r"(\d{2})[年./-](\d{1,2})[月./-](\d{1,2})[日号]?"),
    re.compile(r"((?:19|20)\d\d|2\d)(\d\d)(\d\d)"),
)


def parse_date(text: str, earliest: date | None = None) -> date | None:
    """Return the date of a cell: ISO, ``2023/2/1``, ``二〇二三年二月一日``, ``20230201``, a serial.

    A day without a year (``10月18日``, ``10.18``, ``1018``) is the first such day from ``earliest``
    on; if that is not given, the day is not known.
    """
    plain = unicodedata.normalize("NFKC", text).strip(f"{_STOPS} ")
    plain = re.sub(r"(?<=[年月./-])\s+|\s+(?=[年月日号./-])", "", _REMARK.sub("", plain))
    text = _read_numerals(_TIME.sub("", plain).strip())
    if len(days := list_days_of_year_last(text)) == 1:
        return days[0]
    text = _read_month_name(text)
    for pattern in _YEAR_FIRST:
        if match := pattern.fullmatch(text):
            year, month, day = map(int, match.groups())
            return _build_date(year if year > 99 else 2000 + year, month, day)
    if serial := _count_days_beyond_calendar(text):  # 20221105 typed into a cell of dates
        return parse_date(str(serial), earliest)
    if re.fullmatch(r"\d{5}(\.\d+)?", text):  # days since 1899-12-30, as spreadsheets count
        return _EXCEL_DAY_ZERO + timedelta(days=int(float(text)))
    bare = re.fullmatch(r"(\d{1,2})[月./、-](\d{1,2})[日号]?|(\d\d)(\d\d)", text)
    if earliest and bare:
        return _find_first_day(int(bare[1] or bare[3]), int(bare[2] or bare[4]), earliest)
    return None


_YEAR_LAST = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")


def list_days_of_year_last(text: str) -> list[date]:
    """Return the days that ``5/11/2022`` may be: either of its numbers is the month."""
    if not (match := _YEAR_LAST.fullmatch(unicodedata.normalize("NFKC", text).strip())):
        return []
    first, second, year = map(int, match.groups())
    days = {_build_date(year, first, second), _build_date(year, second, first)} - {None}
    return sorted(day for day in days if day)


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH_NAME = re.compile(
    r"(?:(\d{1,2})(?:st|nd|rd|th)?[ -]*)?"
    r"(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
    r"(?:([ -]*)(\d{1,2})(?!\d)(?:st|nd|rd|th)?)?(?:[, -]+(\d{2,4}))?"
)


def _read_month_name(text: str) -> str:
    """Return ``Nov 5, 2022`` and ``5-Nov-22`` as 2022-11-5 and 22-11-5.

    ``Nov-22`` may be a day or, as Excel shows it, a month: it stays as it is.
    """
    match = _MONTH_NAME.fullmatch(text.casefold())
    if not match or (match[3] and match[3] != " " and not (match[1] or match[5])):
        return text
    day, year = (match[1], match[5] or match[4]) if match[1] else (match[4], match[5])
    return "-".join(filter(None, (year, str(_MONTHS.index(match[2][:3]) + 1), day)))


def _count_days_beyond_calendar(text: str) -> int | None:
    """Return the days since 1899-12-30 of a date in a year of five digits."""
    match = re.fullmatch(r"\+?(\d{5})-(\d\d)-(\d\d)(?: 00:00:00)?", text)
    if not match:
        return None
    cycles, year = divmod(int(match[1]) - 1, 400)  # a calendar repeats after 146,097 days
    day = date(year + 1, int(match[2]), int(match[3]))
    return day.toordinal() + cycles * 146_097 - _EXCEL_DAY_ZERO.toordinal()


def _read_numerals(text: str) -> str:
    """Return text with Chinese numerals as digits: a year digit by digit, others by their value."""

    def read(match: re.Match[str]) -> str:
        digits = match[0].translate(TO_DIGITS)
        return digits if digits.isdecimal() else str(parse_chinese_number(match[0]) or match[0])

    return re.sub(f"[{NUMERALS}]+", read, text)


def _build_date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _find_first_day(month: int, day: int, earliest: date) -> date | None:
    # 29 February comes round within eight years at the latest (1896-1904, 2096-2104).
    days = (_build_date(earliest.year + years, month, day) for years in range(9))
    return next((found for found in days if found and found >= earliest), None)


_ROUGH = re.compile(
    r"^(?:约|大约|大概|估计|近)|(?:左右|上下|以上|\+)$|(?<=[十百千\d])[余多来几](?=[人名个位]|$)"
)


def parse_count(text: str) -> int | None:
    """Return the non-negative integer in a cell: ``3``, ``3.0``, ``3人``, ``五``, ``新增5人``."""
    plain = unicodedata.normalize("NFKC", text).strip().rstrip(_STOPS)
    text = _REMARK.sub("", _ROUGH.sub("", plain))
    if synonym := find_synonym("persons", text):
        return int(synonym.value) if synonym.value else None
    bare = re.sub(
        r"^(?:共|共计|合计|新增|已新增|(?:已?参保?)|\+)?\s*(.*?)\s*(?:[人名位]|个人?|名?(?:员工|职工))?(?:参保)?$",
        r"\1",
        text,
    )
    if match := re.fullmatch(r"(\d{1,9}|\d{1,3}(?:,\d{3})+)(?:\.0+)?", bare):
        return int(match[1].replace(",", ""))
    return None if bare.isdecimal() else parse_chinese_number(bare)


def is_rough_count(text: str) -> bool:
    """Whether a number of persons is an estimate (``约5人``) or has another beside it."""
    plain = unicodedata.normalize("NFKC", text).strip()
    remarks = "".join(_REMARK.findall(plain))
    return _ROUGH.search(plain) is not None or any(c.isdecimal() for c in remarks)
