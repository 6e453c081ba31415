"""Lines of insurance: which ones a list has, with their counts and statuses, in either layout."""

import re

import polars as pl

from gapmatch.read import values
from gapmatch.read.knowledge import load_knowledge
from gapmatch.read.months import NO_YEAR, parse_months
from gapmatch.read.source_names import SOURCE, add_named_value, add_source_value
from gapmatch.schemas import LINES, DataType

TAKES_PART = "参保"
_RESUMED = "恢复参保"
MARKED_STATUS = "marked_status"
"""What columns of marks say of a row (``status_marks``)."""
_OWED, _LONG_OWED, MAX_MONTHS_OWED = "欠费", "长期欠费", 12
"""Contributions could be deferred by a year (阶段性缓缴, 2022): who owes more pays no more."""


def infer_lines(rows: pl.DataFrame) -> pl.DataFrame:
    """Give rows without a line column the line that their sheet or file is of.

    Sources with a sheet or file for each line look like that: each is named after one ("养老",
    "失业"), or has counts of one alone; only if all are, and not all of the same.
    """
    if {"line", *LINES} & set(rows.columns):
        return rows
    counts = _list_counts(rows)
    if not counts:
        return add_named_value(rows, "line", _find_line)
    words = [load_knowledge().lines[c.removesuffix("_insured")][0] for c in counts]
    counted = rows.group_by(SOURCE).agg(pl.col(counts).count() > 0)
    of_source = {
        (file, sheet): words[has.index(True)] if sum(has) == 1 else None
        for file, sheet, *has in counted.select(*SOURCE, *counts).rows()
    }
    return add_source_value(rows, "line", of_source.get)


def _list_counts(rows: pl.DataFrame) -> list[str]:
    """Return the columns that count the persons of a line."""
    return [f"{line}_insured" for line in LINES if f"{line}_insured" in rows.columns]


def _find_line(text: str) -> str | None:
    words = {
        line: [w for w in found if not w.isdecimal()]
        for line, found in load_knowledge().lines.items()
    }
    found = [w for line in LINES for w in words[line] if w in text]
    return found[0] if len(found) == 1 and not any(w in text for w in words["none"]) else None


def count_line_cells(rows: pl.DataFrame) -> pl.DataFrame:
    """Count cells of columns headed by a line alone: ``cells``, ``blank``, ``unread`` by line."""
    counted = []
    for line in (line for line in LINES if line in rows.columns):
        unread = values.parse_numbers(rows[line]).null_count()
        counted.append((line, rows.height, rows[line].null_count(), unread))
    schema = {"line": pl.String, "cells": pl.Int64, "blank": pl.Int64, "unread": pl.Int64}
    return pl.DataFrame(counted, schema=schema, orient="row")


def find_counted_lines(cells: pl.DataFrame) -> frozenset[str]:
    """Return the lines whose columns hold numbers of persons, not statuses."""
    totals = cells.group_by("line").agg(pl.col("cells", "blank", "unread").sum())
    counted = totals.filter(pl.col("unread") * 2 < pl.col("cells") + pl.col("blank"))
    return frozenset(counted["line"])


def settle_lines(rows: pl.DataFrame, counted: frozenset[str]) -> pl.DataFrame:
    """Return rows with ``<line>_insured`` and ``<line>_status`` from whatever the extract has.

    A column headed by nothing but the line ("养老保险") holds a count if the line is among
    ``counted``, else a status. A single status column stands for all lines. Adds ``is_<line>`` if
    there is a line column.
    """
    rows = _split_line_texts(_split_line_columns(rows, counted))
    rows = _add_row_status(rows, _describe_arrears(rows))
    if "line" not in rows.columns:
        of_lines = {f"{line}_status": _combine_statuses(rows, line) for line in LINES}
        return rows.with_columns(**of_lines).drop("row_status", "is_over")
    rows = rows.drop("is_over").with_columns(**_build_line_flags())
    counts = _list_counts(rows)
    if not counts or "insured_total" in rows.columns:
        return rows
    own = [pl.when(f"is_{c.removesuffix('_insured')}").then(c) for c in counts]
    only = pl.when(count_lines() == 1).then(pl.coalesce(own))
    return rows.with_columns(insured_total=only)


def _add_row_status(rows: pl.DataFrame, owed: pl.Series) -> pl.DataFrame:
    """Add ``row_status``, the one of all lines of a row, and ``is_over``: by it they stopped.

    Columns, and no expressions: each line asks for them several times.
    """
    known = rows.with_columns(row_status=pl.coalesce(_build_status(rows), pl.lit(owed)))
    marked = _mark_over(known)
    if owed.null_count() == len(owed):
        return marked
    # Arrears since a month may turn out to be long: they outrank 正常, but what is over stays so.
    is_dated = pl.lit(owed != _OWED) & ~pl.col("is_over")
    outranked = pl.when(pl.lit(owed == _LONG_OWED) | is_dated).then(pl.lit(owed))
    return _mark_over(marked.with_columns(row_status=outranked.otherwise("row_status")))


def _mark_over(rows: pl.DataFrame) -> pl.DataFrame:
    stopped = list(load_knowledge().stopped)
    is_over = pl.col("row_status").str.contains_any(stopped).fill_null(value=False)
    return rows.with_columns(is_over=is_over)


def _combine_statuses(rows: pl.DataFrame, line: str) -> pl.Expr:
    """The status of a line: its own, else the row's; 是 in a column of the line is no own one.

    Arrears (欠费) end nothing, unless they are long.
    """
    column, status = f"{line}_status", pl.col("row_status")
    if column not in rows.columns:
        return status
    own = replace_codes(pl.col(column))
    is_over = (pl.col("is_over") & (own == TAKES_PART)) | (status == _LONG_OWED)
    return pl.when(is_over).then(status).otherwise(pl.coalesce(own, status))


def get_column(rows: pl.DataFrame, column: str, dtype: DataType = pl.String) -> pl.Expr:
    """The column, or nulls if the extract has none."""
    return pl.col(column) if column in rows.columns else pl.lit(None, dtype).alias(column)


def _split_line_columns(rows: pl.DataFrame, counted: frozenset[str]) -> pl.DataFrame:
    for line in LINES:
        if line not in rows.columns:
            continue
        texts = rows[line]
        if line in counted:
            counts = values.parse_numbers(texts)
            target, series = f"{line}_insured", counts.round().cast(pl.Int64, strict=False)
        else:
            target, series = f"{line}_status", _parse_participation(texts)
        if target not in rows.columns:
            rows = rows.with_columns(series.alias(target))
    return rows


_PIECE_END = r"(?:养老|失业|工伤|医疗|生育|[,，;；、。|/+&\s()（）]|$)"


def _split_line_texts(rows: pl.DataFrame) -> pl.DataFrame:
    """Give lines the status that a text names behind them: 养老:正常,工伤:停保.

    Such a text stands in a column of statuses or of lines; a line of its own column keeps that.
    """
    for column in ("pay_status", "enroll_status", "line"):
        if column not in rows.columns or not _name_lines(rows[column].unique()):
            continue
        pieces = {line: _extract_piece(rows[column], line) for line in LINES}
        given = pl.any_horizontal(piece.is_not_null() for piece in pieces.values())
        named = pl.select(given).to_series()
        if not named.any():
            continue
        is_line = column == "line"
        for line, piece in pieces.items():
            # 养老、失业停保: what is said of the last holds for all.
            entire = pl.when(named & _names_line(rows[column], line) & (not is_line)).then(column)
            own = get_column(rows, f"{line}_status")
            status = pl.coalesce(own, pl.lit(piece), entire).alias(f"{line}_status")
            rows = rows.with_columns(status)
        if not is_line:
            rows = rows.with_columns(pl.when(~named).then(column).alias(column))
    return rows


def _extract_piece(texts: pl.Series, line: str) -> pl.Series:
    """Return what a text says behind a line's name, if it is a status."""
    known = load_knowledge()
    if not _names_line(texts, line).any():
        return texts.clear(len(texts))
    words = "|".join(_list_words(line))
    behind = texts.str.extract(rf"(?:{words})(?:保险)?\s*[:：=（(\-—]?\s*(.+?){_PIECE_END}")
    words_of_status = [*known.stopped, *known.arrears, *known.active]
    is_status = behind.str.contains_any(words_of_status).fill_null(value=False)
    return behind.set(~is_status, None)


def _name_lines(texts: pl.Series) -> bool:
    return any(_names_line(texts, line).any() for line in LINES)


def _names_line(texts: pl.Series, line: str) -> pl.Series:
    return texts.str.contains_any(_list_words(line)).fill_null(value=False)


def _list_words(line: str) -> list[str]:
    return [word for word in load_knowledge().lines[line] if not word.isdecimal()]


def _parse_participation(texts: pl.Series) -> pl.Series:
    known = load_knowledge()
    upper = texts.str.to_uppercase()
    return pl.select(
        pl.when(upper.is_in(list(known.yes)))
        .then(pl.lit(TAKES_PART))
        .when(upper.is_in(list(known.no)))
        .then(pl.lit("未参保"))
        .otherwise(texts)
    ).to_series()


def _describe_arrears(rows: pl.DataFrame) -> pl.Series:
    """Return 欠费, 长期欠费 or 欠费（2018-05-01起）, as columns say; null if nothing is owed.

    How long a month since which contributions are owed is ago depends on the quarter
    (``vocabulary.arrears``).
    """
    found = pl.Series("owed", [None], dtype=pl.String).new_from_index(0, rows.height)
    if "arrears_since" in rows.columns:
        since = parse_months(rows["arrears_since"])
        dated = since.set(since.str.starts_with(NO_YEAR), None)
        day = dated.str.to_date("%Y%m", strict=False).dt.to_string("%Y-%m-%d")
        found = pl.select(pl.format(f"{_OWED}（{{}}起）", day)).to_series()
        found = found.zip_with(found.is_not_null() | since.is_null(), found.fill_null(_OWED))
    if "arrears_months" in rows.columns:
        owed = pl.lit(values.parse_numbers(rows["arrears_months"]))
        text = (
            pl.when(owed > MAX_MONTHS_OWED)
            .then(pl.lit(_LONG_OWED))
            .when(owed > 0)
            .then(pl.coalesce(pl.lit(found), pl.lit(_OWED)))
            .when(owed.is_null())
            .then(pl.lit(found))
        )
        found = pl.select(text).to_series()
    return found


def _build_status(rows: pl.DataFrame) -> pl.Expr:
    """The status that holds for all lines: of payment, else of enrollment, else from flags."""
    known = load_knowledge()
    status = pl.coalesce(
        replace_codes(get_column(rows, "pay_status")),
        replace_codes(get_column(rows, "enroll_status")),
        pl.when(get_column(rows, "arrears_flag").str.to_uppercase().is_in(list(known.yes))).then(
            pl.lit("欠费")
        ),
        pl.when(get_column(rows, "paid_flag").str.to_uppercase().is_in(list(known.no))).then(
            pl.lit("欠费")
        ),
        pl.when(get_column(rows, "paid_flag").is_not_null()).then(pl.lit("正常缴费")),
    )
    if MARKED_STATUS not in rows.columns:
        return status
    marked, stopped = pl.col(MARKED_STATUS), list(known.stopped)
    is_out = marked.str.contains_any(stopped) & ~status.str.contains_any(stopped).fill_null(
        value=False
    )
    return pl.when(is_out).then(marked).otherwise(pl.coalesce(status, marked))


def replace_codes(texts: pl.Expr) -> pl.Expr:
    """Write codes of statuses (1, 2, 3, 是, 否) in words; who stopped and resumed goes on."""
    known = load_knowledge()
    code = texts.str.to_uppercase().str.replace(r"^0(\d)$", "$1")
    words = code.replace_strict(dict(known.status_codes), default=None)
    resumed, not_resumed = known.polarity["resumed"], known.polarity["not_resumed"]
    goes_on = texts.str.contains_any(resumed) & ~texts.str.contains_any(not_resumed)
    return pl.coalesce(words, pl.when(goes_on).then(pl.lit(_RESUMED)), texts)


def _build_line_flags() -> dict[str, pl.Expr]:
    """Which lines the line column names; it may name several ("养老、失业")."""
    words = {
        line: "|".join(map(re.escape, found)) for line, found in load_knowledge().lines.items()
    }
    ignored = pl.col("line").str.contains(words["none"]).fill_null(value=False)
    several = pl.sum_horizontal(pl.col("line").str.contains(words[line]) for line in LINES) > 1
    flags = {
        f"is_{line}": (pl.col("line").str.contains(words[line]) & (~ignored | several)).fill_null(
            value=False
        )
        for line in LINES
    }
    return {**flags, "is_other_line": ignored}


def count_lines() -> pl.Expr:
    """How many lines the line column of a row names."""
    return pl.sum_horizontal(f"is_{line}" for line in LINES)
