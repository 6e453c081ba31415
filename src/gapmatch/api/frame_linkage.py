"""Linking two frames in memory: ``gapmatch.link``."""

from collections.abc import Mapping

import polars as pl

from gapmatch.api.given_frames import Frame, read_frame
from gapmatch.api.public_tables import LINKED_TABLE, select_link_columns
from gapmatch.linkage import link as link_sides
from gapmatch.results.tables import share_links
from gapmatch.run.quarter_run import load_configured_model
from gapmatch.schemas import ENROLLMENT_ROWS, TAX_ROWS
from gapmatch.settings.load import Settings, load_settings
from gapmatch.standardise import find_home_division, standardise_firms, standardise_units


def link(
    tax: Frame,
    enrollment: Frame,
    settings: Settings | None = None,
    *,
    tax_columns: Mapping[str, str] | None = None,
    enrollment_columns: Mapping[str, str] | None = None,
) -> pl.DataFrame:
    """Link two frames in memory: which enrolled unit is which firm's (columns: ``link``).

    ``tax``, ``enrollment``: polars frames, eager or lazy (lazy ones are collected), or pandas
    frames if pandas is installed. Columns as in ``TaxRows`` and ``EnrollmentRows``; ``name`` is
    needed, ``code`` is taken for ``credit_code``, every other column helps if it is there.
    ``tax_columns``, ``enrollment_columns``: what such a column is called in the frame, as in
    ``link(tax, units, tax_columns={"name": "企业名称", "phone": "电话"})``. Numbers that stand
    for texts are read as texts, dates as YYYY-MM-DD. Rows with the same valid code are one firm,
    with the same links. Nothing is stored. Returns a polars frame. Raises ``InputError`` for what
    is no frame, for a column that is not there, and for a value that is not of its column's type.
    """
    settings = settings or load_settings()
    tax_rows = read_frame(tax, TAX_ROWS, "tax", tax_columns or {})
    unit_rows = read_frame(enrollment, ENROLLMENT_ROWS, "enrollment", enrollment_columns or {})
    firms = standardise_firms(tax_rows, None)
    units = standardise_units(unit_rows, find_home_division(tax_rows))
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
