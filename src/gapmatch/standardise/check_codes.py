"""Codes with check characters, by their standards: for one code and for a whole column alike.

Three of them are right if the weighted sum of their characters' values, the check character
included, leaves a given remainder; they differ in numbers only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

_FOREIGN = 1 << 20
"""Added for a character that a code may not contain; no sum of real terms comes near it."""


@dataclass(frozen=True)
class WeightedSum:
    """A code of fixed length whose weighted sum of values has the remainder ``target``."""

    modulus: int
    weights: tuple[int, ...]
    """One for each character; the last belongs to the check character."""
    values: Mapping[str, int]
    """What the characters before the check character count."""
    check_values: Mapping[str, int]
    """What the check character counts."""
    target: int = 0

    @property
    def length(self) -> int:
        """Characters of a whole code."""
        return len(self.weights)

    @cached_property
    def _terms(self) -> NDArray[np.int64]:
        """Row: position in the code; column: ASCII character; cell: what it adds to the sum."""
        terms = np.full((self.length, 128), _FOREIGN, dtype=np.int64)
        for position, weight in enumerate(self.weights):
            last = position == self.length - 1
            for character, value in (self.check_values if last else self.values).items():
                terms[position, ord(character)] = weight * value % self.modulus
        return terms

    def verify(self, codes: Sequence[str]) -> NDArray[np.bool_]:
        """Return whether each text is a code of this kind, uncleaned, with the right check."""
        characters = encode_ascii(codes, self.length)
        sums = self._terms[np.arange(self.length), characters].sum(axis=1)
        right: NDArray[np.bool_] = (sums < _FOREIGN) & (sums % self.modulus == self.target)
        return right

    def compute_check_character(self, body: str) -> str:
        """Return the character that completes ``body``; raise ``ValueError`` if none does."""
        total = self._sum_body(body)
        for character, value in self.check_values.items():
            if total is None:
                break
            if (total + self.weights[-1] * value) % self.modulus == self.target:
                return character
        raise ValueError(f"not the body of a code of {self.length} characters: {body!r}")

    def _sum_body(self, body: str) -> int | None:
        """Return the weighted sum of all but the check character; None for any other text."""
        values = [self.values.get(c) for c in body]
        if len(body) != self.length - 1 or None in values:
            return None
        return sum(w * v for w, v in zip(self.weights, values, strict=False) if v is not None)


def encode_ascii(texts: Sequence[str], length: int) -> NDArray[np.uint8]:
    """Return one row of ASCII numbers per text; zeros if it is not ``length`` ASCII characters."""
    blank = "\0" * length
    fitting = (t if len(t) == length and t.isascii() else blank for t in texts)
    return np.frombuffer("".join(fitting).encode("ascii"), dtype=np.uint8).reshape(-1, length)


DIGITS = {str(digit): digit for digit in range(10)}
"""What digits count, in every standard."""

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

ORGANISATION_CODE = WeightedSum(
    modulus=11,
    weights=(3, 7, 9, 10, 5, 8, 4, 2, 1),
    values=DIGITS | {letter: 10 + place for place, letter in enumerate(_LETTERS)},
    check_values=DIGITS | {"X": 10},
)
"""组织机构代码, nine characters, written 8 + 1 with a dash between.

GB 11714-1997 全国组织机构代码编制规则: C9 = 11 - MOD(Σ Ci·Wi, 11), where A to Z count 10 to 35; 10
is written X and 11 is written 0. Since 2015 it is the characters 9 to 17 of the credit code.

The check character finds every wrong digit among digits, every wrong check character, and every
swap of neighbours of different value among the first eight. It does not distinguish characters
whose values differ by 11 (0 B M X · 1 C N Y · 2 D O Z · 3 E P · 4 F Q · 5 G R · 6 H S · 7 I T ·
8 J U · 9 K V · A L W): 2 mistyped as Z, or 0 as B, stays valid. Nor does it find the swap of ``X1``
at the end into ``1X``.
"""

CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_VALUES = {character: value for value, character in enumerate(CREDIT_ALPHABET)}

CREDIT_CODE = WeightedSum(
    modulus=31,
    weights=(*(pow(3, place, 31) for place in range(17)), 1),
    values=_CREDIT_VALUES,
    check_values=_CREDIT_VALUES,
)
"""统一社会信用代码, eighteen characters.

GB 32100-2015 法人和其他组织统一社会信用代码编码规则 with amendment no. 1 (2016): digits and the
capital letters except I O S V Z. Character 1 is the registering department, 2 the kind of
organisation, 3–8 the division code of the registering authority, 9–17 the organisation code, 18 the
check character C18 = 31 - MOD(Σ Ci·Wi, 31) with Wi = 3^(i-1) mod 31.

31 is prime, all weights differ from 0 and neighbouring weights from each other, so every single
wrong character and every swap of two different neighbours is found. Two errors at once pass with a
chance of 1 in 31, less if the organisation code's own check character sees them too.

Valid may be: an unknown department (A, N and Y came later than the standard's first table) and an
unknown division (codes are issued by development zones, and carry divisions abolished long ago).
About 6 in 100,000 published codes (62 of 999,897) are right in the 18th character while the
organisation code inside is not. A slip would have spoilt the 18th too, so they were probably issued
like that; hence the two are checked each for itself.
"""

IDENTITY_NUMBER = WeightedSum(
    modulus=11,
    weights=tuple(pow(2, 18 - place, 11) for place in range(1, 19)),
    values=DIGITS,
    check_values=DIGITS | {"X": 10},
    target=1,
)
"""公民身份号码, eighteen characters, the tax number of people without a licence.

GB 11643-1999: six digits for the division, eight for the date of birth, three serial digits, one
check character by ISO 7064 MOD 11-2; 10 is written X. Sole traders' tax numbers were this number
and two digits (国家税务总局公告2015年第66号, item 2): twenty characters. It is only recognised, so
that it can be distinguished from a credit code and not printed.
"""

IDENTITY_SHAPE = r"^[1-8]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dX]"
"""How every such number begins: a division, a date of birth, three digits, a check character."""

_REGISTRATION_LENGTH = 15


def verify_registration_numbers(codes: Sequence[str]) -> NDArray[np.bool_]:
    """Return for each text whether it is a 营业执照注册号, used until 2015: fifteen digits.

    GS 15-2006 工商行政管理市场主体注册号编制规则: six digits for the authority that registered the
    firm first, eight for its serial number (whose first digit is the kind: 0–3 domestic, 4–5
    foreign, 6–9 sole trader), one check digit by ISO 7064 MOD 11,10 (GB/T 17710): start with 10;
    for each digit add it, take the remainder by 10 (10 for 0), double it, take the remainder by 11;
    with the check digit the sum must leave 1 by 10. Before July 2007 numbers had thirteen digits
    and no check digit. Found are every single wrong digit, and nearly every swap of neighbours.
    """
    digits = encode_ascii(codes, _REGISTRATION_LENGTH).astype(np.int64) - ord("0")
    all_digits = ((digits >= 0) & (digits <= 9)).all(axis=1)
    product = np.full(len(digits), 10, dtype=np.int64)
    for column in digits[:, :-1].T:
        total = (product + column) % 10
        product = np.where(total == 0, 10, total) * 2 % 11
    fits: NDArray[np.bool_] = all_digits & ((product + digits[:, -1]) % 10 == 1)
    return fits
