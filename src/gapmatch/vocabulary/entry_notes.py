"""Notes on what was filled into a returned workbook: a code and facts, worded at the end."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class EntryNote:
    """A note on a row by its code; ``wording.entry_remarks`` has the sentence of every code."""

    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)
