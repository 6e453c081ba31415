"""Rows of one sheet to canonical columns: texts, codes, numbers, dates, and their defects."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property

import polars as pl
from polars import selectors as cs

from gapmatch.read import values
from gapmatch.read.column_refusals import get_label
from gapmatch.read.knowledge import COUNTS, DATES, MONEY, PERSONS, join_lines, load_knowledge
from gapmatch.read.mapping import BY_CONTENT
from gapmatch.read.months import get_date_parser
from gapmatch.read.read_model import ColumnMap, Finding, Grid, Match, Side
from gapmatch.read.status_marks import MARKS, read_by_polarity, read_marks
from gapmatch.schemas import CODES, LINES

# A code with a letter, or a short one: nothing to take off it, and no digits that Excel could cut.
_PLAIN_CODE = "^[0-9A-Z]*[A-DF-Z][0-9A-Z]*$|^[0-9]{1,15}$"
# Of 18-digit codes in a text file, so many end in 000 only if Excel rounded them.
_MIN_ROUNDED_SHARE = 0.05
_MIN_ROUNDED = 3
# A number beyond the precision of floats is a slip (1E+400, a number of a card), not an
# amount.
_MAX_NUMBER = 2**53
# So many units of one person or none, each of them, are no list; unless a header says 人数（人）.
_MIN_FLAGS = 50
_COUNTED = re.compile(r"(?i)[(（](?:人|persons)[)）]")


@dataclass
class MappedSheet:
    """One sheet on its way: raw data rows, what its columns stand for, and what was found."""

    side: Side
    grid: Grid
    rows: pl.DataFrame
    columns: ColumnMap
    money: float | None = None
    """Factor of the unit of money that stands above the table."""
    unit_column: int | None = None
    """Column that gives the unit of money of each row."""
    findings: list[Finding] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)
    """Columns whose errors were reported."""

    @cached_property
    def words_for_nothing(self) -> tuple[list[str], list[str], frozenset[str]]:
        """The texts that mean nothing, those that show an error, and the columns with either."""
        texts = self.rows.select(f"c{m.index}" for m in self.columns.matches).select(cs.string())
        begins_with_digit = pl.all().is_between(pl.lit("0"), pl.lit(":"), closed="left")
        is_short = (pl.all().str.len_bytes() <= _MAX_BLANK_BYTES) & ~begins_with_digit
        found = texts.select(pl.all().filter(is_short).unique().implode())
        lists = [column.explode() for column in found]
        short = pl.concat([pl.Series(dtype=pl.String), *(c.rename("") for c in lists)])
        short = short.drop_nulls().unique()
        short = short.filter(~short.str.contains(_IS_ORDINARY))
        plain = short.str.to_uppercase()
        wide = short.str.contains(r"[\x{FF01}-\x{FF5E}\x{3000}]")
        if wide.any():
            folded = [unicodedata.normalize("NFKC", t).strip().upper() for t in short.filter(wide)]
            plain = plain.scatter(wide.arg_true(), folded)
        is_error = plain.is_in(_list_words("errors")) | plain.str.contains(_ERROR)
        # What stands around a word does not matter (无。 [空]); marks alone are no word at all.
        bare = plain.str.replace_all(_AROUND, "")
        words = _list_words("blanks")
        is_blank = plain.is_in(words) | bare.is_in(words) | (bare == "")
        nothing, errors = short.filter(is_blank).to_list(), short.filter(is_error).to_list()
        odd = pl.Series([*nothing, *errors], dtype=pl.String).implode()
        columns = [texts.name for texts in lists if texts.is_in(odd).any()]
        return nothing, errors, frozenset(columns)

    def read_texts(self, match: Match) -> pl.Series:
        """The texts of a column; null if blank or a word for "none"."""
        texts = values.format_texts(self.rows[f"c{match.index}"])
        nothing, errors, columns = self.words_for_nothing
        if f"c{match.index}" not in columns:
            return texts
        if errors and match.index not in self.seen:
            self.seen.add(match.index)
            self.report("error_value", match, texts.is_in(errors))
        return texts.set(texts.is_in([*nothing, *errors]), None)

    def list_factors(self) -> pl.Series:
        """The factor of the unit of money of each row whose header names none."""
        above = self.money or 1.0
        if self.unit_column is None:
            return _repeat(above, self.rows.height)
        texts = values.format_texts(self.rows[f"c{self.unit_column}"])
        own = texts.replace_strict(load_knowledge().units, default=None, return_dtype=pl.Float64)
        return own.fill_null(above)

    def read_values(self, match: Match) -> pl.Series:
        """A column of numbers or dates as it is, else its texts."""
        column = self.rows[f"c{match.index}"]
        return column if values.is_native(column) else self.read_texts(match)

    def note(self, kind: str, match: Match, **facts: str | int) -> None:
        """Add a finding on a column as a whole."""
        header = join_lines(match.header)
        self.findings.append(Finding(kind, None, header, None, self.grid.sheet, facts))

    def note_if_unread(self, match: Match, unread: int, filled: int) -> bool:
        """Add a finding if most ``filled`` cells of a column cannot be read; return whether so."""
        is_unread = unread * 2 > filled
        if is_unread:
            self.note("column_unread", match, count=unread)
        return is_unread

    def report(self, kind: str, match: Match, bad: pl.Series, **facts: str | int) -> None:
        """Add a finding for each row where ``bad`` is true."""
        if not bad.any():
            return
        picked = self.rows.filter(bad.fill_null(value=False))
        shown = values.format_texts(picked[f"c{match.index}"])
        self.findings += [
            Finding(kind, row, join_lines(match.header), value, self.grid.sheet, facts)
            for row, value in zip(picked["source_row"], shown, strict=True)
        ]


# Words for nothing are short, begin with no digit and are no code: what else is not looked at.
_MAX_BLANK_BYTES = 24
_IS_ORDINARY = "^[^:]*[0-9]{2}|[A-Za-z0-9] "
# Errors of a formula that no list has are spelt like the others (#FIELD!).
_ERROR = r"^#[A-Z/0_]{2,15}[!?]+$|^#{3,}$|^ERR:\d+$"
# Marks of yes and no are no blanks.
_AROUND = r"^[^\p{L}\p{N}√✓✔☑×✗✘■●○]+|[^\p{L}\p{N}√✓✔☑×✗✘■●○]+$"


@cache
def _list_words(name: str) -> list[str]:
    words = load_knowledge().layout[name]
    folded = (unicodedata.normalize("NFKC", word).strip() for word in words)
    return sorted({word.upper() for word in (*words, *folded)})


def canonicalise(sheet: MappedSheet) -> pl.DataFrame:
    """Return the canonical columns of a sheet with their origin; add findings to ``sheet``."""
    columns: dict[str, pl.Series] = {}
    lost = pl.Series([False] * sheet.rows.height, dtype=pl.Boolean)
    for canonical, matches in sheet.columns.columns.items():
        if canonical == MARKS:
            continue
        if canonical in CODES or canonical == "unit_id":
            columns[canonical], lost_here = _parse_codes(sheet, matches)
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
    factors = sheet.list_factors() if match.factor is None else _repeat(match.factor, len(found))
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


def _repeat(factor: float, count: int) -> pl.Series:
    return pl.Series([factor], dtype=pl.Float64).new_from_index(0, count)


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


def _parse_codes(sheet: MappedSheet, matches: Sequence[Match]) -> tuple[pl.Series, pl.Series]:
    """Return codes as given (the first column that has one) and where Excel cut their tail."""
    texts, lost = [], []
    for match in matches:
        clean, cut = _clean_codes(sheet, match)
        sheet.report("code_precision_lost", match, cut)
        texts.append(clean)
        lost.append(cut)
    first = _take_first(texts)
    if not any(cut.any() for cut in lost):
        return first, lost[0]
    used = [t.is_not_null() & t.eq_missing(first) & c for t, c in zip(texts, lost, strict=True)]
    return first, pl.select(pl.any_horizontal(used)).to_series()


def _clean_codes(sheet: MappedSheet, match: Match) -> tuple[pl.Series, pl.Series]:
    """Return the codes of a column and where they lost their tail; only odd ones are looked at."""
    raw = sheet.read_texts(match)
    lost = pl.Series([False] * len(raw), dtype=pl.Boolean)
    odd = (~raw.str.contains(_PLAIN_CODE)).fill_null(value=False).arg_true()
    if odd.is_empty():
        return raw, lost
    given = raw.gather(odd)
    _report_several_codes(sheet, match, given, odd)
    clean = values.strip_codes(given)
    cut = _has_lost_precision(sheet, match, given, clean, odd)
    return raw.clone().scatter(odd, clean), lost.scatter(odd, cut)


# Two codes or more in a cell; blanks alone may stand within one, if it is not long enough.
_SEVERAL_CODES = (
    r"^[0-9A-Za-z\-]{8,20}(?:\s*[/／|\\,，;；、]+\s*[0-9A-Za-z\-]{8,20})+$"
    r"|^[0-9A-Za-z]{15,20}(?:\s+[0-9A-Za-z]{15,20})+$"
)


def _report_several_codes(
    sheet: MappedSheet, match: Match, given: pl.Series, rows: pl.Series
) -> None:
    """Report cells with several codes, as they stand: the linkage compares each of them."""
    several = given.str.contains(_SEVERAL_CODES).fill_null(value=False)
    if match.canonical != "unit_id" and several.any():
        marked = pl.Series([False] * sheet.rows.height, dtype=pl.Boolean).scatter(rows, several)
        sheet.report("several_codes", match, marked)


def _has_lost_precision(
    sheet: MappedSheet, match: Match, raw: pl.Series, clean: pl.Series, rows: pl.Series
) -> pl.Series:
    long = clean.str.contains("^[0-9]{16,}$").fill_null(value=False)
    scientific = values.is_scientific(raw.str.strip_chars(" '’\t"))
    if not long.any():
        return scientific & long
    if sheet.rows[f"c{match.index}"].dtype.is_float():
        return long
    if sheet.grid.numeric is not None:
        stored = sheet.grid.numeric([match.index]).to_series()
        return long & (stored.gather(sheet.rows["place"].gather(rows)) | scientific)
    return (long & scientific) | _is_rounded(clean)


def _is_rounded(codes: pl.Series) -> pl.Series:
    """18-digit numbers that end in 000 if there are more of them than chance makes."""
    numbers = codes.str.contains("^[0-9]{18}$").fill_null(value=False)
    rounded = numbers & codes.str.ends_with("000").fill_null(value=False)
    enough = max(_MIN_ROUNDED, _MIN_ROUNDED_SHARE * int(numbers.sum()))
    return rounded & pl.Series([int(rounded.sum()) >= enough])


def _report_guesses(sheet: MappedSheet) -> None:
    for other, taken in sheet.columns.passed_over:
        label = get_label(sheet.side, taken.canonical)
        sheet.note("column_passed_over", other, canonical=label, taken=join_lines(taken.header))
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
