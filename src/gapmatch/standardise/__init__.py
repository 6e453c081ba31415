"""Standardise both sides: names and their parts, codes, places, persons."""

from gapmatch.standardise.new_registrations import find_new_registrations
from gapmatch.standardise.registry import Registrations, registrations_of
from gapmatch.standardise.sides_of_extracts import (
    clean_firms,
    clean_units,
    home_division,
    numbered,
    standardise_firms,
    standardise_units,
    with_aliases,
)

__all__ = [
    "Registrations",
    "clean_firms",
    "clean_units",
    "find_new_registrations",
    "home_division",
    "numbered",
    "registrations_of",
    "standardise_firms",
    "standardise_units",
    "with_aliases",
]
