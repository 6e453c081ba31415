"""Rows that sum up firms below or above them: by what they are called, or by their numbers."""

import re
from functools import cache
from unicodedata import normalize

import numpy as np
import polars as pl

from gapmatch.read.knowledge import NUMBERS, is_firm_name, load_knowledge
from gapmatch.read.places import load_places
from gapmatch.read.titles import find_stated_status
from gapmatch.resources import read_csv_rows
from gapmatch.schemas import CODES

_MIN_CODED_SHARE = 0.9
# A credit code; of the division where it was given, the province.
_REGISTERED = "^[1-9A-Y][1-9](\\d\\d)\\d{4}[0-9A-Z]{10}$"
_BEFORE = re.compile(r"^其中[:：]?|^其他|^其它")
_BEHIND = re.compile(
    r"[(]?[共计]*\d+(?:户|家|个|个单位|户企业|家企业|家单位)[)]?$|(?:合|小|总|共)?计数?$"
)
_MAYBE_GROUP = "[区县旗州镇乡市道业户其全]"
_JOINTS = re.compile("[、，,和与及]")
# Beyond these there are too many rows without a code to look for sums.
_MAX_SUMS = 200
# A sum of one column alone may be chance: it is of so many rows and persons at least.
_MIN_LONE_ROWS, _MIN_LONE_SUM = 3, 30
_TOLERANCE = 0.5
# 非正常户, 已注销企业: a name that is longer is no word for a status.
_MAX_STATUS = 8


def find_groups(rows: pl.DataFrame) -> pl.Series:
    """Return which rows stand for several others, and for no firm; they have no code.

    Such a row is called after a place, an industry or a kind of firm, or, where nearly all other
    rows have a code, after a tax office, or has the sums of the rows above or below it.
    """
    coded = rows["name"].is_null() & False
    for column in (c for c in (*CODES, "unit_id") if c in rows.columns):
        coded |= rows[column].is_not_null()
    found = pl.Series([False] * rows.height, dtype=pl.Boolean)
    at = (~coded & rows["name"].is_not_null()).arg_true()
    are_coded = int(coded.sum()) >= _MIN_CODED_SHARE * rows.height
    if not are_coded:  # all names of a list without codes: few can be those of a group
        given = rows["name"].gather(at)
        like = given.str.contains(_MAYBE_GROUP) & ~_are_firm_names(given)
        at = at.filter(like | given.is_in([*_load_groups()]))
    if at.is_empty():
        return found
    names = rows["name"].gather(at).str.replace_all(r"\s", "")
    named = _are_group_names(rows, names, offices=are_coded)
    unclear = at.filter(~named & ~_are_firm_names(names)) if are_coded else at.clear()
    groups = [*at.filter(named), *_find_sums(rows, at, unclear)]
    found = found.scatter(groups, [True] * len(groups))
    return found if len(groups) < rows.height else found.clear(rows.height).fill_null(value=False)


def is_group_name(name: str) -> bool:
    """Whether a name is that of a kind of firm, an industry or a section of a list."""
    bare = _strip(name)
    kind = _BEFORE.sub("", bare)
    if not kind or {bare, kind} & _load_groups():
        return True
    is_short = len(bare) <= _MAX_STATUS and not bare.endswith("公司")
    if is_short and find_stated_status(bare) is not None:
        return True
    return _JOINTS.sub("", kind).removesuffix("业") in _load_industries()


def _are_firm_names(names: pl.Series) -> pl.Series:
    return pl.Series(map(is_firm_name, names), dtype=pl.Boolean)


def _strip(name: str) -> str:
    text = "".join(normalize("NFKC", name).split())
    return _BEHIND.sub("", text) or text


@cache
def _load_groups() -> frozenset[str]:
    return frozenset(load_knowledge().layout["groups"])


@cache
def _load_industries() -> frozenset[str]:
    names = (_JOINTS.sub("", row["name"]) for row in read_csv_rows("industries.csv"))
    return frozenset(name.removesuffix("业") for name in names)


def _are_group_names(rows: pl.DataFrame, names: pl.Series, *, offices: bool) -> pl.Series:
    """Return which of the ``names`` (without blanks) are of a group."""
    layout = load_knowledge().layout
    bare = pl.Series(map(_strip, names), dtype=pl.String)
    found = bare.str.contains(layout["tax_offices"]) & offices
    found |= pl.Series(map(is_group_name, names), dtype=pl.Boolean)
    maybe = bare.str.contains(layout["places"]) & ~found
    if maybe.any():
        own = [rows[c] for c in ("county", "tax_office", "agency") if c in rows.columns]
        known = {*pl.concat([pl.Series(dtype=pl.String), *(c.rename("") for c in own)])}
        places = load_places(_find_provinces(rows))
        found |= pl.Series(
            is_like and (name in known or places.is_place(name))
            for is_like, name in zip(maybe, bare, strict=True)
        ).cast(pl.Boolean)
    return found


def _find_provinces(rows: pl.DataFrame) -> frozenset[str]:
    """Return the provinces (two digits) that the credit codes of a list name."""
    codes = [rows[c].str.extract(_REGISTERED).unique() for c in CODES if c in rows.columns]
    return frozenset(province for column in codes for province in column.drop_nulls())


def _find_sums(rows: pl.DataFrame, bounds: pl.Series, at: pl.Series) -> list[int]:
    """Return which of the rows ``at`` hold the sums of the rows between two of the ``bounds``."""
    columns = [c for c in rows.columns if c in NUMBERS and rows.schema[c].is_numeric()]
    if at.is_empty() or not columns or len(bounds) > _MAX_SUMS:
        return []
    table = rows.select(pl.col(columns).cast(pl.Float64).fill_null(0.0)).to_numpy(writable=True)
    stated = table[at.to_numpy()]
    table[bounds.to_numpy()] = 0.0
    sums = np.vstack([np.zeros(len(columns)), table.cumsum(axis=0)])
    ends = bounds.to_list()
    found = []
    for row, numbers in zip(at.to_list(), stated, strict=True):
        place = ends.index(row)
        spans = [(start, row) for start in (0, *(end + 1 for end in ends[:place]))]
        spans += [(row + 1, end) for end in (*ends[place + 1 :], rows.height)]
        given = numbers != 0
        rounding = np.maximum(_TOLERANCE, 1e-6 * np.abs(numbers))
        for start, end in (*spans, (0, rows.height)):
            same = np.abs(sums[end] - sums[start] - numbers) <= rounding
            lone = end - start >= _MIN_LONE_ROWS and numbers[given].max(initial=0) >= _MIN_LONE_SUM
            enough = given.sum() > 1 or (given.any() and lone)
            if end - start > 1 and enough and same[given].all():
                found.append(row)
                break
    return found
