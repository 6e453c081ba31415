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
from gapmatch.standardise.registry import Registrations, registrations_of

__all__ = [
    "Registrations",
    "clean_firms",
    "clean_units",
    "home_division",
    "numbered",
    "registrations_of",
    "standardise_firms",
    "standardise_units",
    "with_aliases",
]
