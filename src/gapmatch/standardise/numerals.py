"""Numerals in names: ordinals become digits, numbers in a trade name Chinese digits.

第十二门市部, 拾贰门市部, Ⅻ门市部 and 门市部(12) are all 12门市部; 365便利 and 三六五便利 are both
三六五便利, so that sounds and look-alikes of a trade name stay comparable.
"""

import re
import unicodedata
from functools import cache

import polars as pl

from gapmatch.vocabulary.chinese_numbers import TO_DIGITS

NUMERALS = "0-9〇零○一二三四五六七八九十百千两廿卅壹贰叁肆伍陆柒捌玖拾佰仟弌弍弎"
"""All that a numeral is written with, as the inside of a bracket of a regular expression."""
_SCALE = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_POINTS = (
    *range(0xB2, 0xBA),
    *range(0x2070, 0x2190),
    *range(0x2460, 0x2794),
    *range(0x3021, 0x32C0),
)
"""Where Unicode has signs that are numbers: superscripts, Roman, circled, 〡 and the like."""
_DIGIT_NUMERALS = "零一二三四五六七八九"
ROMAN = "(?:X{0,2}(?:IX|IV|V?I{1,3})|X{0,2}V|X{1,2})"
"""A Roman numeral from 1 to 29."""
_ROMAN_VALUE = {"I": 1, "V": 5, "X": 10}
HAS_NUMERAL = f"[{NUMERALS}IVX]"
"""A text without this has no numeral at all."""


def parse_numeral(numeral: str) -> int:
    """Return the value of a numeral: 十二, 拾贰, 一二, 12, 1二 and XII are all 12."""
    if numeral[0] in _ROMAN_VALUE:
        return _parse_roman(numeral)
    total, digit = 0, 0
    for c in numeral.replace("廿", "二十").replace("卅", "三十").translate(TO_DIGITS):
        if c in _SCALE:
            total += (digit or 1) * _SCALE[c]
            digit = 0
        else:
            digit = digit * 10 + int(c)
    return total + digit


def _parse_roman(numeral: str) -> int:
    values = [_ROMAN_VALUE[c] for c in numeral]
    following = [*values[1:], 0]
    return sum(-v if v < after else v for v, after in zip(values, following, strict=True))


def replace_number_signs(texts: pl.Expr) -> pl.Expr:
    """Write numbers of one sign (Ⅱ, ②, ❷, ㊁, ²) in digits; (2) in one sign keeps its brackets."""
    signs = _list_number_signs()
    return texts.str.replace_many(list(signs), list(signs.values()))


@cache
def _list_number_signs() -> dict[str, str]:
    """Each sign of Unicode that is a whole number by itself, and its digits."""
    signs = {}
    for point in _POINTS:
        sign = chr(point)
        value = unicodedata.numeric(sign, 0.5)
        plain = unicodedata.normalize("NFKC", sign)
        dressed = plain.startswith("(") or plain.endswith(".")
        number = unicodedata.category(sign) in ("No", "Nl") and not dressed
        if number and value < 100 and value == int(value):
            signs[sign] = str(int(value))
    return signs


def write_trade_numbers(text: str, number: re.Pattern[str]) -> str:
    """Write what ``number`` finds in Chinese digits: 365 and 三六五, 21 and 二十一 alike."""
    return number.sub(lambda found: _write_digit_by_digit(found[0]), text)


def _write_digit_by_digit(numeral: str) -> str:
    if numeral == "10":
        return "十"
    digits = str(parse_numeral(numeral)) if "十" in numeral else numeral
    return "".join(_DIGIT_NUMERALS[int(c)] for c in digits.translate(TO_DIGITS))
