"""Which firms a list shows: the filters of an address, applied to the rows of a quarter."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Self
from urllib.parse import urlencode

import polars as pl

from gapmatch.results.breakdowns import select_bridge_part

MIN_PERSON_CHARACTERS = 2
"""A surname alone finds no one."""
UNKNOWN_VALUE = "?"
"""What an address has for a value that is not known."""

_EQUAL = ("county", "town", "section", "status", "tier", "kind", "verdict")


@dataclass(frozen=True)
class QueryChoice:
    """Base of choices whose fields are texts of the same names in the query; empty: not chosen."""

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Self:
        """Return what a query, or the fields of a form, choose; other names are ignored."""
        return cls(**{f.name: query[f.name].strip() for f in fields(cls) if query.get(f.name)})

    def change(self, **values: str) -> Self:
        """Return the same choice but for ``values``."""
        return replace(self, **values)


@dataclass(frozen=True)
class FirmFilter(QueryChoice):
    """Filters of a list of firms; empty texts do not filter.

    ``text``: a search; ``part``: a step of the bridge, or what a step leaves out; ``size``: number
    of the band; ``change_kind``: as of ``StoredQuarter.select_changed``; ``sort``: rank, name,
    persons, expected or chance.
    """

    quarter: str = ""
    text: str = ""
    part: str = ""
    county: str = ""
    town: str = ""
    section: str = ""
    size: str = ""
    status: str = ""
    tier: str = ""
    kind: str = ""
    verdict: str = ""
    change_kind: str = ""
    sort: str = ""

    def as_address(self, path: str, **values: str | int) -> str:
        """Return an address with these filters, and ``values`` beside them."""
        own = {f.name: getattr(self, f.name) for f in fields(self)}
        return f"{path}?{urlencode({k: v for k, v in {**own, **values}.items() if v != ''})}"

    def select(self, firms: pl.DataFrame) -> pl.DataFrame:
        """Return the rows of ``StoredQuarter.firms`` that pass, in the order asked for."""
        tests = [_is_equal(name, getattr(self, name)) for name in _EQUAL if getattr(self, name)]
        if self.part:
            tests.append(_select_part(self.part))
        if self.size:
            tests.append(_is_equal("size", self.size))
        chosen = firms.filter(*tests) if tests else firms
        if self.text:
            chosen = search_firms(chosen, self.text)
        return _sort(chosen, self.sort)


def search_firms(firms: pl.DataFrame, text: str) -> pl.DataFrame:
    """Return the firms that ``text`` may mean; equal codes, case numbers and names come first.

    ``text``: a name or a part of one, a code or a part of one, the number of a case, the name of a
    person in full.
    """
    wanted = unicodedata.normalize("NFKC", text).strip()
    if not wanted:
        return firms
    low = "".join(wanted.lower().split())
    equal = (
        (pl.col("code_text").str.to_lowercase() == low)
        | (pl.col("case_number").str.to_lowercase() == low)
        | (pl.col("name").str.to_lowercase() == low)
    ).fill_null(value=False)
    within = pl.any_horizontal(
        pl.col(column).str.contains(low, literal=True).fill_null(value=False)
        for column in ("found_by", "other_names", "case_number")
    )
    tests = equal | within
    if len(wanted) >= MIN_PERSON_CHARACTERS:
        lines = pl.col("found_by_person").str.split("\n")
        tests |= lines.list.contains(wanted).fill_null(value=False)
    found = firms.filter(tests).with_columns(equal.alias("is_equal"))
    return found.sort("is_equal", descending=True, maintain_order=True).drop("is_equal")


def _is_equal(column: str, value: str) -> pl.Expr:
    if value == UNKNOWN_VALUE:
        return pl.col(column).is_null()
    return (pl.col(column).cast(pl.String) == value).fill_null(value=False)


def _select_part(name: str) -> pl.Expr:
    try:
        return select_bridge_part(name)
    except KeyError:  # an address that someone typed
        return pl.lit(value=False)


def _sort(firms: pl.DataFrame, order: str) -> pl.DataFrame:
    columns = {"persons": "headcount", "chance": "probability_uninsured", "expected": "expected"}
    if order in columns:
        return firms.sort(columns[order], descending=True, nulls_last=True, maintain_order=True)
    return firms.sort("name", nulls_last=True, maintain_order=True) if order == "name" else firms
