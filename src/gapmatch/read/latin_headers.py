"""Headers in Latin letters: English words in any wording, and Chinese ones by their pinyin.

INSURED_NUM and insuredCount are INSURED COUNT; dwbm and danweibianma are 单位编码. The lists of
``config/columns.toml`` are what they are compared with.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import permutations, product

from gapmatch.read.knowledge import Alias, load_knowledge
from gapmatch.resources import read_csv_frame

_TOKEN = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_LATIN = re.compile(r"[A-Za-z][A-Za-z0-9_\s.\-]*")
_HAN = re.compile(r"[\u4e00-\u9fff]+")
# Initials of two or three characters are those of many words.
_MIN_INITIALS = 4
_MAX_WORDS = 4


def match_latin(header: str, aliases: Mapping[str, Alias]) -> Alias | None:
    """Return the alias that a header in Latin letters stands for; null if it may be another."""
    text = header.strip()
    if not _LATIN.fullmatch(text):
        return None
    return _match_english(text, aliases) or _match_pinyin(text, aliases)


def _match_english(text: str, aliases: Mapping[str, Alias]) -> Alias | None:
    words = [word.upper() for word in _TOKEN.findall(text)]
    while words and words[0] in load_knowledge().layout["english_fillers"]:
        words = words[1:]
    if not 0 < len(words) <= _MAX_WORDS:
        return None
    found = [
        aliases[plain]
        for some in product(*(_list_synonyms(word) for word in words))
        for ordered in permutations(some)
        if (plain := "".join(ordered)) in aliases
    ]
    return _choose_only(found)


@cache
def _list_synonyms(word: str) -> Sequence[str]:
    groups = [own for own in load_knowledge().layout["english"] if word in own]
    return sorted({word, *(other for own in groups for other in own)})


def _match_pinyin(text: str, aliases: Mapping[str, Alias]) -> Alias | None:
    plain = re.sub(r"[\W_]", "", text).upper()
    if len(plain) < _MIN_INITIALS:
        return None
    alike = [alias for alias in aliases.values() if plain in _spell(alias.plain)]
    return _choose_only(alike)


def _choose_only(found: Iterable[Alias]) -> Alias | None:
    """Return the best of some aliases if all are of one column."""
    ranked = sorted(found, key=lambda alias: alias.rank)
    is_one = len({alias.canonical for alias in ranked}) == 1
    return ranked[0] if is_one and ranked[0].canonical != "seq" else None


@cache
def _spell(header: str) -> frozenset[str]:
    """Return a Chinese header in pinyin: in full, and by its initials."""
    if not _HAN.fullmatch(header):
        return frozenset()
    readings = [_load_readings().get(character, ("?",)) for character in header]
    initials = {"".join(some) for some in product(*({r[0] for r in own} for own in readings))}
    return frozenset({"".join(own[0] for own in readings), *initials})


@cache
def _load_readings() -> Mapping[str, Sequence[str]]:
    table = read_csv_frame("characters.csv").select("char", "pinyin").drop_nulls()
    return {char: tuple(pinyin.upper().split("|")) for char, pinyin in table.rows()}
