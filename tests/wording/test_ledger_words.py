"""What the ledger found, in words: states of cases, decisions, and what changed since."""

import re

import polars as pl
import pytest

from gapmatch.ledger.decisions import RESOLVED
from gapmatch.wording.ledger_words import add_decision_words, build_case_note

HAN = re.compile("[一-鿿，；：“”]")
VOICES = [{"who": "A", "verdict": "same"}, {"who": None, "verdict": "different"}]
CHANGE = {"code": "firm_renamed", "before": "old", "after": "new"}


@pytest.mark.parametrize(
    ("note", "outcome", "chinese", "why"),
    [
        (None, "refused", None, "most states say nothing"),
        ("found_insured", None, "本季参保名单中已找到", "no outcome is needed"),
        ("closed_listed_again", "refused", "曾以“拒不参保”办结，本季再次列入", "the outcome in words"),
        ("closed_listed_again", "x{}", "曾以“x{}”办结，本季再次列入", "a code that is no longer known"),
    ],
)  # fmt: skip
def test_the_note_of_a_case_names_its_outcome(note, outcome, chinese, why):
    frame = pl.DataFrame({"note": [note], "outcome": [outcome]}, schema_overrides={"note": pl.String, "outcome": pl.String})  # fmt: skip
    assert frame.select(build_case_note("zh")).item() == chinese, why
    english = frame.select(build_case_note("en")).item()
    assert (english is None) == (chinese is None), why
    assert not HAN.search(english or ""), why


def resolved(voices, changes):
    row = {"firm": 0, "unit": 0, "decision": "stale", "was": "same"}
    return pl.DataFrame([{**row, "voices": voices, "changes": changes}], schema=RESOLVED)


def test_a_decision_names_its_voices_and_each_change_once():
    row = add_decision_words(resolved(VOICES, [CHANGE, CHANGE]), "zh").row(0, named=True)
    assert row["who"] == "A：同一单位；?：不是同一单位"
    assert row["changed"] == "纳税人名称由“old”变为“new”"


@pytest.mark.parametrize(
    "code", ["firm_renamed", "firm_recoded", "unit_renamed", "unit_recoded", "code_contradicts"]
)
def test_every_change_has_its_english(code):
    row = add_decision_words(resolved(VOICES, [{**CHANGE, "code": code}]), "en").row(0, named=True)
    assert row["changed"]
    assert not HAN.search(row["changed"] + row["who"])


def test_a_pair_that_nobody_decided_has_no_words():
    row = add_decision_words(resolved(None, None), "zh").row(0, named=True)
    assert (row["who"], row["changed"]) == (None, None)
