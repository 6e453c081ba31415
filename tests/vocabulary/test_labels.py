"""Codes of the frames have words for officials."""

import pytest

from gapmatch.i18n import LANGUAGES, use_language
from gapmatch.vocabulary.labels import list_labels, list_status_labels, list_status_meanings

CODES = [
    ("gaps", "status", list_status_labels),
    ("gaps", "status", list_status_meanings),
    ("links", "decision", lambda: list_labels("decision")),
    ("links", "relation", lambda: list_labels("relation")),
    ("targets", "kind", lambda: list_labels("kind")),
    ("cases", "state", lambda: list_labels("case_state")),
]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("frame", "column", "list_words"), CODES)
def test_every_code_of_a_quarter_has_its_own_words(sample, frame, column, list_words, language):
    with use_language(language):
        words = list_words()
    codes = getattr(sample, frame)()[column].cast(str).drop_nulls().unique().to_list()
    assert len(codes) > 1
    assert not set(codes) - set(words)
    assert len(set(words.values())) == len(words)
