"""Rows of one sheet to canonical columns: texts, codes, numbers, dates, and their defects."""

import re
from collections.abc import Callable, Mapping, Sequence

import polars as pl

from gapmatch.read import values
from gapmatch.read.code_columns import parse_codes
from gapmatch.read.column_refusals import get_label
from gapmatch.read.firm_statuses import read_firm_statuses
from gapmatch.read.knowledge import COUNTS, DATES, MONEY, PERSONS, join_lines, load_knowledge
from gapmatch.read.mapped_sheet import MappedSheet
from gapmatch.read.mapping import BY_CONTENT
from gapmatch.read.months import get_date_parser
from gapmatch.read.read_model import Match
from gapmatch.read.status_marks import MARKS, read_by_polarity, read_marks
from gapmatch.schemas import CODES, LINES

# A number beyond the precision of floats is a slip (1E+400, a number of a card), not an
# amount.
_MAX_NUMBER = 2**53
# So many units of one person or none, each of them, are no list; unless a header says 人数（人）.
_MIN_FLAGS = 50
_COUNTED = re.compile(r"(?i)[(（](?:人|persons)[)）]")


def canonicalise(sheet: MappedSheet) -> pl.DataFrame:
    """Return the canonical columns of a sheet with their origin; add findings to ``sheet``."""
    columns: dict[str, pl.Series] = {}
    lost = pl.Series([False] * sheet.rows.height, dtype=pl.Boolean)
    for canonical, matches in sheet.columns.columns.items():
        if canonical == MARKS:
            continue
        if canonical in CODES or canonical == "unit_id":
            columns[canonical], lost_here = parse_codes(sheet, matches)
            lost |= lost_here if canonical in CODES else False
        else:
            columns[canonical] = _build_column(sheet, canonical, matches)
    columns |= _turn_flags_to_statuses(sheet, columns)
    columns |= read_marks(sheet, columns)
    _report_guesses(sheet)
    return sheet.rows.select(
        pl.lit(sheet.grid.sheet, dtype=pl.String).alias("source_sheet"),
        pl.col("source_row"),
        lost.alias("code_precision_lost"),
        *(series.alias(name) for name, series in columns.items()),
    )


def _turn_flags_to_statuses(
    sheet: MappedSheet, columns: Mapping[str, pl.Series]
) -> dict[str, pl.Series]:
    """Return new columns for counts that are all 0 or 1: marks of yes and no, and no counts.

    A column headed by a line alone (养老保险) is one of marks if it says nothing but 0 and 1, or 1
    and nothing, however few its rows; other counts if all of many rows do.
    """
    lines = [c for c in LINES if c in columns]
    bare = {c: values.parse_numbers(columns[c]) for c in lines}
    marks = {c: column for c, column in bare.items() if _are_marks(columns[c], column)}
    counts = {
        c: values.parse_numbers(columns[c])
        for c in (*PERSONS, *LINES)
        # Firms of one person each are a tax list as others are.
        if c in columns and c != "declared_headcount"
    }
    headers = {c: join_lines(sheet.columns.columns[c][0].header) for c in counts}
    known = [column.drop_nulls() for column in counts.values()]
    are_all_marks = (
        max(map(len, known), default=0) >= _MIN_FLAGS
        and all(map(_are_marks, (columns[c] for c in counts), counts.values()))
        and any((column == 1).any() for column in known)
        and not any(_COUNTED.search(header) for header in headers.values())
    )
    turned: dict[str, pl.Series] = {}
    for canonical, column in (counts if are_all_marks else marks).items():
        sheet.note("count_is_flag", sheet.columns.columns[canonical][0])
        line = canonical.removesuffix("_insured")
        if line in LINES:
            turned[line] = column.replace_strict({0.0: "否", 1.0: "是"}, return_dtype=pl.String)
        if canonical in PERSONS:
            turned[canonical] = columns[canonical].clear(len(column))
    return turned | _fill_unmarked({c: turned.get(c, columns[c]) for c in lines})


def _are_marks(texts: pl.Series, numbers: pl.Series) -> bool:
    """Whether a column says 0 and 1 and nothing else."""
    return bool(numbers.is_in([0.0, 1.0]).all()) and texts.null_count() == numbers.null_count()


def _fill_unmarked(lines: Mapping[str, pl.Series]) -> dict[str, pl.Series]:
    """Return columns of lines in which only yes is marked: blank is no, if another line is marked.

    A unit with no mark at all stays unknown.
    """
    yes = list(load_knowledge().yes)
    marked = {c: texts.str.to_uppercase().is_in(yes) for c, texts in lines.items()}
    any_marked = pl.DataFrame(marked).select(pl.any_horizontal(pl.all().fill_null(value=False)))
    return {
        c: texts.set(texts.is_null() & any_marked.to_series(), "否")
        for c, texts in lines.items()
        if texts.null_count() and marked[c].any() and marked[c].all()
    }


def _build_column(sheet: MappedSheet, canonical: str, matches: Sequence[Match]) -> pl.Series:
    first = matches[0]
    if canonical in COUNTS:
        return _parse_counts(sheet, canonical, first)
    if canonical in MONEY:
        return _parse_money(sheet, first)
    if canonical in DATES:
        return _parse_dates(sheet, first)
    if canonical in _SPECIAL:
        return _SPECIAL[canonical](sheet, matches)
    texts = [sheet.read_texts(m) for m in matches]
    if canonical.endswith("status"):
        texts = [read_by_polarity(m, t, sheet.side) for m, t in zip(matches, texts, strict=True)]
        texts = [read_firm_statuses(t, sheet.side) for t in texts]
    return _take_first(texts)


def _take_first(columns: Sequence[pl.Series]) -> pl.Series:
    return pl.select(pl.coalesce(columns)).to_series()


def _join_columns(columns: Sequence[pl.Series]) -> pl.Series:
    if len(columns) == 1:
        return columns[0]
    joined = pl.select(pl.concat_str(columns, separator="；", ignore_nulls=True)).to_series()
    return joined.set(joined == "", None)


def _parse_numbers(sheet: MappedSheet, match: Match, canonical: str = "") -> pl.Series:
    given = sheet.read_values(match)
    found = values.parse_numbers(given)
    if canonical in _INSURED and given.dtype == pl.String:
        found = _read_none(sheet, match, found)
        given = given.set(found == 0, "0")
    unread = given.is_not_null() & found.is_null()
    sheet.report("not_a_number", match, unread)
    sheet.note_if_unread(match, int(unread.sum()), given.count())
    huge = (found * (match.factor or 1.0)).abs() > _MAX_NUMBER
    sheet.report("absurd_number", match, huge)
    return found.set(huge, None)


_INSURED = (*(f"{line}_insured" for line in LINES), "insured_total")


def _read_none(sheet: MappedSheet, match: Match, found: pl.Series) -> pl.Series:
    """Return numbers of insured persons, 0 where a word says that there are none (否)."""
    texts = values.format_texts(sheet.rows[f"c{match.index}"])
    is_none = texts.str.to_uppercase().is_in(load_knowledge().polarity["none"])
    return found.set(is_none.fill_null(value=False), 0.0)


def _parse_counts(sheet: MappedSheet, canonical: str, match: Match) -> pl.Series:
    found = _parse_numbers(sheet, match, canonical)
    limits = load_knowledge().limits
    found = _limit_numbers(
        sheet, match, found, limits["persons" if canonical in PERSONS else "months"]
    )
    sheet.report("fractional_count", match, found != found.round())
    return found.round().cast(pl.Int64, strict=False)


def _parse_money(sheet: MappedSheet, match: Match) -> pl.Series:
    found = _parse_numbers(sheet, match)
    factors = sheet.list_factors(match)
    named = factors.filter(found.is_not_null()).unique().sort().to_list()
    if named not in ([], [1.0]):
        # Amounts that name a unit of their own are in yuan already.
        own = _has_unit(sheet, match)
        found = found.zip_with(own, (found * factors).round(2))
        _report_factor(sheet, match, *named)
    return _limit_numbers(sheet, match, found, load_knowledge().limits["money"])


def _has_unit(sheet: MappedSheet, match: Match) -> pl.Series:
    texts = values.format_texts(sheet.rows[f"c{match.index}"])
    return texts.str.contains("[元万亿]").fill_null(value=False)


def _limit_numbers(sheet: MappedSheet, match: Match, found: pl.Series, limit: float) -> pl.Series:
    """Report numbers that are odd; what is beyond all reason (a phone, a code) is unknown."""
    sheet.report("negative_number", match, found < 0)
    absurd = found.abs() > limit
    sheet.report("absurd_number", match, absurd)
    return found.set(absurd, None)


def _report_factor(sheet: MappedSheet, match: Match, *factors: float) -> None:
    sheet.note("unit_converted", match, factor="/".join(f"{factor:g}" for factor in factors))


def _parse_capital(sheet: MappedSheet, match: Match) -> pl.Series:
    """Capital in 10,000 yuan: the unit stands in the value, in the header, or is taken for 万元."""
    texts = sheet.read_texts(match)
    found = _parse_numbers(sheet, match)
    with_unit = texts.str.contains("[元万亿]").fill_null(value=False)
    factor = (match.factor or 10_000) / 10_000
    middle = found.filter(~with_unit & (found > 0)).median()
    limits = load_knowledge().limits
    if (
        match.factor is None
        and isinstance(middle, float)
        and middle > limits["capital_in_yuan_above"]
    ):
        factor = 1 / 10_000
        sheet.note("capital_unit_guessed", match)
    elif factor != 1:
        _report_factor(sheet, match, factor)
    capital = (found / 10_000).zip_with(with_unit, found * factor)
    return _limit_numbers(sheet, match, capital, limits["capital"])


def _parse_dates(sheet: MappedSheet, match: Match) -> pl.Series:
    given = sheet.read_values(match)
    found = get_date_parser(match.canonical)(given)
    unread = given.is_not_null() & found.is_null()
    sheet.report("not_a_date", match, unread)
    sheet.note_if_unread(match, int(unread.sum()), given.count())
    return found


def _report_guesses(sheet: MappedSheet) -> None:
    for other, taken in sheet.columns.passed_over:
        label = get_label(sheet.side, taken.canonical)
        sheet.note("column_passed_over", other, canonical=label, taken=join_lines(taken.header))
    for match in sheet.columns.unread_statuses:
        sheet.note("status_unread", match)
    for match in sheet.columns.matches:
        if match.guessed:
            kind = "column_by_content" if match.stage == BY_CONTENT else "column_guessed"
            sheet.note(kind, match, canonical=get_label(sheet.side, match.canonical))


_SPECIAL: Mapping[str, Callable[[MappedSheet, Sequence[Match]], pl.Series]] = {
    "capital": lambda sheet, matches: _parse_capital(sheet, matches[0]),
    # Here "无" and "-" mean no, so blanks stay as given.
    "abnormal": lambda sheet, matches: values.parse_flags(
        values.format_texts(sheet.rows[f"c{matches[0].index}"])
    ),
    **{
        line: lambda sheet, matches: values.format_texts(sheet.rows[f"c{matches[0].index}"])
        for line in ("pension", "unemployment", "injury")
    },
    "abnormal_reason": lambda sheet, matches: _take_first(
        [sheet.read_texts(m) for m in matches]
    ).is_not_null(),
    "phone": lambda sheet, matches: _take_first(
        [values.strip_phones(sheet.read_texts(m)) for m in matches]
    ),
    "former_names": lambda sheet, matches: _join_columns([sheet.read_texts(m) for m in matches]),
}
