"""The organisation code against GB 11714, and what its check character cannot see."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gapmatch.standardise import organisation_code

LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
BODIES = st.text(alphabet=LETTERS, min_size=8, max_size=8)
VALUE = {character: place % 11 for place, character in enumerate(LETTERS)}


@pytest.mark.parametrize(
    ("body", "check", "why"),
    [
        ("D2143569", "X", "the example of GB 11714: 10 is written X"),
        ("00000000", "0", "11 is written 0"),
        ("12345678", "8", "digits alone"),
        ("MA6TEXTA", "7", "the letters of numbers given since 2015"),
    ],
)
def test_check_characters_follow_the_standard(body: str, check: str, why: str) -> None:
    assert organisation_code.compute_check_character(body) == check, why
    assert organisation_code.is_valid(f"{body[:8]}-{check}"), why


@settings(deadline=None)
@given(BODIES)
def test_exactly_one_check_character_is_right(body: str) -> None:
    right = [c for c in LETTERS if organisation_code.CHECK.verify([body + c])[0]]
    assert right == [organisation_code.compute_check_character(body)]


@settings(deadline=None)
@given(BODIES, st.integers(0, 7), st.sampled_from(LETTERS))
def test_a_wrong_character_escapes_only_where_values_differ_by_eleven(
    body: str, place: int, character: str
) -> None:
    wrong = body[:place] + character + body[place + 1 :]
    same_value = VALUE[body[place]] == VALUE[character]
    check = organisation_code.compute_check_character(body)
    assert organisation_code.is_valid(wrong + check) == same_value


@settings(deadline=None)
@given(st.text(alphabet="0123456789", min_size=8, max_size=8))
def test_every_wrong_digit_among_digits_is_found(body: str) -> None:
    code = body + organisation_code.compute_check_character(body)
    wrong = [code[:p] + d + code[p + 1 :] for p in range(9) for d in "0123456789" if d != code[p]]
    assert not organisation_code.CHECK.verify(wrong).any()


@settings(deadline=None)
@given(BODIES, st.integers(0, 6))
def test_a_swap_inside_escapes_only_where_values_differ_by_eleven(body: str, place: int) -> None:
    a, b = body[place], body[place + 1]
    swapped = body[:place] + b + a + body[place + 2 :]
    check = organisation_code.compute_check_character(body)
    assert organisation_code.is_valid(swapped + check) == (VALUE[a] == VALUE[b])


def test_2_read_as_z_and_x1_swapped_at_the_end_are_the_known_blind_spots() -> None:
    assert organisation_code.compute_check_character(
        "12345678"
    ) == organisation_code.compute_check_character("1Z345678")
    bodies = [f"{number:07}X" for number in range(200)]
    blind = [b for b in bodies if organisation_code.compute_check_character(b) == "1"]
    assert blind
    assert all(organisation_code.is_valid(f"{b[:7]}1X") for b in blind)
