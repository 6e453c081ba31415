"""Match headers to canonical columns, and find the row that holds the headers."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import combinations

import polars as pl
from rapidfuzz import fuzz, process

from gapmatch.privacy import mask_numbers
from gapmatch.read.knowledge import (
    DROPPED,
    IGNORED,
    Alias,
    find_bracketed,
    is_known_header,
    load_knowledge,
    normalise_header,
    strip_brackets,
)
from gapmatch.read.read_model import Grid, Match
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
_MONTH_ALONE = re.compile(rf"(?:20\d\d)?年?{_MONTH}")
_LINE = re.compile(
    r"(?:城镇)?(?:企业)?(?:机关事业单位|机关事业|机关)?(?:职工)?(?:基本)?(?P<line>养老|失业|工伤)(?:保险)?"
)
_OTHER_LINE = re.compile("居民|医疗|生育|年金|上年|去年|同期")
_OF_A_LINE = {"insured_total": "insured", "pay_status": "status", "enroll_status": "status"}
# What may stand below a header: units of measure, or types of a database's fields.
_UNIT_CELL = re.compile(
    r"[(\[【]?(?:单位:?)?(?P<unit>[百千万亿]{0,2}元|[人户个月家名期次%年日/]+)[)\]】]?"
)
_TYPE_CELL = re.compile(
    r"(?i)(?:N?VARCHAR2?|N?CHAR|STRING|TEXT|(?:BIG)?INT|INTEGER|DECIMAL|NUMBER|NUMERIC|DOUBLE|FLOAT"
    r"|DATE|DATETIME|TIMESTAMP)(?:\([\d,]*\))?"
)
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


@dataclass(frozen=True)
class Header:
    """A header row: its place in the grid, the headers, and the title lines above it."""

    first: int
    last: int
    texts: tuple[str, ...]
    matches: tuple[Match, ...]
    titles: tuple[str, ...]
    begin: int = 0
    """Place where the table begins, titles and all; another table may lie above it."""
    end: int | None = None
    """Place of the next header in the same sheet, if another table follows."""

    @property
    def width(self) -> int:
        """Number of columns up to the last header."""
        return max((i + 1 for i, text in enumerate(self.texts) if text), default=0)


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
    found = _LINE.search(text)
    if found is None or "养老保险" not in aliases or _OTHER_LINE.search(text):
        return None
    line = {"养老": "pension", "失业": "unemployment", "工伤": "injury"}[found["line"]]
    outside = text[: found.start()] + text[found.end() :]
    if not outside:
        return Alias(text, line, 100)
    rest = aliases.get(outside)
    kind = _OF_A_LINE.get(rest.canonical) if rest else None
    if rest is None or kind is None:
        return None
    # Behind the headers that the lists name.
    return Alias(text, f"{line}_{kind}", 100 + rest.rank)


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
    if (
        len(text) < 4
        or _ROMAN.match(text)
        or text.startswith(_FORMER)
        or any(w in text for w in never)
    ):
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


def find_header(grid: Grid, aliases: Aliases) -> Header | None:
    """Return the row with the most known headers among the first rows; null if none has two.

    A heading of two rows (a merged heading above its parts) counts as one if that makes more
    headers known.
    """
    if grid.headings is not None:
        return _match_schema(grid.headings, aliases)
    lines = take_first_lines(grid, load_knowledge().layout["header_rows"] + 2 * _MAX_HEADER_ROWS)
    match_text = cache(partial(match_exactly, 0, aliases=aliases))
    best: tuple[float, Header] | None = None
    for place in range(min(len(lines), load_knowledge().layout["header_rows"])):
        for last, columns in _list_headings(lines, place):
            matches = _match_parts(columns, match_text)
            texts = ["".join(parts) for parts in columns]
            score = _score(texts, matches)
            if not _are_months(lines[place + 1 : last + 1]):
                score -= 0.5 * (last - place)
            if score <= 0 and last == place and _has_names_below(grid, lines[place][0], matches):
                score = 1
            if score > 0 and (best is None or score > best[0]):
                titles = tuple(t for _n, row in lines[:place] for t in row if t)
                header = Header(lines[place][0], lines[last][0], tuple(texts), matches, titles)
                best = (score, header)
    return _append_notes(best[1], lines, aliases) if best else None


def _are_months(lines: Sequence[tuple[int, list[str]]]) -> bool:
    """Whether rows hold months alone: parts of the heading over them, and no data."""
    texts = [text for _n, row in lines for text in row if text]
    return bool(texts) and all(_MONTH_ALONE.fullmatch(text) for text in texts)


def _append_notes(
    header: Header, lines: Sequence[tuple[int, list[str]]], aliases: Aliases
) -> Header:
    """Return ``header`` with rows that only explain it: units (（人）), field names, types."""
    for place, row in lines:
        if place <= header.last:
            continue
        texts = ["".join(text.split()) for text in row if text]
        fields = [t for t in texts if _ROMAN.match(t) and normalise_header(t) in aliases]
        if len(texts) > 2 and (
            len(fields) * 2 > len(texts) or all(map(_TYPE_CELL.fullmatch, texts))
        ):
            header = replace(header, last=place)
        elif (extended := _append_units(header, place, row)) is not None:
            header = extended
        else:
            break
    return header


def _append_units(header: Header, place: int, row: Sequence[str]) -> Header | None:
    """Return ``header`` with the row below it; None if that holds anything but units of measure."""
    cells = {
        i: _UNIT_CELL.fullmatch("".join(unicodedata.normalize("NFKC", text).split()))
        for i, text in enumerate(row)
        if text
    }
    if not cells or not all(cells.values()):
        return None
    units = {i: load_knowledge().units.get(cell["unit"]) for i, cell in cells.items() if cell}
    matches = tuple(replace(m, factor=units.get(m.index) or m.factor) for m in header.matches)
    return replace(header, last=place, matches=matches)


def find_header_by_content(grid: Grid) -> Header | None:
    """Return the row above names of firms, if no header is recognised."""
    if grid.headings is not None or grid.cells.is_empty():
        return None
    for place, texts in take_first_lines(grid, load_knowledge().layout["header_rows"]):
        filled = [t for t in texts if t]
        if len(filled) < 2 or not _can_be_heading(texts):
            continue
        below = grid.cells.slice(place + 1, 60).select(pl.all().cast(pl.String))
        for index, text in enumerate(texts):
            names = below[f"c{index}"].drop_nulls() if text else pl.Series(dtype=pl.String)
            if len(names) > 2 and sum(map(is_firm_name, names)) >= 0.6 * len(names):
                return Header(place, place, tuple(texts), (), ())
    return None


Columns = list[tuple[str, ...]]
_MAX_HEADER_ROWS = 4


def _list_headings(lines: Sequence[tuple[int, list[str]]], place: int) -> list[tuple[int, Columns]]:
    """Return the headings that begin in a row: by itself, and with up to three rows below it.

    Each column has its headings from top to bottom: a heading over several columns counts for all
    of them that have a heading of their own below it.
    """
    found: list[tuple[int, Columns]] = [(place, [(text,) for text in lines[place][1]])]
    for last in range(place + 1, min(place + _MAX_HEADER_ROWS, len(lines))):
        if not _can_be_heading(lines[last][1]):
            break
        rows = [row for _n, row in lines[place : last + 1]]
        found.append((last, _stack_headings(rows)))
    return found


def _can_be_heading(texts: Sequence[str]) -> bool:
    """Parts of a heading are short and hold no long numbers and no firms; data rows do."""
    filled = [text for text in texts if text]
    return bool(filled) and not any(
        re.search(r"\d{3}", t) or len(t) > 20 or (is_firm_name(t) and not is_known_header(t))
        for t in filled
    )


def _stack_headings(rows: Sequence[Sequence[str]]) -> Columns:
    columns: Columns = [(text,) if text else () for text in rows[-1]]
    for row in reversed(rows[:-1]):
        heading = ""
        for i, text in enumerate(row):
            heading = text or (heading if columns[i] else "")
            if heading:
                columns[i] = (heading, *columns[i])
    return columns


def _match_parts(columns: Columns, match_text: Callable[[str], Match | None]) -> tuple[Match, ...]:
    """Return what each column stands for: by all its headings together, else by some of them."""
    found = []
    for index, parts in enumerate(columns):
        texts = [text for n in range(len(parts), 0, -1) for text in _combine_parts(parts, n)]
        for text in texts:
            if match := match_text(text):
                factor = match.factor or next((f for _t, f in map(split_unit, parts) if f), None)
                found.append(replace(match, index=index, header="".join(parts), factor=factor))
                break
    return tuple(found)


def _combine_parts(parts: tuple[str, ...], count: int) -> list[str]:
    """Whether the lower headings are more specific than the upper ones."""
    return ["".join(some) for some in reversed(list(combinations(parts, count)))]


def _has_names_below(grid: Grid, place: int, matches: Sequence[Match]) -> bool:
    """Whether a lone header of names has names of firms below it."""
    names = [m.index for m in matches if m.canonical == "name"]
    if not names or grid.cells.is_empty():
        return False
    below = grid.cells[f"c{names[0]}"].cast(pl.String).slice(place + 1, 60).drop_nulls()
    return len(below) > 0 and sum(map(is_firm_name, below)) * 2 >= len(below)


def find_next_header(grid: Grid, header: Header, aliases: Aliases) -> Header | None:
    """Return the next header in the same sheet with other columns than ``header``."""
    names = {"".join(m.header.split()) for m in header.matches if m.canonical == "name"}
    words = [*names, *(a for a in load_knowledge().layout["name_headers"])]
    texts = grid.cells.select(pl.col(pl.String)).slice(header.last + 1)
    if grid.headings is not None or texts.is_empty():
        return None
    some = texts.with_row_index("place", header.last + 1).filter(
        pl.any_horizontal(pl.col(pl.String).is_in(words))
    )
    for place in some["place"]:
        row = [cell or "" for cell in grid.cells.row(place)]
        matches = match_all(row, aliases)
        others = {(m.index, m.canonical) for m in matches}
        if _score(row, matches) < 3 or others == {(m.index, m.canonical) for m in header.matches}:
            continue
        known = sum(bool(t) for t in row)
        if len(matches) * 2 >= known:
            return Header(place, place, tuple(row), matches, (), begin=place)
    return None


def _match_schema(headings: Sequence[str], aliases: Aliases) -> Header | None:
    texts = [mask_numbers(heading.strip()) for heading in headings]
    matches = match_all(texts, aliases)
    return Header(-1, -1, tuple(texts), matches, ()) if _score(texts, matches) > 0 else None


def take_first_lines(grid: Grid, limit: int) -> list[tuple[int, list[str]]]:
    """Return the first rows with anything: place in the grid and texts, numbers masked."""
    if grid.headings is not None:
        return [(-1, list(map(mask_numbers, grid.headings)))]
    if grid.cells.is_empty():
        return []
    head = grid.cells.head(limit * 3).with_row_index("_place")
    filled = head.filter(pl.any_horizontal(pl.exclude("_place").is_not_null())).head(limit)
    return [(row[0], [mask_numbers(cell or "") for cell in row[1:]]) for row in filled.rows()]


def match_all(texts: Sequence[str], aliases: Aliases) -> tuple[Match, ...]:
    """Return the exact matches of all headers of a row."""
    found = (match_exactly(i, t, aliases) for i, t in enumerate(texts) if t)
    return tuple(m for m in found if m)


def _score(texts: Sequence[str], matches: Sequence[Match]) -> float:
    """Count known headers, each column once; two make a header, or nothing but a name."""
    columns = {m.canonical for m in matches}
    filled = sum(bool(t) for t in texts)
    needed = {m.canonical for m in matches} - {IGNORED, DROPPED}
    if len(needed) < 2 and not (needed == {"name"} and filled <= 2):
        return 0
    repeats = max(
        Counter(m.canonical for m in matches if m.canonical != IGNORED).values(), default=0
    )
    if repeats * 2 > filled + 2:
        return 0
    return len(columns) + 0.1 * len(matches)


def is_firm_name(name: str) -> bool:
    """Whether a text, brackets aside, ends like a firm or body (有限公司, 厂, 商行 …)."""
    bare = _REMARK.sub("", "".join(name.split()))
    return len(bare) >= 4 and bare.endswith(_list_name_ends()) and not _SENTENCE.search(bare)


@cache
def _list_name_ends() -> tuple[str, ...]:
    return tuple(load_knowledge().layout["name_ends"])


_REMARK = re.compile(r"[(（][^()（）]*[)）]$")
_SENTENCE = re.compile("[:：。；]")
