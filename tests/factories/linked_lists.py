"""Both sides of a linkage as its stages take them."""

from collections.abc import Sequence
from typing import NamedTuple

import polars as pl
from invented_rows import Row, enrollment_rows, standardised, tax_rows

from gapmatch.linkage import Linkage, link, load_shipped_model
from gapmatch.linkage.bigrams import BigramIndex, Flags, Floats
from gapmatch.linkage.classify import choose_cheapest, select_for_review
from gapmatch.linkage.sides import SideRows, make_side
from gapmatch.settings.load import LinkageSettings


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


def decide(probability: Floats, assigned: Flags, settings: LinkageSettings) -> pl.Series:
    """Return match, review or non_match for each pair, as if nothing else competed for its unit."""
    decision, saved = choose_cheapest(probability, assigned, settings)
    looked_at = pl.Series(select_for_review(saved, settings.review_budget))
    return decision.to_frame().select(
        pl.when(looked_at).then(pl.lit("review")).otherwise("decision").alias("decision")
    )["decision"]
