"""Linking two frames in memory: ``gapmatch.link``."""

import polars as pl

from gapmatch.api.public_tables import LINKED_TABLE, select_link_columns
from gapmatch.errors import InputError
from gapmatch.i18n import _
from gapmatch.linkage import link as link_sides
from gapmatch.results.tables import share_links
from gapmatch.run.quarter_run import load_configured_model
from gapmatch.schemas import ENROLLMENT_ROWS, TAX_ROWS, Table
from gapmatch.settings.load import Settings, load_settings
from gapmatch.standardise import find_home_division, standardise_firms, standardise_units


def link(
    tax: pl.DataFrame, enrollment: pl.DataFrame, settings: Settings | None = None
) -> pl.DataFrame:
    """Link two frames in memory: which enrolled unit is which firm's (columns: ``link``).

    ``tax``, ``enrollment``: columns as in ``TaxRows`` and ``EnrollmentRows``, all texts; ``name``
    is needed, ``code`` is taken for ``credit_code``, every other column helps where it is there.
    Nothing is stored. Raises ``InputError`` if a frame has no column ``name``.
    """
    settings = settings or load_settings()
    rows = (
        _prepare_rows(tax, TAX_ROWS, "tax"),
        _prepare_rows(enrollment, ENROLLMENT_ROWS, "enrollment"),
    )
    firms = standardise_firms(rows[0], None)
    units = standardise_units(rows[1], find_home_division(rows[0]))
    originals = firms.filter(pl.col("duplicate_of").is_null())
    links = link_sides(originals, units, load_configured_model(settings), settings.linkage).links
    found = share_links(links, firms)
    first = firms.select("firm", pl.col("data_row").alias("tax_row"), "name")
    second = units.select(
        "unit", pl.col("data_row").alias("enrollment_row"), pl.col("name").alias("unit_name")
    )
    winners = first.select(pl.col("firm").alias("lost_to"), pl.col("tax_row").alias("lost_to_row"))
    frame = (
        select_link_columns(found)
        .join(first, on="firm", how="left")
        .join(second, on="unit", how="left")
        .join(winners, on="lost_to", how="left")
    )
    order = ["tax_row", "weight", "enrollment_row"]
    return LINKED_TABLE.complete(
        frame.sort(order, descending=[False, True, False], nulls_last=True).drop(
            "firm", "unit", "lost_to"
        )
    )


def _prepare_rows(frame: pl.DataFrame, table: Table, side: str) -> pl.DataFrame:
    """Return ``frame`` as rows read: promised columns, numbered, duplicates marked."""
    if "name" not in frame.columns:
        raise InputError(
            _("{side} 缺少 name 列，现有：{columns}").format(
                side=side, columns="、".join(frame.columns)
            ),
            _("请把名称列改名为 name。"),
        )
    if "code" in frame.columns and "credit_code" not in frame.columns:
        frame = frame.rename({"code": "credit_code"})
    known = frame.select(c for c in frame.columns if c in table.columns)
    row = pl.int_range(1, pl.len() + 1, dtype=pl.Int64)
    numbered = known.with_columns(
        pl.lit(side).alias("source_file"),
        row.alias("data_row"),
        row.alias("source_row"),
        pl.lit(value=False).alias("is_duplicate"),
    )
    return table.complete(numbered)
