"""Pages of titled tables, the common form of explanations, checks and evaluations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Cell = str | int | float | None


@dataclass(frozen=True)
class Section:
    """A table under a title; without headings it lists names and values."""

    title: str
    rows: Sequence[Sequence[Cell]]
    headings: Sequence[str] = ()


@dataclass(frozen=True)
class Page:
    """What was found: ``sections`` for a person, ``facts`` (plain values) for a program."""

    sections: Sequence[Section]
    facts: Mapping[str, Any] = field(default_factory=dict)


def format_chance(chance: float) -> str:
    """Return a probability as ``12.3%``; nothing that was estimated is certain."""
    return f"{min(max(chance, 0.001), 0.999):.1%}"


def format_local_time(text: str) -> str:
    """Return a time as the reader's clock shows it, to the minute; another text as it stands."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return f"{moment.astimezone() if moment.tzinfo else moment:%Y-%m-%d %H:%M}"
