"""Statuses of firms in words: codes of the market registration, and what was lifted since."""

import re
from functools import cache

import polars as pl

from gapmatch.read.knowledge import load_knowledge
from gapmatch.read.read_model import Side

_LIFTED = "恢复正常"


def read_firm_statuses(texts: pl.Series, side: Side) -> pl.Series:
    """Return statuses of a tax list or registration, 解除非正常 as one that goes on again.

    Codes (1, 2, 3, 4) are those of the market registration if there is nothing else, and most firms
    exist. ``texts`` of units are returned as they are.
    """
    if side is Side.ENROLLMENT:
        return texts
    distinct = texts.drop_nulls().unique(maintain_order=True).to_list()
    words = {text: _LIFTED for text in distinct if is_lifted(text)}
    if side is Side.REGISTRY and _are_codes(texts):
        codes = load_knowledge().registration_codes
        words |= {text: codes[_strip_code(text)] for text in distinct if _strip_code(text) in codes}
    return texts.replace(words) if words else texts


def is_lifted(text: str) -> bool:
    """Whether a status says that another was lifted (解除非正常), and nothing is over since."""
    lifted, denied, over = _build_patterns()
    rest = lifted.sub("", text)
    return rest != text and not denied.search(text) and not over.search(rest)


@cache
def _build_patterns() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    known = load_knowledge()
    over, lifted, denied = (
        "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
        for words in (known.over, known.polarity["lifted"], known.polarity["not_lifted"])
    )
    between = r"(?:户|状态|认定|登记|已|现|后|又|由|转为|[\W\d年月日])*"
    before = rf"(?:{lifted})(?:{over}){between}"
    behind = rf"(?:{over}){between}(?:{lifted})"
    return re.compile(f"{before}|{behind}"), re.compile(denied), re.compile(over)


def _are_codes(texts: pl.Series) -> bool:
    """Whether all texts are codes, and most the one of firms that exist."""
    known = texts.drop_nulls()
    codes = known.str.contains(r"^0?\d(\.0)?$")
    exist = known.str.contains(r"^0?1(\.0)?$")
    return len(known) > 0 and bool(codes.all()) and int(exist.sum()) * 2 > len(known)


def _strip_code(text: str) -> str:
    return text.strip().removesuffix(".0").removeprefix("0")
