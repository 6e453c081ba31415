"""Standardise both sides: names and their parts, codes, places, persons."""

from gapmatch.standardise.new_registrations import find_new_registrations
from gapmatch.standardise.registry import Registrations, registrations_of
from gapmatch.standardise.repeated_firms import same_firm_keys
from gapmatch.standardise.sides_of_extracts import (
    clean_firms,
    clean_units,
    home_division,
    names_of_repeats,
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
    "names_of_repeats",
    "numbered",
    "registrations_of",
    "same_firm_keys",
    "standardise_firms",
    "standardise_units",
    "with_aliases",
]
