"""What a text is said to be, and which of a row's codes speaks for it."""

from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.iso7064 import mod_11_10

from gapmatch.standardise.check_codes import CREDIT_CODE, IDENTITY_NUMBER, ORGANISATION_CODE
from gapmatch.standardise.codes import (
    CODE_COLUMNS,
    KINDS,
    OTHER_CODE,
    build_code_columns,
    select_best_codes,
)

CODE = "91990100MA6TEXTA77"
ORGANISATION = "MA6TEXTA7"
REGISTRATION = "990100000000013"

IDENTITY_LIKE_A_CODE = next(
    body + digit
    for body in (f"11010119900307{serial:03}" for serial in range(1000))
    for digit in "0123456789X"
    if IDENTITY_NUMBER.verify([body + digit])[0] and CREDIT_CODE.verify([body + digit])[0]
)
"""One identity number in 31 has the check character of a credit code."""

KIND_CASES = [
    ("91990100MA6TEXTA77", "credit_code", "both check characters right"),
    ("91990100MA6TEXTA78", "credit_code", "wrong check character: still that kind"),
    ("9199O1OOMA6TEXTA77", "credit_code", "O for 0"),
    ("N2990100MA6TEXTA7Y", "credit_code", "village collective"),
    ("MA6TEXTA7", "org_code", "nine characters"),
    ("MA6TEXTA-7", "org_code", "written with its dash"),
    ("MA6TEXTA8", "org_code", "wrong check character"),
    ("990100MA6TEXTA7", "tax_number", "division and organisation code"),
    ("990100MA6TEXTA8", "unknown", "fifteen characters, no organisation code inside"),
    ("91990100MA6TEXT", "unknown", "the first fifteen characters of a credit code"),
    ("990100000000013", "registration_number", "MOD 11,10 holds"),
    ("9901002001234", "registration_number", "thirteen digits, before 2007"),
    ("990100000000014", "unknown", "fifteen digits, nothing holds"),
    ("11010119900307004X01", "personal", "identity number and two digits"),
    ("11010119900307004X", "personal", "identity number as tax number"),
    ("110101199003070041", "personal", "a mistyped one is still a person's"),
    (
        IDENTITY_LIKE_A_CODE,
        "personal",
        "right as an identity number, and by chance as a credit code",
    ),
    ("L91990100MA6TEXTA77", "temporary", "L and a credit code"),
    ("L11010119900307004X", "temporary", "L and an identity number"),
    ("9199010MA6TEXTA77", "unknown", "one character missing"),
    ("919990100MA6TEXTA77", "unknown", "one character too many"),
    ("91990100MA********", "unknown", "hidden by the list"),
    ("9.1990100123456E+17", "unknown", "Excel's number format"),
    ("919901001234567000", "unknown", "the tail gone through a number"),
]

PLACEHOLDERS = [
    "无", "暂无", "不详", "待补", "NULL", "null", "N/A", "-", "——", "/", "*", "0", "1", "？",
    "无统一社会信用代码", "000000000", "000000000000000", "000000000000000000", "111111111111111",
    "999999999", "999999999999999999", "123456789", "12345678-9", "123456789012345678", "987654321",
    "XXXXXXXXX", "xxxxxxxxxxxxxxxxxx", "910000000000000000", "91990100000000000X", "990100000000000",
    "990100222222222", "91990100123456789A", "MA0000000", "UNKNOWN",
]  # fmt: skip


def classify(text: str) -> tuple[object, ...]:
    """Return the facts of one code."""
    return build_code_columns(pl.Series([text]), pl.Series([False])).row(0)


@pytest.mark.parametrize(("text", "kind", "why"), KIND_CASES, ids=[why for *_, why in KIND_CASES])
def test_the_kind_follows_from_the_text(text: str, kind: str, why: str) -> None:
    assert classify(text)[0] == kind, why


@pytest.mark.parametrize("text", PLACEHOLDERS)
def test_what_fills_a_cell_without_being_a_code_is_a_placeholder(text: str) -> None:
    assert classify(text) == ("placeholder", None, None, None, None, None)


@pytest.mark.parametrize("text", ["", " ", "\t", "　"])
def test_an_empty_cell_has_no_kind(text: str) -> None:
    assert classify(text) == (None,) * len(CODE_COLUMNS)


def test_nulls_stay_null() -> None:
    assert build_code_columns(
        pl.Series([None], dtype=pl.String), pl.Series([None], dtype=pl.Boolean)
    ).row(0) == (None,) * len(CODE_COLUMNS)


@pytest.mark.parametrize(
    ("text", "facts", "why"),
    [
        (CODE.lower(), ("credit_code", CODE, CODE, True, ORGANISATION, True), "cleaned"),
        (CODE[:-1] + "X", ("credit_code", CODE[:-1] + "X", CODE[:-1] + "X", False, ORGANISATION, True),
         "only the last character is wrong: the organisation code can be used"),
        ("MA6TEXTA-7", ("org_code", ORGANISATION, None, None, ORGANISATION, True), "no credit code"),
        ("990100" + ORGANISATION, ("tax_number", "990100" + ORGANISATION, None, None, ORGANISATION, True),
         "the organisation code is inside"),
        ("L" + CODE, ("temporary", "L" + CODE, CODE, True, ORGANISATION, True),
         "a temporary registration of the same organisation"),
        (CODE[:15], ("unknown", CODE[:15], None, None, None, None), "truncated: nothing to be had"),
        ("9.1990100123456E+17", ("unknown", "91990100123456", None, None, None, None),
         "the digits that the number shows"),
        ("919901001234567000", ("unknown", "919901001234567", None, None, None, None),
         "the three zeros are Excel's"),
        ("11010119900307004X", ("personal", "11010119900307004X", None, None, None, None),
         "a person, not an organisation"),
    ],
)  # fmt: skip
def test_facts_are_what_the_kind_vouches_for(
    text: str, facts: tuple[object, ...], why: str
) -> None:
    assert classify(text) == facts, why


def test_of_a_code_that_was_a_float_only_fifteen_digits_count() -> None:
    codes = pl.Series(["919901001234567123", "990100000000013", CODE])
    frame = build_code_columns(codes, pl.Series([True, True, True]))
    assert frame["code_text"].to_list() == ["919901001234567", REGISTRATION, CODE]
    assert frame["code_kind"].to_list() == ["unknown", "registration_number", "credit_code"]
    assert frame["organisation"].to_list() == [None, None, ORGANISATION]


def test_the_columns_are_the_promised_ones_even_of_nothing() -> None:
    empty = build_code_columns(pl.Series([], dtype=pl.String), pl.Series([], dtype=pl.Boolean))
    assert empty.schema == CODE_COLUMNS
    nothing = select_best_codes(
        pl.DataFrame({"credit_code": []}, schema={"credit_code": pl.String})
    )
    assert nothing.schema == pl.Schema(
        {**CODE_COLUMNS, "other_codes": pl.List(OTHER_CODE), "names_person": pl.Boolean}
    )


@given(st.lists(st.one_of(st.sampled_from([t for t, *_ in KIND_CASES] + PLACEHOLDERS), st.text(max_size=24), st.none()), max_size=6))  # fmt: skip
@settings(max_examples=40, deadline=None)
def test_a_column_gives_each_code_what_it_gets_alone(texts: list[str | None]) -> None:
    codes = pl.Series(texts, dtype=pl.String)
    frame = build_code_columns(codes, pl.Series([False] * len(texts), dtype=pl.Boolean))
    assert frame.schema == CODE_COLUMNS
    assert frame.height == len(texts)
    for text, row in list(zip(texts, frame.iter_rows(), strict=True))[:2]:
        assert text is None or classify(text) == row
    assert set(frame["code_kind"]) <= {*KINDS, None}


ROW_CASES = [
    ({"credit_code": CODE, "org_code": "D2143569X"}, CODE, ["D2143569X"], "a valid credit code first"),
    ({"credit_code": CODE[:-1] + "X", "org_code": "D2143569X"}, CODE[:-1] + "X", ["D2143569X"],
     "its organisation code is right too, and it says more"),
    ({"credit_code": "91990100MA6TEXTA10", "org_code": "D2143569X"}, "D2143569X", ["91990100MA6TEXTA10"],
     "a right organisation code before a credit code with two wrong check characters"),
    ({"credit_code": None, "taxpayer_code": CODE}, CODE, [], "whichever column has it"),
    ({"credit_code": "无", "registration_no": REGISTRATION}, REGISTRATION, [], "a placeholder is no code"),
    ({"credit_code": CODE, "org_code": "MA6TEXTA-7"}, CODE, [], "the same code inside is no other code"),
    ({"taxpayer_code": CODE, "credit_code": CODE}, CODE, [], "twice the same"),
    ({"credit_code": f"{REGISTRATION}/{CODE}"}, CODE, [REGISTRATION], "two codes in one cell"),
    ({"credit_code": f"{CODE}；D2143569-X"}, CODE, ["D2143569X"], "two codes in one cell"),
    ({"credit_code": None, "org_code": None}, None, [], "no code at all"),
    ({"org_code": CODE, "credit_code": "D2143569X"}, CODE, ["D2143569X"], "columns mixed up"),
]  # fmt: skip


@pytest.mark.parametrize(("row", "text", "others", "why"), ROW_CASES)
def test_the_strongest_code_speaks_for_the_row(
    row: dict[str, str | None], text: str | None, others: list[str], why: str
) -> None:
    frame = select_best_codes(pl.DataFrame([row], schema=dict.fromkeys(row, pl.String)))
    assert frame["code_text"].item() == text, why
    assert [code["code_text"] for code in frame["other_codes"].item()] == others, why


def test_fifteen_digits_right_as_either_kind_are_what_their_column_says() -> None:
    serials = [f"{number:08}" for number in range(71_000_000, 71_000_200)]
    numbers = [f"990100{s}{mod_11_10.calc_check_digit('990100' + s)}" for s in serials]
    both = next(number for number in numbers if ORGANISATION_CODE.verify([number[6:]])[0])
    assert (
        select_best_codes(pl.DataFrame({"taxpayer_code": [both]}))["organisation"].item()
        == both[6:]
    )
    assert (
        select_best_codes(pl.DataFrame({"registration_no": [both]}))["organisation"].item() is None
    )


def test_rows_keep_their_order_and_number() -> None:
    frame = pl.DataFrame(
        {
            "credit_code": [CODE, None, "无", "x", CODE],
            "org_code": [None, "D2143569X", None, None, None],
            "code_precision_lost": [False, None, False, False, False],
        }
    )
    assert select_best_codes(frame)["code_kind"].to_list() == [
        "credit_code", "org_code", "placeholder", "placeholder", "credit_code",
    ]  # fmt: skip


def test_strength_does_not_depend_on_the_order_of_the_rows() -> None:
    rows = pl.DataFrame(
        {"credit_code": [CODE, "MA6TEXTA8", None], "taxpayer_code": [None, CODE, "990100D2143569X"]}
    )
    assert select_best_codes(rows).reverse().equals(select_best_codes(rows.reverse()))


def test_kinds_are_ranked_once_each() -> None:
    assert len(set(KINDS)) == 8
    assert all(a != b for a, b in pairwise(KINDS))
