"""Names of places of the gazetteer, by which rows of counties and towns are no firms."""

import re
from collections.abc import Set
from functools import cache
from typing import NamedTuple

from gapmatch.read.knowledge import load_knowledge
from gapmatch.resources import read_csv_rows

_SUFFIXES = ("镇", "乡", "街道")
"""Of towns: one that became a street office stands in older lists as it was."""


class PlaceNames(NamedTuple):
    """Names of divisions and of towns, with administrative suffix and without."""

    full: Set[str]
    bare: Set[str]

    def is_place(self, name: str) -> bool:
        """Whether a name is that of a place alone, also behind those it lies in: 甲市乙县丙镇."""
        if name in self.full or self._is_zone(name):
            return True
        ends = range(2, len(name) - 1)
        return any(self._is_known(name[:end]) and self.is_place(name[end:]) for end in ends)

    def _is_zone(self, name: str) -> bool:
        zone = re.fullmatch(f"(.*?)(?:{'|'.join(load_knowledge().layout['zones'])})", name)
        return zone is not None and (not zone[1] or self._is_known(zone[1]))

    def _is_known(self, name: str) -> bool:
        return name in self.full or name in self.bare


@cache
def load_places(provinces: frozenset[str]) -> PlaceNames:
    """Return the divisions of the country, retired ones too, and the towns of some ``provinces``.

    Provinces are the first two digits of their codes; of none: the towns of all.
    """
    divisions = read_csv_rows("divisions.csv")
    full = {name for row in divisions for name in (row["name"], *row["aliases"].split("|"))}
    short = {name for row in divisions for name in row["short"].split("|")}
    towns = (
        town
        for row in read_csv_rows("towns.csv")
        if not provinces or row["code"][:2] in provinces
        for town in row["towns"].split("|")
    )
    stems = {town.removesuffix(end) for town in towns for end in _SUFFIXES if town.endswith(end)}
    full |= {stem + end for stem in stems for end in _SUFFIXES}
    return PlaceNames(full - {""}, (short | stems) - {""})
