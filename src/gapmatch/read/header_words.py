"""Match a header to the column that it stands for: by the lists, or by what it is like."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache

from rapidfuzz import fuzz, process

from gapmatch.read.knowledge import (
    IGNORED,
    NUMBERS,
    Alias,
    find_bracketed,
    load_knowledge,
    normalise_header,
    strip_brackets,
)
from gapmatch.read.latin_headers import match_latin
from gapmatch.read.read_model import Match
from gapmatch.schemas import LINES
from gapmatch.vocabulary.chinese_numbers import parse_chinese_number

Aliases = Mapping[str, Alias]

_UNIT_IN_BRACKETS = re.compile(
    r"[(\[【](?:金额)?(?:单位:?)?(?:人民币)?(?P<unit>[百千万亿]{0,2}元|[千万亿])(?:人民币)?[)\]】]|[(\[【](?:单位:?)?(?:人次?|户|名|个|个?月|期|次|年[/.-]?月(?:[/.-]?日)?|年|日|Y+-?/?M+-?/?D*)[)\]】]",
    re.I,
)

# The number of a column (1.纳税人名称, ②, 三、), or the table of a field (T.NSRMC).
_NUMBER_OR_TABLE = re.compile(
    r"^\s*(?:[①-⑳⑴-⑽]|\d{1,2}[.．、)）]|[一二三四五六七八九十]{1,3}、|[A-Za-z]\w*\.)\s*(?=[^\W\d])"
)

_UNIT_AT_END = re.compile(r"[\s:/_,-]*(?:单位:?)?(?P<unit>[百千万亿]{0,2}元|(?<=[/:])[万亿])$")

# Where a guess is good enough: like one alias, and clearly less like those of other columns.
_MIN_LIKENESS = 84

_MIN_MARGIN = 8

_MONTH = r"(?:(?P<month>1[0-2]|0?[1-9])|(?P<word>十[一二]?|[一二三四五六七八九]))月份?"

_YEAR = r"(?P<year>20\d\d)(?:年度?)?(?:Q[1-4]|第?[1-4一二三四]季度?)?"

_YEAR_OR_MONTH = re.compile(rf"(?:{_YEAR})?(?:1?\d月?[-至到])?(?:{_MONTH})?(?=\D)")

_MONTH_AT_END = re.compile(rf"(?P<year>20\d\d)?年?{_MONTH}$")

_YEAR_AT_END = re.compile(rf"{_YEAR}$")

_LINE = re.compile(
    r"(?:城镇)?(?:企业)?(?:机关事业单位|机关事业|机关)?(?:职工)?(?:基本)?(?P<line>养老|失业|工伤)(?:保险)?"
)

_LINES = {"养老": "pension", "失业": "unemployment", "工伤": "injury"}

_OTHER_LINE = re.compile("居民|医疗|生育|年金|上年|去年|同期")

_OF_A_LINE = {"insured_total": "insured", "pay_status": "status", "enroll_status": "status"}

# A column named twice, in two languages or as in the database: 单位名称|DWMC.
_TWO_NAMES = re.compile(r"[|｜\n]")

_NAME_AND_CODE = re.compile(r"(?P<name>\w+)[及和与、+](?:[^及和与、+]*(?:代码|税号|识别号))")

# "原税号" is another number than "税号".
_FORMER = ("原", "老", "旧", "前")

# 从业人数(不含退休) counts all others.
_ABOUT_PARTS = ("不", "除", "含", "包")

# Longer texts are sentences.
_MAX_HEADER_LENGTH = 60

# Codes and phones: no header has such a number, and most cells of data rows do.
_LONG_NUMBER = re.compile(r"\d{8}")

_LETTER = re.compile(r"[^\W\d_]")

_ROMAN = re.compile(r"^[A-Z0-9]+$")


def split_unit(header: str) -> tuple[str, float | None]:
    """Split a header into its text without number and unit, and the factor of a unit of money."""
    text = unicodedata.normalize("NFKC", _NUMBER_OR_TABLE.sub("", header)).strip()
    factor = None
    for pattern in (_UNIT_IN_BRACKETS, _UNIT_AT_END):
        found = pattern.search(text)
        if found and found.start() > 0:
            factor = load_knowledge().units.get(found["unit"], factor)
            text = text[: found.start()] + text[found.end() :]
    return text, factor


def match_all(texts: Sequence[str], aliases: Aliases) -> tuple[Match, ...]:
    """Return the exact matches of all headers of a row."""
    found = (match_exactly(i, t, aliases) for i, t in enumerate(texts) if t)
    return tuple(m for m in found if m)


def match_exactly(index: int, header: str, aliases: Aliases) -> Match | None:
    """Return the column of ``header`` by the lists: as it is, without brackets, without prefix."""
    if (
        not header
        or len(header) > _MAX_HEADER_LENGTH
        or not _LETTER.search(header)
        or _LONG_NUMBER.search(header)
        or _names_part(header)
    ):
        return None
    bare, factor = split_unit(header)
    forms = (
        [normalise_header(header), normalise_header(bare)],
        [normalise_header(strip_brackets(bare))],
    )
    for stage, candidates in enumerate((*forms, _strip_decoration(forms[0][1], forms[1][0]))):
        for candidate in candidates:
            if alias := aliases.get(candidate):
                return Match(index, header, alias.canonical, stage, alias.rank, factor)
    if alias := _match_dated(bare, aliases) or _match_line(forms[0][1], aliases):
        return Match(index, header, alias.canonical, 2, alias.rank, factor)
    for part in _TWO_NAMES.split(header) if _TWO_NAMES.search(header) else ():
        if alias := aliases.get(normalise_header(part)):
            return Match(index, header, alias.canonical, 2, alias.rank, factor)
    # A name and a code in one cell: the code is taken out of it later.
    if (found := _NAME_AND_CODE.fullmatch(bare)) and (alias := aliases.get(found["name"])):
        return (
            Match(index, header, alias.canonical, 2, alias.rank)
            if alias.canonical == "name"
            else None
        )
    return None


def _names_part(text: str) -> bool:
    """Whether brackets name a part of what a column counts, or another time: 参保人数(男)."""
    return any(
        word in inside and not inside.startswith(_ABOUT_PARTS)
        for inside in find_bracketed(text)
        for word in load_knowledge().layout["parts"]
    )


def counts_other(heading: str, canonical: str) -> bool:
    """Whether a heading over or under that of a count or amount makes it a part, or another one.

    参保人数 over 男, 应参 or 上年末 is no number of persons insured.
    """
    if canonical not in {*NUMBERS, *LINES}:
        return False
    text = normalise_header(strip_brackets(heading)).removeprefix("其中")
    layout = load_knowledge().layout
    if text.startswith(tuple(layout["parts"])):
        return True
    others = tuple(layout["never_guess"])
    return canonical in NUMBERS and (text.startswith(others) or text.endswith((*others, "率")))


def _match_dated(text: str, aliases: Aliases) -> Alias | None:
    """Look past a year or month ("2022年度工资总额", "参保人数3月"); the latest comes first."""
    for found, rest in _find_periods(text):
        if found.end() > found.start() and (alias := aliases.get(normalise_header(rest))):
            named = found.groupdict()
            month = parse_chinese_number(named.get("month") or named.get("word") or "12") or 0
            age = 12 - month + 100 * (2100 - int(named["year"] or 2100))
            return replace(alias, rank=alias.rank + age)
    return None


def _find_periods(text: str) -> Iterator[tuple[re.Match[str], str]]:
    """Yield a period in front of a header, then one behind it, each with the rest."""
    if found := _YEAR_OR_MONTH.match(text):
        yield found, text[found.end() :]
    for pattern in (_MONTH_AT_END, _YEAR_AT_END):
        if found := pattern.search(text):
            yield found, text[: found.start()]


def _match_line(text: str, aliases: Aliases) -> Alias | None:
    """Take "企业养老保险" + "实缴人数" for the count of a line, wherever the line's name stands."""
    line, outside = find_line(text)
    if not line or "养老保险" not in aliases or _OTHER_LINE.search(text):
        return None
    if not outside:
        return Alias(text, line, 100)
    rest = aliases.get(outside)
    kind = _OF_A_LINE.get(rest.canonical) if rest else None
    if rest is None or kind is None:
        return None
    # Behind the headers that the lists name.
    return Alias(text, f"{line}_{kind}", 100 + rest.rank)


def find_line(text: str) -> tuple[str, str]:
    """Split a header in its plain form into the line that it names, or "", and the rest."""
    found = _LINE.search(text)
    if found is None:
        return "", text
    return _LINES[found["line"]], text[: found.start()] + text[found.end() :]


@cache
def _strip_decoration(*forms: str) -> tuple[str, ...]:
    """The forms without a known prefix, a known suffix, or both."""
    prefixes, suffixes = (tuple(load_knowledge().layout[k]) for k in ("prefixes", "suffixes"))
    found = []
    for form in forms:
        heads = [form]
        if form.startswith(prefixes):
            heads += [form.removeprefix(p) for p in prefixes if form.startswith(p)]
        for head in heads:
            found.append(head)
            if head.endswith(suffixes):
                found += [head.removesuffix(s) for s in suffixes if head.endswith(s)]
    return tuple(t for t in dict.fromkeys(found) if len(t) > 1 and t not in forms)


def guess_match(index: int, header: str, aliases: Aliases) -> Match | None:
    """Return what ``header`` unambiguously ends like or is spelt like, for a check by values."""
    bare, factor = split_unit(header)
    text = normalise_header(bare)
    never = [word for name in ("never_guess", "parts") for word in load_knowledge().layout[name]]
    if _ROMAN.match(text):
        latin = match_latin(bare, aliases)
        return Match(index, header, latin.canonical, 4, latin.rank, factor) if latin else None
    if len(text) < 4 or text.startswith(_FORMER) or any(w in text for w in never):
        return None
    if alias := _match_ending(text, aliases):
        return Match(index, header, alias.canonical, 3, alias.rank, factor)
    if alias := _match_spelling(text, aliases):
        return Match(index, header, alias.canonical, 4, alias.rank, factor)
    return None


def _match_ending(text: str, aliases: Aliases) -> Alias | None:
    for start in range(1, len(text) - 2):
        alias = aliases.get(text[start:])
        if alias and alias.canonical != IGNORED:
            return alias if _is_safe_ending(text, alias) else None
    return None


def _is_safe_ending(text: str, alias: Alias) -> bool:
    """ "经办机构代码" is no organisation code, and the status of one line not that of all."""
    if alias.canonical == "org_code" and len(alias.plain) < 5:
        return False
    return not (alias.canonical in _OF_A_LINE and _LINE.search(text))


def find_nearest(header: str, aliases: Aliases, limit: int = 5) -> list[tuple[Alias, float]]:
    """Return the aliases spelt most like ``header`` with their likeness (0–100), one per column."""
    text = normalise_header(split_unit(header)[0])
    scored = process.extract(text, list(aliases), scorer=fuzz.ratio, limit=40)
    best: dict[str, tuple[Alias, float]] = {}
    for key, score, _index in scored:
        best.setdefault(aliases[key].canonical, (aliases[key], score))
    return list(best.values())[:limit]


def _match_spelling(text: str, aliases: Aliases) -> Alias | None:
    found = find_nearest(text, aliases, 2)
    if not found or found[0][1] < _MIN_LIKENESS or _ROMAN.match(found[0][0].plain):
        return None
    if len(found) > 1 and found[0][1] - found[1][1] < _MIN_MARGIN:
        return None
    return found[0][0]
