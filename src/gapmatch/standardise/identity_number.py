"""Citizen identity number (公民身份号码).

Eighteen characters, the tax number of people without a licence. GB 11643-1999: six digits for the
division, eight for the date of birth, three serial digits, one check character by ISO 7064 MOD
11-2, so that Σ Ci·Wi leaves 1 by 11 with Wi = 2^(18-i) mod 11; 10 is written X. Sole traders' tax
numbers were this number and two digits (国家税务总局公告2015年第66号, item 2): twenty characters.
It is only recognised here, so that it can be distinguished from a credit code and not printed.
"""

from gapmatch.standardise.check_characters import DIGITS, WeightedSum

CHECK = WeightedSum(
    modulus=11,
    weights=tuple(pow(2, 18 - place, 11) for place in range(1, 19)),
    values=DIGITS,
    check_values=DIGITS | {"X": 10},
    target=1,
)
"""The rule of the last character, for whole columns."""

SHAPE = r"^[1-8]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dX]"
"""How every such number begins: a division, a date of birth, three digits, a check character."""


def is_valid(number: str) -> bool:
    """Return whether ``number`` has the right check character."""
    return bool(CHECK.verify([number])[0])
