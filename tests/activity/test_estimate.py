"""Does a firm operate, how many work there: robust to what extracts lack or get wrong."""

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from invented_firms import firms_of, market

from gapmatch.activity.estimate import estimate_activity, find_missing_inputs
from gapmatch.errors import SettingsError
from gapmatch.settings.load import load_settings
from gapmatch.wording.note_sentences import describe_notes
from gapmatch.wording.sentences import build_evidence_sentences, build_headcount_sentences

SETTINGS = load_settings()
MARKET = market(1500)
MONEY = ("declared_headcount", "declared_wages", "sales", "tax_paid", "zero_filing_months")


def with_market(*rows):
    """The invented town, after it the given firms; their estimates only."""
    odd = firms_of(*rows).with_columns(firm=pl.int_range(pl.len(), dtype=pl.UInt32) + MARKET.height)
    town = MARKET.drop("true_workers")
    whole = pl.concat([town, odd.select(town.columns)])
    return worded(estimate_activity(whole, "2022Q4", SETTINGS)).tail(len(rows))


def worded(activity):
    """The estimates with the sentences that officials read."""
    return activity.with_columns(build_evidence_sentences(activity), **build_headcount_sentences())


def without(*columns):
    return MARKET.with_columns(pl.lit(None).cast(MARKET.schema[c]).alias(c) for c in columns)


def order_quality(firms):
    """Share of all workers among the first tenth of firms, of what a perfect order finds there."""
    frame = estimate_activity(firms, "2022Q4", SETTINGS).with_columns(
        workers=firms["true_workers"], expected=pl.col("headcount") * pl.col("probability_operates")
    )
    first = firms.height // 10
    found = frame.sort("expected", "firm", descending=[True, False]).head(first)["workers"].sum()
    return found / frame["workers"].sort(descending=True).head(first).sum()


def test_the_estimate_orders_firms_better_than_any_single_column():
    simple = [
        MARKET.sort(c, descending=True, nulls_last=True).head(150)["true_workers"].sum()
        for c in ("declared_headcount", "declared_wages", "sales")
    ]
    possible = MARKET["true_workers"].sort(descending=True).head(150).sum()
    assert order_quality(MARKET) > max(simple) / possible


@pytest.mark.parametrize("earned", [{"sales": 90_000.0}, {"tax_paid": 900.0}])
def test_earnings_beside_a_year_of_zero_returns_leave_open_whether_a_firm_operates(earned):
    nothing = {"zero_filing_months": 12, "sales": 0.0, "tax_paid": 0.0}
    shell, contradicted = with_market(nothing, nothing | earned).iter_rows(named=True)
    assert shell["probability_operates"] < 0.05
    assert 0.5 < contradicted["probability_operates"] < 0.9, contradicted


@pytest.mark.parametrize(
    ("missing", "least"),
    [
        (["declared_headcount"], 0.7),
        (["declared_wages"], 0.75),
        (["sales"], 0.8),
        (["sales", "tax_paid"], 0.6),
        (["zero_filing_months"], 0.75),
        (["industry"], 0.8),
        (MONEY, 0.05),
    ],
)
def test_a_missing_column_degrades_the_order_but_does_not_stop_it(missing, least):
    assert order_quality(without(*missing)) > least


@pytest.mark.parametrize("factor", [0.5, 2.0, 5.0])
def test_another_provinces_wages_and_prices_change_no_headcount(factor):
    richer = MARKET.with_columns(pl.col("declared_wages", "sales", "tax_paid") * factor)
    one = estimate_activity(MARKET, "2022Q4", SETTINGS)["headcount"]
    other = estimate_activity(richer, "2022Q4", SETTINGS)["headcount"]
    assert (one - other).abs().mean() < 0.05 * one.mean()


def test_a_quarter_of_the_years_amounts_in_the_first_quarter_gives_the_same_headcounts():
    early = MARKET.with_columns(pl.col("declared_wages", "sales", "tax_paid") / 4)
    one = estimate_activity(MARKET, "2022Q4", SETTINGS)["headcount"]
    other = estimate_activity(early, "2022Q1", SETTINGS)["headcount"]
    assert (one - other).abs().max() < 1e-6


ODD = [
    (
        {"declared_headcount": 500, "declared_wages": 0.0},
        0,
        60,
        "500 persons without pay are names",
    ),
    ({"declared_headcount": 99_999}, 1, 200, "99,999 persons against sales of twenty"),
    (
        {"declared_headcount": 40, "declared_wages": 400_000.0},
        4,
        22,
        "ten thousand a head: names on paper",
    ),
    (
        {"declared_headcount": 1, "declared_wages": 48_000.0, "sales": 4e6},
        2,
        40,
        "one declared, sales of forty",
    ),
    ({"declared_headcount": -3}, 5, 40, "a negative headcount is no headcount"),
    ({"declared_headcount": 8, "declared_wages": 4e9, "sales": 7e5}, 1, 40, "absurd wages"),
    (
        {"declared_headcount": None, "declared_wages": None, "sales": -5.0},
        0,
        40,
        "negative sales are no sales",
    ),
]


@pytest.mark.parametrize(("firm", "low", "high", "why"), ODD)
def test_absurd_numbers_do_not_carry_the_estimate_away(firm, low, high, why):
    assert low <= with_market(firm)["headcount"][0] <= high, why


@pytest.mark.parametrize(
    ("firm", "words"),
    [
        ({"declared_headcount": 500, "declared_wages": 0.0}, "全年工资为0"),
        ({"declared_headcount": 40, "declared_wages": 400_000.0}, "疑有挂名"),
        ({"declared_headcount": 0, "declared_wages": 0.0, "sales": 5e6}, "疑未全员申报"),
    ],
)
def test_contradicting_sources_are_a_finding(firm, words):
    assert words in with_market(firm)["headcount_conflict"][0]


def test_agreeing_sources_are_no_finding():
    assert with_market({})["headcount_conflict"][0] is None


def test_the_basis_names_every_source():
    basis = with_market({})["headcount_basis"][0]
    assert all(words in basis for words in ("个税申报8人", "工资总额约合", "销售额约合"))


def test_the_interval_holds_the_estimate_and_is_wider_without_a_declaration():
    told, silent = with_market({}, {"declared_headcount": None, "declared_wages": None}).iter_rows(
        named=True
    )
    for row in (told, silent):
        assert row["headcount_low"] <= row["headcount"] <= row["headcount_high"]
    assert (
        silent["headcount_high"] - silent["headcount_low"]
        > told["headcount_high"] - told["headcount_low"]
    )


def test_contributions_add_up_to_the_log_odds():
    frame = estimate_activity(MARKET, "2022Q4", SETTINGS)
    parts = [c for c in frame.columns if c.startswith("operates_")]
    odds = frame.select(pl.sum_horizontal(parts)).to_series()
    assert ((1 / (1 + (-odds).exp())) - frame["probability_operates"]).abs().max() < 1e-9


def test_evidence_is_told_and_an_earlier_visit_outweighs_silence():
    visits = pl.DataFrame(
        {
            "firm": [0],
            "outcome": ["refused"],
            "effect": ["labour_inspection"],
            "active": [True],
            "due": [None],
            "visit_quarter": ["2022Q2"],
        },
        schema_overrides={"firm": pl.UInt32},
    )
    shell = firms_of({"sales": 0.0, "tax_paid": 0.0, "zero_filing_months": 12})
    alone = estimate_activity(shell, "2022Q4", SETTINGS)
    visited = estimate_activity(shell, "2022Q4", SETTINGS, visits)
    assert "连续12个月零申报" in worded(alone)["operates_evidence"][0]
    assert visited["probability_operates"][0] > alone["probability_operates"][0]
    assert visited["visit_outcome"][0] == "refused"


def test_row_order_changes_nothing():
    one = estimate_activity(MARKET, "2022Q4", SETTINGS)
    other = estimate_activity(MARKET.reverse(), "2022Q4", SETTINGS).reverse()
    difference = (one["headcount"] - other["headcount"]).abs().max()
    assert difference < 1e-9


def test_an_empty_list_is_no_error():
    assert estimate_activity(MARKET.head(0), "2022Q4", SETTINGS).height == 0


@pytest.mark.parametrize("quarter", ["2022", "2022Q5", "22Q4", ""])
def test_a_quarter_that_is_none_is_a_clear_error(quarter):
    with pytest.raises(SettingsError):
        estimate_activity(MARKET.head(1), quarter, SETTINGS)


numbers = st.one_of(st.none(), st.floats(-1e12, 1e12, allow_nan=False))


@example([(2, None, 5e-324, 0), (2, 5e-324, None, 0)])
@hypothesis_settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.one_of(st.none(), st.integers(-10, 10**6)), numbers, numbers, st.integers(-1, 20)
        ),
        min_size=1,
        max_size=6,
    )
)
def test_any_numbers_give_a_probability_and_a_headcount(rows):
    names = ("declared_headcount", "declared_wages", "sales", "zero_filing_months")
    frame = estimate_activity(
        firms_of(*(dict(zip(names, row, strict=True)) for row in rows)), "2022Q4", SETTINGS
    )
    assert frame["headcount"].is_between(0, 100_000).all()
    assert frame["probability_operates"].is_between(0, 1).all()


@pytest.mark.parametrize(
    ("missing", "codes", "why"),
    [
        (("sales",), ["no_sales", "no_open_date"], "tax stands for it"),
        (("tax_paid",), ["no_tax_paid", "no_open_date"], "sales are there"),
        (("sales", "tax_paid"), ["no_amounts", "no_open_date"], "nothing stands for anything"),
    ],
)
def test_what_stands_for_a_missing_column_is_there(missing, codes, why):
    assert [note.code for note in find_missing_inputs(without(*missing))] == codes, why


def test_losses_are_told_for_columns_that_are_empty_throughout():
    notes = find_missing_inputs(without("declared_headcount"))
    assert describe_notes(notes, "zh") == [
        "排序未使用个税申报人数：本次税务清册没有该列，人数按其他资料估计",
        "是否经营未参考成立日期：本次税务清册和市场主体登记都没有该列",
    ]
