"""Columns that say by their headers who is in and who is out: 是否停保, 参保标志, 停保日期, 备注.

The header has the polarity, the cells are yes or no, days, reasons or remarks
(``docs/decisions/0103``).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

import polars as pl

from gapmatch.read import values
from gapmatch.read.column_contents import get_texts
from gapmatch.read.header_words import find_line, split_unit
from gapmatch.read.knowledge import load_knowledge, normalise_header, strip_brackets
from gapmatch.read.lines import MARKED_STATUS, TAKES_PART, replace_codes
from gapmatch.read.mapped_sheet import MappedSheet
from gapmatch.read.read_model import Match, Side

MARKS = "status_marks"
"""The columns of marks of a sheet: of the unit or firm, or of one line."""

# Beyond these, a column of days or reasons is of something else: a list of units that all stopped
# is none, and where a status says so often that they go on, the days are of long ago.
_MAX_OUT_SHARE = 0.9
_MAX_CONFLICT_SHARE = 0.3
# Programs write 2099-12-31 and 9999-12-31 for never.
_NEVER = r"^(?:9999|2999|209\d|1900|0)"
_NEVER_YEAR = 2090
_MAX_REMARK = 30
_GOING = {Side.ENROLLMENT: "参保缴费", Side.TAX: "正常"}


class _Kind(StrEnum):
    """What a column of marks holds."""

    FLAG = "flag"
    STATUS = "status"
    REMARK = "remark"
    DAY = "day"
    REASON = "reason"
    RESTART = "restart"


@dataclass(frozen=True)
class _Mark:
    """What a header says: of which line (``""``: all), in which form, and the word for "out".

    ``word`` is null if the header means "in", the word for arrears if it means that.
    """

    kind: _Kind
    line: str = ""
    word: str | None = None
    is_in: bool = False


@cache
def _parse_header(header: str, side: Side) -> _Mark | None:
    words = load_knowledge().polarity
    line, text = "", normalise_header(strip_brackets(split_unit(header)[0]))
    if text in words["remarks"]:
        return _Mark(_Kind.REMARK)
    if side is Side.ENROLLMENT:
        line, text = find_line(text)
    kind, rest = _find_form(text)
    out = _find_first(rest, _list_out_words(side))
    if kind is _Kind.DAY and any(w in rest for w in words["restarts"]):
        kind, out = _Kind.RESTART, None
    known = load_knowledge()
    owed = None if out else _find_first(rest, known.arrears)
    is_in = not out and not owed and any(w in rest for w in words["in"])
    polar = [*_list_out_words(side), *known.arrears, *words["in"], *words["restarts"]]
    has_polarity = out or owed or is_in or kind is _Kind.RESTART
    if not has_polarity or not _consists_of(rest, [*polar, *words["fillers"]]):
        return None
    # Of "in", only flags say anything; 是否正常申报 of a tax list is no status.
    if not out and kind not in (_Kind.FLAG, _Kind.RESTART):
        return None
    if side is Side.TAX and not out and kind is _Kind.FLAG:
        return None
    return _Mark(kind, line, out or owed, is_in)


def _find_form(text: str) -> tuple[_Kind, str]:
    """Return what cells a header has, and the header without the words that say so."""
    words = load_knowledge().polarity
    for kind, forms in ((_Kind.DAY, "dates"), (_Kind.REASON, "reasons")):
        for form in words[forms]:
            if text.endswith(form):
                return kind, text.removesuffix(form)
    return _Kind.FLAG, _remove(text, words["flags"])


def _remove(text: str, words: Sequence[str]) -> str:
    return re.sub("|".join(words), "", text)


def _consists_of(text: str, words: Sequence[str]) -> bool:
    """Whether nothing is left of a text without ``words``, wherever one ends and another begins."""
    return re.fullmatch(f"(?:{'|'.join(words)})*", text) is not None


def _find_first(text: str, words: Sequence[str]) -> str | None:
    """Return the word that begins first in a text, the longest of several."""
    found = [(text.index(word), -len(word), word) for word in words if word in text]
    return min(found)[2] if found else None


@cache
def _list_out_words(side: Side) -> tuple[str, ...]:
    known = load_knowledge()
    found = known.stopped if side is Side.ENROLLMENT else known.ended
    return tuple(sorted(found, key=lambda word: (-len(word), word)))


def claim_marks(
    texts: Sequence[str],
    free: Sequence[int],
    others: Sequence[Match],
    body: pl.DataFrame,
    side: Side,
) -> tuple[Match, ...]:
    """Return the columns of marks among those that are ``free``.

    ``others`` are columns of statuses beside which another was taken: who stopped by one of them
    has stopped.
    """
    if side is Side.REGISTRY:
        return ()
    found = [m for m in others if not re.search("登记|经营", m.header)]
    for index in free:
        mark = _parse_header(texts[index], side)
        if mark is None or f"c{index}" not in body.columns:
            continue
        given = get_texts(body, index)
        if mark.kind is _Kind.REMARK and not _means_out(given, side).any():
            continue
        # 停保 alone, without 是否 or 标志, may as well head numbers of persons.
        bare = mark.kind is _Kind.FLAG and _find_form(texts[index])[1] == texts[index]
        if bare and given.str.contains("^[0-9]").any():
            continue
        found.append(Match(index, texts[index], MARKS, 0, index))
    return tuple(sorted(found, key=lambda m: m.index))


def read_marks(sheet: MappedSheet, columns: Mapping[str, pl.Series]) -> dict[str, pl.Series]:
    """Return the columns of statuses that the marks of a sheet give; add findings to ``sheet``."""
    groups: dict[str, list[tuple[Match, _Mark]]] = {}
    for match in sheet.columns.columns.get(MARKS, ()):
        mark = _parse_header(match.header, sheet.side) or _Mark(_Kind.STATUS)
        if match.canonical != MARKS:
            mark = _Mark(_Kind.STATUS)
        groups.setdefault(mark.line, []).append((match, mark))
    made = {}
    for line, marks in groups.items():
        own = f"{line}_status" if line else "status"
        given = (own,) if line or sheet.side is Side.TAX else ("pay_status", "enroll_status")
        blank = pl.Series([None] * sheet.rows.height, dtype=pl.String)
        texts = pl.select(pl.coalesce(*(columns.get(c, blank) for c in given))).to_series()
        base = _replace_codes(texts) if sheet.side is Side.ENROLLMENT else texts
        paid = columns.get("last_paid_month")
        marked = _Reading(sheet, base, paid, marks).read()
        if line:
            # 是 of a line says nothing against what is over for the unit.
            marked = marked.replace(_GOING[sheet.side], TAKES_PART)
        if sheet.side is Side.TAX:
            made[own] = pl.select(pl.coalesce(base, marked)).to_series()
        elif line:
            is_out = _has_word(marked, load_knowledge().stopped)
            made[own] = marked.zip_with(is_out, pl.select(pl.coalesce(base, marked)).to_series())
        else:
            made[MARKED_STATUS] = marked
    return made


def read_by_polarity(match: Match, texts: pl.Series, side: Side) -> pl.Series:
    """Return a column of statuses whose header says what yes means, in words of statuses."""
    mark = _parse_header(match.header, side)
    if mark is None or mark.kind is not _Kind.FLAG or mark.is_in:
        return texts
    return pl.select(pl.coalesce(_read_flags(texts, mark, side), texts)).to_series()


@dataclass
class _Reading:
    """The marks of a sheet beside its status, where it has one (``base``)."""

    sheet: MappedSheet
    base: pl.Series
    paid: pl.Series | None

    marks: Sequence[tuple[Match, _Mark]]

    def __post_init__(self) -> None:
        """Read the days since which units are insured again."""
        restarts = [match for match, mark in self.marks if mark.kind is _Kind.RESTART]
        self.restarts = [self._read_days(match) for match in restarts]

    def read(self) -> pl.Series:
        """Return who is out (``停保``, ``停保（2019-06-30起）``) and who is said to be in."""
        known, side = load_knowledge(), self.sheet.side
        going = _has_word(self.base, [*known.active, *known.arrears])
        going &= ~_has_word(self.base, _list_out_words(side))
        out = are_in = pl.Series([None] * self.sheet.rows.height, dtype=pl.String)
        # What is believed before the rest comes first.
        readers: Mapping[_Kind, Callable[[Match, _Mark, pl.Series], pl.Series | None]] = {
            _Kind.FLAG: self._read_flags,
            _Kind.STATUS: self._read_status,
            _Kind.REMARK: self._read_remarks,
            _Kind.DAY: self._read_stops,
            _Kind.REASON: self._read_reasons,
        }
        for kind, read in readers.items():
            for match, mark in self.marks:
                if mark.kind is not kind:
                    continue
                found = read(match, mark, going | are_in.is_not_null())
                if found is None:
                    continue
                is_out = _has_word(found, _list_out_words(side))
                if contradicted := int((is_out & going).sum()):
                    finding = "mark_ignored" if side is Side.TAX else "mark_contradicts"
                    self.sheet.note(finding, match, count=contradicted)
                out = out.zip_with(out.is_not_null() | ~is_out, found)
                are_in = are_in.zip_with(are_in.is_not_null() | is_out, found)
        return out.zip_with(out.is_not_null(), are_in)

    def _read_status(self, match: Match, _mark: _Mark, _going: pl.Series) -> pl.Series:
        texts, side = self.sheet.read_texts(match), self.sheet.side
        worded = _replace_codes(texts) if side is Side.ENROLLMENT else texts
        return worded.set(~_has_word(worded, _list_out_words(side)), None)

    def _read_remarks(self, match: Match, _mark: _Mark, _going: pl.Series) -> pl.Series:
        texts = self.sheet.read_texts(match)
        return texts.set(~_means_out(texts, self.sheet.side), None)

    def _read_flags(self, match: Match, mark: _Mark, _going: pl.Series) -> pl.Series | None:
        texts = self.sheet.read_texts(match)
        found = _read_flags(texts, mark, self.sheet.side)
        unread = int((texts.is_not_null() & found.is_null()).sum())
        return None if self.sheet.note_if_unread(match, unread, texts.count()) else found

    def _read_reasons(self, match: Match, mark: _Mark, going: pl.Series) -> pl.Series | None:
        texts = self.sheet.read_texts(match)
        no = texts.str.to_uppercase().is_in(list(load_knowledge().no)).fill_null(value=False)
        given = texts.is_not_null() & ~no
        if int(given.sum()) > _MAX_OUT_SHARE * len(texts):
            self.sheet.note("mark_not_believed", match, count=int(given.sum()))
            return None
        word = pl.Series([mark.word] * len(texts), dtype=pl.String)
        return word.set(~(given & ~going), None)

    def _read_days(self, match: Match) -> pl.Series:
        days = values.parse_dates(self.sheet.read_values(match))
        return days.set((days.dt.year() >= _NEVER_YEAR).fill_null(value=False), None)

    def _read_stops(self, match: Match, mark: _Mark, going: pl.Series) -> pl.Series | None:
        days, texts = self._read_days(match), self.sheet.read_texts(match)
        unread = texts.is_not_null() & days.is_null() & ~texts.str.contains(_NEVER)
        if self.sheet.note_if_unread(match, int(unread.sum()), texts.count()):
            return None
        since = days.is_not_null()
        for restart in self.restarts:
            since &= ~(restart >= days).fill_null(value=False)
        if self.paid is not None and self.paid.n_unique() > 1:
            since &= ~(self.paid > days.dt.strftime("%Y%m")).fill_null(value=False)
        most = max(_MAX_CONFLICT_SHARE * int(going.sum()), 1)
        if int(since.sum()) > _MAX_OUT_SHARE * len(days) or int((since & going).sum()) > most:
            self.sheet.note("mark_not_believed", match, count=int(since.sum()))
            return None
        frame = pl.DataFrame({"day": days.dt.to_string("%Y-%m-%d")})
        since_day = frame.select(pl.format(f"{mark.word}（{{}}起）", "day")).to_series()
        return since_day.set(~since, None)


def _replace_codes(texts: pl.Series) -> pl.Series:
    return texts.to_frame("text").select(replace_codes(pl.col("text"))).to_series()


def _has_word(texts: pl.Series, words: Sequence[str]) -> pl.Series:
    return texts.str.contains_any(list(words)).fill_null(value=False)


def _read_flags(texts: pl.Series, mark: _Mark, side: Side) -> pl.Series:
    """Return yes and no under a header as statuses; null if a text is neither."""
    known = load_knowledge()
    distinct = texts.drop_nulls().unique().to_list()
    # 1 and 2 for yes and no, if there is no 0.
    no = {*known.no, *(() if "0" in distinct else ("2",))} - {"正常"}
    going = _GOING[side]
    yes, other = (going, "未参保") if mark.is_in else (mark.word, going)
    meanings: dict[str, str | None] = {}
    for text in distinct:
        plain = text.strip().upper().removesuffix(".0")
        is_active = any(word in plain for word in known.active)
        if plain in no or plain.startswith(("未", "不", "没", "非", "无")):
            meanings[text] = other
        elif plain in known.yes - {"异常"}:
            meanings[text] = yes
        elif any(word in plain for word in _list_out_words(side)):
            meanings[text] = text
        elif is_active or (mark.is_in and plain.startswith("已")):
            meanings[text] = going
    return texts.replace_strict(meanings, default=None, return_dtype=pl.String)


def _means_out(texts: pl.Series, side: Side) -> pl.Series:
    """Whether a remark says nothing but that a unit stopped, and since when."""
    words = list(_list_out_words(side))
    likely = texts.str.contains_any(words) & (texts.str.len_chars() <= _MAX_REMARK)
    fillers = load_knowledge().polarity["fillers"]
    meanings = {
        text: _consists_of(re.sub(r"[\W\d_年月日起自本该]+", "", text), [*words, *fillers])
        for text in texts.filter(likely.fill_null(value=False)).unique().to_list()
    }
    return texts.replace_strict(meanings, default=False, return_dtype=pl.Boolean).fill_null(
        value=False
    )
