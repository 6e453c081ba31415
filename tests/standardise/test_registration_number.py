"""Registration numbers against ISO 7064 MOD 11,10, identity numbers against MOD 11-2."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.cn import ric
from stdnum.iso7064 import mod_11_10

from gapmatch.standardise import identity_number, registration_number

BODIES = st.text(alphabet="0123456789", min_size=14, max_size=14)


@settings(deadline=None)
@given(BODIES)
def test_check_digits_are_those_of_mod_11_10(body: str) -> None:
    digit = registration_number.compute_check_digit(body)
    assert digit == mod_11_10.calc_check_digit(body)
    assert registration_number.is_valid(body + digit)


@settings(deadline=None)
@given(BODIES)
def test_every_wrong_digit_is_found(body: str) -> None:
    code = body + registration_number.compute_check_digit(body)
    wrong = [code[:p] + d + code[p + 1 :] for p in range(15) for d in "0123456789" if d != code[p]]
    assert not registration_number.verify(wrong).any()


def test_of_all_pairs_of_neighbours_one_in_45_can_be_swapped_unseen() -> None:
    def swaps_unseen(front: str) -> int:
        pairs = [(a, b) for a in range(10) for b in range(a)]
        codes = [f"{front}{a}{b}00000000000" for a, b in pairs]
        swapped = [f"{front}{b}{a}00000000000" for a, b in pairs]
        checks = [registration_number.compute_check_digit(code) for code in codes]
        return int(
            registration_number.verify([s + c for s, c in zip(swapped, checks, strict=True)]).sum()
        )

    assert [swaps_unseen(str(front)) for front in range(10)] == [1] * 10


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("990100000000014", "wrong digit"),
        ("99010000000001", "too short"),
        ("9901000000000133", "too long"),
        ("99010000000001X", "a letter"),
        ("", "nothing"),
    ],
)
def test_what_is_no_registration_number_is_not_valid(text: str, why: str) -> None:
    assert registration_number.is_valid("990100000000013")
    assert not registration_number.is_valid(text), why


def test_what_is_not_fourteen_digits_has_no_check_digit() -> None:
    with pytest.raises(ValueError, match="fourteen"):
        registration_number.compute_check_digit("12A")


@settings(deadline=None)
@given(st.text(alphabet="0123456789", min_size=17, max_size=17))
def test_identity_numbers_have_the_check_character_that_stdnum_gives(body: str) -> None:
    check = ric.calc_check_digit(body + "0")
    assert identity_number.is_valid(body + check)
    assert not identity_number.is_valid(body + ("1" if check == "0" else "0"))
