"""What ``config/credit_codes.toml`` knows about codes, read once."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from gapmatch.resources import load_toml


@dataclass(frozen=True)
class CodeRules:
    """Kinds of organisations, texts that are no code, characters that are mistaken."""

    categories: Mapping[str, Mapping[str, str]]
    """First character of a credit code → second character → kind of organisation."""
    placeholder_words: tuple[str, ...]
    placeholder_runs: tuple[str, ...]
    placeholder_texts: tuple[str, ...]
    placeholder_organisations: tuple[str, ...]
    temporary: tuple[str, ...]
    """Patterns of numbers of temporary tax registrations."""
    other_letters: str
    """Letters of other alphabets …"""
    our_letters: str
    """… and the Latin ones that they look like, place by place."""
    masks: str
    """Pattern of one character that hides another."""
    look_alikes: tuple[str, ...]
    """Groups of characters that are mistaken for each other; the first is the likeliest meaning."""

    @classmethod
    @cache
    def load(cls) -> "CodeRules":
        """Return the shipped rules."""
        raw = load_toml("credit_codes.toml")
        placeholders, alphabets = raw["placeholders"], raw["alphabets"]
        return cls(
            categories=raw["categories"],
            placeholder_words=tuple(placeholders["words"]),
            placeholder_runs=tuple(placeholders["runs"]),
            placeholder_texts=tuple(placeholders["texts"]),
            placeholder_organisations=tuple(placeholders["organisations"]),
            temporary=tuple(raw["temporary"]["patterns"]),
            other_letters=alphabets["other"],
            our_letters=alphabets["ours"],
            masks=raw["masks"]["pattern"],
            look_alikes=tuple(raw["look_alikes"]["groups"]),
        )
