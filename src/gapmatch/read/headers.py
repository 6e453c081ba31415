"""Find the rows that hold the headers of a table."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import combinations, pairwise

import polars as pl

from gapmatch.privacy import mask_numbers
from gapmatch.read.header_words import Aliases, counts_other, match_all, match_exactly, split_unit
from gapmatch.read.knowledge import (
    DROPPED,
    IGNORED,
    is_firm_name,
    is_known_header,
    load_knowledge,
    normalise_header,
)
from gapmatch.read.read_model import Grid, Match

_FIELD = re.compile("^[A-Z0-9]+$")
_MONTH_ALONE = re.compile(r"(?:20\d\d)?年?(?:1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])月份?")

_YEAR = re.compile(r"(?:19|20)\d\d年?")

# What may stand below a header: units of measure, or types of fields of a database or a form.
_UNIT_CELL = re.compile(
    r"[(\[【]?(?:单位:?)?(?P<unit>[百千万亿]{0,2}元|[人户个月家名期次%年日/]+)[)\]】]?"
)

_TYPE_CELL = re.compile(
    r"(?i)(?:N?VARCHAR2?|N?CHAR|STRING|TEXT|(?:BIG)?INT|INTEGER|DECIMAL|NUMBER|NUMERIC|DOUBLE|FLOAT"
    r"|DATE|DATETIME|TIMESTAMP|(?:单行|多行)?(?:文本|字符)[型框]?|数[字值]|整数|小数|金额|日期|时间|日期时间"
    r"|下拉[框选择]*|[单多]选[框题]?|选择|非?必填项?|选填项?|可选)(?:\([^()]*\))?"
)


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
            below = lines[last + 1][1] if last + 1 < len(lines) else []
            if below and _can_be_heading(below) and _is_below_groups(lines[last][1], below):
                continue
            matches = _match_parts(columns, match_text)
            texts = ["".join(parts) for parts in columns]
            score = _score(texts, matches)
            rows = [row for _n, row in lines[place : last + 1]]
            score -= 0.5 * sum(not _is_below_groups(*pair) for pair in pairwise(rows))
            if score <= 0 and last == place and _has_names_below(grid, lines[place][0], matches):
                score = 1
            if score > 0 and (best is None or score > best[0]):
                titles = tuple(t for _n, row in lines[:place] for t in row if t)
                header = Header(lines[place][0], lines[last][0], tuple(texts), matches, titles)
                best = (score, header)
    return _append_notes(best[1], lines, aliases) if best else None


def _is_below_groups(upper: Sequence[str], lower: Sequence[str]) -> bool:
    """Whether a row divides the groups of the row above it, or names months: no row of data does.

    A group is a heading over several columns. Elsewhere the row is blank, or repeats the heading of
    a merged cell. A title over all columns is no group.
    """
    texts = {i: text for i, text in enumerate(lower) if text and text != upper[i]}
    if all(_MONTH_ALONE.fullmatch(text) for text in texts.values()):
        return bool(texts)
    in_group: set[int] = set()
    for i in range(1, len(upper)):
        if not upper[i] and lower[i] and lower[i - 1] and (upper[i - 1] or i - 1 in in_group):
            in_group |= {i - 1, i}
    is_title = not any(text and lower[i] in ("", text) for i, text in enumerate(upper))
    return (
        bool(texts)
        and not is_title
        and all(
            i in in_group and not re.search(r"\d", _YEAR.sub("", text)) for i, text in texts.items()
        )
    )


def _append_notes(
    header: Header, lines: Sequence[tuple[int, list[str]]], aliases: Aliases
) -> Header:
    """Return ``header`` with rows that only explain it: units (（人）), field names, types."""
    for place, row in lines:
        if place <= header.last:
            continue
        texts = ["".join(text.split()) for text in row if text]
        fields = [t for t in texts if _FIELD.match(t) and normalise_header(t) in aliases]
        if len(texts) > 2 and (
            len(fields) * 2 > len(texts)
            or _is_translation(header, row)
            or all(_TYPE_CELL.fullmatch(unicodedata.normalize("NFKC", text)) for text in texts)
        ):
            header = replace(header, last=place)
        elif (extended := _append_units(header, place, row)) is not None:
            header = extended
        else:
            break
    return header


def _is_translation(header: Header, row: Sequence[str]) -> bool:
    """Whether a row gives the Chinese headers in English: letters, neither digits nor Chinese."""
    texts = [text for text in row if text]
    chinese = sum(bool(re.search(r"[\u4e00-\u9fff]", text)) for text in header.texts)
    is_english = all(
        re.fullmatch(r"[^\d\u4e00-\u9fff]*[A-Za-z][^\d\u4e00-\u9fff]*", t) for t in texts
    )
    return is_english and min(2 * len(texts), 2 * chinese) > header.width


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
        for text, others in _combine_parts(parts):
            match = match_text(text)
            if match and not any(counts_other(other, match.canonical) for other in others):
                factor = match.factor or next((f for _t, f in map(split_unit, parts) if f), None)
                found.append(replace(match, index=index, header="".join(parts), factor=factor))
                break
    return tuple(found)


def _combine_parts(parts: tuple[str, ...]) -> Iterator[tuple[str, list[str]]]:
    """Yield headings joined, all of them first and lower ones before upper ones, and the others."""
    places = range(len(parts))
    for count in range(len(parts), 0, -1):
        for some in reversed(list(combinations(places, count))):
            yield "".join(parts[i] for i in some), [parts[i] for i in places if i not in some]


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
