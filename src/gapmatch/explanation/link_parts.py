"""A link's weight as a list that can be read aloud: each part with the values compared and its level."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from gapmatch.i18n import current_language
from gapmatch.linkage.levels import LADDERS
from gapmatch.resources import config_path

COMPARED = {
    "name": "name",
    "code": "code_text",
    "person": "legal_rep",
    "phone": "phone",
    "county": "county_name",
    "address": "address",
}
"""The column of FIRMS and UNITS that shows what each comparison compared."""


@dataclass(frozen=True)
class Part:
    """One part of a match weight, in bits, with what was compared and how it stands."""

    name: str
    title: str
    level: str
    firm_value: str | None
    unit_value: str | None
    weight: float


@cache
def texts() -> Mapping[str, Any]:
    """Return ``config/comparisons.toml``."""
    return tomllib.loads(config_path("comparisons.toml").read_text(encoding="utf-8"))


def part_labels() -> dict[str, str]:
    """Return part → words, in the current language."""
    own = {c: _spoken(texts()[c]["title"]) for c in LADDERS}
    other = {name: _spoken(words) for name, words in texts()["other"].items()}
    rarities = {f"{c}_rarity": f"{title}·{other['rarity']}" for c, title in own.items()}
    return {**own, **rarities, "prior": other["prior"], "decision": other["decision"]}


def level_text(comparison: str, level: str) -> str:
    """Return a level in words, in the current language."""
    return _spoken(texts()[comparison][level])


def explain_link(
    link: Mapping[str, Any], firm: Mapping[str, Any], unit: Mapping[str, Any]
) -> list[Part]:
    """Return the parts of a link's weight; they add up to it.

    ``link``: a row of LINKS with its part_ and level_ columns; ``firm``, ``unit``: rows of FIRMS, UNITS.
    """
    labels = part_labels()
    return [
        _part(name.removeprefix("part_"), link, firm, unit, labels)
        for name in link
        if name.startswith("part_") and link[name] is not None and round(link[name], 2) != 0
    ]


def _part(
    name: str,
    link: Mapping[str, Any],
    firm: Mapping[str, Any],
    unit: Mapping[str, Any],
    labels: Mapping[str, str],
) -> Part:
    column = COMPARED.get(name)
    return Part(
        name=name,
        title=labels[name],
        level=level_text(name, link[f"level_{name}"]) if column else "",
        firm_value=firm.get(column) if column else None,
        unit_value=unit.get(column) if column else None,
        weight=float(link[f"part_{name}"]),
    )


def _spoken(words: Mapping[str, str]) -> str:
    return str(words[current_language()])
