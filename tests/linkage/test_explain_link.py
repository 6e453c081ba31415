"""A link's weight read aloud: every part has words, and the parts add up."""

import polars as pl
import pytest

from gapmatch.explanation.link_parts import explain_link, list_part_labels
from gapmatch.i18n import set_language
from gapmatch.linkage import link, load_shipped_model
from gapmatch.settings.load import LinkageSettings


@pytest.fixture(params=["zh", "en"])
def language(request):
    set_language(request.param)
    yield request.param
    set_language("zh")


@pytest.fixture(scope="module")
def settled_links(small_sides):
    """Links of the small prefecture after people spoke about three pairs."""
    firms, units = small_sides
    said = pl.DataFrame(
        {"firm": [0, 1, 2], "unit": [0, 1, 2], "decision": ["same", "different", "unsure"]},
        schema_overrides={"firm": pl.UInt32, "unit": pl.UInt32},
    )
    found = link(firms, units, load_shipped_model(), LinkageSettings(), said)
    return found.links.filter(pl.col("unit").is_not_null())


def test_every_part_of_a_weight_has_words(settled_links, language):
    parts = {c.removeprefix("part_") for c in settled_links.columns if c.startswith("part_")}
    assert parts <= set(list_part_labels())
    assert all(list_part_labels().values())


def test_the_parts_of_a_link_are_told_with_both_values_and_add_up(
    settled_links, small_sides, language
):
    firms, units = small_sides
    some = pl.concat([settled_links.filter(pl.col("part_decision") != 0), settled_links.head(60)])
    for row in some.to_dicts():
        told = explain_link(
            row, firms.row(row["firm"], named=True), units.row(row["unit"], named=True)
        )
        assert sum(part.weight for part in told) == pytest.approx(row["weight"], abs=0.1)
        name = next(part for part in told if part.name == "name")
        assert (name.firm_value, name.unit_value) == (
            firms["name"][row["firm"]],
            units["name"][row["unit"]],
        )
        assert name.level
