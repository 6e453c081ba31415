"""Outcomes of visits (``config/outcomes.csv``): their words, and what follows from each."""

import csv
import unicodedata
from functools import cache
from typing import NamedTuple

from gapmatch.i18n import current_language
from gapmatch.resources import config_path


class Outcome(NamedTuple):
    """A line of ``config/outcomes.csv``, which documents the columns."""

    code: str
    stage: str
    label: str
    label_en: str
    closes_case: bool
    effect: str

    @property
    def told(self) -> str:
        """The label in the current language."""
        return self.label_en if current_language() == "en" else self.label


@cache
def outcomes() -> dict[str, Outcome]:
    """Return code to outcome, in the order of the file."""
    text = config_path("outcomes.csv").read_text(encoding="utf-8-sig")
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    return {
        row["code"]: Outcome(
            row["code"],
            row["stage"],
            row["label"],
            row["label_en"],
            row["closes_case"] == "1",
            row["effect"],
        )
        for row in rows
    }


def parse_outcome(text: str) -> Outcome | None:
    """Return the outcome that a cell names by its label (in either language) or code."""
    return _by_words().get(fold_text(text))


@cache
def _by_words() -> dict[str, Outcome]:
    return {
        fold_text(word): outcome
        for outcome in outcomes().values()
        for word in (outcome.label, outcome.label_en, outcome.code)
    }


def fold_text(text: str) -> str:
    """Return text for comparing: half-width, lower case, without spaces."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())
