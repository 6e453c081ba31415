"""The CSV files: contract columns first, rows in the order of their contents."""

import io
from collections.abc import Iterable

import polars as pl

from gapmatch.privacy import mask_text
from gapmatch.results.policy_texts import name_items
from gapmatch.results.run_results import PublishInput
from gapmatch.schemas import CODES, LINKS, UNKNOWN_COUNTY

LINK_COLUMNS = (
    "tax_row",
    "taxpayer_code",
    "taxpayer_name",
    "unit_id",
    "unit_name",
    "unit_code",
    "probability",
    "decision",
    "basis",
    "source_file",
    "county",
    "weight",
    "relation",
    "lost_to_tax_row",
    "lost_to_name",
    "lost_by",
)
GAP_COLUMNS = (
    "tax_row",
    "taxpayer_code",
    "taxpayer_name",
    "county",
    "status",
    "probability_uninsured",
    "source_file",
    "town",
    "unit_id",
    "unit_name",
    "unit_code",
    "status_reason",
    "probability_operates",
    "operates_evidence",
    "headcount",
    "headcount_low",
    "headcount_high",
    "headcount_basis",
    "headcount_conflict",
    "insured_count",
    "lines_missing",
    "is_duplicate",
    "same_firm_tax_row",
    "same_firm_source_file",
)
TARGET_COLUMNS = (
    "rank",
    "county_rank",
    "tier",
    "tax_row",
    "taxpayer_code",
    "taxpayer_name",
    "county",
    "town",
    "kind",
    "priority",
    "expected_new_enrollees",
    "reason",
    "source_file",
    "policies",
    "subsidy_estimate",
    "enrolling_cost",
    "drawn_at_random",
    "case_number",
    "case_state",
)
DEFECT_COLUMNS = (
    "source_file",
    "source_row",
    "column",
    "value",
    "defect",
    "consequence",
    "kind",
    "side",
    "source_sheet",
)

_CONTENT_ORDER = ("county", "taxpayer_code", "taxpayer_name", "source_file", "tax_row")

_FORMULA = r"^[=+\-@\t\r\n＝＋－＠]"
"""How a text begins that a spreadsheet would take for a formula."""

# Digits after the point: enough for every use, few enough to be the same on every machine.
_DECIMALS = {"probability": 6, "weight": 4, "lost_by": 4, "priority": 6, "headcount": 2}
_DECIMALS_ELSE = 4


def build_links_table(results: PublishInput) -> pl.DataFrame:
    """Return ``links.csv``: best candidates, matches and reviews, at each row of a firm."""
    parts = [c for c in results.links.columns if c.startswith("part_")]
    table = (
        share_links(results.links, results.firms)
        .join(select_firm_columns(results), on="firm", how="left")
        .join(select_unit_columns(results), on="unit", how="left")
        .join(_select_lost_to(results), on="lost_to", how="left")
    )
    order = [*_CONTENT_ORDER, "weight", "unit_id", "unit"]
    table = table.sort(order, descending=[column == "weight" for column in order])
    return table.select(*LINK_COLUMNS, *parts)


def share_links(links: pl.DataFrame, firms: pl.DataFrame) -> pl.DataFrame:
    """Return LINKS with a copy for every further row of a firm that FIRMS lists several times."""
    repeats = firms.filter(pl.col("duplicate_of").is_not_null())
    if repeats.is_empty():
        return links
    again = repeats.select(pl.col("duplicate_of").alias("firm"), again="firm")
    copies = links.join(again, on="firm").with_columns(pl.col("again").alias("firm"))
    return pl.concat([links, copies.drop("again")])


def select_link_columns(links: pl.DataFrame) -> pl.DataFrame:
    """Return LINKS with parts and levels, without what else the linkage worked with."""
    columns = (c for c in links.columns if c in LINKS.columns or c.startswith(("part_", "level_")))
    return links.select(columns)


def build_gaps_table(results: PublishInput) -> pl.DataFrame:
    """Return ``gaps.csv``: every row with its one status, of a list to verify its ``verdict``."""
    verify = results.run_info.get("settings", {}).get("tax_list") == "verify"
    table = (
        results.gaps.with_columns(pl.col("status").cast(pl.String))
        .join(select_firm_columns(results), on="firm", how="left")
        .join(_same_firm(results.firms), on="firm", how="left")
        .join(select_unit_columns(results), on="unit", how="left")
    )
    return table.sort(*_CONTENT_ORDER).select(*GAP_COLUMNS, *(["verdict"] if verify else []))


def build_targets_table(results: PublishInput) -> pl.DataFrame:
    """Return ``targets.csv``: the firms to visit, first one first."""
    parts = sorted(c for c in results.targets.columns if c.startswith("priority_"))
    named = add_cases(results.targets).with_columns(name_items(results.targets, "policies"))
    table = named.join(select_firm_columns(results), on="firm", how="left")
    return table.sort("rank", *_CONTENT_ORDER).select(*TARGET_COLUMNS, *parts)


FIRM_TABLES = {"gaps": build_gaps_table, "links": build_links_table, "targets": build_targets_table}
"""The tables on firms, by the names of their files."""


def add_cases(targets: pl.DataFrame) -> pl.DataFrame:
    """Return ``targets`` with ``case_number`` and ``case_state``, empty if no ledger gave them."""
    missing = [c for c in ("case_number", "case_state") if c not in targets.columns]
    return targets.with_columns(pl.lit(None, pl.String).alias(column) for column in missing)


def build_defects_table(results: PublishInput) -> pl.DataFrame:
    """Return ``defects.csv``: what is wrong in the extracts, phones and identity cards masked."""
    table = results.defects.with_columns(mask_text("value"))
    return table.select(*DEFECT_COLUMNS).sort("side", *DEFECT_COLUMNS[:7], nulls_last=True)


def select_firm_columns(results: PublishInput) -> pl.DataFrame:
    """Return firm with what every list has on it; the code is the taxpayer's, or another."""
    codes = ("taxpayer_code", "credit_code", "org_code", "registration_no")
    return results.firms.select(
        "firm",
        pl.col("data_row").alias("tax_row"),
        _choose_first_given(codes).alias("taxpayer_code"),
        pl.col("name").alias("taxpayer_name"),
        fill_county().alias("county"),
        select_filled("town").alias("town"),
        "source_file",
        "is_duplicate",
    )


def select_unit_columns(results: PublishInput) -> pl.DataFrame:
    """Return unit with the columns that every list has on it."""
    return results.units.select(
        "unit",
        "unit_id",
        pl.col("name").alias("unit_name"),
        _choose_first_given(CODES).alias("unit_code"),
    )


def fill_county() -> pl.Expr:
    """Return the county of a firm; a firm without one belongs to the county 未知."""
    return select_filled("county_name").fill_null(UNKNOWN_COUNTY)


def encode_csv(table: pl.DataFrame) -> bytes:
    """Return ``table`` as UTF-8 with BOM, numbers rounded, texts that Excel would run made safe."""
    texts = [c for c, dtype in table.schema.items() if dtype == pl.String]
    # Hardly any column has such a text: the others need not be written anew.
    risky = table.select(pl.col(c).str.contains(_FORMULA).any() for c in texts)
    safe = round_numbers(table).with_columns(
        _escape_formula(c) for c in texts if risky.height and risky[c][0]
    )
    encoded = io.BytesIO()
    safe.write_csv(encoded, include_bom=True, line_terminator="\n")
    return encoded.getvalue()


def round_numbers(table: pl.DataFrame) -> pl.DataFrame:
    """Return ``table`` with its numbers rounded to what is the same on every machine."""
    numbers = [c for c, dtype in table.schema.items() if dtype.is_float()]
    return table.with_columns(pl.col(c).round(_count_decimals(c)) + 0.0 for c in numbers)


def _escape_formula(column: str) -> pl.Expr:
    """Put ``'`` before a text that a spreadsheet takes for a formula (OWASP), not before ``-5``."""
    text = pl.col(column)
    risky = text.str.contains(_FORMULA)
    number = text.str.contains(r"^[+\-]?[0-9]+(\.[0-9]+)?$")
    return pl.when(risky & ~number).then("'" + text).otherwise(text).alias(column)


def _count_decimals(column: str) -> int:
    stem = column.split("_", maxsplit=1)[0]
    return _DECIMALS.get(column, _DECIMALS.get(stem, _DECIMALS_ELSE))


def _same_firm(firms: pl.DataFrame) -> pl.DataFrame:
    """Return, for rows of a firm that is listed several times, which row represents it."""
    first = firms.select(
        pl.col("firm").alias("duplicate_of"),
        pl.col("data_row").alias("same_firm_tax_row"),
        pl.col("source_file").alias("same_firm_source_file"),
    )
    return firms.select("firm", "duplicate_of").join(first, on="duplicate_of").drop("duplicate_of")


def _select_lost_to(results: PublishInput) -> pl.DataFrame:
    return results.firms.select(
        pl.col("firm").alias("lost_to"),
        pl.col("data_row").alias("lost_to_tax_row"),
        pl.col("name").alias("lost_to_name"),
    )


def _choose_first_given(columns: Iterable[str]) -> pl.Expr:
    return pl.coalesce(*(select_filled(column) for column in columns))


def select_filled(column: str) -> pl.Expr:
    """Return a text column in which blank counts as missing."""
    text = pl.col(column)
    return pl.when(text.str.strip_chars() != "").then(text)
