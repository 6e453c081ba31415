"""What a mistyped code may have been: candidates, never written over the original.

A candidate differs from the given text by one slip of the hand or the program, and all its check
characters are right. By chance alone one wrong code in 31 · 11 passes, so a nine-character code has
dozens of candidates and an eighteen-character code one or two: they are believed only where the other
list or the name supports them.
"""

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from gapmatch.i18n import _
from gapmatch.standardise import credit_code, organisation_code
from gapmatch.standardise.code_rules import CodeRules
from gapmatch.standardise.code_text import compact

CHANGES = ("look_alike", "swapped", "extra", "missing", "wrong", "tail_lost")
"""The slips, likeliest first: the order of candidates."""

_LENGTHS = (credit_code.LENGTH, organisation_code.LENGTH)
_TAIL_KEPT = 15


class Repair(NamedTuple):
    """A code that a text may have been, and what was changed to get there."""

    code: str
    change: str
    """One of ``CHANGES``."""
    position: int
    """1-based place of the (first) changed character in the given text, cleaned."""
    was: str
    """What stands there; empty where a character is missing."""
    becomes: str
    """What the candidate has there; empty where a character is too many."""


def repair_candidates(text: str) -> tuple[Repair, ...]:
    """Return the right codes of 18 or 9 characters that are one slip away from ``text``.

    Only credit codes of a known department and kind of organisation are put forward.
    Empty for a text that is right as it is, or that no single slip explains. Sorted by the likelihood
    of the slip, then by position and code; each code once.
    """
    code = compact(text)
    if _right(code):
        return ()
    found = [guess for guess in _guesses(code) if len(guess.code) in _LENGTHS]
    return _each_once(_believable(found))


def describe(repair: Repair) -> str:
    """Return in the current language what was changed, for explanations."""
    texts = {
        "look_alike": _("第{position}位的 {was} 应为 {becomes}（形近）"),
        "swapped": _("第{position}位起的 {was} 应为 {becomes}（相邻颠倒）"),
        "extra": _("第{position}位多出 {was}"),
        "missing": _("第{position}位缺少 {becomes}"),
        "wrong": _("第{position}位的 {was} 应为 {becomes}"),
        "tail_lost": _("第{position}位起的 {was} 被表格软件抹掉，应为 {becomes}"),
    }
    return texts[repair.change].format(
        position=repair.position, was=repair.was, becomes=repair.becomes
    )


def _guesses(code: str) -> Iterator[Repair]:
    length = len(code)
    if length in (credit_code.LENGTH, organisation_code.LENGTH):
        yield from _foreign_letters(code)
        yield from _swaps(code)
        yield from _substitutions(code)
    if length in (credit_code.LENGTH + 1, organisation_code.LENGTH + 1):
        yield from _deletions(code)
    if length in (credit_code.LENGTH - 1, organisation_code.LENGTH - 1):
        yield from _insertions(code)
    if length in (_TAIL_KEPT, credit_code.LENGTH) and code[:_TAIL_KEPT].isdigit():
        yield from _tails(code)


def _foreign_letters(code: str) -> Iterator[Repair]:
    """Read all letters that no credit code uses as what they look like: the hand slips the same way twice."""
    likeliest = {letter: group[0] for group in CodeRules.load().look_alikes for letter in group[1:]}
    read = "".join(c if c in credit_code.ALPHABET else likeliest.get(c, c) for c in code)
    changed = [place for place, (a, b) in enumerate(zip(code, read, strict=True)) if a != b]
    if changed:
        first, end = changed[0], changed[-1] + 1
        yield Repair(read, "look_alike", first + 1, code[first:end], read[first:end])


def _swaps(code: str) -> Iterator[Repair]:
    for place in range(len(code) - 1):
        pair = code[place : place + 2]
        if pair[0] != pair[1]:
            swapped = code[:place] + pair[::-1] + code[place + 2 :]
            yield Repair(swapped, "swapped", place + 1, pair, pair[::-1])


def _substitutions(code: str) -> Iterator[Repair]:
    for place, was in enumerate(code):
        for becomes in credit_code.ALPHABET:
            if becomes != was:
                change = "look_alike" if frozenset((was, becomes)) in _look_alikes() else "wrong"
                yield Repair(code[:place] + becomes + code[place + 1 :], change, place + 1, was, becomes)  # fmt: skip


def _deletions(code: str) -> Iterator[Repair]:
    for place, was in enumerate(code):
        yield Repair(code[:place] + code[place + 1 :], "extra", place + 1, was, "")


def _insertions(code: str) -> Iterator[Repair]:
    for place in range(len(code) + 1):
        for becomes in credit_code.ALPHABET:
            yield Repair(code[:place] + becomes + code[place:], "missing", place + 1, "", becomes)


def _tails(code: str) -> Iterator[Repair]:
    """Complete fifteen digits; only codes of digits alone are ever taken for numbers."""
    kept, was = code[:_TAIL_KEPT], code[_TAIL_KEPT:]
    if was.strip("0"):
        return
    for number in range(1000):
        yield Repair(f"{kept}{number:03}", "tail_lost", _TAIL_KEPT + 1, was, f"{number:03}")


def _right(code: str) -> bool:
    return credit_code.is_valid(code) or organisation_code.is_valid(code)


def _believable(guesses: list[Repair]) -> list[Repair]:
    """Keep the guesses whose check characters are all right."""
    codes = [guess.code for guess in guesses]
    whole = credit_code.CHECK.right(codes)
    inside = organisation_code.CHECK.right(
        [code[-10:-1] if len(code) == credit_code.LENGTH else code for code in codes]
    )
    return [
        guess
        for guess, right, inner in zip(guesses, whole, inside, strict=True)
        if inner
        and (len(guess.code) == organisation_code.LENGTH or (right and _has_known_kind(guess.code)))
    ]


def _has_known_kind(code: str) -> bool:
    return code[1] in CodeRules.load().categories.get(code[0], {}) and code[2:8].isdigit()


def _each_once(found: list[Repair]) -> tuple[Repair, ...]:
    ordered = sorted(found, key=lambda r: (CHANGES.index(r.change), r.position, r.code))
    likeliest: dict[str, Repair] = {}
    for repair in ordered:
        likeliest.setdefault(repair.code, repair)
    return tuple(likeliest.values())


@cache
def _look_alikes() -> frozenset[frozenset[str]]:
    return frozenset(
        frozenset((a, b)) for group in CodeRules.load().look_alikes for a in group for b in group
    )
