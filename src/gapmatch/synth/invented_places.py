"""The real divisions that the prefecture is made of, and the ways a name begins with them."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from gapmatch.resources import read_csv_frame
from gapmatch.synth.draws import Floats, Ints, Rng, choose, compute_falling_weights, take_texts
from gapmatch.synth.word_lists import PlaceWords

TOWNS_PER_COUNTY = 14
"""Invented towns in each county."""

REGION_FORMS = (
    ("{county}", 0.3),
    ("{county_short}", 0.16),
    ("{prefecture}", 0.14),
    ("{prefecture_short}", 0.08),
    ("{province}", 0.04),
    ("{province_short}", 0.18),
    ("{prefecture}{county}", 0.03),
    ("{province_short}{county_short}", 0.04),
    ("{province}{county}", 0.03),
    ("{province}{prefecture}{county}", 0.0),
    ("{province_short}{prefecture_short}", 0.0),
    ("", 0.0),
)
"""Beginnings of names and how common each is on licences; those with 0 come up as noise only."""


@dataclass(frozen=True)
class Places:
    """Counties of the whole country with superiors; ``home`` and ``outside`` are row numbers."""

    counties: pl.DataFrame
    home: Ints
    outside: Ints
    weights: Floats
    towns: pl.Series
    """``TOWNS_PER_COUNTY`` for each row of ``home``, in that order."""

    def region(self, county: Ints, form: Ints) -> pl.Series:
        """Return the beginning of a name for counties in the given forms."""
        pool = pl.concat([self._format_regions(pattern) for pattern, _ in REGION_FORMS])
        return take_texts(pool, form * len(self.counties) + county)

    def _format_regions(self, pattern: str) -> pl.Series:
        fields = [field.strip("{}") for field in pattern.replace("}{", "} {").split()]
        if not fields:
            return pl.Series([""] * len(self.counties), dtype=pl.String)
        return self.counties.select(text=pl.concat_str(fields))["text"]

    def column(self, name: str, county: Ints) -> pl.Series:
        """Return a column of ``counties`` for the given rows."""
        return take_texts(self.counties[name], county)


def load_places(prefectures: tuple[str, ...], words: PlaceWords, rng: Rng) -> Places:
    """Return a prefecture's places, by weight; raise ``ValueError`` if it has no counties."""
    counties = _load_counties()
    inside = counties["prefecture_code"].is_in(list(prefectures)).to_numpy()
    unknown = set(prefectures) - set(counties["prefecture_code"])
    if unknown:
        raise ValueError(f"no counties of {sorted(unknown)} in config/divisions.csv")
    home = np.flatnonzero(inside)
    weights = rng.permutation(compute_falling_weights(len(home), 0.7))
    towns = _draw_towns(len(home) * TOWNS_PER_COUNTY, words, rng)
    return Places(counties, home, np.flatnonzero(~inside), weights, towns)


def list_prefectures(*provinces: str) -> tuple[str, ...]:
    """Return the codes of the prefectures of provinces (``"520000"``), for ``Plan.prefectures``."""
    counties = _load_counties().filter(pl.col("province_code").is_in(list(provinces)))
    return tuple(counties["prefecture_code"].unique().sort())


def _load_counties() -> pl.DataFrame:
    divisions = read_csv_frame("divisions.csv")
    level = pl.col("code").str
    short_name = pl.col("short").str.split("|").list.first()
    named = divisions.filter(pl.col("valid_until").is_null() & (pl.col("level") != "zone")).select(
        "code", "name", short=pl.coalesce(short_name, "name")
    )
    province = named.rename(
        {"code": "province_code", "name": "province", "short": "province_short"}
    )
    prefecture = named.rename(
        {"code": "prefecture_code", "name": "prefecture", "short": "prefecture_short"}
    )
    return (
        named.filter(~level.ends_with("00"))
        .unique("code", keep="first", maintain_order=True)
        .rename({"name": "county", "short": "county_short"})
        .with_columns(
            province_code=level.slice(0, 2) + "0000", prefecture_code=level.slice(0, 4) + "00"
        )
        .join(province.unique("province_code"), on="province_code")
        .join(prefecture.unique("prefecture_code"), on="prefecture_code", how="left")
        .with_columns(pl.col("prefecture", "prefecture_short").fill_null(""))
        .sort("code")
    )


def _draw_towns(count: int, words: PlaceWords, rng: Rng) -> pl.Series:
    first, second = choose(rng, words.town_first, count), choose(rng, words.town_second, count)
    return first + second + choose(rng, words.town_kinds, count)
