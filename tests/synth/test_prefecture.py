from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from gapmatch.quarters import Quarter
from gapmatch.schemas import ENROLLMENT_ROWS, REGISTRY_ROWS, STATUSES, TAX_ROWS
from gapmatch.synth.invented_places import list_prefectures
from gapmatch.synth.plan import Plan
from gapmatch.synth.prefecture import Prefecture, convert_to_rows, make_prefecture
from gapmatch.synth.word_lists import load_words

SHARED = Path(__file__).parents[3] / "shared/data"
FAMOUS = [
    "茅台", "华为", "腾讯", "阿里巴巴", "万达", "万科", "中国石", "中国移动", "中国电信", "中国联通",
    "中国邮政", "农村信用合作联社", "工商银行", "建设银行", "农业银行", "人寿", "平安保险",
    "京东", "美团", "碧桂园", "海尔", "格力", "比亚迪", "沃尔玛", "肯德基", "老干妈", "苏宁易购",
]  # fmt: skip


def outcome_codes() -> set[str]:
    return {
        "enrolled", "matched_late", "parent_insured", "dispatch", "no_staff", "dormant",
        "deregistered", "moved", "unreachable", "refused", "public", "resident_only",
    }  # fmt: skip


def test_the_last_quarter_has_the_plans_number_of_firms(prefecture: Prefecture) -> None:
    sizes = [len(quarter.tax) for quarter in prefecture.quarters.values()]
    assert sizes[-1] == 4000
    assert sizes == sorted(sizes)


def test_shares_are_near_the_plan(prefecture: Prefecture) -> None:
    quarter = prefecture.quarters["2022Q4"]
    truth = quarter.truth
    assert truth["unit_id"].is_not_null().mean() == pytest.approx(0.222, abs=0.005)
    assert (truth["operating"] == 0).mean() == pytest.approx(0.24, abs=0.03)
    assert quarter.tax["declared_headcount"].is_null().mean() == pytest.approx(0.33, abs=0.04)
    assert len(quarter.enrollment) == pytest.approx(4000 * (0.222 + 0.11 + 0.05), rel=0.05)


def test_every_unit_of_the_truth_exists_and_serves_one_firm(prefecture: Prefecture) -> None:
    for quarter in prefecture.quarters.values():
        units = set(quarter.enrollment["unit_id"])
        own = quarter.truth["unit_id"].drop_nulls()
        assert own.n_unique() == len(own)
        assert set(own) <= units
        assert set(quarter.truth["parent_unit_id"].drop_nulls()) <= units
        assert quarter.enrollment["unit_id"].n_unique() == len(quarter.enrollment)


def test_truth_has_one_row_per_firm_in_the_order_of_the_list(prefecture: Prefecture) -> None:
    for quarter in prefecture.quarters.values():
        assert quarter.truth["tax_seq"].to_list() == quarter.tax["seq"].to_list()
        assert quarter.truth["taxpayer_code"].to_list() == quarter.tax["taxpayer_code"].to_list()
        assert set(quarter.truth["status"]) <= set(STATUSES) - {"review"}


def test_statuses_agree_with_units(prefecture: Prefecture) -> None:
    truth = prefecture.quarters["2022Q4"].truth
    by_status = truth.partition_by("status", as_dict=True)
    for status in ("insured", "lines_missing", "under_enrolled", "lapsed"):
        assert by_status[(status,)]["unit_id"].is_not_null().all()
    for status in ("uninsured", "dormant", "covered_by_parent"):
        assert by_status[(status,)]["unit_id"].is_null().all()
    assert by_status[("covered_by_parent",)]["parent_unit_id"].is_not_null().all()
    assert (by_status[("dormant",)]["operating"] == 0).all()


def test_codes_and_names_are_unique_in_a_tax_list(prefecture: Prefecture) -> None:
    tax = prefecture.quarters["2022Q4"].tax
    assert tax["taxpayer_code"].n_unique() == len(tax)
    assert tax["name"].n_unique() / len(tax) > 0.995


def test_quarters_continue_each_other(long_prefecture: Prefecture) -> None:
    for before, after in pairwise(long_prefecture.quarters.values()):
        old, new = set(before.tax["taxpayer_code"]), set(after.tax["taxpayer_code"])
        assert 0.01 < len(new - old) / len(new) < 0.1, "new firms come"
        assert 0.005 < len(old - new) / len(old) < 0.05, "others go"
        joined = before.tax.join(after.tax, on="taxpayer_code")
        assert 0 < (joined["name"] != joined["name_right"]).sum() < 0.03 * len(joined), "renamed"
        assert (joined["open_date"] == joined["open_date_right"]).all()
        units = before.enrollment.join(after.enrollment, on="unit_id")
        assert len(units) == len(before.enrollment), "units stay, paused at worst"
        assert (units["legal_rep"].eq_missing(units["legal_rep_right"])).all()


def test_some_firms_move_to_another_county(long_prefecture: Prefecture) -> None:
    first, *_, last = long_prefecture.quarters.values()
    joined = first.tax.join(last.tax, on="taxpayer_code")
    assert (joined["county"] != joined["county_right"]).sum() > 10


def test_the_same_plan_gives_the_same_frames() -> None:
    plan = Plan(seed=9, firms=500)
    one, two = make_prefecture(plan), make_prefecture(plan)
    for name in plan.quarters:
        for source in ("tax", "enrollment", "registry", "truth"):
            assert_frame_equal(
                getattr(one.quarters[name], source), getattr(two.quarters[name], source)
            )
    assert_frame_equal(one.visits, two.visits)


def test_another_seed_gives_other_firms() -> None:
    one, two = (make_prefecture(Plan(seed=seed, firms=500)).quarters["2022Q4"] for seed in (1, 2))
    assert len(set(one.tax["name"]) & set(two.tax["name"])) < 25


def test_no_famous_firm_is_invented(prefecture: Prefecture) -> None:
    for quarter in prefecture.quarters.values():
        names = pl.concat(
            [quarter.tax["name"], quarter.enrollment["name"], quarter.registry["name"]]
        )
        assert not names.str.contains_any(FAMOUS).any()


def test_no_word_list_holds_a_famous_firm() -> None:
    words = load_words().model_dump()
    words["trade"].pop("reserved")
    assert not [brand for brand in FAMOUS if brand in str(words)]


def test_reserved_trade_names_are_not_drawn() -> None:
    from gapmatch.synth.draws import make_stream
    from gapmatch.synth.invented_names import draw_trade_names

    drawn = draw_trade_names(load_words(), make_stream(3, "test"), 50_000)
    assert not set(drawn) & set(load_words().trade.reserved)


@pytest.mark.skipif(not SHARED.exists(), reason="the shared real extracts are not here")
def test_no_invented_firm_bears_a_real_firms_name(prefecture: Prefecture) -> None:
    real = set(pl.read_parquet(SHARED / "registry_1m.parquet", columns=["name"])["name"])
    quarter = prefecture.quarters["2022Q4"]
    assert not set(quarter.tax["name"]) & real


def test_frames_fit_the_schemas(prefecture: Prefecture) -> None:
    tax, enrollment, registry = convert_to_rows(prefecture.quarters["2022Q4"])
    assert TAX_ROWS.check(tax).height
    assert ENROLLMENT_ROWS.check(enrollment).height
    assert REGISTRY_ROWS.check(registry).height


def test_visited_firms_that_enroll_have_a_unit_next_quarter(long_prefecture: Prefecture) -> None:
    visits = long_prefecture.visits
    for now, then in pairwise(long_prefecture.quarters):
        enrolled = visits.filter((pl.col("quarter") == now) & (pl.col("outcome") == "enrolled"))
        truth = long_prefecture.quarters[then].truth
        found = enrolled.join(truth, on="taxpayer_code")
        assert len(found) > 10
        assert found["unit_id"].is_not_null().all()


def test_visits_tell_the_truth(long_prefecture: Prefecture) -> None:
    truth = pl.concat(
        [q.truth.with_columns(quarter=pl.lit(n)) for n, q in long_prefecture.quarters.items()]
    )
    seen = long_prefecture.visits.join(truth, on=["quarter", "taxpayer_code"])
    assert len(seen) == len(long_prefecture.visits) > 900
    assert set(seen["outcome"]) == outcome_codes()
    outcome = seen.partition_by("outcome", as_dict=True)
    assert outcome[("matched_late",)]["unit_id"].is_not_null().all()
    assert outcome[("parent_insured",)]["parent_unit_id"].is_not_null().all()
    assert (outcome[("dormant",)]["operating"] == 0).all()
    assert (outcome[("enrolled",)]["employees"] > 0).all()


def test_outcomes_depend_on_what_the_extracts_hold(long_prefecture: Prefecture) -> None:
    tax = pl.concat(
        [q.tax.with_columns(quarter=pl.lit(n)) for n, q in long_prefecture.quarters.items()]
    )
    talks = long_prefecture.visits.filter(
        pl.col("outcome").is_in(["enrolled", "refused", "resident_only"])
    )
    rate = (
        talks.join(tax, on=["quarter", "taxpayer_code"])
        .group_by(pl.col("industry").is_in(["建筑业", "农、林、牧、渔业"]))
        .agg((pl.col("outcome") == "enrolled").mean())
        .sort("industry")["outcome"]
    )
    assert rate[0] > rate[1] + 0.15


@pytest.mark.parametrize("level", ["light", "normal", "heavy"])
def test_noise_levels_are_ordered_and_leave_the_truth_alone(level: str) -> None:
    quarter = make_prefecture(Plan(firms=1500, noise=level)).quarters["2022Q4"]
    joined = quarter.truth.join(quarter.enrollment, on="unit_id").join(
        quarter.tax, left_on="tax_seq", right_on="seq"
    )
    same = (joined["name"] == joined["name_right"]).mean()
    low, high = {"light": (0.72, 0.9), "normal": (0.45, 0.68), "heavy": (0.15, 0.4)}[level]
    assert low < same < high


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"quarters": ("2022Q4", "2022Q3")}, "backwards"),
        ({"quarters": ("2022Q1", "2022Q3")}, "a quarter is left out"),
        ({"quarters": ()}, "no quarter"),
    ],
)
def test_quarters_that_do_not_follow_each_other_are_refused(
    options: dict[str, tuple[str, ...]], why: str
) -> None:
    with pytest.raises(ValueError, match="consecutive"):
        Plan(**options)  # type: ignore[arg-type]


def test_an_unknown_prefecture_is_refused() -> None:
    with pytest.raises(ValueError, match="999900"):
        make_prefecture(Plan(firms=100, prefectures=("999900",)))


@settings(max_examples=8, deadline=None)
@given(firms=st.integers(20, 400), seed=st.integers(0, 2**32), count=st.integers(1, 6))
def test_any_small_plan_works(firms: int, seed: int, count: int) -> None:
    plan = Plan(
        seed=seed,
        firms=firms,
        quarters=tuple(str(Quarter.parse("2021Q2").next(1 - n)) for n in range(count, 0, -1)),
    )
    made = make_prefecture(plan)
    assert [len(q.truth) for q in made.quarters.values()][-1] == firms


def test_a_whole_province_can_be_invented() -> None:
    plan = Plan(firms=3000, prefectures=list_prefectures("520000", "430000"))
    tax = make_prefecture(plan).quarters["2022Q4"].tax
    assert len(plan.prefectures) > 20
    assert tax["county"].n_unique() > 150
