"""What changed between two quarters; totals reconcile whatever the quarters hold."""

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from invented_quarter import FIRMS, UNITS, quarter_frames, record, write_run

from gapmatch.ledger.entries import ReviewDecision
from gapmatch.ledger.filled_rows import Pair
from gapmatch.ledger.identity import match_firms, select_identity
from gapmatch.ledger.quarter_diff import (
    KINDS,
    Difference,
    QuarterSide,
    compare_quarters,
    compare_stored_quarters,
)
from gapmatch.ledger.review_queue import record_decision
from gapmatch.schemas import STATUSES
from gapmatch.store.runs import Store
from gapmatch.vocabulary.labels import list_labels

A = FIRMS[0]


def compared(firms: tuple, units: tuple = UNITS, settings: str = "") -> Difference:
    """Compare the invented quarter with another one."""
    return compare_quarters(
        QuarterSide(quarter_frames()), QuarterSide(quarter_frames(firms, units), settings)
    )


def kinds_of(difference: Difference, name: str) -> set[str]:
    """Return what happened to the firm that bears ``name`` in either quarter."""
    row = difference.firms.filter(
        (pl.col("name_now") == name) | (pl.col("name_before") == name)
    ).to_dicts()[0]
    return {kind for kind in KINDS if row[kind]}


@pytest.mark.parametrize(
    ("firm", "kinds", "why"),
    [
        (A, set(), "nothing happened"),
        (
            (*A[:3], "insured", 2, "match"),
            {"newly_insured", "status_changed", "link_changed"},
            "linked now",
        ),
        ((*A[:3], "review", 2, "review"), {"status_changed", "link_changed"}, "in review"),
        ((*A[:2], "沙洲区", *A[3:]), {"moved"}, "another county"),
        ((A[0], "云岭县青禾新材料有限公司", *A[2:]), {"renamed"}, "another name, the same code"),
        ((None, *A[1:]), set(), "the code got lost"),
    ],
)
def test_each_change_is_told(firm: tuple, kinds: set[str], why: str) -> None:
    assert kinds_of(compared((firm, *FIRMS[1:])), firm[1]) == kinds, why


def test_firms_that_come_and_go_are_told() -> None:
    new = ("91990100MA00000098", "云岭县后来有限公司", "云岭县", "uninsured", None, None)
    difference = compared((*FIRMS[1:], new))
    assert kinds_of(difference, A[1]) == {"gone"}
    assert kinds_of(difference, new[1]) == {"new"}


def test_the_order_of_rows_changes_nothing() -> None:
    one = compared(FIRMS).summary
    assert one.equals(compared(FIRMS[::-1]).summary)
    assert one["firms"].sum() == 0


@pytest.mark.parametrize(
    ("firm", "units", "settings", "reason", "why"),
    [
        ((None, *A[1:3], "insured", 2, "match"), UNITS, "", "input", "the firm's own code changed"),
        (
            (*A[:3], "insured", 3, "match"),
            (*UNITS, ("99010009", None, "新")),
            "",
            "input",
            "a new unit",
        ),
        ((*A[:3], "insured", 2, "match"), UNITS, "{}", "settings", "only settings differ"),
        ((*A[:3], "insured", 2, "match"), UNITS, "", "input", "other rows made the difference"),
    ],
)
def test_a_changed_link_has_its_reason(
    firm: tuple, units: tuple, settings: str, reason: str, why: str
) -> None:
    rows = compared((firm, *FIRMS[1:]), units, settings).firms.filter("link_changed")
    assert rows["link_reason"].to_list() == [reason], why


@pytest.mark.parametrize(
    ("changed", "reason", "why"),
    [
        ({"tax_list": "verify"}, "input", "whether a list is to be verified links nothing"),
        ({"language": "en", "capacity": {"default": 60}}, "input", "neither words nor visits do"),
        ({"linkage": {"review_budget": 7}}, "settings", "how many pairs are reviewed does"),
    ],
)
def test_only_settings_of_the_linkage_change_links(
    workspace: Path, changed: dict, reason: str, why: str
) -> None:
    frames = quarter_frames(((*A[:3], "insured", 2, "match"), *FIRMS[1:]))
    with Store.open(workspace) as store:
        write_run(store, record("2022Q4", changed), frames)
        difference = compare_stored_quarters(store, "2022Q3", "2022Q4")
    reasons = difference.firms.filter("link_changed")["link_reason"].to_list()
    assert reasons == [reason], why


def test_a_decision_is_the_reason_where_there_is_one(workspace: Path) -> None:
    frames = quarter_frames(((*A[:3], "insured", 2, "match"), *FIRMS[1:]))
    with Store.open(workspace) as store:
        record_decision(
            store,
            ReviewDecision(
                Pair(A[0], A[1], UNITS[2][0], UNITS[2][1], UNITS[2][2]), "same", "某乙", "2022Q3"
            ),
        )
        write_run(store, record("2022Q4"), frames)
        difference = compare_stored_quarters(store, "2022Q3", "2022Q4")
    assert difference.firms.filter("link_changed")["link_reason"].to_list() == ["decision"]


STATUS = st.sampled_from(STATUSES)
QUARTER = st.lists(
    st.tuples(
        st.sampled_from([None, "91990100MA00000012", "91990100MA00000020", "91990100MA00000039"]),
        st.sampled_from(["云岭县甲店", "云岭县乙店", "云岭县丙店"]),
        st.sampled_from(["云岭县", "沙洲区"]),
        STATUS,
        st.none(),
        st.none(),
    ),
    min_size=1,
    max_size=8,
).map(tuple)


@given(QUARTER, QUARTER)
def test_totals_reconcile_and_no_firm_is_lost(before: tuple, now: tuple) -> None:
    difference = compare_quarters(
        QuarterSide(quarter_frames(before)), QuarterSide(quarter_frames(now))
    )
    totals = difference.totals
    *steps, end = totals["firms"].to_list()
    assert sum(steps) == end
    assert end == sum(firm[3] == "uninsured" for firm in now)
    for line in ("became", "was"):
        fates = totals.filter(line=line)["status"].to_list()
        assert fates == [status for status in (*STATUSES, "not_listed") if status in fates]
    assert difference.firms["previous"].drop_nulls().n_unique() == len(before)
    assert difference.firms["current"].drop_nulls().n_unique() == len(now)
    assert difference.firms.height == len(before) + len(now) - difference.firms["by"].count()


@given(QUARTER)
def test_a_quarter_differs_in_nothing_from_itself(firms: tuple) -> None:
    difference = compare_quarters(
        QuarterSide(quarter_frames(firms)), QuarterSide(quarter_frames(firms))
    )
    assert difference.summary["firms"].sum() == 0


@given(QUARTER)
def test_every_firm_finds_itself_again(firms: tuple) -> None:
    told = select_identity(quarter_frames(firms)["firms"], "firm")
    met = match_firms(told, told)
    assert met["previous"].to_list() == met["current"].to_list() == list(range(len(firms)))


def test_every_kind_of_change_has_words() -> None:
    assert tuple(list_labels("change")) == KINDS
