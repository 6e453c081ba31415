"""Divisions: which province, prefecture or county a code, a name, an address or an office stands for.

Codes are those of GB/T 2260 with their history (``config/divisions.csv``); how region names behave in
running text is data too (``config/places.toml``). Names are looked up in full (印江土家族苗族自治县), with a
plain suffix (印江县), bare (印江) and in former forms (盘县). A bare name is weak evidence: it is read as a
region only where its surroundings or ``home``, the division that an extract is about, support it.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache

import polars as pl

from gapmatch.standardise.places import (
    DEPTH,
    Division,
    DivisionTables,
    PlaceRules,
    RegionPart,
    RegionPrefix,
    read_divisions,
)

__all__ = ["Division", "Gazetteer", "RegionPart", "RegionPrefix"]

_LONGEST_SEARCH = 24
_COUNTY = {"division": pl.String, "county_name": pl.String}
Row = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class _Context:
    """How a text is read: the division it is about, how many characters stay behind the region,
    and whether bare names need no support."""

    home: str | None
    leaves: int = 0
    bare_anywhere: bool = False


@dataclass(frozen=True)
class Gazetteer:
    """Lookups over all divisions. Pure; ``load`` once and share."""

    tables: DivisionTables
    rules: PlaceRules

    @classmethod
    @cache
    def load(cls) -> "Gazetteer":
        """Return the shipped gazetteer; it is read once."""
        return cls(read_divisions(), PlaceRules.load())

    # -- codes

    def by_code(self, code: str) -> Division | None:
        """Return the division of a six-digit code (or of a longer code's first six digits).

        A retired code gives its successor; where it was divided, or nobody knows, the retired
        division itself, which tells by ``valid_until`` and ``successors``.
        """
        code = code[:6]
        if found := self.tables.current.get(code):
            return found
        gone = self.tables.retired.get(code)
        if gone is None:
            return None
        latest = gone[-1]
        return self.tables.current[latest.successors[0]] if len(latest.successors) == 1 else latest

    def county_of_code(self, code: str) -> Division | None:
        """Return the county, zone or county-less prefecture of a code; None where it is not one place."""
        found = self.by_code(code)
        if found is None or found.valid_until is not None:
            return None
        return found if self._is_county(found) else None

    def _is_county(self, division: Division) -> bool:
        """Counties, zones, and prefectures without counties (东莞) are what workbooks are made for."""
        return DEPTH[division.level] == 6 or (
            division.level == "prefecture" and division.code not in self.tables.with_counties
        )

    # -- names

    def find(self, text: str, within: str | None = None) -> Division | None:
        """Return the division that a text names as a whole, for those inside ``within`` first.

        Takes codes, official, short and former names and chains (铜仁市碧江区). None where the text
        is no division, or fits several and ``within`` does not decide.
        """
        text = text.strip()
        if text[:6].isdigit() and len(text) >= 6:
            return self.by_code(text)
        candidates = self.tables.full.get(text) or self.tables.bare.get(text)
        if candidates:
            return self._resolve(candidates, None, within)
        prefix = self._read(text, _Context(within, bare_anywhere=True))
        return prefix.division if prefix and prefix.length == len(text) else None

    def split_prefix(self, name: str, home: str | None = None) -> RegionPrefix | None:
        """Return the region prefix of a firm's name, or None.

        Levels with their suffix are certain. A bare name counts where it continues a chain
        (遵义汇川…), lies in the prefecture or province of ``home``, or is known everywhere (贵州…,
        深圳…); elsewhere it is more likely a trade name (大同…) and stays. At least two characters
        are left over.
        """
        return self._read(name, _Context(home, leaves=2))

    def _read(self, text: str, context: _Context) -> RegionPrefix | None:
        parts: list[RegionPart] = []
        position, scope = 0, None
        while part := self._part_at(text, position, scope, context):
            parts.append(part)
            position = part.end
            if part.division is None or DEPTH[part.division.level] == 6:
                break
            scope = part.division
        return RegionPrefix(tuple(parts)) if parts else None

    def _part_at(
        self, text: str, start: int, scope: Division | None, context: _Context
    ) -> RegionPart | None:
        """Return the longest name of a division inside ``scope`` that begins at ``start``."""
        last = len(text) - context.leaves
        for length in self.tables.lengths.get(text[start : start + 2], ()):
            end = start + length
            if end > last:
                continue
            form = text[start:end]
            part = self._full_part(text, form, end, scope, context.home)
            if part := part or self._bare_part(text, form, end, scope, context):
                return part
        return None

    def _full_part(
        self, text: str, form: str, end: int, scope: Division | None, home: str | None
    ) -> RegionPart | None:
        candidates = self.tables.full.get(form)
        if not candidates or self._trapped(text, end):
            return None
        found = self._resolve(candidates, scope, home)
        if scope is None:
            # 沙县, 城区, 矿区: two characters are too little evidence far from home.
            enough = len(form) > 2 or _inside(found, home)
            return RegionPart(end, found, full=True) if enough else None
        if found:
            return RegionPart(end, found, full=True)
        # A divided county (遵义县 inside 遵义市): a region for certain, though no single one of today.
        divided = any(scope.contains(c) and c is not scope for c in candidates)
        return RegionPart(end, None, full=True) if divided else None

    def _trapped(self, text: str, end: int) -> bool:
        following = text[end : end + 1]
        return bool(following) and following in self.rules.suffix_traps.get(text[end - 1], "")

    def _bare_part(
        self, text: str, form: str, end: int, scope: Division | None, context: _Context
    ) -> RegionPart | None:
        candidates = self.tables.bare.get(form)
        found = self._resolve(candidates, scope, context.home) if candidates else None
        if found is None or not (
            context.bare_anywhere or self._stands_bare(form, found, scope, context.home)
        ):
            return None
        traps = self.rules.bare_traps["county" if DEPTH[found.level] == 6 else "any"]
        trapped = end < len(text) and text[end] in traps
        return None if trapped else RegionPart(end, found, full=False)

    def _stands_bare(
        self, form: str, found: Division, scope: Division | None, home: str | None
    ) -> bool:
        """Tell whether a name without suffix is read as a region here (see ``split_prefix``)."""
        if _inside(found, home) or found.level == "province":
            return True
        if scope:
            return found.parent_code == scope.code
        return found.level == "prefecture" and (
            len(form) > 2 or form in self.rules.known_everywhere
        )

    def _resolve(
        self, candidates: tuple[Division, ...], scope: Division | None, home: str | None
    ) -> Division | None:
        """Choose one of several namesakes: inside scope, then near home, then the widest level."""
        if scope:
            candidates = tuple(c for c in candidates if scope.contains(c) and c is not scope)
        elif len(candidates) > 1 and home:
            candidates = _nearest(candidates, home)
        if len(candidates) > 1:
            widest = min(DEPTH[c.level] for c in candidates)
            candidates = tuple(c for c in candidates if DEPTH[c.level] == widest)
        return candidates[0] if len(candidates) == 1 else None

    # -- addresses and offices

    def county_of_address(self, address: str, home: str | None = None) -> Division | None:
        """Return the county of an address: in its chain of regions, else the first named in its head."""
        return self._place_of_address(address, home)[0]

    def _place_of_address(self, address: str, home: str | None) -> tuple[Division | None, int]:
        """Return the county and the length of the region prefix."""
        prefix = self._read(address, _Context(home))
        found = prefix.division if prefix else None
        end = prefix.length if prefix else 0
        if found and self._is_county(found):
            return found, end
        return self._search_county(address, end, found, home) or (None, end)

    def _search_county(
        self, text: str, start: int, scope: Division | None, home: str | None
    ) -> tuple[Division, int] | None:
        """Return the first county with its suffix in the head of a text, inside ``scope`` or ``home``."""
        scope = scope or (self.by_code(home) if home else None)
        for position in range(start, min(len(text), start + _LONGEST_SEARCH)):
            for length in self.tables.lengths.get(text[position : position + 2], ()):
                candidates = self.tables.full.get(text[position : position + length])
                if length < 3 or not candidates or self._trapped(text, position + length):
                    continue
                found = self._resolve(candidates, scope, home)
                if found and self._is_county(found):
                    return found, position + length
        return None

    def town_of_address(self, address: str, home: str | None = None) -> str | None:
        """Return the town, township or street office that an address names behind its county."""
        _county, end = self._place_of_address(address, home)
        found = self.rules.town.match(address, end)
        return found[1] if found else None

    def division_of_office(self, text: str, home: str | None = None) -> Division | None:
        """Return the division that an office (税务局, 社会保险事业局…) serves.

        A zone that no list numbers is returned as a division of its own with an empty code. An
        office of a whole prefecture or province gives that division: look at ``level``.
        """
        for word in self.rules.national:
            text = text.removeprefix(word)
        prefix = self._read(text, _Context(home, bare_anywhere=True))
        found = prefix.division if prefix else None
        end = prefix.length if prefix else 0
        if found and self._is_county(found):
            return found
        if zone := self._zone_at(text, end, found, home):
            return zone
        searched = self._search_county(text, end, found, home)
        return searched[0] if searched else found

    def _zone_at(
        self, text: str, start: int, seat: Division | None, home: str | None
    ) -> Division | None:
        office = self.rules.offices.search(text, start)
        match = self.rules.zone.match(text, start, office.start() if office else len(text))
        if not match:
            return None
        seat = seat or (self.by_code(home) if home else None)
        core = match[1].removesuffix("市")
        name = core + match[2] if core else (seat.short if seat else "") + match[2]
        listed = self.tables.full.get(name, ())
        if seat and len(inside := [z for z in listed if seat.contains(z)]) == 1:
            return inside[0]
        return Division("", name, name, "zone", seat.code if seat else "")

    # -- what an extract is about

    def home_of(self, values: Iterable[str | None]) -> str | None:
        """Return the code of the prefecture, else the province, that most of the values lie in.

        ``values`` are division codes, credit codes' divisions, county names or addresses, in any
        mixture; what cannot be placed does not vote. Three in five must agree.
        """
        votes = Counter(v for v in values if v)
        places: Counter[str] = Counter()
        for value, count in votes.items():
            if division := self._place(value):
                places[
                    division.code[:4] if division.level != "province" else division.code[:2]
                ] += count
        total = places.total()
        for depth in (4, 2):
            tally: Counter[str] = Counter()
            for code, count in places.items():
                tally[code[:depth]] += count
            for code, count in sorted(tally.items(), key=lambda item: (-item[1], item[0]))[:1]:
                if count >= 0.6 * total and (whole := code.ljust(6, "0")) in self.tables.current:
                    return whole
        return None

    def _place(self, value: str) -> Division | None:
        if found := self.find(value):
            return found
        prefix = self.split_prefix(value)
        return prefix.division if prefix else None

    # -- whole columns

    def split_prefixes(self, names: pl.Series, home: str | None = None) -> pl.DataFrame:
        """Split region prefixes off a column of names, one row per given row.

        Returns ``region`` (String, null: none), ``region_code`` (String, null: none or not one
        place), ``rest`` (String) and ``certain`` (Boolean, null: no region).
        """

        def row(name: str) -> tuple[object, ...]:
            prefix = self.split_prefix(name, home)
            if prefix is None:
                return None, None, name, None
            found, end = prefix.division, prefix.length
            return name[:end], found.code if found else None, name[end:], prefix.certain

        return _map_distinct(names, row, {"region": pl.String, "region_code": pl.String, "rest": pl.String, "certain": pl.Boolean})  # fmt: skip

    def counties_of_addresses(self, addresses: pl.Series, home: str | None = None) -> pl.DataFrame:
        """Return ``division``, ``county_name``, ``rest`` (address without its regions), all String."""

        def row(address: str) -> tuple[object, ...]:
            county, end = self._place_of_address(address, home)
            return *_named(county), address[end:]

        return _map_distinct(addresses, row, {**_COUNTY, "rest": pl.String})

    def towns_of_addresses(self, addresses: pl.Series, home: str | None = None) -> pl.Series:
        """Return the towns of a column of addresses (String, null: none named)."""
        frame = _map_distinct(
            addresses, lambda a: (self.town_of_address(a, home),), {"town": pl.String}
        )
        return frame["town"]

    def divisions_of_offices(self, offices: pl.Series, home: str | None = None) -> pl.DataFrame:
        """Return ``division``, ``county_name``, both null where an office serves no single county."""

        def row(office: str) -> tuple[object, ...]:
            found = self.division_of_office(office, home)
            return _named(found if found and self._is_county(found) else None)

        return _map_distinct(offices, row, _COUNTY)

    def counties_of_codes(self, codes: pl.Series) -> pl.DataFrame:
        """Return ``division``, ``county_name`` of a column of codes that begin with six digits."""
        return _map_distinct(codes, lambda c: _named(self.county_of_code(c)), _COUNTY)

    def counties_of_names(self, names: pl.Series, within: str | None = None) -> pl.DataFrame:
        """Return ``division``, ``county_name`` of a county column; the name as given where no list has it."""

        def row(name: str) -> tuple[object, ...]:
            found = self.find(name, within) or self.division_of_office(name, within)
            return _named(found) if found and self._is_county(found) else (None, name)

        return _map_distinct(names, row, _COUNTY)


def _inside(division: Division | None, home: str | None) -> bool:
    """Tell whether a division lies in the province of ``home``."""
    return division is not None and home is not None and division.code[:2] == home[:2]


def _nearest(candidates: tuple[Division, ...], home: str) -> tuple[Division, ...]:
    """Keep the candidates in the same prefecture as ``home``, else in the same province, else all."""
    for depth in (4, 2):
        if near := tuple(c for c in candidates if c.code[:depth] == home[:depth]):
            return near
    return candidates


def _named(county: Division | None) -> Row:
    return (county.code or None, county.name) if county else (None, None)


def _map_distinct(
    column: pl.Series, row: Callable[[str], Row], schema: Mapping[str, type[pl.DataType]]
) -> pl.DataFrame:
    """Apply ``row`` to each distinct text once; a null text gives nulls."""
    texts = column.unique(maintain_order=True).drop_nulls()
    columns = zip(*map(row, texts), strict=True) if len(texts) else ([] for _ in schema)
    found = pl.DataFrame(
        [texts.alias("_text")]
        + [pl.Series(n, c, dtype) for (n, dtype), c in zip(schema.items(), columns, strict=True)]
    )
    return (
        column.to_frame("_text")
        .join(found, on="_text", how="left", maintain_order="left")
        .drop("_text")
    )
