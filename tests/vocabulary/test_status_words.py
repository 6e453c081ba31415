"""What texts about a status mean."""

import polars as pl
import pytest

from gapmatch.settings.load import load_settings
from gapmatch.vocabulary.status_words import match_meaning

WORDS = load_settings().statuses
PAYMENT = [
    # text, meaning, why
    ("正常参保", "active", "plain"),
    ("中止", "stopped", "plain"),
    ("参保中止", "stopped", "it holds a word for active"),
    ("不在保", "stopped", "active, denied"),
    ("无人缴费", "stopped", "denied for everyone"),
    ("零参保", "stopped", "none are insured"),
    ("已登记未缴费", "stopped", "registered is not insured"),
    ("未停保", "active", "stopped, denied"),
    ("正常（未停保）", "active", "denied behind a word that holds"),
    ("已停保，未续保", "stopped", "both say the same"),
    ("无欠费", "active", "arrears, denied"),
    ("中断后已恢复", "active", "what follows takes it back"),
    ("停保后恢复缴费", "active", "and says so with a word of its own"),
    ("停", "stopped", "a word of one character, alone"),
    ("仅登记", None, "no word that is known"),
    ("停车", None, "a word of one character is no part of others"),
    ("", None, "nothing"),
    (None, None, "no text"),
]
FIRM = [
    ("未注销", "normal", "the end, denied"),
    ("非注销户", "normal", "by another word"),
    ("税务登记未注销", "normal", "behind other words"),
    ("吊销，未注销", "revoked", "one denied, one not"),
    ("注销，未吊销", "deregistered", "the other way round"),
    ("非正常户", "abnormal", "a denial that is a word itself"),
    ("解除非正常", "normal", "denied in front"),
    ("非正常户已解除", "normal", "denied behind"),
    ("曾非正常现正常", "normal", "formerly"),
    ("非在业", "suspended", "in business, denied"),
    ("未迁出", "normal", "moved, denied"),
]


def find_meaning(text, words):
    frame = pl.DataFrame({"text": [text]}, schema={"text": pl.String})
    return frame.select(match_meaning("text", words)).item()


@pytest.mark.parametrize(("text", "meaning", "why"), PAYMENT)
def test_a_unit_pays_or_stopped_by_what_its_status_affirms(text, meaning, why):
    assert find_meaning(text, WORDS.payment) == meaning, why


@pytest.mark.parametrize(("text", "meaning", "why"), FIRM)
def test_a_firm_has_ended_only_if_its_status_affirms_it(text, meaning, why):
    assert find_meaning(text, WORDS.words) == meaning, why


def test_a_word_of_the_workspace_that_holds_a_denial_has_its_own_meaning():
    assert find_meaning("未停保", {"stopped": ["停保"], "active": ["未停保"]}) == "active"
    assert find_meaning("未停保", {"stopped": ["未停保"], "active": ["正常"]}) == "stopped"


def test_a_meaning_without_words_is_never_found():
    assert find_meaning("解除", {"abnormal": [], "normal": ["正常"]}) is None
