"""Taxpayer number before the credit code (纳税人识别号): division code and organisation code.

税总发〔2013〕41号 and 国家税务总局公告2015年第66号: organisations had fifteen characters, six digits for the
division of the tax office and nine for the organisation code (GB 11714) without its dash; only the
organisation code has a check character. Sole traders: identity number and two digits. Temporary
registrations: L and a credit code or identity number.

>>> is_valid("520100123456788"), organisation("520100123456788")
(True, '123456788')
"""

from gapmatch.standardise import organisation_code
from gapmatch.standardise.code_text import compact

__all__ = ["LENGTH", "compact", "division", "is_valid", "organisation"]

LENGTH = 15


def division(text: str) -> str:
    """Return the six digits of the division."""
    return compact(text)[:6]


def organisation(text: str) -> str:
    """Return the organisation code inside."""
    return compact(text)[6:LENGTH]


def is_valid(text: str) -> bool:
    """Return whether ``text``, cleaned, is six digits and a valid organisation code."""
    code = compact(text)
    return code[:6].isdigit() and len(code) == LENGTH and organisation_code.is_valid(code[6:])
