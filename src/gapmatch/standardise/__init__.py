"""Standardise both sides: names and their parts, codes, places, persons."""

from gapmatch.standardise.new_registrations import find_new_registrations
from gapmatch.standardise.registry import Registrations, index_registrations
from gapmatch.standardise.repeated_firms import build_same_firm_keys
from gapmatch.standardise.sides_of_extracts import (
    add_aliases,
    clean_firms,
    clean_units,
    find_home_division,
    number_rows,
    select_repeat_names,
    standardise_firms,
    standardise_units,
)

__all__ = [
    "Registrations",
    "add_aliases",
    "build_same_firm_keys",
    "clean_firms",
    "clean_units",
    "find_home_division",
    "find_new_registrations",
    "index_registrations",
    "number_rows",
    "select_repeat_names",
    "standardise_firms",
    "standardise_units",
]
