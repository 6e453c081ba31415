"""Both sides of a linkage as its stages take them."""

from collections.abc import Sequence
from typing import NamedTuple

import polars as pl

from gapmatch.linkage import Linkage, link, load_shipped_model
from gapmatch.linkage.bigrams import BigramIndex
from gapmatch.linkage.sides import SideRows, make_side
from gapmatch.settings.load import LinkageSettings
from invented_rows import Row, enrollment_rows, standardised, tax_rows


class Lists(NamedTuple):
    """Both sides, and the index over their names."""

    firms: SideRows
    units: SideRows
    index: BigramIndex


def lists_of(firms: pl.DataFrame, units: pl.DataFrame) -> Lists:
    """Return FIRMS and UNITS as the linkage sees them."""
    left, right = make_side("firm", firms), make_side("unit", units)
    return Lists(left, right, BigramIndex.build(left.names, right.names))


def link_rows(tax: Sequence[Row], enrollment: Sequence[Row]) -> Linkage:
    """Link short descriptions of rows with the shipped model and settings."""
    return link(
        *standardised(tax_rows(tax), enrollment_rows(enrollment)),
        load_shipped_model(),
        LinkageSettings(),
    )
