"""Rows of a list that lie in another prefecture than the bureau's units, by what they say.

A county, division code or tax office says where the list puts a firm; a code, a name and an address
say where it is registered, which may be elsewhere of a firm that pays here.
"""

import re
from collections.abc import Callable
from functools import partial

import polars as pl

from gapmatch.standardise.counties import PLACE, get_prefix
from gapmatch.standardise.divisions import Division, Gazetteer, map_distinct

_LISTED = ("division_code", "county", "tax_office")
_REGISTERED = ("code", "region_code", "address")
_NUMBERS = ("tax_number", "registration_number")
"""Kinds of codes that begin with their division; a credit code has it behind two characters."""
_OF_PROVINCE = "90"
"""What stands for the prefecture in codes of cities that a province runs itself (仙桃)."""
_HERE = ""


def add_other_places(firms: pl.DataFrame, home: str | None) -> pl.DataFrame:
    """Return FIRMS with ``other_place``, the prefecture outside ``home``, and ``other_basis``:
    ``listed``, ``registered``, or ``mixed`` (listed elsewhere, and registered at home).

    Null for a row of which nothing says that it lies elsewhere, that is listed at home, or
    registered at home and listed nowhere. ``home``: the division of the units; null: not known.
    """
    sources = firms.select(
        "division_code",
        "tax_office",
        "address",
        # A branch is called after its head office, wherever that is.
        region_code=pl.when(pl.col("branch").fill_null("") == "").then("region_code"),
        county=pl.col("county").str.strip_chars(),
        code=pl.when(pl.col("uscc").is_not_null())
        .then(pl.col("uscc").str.slice(2, 6))
        .when(pl.col("code_kind").is_in(_NUMBERS))
        .then(pl.col("code_text").str.slice(0, 6)),
    )
    places = pl.concat(
        [map_distinct(sources[c], _get_finder(c, home), {c: pl.String}) for c in sources.columns],
        how="horizontal",
    )
    listed, registered = (_choose_place(columns) for columns in (_LISTED, _REGISTERED))
    own = places.select(listed=listed, registered=registered).with_columns(
        other_place=pl.coalesce("listed", "registered")
    )
    elsewhere = pl.col("other_place") != _HERE
    basis = (
        pl.when(pl.col("listed").is_null())
        .then(pl.lit("registered"))
        .when(pl.col("registered") == _HERE)
        .then(pl.lit("mixed"))
        .otherwise(pl.lit("listed"))
    )
    return firms.with_columns(
        own.select(
            pl.when(elsewhere).then("other_place").alias("other_place"),
            pl.when(elsewhere).then(basis).alias("other_basis"),
        ).get_columns()
    )


def _choose_place(columns: tuple[str, ...]) -> pl.Expr:
    """Return home if any of the columns names it, else the first other place."""
    here = pl.any_horizontal(pl.col(c) == _HERE for c in columns)
    return pl.when(here).then(pl.lit(_HERE)).otherwise(pl.coalesce(columns))


def _get_finder(column: str, home: str | None) -> Callable[[str], tuple[str | None]]:
    """Return the function from a text of ``column`` to ``_HERE``, another prefecture or null."""
    gazetteer = Gazetteer.load()

    def find_by_code(code: str) -> Division | None:
        return gazetteer.find_by_code(code) if code[:6].isdigit() else None

    def find_by_county(text: str) -> Division | None:
        found = gazetteer.find(text, home) or gazetteer.find_division_of_office(text, home)
        # A bare name may be a place here that no gazetteer has.
        sure = re.search(f"^\\d{{6}}|{PLACE}", text) or _place_division(found, home) == _HERE
        return found if sure else None

    def find_by_address(text: str) -> Division | None:
        prefix = gazetteer.split_prefix(text, home)
        county = gazetteer.find_county_of_address(text, home)
        return county or (prefix.division if prefix else None)

    finders: dict[str, Callable[[str], Division | None]] = {
        "county": find_by_county,
        "tax_office": partial(gazetteer.find_division_of_office, home=home),
        "address": find_by_address,
    }
    find = finders.get(column, find_by_code)
    return lambda text: (_place_division(find(text), home) if home else None,)


def _place_division(division: Division | None, home: str | None) -> str | None:
    """Return ``_HERE``, or the name of another prefecture; null if ``division`` leaves it open."""
    if division is None:
        return None
    current, prefix = Gazetteer.load().tables.current, get_prefix(home)
    codes = division.successors or (division.code or division.parent_code,)
    digits = [get_prefix(code[:4] + "00") for code in codes if code]
    if any(own.startswith(prefix) for own in digits):
        return _HERE
    if not digits or any(prefix.startswith(own) for own in digits):
        return None
    prefecture = current.get(digits[0].ljust(6, "0"))
    if prefecture is None and division.code[2:4] < _OF_PROVINCE:
        prefecture = current.get(division.parent_code)
    return (prefecture or division).name
