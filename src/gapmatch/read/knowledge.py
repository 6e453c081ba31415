"""Headers, layout words and status words of ``config``, read once and normalised."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, lru_cache
from typing import Any

from gapmatch.errors import SettingsError
from gapmatch.i18n import _
from gapmatch.read.read_model import Side
from gapmatch.resources import load_toml
from gapmatch.schemas import ENROLLMENT_ROWS, ORIGIN, REGISTRY_ROWS, TAX_ROWS

IGNORED = "ignored"
DROPPED = "dropped"

_KINDS = {
    name: column.kind
    for table in (TAX_ROWS, ENROLLMENT_ROWS, REGISTRY_ROWS)
    for name, column in table.columns.items()
    if name not in ORIGIN
}


def _list_columns(*kinds: str) -> frozenset[str]:
    return frozenset(name for name, kind in _KINDS.items() if kind in kinds)


DATES = _list_columns("date", "month")
MONEY = _list_columns("yuan")
PERSONS = _list_columns("persons")
COUNTS = _list_columns("persons", "months")
NUMBERS = COUNTS | MONEY | _list_columns("number")
"""Columns by what is read in them."""

_BRACKETS = re.compile(r"\(([^()]*)\)|\[([^\[\]]*)\]|【([^【】]*)】|〔([^〔〕]*)〕|<([^<>]*)>")
_BRACKET = re.compile("[(（\\[［【〔<＜]")
_NOISE = re.compile(r"[\W_]+")


@lru_cache(20_000)
def normalise_header(text: str) -> str:
    """Return ``text`` as headers are compared: NFKC, capitals, simplified, letters and digits."""
    plain = _NOISE.sub("", unicodedata.normalize("NFKC", text)).upper()
    return plain.translate(_load_simplified())


def is_known_header(text: str) -> bool:
    """Whether a text is nothing but the header of a column, on whichever side."""
    plain = normalise_header(text)
    return len(plain) > 2 and any(plain in aliases for aliases in load_knowledge().aliases.values())


def join_lines(text: str) -> str:
    """Return a header without its line breaks and spaces."""
    return "".join(text.split())


def strip_brackets(text: str) -> str:
    """Return ``text`` without what stands in brackets."""
    return _BRACKETS.sub("", unicodedata.normalize("NFKC", text))


def find_bracketed(text: str) -> list[str]:
    """Return what stands in the brackets of ``text``."""
    if not _BRACKET.search(text):
        return []
    return ["".join(groups) for groups in _BRACKETS.findall(unicodedata.normalize("NFKC", text))]


@dataclass(frozen=True)
class Alias:
    """A header in its plain form, the column it stands for and its place in that column's list."""

    plain: str
    canonical: str
    rank: int


@dataclass(frozen=True)
class Knowledge:
    """Everything in ``config/columns.toml``, and the words of ``config/statuses.toml``."""

    aliases: Mapping[Side, Mapping[str, Alias]]
    labels: Mapping[Side, Mapping[str, str]]
    layout: Mapping[str, Any]
    units: Mapping[str, float]
    limits: Mapping[str, float]
    markers: Mapping[Side, frozenset[str]]
    lines: Mapping[str, tuple[str, ...]]
    yes: frozenset[str]
    no: frozenset[str]
    status_codes: Mapping[str, str]
    polarity: Mapping[str, Any]
    """Words of headers that say who is in and who is out."""
    ended: tuple[str, ...]
    """Words of a firm's status that put it out of scope."""
    not_normal: tuple[str, ...]
    normal: tuple[str, ...]
    stopped: tuple[str, ...]
    arrears: tuple[str, ...]
    """Of several rows of a unit, one that stopped or owes counts less than one that goes on."""
    active: tuple[str, ...]
    over: tuple[str, ...]
    """Words of a firm's status by which it does not go on: those that end it, and 停业."""
    registration_codes: Mapping[str, str]
    registered: tuple[str, ...]
    """Words of the market registration for a firm that goes on, which no insurance has."""


@cache
def _load_config() -> dict[str, Any]:
    return load_toml("columns.toml")


@cache
def _load_simplified() -> dict[int, int]:
    layout = _load_config()["layout"]
    return str.maketrans(layout["traditional"], layout["simplified"])


@cache
def load_knowledge() -> Knowledge:
    """Return the knowledge that comes with the package."""
    raw, statuses = _load_config(), load_toml("statuses.toml")
    payment, words = statuses["payment"], statuses["words"]
    return Knowledge(
        aliases={
            side: _index_aliases(_add_county_headers(raw[side.value], raw["layout"]))
            for side in Side
        },
        labels={side: {c: h[0] for c, h in raw[side.value].items()} for side in Side},
        layout=raw["layout"],
        units=raw["units"],
        limits=raw["limits"],
        markers={side: frozenset(raw["markers"][side.value]) for side in Side},
        lines={line: tuple(words) for line, words in raw["lines"].items()},
        yes=frozenset(raw["values"]["yes"]),
        no=frozenset(raw["values"]["no"]),
        status_codes=raw["status_codes"],
        polarity=raw["polarity"],
        ended=tuple(word for name in statuses["scope"]["ended"] for word in words[name]),
        not_normal=tuple(w for name, found in words.items() if name != "normal" for w in found),
        normal=tuple(words["normal"]),
        stopped=tuple(payment["stopped"]),
        arrears=tuple(payment["arrears"]),
        active=tuple(payment["active"]),
        over=tuple(word for name, own in words.items() if name != "normal" for word in own),
        registration_codes=raw["registration_codes"],
        registered=tuple(w for w in words["normal"] if w not in payment["active"]),
    )


def _add_county_headers(
    lists: Mapping[str, list[str]], layout: Mapping[str, list[str]]
) -> Mapping[str, list[str]]:
    """Return ``lists`` with headers such as 县 and 主管县区: a word for it, and whose county."""
    if "county" not in lists:
        return lists
    whose, words = layout["county_prefixes"], layout["county_words"]
    made = [prefix + word for prefix in whose for word in words]
    return {**lists, "county": [*lists["county"], *words, *made]}


def _index_aliases(lists: Mapping[str, list[str]]) -> dict[str, Alias]:
    """Return plain form → alias; the first list that has a header wins."""
    table: dict[str, Alias] = {}
    for canonical, headers in lists.items():
        for rank, header in enumerate(headers):
            table.setdefault(
                normalise_header(header), Alias(normalise_header(header), canonical, rank)
            )
    return table


def load_aliases(side: Side, extra_headers: Mapping[str, list[str]]) -> Mapping[str, Alias]:
    """Return the aliases of ``side``, ``extra_headers`` of its columns first."""
    base = load_knowledge().aliases[side]
    known = sorted({a.canonical for a in base.values()})
    table = dict(base)
    for canonical, headers in extra_headers.items():
        if canonical not in known:
            raise _build_unknown_column_error(side, canonical, known)
        for rank, header in enumerate(headers):
            table[normalise_header(header)] = Alias(
                normalise_header(header), canonical, rank - len(headers)
            )
    return table


def _build_unknown_column_error(side: Side, canonical: str, known: list[str]) -> SettingsError:
    close = get_close_matches(canonical, known, n=3) or known
    return SettingsError(
        _("gapmatch.toml 的 [columns.{side}] 中没有名为 {name} 的列。").format(
            side=side.value, name=canonical
        ),
        _("可用的列名：{names}").format(names=_("、").join(close)),
    )


def is_firm_name(name: str) -> bool:
    """Whether a text, brackets aside, ends like a firm or body (有限公司, 厂, 商行 …)."""
    bare = _REMARK.sub("", "".join(name.split()))
    return len(bare) >= 4 and bare.endswith(_list_name_ends()) and not _SENTENCE.search(bare)


@cache
def _list_name_ends() -> tuple[str, ...]:
    return tuple(load_knowledge().layout["name_ends"])


_REMARK = re.compile(r"[(（][^()（）]*[)）]$")

_SENTENCE = re.compile("[:：。；]")
