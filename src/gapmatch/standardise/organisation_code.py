"""Organisation code (组织机构代码): nine characters, written 8 + 1 with a dash between.

GB 11714-1997 全国组织机构代码编制规则: eight characters of digits and capital letters, and a check
character C9 = 11 - MOD(Σ Ci·Wi, 11) with the weights 3 7 9 10 5 8 4 2, where A to Z count 10 to 35;
10 is written X and 11 is written 0. Since 2015 it is the characters 9 to 17 of the credit code.

What the check character finds: every wrong digit among digits, every wrong check character, and
every swap of neighbours of different value among the first eight. It does not distinguish
characters whose values differ by 11 (0 B M X · 1 C N Y · 2 D O Z · 3 E P · 4 F Q · 5 G R · 6 H S ·
7 I T · 8 J U · 9 K V · A L W): 2 mistyped as Z, or 0 as B, stays valid. Nor does it find the swap
of ``X1`` at the end into ``1X``.

>>> is_valid("12345678-8"), compute_check_character("12345678")
(True, '8')
"""

from gapmatch.standardise.check_characters import DIGITS, WeightedSum
from gapmatch.standardise.code_text import compact

__all__ = ["CHECK", "LENGTH", "compact", "compute_check_character", "is_valid"]

LENGTH = 9
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

CHECK = WeightedSum(
    modulus=11,
    weights=(3, 7, 9, 10, 5, 8, 4, 2, 1),
    values=DIGITS | {letter: 10 + place for place, letter in enumerate(_LETTERS)},
    check_values=DIGITS | {"X": 10},
)
"""The rule, for whole columns too."""


def compute_check_character(body: str) -> str:
    """Return the check character for the first eight characters."""
    return CHECK.compute_check_character(body)


def is_valid(text: str) -> bool:
    """Return whether ``text``, cleaned, is nine characters with the right check character."""
    return bool(CHECK.verify([compact(text)])[0])
