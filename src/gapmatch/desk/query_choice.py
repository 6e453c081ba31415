"""What the query of an address chooses, as a frozen dataclass of texts."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Self


@dataclass(frozen=True)
class QueryChoice:
    """Base of choices whose fields are texts of the same names in the query; empty: not chosen."""

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Self:
        """Return what a query, or the fields of a form, choose; other names are ignored."""
        return cls(**{f.name: query[f.name].strip() for f in fields(cls) if query.get(f.name)})

    def change(self, **values: str) -> Self:
        """Return the same choice but for ``values``."""
        return replace(self, **values)
