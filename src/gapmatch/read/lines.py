"""Lines of insurance: which ones a list has, with their counts and statuses, in either layout."""

import re

import polars as pl

from gapmatch.read import values
from gapmatch.read.knowledge import load_knowledge
from gapmatch.read.source_names import SOURCE, add_named_value, add_source_value
from gapmatch.schemas import LINES, DataType

_TAKES_PART = "参保"


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
    rows = _split_line_columns(rows, counted)
    status = _build_status(rows)
    wide = {f"{line}_status": _combine_statuses(rows, line, status) for line in LINES}
    if "line" not in rows.columns:
        return rows.with_columns(**wide)
    rows = rows.with_columns(**_build_line_flags(), row_status=status)
    counts = _list_counts(rows)
    if not counts or "insured_total" in rows.columns:
        return rows
    own = [pl.when(f"is_{c.removesuffix('_insured')}").then(c) for c in counts]
    only = pl.when(count_lines() == 1).then(pl.coalesce(own))
    return rows.with_columns(insured_total=only)


def _combine_statuses(rows: pl.DataFrame, line: str, status: pl.Expr) -> pl.Expr:
    """The status of a line: its own, else the row's; 是 in a column of the line is no own one.

    Arrears (欠费) end nothing.
    """
    own = _replace_codes(get_column(rows, f"{line}_status"))
    is_over = status.str.contains_any(list(load_knowledge().stopped)).fill_null(value=False)
    return pl.when(is_over & (own == _TAKES_PART)).then(status).otherwise(pl.coalesce(own, status))


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


def _parse_participation(texts: pl.Series) -> pl.Series:
    known = load_knowledge()
    upper = texts.str.to_uppercase()
    return pl.select(
        pl.when(upper.is_in(list(known.yes)))
        .then(pl.lit(_TAKES_PART))
        .when(upper.is_in(list(known.no)))
        .then(pl.lit("未参保"))
        .otherwise(texts)
    ).to_series()


def _build_status(rows: pl.DataFrame) -> pl.Expr:
    """The status that holds for all lines: of payment, else of enrollment, else from flags."""
    known = load_knowledge()
    return pl.coalesce(
        _replace_codes(get_column(rows, "pay_status")),
        _replace_codes(get_column(rows, "enroll_status")),
        pl.when(get_column(rows, "arrears_flag").str.to_uppercase().is_in(list(known.yes))).then(
            pl.lit("欠费")
        ),
        pl.when(get_column(rows, "paid_flag").str.to_uppercase().is_in(list(known.no))).then(
            pl.lit("欠费")
        ),
        pl.when(get_column(rows, "paid_flag").is_not_null()).then(pl.lit("正常缴费")),
    )


def _replace_codes(texts: pl.Expr) -> pl.Expr:
    """Write codes of statuses (1, 2, 3, 是, 否) in words."""
    codes = dict(load_knowledge().status_codes)
    code = texts.str.to_uppercase().str.replace(r"^0(\d)$", "$1")
    words = code.replace_strict(codes, default=None)
    return pl.coalesce(words, texts)


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
