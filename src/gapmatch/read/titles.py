"""What titles say of the rows below them, and remarks of the name before them: their status."""

import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import NamedTuple
from unicodedata import normalize

import polars as pl

from gapmatch.errors import InputError
from gapmatch.i18n import _
from gapmatch.read.firm_statuses import is_lifted
from gapmatch.read.knowledge import load_knowledge
from gapmatch.read.read_model import Finding, SheetPlace, Side
from gapmatch.schemas import LINES

ACTIVE = ""
"""The status of rows whose title says that they go on."""

_BRACKETED = re.compile(r"[(\[【]([^()\[\]【】]*)[)\]】]")
_SENTENCE = re.compile(r"[:,;。!?=]")
_NO_WORD = re.compile(r"[\W\d_]|年|月|季度|第|sheet", re.I)
_LEADS = re.compile(r"^(?:附件|附表|表|注)\w{0,3}:|以下(?:均|都)?[为是]|下列")
_RANKS = tuple(
    map(re.compile, (r"[一二三四五六七八九十]+、", r"\([一二三四五六七八九十]+\)", r"\d+[、.]"))
)
_INSURED = re.compile("(?:参保|缴费|纳税)(?:单位|企业|户|人)")
_MAX_TITLE = 40
_STATUSES = {
    Side.TAX: ("status",),
    Side.REGISTRY: ("status",),
    Side.ENROLLMENT: ("enroll_status", "pay_status", "paid_flag", "arrears_flag"),
}
"""Columns by which a row has a status of its own; the first is given to those without."""


class _Words(NamedTuple):
    over: re.Pattern[str]
    active: re.Pattern[str]
    goes_on: re.Pattern[str]
    remark: str


@cache
def _load_words(side: Side) -> _Words:
    known = load_knowledge()
    layout = known.layout
    if side is Side.ENROLLMENT:
        over, active = [*known.stopped, *layout["uninsured_titles"]], known.active
    else:
        over, active = [*known.not_normal], known.normal
    ended = "|".join(map(re.escape, sorted(over, key=len, reverse=True)))
    going = "|".join(map(re.escape, active))
    nouns = layout["title_nouns"]
    plain = "|".join(map(re.escape, (w for w in over if w not in layout["uninsured_titles"])))
    word = rf"(?:已|暂|被|现|于|依法)*(?:{plain})(?:参保|缴费|登记|单位|企业|户)*"
    return _Words(
        re.compile(rf"(?P<before>.*?)(?P<word>{ended})(?:{ended})*{nouns}"),
        re.compile(rf"(?:.*?)(?:{going}){nouns}"),
        re.compile(going),
        rf"(?:[(（\[【〔]\s*((?:{word})|停)\s*[)）\]】〕]|[\-—－_]+((?:已)?(?:{plain}))|(已(?:{plain})))$",
    )


def find_stated_status(text: str, sides: Iterable[Side] = Side) -> str | None:
    """Return the word of a title by which the rows below it are over: 停保单位, 2.注销户（12户）.

    ``ACTIVE`` if it says that they go on, ``None`` if it says nothing, denies a status (不含停保)
    or names several kinds of rows (正常及停保).
    """
    plain = _LEADS.sub("", "".join(normalize("NFKC", text).split()))
    if len(plain) > _MAX_TITLE or _SENTENCE.search(plain):
        return None
    pieces = [_BRACKETED.sub("", plain), *_BRACKETED.findall(plain)]
    found = [_find_word(_NO_WORD.sub("", p), side) for side in sides for p in pieces]
    return next((word for word in found if word is not None), None)


def _find_word(plain: str, side: Side) -> str | None:
    words, layout = _load_words(side), load_knowledge().layout
    if re.search(layout["title_of_all"], plain) or (
        side is not Side.ENROLLMENT and is_lifted(plain)
    ):
        return None
    if title := words.over.fullmatch(plain):
        before = title["before"]
        denied = re.search(layout["title_denials"], before)
        mixed = words.goes_on.search(_INSURED.sub("", before))
        return None if denied or mixed else title["word"]
    rest = _INSURED.sub("", plain)
    return ACTIVE if words.active.fullmatch(rest) and not words.over.search(plain) else None


def add_stated_status(
    frame: pl.DataFrame, sections: pl.DataFrame, titles: Sequence[str], place: SheetPlace
) -> tuple[pl.DataFrame, list[Finding]]:
    """Return ``frame`` with the status that is stated for rows that have none of their own.

    It stands behind the name, else in the title of the section (``sections``: ``source_row``,
    ``first``; ``titles`` stand above the table), else in the names of the sheet and of the file.
    Raises ``InputError`` if units are said not to be insured.
    """
    side = place.side
    status, *others = _STATUSES[side]
    own = [pl.col(c).is_null() for c in (status, *others) if c in frame.columns]
    without = frame.select(pl.all_horizontal(own)).to_series() if own else None
    if without is not None and not without.any():
        return frame, []
    words = _spread_sections(frame, sections, titles, place)
    remark = frame.select(_find_remarks(side)).to_series()
    stated = pl.select(pl.coalesce(remark, words)).to_series()
    stated = stated.set(stated == ACTIVE, None)
    if without is not None:
        stated = stated.set(~without, None)
    _refuse_uninsured(words if without is None else words.set(~without, None), place)
    if stated.null_count() == len(stated):
        return frame, []
    given = [pl.col(status)] if status in frame.columns else []
    findings = [
        Finding("status_stated", row, value=word, sheet=place.sheet, facts={"count": count})
        for word, row, count in frame.select("source_row", word=stated)
        .drop_nulls()
        .group_by("word", maintain_order=True)
        .agg(pl.col("source_row").first(), count=pl.len())
        .rows()
    ]
    return frame.with_columns(pl.coalesce(*given, stated).alias(status)), findings


def _find_remarks(side: Side) -> pl.Expr:
    """The word for a status that stands in brackets, or marked as past, behind a name."""
    name = pl.col("name").str.strip_chars()
    groups = name.str.extract_groups(_load_words(side).remark)
    found = pl.coalesce(
        groups.struct.field("1"), groups.struct.field("2"), groups.struct.field("3")
    )
    return found.replace({"停": "停保" if side is Side.ENROLLMENT else "停业"})


def _spread_sections(
    frame: pl.DataFrame, sections: pl.DataFrame, titles: Sequence[str], place: SheetPlace
) -> pl.Series:
    """Return the status of each row by the last title above it that states one.

    A title of the same rank (二、 after 一、) or a higher one ends what an earlier one stated.
    """
    names = (place.sheet or "", place.path.stem)
    stated = [_state_of_lines(name, place.side) for name in names]
    outer = next((word for word in stated if word is not None), None)
    lines = [(0, title) for title in titles]
    lines += sections.select("source_row", "first").drop_nulls().rows()
    word, rank, starts, words = outer, len(_RANKS), [0], [outer]
    for row, title in lines:
        found, own = _state_of_lines(title, place.side), _find_rank(title)
        if found is None and (own > rank or own == len(_RANKS)):
            continue
        word, rank = (found, own) if found is not None else (outer, len(_RANKS))
        starts.append(row)
        words.append(word)
    if len(set(words)) == 1:
        return pl.select(pl.repeat(words[0], frame.height, dtype=pl.String)).to_series()
    at = pl.Series(starts).search_sorted(frame["source_row"], side="right") - 1
    return pl.Series(words, dtype=pl.String).gather(at)


def _state_of_lines(title: str, side: Side) -> str | None:
    """Return the word that a title states, behind its lines if these are not all: 工伤停保."""
    word = find_stated_status(title, (side,))
    named = [words[0] for line, words in load_knowledge().lines.items() if _names(title, words)]
    if not word or side is not Side.ENROLLMENT or not 0 < len(named) < len(LINES):
        return word
    return "、".join(named) + word


def _names(title: str, words: Sequence[str]) -> bool:
    return any(word in title for word in words if not word.isdecimal())


def _find_rank(title: str) -> int:
    plain = normalize("NFKC", title).strip()
    return next((n for n, rank in enumerate(_RANKS) if rank.match(plain)), len(_RANKS))


def _refuse_uninsured(words: pl.Series, place: SheetPlace) -> None:
    uninsured = words.is_in(load_knowledge().layout["uninsured_titles"]).fill_null(value=False)
    if place.side is not Side.ENROLLMENT or not uninsured.any():
        return
    raise InputError(
        _("这是“{word}”的名单，不是参保单位清册：{place}").format(
            word=words.filter(uninsured)[0], place=place
        ),
        _(
            "--enrollment 要的是已参保的单位（含停保的）。给错了文件的，请换成社保系统导出的清册；"
            "名称或标题写错的，请改正后重试；只有其中一部分是未参保的，请把那部分删去或另存。"
        ),
        file=place.path,
        row=place.row,
    )
