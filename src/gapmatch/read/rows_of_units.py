"""Units: rows by line, month or account folded to one row per unit."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import polars as pl

from gapmatch.read.cell_cleaning import SPACES
from gapmatch.read.knowledge import load_knowledge
from gapmatch.read.lines import TAKES_PART, count_lines, get_column
from gapmatch.read.row_checks import PLACE_COLUMNS
from gapmatch.schemas import LINES

# Fewer units with several rows show nothing.
_MIN_UNCLEAR_UNITS = 10
_MIN_MONTHS_OF_UNIT, _MIN_MONTH_SHARE = 1.5, 0.1
"""A list by months has so many of them per unit at the least; a month that so few of the units of
the fullest one have is a slip.
"""
_GONE = "停缴"
_KEYS = ("unit_id", "credit_code", "org_code", "taxpayer_code", "registration_no", "name")


@dataclass(frozen=True)
class RowsOfUnits:
    """Properties of an entire list of lines or of repeated units, by line (``""``: no lines).

    ``listed``: whether it has any row; ``unclear``: whether most units have several rows in their
    newest month, and nothing says why. A few units have several accounts, which add up. Where most
    have several rows, these may as well be months or items, and a sum would count the same persons
    again and again. ``gone_before``: the last but one month of a list by months; a unit without a
    row since then has left the list.
    """

    listed: frozenset[str]
    unclear: frozenset[str]
    gone_before: str | None = None

    @classmethod
    def from_counts(cls, counts: pl.DataFrame) -> Self:
        """Return what ``count_rows_of_units`` of all parts of the list comes to."""
        by_line = counts.filter(pl.col("month").is_null()).group_by("line")
        totals = by_line.agg(pl.col("units", "several").sum()).rows()
        return cls(
            frozenset(line for line, units, _several in totals if units),
            frozenset(
                line
                for line, units, several in totals
                if several >= _MIN_UNCLEAR_UNITS and several * 2 > units
            ),
            _find_last_but_one(counts.drop_nulls("month")),
        )


def _find_last_but_one(counts: pl.DataFrame) -> str | None:
    """Return the last month but one of a list by months: month, units (``""``: all units)."""
    months = counts.group_by("month").agg(pl.col("units").sum()).sort("month")
    every, dated = (months.filter((pl.col("month") == "") == is_all) for is_all in (True, False))
    total, of_months = (int(part["units"].sum()) for part in (every, dated))
    if of_months < _MIN_MONTHS_OF_UNIT * max(1, total):
        return None
    full = dated.filter(pl.col("units") >= _MIN_MONTH_SHARE * pl.col("units").max())
    return full["month"][-2] if full.height > 1 else None


def count_rows_of_units(rows: pl.DataFrame) -> pl.DataFrame:
    """Count units, and those with several rows in their newest month: line, units, several.

    And units by ``month`` (null in the other rows; ``""`` for all units of the list).
    """
    if "line" in rows.columns:
        keyed = rows.with_columns(key=_build_unit_key(rows))
        # A sheet of units that stopped (工伤停保) is no list of those that have the line.
        given = [line for line in LINES if f"{line}_status" in rows.columns]
        going = {line: ~_is_stopped([f"{line}_status"]) for line in given}
        parts = {line: keyed.filter(pl.col(f"is_{line}") & going.get(line, True)) for line in LINES}
    else:
        parts = {"": rows.with_columns(key=_build_repeat_key(rows)).drop_nulls("key")}
    counted = [(line, *_count_units(part)) for line, part in parts.items()]
    schema = {"line": pl.String, "units": pl.Int64, "several": pl.Int64}
    by_line = pl.DataFrame(counted, schema=schema, orient="row")
    return pl.concat([by_line, _count_months(rows)], how="diagonal")


def _count_months(rows: pl.DataFrame) -> pl.DataFrame:
    owned = rows.select(unit=build_unit(rows), month=get_column(rows, "last_paid_month"))
    once = owned.drop_nulls().unique()
    counted = once.group_by("month").agg(units=pl.len().cast(pl.Int64)).sort("month")
    every = pl.DataFrame({"month": [""], "units": [once["unit"].n_unique()]})
    return pl.concat([every, counted])


def _count_units(rows: pl.DataFrame) -> tuple[int, int]:
    if rows["key"].n_unique() == rows.height:
        return rows.height, 0
    month = get_column(rows, "last_paid_month").fill_null("").alias("month")
    newest = rows.select("key", month).filter(pl.col("month") == pl.col("month").max().over("key"))
    sizes = newest.group_by("key").len()["len"]
    return len(sizes), int((sizes > 1).sum())


def build_unit(rows: pl.DataFrame) -> pl.Expr:
    """Return what all rows of one unit have in common, whatever folds them: number, code, name."""
    if "line" in rows.columns:
        return _build_unit_key(rows)
    return pl.coalesce(*_list_unit_texts(rows))


def _list_unit_texts(rows: pl.DataFrame) -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    code = pl.coalesce(get_column(rows, c) for c in ("credit_code", "org_code", "taxpayer_code"))
    return get_column(rows, "unit_id"), code, _normalise_names().fill_null("")


def _normalise_names() -> pl.Expr:
    """Names without spaces, and with brackets of one width: neither makes another name."""
    return pl.col("name").str.replace_many({**dict.fromkeys(SPACES, ""), "（": "(", "）": ")"})


def fold_units(rows: pl.DataFrame, of_list: RowsOfUnits) -> pl.DataFrame:
    """Return one row per unit of a list of lines, or of one with a row per month or account."""
    units = (_fold_lines if "line" in rows.columns else _fold_repeats)(rows, of_list)
    if of_list.gone_before is None:
        return units
    is_gone = (pl.col("last_paid_month") < of_list.gone_before).fill_null(value=False)
    listed = of_list.listed & set(LINES) or LINES
    return units.with_columns(
        pl.when(is_gone).then(pl.lit(_GONE)).otherwise(c).alias(c)
        for c in (f"{line}_status" for line in LINES if line in listed)
    )


def _fold_lines(rows: pl.DataFrame, of_list: RowsOfUnits) -> pl.DataFrame:
    """Return one row per unit from one row per unit and line; the first row's place is the unit's.

    A unit is its number, else its code, else its name. Several rows of one unit and line are added
    up, unless they are of different months: then the latest month holds. Other names of a unit join
    ``former_names``; ``conflict`` marks such units.
    """
    settled = {"line", "row_status", "last_paid_month", *(f"{line}_status" for line in LINES)}
    texts = [c for c in rows.columns if rows.schema[c] == pl.String and c not in settled]
    keyed = rows.with_columns(key=_build_unit_key(rows))
    units = keyed.group_by("key", maintain_order=True).agg(
        *(pl.col(c).drop_nulls().first() for c in texts),
        pl.col("source_row", "data_row", "n").first(),
        pl.col("code_precision_lost").any(),
        get_column(rows, "enroll_date", pl.Date).min(),
        get_column(rows, "last_paid_month").max(),
        *(
            aggregate
            for line in LINES
            for aggregate in _summarise_line(
                rows, line, listed=line in of_list.listed, unclear=line in of_list.unclear
            )
        ),
        _compute_total(rows).alias("insured_total"),
        names=_list_names(),
        unclear=pl.lit(value=bool(of_list.unclear)),
    )
    return _add_former_names(units)


def _fold_repeats(rows: pl.DataFrame, of_list: RowsOfUnits) -> pl.DataFrame:
    """Return one row per unit of a list without lines that has a row per month, account or item.

    Rows are of one unit if they have its number and either its name or months of their own; without
    numbers, its code and name, or its name and months of their own, or its name and county and
    nothing that differs. The newest month holds; of several rows in it, counts that differ add up.
    Columns are those of ``rows``; ``conflict`` marks other names.
    """
    marked = rows.with_columns(key=_build_repeat_key(rows), conflict=pl.lit(value=False))
    several = marked["key"].is_not_null() & marked["key"].is_duplicated()
    if not several.any():
        return marked.drop("key")
    month = get_column(rows, "last_paid_month").fill_null("")
    statuses = [f"{line}_status" for line in LINES]
    newest = (
        marked.filter(several)
        .with_columns(
            month=month,
            stopped=_is_stopped(statuses),
            **{f"own_{c}": _states_this_line_alone(c, statuses) for c in statuses},
        )
        .sort("month", descending=True, maintain_order=True)
    )
    unclear = bool(of_list.unclear)
    own = pl.col("month") == pl.col("month").first()
    counts = [
        c for c in (*(f"{line}_insured" for line in LINES), "insured_total") if c in rows.columns
    ]
    firsts = ("n", "source_row", "data_row")
    texts = [c for c in rows.columns if c not in (*counts, *statuses, *firsts)]
    # Filtered before it is taken, never sorted in a group: polars 2.1 reads beyond the buffer of an
    # all-null column there.
    ongoing = own & ~pl.col("stopped")
    # A row that only says that a line stopped counts nobody, if there is another.
    is_full = own & ~pl.any_horizontal(f"own_{c}" for c in statuses)
    counted = pl.when(is_full.any()).then(is_full).otherwise(own)
    units = newest.group_by("key", maintain_order=True).agg(
        *(pl.col(c).drop_nulls().first() for c in texts),
        pl.col(*firsts).sort_by("n").first(),
        *(_sum_accounts(c, counted, unclear=unclear) for c in counts),
        *(
            pl.when(pl.col(f"own_{c}").filter(own).any())
            .then(pl.col(c).filter(own & pl.col(f"own_{c}")).first())
            .when(ongoing.any())
            .then(pl.col(c).filter(ongoing).first())
            .otherwise(pl.col(c).filter(own).first())
            for c in statuses
        ),
        names=_list_names(),
        unclear=pl.lit(value=unclear),
    )
    units = _add_former_names(units)
    return pl.concat([marked.filter(~several).drop("key"), units], how="diagonal").sort("n")


def _is_stopped(statuses: Sequence[str]) -> pl.Expr:
    known = load_knowledge()
    words = [*known.stopped, *known.arrears]
    return pl.any_horizontal(
        pl.col(c).str.contains_any(words).fill_null(value=False) for c in statuses
    )


def _states_this_line_alone(status: str, statuses: Sequence[str]) -> pl.Expr:
    """Whether a row, as one on a sheet 工伤停保, says of one line that it stopped, and no more."""
    others = [pl.col(c).is_null() for c in statuses if c != status]
    return pl.all_horizontal(_is_stopped([status]), *others)


def _build_repeat_key(rows: pl.DataFrame) -> pl.Expr:
    """The unit that a row is of; null if nothing shows that two rows are of one unit."""
    month = get_column(rows, "last_paid_month")
    number, code, name = _list_unit_texts(rows)
    dated = pl.when((month.n_unique() > 1).over(build_unit(rows)))
    sep = pl.lit("\x1f")
    return pl.coalesce(
        dated.then(number),
        number + sep + name,
        code + sep + name,
        dated.then(_normalise_names()),
        pl.lit(_build_keys_of_uncoded(rows, name + sep + get_column(rows, "county").fill_null(""))),
    )


def _build_keys_of_uncoded(rows: pl.DataFrame, name_and_county: pl.Expr) -> pl.Series:
    """Return ``name_and_county`` where all rows with it lack number and code, and none differs.

    A cell that is blank differs from none.
    """
    number, code, name = _list_unit_texts(rows)
    others = [c for c in rows.columns if c not in (*PLACE_COLUMNS, "name")]
    keyed = rows.select(
        *others, key=pl.when(number.is_null() & code.is_null() & (name != "")).then(name_and_county)
    )
    several = keyed.filter(pl.col("key").is_not_null() & pl.col("key").is_duplicated())
    differing = pl.any_horizontal(pl.col(others).drop_nulls().n_unique() > 1)
    same = several.group_by("key").agg(differing.alias("differs")).filter(~pl.col("differs"))
    return keyed.select(pl.when(pl.col("key").is_in(same["key"].implode())).then("key")).to_series()


def _sum_accounts(column: str, own: pl.Expr, *, unclear: bool) -> pl.Expr:
    """Accounts add up; rows with the same count are taken for one. Unknown if one has none."""
    counts = pl.col(column).filter(own)
    known = pl.when(counts.null_count() == 0)
    return known.then(_add_counts(counts, unclear=unclear)).alias(column)


def _add_counts(counts: pl.Expr, *, unclear: bool) -> pl.Expr:
    summed = pl.lit(None, pl.Int64) if unclear else counts.sum()
    return pl.when(counts.n_unique() == 1).then(counts.first()).otherwise(summed)


def _build_unit_key(rows: pl.DataFrame) -> pl.Expr:
    own = [c for c in _KEYS if c in rows.columns]
    texts = [_normalise_names() if c == "name" else pl.col(c) for c in own]
    return pl.coalesce(pl.lit(f"{c}:") + text for c, text in zip(own, texts, strict=True))


def _summarise_line(
    rows: pl.DataFrame, line: str, *, listed: bool, unclear: bool
) -> tuple[pl.Expr, pl.Expr]:
    """Count and status of one line of a unit, from the rows of that line in its latest month."""
    here = pl.col(f"is_{line}")
    month = get_column(rows, "last_paid_month").fill_null("")
    latest = here & (month == month.filter(here).max())
    count = get_column(rows, "insured_total", pl.Int64)
    counted = count.filter(latest & (count_lines() == 1))
    added = _add_counts(counted, unclear=True) if unclear else counted.sum()
    # The list has rows of this line, and none of this unit: so the unit does not have the line.
    absent = ~here.any() & ((count_lines() > 0) | pl.col("is_other_line")).all()
    own_count = get_column(rows, f"{line}_insured", pl.Int64).max()
    stated = latest & pl.col("row_status").is_not_null()
    size = count.fill_null(0)
    status = pl.col("row_status").filter(stated & (size == size.filter(stated).max()))
    own_status = get_column(rows, f"{line}_status").drop_nulls().first()
    specific = pl.when(own_status != TAKES_PART).then(own_status)
    return (
        # Of rows that add up, one without a count leaves the sum unknown.
        pl.when(counted.count() > 0)
        .then(pl.when(counted.null_count() == 0).then(added))
        .otherwise(pl.coalesce(own_count, pl.when(absent & listed).then(0)))
        .cast(pl.Int64)
        .alias(f"{line}_insured"),
        pl.coalesce(specific, status.first(), own_status).alias(f"{line}_status"),
    )


def _compute_total(rows: pl.DataFrame) -> pl.Expr:
    """The count of rows that name several lines at once: it belongs to none of them."""
    return get_column(rows, "insured_total", pl.Int64).filter(count_lines() > 1).max()


def _list_names() -> pl.Expr:
    """The different names of the rows of a unit, in their order."""
    return pl.col("name").filter(_normalise_names().is_first_distinct()).drop_nulls()


def _add_former_names(units: pl.DataFrame) -> pl.DataFrame:
    """Add further names of folded rows to ``former_names``, and ``conflict`` if there are any."""
    others = pl.col("names").list.slice(1).list.join("；")
    former = pl.concat_str(
        [get_column(units, "former_names"), pl.when(others != "").then(others)],
        separator="；",
        ignore_nulls=True,
    )
    return units.with_columns(
        former_names=pl.when(former != "").then(former), conflict=pl.col("names").list.len() > 1
    ).drop("key", "names")
