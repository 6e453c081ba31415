"""What stands behind the verdict on each row of a list to verify, one row per row of the list."""

import polars as pl

from gapmatch.forms.pairs import compare_pairs, drop_implied
from gapmatch.i18n import _
from gapmatch.results.listed_rows import ORIGIN, ListedRows
from gapmatch.results.run_results import PublishInput
from gapmatch.results.tables import fill_county, select_unit_columns
from gapmatch.schemas import LINES
from gapmatch.vocabulary.labels import label_county, label_listed_verdicts
from gapmatch.wording.sentences import list_line_names


def describe_verdicts(results: PublishInput, listed: ListedRows) -> pl.DataFrame:
    """Return, for each row of ``listed`` in its order, the columns that its verdict adds.

    ``verdict`` (in words), ``unit_name``, ``unit_id``, ``insured_count`` (persons), ``lines``,
    ``evidence``, ``county``, ``visit`` (in which tier) and ``repeats`` (the row that the same firm
    has). A row that could not be compared is to be settled.
    """
    known = _describe_known_firms(results)
    # Text files have no sheet; two sheets of one file have the same rows.
    joined = listed.rows.select(ORIGIN).join(
        known, on=ORIGIN, how="left", nulls_equal=True, maintain_order="left"
    )
    unread = pl.col("verdict").is_null()
    return joined.select(
        pl.col("verdict").fill_null("to_settle").replace(label_listed_verdicts()),
        *("unit_name", "unit_id", "insured_count", "lines"),
        pl.when(unread)
        .then(pl.lit(_("这一行没有名称和代码，无从核查，请核对原表")))
        .otherwise("evidence")
        .alias("evidence"),
        *("county", "visit", "repeats"),
    )


def _describe_known_firms(results: PublishInput) -> pl.DataFrame:
    gaps = results.gaps.join(select_unit_columns(results), on="unit", how="left")
    firms = results.firms.select("firm", "duplicate_of", *ORIGIN, fill_county())
    tiers = results.targets.select("firm", "tier")
    labels = {name: label_county(name) for name in firms["county_name"].unique().to_list()}
    return (
        firms.join(gaps, on="firm", how="left", maintain_order="left")
        .join(_compare_units(results), on=["firm", "unit"], how="left", maintain_order="left")
        .join(tiers, on="firm", how="left", maintain_order="left")
        .join(_name_original_rows(firms), on="duplicate_of", how="left", maintain_order="left")
        .select(
            *ORIGIN,
            *("verdict", "unit_name", "unit_id", "insured_count"),
            _describe_lines(gaps).alias("lines"),
            _join_evidence().alias("evidence"),
            pl.col("county_name").replace(labels).alias("county"),
            pl.col("tier").replace(_label_tiers()).alias("visit"),
            pl.col("repeated_row").alias("repeats"),
        )
    )


def _label_tiers() -> dict[str, str]:
    return {"A": _("本季走访"), "B": _("下季走访"), "C": _("以后走访")}


def _name_original_rows(firms: pl.DataFrame) -> pl.DataFrame:
    """Return each firm as the row that others list again, in words."""
    row = pl.format(_("同一户：{}第{}行"), "source_file", "source_row").alias("repeated_row")
    return firms.select(pl.col("firm").alias("duplicate_of"), row)


def _compare_units(results: PublishInput) -> pl.DataFrame:
    """Return firm, unit and what the two have in common, for the units that a status rests on."""
    pairs = results.gaps.select("firm", "unit").drop_nulls()
    compared = compare_pairs(results, pairs)
    return compared.select("firm", "unit", drop_implied("agrees"), "differs")


def _join_evidence() -> pl.Expr:
    """Why the row has its verdict: what the run found, then how firm and unit compare."""
    agrees = pl.format(_("与参保单位相同的：{}"), _null_if_empty("agrees"))
    differs = pl.format(_("不同的：{}"), _null_if_empty("differs"))
    reason, note = pl.col("status_reason").fill_null(""), _null_if_empty("headcount_conflict")
    conflict = pl.when(~reason.str.contains(note, literal=True)).then(
        pl.format(_("注意：{}"), note)
    )
    operates = pl.when(pl.col("verdict").is_in(["confirmed", "to_settle"])).then(
        pl.format(_("经营迹象：{}"), _null_if_empty("operates_evidence"))
    )
    likely = (100 * pl.col("probability_operates")).round(0).cast(pl.Int64)
    weighed = pl.when(verdict="to_settle").then(pl.format(_("在经营的可能性{}%"), likely))
    parts = ("status_reason", agrees, differs, operates, weighed, conflict)
    return pl.concat_str(*parts, separator=_("；"), ignore_nulls=True)


def _null_if_empty(column: str) -> pl.Expr:
    return pl.when(pl.col(column) != "").then(pl.col(column))


def _describe_lines(gaps: pl.DataFrame) -> pl.Expr:
    """Return the persons insured by line: ``养老 12、失业 12、工伤 13``; null if unknown."""
    names = list_line_names()
    pieces = [
        pl.when(pl.col(f"insured_{line}") > 0).then(
            pl.format("{} {}", pl.lit(names[line]), pl.col(f"insured_{line}"))
        )
        for line in LINES
        if f"insured_{line}" in gaps.columns
    ]
    if not pieces:
        return pl.lit(None, pl.String)
    text = pl.concat_str(*pieces, separator=_("、"), ignore_nulls=True)
    return pl.when(text != "").then(text)
