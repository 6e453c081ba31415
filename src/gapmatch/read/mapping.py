"""Headers to columns for one sheet: who claims what, who wins, and what to write where nobody can."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from gapmatch.errors import InputError
from gapmatch.i18n import _, current_language
from gapmatch.read import values
from gapmatch.read.headers import Aliases, Header, guess, nearest
from gapmatch.read.knowledge import DROPPED, IGNORED, shipped
from gapmatch.read.read_model import Match, Side

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

    @property
    def matches(self) -> list[Match]:
        """All matches in use, in the order of the sheet."""
        return sorted((m for ms in self.columns.values() for m in ms), key=lambda m: m.index)


@dataclass(frozen=True)
class Place:
    """Where a sheet is, for errors."""

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


def map_columns(header: Header, body: pl.DataFrame, aliases: Aliases, place: Place) -> ColumnMap:
    """Return which headers give which column.

    ``body`` are the data rows as strings (``c0``, …), to check guesses and equal claims.

    Raises ``InputError`` where two headers claim one column with equal right and differ, or where
    nothing gives the name.
    """
    claims = _claims(header, body, aliases)
    columns = {
        canonical: _settle(canonical, found, body, place)
        for canonical, found in claims.items()
        if canonical not in (IGNORED, DROPPED)
    }
    if "name" not in columns:
        raise _no_name(header, aliases, place)
    used = {m.index for ms in columns.values() for m in ms}
    dropped = {m.index: m.header for m in claims.get(DROPPED, [])}
    rest = [t for i, t in enumerate(header.texts) if t and i not in used and i not in dropped]
    return ColumnMap(columns, tuple(rest), tuple(dropped.values()))


def _claims(header: Header, body: pl.DataFrame, aliases: Aliases) -> dict[str, list[Match]]:
    matches = [_late_if_periodic(m) for m in header.matches]
    claimed = {m.canonical for m in matches}
    known = {m.index for m in matches}
    for index, text in enumerate(header.texts):
        if text and index not in known:
            found = guess(index, text, aliases)
            if found and found.canonical not in claimed - {DROPPED} and _fits(found, body):
                matches.append(_late_if_periodic(found))
    claims: dict[str, list[Match]] = {}
    for match in sorted(matches, key=_right):
        claims.setdefault(match.canonical, []).append(match)
    return dict(sorted(claims.items(), key=lambda claim: claim[1][0].index))


def _right(match: Match) -> tuple[int, int, int]:
    return (match.stage if match.guessed else 0, match.rank, match.stage)


def _late_if_periodic(match: Match) -> Match:
    """Sums of the year so far stand before others, sums of one month behind them."""
    if match.canonical not in NUMBERS:
        return match
    if "累计" in match.header:
        return replace(match, rank=match.rank - _PRICE_OF_PERIOD)
    periodic = any(word in match.header for word in shipped().layout["periods"])
    return replace(match, rank=match.rank + _PRICE_OF_PERIOD) if periodic else match


def _fits(match: Match, body: pl.DataFrame) -> bool:
    """Whether the values of a guessed column can be what the guess says."""
    texts = body[f"c{match.index}"].drop_nulls().head(500)
    if texts.is_empty() or match.canonical == DROPPED:
        return True
    if match.canonical in NUMBERS:
        good = values.numbers(texts)
    elif match.canonical in DATES:
        good = values.dates(texts)
    else:
        return True
    return good.null_count() * 2 < len(texts)


def _settle(
    canonical: str, found: Sequence[Match], body: pl.DataFrame, place: Place
) -> tuple[Match, ...]:
    first = found[0]
    equals = [m for m in found[1:] if _right(m) == _right(first)]
    for other in equals:
        if canonical not in ("phone", "address", "contact") and _disagree(first, other, body):
            raise _equal_claims(canonical, [first, *equals], place)
    if canonical not in shipped().layout["coalesce"]:
        return (first,)
    # Of guesses only one is taken: two would fill each other's blanks with something else.
    return tuple(m for m in found if not m.guessed or m is first)


def _disagree(one: Match, other: Match, body: pl.DataFrame) -> bool:
    left, right = (values.as_text(body[f"c{match.index}"]) for match in (one, other))
    return bool((left != right).fill_null(value=False).any())


def _toml(side: Side, canonical: str, header: str) -> str:
    return f'[columns.{side.value}]\n{canonical} = ["{header}"]'


def _remedy(side: Side, canonical: str, header: str) -> str:
    return _(
        "请在工作区的 gapmatch.toml 中写明这一列（引号内换成正确的表头），然后重新运行：\n\n{toml}"
    ).format(toml=_toml(side, canonical, header))


def _equal_claims(canonical: str, matches: Sequence[Match], place: Place) -> InputError:
    listed = _("、").join(
        _("第 {n} 列“{header}”").format(n=m.index + 1, header=_one_line(m.header)) for m in matches
    )
    message = _("有两列都像是“{column}”，内容又不一致，无法取舍：{columns}\n文件：{place}").format(
        column=label(place.side, canonical), columns=listed, place=place
    )
    headers = {m.header for m in matches}
    if len(headers) > 1:
        remedy = _remedy(place.side, canonical, _one_line(matches[0].header))
    else:
        remedy = _(
            "请在表格中给这两列写上不同的表头（例如在不用的一列表头后加“备用”），保存后重试。"
        )
    return InputError(message, remedy, file=place.path, row=place.row, column=matches[0].header)


def _no_name(header: Header, aliases: Aliases, place: Place) -> InputError:
    seen = [_one_line(t) for t in header.texts if t]
    taken = {m.header for m in header.matches}
    free = [t for t in header.texts if t and t not in taken]
    close = [
        (likeness, _one_line(text))
        for text in free
        for alias, likeness in nearest(text, aliases, 20)
        if alias.canonical == "name" and likeness > 0
    ]
    candidates = [text for _likeness, text in sorted(close, reverse=True)][:3] or seen[:3]
    message = _(
        "找不到必需的列“{column}”。\n文件：{place}\n表头：{seen}\n最接近的列：{close}"
    ).format(
        column=label(place.side, "name"),
        place=place,
        seen=_("、").join(seen),
        close=_("、").join(candidates),
    )
    return InputError(
        message, _remedy(place.side, "name", candidates[0]), file=place.path, row=place.row
    )


def label(side: Side, canonical: str) -> str:
    """Return the first header of a column's list, as officials call it; in English its own name."""
    if current_language() == "en":
        return canonical
    return shipped().labels[side].get(canonical, canonical)


def _one_line(text: str) -> str:
    return "".join(text.split())
