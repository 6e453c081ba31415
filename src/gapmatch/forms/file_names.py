"""File and sheet names that every system and Excel take."""

import re
from collections.abc import Iterable

from gapmatch.vocabulary.labels import label_county

_FORBIDDEN = re.compile(r'[\x00-\x1f<>:"/\\|?*\'\[\]]')
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_MAX_STEM_CHARS = 60


def make_file_stem(text: str) -> str:
    """Return ``text`` as the stem of a file name that Windows takes too.

    What Windows forbids (``< > : " / \\ | ? *``, control characters, a final dot or space, names of
    devices) is replaced by ``_``; at most 60 characters.
    """
    stem = _FORBIDDEN.sub("_", text).strip()[:_MAX_STEM_CHARS].rstrip(". ")
    return f"{stem}_" if _DEVICES.fullmatch(stem) else stem or "_"


def make_file_stems(texts: Iterable[str]) -> dict[str, str]:
    """Return each text's stem; texts that would share one (whatever the case) are numbered."""
    stems: dict[str, str] = {}
    taken: set[str] = set()
    for text in sorted(set(texts)):
        stem, number = make_file_stem(text), 1
        while stem.casefold() in taken:
            number += 1
            stem = f"{make_file_stem(text)} ({number})"
        taken.add(stem.casefold())
        stems[text] = stem
    return stems


def make_county_stems(counties: Iterable[str]) -> dict[str, str]:
    """Return each county's stem, as it is called to people: the names of its files."""
    labels = {county: label_county(county) for county in counties}
    stems = make_file_stems(labels.values())
    return {county: stems[label] for county, label in labels.items()}
