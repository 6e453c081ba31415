"""Which characters of two names or codes differ."""

import unicodedata
from itertools import groupby
from operator import itemgetter

from rapidfuzz.distance import LCSseq

from gapmatch.forms.sheet_model import Marked

_MIN_SIMILARITY = 0.5
_MIN_PART_CHARACTERS = 4
_MIN_WORD_CHARACTERS = 2


def mark_differences(left: str | None, right: str | None) -> tuple[Marked | str, Marked | str]:
    """Return both texts with the characters marked that the other one does not have in that order.

    A word that stands elsewhere in the other one is no difference; digits and letters count by
    their place. Full-width and half-width forms and upper and lower case count as equal. If one
    text is missing, or less than half of the longer one is found in the other, there is nothing to
    compare, and both stay plain; unless the other one has nothing else.
    """
    if not left or not right:
        return left or "", right or ""
    ours_folded, theirs_folded = _fold_text(left), _fold_text(right)
    shorter, longer = sorted((len(left), len(right)))
    common = LCSseq.similarity(ours_folded, theirs_folded)
    is_part = common == shorter >= _MIN_PART_CHARACTERS
    if common < _MIN_SIMILARITY * longer and not is_part:
        return left, right
    ours, theirs = [True] * len(left), [True] * len(right)
    for block in LCSseq.opcodes(ours_folded, theirs_folded):
        if block.tag == "equal":
            ours[block.src_start : block.src_end] = [False] * (block.src_end - block.src_start)
            theirs[block.dest_start : block.dest_end] = [False] * (
                block.dest_end - block.dest_start
            )
    _unmark_moved_words((ours_folded, ours), (theirs_folded, theirs))
    return _cut(left, ours), _cut(right, theirs)


def _unmark_moved_words(ours: tuple[str, list[bool]], theirs: tuple[str, list[bool]]) -> None:
    """Unmark words that both texts have, each at another place; the longest first."""
    longest = min(max(_measure_runs(marks), default=0) for _text, marks in (ours, theirs))
    for size in range(longest, _MIN_WORD_CHARACTERS - 1, -1):
        places = _find_marked_words(*theirs, size)
        for word, start in _find_marked_words(*ours, size).items():
            if word in places:
                ours[1][start : start + size] = [False] * size
                theirs[1][places[word] : places[word] + size] = [False] * size


def _measure_runs(marks: list[bool]) -> list[int]:
    return [len(list(run)) for is_marked, run in groupby(marks) if is_marked]


def _find_marked_words(text: str, marks: list[bool], size: int) -> dict[str, int]:
    """Return the marked pieces without letters and digits of ASCII to where they begin."""
    starts = [start for start in range(len(text) - size + 1) if all(marks[start : start + size])]
    words = {text[start : start + size]: start for start in starts}
    return {word: start for word, start in words.items() if not any(map(str.isascii, word))}


def _cut(text: str, marks: list[bool]) -> Marked | str:
    """Return the text in pieces of one colour; a text without marks stays a plain text."""
    if not any(marks):
        return text
    pieces = groupby(zip(text, marks, strict=True), key=itemgetter(1))
    return Marked(tuple(("".join(c for c, _ in run), is_marked) for is_marked, run in pieces))


def _fold_text(text: str) -> str:
    """Fold character by character, so that places in the text stay the same."""
    return "".join(_fold_character(character) for character in text)


def _fold_character(character: str) -> str:
    folded = unicodedata.normalize("NFKC", character).casefold()
    return folded if len(folded) == 1 else character
