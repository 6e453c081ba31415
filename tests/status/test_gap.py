"""Statuses: the table of precedence, and what each status says."""

import polars as pl
import pytest
from invented_firms import firms_of, links_of, units_of

from gapmatch.activity.estimate import estimate_activity
from gapmatch.schemas import GAPS, STATUSES, TARGETS
from gapmatch.settings.load import load_settings
from gapmatch.standardise.comparability import add_comparability
from gapmatch.status.decide import decide_statuses
from gapmatch.wording.sentences import add_sentences

SETTINGS = load_settings()
SAME, HEAD = "same", "head_office"
MATCH = [(0, 0, "match", 0.99, SAME)]
REVIEW = [(0, 0, "review", 0.5, SAME)]
PARENT = [(0, 0, "non_match", 0.97, HEAD)]
NOBODY = {"pension_insured": 0, "unemployment_insured": 0, "injury_insured": 0}
STOPPED = dict.fromkeys(("pension_status", "unemployment_status", "injury_status"), "暂停缴费")
SHELL = {
    "declared_headcount": None,
    "declared_wages": None,
    "sales": 0.0,
    "tax_paid": 0.0,
    "zero_filing_months": 12,
}
SOLE = {
    "uscc": "92529901MA00000000",
    "declared_headcount": 0,
    "declared_wages": 0.0,
    "sales": 9000.0,
}
ELSEWHERE = {"other_place": "昆明市", "other_basis": "listed"}
REGISTERED = {"other_place": "昆明市", "other_basis": "registered"}
OUTSIDE = pl.DataFrame(
    {
        "firm": [0],
        "outcome": ["moved"],
        "effect": ["out_of_scope"],
        "active": [True],
        "due": [None],
        "visit_quarter": ["2022Q2"],
    }
)
UNCLEAR = {f"{line}_status": "仅登记" for line in ("pension", "unemployment", "injury")}
BUREAU = {
    "uscc": None,
    "legal_form": "",
    "clean_name": "白岩县财政局",
    "region": "白岩县",
    "core": "财政局",
}
SCHOOL = {**BUREAU, "clean_name": "白岩县第二小学", "core": "第二小学"}
LONG_GONE = OUTSIDE.with_columns(active=False, due=pl.lit("2022Q4"))
"""Found gone, and its recheck quarter has come."""
BY_PARENT = OUTSIDE.with_columns(
    outcome=pl.lit("parent_insured"), effect=pl.lit("covered_by_parent")
)


def decide(firm=None, unit=None, links=(), visits=None, settings=SETTINGS):
    firms = add_comparability(firms_of(firm or {}))
    activity = estimate_activity(firms, "2022Q4", settings, visits)
    gaps = decide_statuses(firms, units_of(unit or {}), links_of(*links), activity, settings)
    frames = {"firms": firms, "gaps": gaps, "targets": TARGETS.empty()}
    return add_sentences(frames, settings, "zh")["gaps"]


CASES = [
    # firm, unit, links, visits, status, why
    ({}, {}, [], OUTSIDE, "out_of_scope", "found gone, whatever it files so soon after"),
    ({}, {}, [], LONG_GONE, "uninsured", "found gone, yet it files, sells and declares workers"),
    (SHELL, {}, [], LONG_GONE, "out_of_scope", "found gone, and nothing says otherwise"),
    ({}, {}, [], None, "uninsured", "files, pays tax, and no unit is its"),
    ({}, {}, MATCH, None, "insured", "every line, as many as declared"),
    ({}, NOBODY, MATCH, None, "lapsed", "registered is not enrolled: nobody is insured"),
    ({}, STOPPED, MATCH, None, "lapsed", "payment stopped in every line"),
    ({}, {"overdue": "202109"}, MATCH, None, "lapsed", "the status is normal, the last month old"),
    ({}, {"injury_insured": 0}, MATCH, None, "lines_missing", "two lines of three"),
    ({}, {"injury_status": "中断缴费"}, MATCH, None, "lines_missing", "one line stopped"),
    ({"declared_headcount": 30}, {}, MATCH, None, "under_enrolled", "declares 30, insures 8"),
    ({"declared_headcount": 10}, {}, MATCH, None, "insured", "two new hires are no finding"),
    (
        {"declared_headcount": 40},
        {"injury_insured": 0},
        MATCH,
        None,
        "lines_missing",
        "a whole line missing is told before the headcount",
    ),
    ({}, UNCLEAR, MATCH, None, "insured", "a status that no word explains is no evidence"),
    ({}, {}, REVIEW, None, "review", "an unsettled link is never called uninsured"),
    (SHELL, {}, REVIEW, None, "review", "not dormant either while the link is open"),
    (SHELL, {}, [], None, "dormant", "no link and no sign of operation"),
    (SHELL, {}, MATCH, None, "insured", "who insures people operates, whatever the returns say"),
    ({}, {}, PARENT, None, "covered_by_parent", "the head office pays"),
    ({}, NOBODY, PARENT, None, "lapsed", "the head office pays no longer"),
    (
        {},
        {},
        [(0, 0, "non_match", 0.2, SAME)],
        None,
        "uninsured",
        "a parent by name alone covers nobody",
    ),
    (
        {"uscc": "12529901MB00000000"},
        {},
        MATCH,
        None,
        "out_of_scope",
        "a public institution is out of scope even when linked",
    ),
    (
        {"uscc": "52529901MB00000000"},
        {},
        [],
        None,
        "out_of_scope",
        "a private non-enterprise unit belongs to another line of the bureau",
    ),
    ({"status": "非正常户"}, {}, MATCH, None, "out_of_scope", "contains 正常 but is not"),
    ({"status": "注销"}, {}, [], None, "out_of_scope", "the tax office says it has ended"),
    ({"registry_status": "吊销，未注销"}, {}, [], None, "out_of_scope", "licence revoked"),
    (
        {"registry_status": "吊销，未注销"},
        {},
        MATCH,
        None,
        "insured",
        "insuring people outranks the registration",
    ),
    (
        {"registry_status": "迁出"},
        {},
        REVIEW,
        None,
        "out_of_scope",
        "moved away: nothing left to settle",
    ),
    ({"registry_status": "存续（在营、开业、在册）"}, {}, [], None, "uninsured", "in business"),
    (ELSEWHERE, {}, [], None, "out_of_scope", "the list itself puts it in another prefecture"),
    (ELSEWHERE, {}, MATCH, None, "insured", "a unit of this list insures it, wherever it lies"),
    (ELSEWHERE, {}, REVIEW, None, "review", "or may do so"),
    ({**ELSEWHERE, **SHELL}, {}, [], None, "out_of_scope", "it says nothing of its operation"),
    (REGISTERED, {}, [], None, "review", "registered elsewhere, it may insure its workers there"),
    (REGISTERED, {}, MATCH, None, "insured", "registered elsewhere, and insured here"),
    (
        {**ELSEWHERE, "other_basis": "mixed"},
        {},
        [],
        None,
        "review",
        "listed elsewhere and registered here: nobody knows",
    ),
    (SOLE, {}, [], None, "out_of_scope", "a sole trader without workers insures voluntarily"),
    (
        {**SOLE, "declared_headcount": 3},
        {},
        [],
        None,
        "uninsured",
        "a sole trader with workers must insure them",
    ),
    (
        {**SOLE, "sales": None, "tax_paid": None},
        {},
        [],
        None,
        "out_of_scope",
        "nor with fewer columns: less evidence makes no harder verdict",
    ),
    (
        {**SOLE, "declared_headcount": None, "sales": None, "tax_paid": None},
        {},
        [],
        None,
        "uninsured",
        "that it declares nobody is not known",
    ),
    (SOLE, {}, REVIEW, None, "review", "an open link is settled first"),
    (BUREAU, {}, [], None, "out_of_scope", "a bureau without a code, by its name"),
    (BUREAU, {}, REVIEW, None, "review", "an open link says more than a name"),
    (SCHOOL, {}, [], None, "review", "a public school, or a private one: nobody knows"),
    (SCHOOL, {}, MATCH, None, "insured", "whose it is does not matter if it insures"),
    ({}, {}, [], OUTSIDE, "out_of_scope", "a visitor found that it moved away"),
    ({}, {}, [], BY_PARENT, "covered_by_parent", "a visitor found that the parent pays"),
    ({}, {}, MATCH, OUTSIDE, "insured", "a confirmed link outranks an old visit"),
]


@pytest.mark.parametrize(("firm", "unit", "links", "visits", "status", "why"), CASES)
def test_the_first_rule_that_holds_gives_the_status(firm, unit, links, visits, status, why):
    assert decide(firm, unit, links, visits)["status"][0] == status, why


@pytest.mark.parametrize(
    ("unit", "reason", "verdict", "why"),
    [
        (UNCLEAR, "“仅登记”看不懂", "to_settle", "in no line a status that is known"),
        ({**UNCLEAR, "pension_status": "正常"}, "已参保缴费", "refuted", "known in one line"),
        ({}, "已参保缴费", "refuted", "known in all"),
    ],
)
def test_a_status_that_no_word_explains_is_said_and_proves_nothing(unit, reason, verdict, why):
    settings = SETTINGS.model_copy(update={"tax_list": "verify"})
    gaps = decide({}, unit, MATCH, None, settings)
    assert reason in gaps["status_reason"][0], why
    assert gaps["verdict"][0] == verdict, why


UNCODED = {"uscc": None, "region": None, "legal_form": "", "aliases": []}
FORMED = {**UNCODED, "legal_form": "有限公司"}
INCOMPARABLE = [
    # firm, links, status, why
    ({**UNCODED, "name": None}, [], "review", "neither name nor code"),
    ({**UNCODED, "name": ""}, [], "review", "an empty name"),
    ({"name": None, "aliases": ["青石商贸有限公司"]}, [], "uninsured", "the register names it"),
    ({"name": None}, MATCH, "insured", "its code found its unit"),
    ({"name": None, "status": "注销"}, [], "out_of_scope", "ended, whoever it is"),
    ({**SHELL, "name": None}, [], "dormant", "whether it operates is another question"),
    ({**UNCODED, "name": "张三", "parent_core": "张三"}, [], "review", "a person's name"),
    ({**UNCODED, "name": "企业", "parent_core": "企业"}, [], "review", "a kind of body"),
    ({**FORMED, "name": "有限公司", "parent_core": ""}, [], "review", "a form"),
    (
        {**FORMED, "name": "云县有限公司", "parent_core": "", "region": "云县"},
        [],
        "review",
        "a region and a form",
    ),
    ({**FORMED, "name": "某公司", "parent_core": "某"}, [], "review", "withheld"),
    (
        {**FORMED, "name": "××商贸有限公司", "parent_core": "××商贸"},
        [],
        "review",
        "withheld, with its trade",
    ),
    ({**FORMED, "name": "XX公司", "parent_core": "20"}, [], "review", "withheld in letters"),
    ({**FORMED, "name": "青石公司", "parent_core": "青石"}, [], "uninsured", "short, with a form"),
    (
        {**UNCODED, "name": "云县医院", "parent_core": "医院", "region": "云县"},
        [],
        "uninsured",
        "there is one in the county",
    ),
    ({**UNCODED, "name": "青石理发店", "parent_core": "青石理发店"}, [], "uninsured", "a shop"),
    (
        {"name": "张三", "parent_core": "张三", "legal_form": ""},
        [],
        "uninsured",
        "its code tells it apart",
    ),
]


def test_a_code_without_a_name_confirms_no_row_of_a_list_to_verify():
    """Units often have no codes, so that nothing was compared."""
    verify = SETTINGS.model_copy(update={"tax_list": "verify"})
    for firm, verdict in (({"name": None}, "to_settle"), ({}, "confirmed")):
        gap = decide(firm, settings=verify).row(0, named=True)
        assert (gap["status"], gap["verdict"]) == ("uninsured", verdict)


@pytest.mark.parametrize(("firm", "links", "status", "why"), INCOMPARABLE)
def test_a_row_with_nothing_to_look_it_up_by_is_not_called_uninsured(firm, links, status, why):
    verify = SETTINGS.model_copy(update={"tax_list": "verify"})
    for settings in (SETTINGS, verify):
        found = decide(firm, {}, links, settings=settings).row(0, named=True)
        assert found["status"] == status, why
        if status == "review":
            assert found["probability_uninsured"] is None, why
            assert "无从" in found["status_reason"]
            assert found["verdict"] == ("to_settle" if settings is verify else None)


def test_the_cases_reach_every_status():
    assert {case[4] for case in CASES} == set(STATUSES)


def test_the_frame_keeps_its_promise_without_links_and_units():
    firms = firms_of({}, {}).head(0)
    activity = estimate_activity(firms, "2022Q4", SETTINGS)
    gaps = decide_statuses(firms, units_of({}).head(0), links_of(), activity, SETTINGS)
    GAPS.check(gaps)
    assert gaps.height == 0


def test_candidates_compete_so_their_probabilities_add_up():
    links = [(0, 0, "review", 0.3, SAME), (0, 1, "review", 0.3, SAME)]
    firms, units = firms_of({}), units_of({}, {})
    gaps = decide_statuses(
        firms, units, links_of(*links), estimate_activity(firms, "2022Q4", SETTINGS), SETTINGS
    )
    assert gaps["probability_uninsured"][0] == pytest.approx(
        0.4 * (1 - SETTINGS.gap.missed_link_share)
    )


def test_many_weak_candidates_leave_no_negative_probability():
    links = [(0, 0, "review", 0.7, SAME), (0, 1, "review", 0.6, SAME)]
    firms, units = firms_of({}), units_of({}, {})
    gaps = decide_statuses(
        firms, units, links_of(*links), estimate_activity(firms, "2022Q4", SETTINGS), SETTINGS
    )
    assert gaps["probability_uninsured"][0] == 0


def test_a_firm_without_candidates_is_never_uninsured_with_certainty():
    assert decide()["probability_uninsured"][0] == pytest.approx(1 - SETTINGS.gap.missed_link_share)


def test_a_shortage_is_told_by_line():
    gaps = decide({"declared_headcount": 30}, {"injury_insured": 5}, MATCH)
    assert gaps.select("short_pension", "short_injury", "shortage").row(0) == (22, 25, 25)
    assert "养老少22人" in gaps["status_reason"][0]
    assert "工伤少25人" in gaps["status_reason"][0]


def test_two_accounts_of_a_firm_add_up():
    firms = firms_of({"declared_headcount": 16})
    units = units_of({}, {})
    links = links_of((0, 0, "match", 0.99, SAME), (0, 1, "match", 0.98, "second_account"))
    gaps = decide_statuses(
        firms, units, links, estimate_activity(firms, "2022Q4", SETTINGS), SETTINGS
    )
    assert gaps["status"][0] == "insured"
    assert gaps["insured_count"][0] == 16


def test_a_unit_that_serves_two_firms_is_shared_by_what_they_declare():
    firms = firms_of({"declared_headcount": 6}, {"declared_headcount": 2})
    links = links_of((0, 0, "match", 0.99, SAME), (1, 0, "match", 0.99, SAME))
    gaps = decide_statuses(
        firms, units_of({}), links, estimate_activity(firms, "2022Q4", SETTINGS), SETTINGS
    )
    assert gaps["insured_count"].to_list() == [6, 2]
    assert gaps["status"].to_list() == ["insured", "insured"]


def test_a_repeated_row_shares_the_fate_of_its_original():
    firms = firms_of({}, {"duplicate_of": 0})
    links = links_of((0, 0, "match", 0.99, SAME))
    gaps = decide_statuses(
        firms, units_of({}), links, estimate_activity(firms, "2022Q4", SETTINGS), SETTINGS
    )
    assert gaps["status"].to_list() == ["insured", "insured"]
    assert gaps["firm"].to_list() == [0, 1]


def test_without_insured_counts_an_enrolled_unit_is_insured():
    blank = dict.fromkeys((*NOBODY, *STOPPED), None)
    assert decide({"declared_headcount": 90}, blank, MATCH)["status"][0] == "insured"


def test_a_total_without_lines_still_shows_too_few_insured():
    blank = {**dict.fromkeys((*NOBODY, *STOPPED), None), "insured_total": 4}
    assert decide({"declared_headcount": 30}, blank, MATCH)["status"][0] == "under_enrolled"


COUNTED = {"pension_insured": 5, "unemployment_insured": 5, "injury_insured": 5}
"""Another unit of the list, so that the list says something of every line."""


@pytest.mark.parametrize(
    ("unit", "status", "why"),
    [
        (dict.fromkeys(NOBODY), "insured", "active, and no count in any line"),
        ({**dict.fromkeys(NOBODY), **STOPPED}, "lapsed", "stopped, whatever the counts"),
        (dict.fromkeys((*NOBODY, *STOPPED)), "insured", "listed, and nothing known of its lines"),
        ({"injury_insured": None}, "insured", "a line without a count is not a missing one"),
        ({"injury_insured": None, "injury_status": None}, "insured", "nor one without a status"),
        ({"injury_insured": None, "injury_status": "暂停缴费"}, "lines_missing", "told to be so"),
        (
            {**NOBODY, "injury_insured": None},
            "lines_missing",
            "not lapsed: one may insure somebody",
        ),
        ({**NOBODY, "insured_total": 0}, "lapsed", "nobody, as each count says"),
        ({**dict.fromkeys(NOBODY), "insured_total": 0}, "lapsed", "nobody, as the total says"),
        ({**dict.fromkeys(NOBODY), "insured_total": 3}, "insured", "somebody, as the total says"),
    ],
)
def test_a_count_that_is_not_known_is_neither_nobody_nor_a_missing_line(unit, status, why):
    firms = firms_of({"declared_headcount": 3})
    activity = estimate_activity(firms, "2022Q4", SETTINGS)
    units = units_of(unit, COUNTED)
    gaps = decide_statuses(firms, units, links_of(*MATCH), activity, SETTINGS)
    assert gaps["status"][0] == status, why


def test_two_accounts_of_which_one_has_no_count_have_no_sum():
    links = [(0, 0, "match", 0.99, SAME), (0, 1, "match", 0.98, SAME)]
    firms = firms_of({"declared_headcount": 90})
    activity = estimate_activity(firms, "2022Q4", SETTINGS)
    units = units_of({}, dict.fromkeys(NOBODY))
    gaps = decide_statuses(firms, units, links_of(*links), activity, SETTINGS)
    assert gaps.select("status", "insured_count").row(0) == ("insured", None)


def test_a_line_that_the_extract_does_not_have_is_not_missing():
    blank = {"injury_insured": None, "injury_status": None}
    assert decide({}, blank, MATCH)["status"][0] == "insured"


@pytest.mark.parametrize(
    ("links", "verdict"), [([], "confirmed"), (MATCH, "refuted"), (REVIEW, "to_settle")]
)
def test_a_list_to_verify_gets_a_verdict(links, verdict):
    verify = SETTINGS.model_copy(update={"tax_list": "verify"})
    assert decide(links=links, settings=verify)["verdict"][0] == verdict


def test_verifying_uses_its_own_words():
    verify = SETTINGS.model_copy(update={"tax_list": "verify"})
    assert decide(settings=verify)["status_reason"][0].startswith("参保名单中没有")


def test_the_order_of_links_and_units_changes_nothing():
    firms, units = firms_of({}, {}, {}), units_of({}, {"injury_insured": 0}, {})
    rows = [(0, 0, "match", 0.9, SAME), (0, 1, "match", 0.9, SAME), (1, 2, "review", 0.4, SAME)]
    activity = estimate_activity(firms, "2022Q4", SETTINGS)
    one = decide_statuses(firms, units, links_of(*rows), activity, SETTINGS)
    other = decide_statuses(firms, units.reverse(), links_of(*rows[::-1]), activity, SETTINGS)
    assert one.equals(other)
