"""A year of a workspace through the program itself: run, fill in, import, run again, compare."""

import json
import os
import shutil
import subprocess
import sys
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
from filled_workbooks import LATER, NAMES, REVIEW, VISITS, Entries, fill, resaved_by_libreoffice

from gapmatch.cli import main
from gapmatch.ledger.decisions import resolve_decisions
from gapmatch.ledger.entries import load_decisions, load_visits
from gapmatch.ledger.quarter_diff import compare_stored_quarters
from gapmatch.ledger.visit_effects import resolve_visit_effects
from gapmatch.store.runs import Store
from gapmatch.synth.plan import Plan
from gapmatch.synth.prefecture import make_prefecture
from gapmatch.synth.write import QuarterFiles, write_extracts
from gapmatch.vocabulary.outcomes import load_outcomes

Q3, Q4 = "2022Q3", "2022Q4"
PLAN = Plan(seed=11, firms=700, visit_share=0.2, noise="heavy", prefectures=("520400",))
SETTINGS = "[linkage]\nprice_review = 0.001\n"
"""Reviewing is cheap here, so that there is something to settle."""


VERIFY = ("run", "--accept", "the list handed down takes the place of the quarter")


def gapmatch(workspace: Path, *arguments: object) -> dict[str, Any]:
    """Give a command in this process and return what it prints as JSON."""
    given = [*map(str, arguments), "-w", str(workspace), "--json"]
    printed = StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(printed):
        patch.setenv("GAPMATCH_LANG", "zh")
        assert main(given) == 0
    answer: dict[str, Any] = json.loads(printed.getvalue())
    return answer


def program(workspace: Path, *arguments: object) -> dict[str, Any]:
    """Run the program itself and return what it prints as JSON."""
    command = [
        sys.executable,
        "-m",
        "gapmatch",
        *map(str, arguments),
        "-w",
        str(workspace),
        "--json",
    ]
    environment = {**os.environ, "GAPMATCH_LANG": "zh", "PYTHONIOENCODING": "utf-8"}
    ran = subprocess.run(command, capture_output=True, env=environment, check=False)
    assert ran.returncode == 0, ran.stderr.decode()
    answer: dict[str, Any] = json.loads(ran.stdout)
    return answer


def list_run(quarter: str, files: QuarterFiles, tax: str = "--tax") -> list[object]:
    """Return the arguments that run a quarter; ``tax``: the option that takes its tax list."""
    sides = [tax, *files.tax, "--enrollment", *files.enrollment, "--registry", *files.registry]
    return ["run", quarter, *sides]


@dataclass(frozen=True)
class Year:
    """The workspace after the year, and what the commands answered on the way."""

    workspace: Path
    files: dict[str, QuarterFiles]
    workbooks: list[Path]
    visits: dict[str, Any]
    contradicted: dict[str, Any]
    """The import of two workbooks that say different things of one firm."""
    referred: dict[str, str]
    """The refusal that labour inspection got, as its list shows it."""
    answered: dict[str, Any]
    """The import of what labour inspection did."""
    reviews: dict[str, Any]
    diff: dict[str, Any]
    tables: dict[str, bytes]
    """The CSV files of the last quarter."""
    compared: tuple[list[int], list[int]]
    """Firms of either quarter, and those that the comparison lists."""


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Year:
    """Go through the year once."""
    folder = tmp_path_factory.mktemp("year")
    prefecture = make_prefecture(PLAN)
    files = write_extracts(prefecture, folder / "extracts")
    workspace = folder / "workspace"
    workspace.mkdir()
    (workspace / "gapmatch.toml").write_text(SETTINGS, encoding="utf-8")
    gapmatch(workspace, *list_run(Q3, files[Q3]))
    back = folder / "back"
    shutil.copytree(workspace / "out" / Q3 / "counties", back)
    books = fill_in(back, prefecture.visits, prefecture.quarters[Q3].truth)
    delete_keys(books[-1])
    contradicted = import_contradiction(workspace, books[1], folder)
    visits = gapmatch(workspace, "visits", "import", *books)
    reviews = gapmatch(workspace, "review", "import", back)
    gapmatch(workspace, *list_run(Q4, files[Q4]))
    referred, answered = answer_for_inspection(workspace)
    diff = gapmatch(workspace, "diff", Q3, Q4)
    with Store.open(workspace) as store:
        found = compare_stored_quarters(store, Q3, Q4)
        sizes = [store.result(quarter, "firms").height for quarter in (Q3, Q4)]
    compared = [found.firms[column].count() for column in ("previous", "current")]
    program(workspace, *VERIFY, *list_run(Q4, files[Q4], "--verify")[1:])
    return Year(
        workspace=workspace,
        files=files,
        workbooks=books,
        visits=visits,
        contradicted=contradicted,
        referred=referred,
        answered=answered,
        reviews=reviews,
        diff=diff,
        tables=tables(workspace),
        compared=(sizes, compared),
    )


def delete_keys(book: Path) -> None:
    """Delete the hidden column and the hidden row by which the rows of a workbook are found."""
    workbook = openpyxl.load_workbook(book)
    for name in (VISITS, LATER, REVIEW):
        sheet = workbook[name]
        sheet.delete_cols(next(cell.column for cell in sheet[NAMES] if cell.value == "key"))
        sheet.delete_rows(NAMES)
    workbook.save(book)


def import_contradiction(workspace: Path, book: Path, folder: Path) -> dict[str, Any]:
    """Import two copies of a workbook in which one firm, that nobody visited, has two results."""
    copies = []
    for outcome in ("已参保缴费", "拒不参保"):
        copy = folder / f"{outcome}.xlsx"
        shutil.copyfile(workspace / "out" / Q3 / "counties" / book.name, copy)
        first = iter([{"outcome": outcome, "date": "2022-11-10"}])
        fill(copy, {VISITS: lambda _shown, first=first: next(first, None)})
        copies.append(copy)
    printed = StringIO()
    with redirect_stdout(printed):
        assert main(["visits", "import", *map(str, copies), "-w", str(workspace), "--json"]) == 3
    answer: dict[str, Any] = json.loads(printed.getvalue())
    return answer


def answer_for_inspection(workspace: Path) -> tuple[dict[str, str], dict[str, Any]]:
    """Fill in the first refusal that was handed over, and import the list."""
    book = workspace / "out" / Q4 / "移交" / "劳动监察.xlsx"
    referred: list[dict[str, str]] = []

    def enrolled(shown: Entries) -> Entries | None:
        if referred:
            return None
        referred.append(dict(shown))
        return {"outcome": "已参保缴费", "date": "2023-01-20", "persons": 2}

    fill(book, {"移交清单": enrolled})
    return referred[0], gapmatch(workspace, "visits", "import", book)


def tables(workspace: Path) -> dict[str, bytes]:
    """Return the CSV files of the last quarter by name."""
    return {p.name: p.read_bytes() for p in sorted((workspace / "out" / Q4).glob("*.csv"))}


def fill_in(folder: Path, visits: pl.DataFrame, truth: pl.DataFrame) -> list[Path]:
    """Fill every county's workbook by what visitors found and by what is true."""
    found = {v["taxpayer_code"]: v for v in visits.filter(pl.col("quarter") == Q3).to_dicts()}
    units = dict(truth.select("taxpayer_code", "unit_id").drop_nulls("taxpayer_code").rows())
    labels = {code: outcome.label for code, outcome in load_outcomes().items()}

    def visited(shown: Entries) -> Entries | None:
        visit = found.get(shown["code"])
        if visit is None:
            return None
        entries = {"outcome": labels[visit["outcome"]], "date": visit["visited"]}
        return {**entries, "persons": visit["new_insured"], "remark": "走访所得"}

    def settled(shown: Entries) -> Entries:
        same = units.get(shown["code"]) == shown["unit_id"]
        return {"verdict": "同一单位" if same else "不是同一单位"}

    books = sorted(folder.glob("*.xlsx"))
    assert (
        sum(fill(book, {VISITS: visited, LATER: visited, REVIEW: settled}) for book in books) > 20
    )
    return books


def test_everything_that_was_filled_in_is_taken(year: Year) -> None:
    assert (year.visits["left"], year.reviews["left"]) == ([], [])
    assert year.visits["taken"] > 20
    assert year.reviews["taken"] > 0
    assert (year.visits["other"], year.reviews["other"]) == (
        year.reviews["taken"],
        year.visits["taken"],
    )


def test_a_workbook_without_keys_is_taken_all_the_same(year: Year) -> None:
    book = year.workbooks[-1]
    cases = gapmatch(year.workspace, "cases", "--county", book.stem)["cases"]
    assert sum(case["visits"] > 0 for case in cases) > 0
    assert any(note["file"] == book.name for note in year.visits["notes"])


def test_two_workbooks_that_contradict_each_other_are_put_up(year: Year) -> None:
    left = year.contradicted["left"]
    assert year.contradicted["taken"] == 0
    assert {row["file"] for row in left} == {"已参保缴费.xlsx", "拒不参保.xlsx"}
    assert all("请核实" in row["reason"] for row in left)


def test_a_refusal_is_handed_over_and_closed_by_what_comes_back(year: Year) -> None:
    assert "拒不参保" in year.referred["task"]
    assert (year.answered["taken"], year.answered["left"]) == (1, [])
    by_number = {case["number"]: case for case in gapmatch(year.workspace, "cases")["cases"]}
    case = by_number[year.referred["case"]]
    assert (case["state"], case["outcome"], case["visits"]) == ("closed", "enrolled", 2)
    list_now = year.workspace / "out" / Q4 / "移交" / "劳动监察.xlsx"
    shown = openpyxl.load_workbook(list_now)["移交清单"].values if list_now.is_file() else ()
    assert year.referred["case"] not in {row[0] for row in shown}


def test_taking_the_workbooks_in_again_changes_nothing(year: Year) -> None:
    again = [
        gapmatch(year.workspace, kind, "import", *year.workbooks) for kind in ("visits", "review")
    ]
    assert [each["taken"] for each in again] == [0, 0]
    assert [each["known"] for each in again] == [year.visits["taken"], year.reviews["taken"]]


def test_decisions_hold_in_the_next_quarter(year: Year) -> None:
    with Store.open(year.workspace) as store:
        frames = store.results(Q4)
        said = resolve_decisions(frames["firms"], frames["units"], load_decisions(store.db))
    firms = frames["firms"].filter(pl.col("duplicate_of").is_null())["firm"].to_list()
    settled = said.filter(
        pl.col("decision").is_in(["same", "different"]), pl.col("firm").is_in(firms)
    )
    assert settled.height > 0
    linked = settled.join(
        frames["links"].select("firm", "unit", pl.col("decision").alias("linked")),
        on=["firm", "unit"],
        how="left",
    )
    ends = set(linked.select("decision", pl.col("linked").fill_null("non_match")).rows())
    assert ends <= {("same", "match"), ("different", "non_match")}


def test_cases_keep_their_numbers(year: Year) -> None:
    cases = gapmatch(year.workspace, "cases")["cases"]
    by_number = {case["number"]: case for case in cases}
    assert len(by_number) == len(cases)
    names, _headings, *rows = openpyxl.load_workbook(year.workbooks[0])[VISITS].iter_rows(
        min_row=3, values_only=True
    )
    at = names.index("case")
    shown = [str(row[at]).split("\n")[0] for row in rows if row[at]]
    assert shown
    assert {by_number[number]["opened_quarter"] for number in shown} == {Q3}
    states = {case["state"] for case in cases}
    assert {"new", "carried", "closed"} <= states


def test_targets_say_their_case(year: Year) -> None:
    targets = pl.read_csv(year.tables["targets.csv"])
    assert targets["case_number"].null_count() == 0
    assert targets["case_number"].is_duplicated().sum() == 0
    assert set(targets["case_state"]) <= {"new", "carried", "reopened"}


@pytest.mark.parametrize(
    ("effect", "why"),
    [
        ("covered_by_parent", "its workers are insured by the head office"),
        ("out_of_scope", "deregistered, moved away or a public body"),
        ("recheck", "not looked at again before its time"),
        ("expect_link", "enrolled: not asked again before the list of units must show it"),
    ],
)
def test_outcomes_keep_a_firm_off_the_list(year: Year, effect: str, why: str) -> None:
    with Store.open(year.workspace) as store:
        frames = store.results(Q4)
        effects = resolve_visit_effects(frames["firms"], load_visits(store.db), Q4, 2)
    bound = effects.filter(pl.col("effect") == effect, pl.col("active"))["firm"].to_list()
    targets = set(frames["targets"]["firm"].to_list())
    assert targets.isdisjoint(bound), why


def test_firms_that_enrolled_are_found_insured_or_reported(year: Year) -> None:
    enrolled = gapmatch(year.workspace, "cases", "--outcome", "enrolled")["cases"]
    assert enrolled
    assert all(case["state"] in ("closed", "settled", "reopened") for case in enrolled)
    again = [case for case in enrolled if case["state"] == "reopened"]
    assert again
    assert all("仍未找到" in case["note"] for case in again)


def test_quarters_reconcile(year: Year) -> None:
    totals = year.diff["totals"]
    before, *between, now = (line["firms"] for line in totals)
    assert before + sum(between) == now
    table = pl.read_csv(year.workspace / "out" / f"{Q3}-{Q4}" / "changes.csv")
    sizes, compared = year.compared
    assert compared == sizes
    held = [(table[f"status_{when}"] == "uninsured").sum() for when in ("before", "now")]
    assert held == [before, now]


def test_the_prefecture_summary_shows_the_visits_by_county(year: Year) -> None:
    progress = gapmatch(year.workspace, "cases", "--by-county")["counties"]
    book = openpyxl.load_workbook(year.workspace / "out" / Q4 / "汇总.xlsx")
    rows = [row for row in book["走访进展"].iter_rows(values_only=True) if row[1] is not None]
    shown = {row[0]: row[1:8] for row in rows[1:]}
    columns = ("targets", "visited", "closed", "enrolled", "persons", "refused", "overdue")
    assert all(shown[p["county"]] == tuple(p[c] for c in columns) for p in progress)
    assert sum(p["visited"] for p in progress) == year.visits["taken"]


def test_running_a_quarter_again_gives_the_same_tables(year: Year) -> None:
    gapmatch(year.workspace, *VERIFY, *list_run(Q4, year.files[Q4], "--verify")[1:])
    assert tables(year.workspace) == year.tables


@pytest.mark.parametrize(
    ("outcome", "verdicts", "why"),
    [
        ("parent_insured", {"refuted"}, "a visitor saw its workers insured by the head office"),
        ("deregistered", {"outside"}, "a visitor saw that it is gone"),
        ("dormant", {"not_operating", "refuted", "outside"}, "a visitor saw no operation"),
        (
            "refused",
            {"confirmed", "to_settle", "refuted", "not_operating"},
            "whoever refuses is not enrolled yet, and may have closed since",
        ),
    ],
)
def test_visits_stand_behind_the_verdicts_on_a_listed_firm(
    year: Year, outcome: str, verdicts: set[str], why: str
) -> None:
    gaps = pl.read_csv(year.tables["gaps.csv"], infer_schema=False)
    visited = [c for c in gapmatch(year.workspace, "cases")["cases"] if c["outcome"] == outcome]
    found = gaps.filter(pl.col("taxpayer_code").is_in([case["code"] for case in visited]))
    assert set(found["verdict"]) <= verdicts, why


def test_the_verified_quarter_is_answered(year: Year) -> None:
    out = year.workspace / "out" / Q4
    assert (out / "复函.docx").is_file()
    listed = openpyxl.load_workbook(out / "核查结果.xlsx", read_only=True)["核查结果"]
    rows = pl.read_csv(year.tables["gaps.csv"], infer_schema=False).height
    assert sum(row[0] is not None for row in listed.iter_rows(values_only=True)) >= rows
    figures = json.loads((out / "run.json").read_text(encoding="utf-8"))["figures"]
    assert figures["visited"] == year.visits["taken"]
    verdicts = ("refuted", "outside", "not_operating", "to_settle", "confirmed")
    assert sum(figures[verdict] for verdict in verdicts) == figures["firms"]


@pytest.mark.skipif(
    not (shutil.which("soffice") or shutil.which("libreoffice")), reason="no LibreOffice here"
)
def test_a_workbook_saved_by_libreoffice_says_the_same(year: Year, tmp_path: Path) -> None:
    book = max(year.workbooks, key=lambda path: path.stat().st_size)
    saved = resaved_by_libreoffice(book, tmp_path)
    assert saved.read_bytes() != book.read_bytes()
    first = gapmatch(year.workspace, "visits", "import", book)
    second = gapmatch(year.workspace, "visits", "import", saved)
    assert (second["taken"], second["left"]) == (0, [])
    assert second["known"] == first["known"] > 0
