"""Read regions: chains of divisions at the start of a text, and the first county further on."""

from dataclasses import dataclass, field
from typing import NamedTuple

from gapmatch.standardise.gazetteer import (
    DEPTH,
    Division,
    DivisionTables,
    PlaceRules,
    RegionPart,
    RegionPrefix,
)

SEARCHED = 24
"""Characters of an address searched for a county that is not at its beginning."""


class _Meaning(NamedTuple):
    """What a name means in its place: a division, unless one of ``traps`` follows."""

    division: Division | None
    traps: tuple[str, ...]


@dataclass(frozen=True)
class RegionReader:
    """Reads the regions of many texts in one setting, and remembers what each name means there.

    ``home`` is the code of the division that the texts are about; ``leaves`` characters at least
    stay behind the regions; if ``bare_anywhere`` holds, names without suffix need no support.
    """

    tables: DivisionTables
    rules: PlaceRules
    home: str | None = None
    leaves: int = 0
    bare_anywhere: bool = False
    _meanings: dict[tuple[str, str], tuple[_Meaning, ...]] = field(default_factory=dict, repr=False)

    def read(self, text: str) -> RegionPrefix | None:
        """Return the longest chain of regions, wide to narrow, at the beginning of ``text``."""
        parts: list[RegionPart] = []
        start, scope = 0, None
        while part := self._read_part(text, start, scope):
            parts.append(part)
            if part.division is None or DEPTH[part.division.level] == 6:
                break
            start, scope = part.end, part.division
        return RegionPrefix(tuple(parts)) if parts else None

    def _read_part(self, text: str, start: int, scope: Division | None) -> RegionPart | None:
        """Return the longest name of a division inside ``scope`` that begins at ``start``."""
        last = len(text) - self.leaves
        scope_code = scope.code if scope else ""
        for length in self.tables.lengths.get(text[start : start + 2], ()):
            end = start + length
            form = text[start:end]
            if end > last or form not in self.tables.names:
                continue
            meanings = self._meanings.get((form, scope_code))
            if meanings is None:
                meanings = tuple(self._list_meanings(form, scope))
                self._meanings[form, scope_code] = meanings
            for meaning in meanings:
                if not text.startswith(meaning.traps, end):
                    return RegionPart(end, meaning.division)
        return None

    def _list_meanings(self, form: str, scope: Division | None) -> list[_Meaning]:
        """Return what a name means with its suffix, then what it means without."""
        meanings = []
        if (candidates := self.tables.full.get(form)) and self._is_full_form(
            form, candidates, scope
        ):
            divisions = self.resolve(candidates, scope)
            if not divisions and not scope:
                divisions = self._find_common(candidates)
            meanings.append(_Meaning(divisions, self.rules.suffix_traps.get(form[-1], ())))
        if candidates := self.tables.bare.get(form):
            divisions = self.resolve(candidates, scope)
            if divisions and (self.bare_anywhere or self._is_bare_form(form, divisions, scope)):
                kind = "county" if DEPTH[divisions.level] == 6 else "any"
                meanings.append(_Meaning(divisions, self.rules.bare_traps[kind]))
        return meanings

    def _is_full_form(
        self, form: str, candidates: tuple[Division, ...], scope: Division | None
    ) -> bool:
        """Return whether a name with its suffix is read as a region here.

        In a chain it lies inside what stands before it. On its own, two characters (沙县, 城区,
        矿区) are too little evidence away from home.
        """
        if scope:
            return any(scope.contains(c) and c.code != scope.code for c in candidates)
        return len(form) > 2 or self._is_near_home(self.resolve(candidates, scope))

    def _is_bare_form(self, form: str, found: Division, scope: Division | None) -> bool:
        """Return whether a name without suffix is read as a region here.

        So it is near home, right below what stands before it, for provinces, for names of three
        characters (张家港), and for the prefectures that everyone knows; else it is as likely a
        trade name (大同).
        """
        if found.level == "province" or self._is_near_home(found):
            return True
        if scope:
            return found.parent_code == scope.code
        return len(form) > 2 or (
            found.level == "prefecture" and form in self.rules.known_everywhere
        )

    def _is_near_home(self, division: Division | None) -> bool:
        """Return whether a division lies in the province of ``home``."""
        return division is not None and self.home is not None and division.code[:2] == self.home[:2]

    def resolve(
        self, candidates: tuple[Division, ...], scope: Division | None = None
    ) -> Division | None:
        """Choose one of several namesakes: inside ``scope``, near home, then the widest."""
        if scope:
            candidates = tuple(c for c in candidates if scope.contains(c) and c.code != scope.code)
        elif len(candidates) > 1 and self.home:
            candidates = _select_nearest(candidates, self.home)
        if len(candidates) > 1:
            widest = min(DEPTH[c.level] for c in candidates)
            candidates = tuple(c for c in candidates if DEPTH[c.level] == widest)
        return candidates[0] if len(candidates) == 1 else None

    def _find_common(self, candidates: tuple[Division, ...]) -> Division | None:
        """Return the prefecture or province of all candidates (遵义县, now three districts)."""
        parents = {c.parent_code for c in candidates}
        return self.tables.current.get(parents.pop()) if len(parents) == 1 else None

    def search_county(
        self, text: str, start: int, scope: Division | None
    ) -> tuple[Division, int] | None:
        """Return the first county with its suffix in the head of ``text``, and its end position.

        It is sought inside ``scope``, else inside home; without either there is too much to
        mistake.
        """
        scope = scope or self.tables.current.get(self.home or "")
        if scope is None:
            return None
        for position in range(start, min(len(text), start + SEARCHED)):
            for length in self.tables.lengths.get(text[position : position + 2], ()):
                if length > 2 and (county := self._find_county(text, position, length, scope)):
                    return county, position + length
        return None

    def _find_county(self, text: str, start: int, length: int, scope: Division) -> Division | None:
        end = start + length
        candidates = self.tables.full.get(text[start:end]) if end <= len(text) else None
        if not candidates:
            return None
        if text.startswith(self.rules.suffix_traps.get(text[end - 1], ()), end):
            return None
        division = self.resolve(candidates, scope)
        return division if division and self.tables.is_county(division) else None


def _select_nearest(candidates: tuple[Division, ...], home: str) -> tuple[Division, ...]:
    """Select the candidates in the prefecture of ``home``, else in its province, else all."""
    for depth in (4, 2):
        if near := tuple(c for c in candidates if c.code[:depth] == home[:depth]):
            return near
    return candidates
