"""Numbers written out in Chinese, wherever they stand: cells of extracts, of returns, headers."""

import pytest

from gapmatch.vocabulary.chinese_numbers import parse_chinese_number


@pytest.mark.parametrize(
    ("text", "number", "why"),
    [
        ("五", 5, "a digit"), ("十", 10, "no digit before ten"), ("十二", 12, "ones"),
        ("一十二", 12, "as on cheques"), ("二十", 20, "tens"), ("一百零三", 103, "a zero between"),
        ("一百二十", 120, "several places"), ("一千二", 1_200, "a digit counts in the next place"),
        ("一千零二", 1_002, "unless a zero says otherwise"), ("三百五", 350, "of hundreds"),
        ("两万五", 25_000, "of ten thousands"), ("一万二千五", 12_500, "behind several places"),
        ("一亿二", 120_000_000, "of hundred millions"), ("三亿五千万", 350_000_000, "both"),
        ("一亿零三万", 100_030_000, "a zero before a section"),
        ("壹佰贰拾万", 1_200_000, "as on cheques"), ("玖仟", 9_000, "the last of them"),
        ("二〇", None, "digits alone are no number"), ("五六", None, "five or six"),
        ("一万二万", None, "a place twice"), ("一百一千", None, "places out of order"),
        ("百", None, "a place alone"), ("万", None, "a unit"), ("零", 0, "nothing"),
        ("", None, "no text"), ("十几", None, "rough"), ("12", 12, "digits"),
    ],
)  # fmt: skip
def test_numbers_written_out_in_chinese_are_read(text, number, why):
    assert parse_chinese_number(text) == number, why
