"""Headers to columns for one sheet: who claims what, and who wins."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from gapmatch.read import values
from gapmatch.read.column_contents import compute_code_share, compute_name_share, get_texts
from gapmatch.read.column_refusals import (
    build_equal_claims_error,
    build_no_name_error,
    refuse_side_by_side,
)
from gapmatch.read.header_words import Aliases, guess_match
from gapmatch.read.headers import Header
from gapmatch.read.knowledge import DATES, DROPPED, IGNORED, NUMBERS, join_lines, load_knowledge
from gapmatch.read.months import are_months, get_date_parser
from gapmatch.read.read_model import ColumnMap, Match, SheetPlace, Side
from gapmatch.read.status_marks import MARKS, are_registrations, claim_marks
from gapmatch.read.unread_statuses import find_unread_statuses
from gapmatch.schemas import CODES, INSURED_COLUMNS, LINES
from gapmatch.vocabulary.chinese_numbers import parse_chinese_number

_PRICE_OF_PERIOD = 1000
_STATUSES = ("pay_status", "enroll_status", "status")


def map_columns(
    header: Header, body: pl.DataFrame, aliases: Aliases, place: SheetPlace
) -> ColumnMap:
    """Return which headers give which column.

    ``body`` are the data rows as strings (``c0``, …), to check guesses and equal claims.

    Raises ``InputError`` if two headers claim one column with equal right and differ, or if
    nothing gives the name.
    """
    refuse_side_by_side(header, place)
    claims = _collect_claims(header, body, aliases)
    _claim_by_content(claims, header, body)
    if place.side is Side.ENROLLMENT and "last_paid_month" not in claims:
        _claim_months(claims, header, body)
    if place.side is Side.ENROLLMENT:
        _drop_registrations(claims, body)
        _claim_status(claims, header, body)
    columns = {
        canonical: _settle_claims(canonical, found, body, place)
        for canonical, found in claims.items()
        if canonical not in (IGNORED, DROPPED, MARKS)
    }
    used = {m.index for ms in columns.values() for m in ms}
    claimed = {m.index for ms in claims.values() for m in ms if m.canonical != IGNORED}
    free = [i for i, text in enumerate(header.texts) if text and i not in claimed]
    others = (*_STATUSES, MARKS, *INSURED_COLUMNS, "insured_total")
    competing = [m for c in others for m in claims.get(c, ()) if m.index not in used]
    if marks := claim_marks(header.texts, free, competing, body, place.side):
        columns[MARKS] = marks
    if "name" not in columns:
        raise build_no_name_error(header, body, aliases, place)
    used = {m.index for ms in columns.values() for m in ms}
    dropped = {m.index: m.header for m in claims.get(DROPPED, [])}
    rest = [t for i, t in enumerate(header.texts) if t and i not in used and i not in dropped]
    marked = {m.index for m in columns.get(MARKS, ())}
    passed_over = tuple(
        (other, columns[canonical][0])
        for canonical, found in claims.items()
        if canonical in NUMBERS
        for other in found
        if other.index not in marked and _is_doubtful(other, columns[canonical][0], body)
    )
    ignored = {m.index for m in claims.get(IGNORED, ())}
    has_status = any(c in columns for c in _STATUSES)
    unread = [
        i
        for i in free
        if i not in used | ignored
        and f"c{i}" in body.columns
        and not (has_status and are_registrations(get_texts(body, i)))
    ]
    statuses = find_unread_statuses({i: header.texts[i] for i in unread}, body, place.side)
    return ColumnMap(columns, tuple(rest), tuple(dropped.values()), passed_over, statuses)


def _collect_claims(header: Header, body: pl.DataFrame, aliases: Aliases) -> dict[str, list[Match]]:
    retired = any("退休" in text and "在职" not in text for text in header.texts)
    matches = [_prefer_working(_defer_periodic(m), retired=retired) for m in header.matches]
    claimed = {m.canonical for m in matches}
    known = {m.index for m in matches}
    for index, text in enumerate(header.texts):
        if text and index not in known:
            found = guess_match(index, text, aliases)
            if found and found.canonical not in claimed - {DROPPED} and _can_fit(found, body):
                matches.append(_defer_periodic(found))
    claims: dict[str, list[Match]] = {}
    for match in sorted(matches, key=_rank_match):
        claims.setdefault(match.canonical, []).append(match)
    return dict(sorted(claims.items(), key=lambda claim: claim[1][0].index))


# So many of the values of a column must be codes, or end like names of firms, to identify it.
_MIN_CODE_SHARE = 0.9

_MIN_MATCH_SHARE = 0.6

# Found by its contents: after everything found by its header.
BY_CONTENT = 5


def _claim_by_content(claims: dict[str, list[Match]], header: Header, body: pl.DataFrame) -> None:
    """Claim a column of credit codes, and one of names of firms, whatever their headers are.

    Only if no header claims them, and of codes also if the columns claimed hold hardly any.
    """
    taken = {m.index for ms in claims.values() for m in ms}
    free = [
        (i, text)
        for i, text in enumerate(header.texts)
        if text and i not in taken and f"c{i}" in body.columns and not _is_of_another(text)
    ]
    known = [m.index for c in CODES for m in claims.get(c, ())]
    if not any(compute_code_share(body, i) >= _MIN_MATCH_SHARE for i in known):
        _claim_best(
            claims,
            "credit_code",
            free,
            [compute_code_share(body, i) for i, _t in free],
            _MIN_CODE_SHARE,
        )
    if "name" not in claims:
        _claim_best(
            claims, "name", free, [compute_name_share(body, i) for i, _t in free], _MIN_MATCH_SHARE
        )


_OF_NO_MONTH = re.compile("日期|[数额率]$|人数|工资|金额")


def _claim_months(claims: dict[str, list[Match]], header: Header, body: pl.DataFrame) -> None:
    """Claim a column of months by its contents: rows of several months must not be added up."""
    taken = {m.index for ms in claims.values() for m in ms}
    for index, text in enumerate(header.texts):
        named = any(word in text for word in ("月", "期", "季")) and not _OF_NO_MONTH.search(text)
        if named and index not in taken and are_months(get_texts(body, index)):
            claims["last_paid_month"] = [Match(index, text, "last_paid_month", BY_CONTENT, 0)]
            return


def _claim_status(claims: dict[str, list[Match]], header: Header, body: pl.DataFrame) -> None:
    """Claim a column of statuses by its contents: units that stopped must not count as insured."""
    own = ("pay_status", "enroll_status", *(f"{line}_status" for line in LINES), *LINES)
    if any(column in claims for column in own):
        return
    taken = {m.index for ms in claims.values() for m in ms}
    for index, text in enumerate(header.texts):
        if re.search("状态|标志|情况", text) and index not in taken and _are_statuses(body, index):
            claims["enroll_status"] = [Match(index, text, "enroll_status", BY_CONTENT, 0)]
            return


def _drop_registrations(claims: dict[str, list[Match]], body: pl.DataFrame) -> None:
    """Take registrations of the market (登记状态: 存续, 注销) for no statuses of insurance."""
    for canonical in ("pay_status", "enroll_status"):
        found = claims.pop(canonical, [])
        own = [m for m in found if m.rank < 0 or not are_registrations(get_texts(body, m.index))]
        if own:
            claims[canonical] = own


def _are_statuses(body: pl.DataFrame, index: int) -> bool:
    """Whether nearly all texts say that a unit pays or stopped, and some that it stopped."""
    texts, known = get_texts(body, index), load_knowledge()
    stopped = texts.str.contains_any(list(known.stopped))
    active = texts.str.contains_any(list(known.active))
    return bool(stopped.any()) and int((stopped | active).sum()) >= _MIN_CODE_SHARE * len(texts)


def _claim_best(
    claims: dict[str, list[Match]],
    canonical: str,
    free: Sequence[tuple[int, str]],
    shares: Sequence[float],
    needed: float,
) -> None:
    best = max(zip(shares, free, strict=True), key=lambda found: found[0], default=None)
    if best is not None and best[0] >= needed:
        index, text = best[1]
        claims[canonical] = [
            Match(index, text, canonical, BY_CONTENT, 0),
            *claims.get(canonical, ()),
        ]


def _is_of_another(header: str) -> bool:
    """Whether a header names a former name, a head office, an owner: not the firm itself."""
    return header.startswith(("原", "老", "旧", "曾")) or any(
        word in header for word in load_knowledge().layout["of_another"]
    )


def _rank_match(match: Match) -> tuple[int, int, int]:
    return (match.stage if match.guessed else 0, match.rank, match.stage)


def _defer_periodic(match: Match) -> Match:
    """Sums of the year so far stand before others, sums of one month behind them."""
    if match.canonical not in NUMBERS:
        return match
    if "累计" in match.header:
        return replace(match, rank=match.rank - _PRICE_OF_PERIOD)
    periodic = any(word in match.header for word in load_knowledge().layout["periods"])
    return replace(match, rank=match.rank + _PRICE_OF_PERIOD) if periodic else match


def _prefer_working(match: Match, *, retired: bool) -> Match:
    """Beside a column of the retired, a sum holds them too: those in service stand before it."""
    is_first = retired and match.canonical in NUMBERS and "在职" in match.header
    return replace(match, rank=match.rank - _PRICE_OF_PERIOD) if is_first else match


def _can_fit(match: Match, body: pl.DataFrame) -> bool:
    """Whether the values of a guessed column fit the guess."""
    texts = body[f"c{match.index}"].drop_nulls().head(500)
    if texts.is_empty() or match.canonical == DROPPED:
        return True
    if match.canonical in NUMBERS:
        good = values.parse_numbers(texts)
    elif match.canonical in DATES:
        good = get_date_parser(match.canonical)(texts)
    else:
        return True
    return good.null_count() * 2 < len(texts)


def _settle_claims(
    canonical: str, found: Sequence[Match], body: pl.DataFrame, place: SheetPlace
) -> tuple[Match, ...]:
    first = found[0]
    equals = [m for m in found[1:] if _rank_match(m) == _rank_match(first)]
    if canonical in NUMBERS and equals and (newest := _find_newest([first, *equals])):
        return (newest,)
    for other in equals:
        if canonical not in ("phone", "address", "contact") and _has_conflict(first, other, body):
            raise build_equal_claims_error(canonical, [first, *equals], place)
    if canonical not in load_knowledge().layout["coalesce"]:
        return (first,)
    # Of guesses only one is taken: two would fill each other's blanks with something else.
    return tuple(m for m in found if not m.guessed or m is first)


_PERIOD = re.compile(
    r"(20\d\d)(?:年度?)?[-./]?"
    r"(?:(1[0-2]|0?[1-9])(?:月|(?!\d))|(?:第|Q)?([1-4一二三四])(?:季度?|(?<=Q\d)))?"
)

_MONTH = re.compile(r"(?:\d|[一二三四五六七八九十])月")


def _is_doubtful(other: Match, taken: Match, body: pl.DataFrame) -> bool:
    """Whether two columns differ that are not a sum and a part of it, of one month or quarter."""
    other_is_part, taken_is_part = (
        _MONTH.search(match.header)
        or any(word in match.header for word in load_knowledge().layout["periods"])
        for match in (other, taken)
    )
    is_part = other_is_part and not taken_is_part
    return other != taken and not is_part and _has_conflict(other, taken, body)


def _find_newest(matches: Sequence[Match]) -> Match | None:
    """Return the match whose header names the newest period, if each has its own."""
    periods: dict[tuple[int, int], Match] = {}
    for match in matches:
        found = _PERIOD.search(join_lines(unicodedata.normalize("NFKC", match.header)))
        if found is None:
            return None
        month = int(found[2] or 0) or 3 * (parse_chinese_number(found[3] or "零") or 0)
        periods[int(found[1]), month] = match
    return periods[max(periods)] if len(periods) == len(matches) else None


def _has_conflict(one: Match, other: Match, body: pl.DataFrame) -> bool:
    left, right = (values.format_texts(body[f"c{match.index}"]) for match in (one, other))
    return bool((left != right).fill_null(value=False).any())
