"""The county of a row: its county column, else office, address, town, sheet or file, name, code.

A name says a county outside home only of firms whose code was not given out at home: many a trade
name is a county's elsewhere (海丰). A text of the county column that the gazetteer does not know is
believed at once only if it ends like the name of a place; any other only if nothing else names a
county.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import polars as pl

from gapmatch.schemas import UNKNOWN_COUNTY
from gapmatch.standardise.divisions import Division, Gazetteer, map_distinct
from gapmatch.standardise.towns import find_divisions_of_towns

MAX_HOME_SAMPLE = 2_000
_HOME_COLUMNS = (
    *("county", "division_code", "credit_code", "taxpayer_code"),
    *("address", "source_sheet", "source_file", "name"),
)
_NO_TEXT = pl.lit(None, pl.String).alias("value")
# How names of counties and of places that are run like one end.
PLACE = r"[区县市旗盟州镇乡]$|(?:街道|办事处|园区?|管委会|管理委员会|特区|林区|矿区)$"
# What can be no place whatever stands next to it: no two Chinese characters in a row.
_WORDS = r"\p{Han}{2}"


def find_home_of_rows(rows: pl.DataFrame) -> str | None:
    """Return the prefecture or province that most rows lie in, by content; null if none does."""

    def count_values(column: str) -> pl.DataFrame:
        values = rows.select(pl.col(column).alias("value") if column in rows.columns else _NO_TEXT)
        return values.drop_nulls().group_by("value").len("count")

    return find_home(count_values)


def find_home(count_values: Callable[[str], pl.DataFrame]) -> str | None:
    """Return the home division by the first column of (``value``, ``count``) that names one."""
    gazetteer = Gazetteer.load()
    for column in _HOME_COLUMNS:
        home = gazetteer.find_home(_sample_values(count_values(column)))
        if home:
            return home
    return None


def _sample_values(counts: pl.DataFrame) -> list[str]:
    """Every so many-th of the sorted values: the same ones whatever the order of the rows."""
    given = counts.filter(pl.col("value") != "").sort("value")
    ends = given["count"].cast(pl.Int64).cum_sum()
    rows = ends[-1] if len(ends) else 0
    ranks = pl.Series(range(0, rows, max(1, rows // MAX_HOME_SAMPLE)), dtype=pl.Int64)
    return given["value"].gather(ends.search_sorted(ranks, "right")).to_list() if rows else []


def find_counties(rows: pl.DataFrame, home: str | None, office: str) -> pl.DataFrame:
    """Return ``division`` (six digits or null), ``county_name``, ``county_source`` for each row.

    ``rows``: read columns with region_code and uscc; ``office``: name of the column of the tax
    office or insurance agency. The first source that names a county wins.
    """
    counties = _search_sources(rows, _CountyLookup(Gazetteer.load(), home), office)
    return counties.with_columns(
        pl.col("county_name").fill_null(UNKNOWN_COUNTY),
        pl.col("county_source").fill_null("unknown"),
    )


@dataclass(frozen=True)
class _CountyLookup:
    """Each source of a county as a function from its column to ``division`` and ``county_name``."""

    gazetteer: Gazetteer
    home: str | None

    def find_by_source(self, source: str, values: pl.Series) -> pl.DataFrame:
        if source == "column_unknown":
            words = values.str.contains(_WORDS).fill_null(value=False)
            return self.gazetteer.find_counties_of_names(values.set(~words, None), self.home)
        if find := self._get_finder(source):
            return find(values)
        if source == "address":
            divisions = self.gazetteer.find_counties_of_addresses(values, self.home)
        else:
            divisions = self.gazetteer.find_counties_of_codes(values)
        return _limit_to_home(divisions.select("division", "county_name"), self.home)

    def _get_finder(self, source: str) -> Callable[[pl.Series], pl.DataFrame] | None:
        """Return the function of a source that is believed in every province."""
        finders: dict[str, Callable[[pl.Series], pl.DataFrame]] = {
            "column": self._find_counties,
            "office": partial(self.gazetteer.find_divisions_of_offices, home=self.home),
            "town": self._find_town_counties,
            "sheet": self._find_title_counties,
            "file": self._find_title_counties,
            "prefecture": self._find_wide_divisions,
        }
        return finders.get(source)

    def _find_counties(self, values: pl.Series) -> pl.DataFrame:
        """A column that names no more than a prefecture leaves the county to the other sources. So
        does one whose text no gazetteer has and that does not end like a place.
        """
        divisions = self.gazetteer.find_counties_of_names(values, self.home)
        wide = self._find_wide_divisions(values)["division"].is_not_null()
        like_a_place = values.str.contains(PLACE).fill_null(value=False)
        return divisions.select(
            pl.when((~wide & like_a_place) | pl.col("division").is_not_null()).then(c).alias(c)
            for c in divisions.columns
        )

    def _find_town_counties(self, values: pl.Series) -> pl.DataFrame:
        """Return the county of home that has the town, else the one that its text names."""
        towns = find_divisions_of_towns(values, get_prefix(self.home))
        listed = self.gazetteer.find_counties_of_codes(towns)
        others = values.set(listed["division"].is_not_null(), None)
        named = self.gazetteer.find_counties_of_addresses(others, self.home)
        near = _limit_to(named, get_prefix(self.home))
        return pl.DataFrame([listed[c].fill_null(near[c]) for c in listed.columns])

    def _find_title_counties(self, values: pl.Series) -> pl.DataFrame:
        """Return the one county in a sheet or file name ("汇川区.xlsx", "2022Q4播州区")."""
        return _map_divisions(values, self._find_title_county)

    def _find_title_county(self, title: str) -> Division | None:
        stem = re.sub(r"\.[A-Za-z]{2,8}$", "", title.rsplit("/", 1)[-1])
        for text in re.findall(r"[\u4e00-\u9fff]+", stem):
            for division in (
                self.gazetteer.find(text, self.home),
                self.gazetteer.find_division_of_office(text, self.home),
                self.gazetteer.find_county_of_address(text, self.home),
            ):
                if division and self.gazetteer.tables.is_county(division):
                    return division
        return None

    def is_wide(self, values: pl.Series) -> pl.Series:
        """Return which texts name a prefecture or province."""
        return self._find_wide_divisions(values)["division"].is_not_null()

    def _find_wide_divisions(self, values: pl.Series) -> pl.DataFrame:
        """Return the prefecture or province that a text names; null for other texts."""
        return _map_divisions(values, self._find_wide_division)

    def _find_wide_division(self, text: str) -> Division | None:
        place = self.gazetteer.find(text, self.home)
        return place if place and place.level in ("prefecture", "province") else None


def _map_divisions(values: pl.Series, find: Callable[[str], Division | None]) -> pl.DataFrame:
    """Return ``division``, ``county_name`` (String) of the division in each text, if any."""

    def name_division(text: str) -> tuple[str, str] | tuple[None, None]:
        division = find(text)
        return (division.code, division.name) if division else (None, None)

    return map_distinct(values, name_division, {"division": pl.String, "county_name": pl.String})


def _search_sources(rows: pl.DataFrame, lookup: _CountyLookup, office: str) -> pl.DataFrame:
    """Ask one source after the other, each only for the rows that those before it left open."""
    values = {
        "column": _drop_blank(rows["county"]),
        "office": _drop_blank(rows[office]),
        "address": _drop_blank(rows["address"]),
        "town": _drop_blank(_get_column(rows, "town")),
        "sheet": _get_column(rows, "source_sheet"),
        "file": _get_column(rows, "source_file"),
        "name": _drop_contradicted(rows["region_code"], rows["uscc"], lookup.home),
        "code": rows["uscc"].str.slice(2, 6),
        "column_unknown": _drop_wide(lookup, _drop_blank(rows["county"])),
        "prefecture": _drop_blank(rows["county"]),
    }
    known = pl.DataFrame(
        {"division": None, "county_name": None, "county_source": None},
        schema=dict.fromkeys(("division", "county_name", "county_source"), pl.String),
    ).clear(rows.height)
    for source, column in values.items():
        asked = known["county_name"].is_null() & column.is_not_null()
        candidates = lookup.find_by_source(
            source, column.to_frame("v").select(pl.when(asked).then("v")).to_series()
        )
        new = candidates.with_columns(
            pl.when(pl.col("county_name").is_not_null()).then(pl.lit(source)).alias("county_source")
        )
        known = known.select(
            pl.when(asked).then(new[c]).otherwise(pl.col(c)).alias(c) for c in known.columns
        )
    return known


def _drop_contradicted(regions: pl.Series, codes: pl.Series, home: str | None) -> pl.Series:
    """Drop regions elsewhere from names of firms whose code was given out at ``home``."""
    prefix = get_prefix(home)
    elsewhere = ~regions.str.starts_with(prefix) & codes.str.slice(2).str.starts_with(prefix)
    return regions.set(elsewhere.fill_null(value=False), None)


def get_prefix(home: str | None) -> str:
    """Return what codes inside ``home`` begin with: four digits, or two of a province."""
    return (home or "").removesuffix("00").removesuffix("00")


def _limit_to_home(found: pl.DataFrame, home: str | None) -> pl.DataFrame:
    """Believe an address, a name or a code only within the home province.

    A firm of this tax list whose address or head office lies in another province is still visited
    here.
    """
    return _limit_to(found, (home or "")[:2])


def _limit_to(found: pl.DataFrame, prefix: str) -> pl.DataFrame:
    # A zone that no list numbers has a name only: it was sought near home in the first place.
    inside = pl.col("division").str.starts_with(prefix).fill_null(value=True)
    return found.with_columns(pl.when(inside).then(c).alias(c) for c in ("division", "county_name"))


def _drop_wide(lookup: _CountyLookup, texts: pl.Series) -> pl.Series:
    return texts.set(lookup.is_wide(texts), None)


def _get_column(rows: pl.DataFrame, name: str) -> pl.Series:
    if name in rows.columns:
        return rows[name]
    return pl.Series(name, [None], dtype=pl.String).new_from_index(0, rows.height)


def _drop_blank(column: pl.Series) -> pl.Series:
    text = column.str.strip_chars()
    return text.to_frame("t").select(pl.when(pl.col("t") != "").then("t")).to_series()
