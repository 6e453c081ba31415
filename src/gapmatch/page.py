"""Pages: what a command found, as titled tables for people and as plain values for programs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Cell = str | int | float | None


@dataclass(frozen=True)
class Section:
    """A table under a title; no headings make a table of names and values."""

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True)
class Page:
    """Tables in their order, and the same as plain values."""

    sections: Sequence[Section]
    values: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> Mapping[str, Any]:
        """Return the plain values."""
        return self.values
