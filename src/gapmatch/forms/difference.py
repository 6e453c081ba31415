"""Which characters of two names or codes differ."""

import unicodedata

from rapidfuzz.distance import LCSseq

from gapmatch.forms.sheet_model import Marked

_MIN_SIMILARITY = 0.5
_MIN_PART_CHARACTERS = 4


def mark_differences(left: str | None, right: str | None) -> tuple[Marked | str, Marked | str]:
    """Return both texts with the characters marked that the other one does not have in that order.

    Full-width and half-width forms and upper and lower case count as equal. Where one text is
    missing, or less than half of the longer one is found in the other, there is nothing to compare,
    and both stay plain; unless the other one has nothing else.
    """
    if not left or not right:
        return left or "", right or ""
    ours_folded, theirs_folded = _fold_text(left), _fold_text(right)
    shorter, longer = sorted((len(left), len(right)))
    common = LCSseq.similarity(ours_folded, theirs_folded)
    is_part = common == shorter >= _MIN_PART_CHARACTERS
    if common < _MIN_SIMILARITY * longer and not is_part:
        return left, right
    blocks = LCSseq.opcodes(ours_folded, theirs_folded)
    ours = [(left[b.src_start : b.src_end], b.tag != "equal") for b in blocks]
    theirs = [(right[b.dest_start : b.dest_end], b.tag != "equal") for b in blocks]
    return _merge_neighbours(ours), _merge_neighbours(theirs)


def _merge_neighbours(pieces: list[tuple[str, bool]]) -> Marked | str:
    """Merge neighbours of one colour; a text without marks stays a plain text."""
    merged: list[tuple[str, bool]] = []
    for text, mark in pieces:
        if merged and merged[-1][1] == mark:
            merged[-1] = (merged[-1][0] + text, mark)
        elif text:
            merged.append((text, mark))
    if not any(mark for _, mark in merged):
        return "".join(text for text, _ in merged)
    return Marked(tuple(merged))


def _fold_text(text: str) -> str:
    """Fold character by character, so that places in the text stay the same."""
    return "".join(_fold_character(character) for character in text)


def _fold_character(character: str) -> str:
    folded = unicodedata.normalize("NFKC", character).casefold()
    return folded if len(folded) == 1 else character
