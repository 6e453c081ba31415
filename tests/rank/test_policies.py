"""What can be offered: rules in force, marked where unverified, priced honestly."""

from datetime import date

import polars as pl
import pytest
from invented_firms import firms_of

from gapmatch.activity.estimate import estimate_activity
from gapmatch.rank.policies import add_cost, add_policies, add_risks
from gapmatch.settings.expressions import POLICY_COLUMNS
from gapmatch.settings.load import load_settings
from gapmatch.settings.ranking import PoliciesSettings, PolicyRates, PolicyRisk, PolicyRule
from gapmatch.wording.sentences import build_policy_sentences, build_risk_sentences, describe_risk

SETTINGS = load_settings()
RULE = {
    "title": "试行补贴",
    "who": "headcount >= 5",
    "amount": "headcount * 100",
    "text": "每人100元",
    "source": "虚构通知",
    "valid_from": date(2022, 1, 1),
    "valid_until": date(2022, 12, 31),
    "verified": True,
}
FIRM = pl.DataFrame(
    {name: [None] for name in POLICY_COLUMNS}, schema=dict(POLICY_COLUMNS)
).with_columns(headcount=pl.lit(10.0))


def offered(rule=(), first_day=date(2022, 12, 31), firm=FIRM, *, unverified=False):
    rule = PolicyRule(**{**RULE, **dict(rule)})
    rules = PoliciesSettings(rules={"one": rule}, offer_unverified=unverified)
    frame = add_policies(firm, rules, first_day).with_columns(policies=pl.lit(None, pl.String))
    return frame.with_columns(build_policy_sentences(frame, rules.rules)).row(0, named=True)


def test_a_rule_in_force_is_offered_with_its_amount_and_end():
    row = offered()
    assert row["policies"] == "试行补贴：每人100元（至2022-12-31）"
    assert row["subsidy_estimate"] == 1000


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ({"valid_until": date(2022, 12, 30)}, "ends before the visits begin"),
        ({"valid_from": date(2023, 1, 1)}, "not yet in force"),
        ({"who": "headcount > 50"}, "does not qualify"),
        ({"who": "age_months < 12"}, "what is not known does not qualify"),
    ],
)
def test_a_rule_that_does_not_hold_is_never_offered(rule, why):
    row = offered(rule)
    assert (row["policies"], row["subsidy_estimate"]) == (None, None), why


def test_an_unverified_rule_is_offered_only_on_request_and_marked():
    assert offered({"verified": False})["policies"] is None
    row = offered({"verified": False}, unverified=True)
    assert "（未核对原文）" in row["policies"]
    assert (row["subsidy_estimate"], row["subsidy_unverified"]) == (None, 1000)


@pytest.mark.parametrize(
    ("kind", "lacks_injury", "expected", "why"),
    [
        ("new_enrollment", True, "arrears,registration,injury", "it is not registered"),
        ("headcount_short", True, "arrears,injury,undeclared", "some of its workers are insured"),
        ("lines_missing", False, "arrears,undeclared", "its workers have injury insurance"),
    ],
)
def test_a_firm_is_told_what_it_risks(kind, lacks_injury, expected, why):
    firm = FIRM.with_columns(kind=pl.lit(kind), lacks_injury=pl.lit(lacks_injury))
    risks = SETTINGS.policies.risks
    frame = add_risks(firm, risks).with_columns(risks=pl.lit(None, pl.String))
    assert frame["risk_ids"][0] == expected, why
    text = frame.select(build_risk_sentences(frame, risks)).item()
    assert "《社会保险法》第八十六条" in text
    assert "未核对原文" not in text
    assert ("《工伤保险条例》第六十二条" in text) is lacks_injury


def test_a_risk_that_nobody_verified_is_marked():
    risk = PolicyRisk(title="某罚款", who="true", text="某规定", source="某文件")
    assert describe_risk(risk) == "某罚款（未核对原文）：某规定（某文件）"


def test_shipped_rules_hold_in_their_own_year_only():
    at = {
        year: add_policies(
            FIRM.with_columns(insured_count=pl.lit(3), kind=pl.lit("headcount_short")),
            SETTINGS.policies,
            date(year, 12, 31),
        )
        for year in (2022, 2030)
    }
    assert at[2022]["policy_ids"][0] is not None
    assert at[2030]["policy_ids"][0] is None


def priced(**columns):
    frame = estimate_activity(firms_of({}), "2022Q4", SETTINGS).with_columns(
        **{f"gain_{line}": pl.lit(10.0) for line in ("pension", "unemployment", "injury")},
        **{name: pl.lit(value) for name, value in columns.items()},
    )
    return add_cost(frame, PolicyRates()).row(0, named=True)


def test_the_cost_is_rates_times_base_times_persons():
    row = priced(wages=600_000.0, declared=10.0, injury_class=2)
    assert row["monthly_base"] == 5000
    assert row["enrolling_cost"] == pytest.approx(10 * 5000 * 12 * (0.16 + 0.007 + 0.004))


@pytest.mark.parametrize(("wages", "base"), [(12_000.0, 4000), (9_000_000.0, 20000)])
def test_the_base_stays_between_its_limits(wages, base):
    assert priced(wages=wages, declared=10.0)["monthly_base"] == base
