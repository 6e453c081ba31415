"""Choices in a form: outcomes of visits (``config/outcomes.csv``) and verdicts on pairs."""

from functools import cache
from typing import NamedTuple

from gapmatch.i18n import LANGUAGES, get_language, use_language
from gapmatch.resources import read_csv_rows
from gapmatch.vocabulary.entry_words import find_synonym, fold_text
from gapmatch.vocabulary.labels import list_labels

_CREDIT_CODE = 18
"""Characters of a unified social credit code (GB 32100)."""


class Outcome(NamedTuple):
    """A line of ``config/outcomes.csv``, which documents the columns."""

    code: str
    stage: str
    label_zh: str
    label_en: str
    meaning_zh: str
    meaning_en: str
    closes_case: bool
    effect: str
    sheets: frozenset[str]
    asks_remark: str
    next_step_zh: str
    next_step_en: str
    days: int | None
    may_follow: frozenset[str]

    def may_precede(self, later: "Outcome") -> bool:
        """Whether ``later`` may be found on a later day of the same quarter, and both be true."""
        if later.code == self.code:
            return self.effect != "expect_link"  # its persons would count twice
        return not self.may_follow.isdisjoint({"all", later.code})

    def is_remark_needed(self, code: str | None) -> bool:
        """Whether it is not taken without a remark, at a firm with this code."""
        of_code = len(code or "") == _CREDIT_CODE and (code or "").startswith(self.asks_remark)
        return self.asks_remark == "always" or (self.asks_remark != "" and of_code)

    def get_label(self, language: str) -> str:
        """Return the words to choose, in ``language``."""
        return self.label_en if language == "en" else self.label_zh

    @property
    def label(self) -> str:
        """The words to choose, in the current language."""
        return self.get_label(get_language())

    @property
    def meaning(self) -> str:
        """The line that explains it, in the current language."""
        return self.meaning_en if get_language() == "en" else self.meaning_zh

    @property
    def next_step(self) -> str:
        """What is to be done while the case is open, in the current language."""
        return self.next_step_en if get_language() == "en" else self.next_step_zh


@cache
def load_outcomes() -> dict[str, Outcome]:
    """Return code to outcome, in the order of the file."""
    return {
        row["code"]: Outcome(
            code=row["code"],
            stage=row["stage"],
            label_zh=row["label"],
            label_en=row["label_en"],
            meaning_zh=row["meaning"],
            meaning_en=row["meaning_en"],
            closes_case=row["closes_case"] == "1",
            effect=row["effect"],
            sheets=frozenset(row["sheets"].split("+")),
            asks_remark=row["asks_remark"],
            next_step_zh=row["next_step"],
            next_step_en=row["next_step_en"],
            days=int(row["days"]) if row["days"] else None,
            may_follow=frozenset(filter(None, row["may_follow"].split("+"))),
        )
        for row in read_csv_rows("outcomes.csv")
    }


def list_outcome_choices(sheet: str) -> tuple[str, ...]:
    """Return what a visitor chooses from in ``sheet`` (``visits`` or ``recheck``)."""
    return tuple(outcome.label for outcome in load_outcomes().values() if sheet in outcome.sheets)


def list_closing_outcomes() -> list[str]:
    """Return the codes of the outcomes that close a case."""
    return [outcome.code for outcome in load_outcomes().values() if outcome.closes_case]


@cache
def list_findings(column: str) -> dict[str, bool]:
    """Return code to what such a visit found (``uninsured`` … ``evidence``), if it is known."""
    rows = read_csv_rows("outcomes.csv")
    return {row["code"]: row[column] == "1" for row in rows if row[column]}


def list_outcomes_before_visit() -> list[str]:
    """Return the codes of the stages of a case at whose firm nobody has been yet."""
    seen = list_findings("operating")
    outcomes = load_outcomes().values()
    return [o.code for o in outcomes if o.stage == "stage" and o.code not in seen]


def list_outcomes_with(effect: str) -> list[str]:
    """Return the codes of the outcomes that have ``effect``."""
    return [outcome.code for outcome in load_outcomes().values() if outcome.effect == effect]


AUTHORITY_EFFECTS = tuple(list_labels("authority"))
"""Effects of outcomes that refer a case to another authority."""


def parse_outcome(text: str) -> Outcome | None:
    """Return the outcome that a cell names: its label (in either language), its code, a synonym."""
    synonym = find_synonym("outcome", text, _index_outcomes())
    return load_outcomes().get(synonym.value) if synonym else None


def is_sure_outcome(text: str) -> bool:
    """Whether the words of a cell can mean one outcome only."""
    synonym = find_synonym("outcome", text, _index_outcomes())
    return synonym is not None and synonym.sure


def is_more_than_outcome(text: str) -> bool:
    """Whether a cell names an outcome and holds something else."""
    synonym = find_synonym("outcome", text, _index_outcomes())
    return synonym is not None and synonym.has_more


@cache
def _index_outcomes() -> dict[str, str]:
    return {
        fold_text(word): outcome.code
        for outcome in load_outcomes().values()
        for word in (outcome.label_zh, outcome.label_en, outcome.code)
    }


def parse_verdict(text: str) -> str | None:
    """Return same, different or unsure for what a reviewer chose or wrote, else ``None``."""
    synonym = find_synonym("verdict", text, _index_verdicts())
    return synonym.value if synonym else None


def is_sure_verdict(text: str) -> bool:
    """Whether the words of a cell are a verdict and nothing else."""
    synonym = find_synonym("verdict", text, _index_verdicts())
    return synonym is not None and synonym.sure


@cache
def _index_verdicts() -> dict[str, str]:
    """Return what may stand for each verdict: its words in any language, and its code."""
    words: dict[str, str] = {}
    for language in LANGUAGES:
        with use_language(language):
            for code, word in list_labels("review_verdict").items():
                words |= {code: code, fold_text(word): code}
    return words
