"""Numbers written out in Chinese: 十二, 一百零三, 两万五, 壹佰贰拾万."""

import re

_DIGITS = "零一二三四五六七八九"
_PLACES = {"十": 10, "百": 100, "千": 1_000, "万": 10_000, "亿": 100_000_000}
_PLAIN = str.maketrans("〇○壹贰两叁肆伍陆柒捌玖拾佰仟", "零零一二二三四五六七八九十百千")
_CIRCLES = ("〇", "○")
TO_DIGITS = str.maketrans(f"{_DIGITS}〇○壹弌贰弍两叁弎肆伍陆柒捌玖", "0123456789001122233456789")
"""Writes a numeral digit by digit: 二〇二三 as 2023."""
NUMERALS = f"{_DIGITS}{''.join(_PLACES)}〇○壹贰两叁肆伍陆柒捌玖拾佰仟"
"""All that such a number is written with."""

_DIGIT = f"[{_DIGITS[1:]}]"
_SECTION = rf"(?:{_DIGIT}千)?(?:零?{_DIGIT}百)?(?:零?{_DIGIT}?十)?(?:零?{_DIGIT})?"
_BEGIN = f"(?=零?(?:{_DIGIT}|十))"
_NUMBER = re.compile(
    rf"零|(?=[^零])(?:{_BEGIN}{_SECTION}亿)?(?:{_BEGIN}{_SECTION}万)?(?:{_BEGIN}{_SECTION})?"
)


def parse_chinese_number(text: str) -> int | None:
    """Return the whole number that ``text`` is, in digits or written out, or None.

    A digit behind a place counts in the next lower one, unless a zero stands between: 一千二 is
    1,200. What has no one meaning (五六, 一万二万, 百) is none.
    """
    if text.isdecimal():
        return int(text)
    plain = text.translate(_PLAIN)
    # A circle alone is a mark, of which no one knows what it means.
    if text in _CIRCLES or not plain or not _NUMBER.fullmatch(plain):
        return None
    number = section = digit = 0
    place = 1
    for character in plain:
        if character in _DIGITS:
            digit = _DIGITS.index(character)
            place = place if digit else 1
            continue
        unit = _PLACES[character]
        if unit > 1_000:
            number += (section + digit * place) * unit
            section = 0
        else:
            section += (digit or 1) * unit
        digit, place = 0, unit // 10
    return number + section + digit * place
