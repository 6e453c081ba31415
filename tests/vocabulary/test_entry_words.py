"""Outcomes that are not known as a whole: what they may mean, and what they do not."""

import pytest

from gapmatch.vocabulary.entry_words import find_synonym, list_likely_values

_INSURED = ["matched_late", "parent_insured", "resident_only", "enrolled"]
_OPEN = ["visited", "refused", "no_staff"]


@pytest.mark.parametrize(
    ("text", "values", "why"),
    [
        ("社保情况见附件", _INSURED, "nothing is denied"),
        ("没有参保", _OPEN, "denied"),
        ("未参保", _OPEN, "denied in a character"),
        ("还没有给员工交社保", _OPEN, "what is denied stands further on"),
        ("尚未办理参保登记", _OPEN, "within a word"),
        ("无社保", _OPEN, "none"),
        ("老板不同意参保", ["refused"], "a will, not a state"),
        ("不肯给员工买保险", ["refused"], "another word for it"),
        ("拒绝为员工缴费", ["refused"], "and another"),
        ("不在本地参保", _INSURED, "denies the place only"),
        ("不但参保还按月缴费", _INSURED, "denies nothing"),
        ("未见到老板，社保情况不明", _INSURED, "denied in another clause"),
        ("厂里并没有停工", ["visited"], "it operates"),
        ("厂里停工", ["dormant", "deregistered"], "it does not"),
        ("执照还未注销", ["visited"], "no end yet"),
        ("没有停工，员工都买社保", _INSURED, "the other clause says more"),
    ],
)
def test_a_denied_piece_does_not_stand_for_what_it_means_by_itself(text, values, why):
    assert find_synonym("outcome", text) is None
    assert list_likely_values(text) == values, why
