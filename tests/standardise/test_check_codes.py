"""Check characters against their standards, and how much they see."""

import doctest

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.cn import ric
from stdnum.cn import uscc as stdnum_uscc
from stdnum.iso7064 import mod_11_10

from gapmatch.standardise import code_text
from gapmatch.standardise.check_codes import (
    CREDIT_ALPHABET,
    CREDIT_CODE,
    IDENTITY_NUMBER,
    ORGANISATION_CODE,
    WeightedSum,
    verify_registration_numbers,
)


def compact(text: str) -> str:
    return str(pl.select(code_text.compact_all(pl.lit(text))).item())


def is_right(rule: WeightedSum, text: str) -> bool:
    return bool(rule.verify([compact(text)])[0])


def is_valid(text: str) -> bool:
    """Whether both check characters of a credit code are right."""
    return is_right(CREDIT_CODE, text) and is_right(ORGANISATION_CODE, compact(text)[8:17])


def test_the_example_in_a_docstring_holds() -> None:
    assert doctest.testmod(code_text).failed == 0


WRITTEN = [
    ("91990100MA6TEXTA77", "as printed"),
    ("91990100ma6texta77", "typed in lower case"),
    (" 91990100 MA6TEXTA7 7", "with blanks"),
    ("91-990100-MA6TEXTA7-7", "with dashes"),
    ("９１９９０１００ＭＡ６ＴＥＸＴＡ７７", "typed full-width"),
    ("'91990100MA6TEXTA77", "Excel's text mark"),
    ('="91990100MA6TEXTA77"', "an Excel formula that keeps text"),
    ("91990100MA6TEXTA77\t", "a tab to keep Excel from making a number"),
    ("\u200b91990100\ufeffMA6TEXTA77", "characters of no width, from web pages"),
    ("统一社会信用代码：91990100MA6TEXTA77", "with its label"),
    ("代码91990100MA6TEXTA77", "a label without a colon"),
    ("91990100MA6TEXTA77（已注销）", "a remark behind"),
    ("91990100МА6ТЕХТА77", "Cyrillic letters that look the same"),
]


def complete(body: str) -> str:
    """Add both check characters to eight and eight characters."""
    organisation = body[8:] + ORGANISATION_CODE.compute_check_character(body[8:])
    code = body[:8] + organisation
    return code + CREDIT_CODE.compute_check_character(code)


LETTERS = st.sampled_from(CREDIT_ALPHABET)
BODIES = st.builds(
    lambda kind, division, rest: kind + division + "".join(rest),
    st.sampled_from(["11", "12", "51", "52", "91", "92", "93", "A1", "N2", "N3", "Y1"]),
    st.integers(0, 999_999).map("{:06}".format),
    st.lists(LETTERS, min_size=8, max_size=8),
)
CODES = BODIES.map(complete)


@pytest.mark.parametrize(("text", "why"), WRITTEN, ids=[why for _, why in WRITTEN])
def test_a_code_is_the_same_however_it_is_written(text: str, why: str) -> None:
    assert compact(text) == "91990100MA6TEXTA77", why
    assert is_valid(text), why


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("91990100MA6TEXTA7", "17 characters"),
        ("91990100MA6TEXTA777", "19 characters"),
        ("91990100MA6TEXTA78", "wrong check character"),
        ("91990100MA6TEXTI77", "I is not in the alphabet"),
        ("9199010XMA6TEXTA77", "a letter in the division"),
        ("", "nothing"),
        ("无", "a word"),
    ],
)
def test_what_is_no_credit_code_is_not_valid(text: str, why: str) -> None:
    assert not is_valid(text), why


def test_the_18th_character_may_be_right_while_the_organisation_code_inside_is_wrong() -> None:
    code = "91990100MA6TEXTA0"
    code += CREDIT_CODE.compute_check_character(code)
    assert is_right(CREDIT_CODE, code)
    assert not is_valid(code)


@pytest.mark.parametrize("start", ["12", "31", "52", "81", "92", "93", "A1", "N2", "Y1", "E5"])
def test_every_department_s_codes_are_valid_even_unknown_ones(start: str) -> None:
    assert is_valid(complete(f"{start}990100MA6TEXTA"))


@settings(deadline=None)
@given(BODIES)
def test_completed_codes_are_valid_and_check_characters_unique(body: str) -> None:
    code = complete(body)
    assert is_valid(code)
    right = CREDIT_CODE.verify([code[:17] + c for c in CREDIT_ALPHABET])
    assert CREDIT_ALPHABET[int(right.argmax())] == code[17]
    assert right.sum() == 1


@settings(deadline=None)
@given(CODES)
def test_every_single_wrong_character_is_found(code: str) -> None:
    wrong = [
        code[:place] + character + code[place + 1 :]
        for place in range(18)
        for character in CREDIT_ALPHABET
        if character != code[place]
    ]
    assert not CREDIT_CODE.verify(wrong).any()


@settings(deadline=None)
@given(CODES)
def test_every_swap_of_different_neighbours_is_found(code: str) -> None:
    swapped = [
        code[:place] + code[place + 1] + code[place] + code[place + 2 :] for place in range(17)
    ]
    assert not CREDIT_CODE.verify([s for s in swapped if s != code]).any()


@settings(deadline=None)
@given(st.one_of(CODES, st.text(alphabet=CREDIT_ALPHABET + "IO", min_size=17, max_size=19)))
def test_stdnum_agrees_on_the_18th_character_where_it_knows_the_department(text: str) -> None:
    if text[:8].isdigit():
        assert stdnum_uscc.is_valid(text) == is_right(CREDIT_CODE, text)


@settings(deadline=None)
@given(BODIES)
def test_stdnum_calculates_the_same_check_character(body: str) -> None:
    code = complete(body)
    assert stdnum_uscc.calc_check_digit(code[:17]) == code[17]


def test_a_body_of_another_length_has_no_check_character() -> None:
    with pytest.raises(ValueError, match="18"):
        CREDIT_CODE.compute_check_character("9199")


ORGANISATION_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
ORGANISATIONS = st.text(alphabet=ORGANISATION_LETTERS, min_size=8, max_size=8)
VALUE = {character: place % 11 for place, character in enumerate(ORGANISATION_LETTERS)}


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
    assert ORGANISATION_CODE.compute_check_character(body) == check, why
    assert is_right(ORGANISATION_CODE, f"{body[:8]}-{check}"), why


@settings(deadline=None)
@given(ORGANISATIONS)
def test_exactly_one_check_character_is_right(body: str) -> None:
    right = [c for c in ORGANISATION_LETTERS if ORGANISATION_CODE.verify([body + c])[0]]
    assert right == [ORGANISATION_CODE.compute_check_character(body)]


@settings(deadline=None)
@given(ORGANISATIONS, st.integers(0, 7), st.sampled_from(ORGANISATION_LETTERS))
def test_a_wrong_character_escapes_only_where_values_differ_by_eleven(
    body: str, place: int, character: str
) -> None:
    wrong = body[:place] + character + body[place + 1 :]
    same_value = VALUE[body[place]] == VALUE[character]
    check = ORGANISATION_CODE.compute_check_character(body)
    assert is_right(ORGANISATION_CODE, wrong + check) == same_value


@settings(deadline=None)
@given(st.text(alphabet="0123456789", min_size=8, max_size=8))
def test_every_wrong_digit_among_digits_is_found(body: str) -> None:
    code = body + ORGANISATION_CODE.compute_check_character(body)
    wrong = [code[:p] + d + code[p + 1 :] for p in range(9) for d in "0123456789" if d != code[p]]
    assert not ORGANISATION_CODE.verify(wrong).any()


@settings(deadline=None)
@given(ORGANISATIONS, st.integers(0, 6))
def test_a_swap_inside_escapes_only_where_values_differ_by_eleven(body: str, place: int) -> None:
    a, b = body[place], body[place + 1]
    swapped = body[:place] + b + a + body[place + 2 :]
    check = ORGANISATION_CODE.compute_check_character(body)
    assert is_right(ORGANISATION_CODE, swapped + check) == (VALUE[a] == VALUE[b])


def test_2_read_as_z_and_x1_swapped_at_the_end_are_the_known_blind_spots() -> None:
    assert ORGANISATION_CODE.compute_check_character(
        "12345678"
    ) == ORGANISATION_CODE.compute_check_character("1Z345678")
    bodies = [f"{number:07}X" for number in range(200)]
    blind = [b for b in bodies if ORGANISATION_CODE.compute_check_character(b) == "1"]
    assert blind
    assert all(is_right(ORGANISATION_CODE, f"{b[:7]}1X") for b in blind)


SERIALS = st.text(alphabet="0123456789", min_size=14, max_size=14)


@settings(deadline=None)
@given(SERIALS)
def test_check_digits_are_those_of_mod_11_10(body: str) -> None:
    right = verify_registration_numbers([f"{body}{digit}" for digit in range(10)])
    assert [int(mod_11_10.calc_check_digit(body))] == right.nonzero()[0].tolist()


@settings(deadline=None)
@given(SERIALS)
def test_every_wrong_digit_of_a_registration_number_is_found(body: str) -> None:
    code = body + mod_11_10.calc_check_digit(body)
    wrong = [code[:p] + d + code[p + 1 :] for p in range(15) for d in "0123456789" if d != code[p]]
    assert not verify_registration_numbers(wrong).any()


def test_of_all_pairs_of_neighbours_one_in_45_can_be_swapped_unseen() -> None:
    def swaps_unseen(front: str) -> int:
        pairs = [(a, b) for a in range(10) for b in range(a)]
        codes = [f"{front}{a}{b}00000000000" for a, b in pairs]
        swapped = [f"{front}{b}{a}00000000000" for a, b in pairs]
        checks = [mod_11_10.calc_check_digit(code) for code in codes]
        return int(
            verify_registration_numbers([s + c for s, c in zip(swapped, checks, strict=True)]).sum()
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
    assert verify_registration_numbers(["990100000000013", text]).tolist() == [True, False], why


@settings(deadline=None)
@given(st.text(alphabet="0123456789", min_size=17, max_size=17))
def test_identity_numbers_have_the_check_character_that_stdnum_gives(body: str) -> None:
    check = ric.calc_check_digit(body + "0")
    assert is_right(IDENTITY_NUMBER, body + check)
    assert not is_right(IDENTITY_NUMBER, body + ("1" if check == "0" else "0"))
