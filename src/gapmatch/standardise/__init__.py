"""Standardise both sides: names and their parts, codes, places, persons."""

from gapmatch.standardise.new_registrations import find_new_registrations
from gapmatch.standardise.registry import Registrations, index_registrations
from gapmatch.standardise.repeated_firms import same_firm_keys
from gapmatch.standardise.sides_of_extracts import (
    add_aliases,
    clean_firms,
    clean_units,
    find_home_division,
    names_of_repeats,
    number_rows,
    standardise_firms,
    standardise_units,
)

__all__ = [
    "Registrations",
    "add_aliases",
    "clean_firms",
    "clean_units",
    "find_home_division",
    "find_new_registrations",
    "index_registrations",
    "names_of_repeats",
    "number_rows",
    "same_firm_keys",
    "standardise_firms",
    "standardise_units",
]
