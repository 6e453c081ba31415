"""The data rows below a header, without blank rows, totals, notes and repeated headers."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from string import ascii_uppercase
from unicodedata import normalize

import polars as pl
from polars import selectors as cs

from gapmatch.read.group_names import is_group_name
from gapmatch.read.headers import Header
from gapmatch.read.knowledge import is_firm_name, is_known_header, load_knowledge
from gapmatch.read.read_model import Finding, Grid
from gapmatch.schemas import CODES

_CODES = (*CODES, "unit_id")
_STEMS = "甲乙丙丁戊己庚辛壬癸"
_KINDS = {
    "footer": "footer_dropped",
    "header": "header_repeated",
    "title": "title_repeated",
    "furniture": "furniture_dropped",
    "heading": "heading_dropped",
}
# A row of a list has most of its cells; of furniture, few.
_MAX_SPARSE_SHARE = 0.4
# How many rows a sum is of.
_SIZE = r"[:：]?[(（]?(?:共|计)?\d*(?:户|家|个|条|人|元|万元|%)?[)）]?"
# A row of a part of those that a total is of.
_PART = "^其中[:：]"
# What a note has and a firm's name has not.
_SENTENCE = r"[:：。，；]|^[*＊※#]"
_MAX_SECTION_TITLE = 20
_CELLS = cs.matches(r"^c\d+$")
_TEXTS = _CELLS & cs.string()


@dataclass(frozen=True)
class Body:
    """Data rows of a sheet (``place``, ``source_row``, ``c0`` …) and what was left out of them."""

    rows: pl.DataFrame
    left_out: pl.DataFrame
    findings: tuple[Finding, ...]
    blanks: int
    footers: int
    repeated_headers: int
    furniture: int
    last: int


def cut_body(grid: Grid, header: Header) -> Body:
    """Return the data rows of ``grid`` below ``header``.

    Left out, each with a finding: totals and notes, headers and titles that are repeated as pages
    were pasted together, and a row that only numbers the columns. Blank rows are counted.
    """
    below = (
        grid.cells.with_columns(grid.rows)
        .with_row_index("place")
        .slice(header.last + 1, None if header.end is None else header.end - header.last - 1)
        .with_columns(filled=pl.sum_horizontal(_CELLS.is_not_null()), coded=_has_code(header))
        .filter(pl.col("filled") > 0)
        .with_row_index("at")
    )
    left_out = _find_left_out(below, header)
    kinds = left_out["kind"]
    rows = below.filter(~below["at"].is_in(left_out["at"].implode())) if len(kinds) else below
    last = int(below["place"][-1]) if below.height else header.last
    return Body(
        rows=rows.drop("at", "filled", "coded"),
        left_out=left_out,
        findings=tuple(_build_finding(grid.sheet, row) for row in left_out.iter_rows(named=True)),
        blanks=last - header.last - below.height,
        footers=int((kinds == "footer").sum()),
        repeated_headers=int(kinds.is_in(["header", "title"]).sum()),
        last=last,
        furniture=int(kinds.is_in(["furniture", "heading"]).sum()),
    )


def _find_left_out(below: pl.DataFrame, header: Header) -> pl.DataFrame:
    """Return the rows that are no data, with their ``kind`` and their ``first`` cell.

    A row with a name and a code is data, unless it is an example: the others are looked at.
    """
    named = pl.any_horizontal(
        pl.lit(value=False), *(pl.col(c).is_not_null() for c in _list_columns(header, ["name"]))
    )
    sure = below.select(pl.col("coded") & named & ~_is_example(header)).to_series()
    kind = pl.col("kind")
    doubtful = _classify_rows(below.filter(~sure), header)
    solid = doubtful.filter((kind == "data") & (pl.col("filled") > 1))["at"]
    last = max([*below["at"].filter(sure).tail(1), *solid.tail(1)], default=-1)
    doubtful = doubtful.with_columns(kind=_classify_lone_lines(doubtful, header, last))
    furniture = _find_furniture(below, doubtful.filter(kind == "data"), header)
    if furniture:
        found = pl.col("place").replace_strict(furniture, default=kind, return_dtype=pl.String)
        doubtful = doubtful.with_columns(kind=found)
    return doubtful.filter(kind != "data").with_columns(first=pl.coalesce(_TEXTS))


def _build_finding(sheet: str | None, row: dict[str, str | int]) -> Finding:
    return Finding(
        _KINDS[str(row["kind"])],
        row=int(row["source_row"]),
        value=str(row["first"])[:60],
        sheet=sheet,
    )


def _classify_rows(rows: pl.DataFrame, header: Header) -> pl.DataFrame:
    """Return ``rows`` with kind: data, footer, title, header (a repeated one, column numbers)."""
    texts = rows.select(_TEXTS).columns
    named = [(f"c{i}", text) for i, text in enumerate(header.texts) if text and f"c{i}" in texts]
    # Compared without spaces: patterns of all headers would drive others out of polars' cache.
    same = pl.sum_horizontal(
        (pl.col(c).str.replace_all(r"\s", "") == "".join(text.split())).fill_null(value=False)
        for c, text in named
    )
    numbered = any(
        _is_column_numbering([t for t in row if t])
        for row in rows.filter(pl.col("at") == 0).select(_TEXTS).rows()
    )
    first = pl.coalesce(_TEXTS)
    is_numbering = pl.lit(numbered) & (pl.col("at") == 0)
    return rows.with_columns(
        kind=pl.when((same * 2 > len(named)) | is_numbering)
        .then(pl.lit("header"))
        .when(first.is_in(list(header.titles)) & (pl.col("filled") <= 2))
        .then(pl.lit("title"))
        .when(_is_example(header))
        .then(pl.lit("furniture"))
        .when(_is_footer(header))
        .then(pl.lit("footer"))
        .otherwise(pl.lit("data"))
    )


def _is_example(header: Header) -> pl.Expr:
    """Whether a row shows how a form is to be filled in, by its name or its first cell."""
    word = rf"^{_match_words('examples')}"
    names = [pl.col(c).cast(pl.String) for c in _list_columns(header, ["name"])]
    marked = [name.str.contains(rf"{word}(?:[:：，,、(（]|$)") for name in names]
    first = pl.coalesce(_TEXTS).str.contains(rf"{word}[:：]?\d*$")
    return pl.any_horizontal(first, *marked).fill_null(value=False)


def _is_column_numbering(texts: Sequence[str]) -> bool:
    """Whether a row only numbers the columns: 1, 2, 3=1+2 … or 甲, 乙, 1, 2 … or A, B, C …"""
    marks = [re.sub(r"[()（）\[\]\s]|[=＝].*", "", normalize("NFKC", text)) for text in texts]
    marks = [m for m in marks if m not in ("栏次", "行次")]
    if len(marks) >= 3 and "".join(marks).upper() in ascii_uppercase:
        return True
    digits = [int(m) for m in marks if m.isdecimal() and len(m) < 4]
    stems = [m for m in marks if m in _STEMS]
    if len(marks) < 3 or len(digits) + len(stems) < len(marks) or not digits:
        return False
    return digits[0] <= 2 and digits == list(range(digits[0], digits[0] + len(digits)))


@cache
def _match_words(name: str) -> str:
    """Words of a ``[layout]`` list as alternatives of a regular expression, longest first."""
    words = sorted(load_knowledge().layout[name], key=len, reverse=True)
    return "(?:" + "|".join(map(re.escape, words)) + ")"


def _is_footer(header: Header) -> pl.Expr:
    """Notes ("注：…", "制表人：…") and totals, which have no code and no name but that word."""
    totals, notes = _match_words("totals"), _match_words("footers")
    first = pl.coalesce(_TEXTS).str.replace_all(r"\s", "")
    # All cells of a row as one text, each between two marks: one search instead of one a column.
    mark = pl.lit("\x1f")
    cells = pl.concat_str(_TEXTS, separator="\x1f\x1f", ignore_nulls=True)
    line = (mark + cells.str.replace_all(r"\s", "") + mark).fill_null("")
    is_note = first.str.contains(
        rf"^{notes}\d*[:：.、]|^{notes}[(（](?:签|盖|公|印).{{0,2}}[)）][:：]?$"
    )
    is_total = first.str.contains(rf"^{totals}(?:[:：(（]|\d|$)|{totals}{_SIZE}$|{_PART}")
    names = [
        pl.col(c)
        .cast(pl.String)
        .str.replace_all(r"\s", "")
        .str.contains(rf"{totals}{_SIZE}$|{_PART}")
        for c in _list_columns(header, ["name"])
    ]
    is_total = pl.any_horizontal(is_total, *names)
    holds_total = line.str.contains(f"\x1f{totals}[:：]?\x1f")
    lone_word = first.str.contains(rf"^{notes}$") & (pl.col("filled") <= 2)
    signatures = line.str.count_matches(f"\x1f{notes}[:：]?\x1f")
    is_note = is_note | ((signatures > 1) & ~pl.col("coded"))
    nameless = ~_has_name(header) & ~pl.col("coded")
    return (is_note | ((is_total | holds_total | lone_word) & nameless)).fill_null(value=False)


def _find_furniture(below: pl.DataFrame, rows: pl.DataFrame, header: Header) -> dict[int, str]:
    """Return place → kind of rows that are no units: rules, pages, signatures, group titles.

    Looked at are rows without anything like a code. Those of a list without codes are looked at
    too, but only few filled cells, one of which is furniture, make a row furniture.
    """
    suspects = rows.filter(~pl.col("coded"))
    if suspects.is_empty():
        return {}
    names = {m.index for m in header.matches if m.canonical == "name"}
    numbered = _are_numbered(below, header)
    columns = len({m.canonical for m in header.matches})
    sparse = max(3, int(_MAX_SPARSE_SHARE * header.width))
    titles = _can_hold_titles(below, suspects, header)
    found: dict[int, str] = {}
    cells = suspects.select("place", _TEXTS)
    indices = [int(c[1:]) for c in cells.columns[1:]]
    # Rows with many cells of which none is a rule need not be looked at one by one.
    for place, *texts in cells.filter(
        (suspects["filled"] <= sparse) | _is_rule(suspects, header)
    ).iter_rows():
        filled = [(i, t) for i, t in zip(indices, texts, strict=True) if t]
        kind = _classify_furniture(filled, names, columns, titles=titles, numbered=numbered)
        if kind:
            found[place] = kind
    return found


def _is_rule(rows: pl.DataFrame, header: Header) -> pl.Series:
    first = next((f"c{m.index}" for m in header.matches if m.canonical == "name"), None)
    if first is None or rows.schema[first] != pl.String:
        return pl.Series([False] * rows.height, dtype=pl.Boolean)
    return rows[first].str.contains(r"^[\s\-=_—─━~*.+|]{2,}$").fill_null(value=False)


def _can_hold_titles(rows: pl.DataFrame, suspects: pl.DataFrame, header: Header) -> bool:
    """Whether a name alone in its row is a title: rows have more, and few have nothing else."""
    alone = int((suspects["filled"] == 1).sum())
    full = int((rows["filled"] >= 3).sum())
    return header.width > 2 and alone * 4 <= rows.height <= full * 2


def _are_numbered(rows: pl.DataFrame, header: Header) -> bool:
    """Whether most names have the number of a section before them: so these number the firms."""
    number = rf"^\s*(?:{load_knowledge().layout['section_numbers']})"
    counts = [
        int(rows[c].cast(pl.String).str.contains(number).sum())
        for c in _list_columns(header, ["name"])
    ]
    return max(counts, default=0) * 2 > rows.height


def _is_section_title(text: str, *, named: bool, numbered: bool) -> bool:
    """Whether a text is a number with a few words behind it, and these name no firm."""
    number = re.match(load_knowledge().layout["section_numbers"], text)
    if number is None or len(text) - number.end() > _MAX_SECTION_TITLE:
        return False
    rest = text[number.end() :]
    return not named or is_group_name(rest) or not (numbered or is_firm_name(rest))


def _classify_furniture(
    filled: list[tuple[int, str]], names: set[int], columns: int, *, titles: bool, numbered: bool
) -> str | None:
    texts = [re.sub(r"\s", "", text) for _i, text in filled]
    marks = [
        bool(_build_furniture_pattern().fullmatch(text))
        or _is_section_title(text, named=i in names, numbered=numbered)
        for (i, _t), text in zip(filled, texts, strict=True)
    ]
    if texts and all(marks):
        return "furniture"
    named = [text for (i, _t), text in zip(filled, texts, strict=True) if i in names]
    if named and all(map(is_known_header, named)):
        return "furniture"
    if columns > 2 and any(
        mark for (i, _t), mark in zip(filled, marks, strict=True) if not named or i in names
    ):
        return "furniture"
    offices = tuple(load_knowledge().layout["offices"])
    if (
        titles
        and len(filled) == 1
        and (not named or named[0].endswith(offices) or not is_firm_name(named[0]))
    ):
        return "heading"
    return None


@cache
def _build_furniture_pattern() -> re.Pattern[str]:
    return re.compile(
        "|".join(f"(?:{p.replace('(?i)', '')})" for p in load_knowledge().layout["furniture"]), re.I
    )


def _list_columns(header: Header, canonicals: Sequence[str]) -> list[str]:
    return [f"c{m.index}" for m in header.matches if m.canonical in canonicals]


def _has_name(header: Header) -> pl.Expr:
    """Whether a name column holds anything but a word of totals or notes."""
    sums = r"^共?计?\d+(?:户|家|个|个单位|户企业|家企业|家单位)$"
    word = rf"(?:{_match_words('totals')}|^{_match_words('footers')}){_SIZE}$|{sums}|{_PART}"
    names = [
        (~pl.col(c).cast(pl.String).str.replace_all(r"\s", "").str.contains(word)).fill_null(
            value=False
        )
        for c in _list_columns(header, ["name"])
    ]
    return pl.any_horizontal(names) if names else pl.lit(value=False)


def _has_code(header: Header) -> pl.Expr:
    codes = [
        pl.col(c)
        .cast(pl.String)
        .str.contains(r"^['’]?[0-9A-Za-z\-]*[0-9][0-9A-Za-z\-]{5,}$")
        .fill_null(value=False)
        for c in _list_columns(header, _CODES)
    ]
    return pl.any_horizontal(codes) if codes else pl.lit(value=False)


def _classify_lone_lines(rows: pl.DataFrame, header: Header, last: int) -> pl.Expr:
    """Single cells behind the last data row are notes, before a repeated header titles."""
    kind, filled = pl.col("kind"), pl.col("filled")
    names = [
        pl.col(c).is_not_null() & ~pl.col(c).cast(pl.String).str.contains(_SENTENCE)
        for c in _list_columns(header, ["name"])
    ]
    is_name = pl.any_horizontal(names) if names else pl.lit(value=False)
    lone = (kind == "data") & (filled == 1) & ~is_name
    headers = rows.filter(kind == "header")["at"].to_list()
    before_header = pl.col("at").is_in([at - n for at in headers for n in (1, 2, 3)])
    return (
        pl.when(lone & (pl.col("at") > last))
        .then(pl.lit("footer"))
        .when(lone & before_header)
        .then(pl.lit("title"))
        .otherwise(kind)
    )
