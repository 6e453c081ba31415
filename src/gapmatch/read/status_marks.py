"""Columns that say by their headers who is in and who is out: 是否停保, 参保标志, 停保日期, 备注.

The header has the polarity, the cells are yes or no, days, reasons or remarks
(``docs/decisions/0103``).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache

import polars as pl

from gapmatch.read import values
from gapmatch.read.column_contents import get_texts
from gapmatch.read.header_words import find_line, split_unit
from gapmatch.read.knowledge import NUMBERS, load_knowledge, normalise_header, strip_brackets
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
_STATUSES = ("pay_status", "enroll_status", "status")
_MAX_REMARK = 30
_DENIED = "^[未不没非无]"
_GOING = {Side.ENROLLMENT: "参保缴费", Side.TAX: "正常"}
_OUT = {Side.ENROLLMENT: "停保", Side.TAX: "注销"}


class _Kind(StrEnum):
    """What a column of marks holds."""

    FLAG = "flag"
    STATUS = "status"
    PAID = "paid"
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


def _split_header(header: str, side: Side) -> tuple[str, str]:
    """Return the line that a header names, or "", and the rest of its plain form."""
    text = normalise_header(strip_brackets(split_unit(header)[0]))
    return find_line(text) if side is Side.ENROLLMENT else ("", text)


@cache
def _parse_header(header: str, side: Side) -> _Mark | None:
    words = load_knowledge().polarity
    line, text = _split_header(header, side)
    if text in words["remarks"]:
        return _Mark(_Kind.REMARK)
    if side is Side.ENROLLMENT and _counts_payers(text):
        return _Mark(_Kind.PAID, line, words["unpaid"])
    kind, rest = _find_form(text)
    out = _find_first(rest, _list_out_words(side))
    if any(w in rest for w in words["restarts"]) and kind in (_Kind.DAY, _Kind.FLAG):
        kind, out = (_Kind.RESTART if kind is _Kind.DAY else kind), None
    known = load_knowledge()
    owed = None if out else _find_first(rest, known.arrears)
    is_in = not out and not owed and any(w in rest for w in [*words["in"], *words["restarts"]])
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


def _counts_payers(text: str) -> bool:
    """Whether a header counts the persons paid for (实缴人数), and no others (应缴费人数)."""
    words = load_knowledge().polarity
    return text.endswith(tuple(words["payers"])) and not any(w in text for w in words["no_payers"])


def _assume_mark(header: str, texts: pl.Series, side: Side) -> _Mark:
    """Return the mark of a column that a user names, whatever words its header has besides."""
    line, text = _split_header(header, side)
    kind, rest = _find_form(text)
    mark = _Mark(kind, line, _find_first(rest, _list_out_words(side)) or _OUT[side])
    if kind is not _Kind.FLAG:
        return mark
    if _read_flags(texts, mark, side).null_count() == texts.null_count():
        return mark
    has_days = values.parse_dates(texts).null_count() == texts.null_count()
    return replace(mark, kind=_Kind.DAY if has_days else _Kind.STATUS)


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

    ``others`` are columns of statuses or of persons insured beside which another was taken: who
    stopped by one of them, or is paid for nobody, has stopped.
    """
    if side is Side.REGISTRY:
        return ()
    statuses = [m for m in others if m.canonical not in NUMBERS]
    found = [m for m in statuses if not re.search("登记|经营", m.header)]
    found += [replace(m, canonical=MARKS) for m in others if _is_of_payers(m)]
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


def _is_of_payers(match: Match) -> bool:
    mark = _parse_header(match.header, Side.ENROLLMENT)
    return mark is not None and mark.kind is _Kind.PAID


def are_registrations(texts: pl.Series) -> bool:
    """Whether texts are statuses of the market registration (存续, 吊销), which insure nobody."""
    return bool(texts.str.contains_any(list(load_knowledge().registered)).any())


def read_marks(sheet: MappedSheet, columns: Mapping[str, pl.Series]) -> dict[str, pl.Series]:
    """Return the columns of statuses that the marks of a sheet give; add findings to ``sheet``."""
    groups: dict[str, list[tuple[Match, _Mark]]] = {}
    for match in sheet.columns.columns.get(MARKS, ()):
        mark = _parse_header(match.header, sheet.side)
        if match.canonical in _STATUSES:
            mark = _Mark(_Kind.STATUS)
        elif mark is None:
            mark = _assume_mark(match.header, sheet.read_texts(match), sheet.side)
        groups.setdefault(mark.line, []).append((match, mark))
    made = {}
    unknown = pl.Series([None] * sheet.rows.height, dtype=pl.Int64)
    for line, marks in groups.items():
        own = f"{line}_status" if line else "status"
        given = (own,) if line or sheet.side is Side.TAX else ("pay_status", "enroll_status")
        blank = pl.Series([None] * sheet.rows.height, dtype=pl.String)
        texts = pl.select(pl.coalesce(*(columns.get(c, blank) for c in given))).to_series()
        base = _replace_codes(texts) if sheet.side is Side.ENROLLMENT else texts
        paid = columns.get("last_paid_month")
        insured = columns.get(f"{line}_insured" if line else "insured_total", unknown)
        marked = _Reading(sheet, base, paid, insured, marks).read()
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
    insured: pl.Series
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
            _Kind.PAID: self._read_payers,
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
                found = self._settle_contradictions(match, kind, found, going)
                is_out = _has_word(found, _list_out_words(side))
                out = out.zip_with(out.is_not_null() | ~is_out, found)
                are_in = are_in.zip_with(are_in.is_not_null() | is_out, found)
        return out.zip_with(out.is_not_null(), are_in)

    def _settle_contradictions(
        self, match: Match, kind: _Kind, found: pl.Series, going: pl.Series
    ) -> pl.Series:
        """Return ``found`` but for what a status of today outranks, and name who is doubtful.

        A day is of the past: a unit that goes on by its status stopped once, and goes on again. Of
        a firm the status holds in any case.
        """
        side = self.sheet.side
        is_out = _has_word(found, _list_out_words(side))
        is_ignored = side is Side.TAX or kind is _Kind.DAY
        self._note("mark_ignored" if is_ignored else "mark_contradicts", match, is_out & going)
        if kind is not _Kind.DAY or side is Side.TAX:
            return found
        self._note("mark_contradicts", match, is_out & ~going & (self.insured > 0))
        return found.set(is_out & going, None)

    def _note(self, kind: str, match: Match, rows: pl.Series) -> None:
        if count := int(rows.sum()):
            self.sheet.note(kind, match, count=count)

    def _read_payers(self, match: Match, mark: _Mark, _going: pl.Series) -> pl.Series | None:
        """Return who is paid for nobody, though persons are insured; most are paid for."""
        texts = self.sheet.read_texts(match)
        payers = values.parse_numbers(texts)
        unpaid = ((payers == 0) & (self.insured > 0)).fill_null(value=False)
        known = int(((self.insured > 0) & payers.is_not_null()).sum())
        if int(unpaid.sum()) > _MAX_CONFLICT_SHARE * known:
            self.sheet.note("mark_not_believed", match, count=int(unpaid.sum()))
            return None
        return pl.Series([mark.word] * len(texts), dtype=pl.String).set(~unpaid, None)

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
        no = texts.str.to_uppercase().is_in(list(load_knowledge().no))
        no = (no | texts.str.contains(_DENIED)).fill_null(value=False)
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
        if plain in no or re.match(_DENIED, plain):
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
