"""Quarters and days in titles, sheets and file names: are they of the quarter that is run?"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from gapmatch.gate.findings import STOP, WARNING, GateFinding, Value
from gapmatch.quarters import Quarter

_YEAR = r"(?<!\d)(?P<year>20[1-9]\d)"
_NUMBER = r"[1-4一二三四]"
_QUARTERS = (
    re.compile(
        rf"{_YEAR}年?度?[-_/.]?(?:[第前]?{_NUMBER}(?:季度)?[-~至到、和]+)?[第前]?(?P<quarter>{_NUMBER})季"
    ),
    re.compile(rf"{_YEAR}年?度?[-_/.]?Q(?P<quarter>[1-4])(?!\d)"),
    re.compile(r"(?<![A-Z])Q(?P<quarter>[1-4])[-_/.]?(?P<year>20[1-9]\d)(?!\d)"),
)
_HALVES = re.compile(rf"{_YEAR}年?度?(?P<half>上|下)半年")
_DAYS = (
    re.compile(rf"{_YEAR}年(?P<month>\d{{1,2}})月(?P<day>\d{{1,2}})日"),
    re.compile(rf"{_YEAR}(?P<mark>[-/.])(?P<month>\d{{1,2}})(?P=mark)(?P<day>\d{{1,2}})(?!\d)"),
    re.compile(rf"{_YEAR}(?P<month>0[1-9]|1[0-2])(?P<day>[0-2]\d|3[01])(?!\d)"),
)
_MONTHS = (
    re.compile(rf"{_YEAR}年(?:\d{{1,2}}月?[-~—至到]+)?(?P<month>\d{{1,2}})月(?!\d{{1,2}}日)"),
    re.compile(rf"{_YEAR}[-_]?(?P<month>0[1-9]|1[0-2])(?![-_\d])"),
)
_YEARS = re.compile(rf"{_YEAR}年度")
_MADE = re.compile(
    r"(?:打印|导出|制表|填表|填报|报送|上报|查询|下载|生成|编制|印发|提取)[^\d]{0,8}$"
)
"""Before a day on which a list was made, which may be any day since the quarter began."""
_OTHER = re.compile(r"修订|施行|条例|办法|规定|文号|通知|成立|以来|起至")
"""Titles with such words name days of other things."""
_CHINESE_DIGITS = str.maketrans("〇○零一二三四五六七八九", "000123456789")
_CHINESE_YEAR = re.compile(r"二[〇○零][〇○零一二三四五六七八九]{2}(?=年)")
_NUMBER_VALUES = {"一": 1, "二": 2, "三": 3, "四": 4}


@dataclass(frozen=True)
class Title:
    """A line above a table, the name of a sheet, or that of a file."""

    file: str
    text: str


@dataclass(frozen=True)
class _Mention:
    """A period that a title names; ``is_made``: the day on which the list was made."""

    quarter: Quarter
    words: str
    is_day: bool = False
    is_made: bool = False

    def fits(self, quarter: Quarter) -> bool:
        """Whether a list of ``quarter`` may name this.

        Its own period, or a day on which it was made. A bare day soon after the quarter is that of
        the export.
        """
        if self.is_made:
            return self.quarter >= quarter
        return self.quarter == quarter or (self.is_day and self.quarter == quarter.next())


def find_other_quarters(titles: Sequence[Title], quarter: str) -> Iterator[GateFinding]:
    """Find the files that name another quarter, month or day than ``quarter``, once each."""
    own = Quarter.parse(quarter)
    for file in dict.fromkeys(title.file for title in titles):
        texts = [_normalise(title.text) for title in titles if title.file == file]
        mentions = [mention for text in texts for mention in _list_mentions(text)]
        others = [mention for mention in mentions if not mention.fits(own)]
        values: dict[str, Value] = {"file": file, "run": quarter}
        if others and not any(m.quarter == own and not m.is_made for m in mentions):
            yield GateFinding("other_quarter_in_title", STOP, values | {"words": others[0].words})
        elif not mentions and (year := _find_other_year(texts, own)):
            yield GateFinding("other_year_in_title", WARNING, values | {"words": year})


def find_named_quarter(titles: Sequence[Title]) -> str | None:
    """Return the quarter that most titles name, the later one of equals; null if none names any."""
    named = Counter(
        str(mention.quarter)
        for title in titles
        for mention in _list_mentions(_normalise(title.text))
        if not mention.is_made and not mention.is_day
    )
    return max(named, key=lambda quarter: (named[quarter], quarter), default=None)


def _normalise(text: str) -> str:
    plain = "".join(unicodedata.normalize("NFKC", text).split()).upper()
    return _CHINESE_YEAR.sub(lambda found: found[0].translate(_CHINESE_DIGITS), plain)


def _list_mentions(text: str) -> Iterator[_Mention]:
    if _OTHER.search(text):
        return
    for pattern in _QUARTERS:
        for found in pattern.finditer(text):
            number = found["quarter"]
            value = _NUMBER_VALUES.get(number) or int(number)
            yield _Mention(Quarter(int(found["year"]), value), found[0])
    for found in _HALVES.finditer(text):
        yield _Mention(Quarter(int(found["year"]), 2 if found["half"] == "上" else 4), found[0])
    days = [found for pattern in _DAYS for found in pattern.finditer(text)]
    months = [found for pattern in _MONTHS for found in pattern.finditer(text)]
    for found in (*days, *months):
        quarter = _find_quarter(int(found["year"]), int(found["month"]))
        if quarter is not None:
            is_made = _MADE.search(text[: found.start()]) is not None
            yield _Mention(quarter, found[0], is_day=found in days, is_made=is_made)


def _find_quarter(year: int, month: int) -> Quarter | None:
    return Quarter.from_day(date(year, month, 1)) if 1 <= month <= 12 else None


def _find_other_year(texts: Sequence[str], own: Quarter) -> str | None:
    """Return the business year that the titles name, if it is another."""
    years = [found for text in texts if not _OTHER.search(text) for found in _YEARS.finditer(text)]
    if any(int(found["year"]) == own.year for found in years):
        return None
    return years[0][0] if years else None
