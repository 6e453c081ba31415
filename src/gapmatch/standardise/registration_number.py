"""Registration number of the market registration (营业执照注册号), used until 2015: fifteen digits.

GS 15-2006 工商行政管理市场主体注册号编制规则: six digits for the authority that registered the firm
first, eight for its serial number (whose first digit is the kind: 0–3 domestic, 4–5 foreign, 6–9
sole trader), one check digit by ISO 7064 MOD 11,10 (GB/T 17710): start with 10; for each digit add
it, take the remainder by 10 (10 for 0), double it, take the remainder by 11; with the check digit
the sum must leave 1 by 10. Before July 2007 numbers had thirteen digits and no check digit.

What the check digit finds: every single wrong digit, and nearly every swap of neighbours. The swaps
that it cannot see depend on the digits before: one pair of digits in 45, for each remainder that
they leave.

>>> is_valid("990100000000013"), compute_check_digit("99010000000001")
(True, '3')
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gapmatch.standardise.check_characters import encode_ascii
from gapmatch.standardise.code_text import compact

__all__ = ["LENGTH", "compact", "compute_check_digit", "is_valid", "verify"]

LENGTH = 15


def verify(codes: Sequence[str]) -> NDArray[np.bool_]:
    """Return for each text whether it is fifteen digits whose last is the right one."""
    digits = encode_ascii(codes, LENGTH).astype(np.int64) - ord("0")
    all_digits = ((digits >= 0) & (digits <= 9)).all(axis=1)
    product = np.full(len(digits), 10, dtype=np.int64)
    for column in digits[:, :-1].T:
        total = (product + column) % 10
        product = np.where(total == 0, 10, total) * 2 % 11
    fits: NDArray[np.bool_] = all_digits & ((product + digits[:, -1]) % 10 == 1)
    return fits


def compute_check_digit(body: str) -> str:
    """Return the check digit for fourteen digits; ``ValueError`` for any other text."""
    found = np.flatnonzero(verify([f"{body}{digit}" for digit in range(10)]))
    if not len(found):
        raise ValueError(f"not the first fourteen digits of a registration number: {body!r}")
    return str(found[0])


def is_valid(text: str) -> bool:
    """Return whether ``text``, cleaned, is fifteen digits whose last is the right one."""
    return bool(verify([compact(text)])[0])
