"""Codes of the frames have words for officials."""

import pytest

from gapmatch import schemas
from gapmatch.vocabulary import labels


@pytest.mark.parametrize(
    ("codes", "words"),
    [
        (schemas.STATUSES, labels.list_status_labels()),
        (schemas.STATUSES, labels.list_status_meanings()),
        (schemas.DECISIONS, labels.list_labels("decision")),
        (schemas.RELATIONS, labels.list_labels("relation")),
    ],
)
def test_every_code_has_its_own_words(codes, words):
    assert sorted(words) == sorted(codes)
    assert len(set(words.values())) == len(codes)
