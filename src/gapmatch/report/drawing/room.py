"""Room on an axis for the texts that stand behind its bars."""

import unicodedata
from collections.abc import Iterable

from gapmatch.report.drawing.theme import Spec

_WIDE, _NARROW = 13.5, 7.6
"""Pixels that a Chinese and any other character takes at 13 pixels' height."""
_GAP_PIXELS = 10
_MIN_SHARE = 0.3
"""Minimum share of the width for the bars, however long the texts are."""


def make_room(low: float, high: float, texts: Iterable[str]) -> Spec:
    """Return a scale from ``low`` to beyond ``high``, so that a text behind any bar is shown whole.

    A text is as long on a phone as on a screen, a bar is not: so the end is reckoned from the width
    that the chart has in the end.
    """
    behind = max(map(_measure_text, texts), default=0) + _GAP_PIXELS
    left = f"max(width - {behind:.0f}, {_MIN_SHARE} * width)"
    reach = (high - low) or 1
    end = f"{low:.12g} + {reach:.12g} * width / {left}"
    return {"domainMin": low, "domainMax": {"expr": end}, "nice": False, "zero": False}


def _measure_text(text: str) -> float:
    return sum(
        _WIDE if unicodedata.east_asian_width(character) in "WF" else _NARROW for character in text
    )
