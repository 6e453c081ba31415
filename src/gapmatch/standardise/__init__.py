"""Standardise both sides: names and their parts, codes, places, persons."""

from gapmatch.standardise.frames import (
    clean_firms,
    clean_units,
    home_division,
    numbered,
    standardise_firms,
    standardise_units,
    with_aliases,
)

__all__ = [
    "clean_firms",
    "clean_units",
    "home_division",
    "numbered",
    "standardise_firms",
    "standardise_units",
    "with_aliases",
]
