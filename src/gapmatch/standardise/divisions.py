"""Find the province, prefecture or county of a code, a name, an address or an office.

Codes are those of GB/T 2260 with their history (``config/divisions.csv``); how region names behave
in running text is data too (``config/places.toml``). Names are looked up in full
(印江土家族苗族自治县), with a plain suffix (印江县), bare (印江) and in former forms (盘县). A bare
name is weak evidence: it is read as a region only if its surroundings or ``home``, the division
that an extract is about, support it.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache

import polars as pl

from gapmatch.standardise.gazetteer import (
    Division,
    DivisionTables,
    PlaceRules,
    RegionPart,
    RegionPrefix,
    find_heirs,
    read_divisions,
)
from gapmatch.standardise.region_reader import RegionReader

__all__ = ["Division", "Gazetteer", "RegionPart", "RegionPrefix"]

_MIN_MAJORITY = 0.6
_COUNTY = {"division": pl.String, "county_name": pl.String}
Row = tuple[object, ...]


@dataclass(frozen=True)
class Gazetteer:
    """Lookups over all divisions. Pure; ``load`` once and share."""

    tables: DivisionTables
    rules: PlaceRules
    _readers: dict[tuple[str | None, int, bool], RegionReader] = field(
        default_factory=dict, repr=False
    )

    @classmethod
    @cache
    def load(cls, year: int | None = None) -> "Gazetteer":
        """Return the shipped gazetteer as of the end of ``year`` (None: the newest), read once."""
        return cls(read_divisions(year), PlaceRules.load())

    def _get_reader(
        self, home: str | None, leaves: int = 0, *, bare_anywhere: bool = False
    ) -> RegionReader:
        """Return the reader of a setting; it is cached, since it learns the names in use there."""
        key = (home, leaves, bare_anywhere)
        if key not in self._readers:
            self._readers[key] = RegionReader(self.tables, self.rules, *key)
        return self._readers[key]

    # -- codes

    def find_by_code(self, code: str) -> Division | None:
        """Return the division of a six-digit code (or of a longer code's first six digits).

        A retired code gives its successor (of several, the one with the same name); if it was
        divided, or no one knows, the retired division itself, recognisable by ``valid_until`` and
        ``successors``. A code below a prefecture that no list knows (市辖区, an office of the
        prefecture itself) gives the prefecture.
        """
        code = code[:6]
        if division := self.tables.current.get(code):
            return division
        if gone := self.tables.retired.get(code):
            heirs = find_heirs(gone, self.tables.current)
            return heirs[0] if len(heirs) == 1 else gone
        return self.tables.current.get(code[:4] + "00") if len(code) == 6 else None

    def find_county_of_code(self, code: str) -> Division | None:
        """Return the county, zone or county-less prefecture of a code; None if not one place."""
        division = self.find_by_code(code)
        if division is None or division.code not in self.tables.current:
            return None
        return division if self.tables.is_county(division) else None

    # -- names

    def find(self, text: str, within: str | None = None) -> Division | None:
        """Return the division that a text names as a whole, for those inside ``within`` first.

        Takes codes, official, short and former names and chains (铜仁市碧江区). None if the text
        is no division, or fits several and ``within`` does not decide.
        """
        text = text.strip()
        if text[:6].isdigit() and len(text) >= 6:
            return self.find_by_code(text)
        reader = self._get_reader(within, bare_anywhere=True)
        if candidates := self.tables.full.get(text) or self.tables.bare.get(text):
            return reader.resolve(candidates)
        prefix = reader.read(text)
        return prefix.division if prefix and prefix.length == len(text) else None

    def split_prefix(self, name: str, home: str | None = None) -> RegionPrefix | None:
        """Return the region prefix of a firm's name, or None.

        Levels with their suffix are certain. A bare name counts if it continues a chain
        (遵义汇川…), lies in the prefecture or province of ``home``, or is known everywhere (贵州…,
        深圳…); elsewhere it is more likely a trade name (大同…) and stays. At least two characters
        are left over.
        """
        return self._get_reader(home, 2).read(name)

    # -- addresses and offices

    def find_county_of_address(self, address: str, home: str | None = None) -> Division | None:
        """Return the county of an address: in its chain of regions, else first in its head."""
        return self._locate_address(address, home)[0]

    def _locate_address(self, address: str, home: str | None) -> tuple[Division | None, int]:
        """Return the county and the length of the region prefix."""
        reader = self._get_reader(home)
        prefix = reader.read(address)
        division = prefix.division if prefix else None
        end = prefix.length if prefix else 0
        if division and self.tables.is_county(division):
            return division, end
        if (
            division
            and division.level == "prefecture"
            and (zone := self._read_zone(address, end, division))
        ):
            return zone
        return reader.search_county(address, end, division) or (None, end)

    def find_division_of_office(self, text: str, home: str | None = None) -> Division | None:
        """Return the division that an office (税务局, 社会保险事业局…) serves.

        A zone that no list numbers is returned as a division of its own with an empty code. An
        office of a whole prefecture or province gives that division: look at ``level``.
        """
        for word in self.rules.national:
            text = text.removeprefix(word)
        reader = self._get_reader(home, bare_anywhere=home is None)
        prefix = reader.read(text)
        division = prefix.division if prefix else None
        end = prefix.length if prefix else 0
        if division and self.tables.is_county(division):
            return division
        seat = division or self.tables.current.get(home or "")
        office = self.rules.offices.search(text, end)
        region = text[: office.start()] if office else text
        if zone := self._read_zone(region, end, seat) or self._read_seat_zone(region, end, seat):
            return zone[0]
        searched = reader.search_county(text, end, division)
        return searched[0] if searched else division

    def _read_zone(
        self, text: str, start: int, seat: Division | None
    ) -> tuple[Division, int] | None:
        """Return the zone with a name of its own that begins at ``start``, and where it ends."""
        match = self.rules.zone.match(text, start)
        if match is None or len(match[1]) < 2:
            return None
        return self._build_zone(match[0], seat), match.end()

    def _read_seat_zone(
        self, text: str, start: int, seat: Division | None
    ) -> tuple[Division, int] | None:
        """Return the zone that is only called 高新区 or the like, named after its prefecture."""
        match = self.rules.zone.fullmatch(text, start)
        if match is None or match[1]:
            return None
        return self._build_zone((seat.short if seat else "") + match[0], seat), match.end()

    def _build_zone(self, name: str, seat: Division | None) -> Division:
        listed = [z for z in self.tables.full.get(name, ()) if seat and seat.contains(z)]
        return (
            listed[0]
            if len(listed) == 1
            else Division("", name, name, "zone", seat.code if seat else "")
        )

    # -- what an extract is about

    def find_home(self, values: Iterable[str | None]) -> str | None:
        """Return the code of the prefecture, else the province, that most of the values lie in.

        ``values`` are codes (division codes, 18-character credit codes, which carry the division in
        characters 3 to 8, old tax numbers, which begin with it), county names or addresses, in any
        mixture; what cannot be placed does not vote. Three in five must agree.
        """
        places: Counter[str] = Counter()
        for value, count in Counter(v for v in values if v).items():
            if division := self._locate(value):
                places[division.prefix[:4]] += count
        for depth in (4, 2):
            tally: Counter[str] = Counter()
            for prefix, count in places.items():
                tally[prefix[:depth]] += count
            leader = min(tally, key=lambda prefix: (-tally[prefix], prefix), default="")
            code = leader.ljust(6, "0")
            if tally[leader] >= _MIN_MAJORITY * places.total() and code in self.tables.current:
                return code
        return None

    def _locate(self, value: str) -> Division | None:
        if len(value) == 18 and value[2:8].isdigit():
            return self.find_by_code(value[2:8])
        if division := self.find(value):
            return division
        prefix = self.split_prefix(value)
        return prefix.division if prefix else None

    # -- whole columns

    def split_prefixes(self, names: pl.Series, home: str | None = None) -> pl.DataFrame:
        """Split region prefixes off a column of names, one row per given row.

        Returns ``region`` (null: none), ``region_code`` (null: none or not one place) and
        ``rest``, all String.
        """

        read = self._get_reader(home, 2).read

        def split_name(name: str) -> Row:
            prefix = read(name)
            if prefix is None:
                return None, None, None
            division, end = prefix.division, prefix.length
            return name[:end], division.code if division else None, name[end:]

        schema = dict.fromkeys(("region", "region_code", "rest"), pl.String)
        # Only what begins like a region is read letter by letter; few trade names do.
        begun = names.str.head(2).is_in(list(self.tables.lengths))
        split = map_distinct(names.set(~begun, None), split_name, schema)
        return split.with_columns(pl.coalesce("rest", names).alias("rest"))

    def find_counties_of_addresses(
        self, addresses: pl.Series, home: str | None = None
    ) -> pl.DataFrame:
        """Return ``division``, ``county_name``, ``rest`` (address without regions), all String."""

        def locate_address(address: str) -> tuple[object, ...]:
            county, end = self._locate_address(address, home)
            return *_build_county_row(county), address[end:]

        return map_distinct(addresses, locate_address, {**_COUNTY, "rest": pl.String})

    def find_divisions_of_offices(
        self, offices: pl.Series, home: str | None = None
    ) -> pl.DataFrame:
        """Return ``division``, ``county_name``, both null if an office serves no single county."""

        def locate_office(office: str) -> tuple[object, ...]:
            division = self.find_division_of_office(office, home)
            return _build_county_row(
                division if division and self.tables.is_county(division) else None
            )

        return map_distinct(offices, locate_office, _COUNTY)

    def find_counties_of_codes(self, codes: pl.Series) -> pl.DataFrame:
        """Return ``division``, ``county_name`` of a column of codes that begin with six digits."""
        return map_distinct(
            codes, lambda c: _build_county_row(self.find_county_of_code(c)), _COUNTY
        )

    def find_counties_of_names(self, names: pl.Series, within: str | None = None) -> pl.DataFrame:
        """Return ``division``, ``county_name`` of a county column; unknown names as given."""

        def locate_name(name: str) -> tuple[object, ...]:
            division = self.find(name, within) or self.find_division_of_office(name, within)
            return (
                _build_county_row(division)
                if division and self.tables.is_county(division)
                else (None, name)
            )

        return map_distinct(names, locate_name, _COUNTY)


def _build_county_row(county: Division | None) -> Row:
    return (county.code or None, county.name) if county else (None, None)


def map_distinct(
    column: pl.Series, row: Callable[[str], Row], schema: Mapping[str, type[pl.DataType]]
) -> pl.DataFrame:
    """Apply ``row`` to each distinct text once; a null text gives nulls."""
    texts = column.unique(maintain_order=True).drop_nulls()
    rows = list(map(row, texts.to_list()))
    columns = zip(*rows, strict=True) if rows else ([] for _ in schema)
    facts = pl.DataFrame(
        [texts.alias("_text")]
        + [pl.Series(n, c, dtype) for (n, dtype), c in zip(schema.items(), columns, strict=True)]
    )
    return (
        column.to_frame("_text")
        .join(facts, on="_text", how="left", maintain_order="left")
        .drop("_text")
    )
