"""Codes with valid check characters, whole arrays at a time.

Sources: GB 32100-2015 (18-character credit code), GB 11714-1997 (organisation code), GS 15-2006
with ISO 7064 MOD 11,10 (15-digit registration number).
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from gapmatch.synth.draws import Ints

Chars = NDArray[np.uint8]

_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_WEIGHTS = np.array([pow(3, i, 31) for i in range(17)])
_ORGANISATION_WEIGHTS = np.array([3, 7, 9, 10, 5, 8, 4, 2])
# Strides without a common factor with the modulus visit every body once: no code comes twice.
_DIGITS, _DIGIT_STRIDE = 10**8, 61_803_399
_LETTERS, _LETTER_STRIDE = 31**6, 548_534_197


def build_organisation_codes(serial: Ints, modern: NDArray[np.bool_], offset: int) -> Chars:
    """Return an organisation code per serial number (ASCII, (n, 9)); ``modern`` begin with MA."""
    body = np.where(modern[:, None], _build_modern(serial, offset), _build_digits(serial, offset))
    values = np.where(body >= ord("A"), body.astype(np.int64) - 55, body.astype(np.int64) - 48)
    check = (11 - (values @ _ORGANISATION_WEIGHTS) % 11) % 11
    return np.asarray(np.column_stack([body, _encode_ascii("0123456789X")[check]]))


def _build_digits(serial: Ints, offset: int) -> Chars:
    number = (serial * _DIGIT_STRIDE + offset) % _DIGITS
    digits = number[:, None] // 10 ** np.arange(7, -1, -1) % 10
    return np.asarray(_encode_ascii("0123456789")[digits])


def _build_modern(serial: Ints, offset: int) -> Chars:
    number = (serial * _LETTER_STRIDE + offset) % _LETTERS
    tail = _encode_ascii(_CREDIT_ALPHABET)[number[:, None] // 31 ** np.arange(5, -1, -1) % 31]
    return np.column_stack([np.tile(_encode_ascii("MA"), (len(serial), 1)), tail])


def build_credit_codes(category: pl.Series, division: pl.Series, organisation: Chars) -> Chars:
    """Return credit codes, shape (n, 18): category (2 characters), division (6), organisation."""
    body = np.column_stack(
        [convert_to_chars(category, 2), convert_to_chars(division, 6), organisation]
    )
    table = np.zeros(128, dtype=np.int64)
    table[_encode_ascii(_CREDIT_ALPHABET)] = np.arange(31)
    check = (31 - (table[body] @ _CREDIT_WEIGHTS) % 31) % 31
    return np.column_stack([body, _encode_ascii(_CREDIT_ALPHABET)[check]])


def build_registration_number(body: str) -> str:
    """Return the 15-digit registration number whose first 14 digits are ``body``."""
    product = 10
    for digit in body:
        product = ((int(digit) + product) % 10 or 10) * 2 % 11
    return f"{body}{(11 - product) % 10}"


def convert_to_chars(series: pl.Series, width: int) -> Chars:
    """Return ASCII texts of one width as an array of characters, shape (n, width)."""
    return np.frombuffer("".join(series.to_list()).encode("ascii"), np.uint8).reshape(-1, width)


def convert_to_texts(chars: Chars) -> pl.Series:
    """Return an array of characters as texts."""
    width = chars.shape[1]
    text = np.ascontiguousarray(chars).view(f"S{width}").ravel().astype(f"U{width}")
    return pl.Series(text.tolist(), dtype=pl.String)


def _encode_ascii(text: str) -> Chars:
    return np.frombuffer(text.encode("ascii"), np.uint8)
