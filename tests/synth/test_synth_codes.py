import re

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from stdnum.iso7064 import mod_11_10

from gapmatch.synth.invented_codes import (
    build_credit_codes,
    build_organisation_codes,
    build_registration_number,
    convert_to_chars,
    convert_to_texts,
)
from gapmatch.synth.prefecture import Prefecture

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def credit_check(code: str) -> str:
    """GB 32100-2015, written out once more and slowly, as an oracle."""
    total = sum(ALPHABET.index(c) * 3**i for i, c in enumerate(code[:17]))
    return ALPHABET[(31 - total % 31) % 31]


def organisation_check(code: str) -> str:
    """GB 11714-1997."""
    total = sum(int(c, 36) * w for c, w in zip(code, (3, 7, 9, 10, 5, 8, 4, 2), strict=False))
    return "X" if (check := 11 - total % 11) == 10 else str(check % 11)


def test_every_code_of_the_tax_list_passes_both_checks(prefecture: Prefecture) -> None:
    for code in prefecture.quarters["2022Q4"].tax["taxpayer_code"]:
        assert re.fullmatch(r"[0-9]{2}\d{6}[0-9A-Y]{10}", code)
        assert code[17] == credit_check(code)
        assert code[16] == organisation_check(code[8:16])


def test_no_organisation_code_comes_twice() -> None:
    serial = np.arange(200_000)
    codes = convert_to_texts(build_organisation_codes(serial, serial % 3 == 0, 7))
    assert codes.n_unique() == len(serial)


@given(st.text("0123456789", min_size=14, max_size=14))
def test_registration_numbers_pass_mod_11_10(body: str) -> None:
    assert mod_11_10.is_valid(build_registration_number(body))


def test_characters_and_texts_turn_into_each_other() -> None:
    texts = pl.Series(["91", "93", "N2"])
    assert convert_to_texts(convert_to_chars(texts, 2)).to_list() == texts.to_list()
    assert (
        convert_to_texts(
            build_credit_codes(
                texts,
                pl.Series(["520300"] * 3),
                build_organisation_codes(np.arange(3), np.zeros(3, bool), 1),
            )
        )
        .str.len_chars()
        .to_list()
        == [18] * 3
    )
