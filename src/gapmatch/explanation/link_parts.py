"""The parts that a link's weight and a target's priority are made of, with their labels."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gapmatch.i18n import get_language
from gapmatch.linkage.levels import COMPARED, LADDERS, load_comparisons
from gapmatch.vocabulary.labels import list_labels


@dataclass(frozen=True)
class Part:
    """One part of a match weight, in bits, with what was compared and how it stands."""

    name: str
    title: str
    level: str
    firm_value: str | None
    unit_value: str | None
    weight: float


def list_part_labels() -> dict[str, str]:
    """Return part → words, in the current language."""
    titles = {c: _pick_text(load_comparisons()[c]["title"]) for c in LADDERS}
    other = {name: _pick_text(words) for name, words in load_comparisons()["other"].items()}
    rarities = {f"{c}_rarity": f"{title}·{other['rarity']}" for c, title in titles.items()}
    return {**titles, **rarities, "prior": other["prior"], "decision": other["decision"]}


def describe_level(comparison: str, level: str) -> str:
    """Return a level in words, in the current language."""
    return _pick_text(load_comparisons()[comparison][level])


def explain_link(
    link: Mapping[str, Any], firm: Mapping[str, Any], unit: Mapping[str, Any]
) -> list[Part]:
    """Return the parts of a link's weight, of rows of LINKS, FIRMS, UNITS; they add up to it."""
    labels = list_part_labels()
    return [
        _build_part(name.removeprefix("part_"), link, firm, unit, labels)
        for name in link
        if name.startswith("part_") and link[name] is not None and round(link[name], 2) != 0
    ]


def _build_part(
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
        level=describe_level(name, link[f"level_{name}"]) if column else "",
        firm_value=firm.get(column) if column else None,
        unit_value=unit.get(column) if column else None,
        weight=float(link[f"part_{name}"]),
    )


def _pick_text(words: Mapping[str, str]) -> str:
    return str(words[get_language()])


def list_rank_parts(target: Mapping[str, Any]) -> list[tuple[str, float]]:
    """Return (words, points) of the ``priority_`` columns of a target, which add up to it."""
    words = list_labels("rank_part")
    return [
        (words.get(name, name), float(value))
        for name, value in target.items()
        if name.startswith("priority_") and value is not None
    ]
