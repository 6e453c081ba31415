"""The credit code against its standard, and how much its check character sees."""

import doctest
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.cn import uscc as stdnum_uscc

from gapmatch.standardise import (
    check_characters,
    code_text,
    credit_code,
    organisation_code,
    registration_number,
)

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
    organisation = body[8:] + organisation_code.compute_check_character(body[8:])
    code = body[:8] + organisation
    return code + credit_code.compute_check_character(code)


LETTERS = st.sampled_from(credit_code.ALPHABET)
BODIES = st.builds(
    lambda kind, division, rest: kind + division + "".join(rest),
    st.sampled_from(["11", "12", "51", "52", "91", "92", "93", "A1", "N2", "N3", "Y1"]),
    st.integers(0, 999_999).map("{:06}".format),
    st.lists(LETTERS, min_size=8, max_size=8),
)
CODES = BODIES.map(complete)


@pytest.mark.parametrize(("text", "why"), WRITTEN, ids=[why for _, why in WRITTEN])
def test_a_code_is_the_same_however_it_is_written(text: str, why: str) -> None:
    assert credit_code.compact(text) == "91990100MA6TEXTA77", why
    assert credit_code.is_valid(text), why


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
    assert not credit_code.is_valid(text), why


def test_the_18th_character_may_be_right_while_the_organisation_code_inside_is_wrong() -> None:
    code = "91990100MA6TEXTA0"
    code += credit_code.compute_check_character(code)
    assert credit_code.has_right_check(code)
    assert not credit_code.is_valid(code)


@pytest.mark.parametrize("start", ["12", "31", "52", "81", "92", "93", "A1", "N2", "Y1", "E5"])
def test_every_department_s_codes_are_valid_even_unknown_ones(start: str) -> None:
    assert credit_code.is_valid(complete(f"{start}990100MA6TEXTA"))


@settings(deadline=None)
@given(BODIES)
def test_completed_codes_are_valid_and_check_characters_unique(body: str) -> None:
    code = complete(body)
    assert credit_code.is_valid(code)
    right = credit_code.CHECK.verify([code[:17] + c for c in credit_code.ALPHABET])
    assert credit_code.ALPHABET[int(right.argmax())] == code[17]
    assert right.sum() == 1


@settings(deadline=None)
@given(CODES)
def test_every_single_wrong_character_is_found(code: str) -> None:
    wrong = [
        code[:place] + character + code[place + 1 :]
        for place in range(18)
        for character in credit_code.ALPHABET
        if character != code[place]
    ]
    assert not credit_code.CHECK.verify(wrong).any()


@settings(deadline=None)
@given(CODES)
def test_every_swap_of_different_neighbours_is_found(code: str) -> None:
    swapped = [
        code[:place] + code[place + 1] + code[place] + code[place + 2 :] for place in range(17)
    ]
    assert not credit_code.CHECK.verify([s for s in swapped if s != code]).any()


def test_weights_show_why_no_wrong_character_and_no_swap_escapes() -> None:
    weights, modulus = credit_code.CHECK.weights, credit_code.CHECK.modulus
    assert all(weight % modulus for weight in weights)
    assert all((a - b) % modulus for a, b in pairwise(weights))
    assert sorted(credit_code.CHECK.values.values()) == list(range(modulus))


@settings(deadline=None)
@given(st.one_of(CODES, st.text(alphabet=credit_code.ALPHABET + "IO", min_size=17, max_size=19)))
def test_stdnum_agrees_on_the_18th_character_where_it_knows_the_department(text: str) -> None:
    if text[:8].isdigit():
        assert stdnum_uscc.is_valid(text) == credit_code.has_right_check(text)


@settings(deadline=None)
@given(BODIES)
def test_stdnum_calculates_the_same_check_character(body: str) -> None:
    code = complete(body)
    assert stdnum_uscc.calc_check_digit(code[:17]) == code[17]


def test_a_body_of_another_length_has_no_check_character() -> None:
    with pytest.raises(ValueError, match="18"):
        credit_code.compute_check_character("9199")


@pytest.mark.parametrize(
    "module",
    [check_characters, code_text, credit_code, organisation_code, registration_number],
)
def test_examples_in_the_docstrings_hold(module: object) -> None:
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]
