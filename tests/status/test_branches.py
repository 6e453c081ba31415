"""Branches whose workers the head office may insure: a chance, from what the lists and visits show."""

import polars as pl
import pytest
from invented_firms import firms_of, links_of, units_of

from gapmatch.activity.estimate import estimate_activity
from gapmatch.pipeline import note_covered_branches, note_uncovered_branches
from gapmatch.settings.load import load_settings
from gapmatch.status.branches import (
    add_covered,
    count_branches,
    estimate_covered,
    select_branches,
    select_enrolled_offices,
    select_offices,
    sum_covered,
)
from gapmatch.status.decide import decide_statuses

SETTINGS = load_settings()
GAP = SETTINGS.gap


def head(name: str, branch: str = "") -> dict[str, str]:
    core = name.removesuffix("有限公司")
    own = {"clean_name": name + branch, "core": core + branch, "branch": branch}
    return own | ({"parent_name": name, "parent_core": core} if branch else {"parent_core": ""})


FIRMS = firms_of(
    head("丰泽超市有限公司"),  # linked
    head("丰泽超市有限公司", "云州分店"),
    head("立新建材有限公司"),  # in the tax list, without a unit
    head("立新建材有限公司", "青石营业部"),
    head("远山能源有限公司", "云州分公司"),  # in no list
    head("海岱物流有限公司", "云州分公司"),  # among the units alone
    {**head("立新建材有限公司", "第二营业部"), "parent_core": "", "parent_name": ""},
)
UNITS = units_of(head("丰泽超市有限公司"), head("海岱物流有限公司"))
LINKS = links_of((0, 0, "match", 0.99, "same"))


FIRMS_WITHOUT = select_offices(FIRMS, LINKS).clear()
"""No head office in either list."""


def estimate(visits=None):
    offices = pl.concat([select_offices(FIRMS, LINKS), select_enrolled_offices(UNITS)])
    return estimate_covered(select_branches(FIRMS, LINKS), offices, visits, GAP)


def visits_of(**outcomes: str) -> pl.DataFrame:
    rows = [(int(firm[1:]), outcome) for firm, outcome in outcomes.items()]
    return pl.DataFrame(rows, schema={"firm": pl.UInt32, "outcome": pl.String}, orient="row")


@pytest.mark.parametrize(
    ("firm", "where", "why"),
    [
        (1, "enrolled", "its head office is linked to a unit"),
        (3, "uninsured", "its head office has none to pay into"),
        (4, "elsewhere", "its head office is in neither list"),
        (5, "enrolled", "its head office is a unit and pays its taxes in another place"),
        (6, "elsewhere", "its name says nothing of a head office"),
    ],
)
def test_the_lists_show_whether_a_head_office_is_enrolled(firm, where, why):
    found = {f: (h, p) for f, h, p, _variance in estimate().rows()}
    chances = {
        "enrolled": GAP.branch_covered,
        "elsewhere": GAP.branch_covered_elsewhere,
        "uninsured": GAP.branch_covered * GAP.missed_link_share,
    }
    assert found[firm] == (where, pytest.approx(chances[where])), why
    assert 0 not in found, "a head office is no branch"


@pytest.mark.parametrize(
    ("region", "unit", "where", "why"),
    [
        ("522723", "522701", "elsewhere", "one core in two counties: two firms"),
        ("522723", "522700", "enrolled", "its prefecture in front of the unit's name"),
        ("522700", "522723", "enrolled", "the unit's county lies in it"),
        (None, "522701", "enrolled", "a name without a region may be any"),
        ("522701", "522701", "enrolled", "one place"),
    ],
)
def test_a_head_office_of_one_core_has_its_region_too(region, unit, where, why):
    branch = head("云锦商贸有限公司", "第一分店") | {"region_code": region}
    firms = firms_of(branch | {"parent_name": "云锦商贸公司"})
    units = units_of(head("云锦商贸有限公司") | {"region_code": unit})
    found = estimate_covered(
        select_branches(firms, LINKS.clear()), select_enrolled_offices(units), None, GAP
    )
    assert found["head"].to_list() == [where], why


def test_the_very_name_in_the_tax_list_goes_before_another_unit_of_that_core():
    units = units_of(head("丰泽超市有限公司"), head("立新建材店") | {"core": "立新建材"})
    offices = pl.concat([select_offices(FIRMS, LINKS), select_enrolled_offices(units)])
    found = estimate_covered(select_branches(FIRMS, LINKS), offices, None, GAP)
    assert found.filter(pl.col("firm") == 3)["head"].to_list() == ["uninsured"]


def test_a_head_office_that_insured_one_branch_is_enrolled_for_its_sisters():
    firms = firms_of(*(head("远山能源有限公司", f"第{n}分公司") for n in "一二"))
    found = estimate_covered(
        select_branches(firms, LINKS.clear()), FIRMS_WITHOUT, visits_of(f0="parent_insured"), GAP
    )
    assert found.select("head", "probability_covered").rows() == [
        ("enrolled", 1.0),
        ("enrolled", 0.5),
    ]


def test_branches_that_hang_on_one_share_err_together():
    counts = pl.DataFrame(
        {
            "head": ["enrolled", "uninsured", "elsewhere"],
            "probability_covered": [0.5, 0.25, 0.5],
            "share_variance": [0.04, 0.01, 0.09],
            "branches": [10, 10, 10],
        }
    )
    apart = sum(10 * (p * (1 - p) - v) for p, v in ((0.5, 0.04), (0.25, 0.01), (0.5, 0.09)))
    found = sum_covered(counts)
    assert (found.listed, found.mean) == (30, 12.5)
    assert found.variance == pytest.approx(apart + (10 * 0.2 + 10 * 0.1) ** 2 + (10 * 0.3) ** 2)


def test_visits_settle_a_branch_and_teach_of_those_like_it():
    found = estimate(visits_of(f5="refused", f4="parent_insured", f3="no_staff"))
    chance = dict(found.select("firm", "probability_covered").rows())
    assert (chance[5], chance[4]) == (0.0, 1.0)
    assert chance[1] == pytest.approx(1 / 3), "0.5 of two visits, and none of one more"
    assert chance[6] == pytest.approx((0.66 + 1) / 3)
    assert chance[3] < 0.001, "a visit that found nobody at work says nothing of insurance"


def test_a_branch_is_never_surely_uninsured_nor_confirmed_and_comes_later_in_the_list():
    verify = SETTINGS.model_copy(update={"tax_list": "verify"})
    activity = estimate_activity(FIRMS, "2022Q4", SETTINGS)
    gaps = decide_statuses(add_covered(FIRMS, estimate()), UNITS, LINKS, activity, verify)
    stated = gaps["probability_uninsured"].to_list()
    assert [round(p, 2) for p in stated[1:]] == [0.5, 1.0, 1.0, 0.67, 0.5, 0.67]
    assert gaps["status"].to_list()[1:] == ["uninsured"] * 6, "no fact either way"
    verdicts = ["to_settle", "confirmed", "confirmed", "to_settle", "to_settle", "to_settle"]
    assert gaps["verdict"].to_list()[1:] == verdicts


def test_whose_branch_it_is_does_not_say_who_insures_it():
    """A person or phone in common proves the head office, not that it insures the branch."""
    head_of = links_of(
        (1, 0, "non_match", 0.97, "head_office"), (6, 0, "non_match", 0.97, "head_office")
    )
    verify = SETTINGS.model_copy(update={"tax_list": "verify"})
    activity = estimate_activity(FIRMS, "2022Q4", SETTINGS)

    def judge(visits=None):
        branches = select_branches(FIRMS, head_of)
        covered = estimate_covered(branches, select_enrolled_offices(UNITS), visits, GAP)
        gaps = decide_statuses(add_covered(FIRMS, covered), UNITS, head_of, activity, verify)
        return gaps[[1, 6]], count_branches(gaps, covered, "covered_by_parent")

    gaps, counts = judge()
    assert gaps["status"].to_list() == ["covered_by_parent"] * 2
    assert [round(p, 2) for p in gaps["probability_uninsured"]] == [0.5, 0.5]
    assert gaps["verdict"].to_list() == ["to_settle"] * 2
    (note,) = note_uncovered_branches(counts)
    assert note.facts == {"count": 2, "expected": 1.0, "low": 0.0, "high": 2.0}
    gaps, _counts = judge(visits_of(f1="parent_insured"))
    chances = gaps["probability_uninsured"].to_list()
    assert chances[0] == 0.0, "a visitor saw it"
    assert chances[1] < 0.5, "and of its sisters it is likelier"


def test_the_note_counts_listed_branches_with_an_interval_that_stays_among_them():
    gaps = pl.DataFrame(
        {"firm": range(7), "status": "uninsured"}, schema_overrides={"firm": pl.UInt32}
    )
    (note,) = note_covered_branches(count_branches(gaps, estimate(), "uninsured"))
    assert note.facts == {"count": 5, "expected": 1.7, "low": 0.0, "high": 4.0}
    assert note_covered_branches(count_branches(gaps.clear(), estimate(), "uninsured")) == []
