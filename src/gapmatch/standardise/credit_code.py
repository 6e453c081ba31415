"""Unified social credit code (统一社会信用代码): eighteen characters.

GB 32100-2015 法人和其他组织统一社会信用代码编码规则 with amendment no. 1 (2016): digits and the
capital letters except I O S V Z. Character 1 is the registering department, 2 the kind of
organisation, 3–8 the division code of the registering authority, 9–17 the organisation code (GB
11714), 18 the check character C18 = 31 - MOD(Σ Ci·Wi, 31) with Wi = 3^(i-1) mod 31 and the 31
characters counting 0 to 30.

What the check character finds: 31 is prime, all weights differ from 0 and neighbouring weights
differ from each other, so every single wrong character and every swap of two different neighbours
is found. Two errors at once pass with a chance of 1 in 31, less if the organisation code's own
check character sees them too.

What makes no code invalid: an unknown department (A, N and Y came later than the standard's first
table) and an unknown division (codes are issued by development zones, and carry divisions abolished
long ago). About 6 in 100,000 published codes (62 of 999,897) are right in the 18th character while
the organisation code inside is not. A slip would have spoilt the 18th too, so they were probably
issued like that; hence ``has_right_check`` next to ``is_valid``.

>>> is_valid("91990100MA6TEXTA77"), compute_check_character("91990100MA6TEXTA7")
(True, '7')
"""

from gapmatch.standardise import organisation_code
from gapmatch.standardise.check_characters import WeightedSum
from gapmatch.standardise.code_text import compact

__all__ = [
    "ALPHABET",
    "CHECK",
    "LENGTH",
    "compact",
    "compute_check_character",
    "has_right_check",
    "is_valid",
]  # fmt: skip

LENGTH = 18
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_VALUES = {character: value for value, character in enumerate(ALPHABET)}

CHECK = WeightedSum(
    modulus=31,
    weights=(*(pow(3, place, 31) for place in range(17)), 1),
    values=_VALUES,
    check_values=_VALUES,
)
"""The rule of the 18th character, for whole columns too."""


def compute_check_character(body: str) -> str:
    """Return the 18th character for the first seventeen."""
    return CHECK.compute_check_character(body)


def has_right_check(text: str) -> bool:
    """Return whether ``text``, cleaned, is 18 characters whose last is the right one."""
    return bool(CHECK.verify([compact(text)])[0])


def is_valid(text: str) -> bool:
    """Return whether the 18th character and that of the organisation code inside are both right."""
    code = compact(text)
    return has_right_check(code) and organisation_code.is_valid(code[8:17]) and code[2:8].isdigit()
