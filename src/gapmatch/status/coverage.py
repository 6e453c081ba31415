"""Persons insured by unit and line, and the share of each firm linked to the unit."""

from collections.abc import Mapping, Sequence

import polars as pl

from gapmatch.schemas import LINES
from gapmatch.settings.ranking import StatusWords
from gapmatch.vocabulary.status_words import match_meaning


def list_reported_lines(units: pl.DataFrame) -> tuple[str, ...]:
    """Return the lines with data in the extract, or those that are stated for a part of one."""
    if "stated_lines" in units.columns and units.height:
        return tuple(line for line in str(units["stated_lines"][0]).split(",") if line)
    return tuple(line for line in LINES if _has_values(units, line))


def derive_unit_lines(units: pl.DataFrame, words: StatusWords) -> pl.DataFrame:
    """Return one row per unit: ``insured_<line>`` (persons, 0: none, null: unknown),
    ``stopped`` (payment stopped in every line that the unit has), ``overdue`` (the last month paid,
    if long past: nobody is insured any more; see ``prepare_units``), ``unclear`` (its status, if
    no known word explains it) and ``pays`` (it insures somebody).

    A count that is not given is unknown: no line is missing, and no unit is without insured
    persons, unless the extract states it. A unit without anything but its name is taken to pay:
    being listed is the only evidence.
    """
    known_lines = list_reported_lines(units)
    meanings = {line: match_meaning(f"{line}_status", words.payment) for line in LINES}
    stopped = [meanings[line] == "stopped" for line in known_lines]
    overdue = pl.col("overdue") if "overdue" in units.columns else pl.lit(None, pl.String)
    late = overdue.is_not_null()
    frame = units.select(
        "unit",
        *(
            _count_insured(
                line,
                pl.when(late).then(pl.lit("stopped")).otherwise(meanings[line]),
                known=line in known_lines,
            ).alias(f"insured_{line}")
            for line in LINES
        ),
        stopped=pl.all_horizontal(s.fill_null(value=True) for s in stopped)
        & pl.any_horizontal(s.fill_null(value=False) for s in stopped)
        if stopped
        else pl.lit(value=False),
        total=pl.when(late).then(0).otherwise("insured_total"),
        overdue=overdue,
        unclear=_find_unclear(known_lines, meanings),
    )
    counted = pl.max_horizontal(*(f"insured_{line}" for line in LINES), "total")
    # A total counts every line; without one, any line without a count may insure somebody.
    uncounted = [pl.col(f"insured_{line}").is_null() for line in known_lines]
    unknown = pl.col("total").is_null() & (
        pl.any_horizontal(uncounted) if uncounted else pl.lit(value=True)
    )
    return frame.with_columns(
        pays=~pl.col("stopped")
        & pl.col("overdue").is_null()
        & ((counted > 0).fill_null(value=False) | unknown)
    )


def _find_unclear(lines: Sequence[str], meanings: Mapping[str, pl.Expr]) -> pl.Expr:
    """Return a unit's status if none of ``lines`` has one with a meaning; else null."""
    if not lines:
        return pl.lit(None, pl.String)
    clear = pl.any_horizontal(meanings[line].is_not_null() for line in lines)
    return pl.when(~clear).then(pl.coalesce(f"{line}_status" for line in lines))


def compute_coverage(links: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """Return a row per linked firm: best ``unit``, ``insured_<line>``, ``insured_count``, ``pays``.

    ``links`` has firm, unit, probability, declared (persons or null), matches only; ``lines``: what
    ``derive_unit_lines`` returned. A firm with several
    insurance accounts has their sum; a unit that serves several firms is shared among them by the
    persons that they declare. ``unclear``: a status without a meaning, if no account pays without
    one.
    """
    persons = pl.col("declared").clip(lower_bound=1).fill_null(1)
    shared = links.join(lines, on="unit", how="left", maintain_order="left").with_columns(
        part=persons / persons.sum().over("unit")
    )
    counts = [f"insured_{line}" for line in LINES]
    ordered = shared.sort("firm", "probability", "unit", descending=[False, True, False])
    return (
        ordered.group_by("firm", maintain_order=True)
        .agg(
            pl.col("unit").first(),
            *(_compute_part(c).alias(c) for c in (*counts, "total")),
            pl.col("pays").any(),
            pl.col("stopped").all(),
            pl.col("overdue").max(),
            pl.when(~(pl.col("pays") & pl.col("unclear").is_null()).any()).then(
                pl.col("unclear").max()
            ),
        )
        .with_columns(insured_count=pl.max_horizontal(*counts, "total"))
        .drop("total")
    )


def _has_values(units: pl.DataFrame, line: str) -> bool:
    columns = (f"{line}_insured", f"{line}_status")
    return any(units[c].null_count() < units.height for c in columns if c in units.columns)


def _count_insured(line: str, meaning: pl.Expr, *, known: bool) -> pl.Expr:
    """Return persons insured in ``line``: none if payment stopped, null if no count is given."""
    if not known:
        return pl.lit(None, pl.Int64)
    count = pl.col(f"{line}_insured").clip(lower_bound=0)
    total = pl.when(meaning == "active").then(pl.col("insured_total"))
    return pl.when(meaning == "stopped").then(0).otherwise(pl.coalesce(count, total)).cast(pl.Int64)


def _compute_part(column: str) -> pl.Expr:
    """Return the firm's whole persons insured, one at least; null without an account's count."""
    persons = pl.col(column) * pl.col("part")
    some = (pl.col(column) > 0).any()
    total_persons = persons.sum().round(0).cast(pl.Int64)
    return pl.when(pl.col(column).is_not_null().all()).then(
        pl.when(some).then(total_persons.clip(lower_bound=1)).otherwise(0)
    )
