"""Places: what a division is, the lists of names that lead to it, and how such names behave in running text."""

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import polars as pl

from gapmatch.resources import config_path

DEPTH = {"province": 2, "prefecture": 4, "county": 6, "zone": 6}
"""How many digits of a code name a division of each level."""


@dataclass(frozen=True, slots=True)
class Division:
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
        """Tell whether ``other`` lies inside (a division contains itself)."""
        return bool(self.prefix) and other.code.startswith(self.prefix)


@dataclass(frozen=True, slots=True)
class RegionPart:
    """One level of a region prefix: where it ends, which division it is, whether it has its suffix."""

    end: int
    division: Division | None
    full: bool


@dataclass(frozen=True, slots=True)
class RegionPrefix:
    """The region at the beginning of a text, from the widest level to the narrowest."""

    parts: tuple[RegionPart, ...]

    @property
    def length(self) -> int:
        """Number of characters that the prefix takes."""
        return self.parts[-1].end

    @property
    def division(self) -> Division | None:
        """The narrowest division; None where the name fits several places (鼓楼区)."""
        return next((p.division for p in reversed(self.parts) if p.division), None)

    @property
    def codes(self) -> tuple[str, ...]:
        """Codes of the levels, widest first."""
        return tuple(p.division.code for p in self.parts if p.division)

    @property
    def certain(self) -> bool:
        """True where every level is written with its suffix."""
        return all(p.full for p in self.parts)


@dataclass(frozen=True)
class PlaceRules:
    """The lists of ``config/places.toml``."""

    suffix_traps: dict[str, str]
    bare_traps: dict[str, str]
    known_everywhere: frozenset[str]
    zone: re.Pattern[str]
    national: tuple[str, ...]
    offices: re.Pattern[str]
    own_level: tuple[str, ...]
    town: re.Pattern[str]

    @classmethod
    @cache
    def load(cls) -> "PlaceRules":
        """Return the shipped rules."""
        raw = tomllib.loads(config_path("places.toml").read_text(encoding="utf-8"))
        towns = raw["towns"]
        return cls(
            suffix_traps=raw["suffix_traps"],
            bare_traps=raw["bare_traps"],
            known_everywhere=frozenset(raw["known_everywhere"]["names"]),
            zone=re.compile(f"(.{{0,8}}?)({_either(raw['zones']['kinds'])})"),
            national=tuple(raw["offices"]["national"]),
            offices=re.compile(_either(raw["offices"]["kinds"])),
            own_level=tuple(raw["offices"]["own_level"]),
            town=re.compile(
                f"([^{towns['not_inside']}]{{1,12}}?(?:{_either(towns['kinds'])}))(?![{towns['not_after']}])"
            ),
        )


def _either(words: Iterable[str]) -> str:
    return "|".join(re.escape(w) for w in sorted(words, key=len, reverse=True))


Names = dict[str, tuple[Division, ...]]


@dataclass(frozen=True)
class DivisionTables:
    """``config/divisions.csv`` as look-up tables.

    ``full`` and ``bare`` lead from names with and without administrative suffix to divisions in
    use; ``lengths`` from two characters to the lengths of the names that begin with them, longest
    first; ``with_counties`` holds the prefectures that have counties.
    """

    current: dict[str, Division]
    retired: dict[str, tuple[Division, ...]]
    full: Names
    bare: Names
    lengths: dict[str, tuple[int, ...]]
    with_counties: frozenset[str]


def read_divisions() -> DivisionTables:
    """Read the shipped gazetteer."""
    table = pl.read_csv(config_path("divisions.csv"), comment_prefix="#", infer_schema=False)
    rows = table.fill_null("").rows()
    divisions = [_division(row) for row in rows]
    current = {d.code: d for d in divisions if d.valid_until is None}
    retired: dict[str, tuple[Division, ...]] = {}
    for division in divisions:
        if division.valid_until is not None:
            retired[division.code] = (*retired.get(division.code, ()), division)
    full = _names(current, divisions, [(row[1], *_listed(row[8])) for row in rows])
    bare = _names(current, divisions, [_listed(row[2]) for row in rows])
    parents = frozenset(d.parent_code for d in current.values() if d.level == "county")
    return DivisionTables(current, retired, full, bare, _lengths([*full, *bare]), parents)


def _division(row: Sequence[str]) -> Division:
    code, name, short, level, parent, since, until, successors, _aliases = row
    return Division(
        code,
        name,
        short.split("|")[0] or name,
        level,
        parent,
        int(since) if since else None,
        int(until) if until else None,
        _listed(successors),
    )


def _listed(text: str) -> tuple[str, ...]:
    return tuple(text.split("|")) if text else ()


def _names(
    current: dict[str, Division], divisions: list[Division], names: list[tuple[str, ...]]
) -> Names:
    """Lead each name to the divisions in use that bear it, else to those that took over from its bearer."""
    bearers: dict[str, dict[str, Division]] = defaultdict(dict)
    heirs: dict[str, dict[str, Division]] = defaultdict(dict)
    for division, own_names in zip(divisions, names, strict=True):
        if division.valid_until is None:
            for name in own_names:
                bearers[name][division.code] = division
        else:
            for name in own_names:
                heirs[name].update((c, current[c]) for c in division.successors)
    return {name: tuple(found.values()) for name, found in (heirs | bearers).items() if found}


def _lengths(names: Iterable[str]) -> dict[str, tuple[int, ...]]:
    lengths: dict[str, set[int]] = defaultdict(set)
    for name in names:
        lengths[name[:2]].add(len(name))
    return {start: tuple(sorted(found, reverse=True)) for start, found in lengths.items()}
