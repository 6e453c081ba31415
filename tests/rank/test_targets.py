"""Ranking: parts that add up, kinds, reasons, tiers, lots, what rests."""

import polars as pl
import pytest
from invented_firms import firms_of, links_of, market, units_of

from gapmatch.activity.estimate import estimate_activity
from gapmatch.evaluation.random_sample import classify_visits, estimate_rates
from gapmatch.evaluation.rank_quality import compute_shortage, measure_ranking, measure_tier_a
from gapmatch.rank.more_visits import estimate_more_visits
from gapmatch.rank.targets import rank_targets
from gapmatch.rank.tiers import note_small_total
from gapmatch.schemas import TARGETS
from gapmatch.settings.load import load_settings
from gapmatch.status.decide import decide_statuses
from gapmatch.wording.sentences import add_sentences

SETTINGS = load_settings()
MARKET = market(600).with_columns(
    county_name=pl.when(pl.col("firm") % 3 == 0).then(pl.lit("云州县")).otherwise(pl.lit("青石市"))
)
KINDS = firms_of(
    {"declared_headcount": 12, "declared_wages": 600_000.0},
    {"declared_headcount": 30, "declared_wages": 1_500_000.0, "sales": 6e6},
    {},
    {},
)
KIND_UNITS = units_of(
    {},
    {"injury_insured": 0},
    {"pension_status": "停保", "unemployment_status": "停保", "injury_status": "停保"},
)
KIND_LINKS = links_of(
    (1, 0, "match", 0.99, "same"), (2, 1, "match", 0.99, "same"), (3, 2, "match", 0.99, "same")
)


def rank(firms, units=None, links=None, visits=None, settings=SETTINGS, quarter="2022Q4"):
    units = units_of({}) if units is None else units
    links = links_of() if links is None else links
    activity = estimate_activity(firms, quarter, settings, visits)
    gaps = decide_statuses(firms, units, links, activity, settings)
    targets = rank_targets(firms, gaps, activity, quarter, settings)
    frames = {"firms": firms, "gaps": gaps, "targets": targets}
    return add_sentences(frames, settings, "zh")["targets"]


def visit(outcome, quarter="2022Q3", due=None, effect="none"):
    return pl.DataFrame(
        {
            "firm": [0],
            "outcome": [outcome],
            "effect": [effect],
            "active": [True],
            "due": [due],
            "visit_quarter": [quarter],
        },
        schema_overrides={"firm": pl.UInt32, "due": pl.String},
    )


def test_the_parts_add_up_to_the_priority_exactly():
    targets = rank(MARKET)
    TARGETS.check(targets)
    assert (
        targets["priority"] == targets.select(pl.sum_horizontal("^priority_.*$")).to_series()
    ).all()


def test_the_factors_multiply_to_what_a_visit_is_expected_to_bring():
    targets = rank(MARKET)
    product = targets.select(pl.fold(1.0, lambda a, b: a * b, pl.col("^factor_.*$"))).to_series()
    assert (product - targets["expected_new_enrollees"]).abs().max() <= 0.0005


def test_equal_weights_rank_new_enrollments_by_what_they_bring():
    expected = rank(MARKET)["expected_new_enrollees"]
    assert (expected.diff().drop_nulls() <= 0.05).all()


def test_more_workers_all_else_equal_never_rank_lower():
    more = firms_of(
        *(
            {"declared_headcount": n, "declared_wages": 50_000.0 * n, "sales": 2e5 * n}
            for n in (2, 5, 10, 20, 60)
        )
    )
    assert rank(more)["firm"].to_list() == [4, 3, 2, 1, 0]


def test_each_kind_of_gap_is_a_kind_of_target():
    kinds = dict(rank(KINDS, KIND_UNITS, KIND_LINKS).select("firm", "kind").iter_rows())
    assert kinds == {0: "new_enrollment", 1: "headcount_short", 2: "lines_missing", 3: "lapsed"}


def test_all_kinds_stand_in_one_order_of_persons_newly_insured_per_visit():
    targets = rank(KINDS, KIND_UNITS, KIND_LINKS)
    assert (targets["expected_new_enrollees"].diff().drop_nulls() <= 0.05).all()
    assert targets["kind"][0] == "headcount_short"  # 22 persons short come before 12 of a firm


@pytest.mark.parametrize(("quota", "in_a"), [(1.0, 1), (0.5, 1), (0.0, 0)])
def test_a_kind_takes_no_more_visits_than_its_quota(quota, in_a):
    quotas = SETTINGS.ranking.quotas.model_copy(update={"headcount_short": quota})
    own = SETTINGS.model_copy(
        update={
            "capacity": {"default": 2},
            "ranking": SETTINGS.ranking.model_copy(update={"quotas": quotas}),
        }
    )
    targets = rank(KINDS, KIND_UNITS, KIND_LINKS, settings=own)
    first = targets.filter(tier="A")
    assert (first.height, first.filter(kind="headcount_short").height) == (2, in_a)
    assert targets["kind"][0] == "headcount_short"  # the rank does not depend on quotas


def test_a_line_missing_is_worth_its_weight():
    row = rank(KINDS, KIND_UNITS, KIND_LINKS).filter(kind="lines_missing").row(0, named=True)
    assert (row["gain_pension"], row["gain_injury"]) == (0, 8)
    assert row["factor_headcount"] == pytest.approx(8 * 0.25)


def test_names_on_paper_enrol_nobody():
    padded = firms_of({"declared_headcount": 80, "declared_wages": 500_000.0, "sales": 1e6})
    town = pl.concat([padded, MARKET.select(padded.columns).with_columns(pl.col("firm") + 1)])
    row = rank(town, units_of({}), links_of((0, 0, "match", 0.99, "same"))).filter(firm=0)
    assert row["kind"][0] == "headcount_short"
    assert row["new_enrollees"][0] < 20


def test_a_reason_tells_people_returns_and_the_missing_record():
    reason = rank(MARKET.head(200))["reason"]
    assert reason.str.contains("未见参保记录，可能性99.9%").all()
    assert reason.str.contains("人").all()


def test_a_reason_counts_only_what_columns_hold():
    steady = firms_of({"declared_headcount": 28, "declared_wages": 1.4e6, "sales": 5.6e6})
    assert (
        rank(steady)["reason"][0] == "个税申报28人，连续12个月正常申报，未见参保记录，可能性99.9%"
    )


def test_tiers_follow_each_countys_capacity():
    own = SETTINGS.model_copy(update={"capacity": {"default": 30, "青石市": 50}})
    tiers = rank(MARKET, settings=own).join(MARKET.select("firm", "county_name"), on="firm")
    counts = dict(tiers.filter(tier="A").group_by("county_name").len().iter_rows())
    assert counts == {"云州县": 30, "青石市": 50}
    assert tiers.filter(tier="B", county_name="青石市").height == 50


def test_a_capacity_may_name_a_county_in_short():
    own = SETTINGS.model_copy(update={"capacity": {"default": 5, "青石": 7}})
    tiers = rank(MARKET, settings=own).join(MARKET.select("firm", "county_name"), on="firm")
    assert tiers.filter(tier="A", county_name="青石市").height == 7


def test_a_share_of_tier_a_is_drawn_by_lot_and_flagged():
    drawn = rank(MARKET).filter("drawn_at_random")
    assert drawn.height == 4  # 5 % of 40 visits in each of two counties
    assert (drawn["tier"] == "A").all()


def test_the_lot_falls_alike_whatever_the_row_order_and_anew_each_quarter():
    drawn = [
        set(rank(firms, quarter=quarter).filter("drawn_at_random")["firm"])
        for firms, quarter in ((MARKET, "2022Q4"), (MARKET.reverse(), "2022Q4"), (MARKET, "2022Q3"))
    ]
    assert drawn[0] == drawn[1]
    assert drawn[0] != drawn[2]


TOTALS = [
    ({"total": 100, "minimum": 0}, None, "where the best ranked are"),
    ({"total": 100, "minimum": 45}, 45, "no county goes without its minimum"),
    ({"total": 100, "minimum": 5, "青石市": 30}, 30, "a county of its own number keeps it"),
]


@pytest.mark.parametrize(("capacity", "least", "why"), TOTALS)
def test_a_total_of_visits_is_spread_by_yield(capacity, least, why):
    own = SETTINGS.model_copy(update={"capacity": capacity})
    first = rank(MARKET, settings=own).join(MARKET.select("firm", "county_name"), on="firm")
    first = first.filter(tier="A")
    visits = dict(first.group_by("county_name").len().rows())
    assert sum(visits.values()) == 100, why
    if least is not None:
        assert min(visits.values()) >= least, why


SMALL = [
    ({"total": 19, "minimum": 15}, [20], "five of one county, fifteen of the other"),
    ({"total": 44, "minimum": 15, "青石市": 40}, [45], "a county of its own number counts in full"),
    ({"total": 25, "minimum": 999}, [], "no county needs more than it has"),
    ({"default": 40}, [], "no total"),
]


@pytest.mark.parametrize(("capacity", "needed", "why"), SMALL)
def test_a_total_below_the_counties_minimums_is_noted(capacity, needed, why):
    counties = pl.Series(["云州县"] * 5 + ["青石市"] * 20)
    notes = note_small_total(counties, capacity)
    assert [note.facts["needed"] for note in notes] == needed, why


def test_more_visits_bring_the_best_ranked_of_the_others():
    targets = pl.DataFrame(
        {
            "rank": [1, 2, 3, 4],
            "tier": ["A", "B", "A", "C"],
            "expected_new_enrollees": [9.0, 5.0, 4.0, 2.0],
            "county": ["甲", "甲", "乙", "乙"],
        }
    )
    more = estimate_more_visits(targets, 1)
    assert (more.planned, more.planned_persons, more.added, more.added_persons) == (2, 13, 1, 5)
    assert more.counties.rows() == [("甲", 1, 1, 5.0)]


def test_only_settled_visits_say_whether_a_firm_was_uninsured():
    visited = pl.DataFrame(
        {"firm": [0, 1, 2, 3], "outcome": ["enrolled", "matched_late", "dormant", "visited"]}
    )
    assert classify_visits(visited).rows() == [
        (0, True, True, True),
        (1, False, True, False),
        (2, None, False, False),
    ]


def test_without_capacity_nobody_is_in_tier_a():
    none = SETTINGS.model_copy(update={"capacity": {"default": 0}})
    assert set(rank(MARKET, settings=none)["tier"]) == {"C"}


RESTS = [
    (visit("refused"), 0, "visited last quarter"),
    (visit("refused", "2022Q1"), 1, "visited three quarters ago"),
    (visit("no_staff", due="2023Q2", effect="recheck"), 0, "not before its recheck date"),
    (visit("no_staff", "2022Q1", due="2022Q4", effect="recheck"), 1, "the recheck date has come"),
    (visit("contacted"), 1, "a call is no visit"),
]


@pytest.mark.parametrize(("visits", "listed", "why"), RESTS)
def test_a_firm_rests_after_a_visit(visits, listed, why):
    assert rank(firms_of({}), visits=visits).height == listed, why


def test_repeated_rows_are_visited_once():
    assert rank(firms_of({}, {"duplicate_of": 0})).height == 1


def test_no_firm_is_no_error():
    nothing = rank(MARKET.head(0))
    assert TARGETS.check(nothing).is_empty()


def test_a_perfect_order_captures_everything_and_ndcg_is_one():
    firms = MARKET
    truth = pl.DataFrame(
        {
            "firm": firms["firm"],
            "enrolled": False,
            "operating": True,
            "in_scope": True,
            "employees": firms["true_workers"],
        }
    )
    best = truth.sort("employees", "firm", descending=[True, False]).with_columns(
        rank=pl.int_range(pl.len())
    )
    row = measure_ranking(firms, best, truth, (50,)).row(0, named=True)
    assert row["captured"] == pytest.approx(1)
    assert row["ndcg"] == pytest.approx(1)


def test_a_firm_out_of_scope_is_in_no_order_and_gains_nothing():
    firms = firms_of({"sales": 9e9, "declared_headcount": 400}, {"sales": 1e6}, {"sales": 1e5})
    truth = pl.DataFrame(
        {
            "firm": firms["firm"],
            "enrolled": False,
            "operating": True,
            "in_scope": [False, True, True],
            "employees": [0, 8, 2],
        }
    )
    best = truth.select("firm", rank=pl.Series([3, 1, 2]))
    table = measure_ranking(firms, best, truth, (1,))
    captured = dict(table.select("order", "captured").iter_rows())
    assert (captured["gapmatch"], captured["sales"]) == (1, 1)


def test_persons_short_of_a_units_count_are_possible_enrollees_too():
    truth = pl.DataFrame({"firm": [0, 1], "enrolled": [False, True], "employees": [4, 10]})
    lines = {f"insured_{line}": [None, 6] for line in ("pension", "unemployment", "injury")}
    known = compute_shortage(truth, pl.DataFrame({"firm": [0, 1], **lines}))
    assert known["gain"].to_list() == pytest.approx([4, 4])
    assert known["enrolled"].to_list() == [False, False]


def test_tier_a_is_measured_by_county_and_in_all():
    truth = pl.DataFrame(
        {
            "firm": MARKET["firm"],
            "enrolled": False,
            "operating": MARKET["true_workers"] > 0,
            "employees": MARKET["true_workers"],
        }
    )
    table = measure_tier_a(MARKET, rank(MARKET), truth.with_columns(gain="employees"))
    assert table["county"].to_list() == ["云州县", "青石市", None]
    assert table["captured"].is_between(0.5, 1).all()


def test_visits_by_lot_estimate_rates_with_an_interval():
    targets = pl.DataFrame(
        {
            "firm": range(100),
            "county_name": ["甲"] * 40 + ["乙"] * 60,
            "drawn_at_random": [n % 4 == 0 for n in range(100)],
        },
        schema_overrides={"firm": pl.UInt32},
    )
    visited = pl.DataFrame(
        {
            "firm": range(100),
            "uninsured": True,
            "operating": [n % 8 == 0 for n in range(100)],
            "enrolled": None,
        },
        schema={
            "firm": pl.UInt32,
            "uninsured": pl.Boolean,
            "operating": pl.Boolean,
            "enrolled": pl.Boolean,
        },
    )
    uninsured, operating, enrolled = estimate_rates(visited, targets).iter_rows(named=True)
    assert (uninsured["share"], uninsured["high"]) == (1, 1)
    assert operating["low"] < operating["share"] < operating["high"]
    assert enrolled["share"] is None
