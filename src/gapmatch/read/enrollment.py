"""Enrollment: lines and statuses of either layout, and line rows folded to one row per unit."""

import re

import polars as pl

from gapmatch.read import values
from gapmatch.read.knowledge import shipped

LINES = ("pension", "unemployment", "injury")
_KEYS = ("unit_id", "credit_code", "org_code", "taxpayer_code", "registration_no", "name")


def settle_lines(rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows with ``<line>_insured`` and ``<line>_status`` from whatever the extract has.

    A column headed by nothing but the line ("养老保险") holds a count or a status, as its values
    show. A single status column stands for all lines. Adds ``is_<line>`` where there is a line column.
    """
    rows = _bare_line_columns(rows)
    status = _status(rows)
    wide = {
        f"{line}_status": pl.coalesce(_present(rows, f"{line}_status"), status) for line in LINES
    }
    if "line" not in rows.columns:
        return rows.with_columns(**wide)
    rows = rows.with_columns(**_line_flags(), row_status=status)
    return rows


def _present(rows: pl.DataFrame, column: str) -> pl.Expr:
    return pl.col(column) if column in rows.columns else pl.lit(None, dtype=pl.String)


def _bare_line_columns(rows: pl.DataFrame) -> pl.DataFrame:
    for line in LINES:
        if line not in rows.columns:
            continue
        texts = rows[line]
        counts = values.numbers(texts)
        if counts.null_count() * 2 < len(texts) + texts.null_count():
            target, series = f"{line}_insured", counts.round().cast(pl.Int64, strict=False)
        else:
            target, series = f"{line}_status", _participation(texts)
        if target not in rows.columns:
            rows = rows.with_columns(series.alias(target))
    return rows


def _participation(texts: pl.Series) -> pl.Series:
    known = shipped()
    upper = texts.str.to_uppercase()
    return pl.select(
        pl.when(upper.is_in(list(known.yes)))
        .then(pl.lit("参保"))
        .when(upper.is_in(list(known.no)))
        .then(pl.lit("未参保"))
        .otherwise(texts)
    ).to_series()


def _status(rows: pl.DataFrame) -> pl.Expr:
    """The status that holds for all lines: of payment, else of enrollment, else what flags say."""
    known = shipped()
    return pl.coalesce(
        _present(rows, "pay_status"),
        _present(rows, "enroll_status"),
        pl.when(_present(rows, "arrears_flag").str.to_uppercase().is_in(list(known.yes))).then(
            pl.lit("欠费")
        ),
        pl.when(_present(rows, "paid_flag").str.to_uppercase().is_in(list(known.no))).then(
            pl.lit("欠费")
        ),
        pl.when(_present(rows, "paid_flag").is_not_null()).then(pl.lit("正常缴费")),
    )


def _line_flags() -> dict[str, pl.Expr]:
    """Which lines the line column names; it may name several ("养老、失业")."""
    words = {line: "|".join(map(re.escape, found)) for line, found in shipped().lines.items()}
    ignored = pl.col("line").str.contains(words["none"]).fill_null(value=False)
    several = pl.sum_horizontal(pl.col("line").str.contains(words[line]) for line in LINES) > 1
    return {
        f"is_{line}": (pl.col("line").str.contains(words[line]) & (~ignored | several)).fill_null(
            value=False
        )
        for line in LINES
    }


def fold(rows: pl.DataFrame) -> pl.DataFrame:
    """Return one row per unit from one row per unit and line; the first row's place is the unit's.

    A unit is its number, else its code, else its name. Several rows of one unit and line are added
    up, unless they are of different months: then the latest month holds. ``members`` lists the
    indices ``n`` of the rows of a unit, ``conflict`` tells what differs between them.
    """
    keyed = rows.with_columns(key=_unit_key(rows))
    texts = [
        c
        for c in keyed.columns
        if keyed.schema[c] == pl.String and c not in ("key", "line", "row_status")
    ]
    units = keyed.group_by("key", maintain_order=True).agg(
        *(pl.col(c).drop_nulls().first() for c in texts),
        *(pl.col(c).first() for c in ("source_row", "data_row", "n")),
        pl.col("code_precision_lost").any(),
        *(pl.col(c).min() for c in ("enroll_date",) if c in keyed.columns),
        *(_line_aggregates(keyed)),
        pl.col("n").alias("members"),
        pl.col("name").drop_nulls().unique(maintain_order=True).alias("names"),
    )
    others = pl.col("names").list.slice(1).list.join("；")
    return (
        units.with_columns(
            former_names=pl.concat_str(
                [_present(units, "former_names"), pl.when(others != "").then(others)],
                separator="；",
                ignore_nulls=True,
            ),
            conflict=pl.col("names").list.len() > 1,
        )
        .with_columns(
            former_names=pl.when(pl.col("former_names") != "").then(pl.col("former_names"))
        )
        .drop("key", "names")
    )


def _unit_key(rows: pl.DataFrame) -> pl.Expr:
    own = [pl.lit(f"{c}:") + pl.col(c) for c in _KEYS if c in rows.columns]
    return pl.coalesce(own)


def _line_aggregates(rows: pl.DataFrame) -> list[pl.Expr]:
    count = (
        pl.col("insured_total") if "insured_total" in rows.columns else pl.lit(None, dtype=pl.Int64)
    )
    month = pl.col("last_paid_month") if "last_paid_month" in rows.columns else pl.lit("")
    single = pl.sum_horizontal(f"is_{line}" for line in LINES) == 1
    aggregates = []
    for line in LINES:
        here = pl.col(f"is_{line}")
        latest = here & (month.fill_null("") == month.fill_null("").filter(here).max())
        counted = count.filter(latest & single)
        own = (
            pl.col(f"{line}_insured").max()
            if f"{line}_insured" in rows.columns
            else pl.lit(None, dtype=pl.Int64)
        )
        aggregates += [
            pl.when(counted.count() > 0)
            .then(counted.sum())
            .otherwise(own)
            .cast(pl.Int64)
            .alias(f"{line}_insured"),
            pl.col("row_status")
            .filter(latest)
            .sort_by(count.filter(latest).fill_null(0), descending=True, maintain_order=True)
            .drop_nulls()
            .first()
            .alias(f"{line}_status"),
        ]
    several = count.filter(~single & pl.any_horizontal(f"is_{line}" for line in LINES)).max()
    return [*aggregates, several.alias("insured_total")]
