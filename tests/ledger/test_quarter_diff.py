"""What changed between two quarters; totals reconcile whatever the quarters hold."""

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from invented_quarter import FIRMS, UNITS, quarter_frames, record, write_run

from gapmatch.errors import StoreError
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
from gapmatch.publish.quarter_changes import (
    Changes,
    _build_list,
    build_changes_page,
    build_changes_table,
    list_reconciled_lines,
)
from gapmatch.schemas import STATUSES
from gapmatch.standardise.name_rules import NameRules
from gapmatch.standardise.names import parse_names
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


@pytest.mark.parametrize("kinds", [("discover", "verify"), ("verify", "discover")])
def test_quarters_of_two_kinds_are_not_compared(workspace: Path, kinds: tuple[str, str]) -> None:
    with Store.open(workspace) as store:
        for quarter, kind in zip(("2022Q4", "2023Q1"), kinds, strict=True):
            write_run(store, record(quarter, {"tax_list": kind}), quarter_frames())
        with pytest.raises(StoreError, match="不是一种") as refused:
            compare_stored_quarters(store, "2022Q4", "2023Q1")
        assert ("2022Q3" if kinds[1] == "discover" else "init") in refused.value.remedy


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


CODE, OTHER = A[0], "91990100MA00000098"
NAME, CHANGED = A[1], "云岭县青禾新材料有限公司"
NUMBER = "520300000012345"


def list_firms(*rows: tuple, registration: str | None = None) -> QuarterSide:
    """Return a quarter of ``rows`` (code, name, row that it repeats) of a firm, and four others."""
    firms = (*((code, name, *A[2:]) for code, name, _of in rows), *FIRMS[1:])
    repeated = [of for *_row, of in rows] + [None] * len(FIRMS[1:])
    numbers = [registration] * len(rows) + [None] * len(FIRMS[1:])
    frames = quarter_frames(firms)
    listed = frames["firms"].with_columns(
        pl.Series("duplicate_of", repeated, pl.UInt32),
        pl.Series("registration_no", numbers, pl.String),
        clean_name="name",
    )
    return QuarterSide({**frames, "firms": listed})


@pytest.mark.parametrize(
    ("rows", "other", "renamed", "why"),
    [
        ([(CODE, NAME, None), (CODE, NAME, 0)], (None, NAME), 0, "repeated, the code lost"),
        ([(CODE, NAME, None), (CODE, NAME, 0)], (CODE[:15], NAME), 0, "the code cut"),
        (
            [(CODE, NAME, None), (CODE, NAME, 0)],
            ("919901000000000000", NAME),
            0,
            "its end lost in a spreadsheet",
        ),
        ([(CODE, NAME, None), (CODE, NAME, 0)], ("5299**********1234", NAME), 0, "masked"),
        ([(CODE, NAME, None), (CODE, NAME, 0)], (CODE, CHANGED), 1, "repeated and renamed"),
        ([(CODE, NAME, None), (CODE, CHANGED, 0)], (None, CHANGED), 1, "the other row's name"),
        ([(CODE, NAME, None), (OTHER, NAME, 0)], (OTHER, CHANGED), 1, "the other row's code"),
        ([(None, NAME, None), (None, NAME, 0)], (CODE, NAME), 0, "repeated without a code"),
        (
            [(CODE[:15], NAME, None), (CODE[:15], NAME, None)],
            (CODE, NAME),
            0,
            "twice with a cut code, which proves no repetition",
        ),
        ([(CODE, NAME, None)] + [(CODE, NAME, 0)] * 3, (None, NAME), 0, "four times"),
        ([(CODE, NAME, None)], (None, CHANGED), 1, "another name, the registration number alone"),
        ([(CODE, NAME, None), (CODE, NAME, 0)], (OTHER, CHANGED), 1, "another code as well"),
    ],
)
@pytest.mark.parametrize("is_later", [False, True])
def test_a_repeated_firm_is_one_firm_in_both_quarters(
    rows: list, other: tuple, renamed: int, why: str, *, is_later: bool
) -> None:
    sides = [
        list_firms(*rows, registration=NUMBER),
        list_firms((*other, None), registration=NUMBER),
    ]
    difference = compare_quarters(*(sides[::-1] if is_later else sides))
    summary = dict(difference.summary.rows())
    once = len(rows) - sum(of is not None for *_row, of in rows)
    assert (summary["gone"], summary["new"]) == ((0, once - 1) if is_later else (once - 1, 0)), why
    assert summary["renamed"] == renamed, why
    fates = difference.totals.filter(pl.col("line").is_in(["became", "was"]))
    assert fates["firms"].to_list() == ([1 if is_later else -1] if once > 1 else []), why


@pytest.mark.parametrize(
    ("before", "now", "renamed", "why"),
    [
        ("云岭县青禾建材有限公司", "云岭县青禾建材集团有限公司", True, "a group now"),
        ("云岭县青禾建材集团有限公司", "云岭县青禾建材有限公司", True, "no group any more"),
        ("云岭县青禾建材有限公司", "云岭县青禾建材(集团)有限公司", True, "in brackets"),
        ("云岭县青禾建材有限公司", "云岭县青禾建材股份有限公司", True, "another form"),
        ("云岭县青禾建材有限公司", "云岭县青禾建材有限责任公司", False, "the same form in full"),
        ("云岭县青禾建材有限公司", "云岭青禾建材有限公司", False, "the same place in short"),
        ("云岭县青禾建材集团有限公司", "云岭县青禾建材(集团)有限公司", False, "a group either way"),
    ],
)
def test_a_change_of_form_alone_is_a_change_of_name(
    before: str, now: str, why: str, *, renamed: bool
) -> None:
    sides = []
    for name in (before, now):
        firms = ((CODE, name, *A[2:]), *FIRMS[1:])
        frames = quarter_frames(firms)
        names = [firm[1] for firm in firms]
        standard = parse_names(pl.Series(names), "520300", NameRules.load())["standard_name"]
        firms_frame = frames["firms"].with_columns(
            clean_name="name", standard_name=standard.str.replace("云岭县", "云岭")
        )
        sides.append(QuarterSide({**frames, "firms": firms_frame}))
    assert dict(compare_quarters(*sides).summary.rows())["renamed"] == renamed, why


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


@st.composite
def list_sides(draw: st.DrawFn) -> QuarterSide:
    """Draw a quarter in which some rows repeat an earlier one."""
    rows = draw(QUARTER)
    frames = quarter_frames(rows)
    repeated = [
        draw(st.sampled_from([None, *(j for j in range(i) if rows[j][0] == rows[i][0])]))
        for i in range(len(rows))
    ]
    repeated = [j if j is None or repeated[j] is None else None for j in repeated]
    firms = frames["firms"].with_columns(pl.Series("duplicate_of", repeated, pl.UInt32))
    return QuarterSide({**frames, "firms": firms})


@given(list_sides(), list_sides())
def test_every_output_adds_up_to_the_screen(previous: QuarterSide, current: QuarterSide) -> None:
    changes = Changes(("2022Q3", "2022Q4"), compare_quarters(previous, current))
    page, table = build_changes_page(changes, []), build_changes_table(changes)
    assert (
        dict(table.select(KINDS).sum().cast(pl.Int64).row(0, named=True)) == page.facts["summary"]
    )
    assert page.facts["link_reasons"] == dict(
        table["link_reason"].drop_nulls().value_counts().rows()
    )
    assert table.filter(repeated_now=1).select(KINDS).sum().row(0) == (0,) * len(KINDS)
    listed = len(_build_list(changes, "").rows)
    assert listed == table.filter(pl.any_horizontal(pl.col(KINDS) == 1)).height
    steps = [count for _line, count in list_reconciled_lines(changes)]
    assert sum(steps[:-1]) == steps[-1]
    own = {
        name: side.frames["firms"]["duplicate_of"].is_null().sum()
        for name, side in (("before", previous), ("now", current))
    }
    rejoined = table.filter(repeated_before=1, repeated_now=0).height
    parted = table.filter(repeated_before=0, repeated_now=1).height
    gone, new = (page.facts["summary"][kind] for kind in ("gone", "new"))
    assert own["before"] - gone + new + rejoined - parted == own["now"]


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
