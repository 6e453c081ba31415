"""Standardise both sides: names and their parts, codes, places, persons."""

from gapmatch.standardise.frames import (
    home_division,
    standardise_firms,
    standardise_units,
    with_aliases,
)

__all__ = ["home_division", "standardise_firms", "standardise_units", "with_aliases"]
