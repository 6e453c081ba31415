"""Blocking: measured by the full cross join, told by its rules, and never quadratic."""

import numpy as np
import polars as pl
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from invented_rows import enrollment_rows, standardised, tax_rows
from linked_lists import lists_of

from gapmatch.linkage.block import MAX_KEY_PAIRS, RULES, block
from gapmatch.linkage.compare import compare
from gapmatch.linkage.frequencies import compute_rarities
from gapmatch.linkage.weights import compute_parts, gather_evidence
from gapmatch.settings.load import LinkageSettings

TOP = LinkageSettings().candidates_per_unit


def blocked(tax, enrollment):
    firms, units = standardised(tax_rows(tax), enrollment_rows(enrollment))
    return block(*lists_of(firms, units), TOP)


def rules_of(mask):
    return {name for bit, name in enumerate(RULES) if mask >> bit & 1}


def test_nearly_all_that_the_cross_join_finds_are_candidates(small_lists, small_linkage):
    firms, units = small_lists.firms.rows, small_lists.units.rows.gather_every(4)
    candidates = block(*small_lists, TOP).pairs
    found = [
        weighed(
            pairs.filter(pl.col("unit").is_in(units["unit"].implode())), small_lists, small_linkage
        )
        for pairs in iterate_all_pairs(firms.height, small_lists.units.rows.height, 400_000)
    ]
    links = pl.concat(found)
    best = links.sort("weight", "firm", descending=[True, False]).unique("unit", keep="first")
    missed = best.join(candidates, on=["firm", "unit"], how="anti").height
    assert best.height > 50
    assert missed / best.height <= 0.001


def iterate_all_pairs(firms, units, batch):
    """Yield the full cross join in batches of about ``batch`` pairs."""
    step = batch // units
    all_units = pl.DataFrame({"unit": range(units)}, schema={"unit": pl.UInt32})
    for start in range(0, firms, step):
        some = range(start, min(start + step, firms))
        batch_of_firms = pl.DataFrame({"firm": some}, schema={"firm": pl.UInt32})
        yield batch_of_firms.join(all_units, how="cross").with_columns(
            pl.lit(0, pl.UInt32).alias("rules")
        )


def weighed(pairs, lists, linkage):
    """Pairs that are more likely than not to be one firm, with their weights."""
    compared = compare(pairs, *lists).with_columns(settled=pl.lit(0.0))
    rarity = compute_rarities(compared, lists.firms, lists.units, lists.index)
    counts = (lists.firms.rows.height, lists.units.rows.height)
    evidence = gather_evidence(compared, rarity, counts)
    weight = np.sum(list(compute_parts(linkage.model, evidence).values()), axis=0)
    frame = compared.select("firm", "unit", pl.Series("weight", weight))
    return frame.filter(pl.Series((weight > 0) & evidence.eligible))


def test_candidates_are_unique_and_each_remembers_its_rules(small_lists):
    pairs = block(*small_lists, TOP).pairs
    assert not pairs.select("firm", "unit").is_duplicated().any()
    assert pairs["rules"].is_between(1, 2 ** len(RULES) - 1).all()


PROPOSED = [
    ({"credit_code": "91520303MA6DQN1X0E"}, {"org_code": "MA6DQN1X0"}, "organisation"),
    ({"credit_code": "91520303MA6DQN1X0E"}, {"credit_code": "91520303MA6DQN1XOE"}, "code_near"),
    ({"credit_code": "91520303MA6DQN1X0E"}, {"credit_code": "915203O3MA6DQN1X0E"}, "organisation"),
    ({"name": "遵义砚柘商贸有限公司"}, {"name": "遵义砚柘商贸有限责任公司"}, "standard_name"),
    ({"name": "遵义砚柘商贸有限公司"}, {"name": "砚柘商贸公司"}, "core"),
    ({"name": "遵义砚柘坊"}, {"name": "遵义砚拓坊"}, "core_near"),
    ({"name": "遵义宏福农资有限公司"}, {"name": "遵义宏农福资有限公司"}, "letters"),
    ({"name": "遵义青叶实业公司"}, {"name": "遵义清业石页公司"}, "sound"),
    ({"legal_rep": "王砚生", "county": "汇川区"}, {"legal_rep": "王 砚生", "county": "遵义市汇川区"}, "person_place"),
    ({"phone": "13800000001"}, {"phone": "+86 13800000001"}, "phone"),
    ({"name": "砚柘商贸有限公司桐梓分公司"}, {"name": "砚柘商贸有限公司"}, "head_office"),
    ({"name": "遵义砚柘云岭蓝山青石墨池商贸有限公司"}, {"name": "砚柘云岭蓝山青石墨池国际矿业有限公司"}, "bigrams"),
]  # fmt: skip


@pytest.fixture(scope="module")
def proposed():
    """The rules by which each pair was proposed, all of them in two lists."""
    firms, units = standardised(
        tax_rows([{"name": "甲乙商行", "seq": str(n), **f} for n, (f, *_) in enumerate(PROPOSED)]),
        enrollment_rows(
            [{"name": "丙丁农庄", "unit_id": str(n), **u} for n, (_, u, _) in enumerate(PROPOSED)]
        ),
    )
    found = block(*lists_of(firms, units), TOP).pairs.join(firms, on="firm").join(units, on="unit")
    own = found.filter(pl.col("seq") == pl.col("unit_id"))
    return {int(number): rules_of(mask) for number, mask in own.select("seq", "rules").rows()}


@pytest.mark.parametrize("number", range(len(PROPOSED)))
def test_a_pair_is_proposed_by_the_rule_that_is_meant_for_it(proposed, number):
    *_, rule = PROPOSED[number]
    assert rule in proposed[number]


def test_rows_without_anything_are_nobodys_candidates():
    found = blocked([{"name": None}, {"name": ""}], [{"name": None}, {"name": "（）"}])
    assert found.pairs.height == 0


def test_a_key_of_too_many_rows_is_left_out_and_told():
    rows = [{"name": f"遵义砚柘{n}号商行", "phone": "13800000001"} for n in range(3000)]
    found = blocked(rows, rows[:1000])
    told = found.skipped.filter(pl.col("rule") == "phone").row(0, named=True)
    assert (told["key"], told["firms"], told["units"]) == ("13800000001", 3000, 1000)
    assert found.pairs.height < 60_000


@given(st.integers(1, 60), st.integers(1, 60))
@settings(max_examples=4, deadline=None, phases=[Phase.generate])
def test_a_shared_key_is_paired_as_long_as_it_is_not_too_common(firms, units):
    row = {"name": "遵义砚柘商行", "phone": "13800000001"}
    found = blocked([row] * firms, [row] * units)
    by_phone = found.pairs.filter(pl.col("rules") & (1 << RULES.index("phone")) > 0)
    assert by_phone.height == (firms * units if firms * units <= MAX_KEY_PAIRS else 0)
