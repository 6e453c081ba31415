"""Check characters that are weighted sums, for one code and for a whole column alike.

A code is right when the weighted sum of its characters' values, the check character included,
leaves a given remainder. Four of our codes work like that and differ only in numbers, so the rule
of each is written once as data and both the scalar and the column functions look it up in the same
table.
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
        """Return for each text whether it is a code of this kind with the right check character.

        Texts of another length or with foreign characters are not; nothing is cleaned here.
        """
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
