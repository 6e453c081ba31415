"""Cases keep their numbers, and go from new to closed and back."""

from pathlib import Path

import polars as pl
import pytest
from invented_quarter import FIRMS, quarter_frames, record, write_run

from gapmatch.ledger.case_progress import count_visits, list_cases, summarise_cases
from gapmatch.ledger.entries import Visit, insert_visits, load_visits
from gapmatch.ledger.filled_rows import FilledBook, FilledRow, FirmIdentity
from gapmatch.ledger.identity import select_identity
from gapmatch.ledger.import_visits import import_visits
from gapmatch.ledger.visit_effects import resolve_visit_effects
from gapmatch.run.commit import plan_run_cases
from gapmatch.store.migrations import MIGRATIONS
from gapmatch.store.runs import Store

A = FIRMS[0]
RENAMED = (A[0], "云岭县青禾新材料有限公司", *A[2:])
INSURED = (*A[:3], "insured", 2, "match")
NO_TARGET = (*A[:3], "review", 2, "review")
OTHERS = FIRMS[1:]


def run(workspace: Path, quarter: str, firms: tuple) -> dict[str, dict]:
    """Write a quarter and return the cases by the number's tail."""
    with Store.open(workspace) as store:
        write_run(store, record(quarter), quarter_frames(firms))
        return {case["number"][-3:]: case for case in list_cases(store).to_dicts()}


def visit(workspace: Path, outcome: str, quarter: str = "2022Q3", day: str | None = None) -> None:
    """Enter a visit to the first firm (case 1)."""
    with Store.open(workspace) as store, store.db.atomic():
        insert_visits(store.db, [(1, Visit(A[0], A[1], outcome, "某乙", quarter, day, 4))], "t")


def test_targets_become_cases_numbered_in_the_order_of_contents(workspace: Path) -> None:
    with Store.open(workspace) as store:
        cases = list_cases(store)
    assert cases["number"].to_list() == ["9901-000001", "9901-000002"]
    assert cases["state"].to_list() == ["new", "new"]
    assert cases["name"].to_list() == [A[1], FIRMS[3][1]]


def test_numbers_are_known_before_the_run_is_written(workspace: Path) -> None:
    with Store.open(workspace) as store:
        plan = plan_run_cases(store, "2022Q4", quarter_frames(FIRMS[::-1]))
    assert plan.numbers.rows() == [(1, "9901-000002"), (4, "9901-000001")]


def test_running_a_quarter_again_keeps_its_numbers(workspace: Path) -> None:
    with Store.open(workspace) as store:
        before = list_cases(store)
        write_run(store, record("2022Q3"), quarter_frames())
        assert list_cases(store).equals(before)


@pytest.mark.parametrize(
    ("firms", "outcome", "state", "open_", "why"),
    [
        ((A, *OTHERS), None, "carried", True, "still a target"),
        ((*OTHERS[::-1], A), None, "carried", True, "in another order"),
        ((RENAMED, *OTHERS), None, "carried", True, "renamed, with its code"),
        ((INSURED, *OTHERS), None, "settled", False, "found insured"),
        ((NO_TARGET, *OTHERS), None, "off_list", False, "now to be reviewed"),
        (OTHERS, None, "gone", False, "no longer in the tax list"),
        ((A, *OTHERS), "visited", "carried", True, "visited, not settled"),
        ((A, *OTHERS), "enrolled", "reopened", True, "said to be enrolled, but not found"),
        ((INSURED, *OTHERS), "enrolled", "closed", False, "enrolled, and found"),
        ((A, *OTHERS), "refused", "carried", True, "refused: goes on"),
    ],
)
def test_the_next_quarter_moves_a_case_on(
    workspace: Path, firms: tuple, outcome: str | None, state: str, why: str, *, open_: bool
) -> None:
    if outcome:
        visit(workspace, outcome)
    case = run(workspace, "2022Q4", firms)["001"]
    assert (case["state"], case["open"]) == (state, open_), why
    assert case["number"] == "9901-000001"


@pytest.mark.parametrize(
    ("kinds", "firms", "states", "why"),
    [
        (
            ("verify", "discover"),
            OTHERS,
            ("off_list", "gone"),
            "the last list of all firms lacks it",
        ),
        (("verify", "verify"), OTHERS, ("off_list", "off_list"), "two lists to verify lack it"),
        (("verify",), (INSURED, *OTHERS), ("settled",), "the list to verify has it, insured"),
    ],
)
def test_a_case_is_not_gone_from_a_list_of_another_kind(
    workspace: Path, kinds: tuple[str, ...], firms: tuple, states: tuple[str, ...], why: str
) -> None:
    found = []
    with Store.open(workspace) as store:
        for quarter, kind in zip(("2022Q4", "2023Q1"), kinds, strict=False):
            write_run(store, record(quarter, {"tax_list": kind}), quarter_frames(firms))
            found.append(list_cases(store)["state"][0])
    assert tuple(found) == states, why


def test_an_enrolment_that_is_not_found_is_said(workspace: Path) -> None:
    visit(workspace, "enrolled")
    case = run(workspace, "2022Q4", (A, *OTHERS))["001"]
    assert case["note"] == "走访结果为“参保”，但本季参保名单中仍未找到"


def test_a_closing_visit_closes_at_once_and_keeps_its_reason(workspace: Path) -> None:
    visit(workspace, "no_staff")
    with Store.open(workspace) as store:
        case = list_cases(store).row(0, named=True)
        rows = store.db.execute("SELECT number FROM open_cases").fetchall()
    assert (case["state"], case["outcome"], case["effect"]) == ("closed", "no_staff", "recheck")
    assert rows == [("9901-000002",)]


def test_the_view_of_open_cases_agrees_with_the_list(workspace: Path) -> None:
    visit(workspace, "enrolled")
    run(workspace, "2022Q4", FIRMS)
    with Store.open(workspace) as store:
        view = {row[0] for row in store.db.execute("SELECT number FROM open_cases")}
        assert view == set(list_cases(store).filter("open")["number"])


def test_a_case_not_visited_in_its_quarter_is_overdue(workspace: Path) -> None:
    assert not run(workspace, "2022Q3", FIRMS)["001"]["overdue"]
    visit(workspace, "visited")
    cases = run(workspace, "2022Q4", FIRMS)
    assert (cases["001"]["overdue"], cases["002"]["overdue"]) == (False, True)


def test_a_call_is_no_visit(workspace: Path) -> None:
    visit(workspace, "contacted")
    case = run(workspace, "2022Q4", FIRMS)["001"]
    assert (case["visits"], case["outcome"], case["overdue"]) == (0, "contacted", True)
    with Store.open(workspace) as store:
        assert summarise_cases(list_cases(store))["visited"].sum() == 0


RERUNS = [
    ((A, *OTHERS), "the firm is listed still"),
    ((NO_TARGET, *OTHERS), "it is to be reviewed now"),
    ((INSURED, *OTHERS), "it is found insured"),
    (OTHERS, "it is not in the list any more"),
]


@pytest.mark.parametrize(("firms", "why"), RERUNS)
def test_a_visit_counts_in_its_quarter_whatever_it_lists_when_run_again(
    workspace: Path, firms: tuple, why: str
) -> None:
    visit(workspace, "visited")
    run(workspace, "2022Q3", firms)
    with Store.open(workspace) as store:
        (row,) = count_visits(store).filter(pl.col("visited") > 0).to_dicts()
    assert (row["quarter"], row["visited"], row["persons"]) == ("2022Q3", 1, 4), why
    assert row["tier_a"] >= row["visited"], why


def test_an_old_quarter_run_again_knows_nothing_of_later_cases(workspace: Path) -> None:
    later = (
        *FIRMS,
        ("91990100MA00000098", "云岭县后来有限公司", "云岭县", "uninsured", None, None),
    )
    run(workspace, "2022Q4", later)
    cases = run(workspace, "2022Q3", FIRMS)
    assert cases["003"]["opened_quarter"] == "2022Q4"
    assert {case["state"] for case in cases.values()} == {"carried", "new"}


def test_the_county_table_counts_what_came_of_it(workspace: Path) -> None:
    visit(workspace, "enrolled")
    with Store.open(workspace) as store:
        table = {row["county"]: row for row in summarise_cases(list_cases(store)).to_dicts()}
    assert table["云岭县"] == {
        "county": "云岭县",
        "targets": 1,
        "visited": 1,
        "closed": 1,
        "enrolled": 1,
        "persons": 4,
        "refused": 0,
        "overdue": 0,
    }


@pytest.mark.parametrize(
    ("outcome", "day", "quarter", "effect", "active", "due"),
    [
        ("enrolled", None, "2022Q3", "expect_link", True, "2022Q4"),
        ("enrolled", None, "2022Q4", "expect_link", False, "2022Q4"),
        ("enrolled", "2023-02-01", "2022Q4", "expect_link", True, "2023Q1"),
        ("no_staff", None, "2022Q4", "recheck", True, "2023Q1"),
        ("dormant", None, "2023Q1", "recheck", False, "2023Q1"),
        ("moved", None, "2022Q4", "out_of_scope", True, "2023Q1"),
        ("deregistered", None, "2023Q1", "out_of_scope", False, "2023Q1"),
        ("public", None, "2030Q1", "out_of_scope", True, None),
        ("parent_insured", None, "2022Q4", "covered_by_parent", True, None),
    ],
)
def test_an_outcome_holds_for_its_time(
    workspace: Path,
    outcome: str,
    day: str | None,
    quarter: str,
    effect: str,
    due: str,
    *,
    active: bool,
) -> None:
    visit(workspace, outcome, day=day)
    with Store.open(workspace) as store:
        rows = resolve_visit_effects(
            quarter_frames()["firms"], load_visits(store.db), quarter, 2
        ).to_dicts()
    assert len(rows) == 1
    row = rows[0]
    assert (row["firm"], row["effect"], row["active"], row["due"]) == (0, effect, active, due)


def test_the_last_visit_counts(workspace: Path) -> None:
    visit(workspace, "moved")
    visit(workspace, "visited")
    with Store.open(workspace) as store:
        effects = resolve_visit_effects(
            quarter_frames()["firms"], load_visits(store.db), "2022Q4", 2
        )
    assert effects["outcome"].to_list() == ["visited"]


def test_without_visits_there_are_no_effects(workspace: Path) -> None:
    with Store.open(workspace) as store:
        effects = resolve_visit_effects(
            quarter_frames()["firms"], load_visits(store.db), "2022Q4", 2
        )
    assert effects.is_empty()
    assert effects.schema["active"] == pl.Boolean


def test_migrations_have_names_in_order() -> None:
    names = [migration.name for migration in MIGRATIONS._migrations]
    assert names == sorted(names)


def test_a_case_that_a_visit_opens_has_the_name_of_the_list(workspace: Path) -> None:
    """Its standard name has the county cut off or set apart."""
    code, name, *_more = FIRMS[2]
    with Store.open(workspace) as store:
        firms = select_identity(store.result("2022Q3", "firms"), "firm")
    standard = firms.filter(pl.col("code") == code)["name"].item()
    cells = {"outcome": "已走访", "name": name, "code": code}
    row = FilledRow("a.xlsx", "复查", 5, FirmIdentity(code, standard), cells)
    book = FilledBook("a.xlsx", "1" * 64, None, "2022Q3", None, None, visits=[row])
    with Store.open(workspace) as store:
        import_visits(store, [book])
        case = list_cases(store).filter(pl.col("code") == code).row(0, named=True)
    assert (case["state"], case["name"]) == ("visited", name)
