"""Places: divisions, the lists of their names, and how such names occur in running text."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from gapmatch.resources import load_toml, read_csv_frame
from gapmatch.standardise.name_rules import match_any

DEPTH = {"province": 2, "prefecture": 4, "county": 6, "zone": 6}
"""How many digits of a code name a division of each level."""


class Division(NamedTuple):
    """One division under one name.

    ``code`` has six digits, and is empty for a zone that no list numbers. ``level`` is province,
    prefecture, county or zone. ``valid_until`` is None while the division is in use; else
    ``successors`` are the codes that took over (several: it was divided; none: not known).
    """

    code: str
    name: str
    short: str
    level: str
    parent_code: str
    valid_from: int | None = None
    valid_until: int | None = None
    successors: tuple[str, ...] = ()

    @property
    def prefix(self) -> str:
        """The digits that the codes of everything inside begin with."""
        return self.code[: DEPTH[self.level]]

    def contains(self, other: "Division") -> bool:
        """Return whether ``other`` lies inside (a division contains itself)."""
        return bool(self.prefix) and other.code.startswith(self.prefix)


class RegionPart(NamedTuple):
    """One level of a region prefix: its end and its division."""

    end: int
    division: Division | None


class RegionPrefix(NamedTuple):
    """The region at the beginning of a text, from the widest level to the narrowest."""

    parts: tuple[RegionPart, ...]

    @property
    def length(self) -> int:
        """Number of characters that the prefix takes."""
        return self.parts[-1].end

    @property
    def division(self) -> Division | None:
        """The narrowest division; None if the name fits several places (鼓楼区)."""
        for part in reversed(self.parts):
            if part.division:
                return part.division
        return None

    @property
    def codes(self) -> tuple[str, ...]:
        """Codes of the levels, widest first."""
        return tuple(p.division.code for p in self.parts if p.division)


@dataclass(frozen=True)
class PlaceRules:
    """The lists of ``config/places.toml``."""

    suffix_traps: dict[str, tuple[str, ...]]
    bare_traps: dict[str, tuple[str, ...]]
    known_everywhere: frozenset[str]
    zone: re.Pattern[str]
    national: tuple[str, ...]
    offices: re.Pattern[str]
    peoples: str
    """A pattern of the names of peoples, that towns are called after."""
    not_after_towns: str
    """A pattern of what does not follow a town's name, but that of a road or building."""

    @classmethod
    @cache
    def load(cls) -> "PlaceRules":
        """Return the shipped rules."""
        raw = load_toml("places.toml")
        return cls(
            suffix_traps={suffix: tuple(words) for suffix, words in raw["suffix_traps"].items()},
            bare_traps={kind: tuple(words) for kind, words in raw["bare_traps"].items()},
            known_everywhere=frozenset(raw["known_everywhere"]["names"]),
            zone=re.compile(
                f"([^{raw['zones']['not_inside']}]{{0,8}}?)({match_any(raw['zones']['kinds'])})"
            ),
            national=tuple(raw["offices"]["national"]),
            offices=re.compile(match_any(raw["offices"]["kinds"])),
            peoples=f"(?:{match_any(raw['towns']['peoples'])})族",
            not_after_towns=f"(?:{match_any(raw['towns']['not_after'])})",
        )


Names = dict[str, tuple[Division, ...]]


@dataclass(frozen=True)
class DivisionTables:
    """``config/divisions.csv`` as look-up tables.

    ``current`` leads from codes to divisions in use, ``retired`` from other codes to the last
    division that had them; ``full`` and ``bare`` lead from names with and without administrative
    suffix to divisions in use, ``names`` are both; ``lengths`` leads from two characters to the
    lengths of the names that begin with them, longest first; ``with_counties`` are the prefectures
    that have counties.
    """

    current: dict[str, Division]
    retired: dict[str, Division]
    full: Names
    bare: Names
    names: frozenset[str]
    lengths: dict[str, tuple[int, ...]]
    with_counties: frozenset[str]

    def is_county(self, division: Division) -> bool:
        """Whether it has a workbook: counties, zones, prefectures without counties (东莞)."""
        return DEPTH[division.level] == 6 or (
            division.level == "prefecture" and division.code not in self.with_counties
        )


def find_heirs(division: Division, current: Mapping[str, Division]) -> tuple[Division, ...]:
    """Return a division's successors: the one with its name (水城区 from 水城县), else all."""
    codes = division.successors or (division.code,)
    heirs = tuple(current[code] for code in codes if code in current)
    namesakes = tuple(h for h in heirs if h.short == division.short)
    return namesakes if len(namesakes) == 1 else heirs


def read_divisions(year: int | None = None) -> DivisionTables:
    """Read the shipped gazetteer as of the end of ``year`` (None: the newest)."""
    table = read_csv_frame("divisions.csv")
    rows = table.fill_null("").rows()
    divisions = [_parse_division(row) for row in rows]
    current = {d.code: d for d in divisions if _is_in_use(d, year)}
    retired = {d.code: d for d in divisions if d.code not in current}
    full = _index_names(current, divisions, [(row[1], *_split_list(row[8])) for row in rows])
    bare = _index_names(current, divisions, [_split_list(row[2]) for row in rows])
    names = frozenset(full.keys() | bare.keys())
    parents = frozenset(d.parent_code for d in current.values() if d.level == "county")
    return DivisionTables(current, retired, full, bare, names, _measure_lengths(names), parents)


def _is_in_use(division: Division, year: int | None) -> bool:
    if year is None:
        return division.valid_until is None
    return (division.valid_from or 0) <= year < (division.valid_until or year + 1)


def _parse_division(row: Sequence[str]) -> Division:
    code, name, short, level, parent, since, until, successors, _aliases = row
    return Division(
        code,
        name,
        short.split("|")[0] or name,
        level,
        parent,
        int(since) if since else None,
        int(until) if until else None,
        _split_list(successors),
    )


def _split_list(text: str) -> tuple[str, ...]:
    return tuple(text.split("|")) if text else ()


def _index_names(
    current: dict[str, Division], divisions: list[Division], names: list[tuple[str, ...]]
) -> Names:
    """Map each name to the divisions in use with that name, else to their successors.

    A former official name (东乡县 in Jiangxi) stands next to a mere alias (东乡县 for
    东乡族自治县).
    """
    bearers: Names = {}
    former: dict[str, list[Division]] = defaultdict(list)
    for division, own_names in zip(divisions, names, strict=True):
        if current.get(division.code) is division:
            for name in own_names:
                bearers[name] = (*bearers.get(name, ()), division)
        else:
            for name in own_names:
                former[name].append(division)
    for name, divisions_gone in former.items():
        today = bearers.get(name, ())
        if any(d.name == name for d in today):
            continue
        gone = [d for d in divisions_gone if d.name == name or not today]
        heirs = (heir for d in gone for heir in find_heirs(d, current))
        bearers[name] = tuple(dict.fromkeys((*today, *heirs)))
    return {name: places for name, places in bearers.items() if places}


def _measure_lengths(names: Iterable[str]) -> dict[str, tuple[int, ...]]:
    lengths: dict[str, set[int]] = defaultdict(set)
    for name in names:
        lengths[name[:2]].add(len(name))
    return {start: tuple(sorted(sizes, reverse=True)) for start, sizes in lengths.items()}
