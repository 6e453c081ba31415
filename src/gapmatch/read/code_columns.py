"""Columns of codes: what is stripped off them, and where Excel cut their tail."""

from collections.abc import Sequence

import polars as pl

from gapmatch.read import values
from gapmatch.read.mapped_sheet import MappedSheet
from gapmatch.read.read_model import Match

# A code with a letter, or a short one: nothing to take off it, and no digits that Excel could cut.
_PLAIN_CODE = "^[0-9A-Z]*[A-DF-Z][0-9A-Z]*$|^[0-9]{1,15}$"
# Of 18-digit codes in a text file, so many end in 000 only if Excel rounded them.
_MIN_ROUNDED_SHARE = 0.05
_MIN_ROUNDED = 3
# Two codes or more in a cell; blanks alone may stand within one, if it is not long enough.
_SEVERAL_CODES = (
    r"^[0-9A-Za-z\-]{8,20}(?:\s*[/／|\\,，;；、]+\s*[0-9A-Za-z\-]{8,20})+$"
    r"|^[0-9A-Za-z]{15,20}(?:\s+[0-9A-Za-z]{15,20})+$"
)


def parse_codes(sheet: MappedSheet, matches: Sequence[Match]) -> tuple[pl.Series, pl.Series]:
    """Return codes as given (the first column that has one) and where Excel cut their tail."""
    texts, lost = [], []
    for match in matches:
        clean, cut = _clean_codes(sheet, match)
        sheet.report("code_precision_lost", match, cut)
        texts.append(clean)
        lost.append(cut)
    first = pl.select(pl.coalesce(texts)).to_series()
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
