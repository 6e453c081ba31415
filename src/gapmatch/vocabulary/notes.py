"""Notes of the stages on what the lists did not allow: a code and facts, worded at the end."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Note:
    """A note by its code; ``wording.note_sentences`` has the sentence of every code."""

    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)
