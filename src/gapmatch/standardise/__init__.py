"""Standardise both sides: names and their parts, codes, places, persons."""

from gapmatch.standardise.counties import find_home
from gapmatch.standardise.new_registrations import find_new_registrations, flag_listed, select_young
from gapmatch.standardise.registry import Registrations, index_registrations
from gapmatch.standardise.repeated_firms import (
    build_same_firm_keys,
    find_first_rows,
    select_firm_signs,
    select_standing_rows,
)
from gapmatch.standardise.sides_of_extracts import (
    add_aliases,
    clean_firms,
    clean_units,
    find_home_division,
    select_repeat_names,
    sort_by_contents,
    standardise_firms,
    standardise_units,
)

__all__ = [
    "Registrations",
    "add_aliases",
    "build_same_firm_keys",
    "clean_firms",
    "clean_units",
    "find_first_rows",
    "find_home",
    "find_home_division",
    "find_new_registrations",
    "flag_listed",
    "index_registrations",
    "select_firm_signs",
    "select_repeat_names",
    "select_standing_rows",
    "select_young",
    "sort_by_contents",
    "standardise_firms",
    "standardise_units",
]
