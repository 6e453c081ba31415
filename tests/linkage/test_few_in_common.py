"""Long lists with few firms in common, and lists that lack what is compared."""

from itertools import product

import numpy as np
import polars as pl
import pytest
from invented_rows import enrollment_rows, standardised, tax_rows

from gapmatch.linkage import link, load_shipped_model
from gapmatch.linkage.levels import LADDERS
from gapmatch.linkage.sampling import draw_random_pairs
from gapmatch.linkage.weights import compute_parts, gather_chance, gather_evidence, refine
from gapmatch.settings.load import LinkageSettings

SYLLABLES = "柏槿蔚澜岚泓澍煜珩璟霖桐樾昀"
TRADES = ("商贸", "建材", "食品", "物流", "机械", "农业")
COMPARED = ("code", "person", "phone", "county", "address")


def invented_names(count):
    trios = product(SYLLABLES, SYLLABLES, SYLLABLES, TRADES)
    every = [f"黔中市{a}{b}{c}{trade}有限公司" for a, b, c, trade in trios]
    return [every[at] for at in np.random.default_rng(1).permutation(len(every))[:count]]


@pytest.mark.parametrize(("firms", "units", "common"), [(300, 6_000, 6), (1_500, 3_000, 15)])
def test_equal_names_are_linked_however_few_firms_the_lists_have_in_common(firms, units, common):
    names = invented_names(firms + units - common)
    tax = tax_rows([{"name": name} for name in names[:firms]])
    enrolled = enrollment_rows([{"name": name} for name in names[:common] + names[firms:]])
    left, right = standardised(tax, enrolled)
    found = link(left, right, load_shipped_model(), LinkageSettings()).links
    named = (
        found.filter(pl.col("decision") == "match")
        .join(left.select("firm", "name"), on="firm")
        .join(right.select("unit", unit_name="name"), on="unit")
    )
    assert sorted(named["name"]) == sorted(names[:common])
    assert (named["name"] == named["unit_name"]).all()


def compared_pairs(count, firms, units, unmade):
    """Random levels, but missing throughout where the lists cannot be compared."""
    random = np.random.default_rng(count)
    cells = random.choice(firms * units, count, replace=False)
    columns = {"firm": cells // units, "unit": cells % units}
    for comparison, ladder in LADDERS.items():
        columns[comparison] = random.integers(0, len(ladder), count)
        if comparison in unmade:
            columns[comparison][:] = ladder.index("missing")
    frame = pl.DataFrame(columns).with_columns(settled=pl.lit(0.0))
    return frame.cast({"firm": pl.UInt32, "unit": pl.UInt32})


@pytest.mark.parametrize("unmade", [*((c,) for c in COMPARED), COMPARED])
@pytest.mark.parametrize(("firms", "units"), [(20, 30), (5_000, 200), (200, 200_000)])
def test_a_comparison_that_one_side_cannot_make_weighs_exactly_nothing(unmade, firms, units):
    pairs = compared_pairs(300, firms, units, unmade)
    evidence = gather_evidence(pairs, pl.DataFrame(), (firms, units))
    drawn = draw_random_pairs(firms, units).head(300)
    chance = compared_pairs(drawn.height, firms, units, unmade)
    model = refine(load_shipped_model(), evidence, gather_chance(chance, {}))
    told = compute_parts(model, evidence)
    assert {c: float(np.abs(told[c]).max()) for c in unmade} == dict.fromkeys(unmade, 0.0)


def test_what_a_list_lacks_weighs_nothing_in_any_link():
    names = invented_names(400)
    tax = tax_rows(
        [{"name": n, "legal_rep": "甲乙丙", "phone": "13900000000"} for n in names[:300]]
    )
    enrolled = enrollment_rows([{"name": name} for name in names[200:]])
    sides = standardised(tax, enrolled)
    found = link(*sides, load_shipped_model(), LinkageSettings()).links.drop_nulls("unit")
    told = found.select(pl.col(f"part_{c}").abs().max() for c in COMPARED).row(0)
    assert found.height >= 100
    assert told == (0.0,) * len(COMPARED)


@pytest.mark.parametrize(("firms", "every"), [(20, 5), (60, 5), (150, 8), (150, 12), (300, 5)])
def test_second_accounts_leave_equal_names_of_a_short_list_sure(firms, every):
    enrolled = invented_names(1_900)
    units = [*enrolled, *enrolled[:firms:every]]
    left, right = standardised(
        tax_rows([{"name": name} for name in enrolled[:firms]]),
        enrollment_rows([{"name": name, "unit_id": str(n)} for n, name in enumerate(units)]),
    )
    found = link(left, right, load_shipped_model(), LinkageSettings()).links
    assert found["decision"].unique().to_list() == ["match"]
    assert (found["probability"] > 0.95).all()
