"""Verdicts on a pair: what a reviewer chooses, and what came back."""

from functools import cache

from gapmatch.i18n import LANGUAGES, _, use_language
from gapmatch.vocabulary.entry_words import find_synonym, fold_text


def list_verdict_labels() -> dict[str, str]:
    """Return verdict to the words that a reviewer chooses from, in the order of the list."""
    return {
        "same": _("同一单位"),
        "different": _("不是同一单位"),
        "unsure": _("无法判断"),
    }


def parse_verdict(text: str) -> str | None:
    """Return same, different or unsure for what a reviewer chose or wrote, else ``None``."""
    synonym = find_synonym("verdict", text, _index_verdicts())
    return synonym.value if synonym else None


@cache
def _index_verdicts() -> dict[str, str]:
    """Return what may stand for each verdict: its words in any language, and its code."""
    words = {code: code for code in list_verdict_labels()}
    for language in LANGUAGES:
        with use_language(language):
            words |= {fold_text(word): code for code, word in list_verdict_labels().items()}
    return words
