"""Repair candidates: what was typed is always among them, and none has a wrong check character."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gapmatch.standardise import credit_code, organisation_code
from gapmatch.standardise.repair import CHANGES, describe, repair_candidates

CODE = "91990100MA6TEXTA77"
ORGANISATION = "MA6TEXTA7"
CHARACTERS = st.sampled_from(credit_code.ALPHABET)
CODES = st.sampled_from([CODE, ORGANISATION])


@pytest.mark.parametrize(
    ("typed", "code", "change", "why"),
    [
        ("9199O1OOMA6TEXTA77", CODE, "look_alike", "every O for 0 at once"),
        ("9I990100MA6TEXTA77", CODE, "look_alike", "I for 1"),
        ("91990100MAGTEXTA77", CODE, "look_alike", "G for 6"),
        ("９１９９０１００ＭＡＧＴＥＸＴＡ７７", CODE, "look_alike", "full-width and G for 6"),
        ("91990010MA6TEXTA77", CODE, "swapped", "neighbours swapped"),
        ("91990100AM6TEXTA77", CODE, "swapped", "neighbours swapped inside the organisation code"),
        ("9199010MA6TEXTA77", CODE, "missing", "one 0 missing"),
        ("1990100MA6TEXTA77", CODE, "missing", "the first character missing"),
        ("919990100MA6TEXTA77", CODE, "extra", "9 once more"),
        ("91990100MA6TEXTA777", CODE, "extra", "7 once more at the end"),
        ("91990100MA6TEXUA77", CODE, "wrong", "U for T"),
        ("91990100MA6TEXTA7K", CODE, "wrong", "wrong check character"),
        ("MA6TEXTA", ORGANISATION, "missing", "the check character missing"),
        ("MAGTEXTA7", ORGANISATION, "look_alike", "G for 6"),
    ],
)
def test_single_slips_are_undone(typed: str, code: str, change: str, why: str) -> None:
    assert (code, change) in {(r.code, r.change) for r in repair_candidates(typed)}, why


def test_a_tail_lost_in_a_number_is_completed() -> None:
    kept = "919901001234511"
    candidates = repair_candidates(kept)
    assert {r.change for r in candidates} == {"tail_lost"}
    assert all(r.code.startswith(kept) and r.code.isdigit() for r in candidates)
    assert {r.code for r in candidates} <= {r.code for r in repair_candidates(kept + "000")}


@settings(deadline=None)
@given(
    CODES, st.integers(0, 17), CHARACTERS, st.sampled_from(["wrong", "swapped", "extra", "missing"])
)
def test_the_original_is_among_the_candidates_of_every_single_slip(
    code: str, place: int, character: str, change: str
) -> None:
    place %= len(code)
    typed = {
        "wrong": code[:place] + character + code[place + 1 :],
        "swapped": code[: place - 1] + code[place] + code[place - 1] + code[place + 1 :] if place else code,
        "extra": code[:place] + character + code[place:],
        "missing": code[:place] + code[place + 1 :],
    }[change]  # fmt: skip
    if credit_code.is_valid(typed) or organisation_code.is_valid(typed):
        return  # right again, by no slip or unseen: nothing to repair
    assert code in {r.code for r in repair_candidates(typed)}


@settings(deadline=None)
@given(
    st.one_of(st.text(max_size=24), st.text(alphabet="0123456789MAXOIZ", min_size=8, max_size=19))
)
def test_candidates_are_right_unique_ordered_and_the_same_every_time(text: str) -> None:
    candidates = repair_candidates(text)
    assert all(
        credit_code.is_valid(r.code) or organisation_code.is_valid(r.code) for r in candidates
    )
    assert len({r.code for r in candidates}) == len(candidates)
    assert [CHANGES.index(r.change) for r in candidates] == sorted(
        CHANGES.index(r.change) for r in candidates
    )
    assert candidates == repair_candidates(text)


@pytest.mark.parametrize("text", ["", "无", CODE, ORGANISATION, "1234", "9" * 40])
def test_right_codes_and_texts_far_from_any_code_have_no_candidates(text: str) -> None:
    assert repair_candidates(text) == ()


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("9199010MA6TEXTA77", "第7位缺少 0"),
        ("91990010MA6TEXTA77", "第6位起的 01 应为 10（相邻颠倒）"),
        ("919990100MA6TEXTA77", "第3位多出 9"),
        ("91990100MAGTEXTA77", "第11位的 G 应为 6（形近）"),
    ],
)
def test_what_was_changed_is_said_in_words(typed: str, sentence: str) -> None:
    assert sentence in {describe(r) for r in repair_candidates(typed) if r.code == CODE}
