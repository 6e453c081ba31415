"""Headers to columns for one sheet: who claims what, who wins, and what to write if no one can."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import polars as pl

from gapmatch.errors import InputError
from gapmatch.i18n import _, get_language
from gapmatch.privacy import mask_numbers
from gapmatch.read import values
from gapmatch.read.headers import Aliases, Header, find_nearest, guess_match, is_firm_name
from gapmatch.read.knowledge import (
    DROPPED,
    IGNORED,
    is_known_header,
    load_knowledge,
    normalise_header,
    strip_brackets,
)
from gapmatch.read.months import are_months, get_date_parser
from gapmatch.read.read_model import Grid, Match, Side
from gapmatch.read.recognise import describe_garbled
from gapmatch.schemas import CODES
from gapmatch.vocabulary.chinese_numbers import parse_chinese_number

NUMBERS = frozenset(
    {
        "declared_headcount",
        "declared_wages",
        "sales",
        "tax_paid",
        "zero_filing_months",
        "pension_insured",
        "unemployment_insured",
        "injury_insured",
        "insured_total",
        "capital",
        "registered_headcount",
    }
)
DATES = frozenset({"open_date", "cancel_date", "enroll_date", "last_paid_month"})
_PRICE_OF_PERIOD = 1000


@dataclass(frozen=True)
class ColumnMap:
    """The columns of one sheet: for each canonical column the headers that give it, best first."""

    columns: dict[str, tuple[Match, ...]]
    unmapped: tuple[str, ...]
    dropped: tuple[str, ...]
    passed_over: tuple[tuple[Match, Match], ...] = ()
    """Columns of numbers beside which another was taken, with that one; their contents differ."""

    @cached_property
    def matches(self) -> list[Match]:
        """All matches in use, in the order of the sheet."""
        return sorted((m for ms in self.columns.values() for m in ms), key=lambda m: m.index)


@dataclass(frozen=True)
class SheetPlace:
    """The place of a sheet, for errors."""

    side: Side
    path: Path
    sheet: str | None
    row: int

    def __str__(self) -> str:
        where = _("{path} 第 {row} 行").format(path=self.path, row=self.row)
        return (
            _("{where}（工作表“{sheet}”）").format(where=where, sheet=self.sheet)
            if self.sheet
            else where
        )


def map_columns(
    header: Header, body: pl.DataFrame, aliases: Aliases, place: SheetPlace
) -> ColumnMap:
    """Return which headers give which column.

    ``body`` are the data rows as strings (``c0``, …), to check guesses and equal claims.

    Raises ``InputError`` if two headers claim one column with equal right and differ, or if
    nothing gives the name.
    """
    _refuse_side_by_side(header, place)
    claims = _collect_claims(header, body, aliases)
    _claim_by_content(claims, header, body)
    if place.side is Side.ENROLLMENT and "last_paid_month" not in claims:
        _claim_months(claims, header, body)
    columns = {
        canonical: _settle_claims(canonical, found, body, place)
        for canonical, found in claims.items()
        if canonical not in (IGNORED, DROPPED)
    }
    if "name" not in columns:
        raise _build_no_name_error(header, body, aliases, place)
    used = {m.index for ms in columns.values() for m in ms}
    dropped = {m.index: m.header for m in claims.get(DROPPED, [])}
    rest = [t for i, t in enumerate(header.texts) if t and i not in used and i not in dropped]
    passed_over = tuple(
        (other, columns[canonical][0])
        for canonical, found in claims.items()
        if canonical in NUMBERS
        for other in found
        if _is_doubtful(other, columns[canonical][0], body)
    )
    return ColumnMap(columns, tuple(rest), tuple(dropped.values()), passed_over)


def _refuse_side_by_side(header: Header, place: SheetPlace) -> None:
    """Raise ``InputError`` if the headers come again further right: a list set in two columns."""
    starts = [m.index for m in header.matches if m.canonical == "name"]
    texts = [_join_lines(text) for text in header.texts]
    for start in starts[1:]:
        step = start - starts[0]
        own = {i: t for i, t in enumerate(texts[:step]) if t}
        again = [i for i, t in own.items() if texts[i + step : i + step + 1] == [t]]
        if step > 1 and len(again) == len(own):
            raise InputError(
                _("表中并排放了几份清册，第 {n} 列起表头又从头开始：{place}").format(
                    n=again[0] + step + 1, place=place
                ),
                _("请把右边的各列剪切到左边数据的下面（表头只留一行），保存后重试。"),
                file=place.path,
                row=place.row,
            )


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


_CODE = r"^[='\"]*[1-9ANY][0-9A-GY][0-9]{6}[0-9A-HJ-NP-RTUW-Y]{10}['\"]*$"
# So many of the values of a column must be codes, or end like names of firms, to identify it.
_MIN_CODE_SHARE = 0.9
_MIN_MATCH_SHARE = 0.6
_MAX_SAMPLE = 1_000
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
    if not any(_compute_code_share(body, i) >= _MIN_MATCH_SHARE for i in known):
        _claim_best(
            claims,
            "credit_code",
            free,
            [_compute_code_share(body, i) for i, _t in free],
            _MIN_CODE_SHARE,
        )
    if "name" not in claims:
        _claim_best(
            claims, "name", free, [_compute_name_share(body, i) for i, _t in free], _MIN_MATCH_SHARE
        )


_OF_NO_MONTH = re.compile("日期|[数额率]$|人数|工资|金额")


def _claim_months(claims: dict[str, list[Match]], header: Header, body: pl.DataFrame) -> None:
    """Claim a column of months by its contents: rows of several months must not be added up."""
    taken = {m.index for ms in claims.values() for m in ms}
    for index, text in enumerate(header.texts):
        named = any(word in text for word in ("月", "期", "季")) and not _OF_NO_MONTH.search(text)
        if named and index not in taken and are_months(_get_texts(body, index)):
            claims["last_paid_month"] = [Match(index, text, "last_paid_month", BY_CONTENT, 0)]
            return


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


def _get_texts(body: pl.DataFrame, index: int) -> pl.Series:
    return values.format_texts(body[f"c{index}"].head(_MAX_SAMPLE)).drop_nulls()


def _compute_code_share(body: pl.DataFrame, index: int) -> float:
    texts = _get_texts(body, index)
    return float(texts.str.to_uppercase().str.contains(_CODE).sum()) / max(1, len(texts))


def _compute_name_share(body: pl.DataFrame, index: int) -> float:
    texts = _get_texts(body, index)
    return sum(map(is_firm_name, texts)) / max(1, len(texts))


def _compute_word_share(body: pl.DataFrame, index: int) -> float:
    """The share of texts that could be a name at all: two letters or more."""
    texts = _get_texts(body, index)
    named = texts.str.contains(r"\p{L}.*\p{L}") & ~texts.str.contains("[0-9]{6}")
    return float(named.sum()) / max(1, len(texts))


def refuse_nested(columns: ColumnMap, grid: Grid, place: SheetPlace) -> None:
    """Raise ``InputError`` if a column that is read holds lists or structures (Parquet)."""
    for match in columns.matches:
        if match.index in grid.nested:
            raise InputError(
                _(
                    "“{header}”一列是嵌套类型（列表或结构），一格里不止一个值，读不出来：{path}"
                ).format(header=match.header, path=place.path),
                _(
                    "请在导出时把它展开为普通的文字列（结构取其中一个字段，列表用“；”连成一段文字）；"
                    "用不着这一列的，请从文件中删去。"
                ),
                file=place.path,
                row=place.row,
                column=match.header,
            )


def refuse_no_names(columns: ColumnMap, body: pl.DataFrame, place: SheetPlace) -> None:
    """Raise ``InputError`` if the column of names holds numbers, codes or dates."""
    matches = columns.columns["name"]
    texts = pl.concat([_get_texts(body, m.index) for m in matches])
    named = texts.str.contains(r"\p{L}.*\p{L}") & ~texts.str.to_uppercase().str.contains(_CODE)
    # Where each firm has a card of its own, headers stand between the names.
    headers = sum(map(is_known_header, texts.filter(texts.str.len_chars() <= _MAX_HEADER)))
    if len(texts) < _MIN_NAMES or (
        int(named.sum()) * 2 > len(texts) and headers < _MAX_HEADERS_SHARE * len(texts)
    ):
        return
    header = _join_lines(matches[0].header)
    raise InputError(
        _("“{header}”一列读作“{column}”，但内容不像名称（如“{value}”）：{place}").format(
            header=header, column=get_label(place.side, "name"), value=texts[0][:20], place=place
        ),
        _(
            "请在 gapmatch.toml 的 [columns.{side}] 中把 name 改为真正的名称列，"
            "或在原表中改正表头。"
        ).format(side=place.side.value),
        file=place.path,
        row=place.row,
        column=matches[0].header,
    )


def refuse_persons(
    header: Header, columns: ColumnMap, body: pl.DataFrame, place: SheetPlace
) -> None:
    """Raise ``InputError`` for a list of persons: several rows a firm, each of another person."""
    words = load_knowledge().layout["person_names"]
    persons = [
        i for i, t in enumerate(header.texts) if normalise_header(strip_brackets(t)) in words
    ]
    name = columns.columns["name"][0]
    if not persons or persons[0] == name.index or f"c{persons[0]}" not in body.columns:
        return
    pairs = body.select(firm=f"c{name.index}", person=f"c{persons[0]}").drop_nulls()
    firms = pairs["firm"].n_unique()
    if pairs.height < _MIN_NAMES or pairs.n_unique() < _MIN_PERSONS_A_FIRM * firms:
        return
    raise InputError(
        _("这是人员明细（每人一行，{rows} 行、{firms} 个单位），不是单位清册：{place}").format(
            rows=pairs.height, firms=firms, place=place
        ),
        _(
            "请改用每个单位一行、写有人数的清册；没有的，请在 Excel 中用“数据透视表”"
            "按单位代码和名称数出人数，另存后再给出。"
        ),
        file=place.path,
        row=place.row,
        column=_join_lines(header.texts[persons[0]]),
    )


_MIN_NAMES = 3
_MIN_PERSONS_A_FIRM = 1.5
_MAX_HEADER = 10
_MAX_HEADERS_SHARE = 0.3
# Chinese text whose bytes were read in another encoding and saved so: 有限, 公司, 市, 县, 区 as
# they then look, replaced bytes, and UTF-8 as Latin.
_GARBLED = (
    "鏈夐檺|鍏.{0,2}徃|甯傚|鍘.{0,1}�|锟斤拷|�|\\?{3}"
    "|ï¿½|[ÃÂÐ][\\x{80}-\\x{BF}]|[\\x{C0}-\\x{FF}]{4}"
)


def refuse_garbled_names(columns: ColumnMap, body: pl.DataFrame, place: SheetPlace) -> None:
    """Raise ``InputError`` if most names were read in another encoding and saved so."""
    match = columns.columns["name"][0]
    texts = _get_texts(body, match.index)
    garbled = texts.str.contains(_GARBLED)
    if len(texts) < _MIN_NAMES or int(garbled.sum()) * 2 <= len(texts):
        return
    raise InputError(
        _("名称是乱码（如“{value}”）：{place}").format(
            value=texts.filter(garbled)[0][:20], place=place
        ),
        describe_garbled(),
        file=place.path,
        row=place.row,
        column=match.header,
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
            raise _build_equal_claims_error(canonical, [first, *equals], place)
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
        found = _PERIOD.search(_join_lines(unicodedata.normalize("NFKC", match.header)))
        if found is None:
            return None
        month = int(found[2] or 0) or 3 * (parse_chinese_number(found[3] or "零") or 0)
        periods[int(found[1]), month] = match
    return periods[max(periods)] if len(periods) == len(matches) else None


def _has_conflict(one: Match, other: Match, body: pl.DataFrame) -> bool:
    left, right = (values.format_texts(body[f"c{match.index}"]) for match in (one, other))
    return bool((left != right).fill_null(value=False).any())


def _format_toml(side: Side, canonical: str, header: str) -> str:
    return f'[columns.{side.value}]\n{canonical} = ["{header}"]'


def _describe_remedy(side: Side, canonical: str, header: str) -> str:
    return _(
        "请在工作区的 gapmatch.toml 中写明这一列（引号内换成正确的表头），然后重新运行：\n\n{toml}"
    ).format(toml=_format_toml(side, canonical, header))


def _build_equal_claims_error(
    canonical: str, matches: Sequence[Match], place: SheetPlace
) -> InputError:
    listed = _("、").join(
        _("第 {n} 列“{header}”").format(n=m.index + 1, header=_join_lines(m.header))
        for m in matches
    )
    message = _("有两列都像是“{column}”，内容又不一致，无法取舍：{columns}\n文件：{place}").format(
        column=get_label(place.side, canonical), columns=listed, place=place
    )
    headers = {m.header for m in matches}
    if len(headers) > 1:
        remedy = _describe_remedy(place.side, canonical, _join_lines(matches[0].header))
    else:
        remedy = _(
            "请在表格中给这两列写上不同的表头（例如在不用的一列表头后加“备用”），保存后重试。"
        )
    return InputError(message, remedy, file=place.path, row=place.row, column=matches[0].header)


def _build_no_name_error(
    header: Header, body: pl.DataFrame, aliases: Aliases, place: SheetPlace
) -> InputError:
    """Return the error for a list without names; only columns that hold names are proposed."""
    seen = [_join_lines(t) for t in header.texts if t]
    candidates = _find_name_candidates(header, body, aliases)
    message = _("找不到必需的列“{column}”。\n文件：{place}\n表头：{seen}").format(
        column=get_label(place.side, "name"), place=place, seen=mask_numbers(_("、").join(seen))
    )
    if not candidates:
        remedy = _(
            "没有一列的内容像单位名称：请确认给对了文件和工作表，或请来件单位补上名称后重试。"
        )
        return InputError(message, remedy, file=place.path, row=place.row)
    message += _("\n最接近的列：{close}").format(close=_("、").join(candidates))
    return InputError(
        message, _describe_remedy(place.side, "name", candidates[0]), file=place.path, row=place.row
    )


def _find_name_candidates(header: Header, body: pl.DataFrame, aliases: Aliases) -> list[str]:
    """Return the headers of columns that could hold names, the likeliest first."""
    found = []
    for index, text in enumerate(header.texts):
        if not text or f"c{index}" not in body.columns or _compute_word_share(body, index) * 2 < 1:
            continue
        alike = [
            score for alias, score in find_nearest(text, aliases, 20) if alias.canonical == "name"
        ]
        likeness = max(alike, default=0.0)
        if likeness > 0 or _compute_name_share(body, index) > 0:
            found.append((_compute_name_share(body, index), likeness, _join_lines(text)))
    return [text for _share, _likeness, text in sorted(found, reverse=True)][:3]


def get_label(side: Side, canonical: str) -> str:
    """Return the first header of a column's list, as officials call it; in English its own name."""
    if get_language() == "en":
        return canonical
    return load_knowledge().labels[side].get(canonical, canonical)


def _join_lines(text: str) -> str:
    return "".join(text.split())
