"""One word, one number: every paper of a quarter with visits prints the same figures."""

import csv
import json
import os
import re
import shutil
from collections.abc import Mapping
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import fastexcel
import printed_figures as printed
import pytest

from gapmatch.api.papers import write_slips
from gapmatch.api.what_if import estimate_settings
from gapmatch.api.workspace import Workspace
from gapmatch.cli import main
from gapmatch.desk.stored_quarter import load_quarter
from gapmatch.desk.whatif_model import build_whatif_page
from gapmatch.i18n import use_language
from gapmatch.pipeline import NullObserver
from gapmatch.run.quarter_run import RunOptions, Sources, run_quarter
from gapmatch.vocabulary.labels import list_figure_labels, list_labels, list_verdict_figures
from gapmatch.workspace_files import SETTINGS_NAME

PAGE = Path(__file__).parents[1] / "docs/figures.md"
QUARTER, BEFORE = "2022Q4", "2022Q3"
REPEATED = 3
ROUNDED = 0.99
"""Papers print whole persons that add up to their total; the files have the fractions."""

Places = Mapping[str, printed.Figures]


def ask(workspace: Path, *arguments: str) -> dict[str, Any]:
    """Give a command and return what it prints as JSON."""
    out = StringIO()
    with redirect_stdout(out):
        assert main([*arguments, "-w", str(workspace), "--json"]) == 0
    answer: dict[str, Any] = json.loads(out.getvalue())
    return answer


def list_again(tax: Path, file: Path) -> Path:
    """Write some firms of a tax list into a second list."""
    rows = fastexcel.read_excel(tax).load_sheet(0, header_row=None, dtypes="string").to_polars()
    start = next(place for place, row in enumerate(rows.rows()) if "纳税人名称" in row)
    with file.open("w", encoding="utf-8", newline="") as opened:
        csv.writer(opened).writerows(rows.rows()[start : start + 1 + REPEATED])
    return file


VERIFY = RunOptions(verify=True, accept="试")


def verify_earlier_quarter(workspace: Path) -> None:
    """Run the sample's first quarter again as a list to verify: the second is compared with it."""
    extracts = workspace / "extracts" / BEFORE
    sources = Sources([extracts / "正常纳税企业清册.xlsx"], [extracts / "参保单位.csv"])
    run_quarter(BEFORE, sources, workspace, NullObserver(), VERIFY)


@pytest.fixture(scope="module")
def places(sample: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Places:
    """The sample's second quarter, run again as a list to verify, some firms listed twice."""
    workspace = tmp_path_factory.mktemp("one_number") / "workspace"
    shutil.copytree(sample.path, workspace)
    extracts = workspace / "extracts" / QUARTER
    tax, units = extracts / "正常纳税企业清册.xlsx", extracts / "参保单位.csv"
    lists = [tax, list_again(tax, workspace / "补充名单.csv")]
    verify_earlier_quarter(workspace)
    summary = run_quarter(QUARTER, Sources(lists, [units]), workspace, NullObserver(), VERIFY)
    out = summary.out
    slips = write_slips(workspace=workspace)
    diff = ask(workspace, "diff", BEFORE, QUARTER)
    return {
        "run.json": printed.of_run_json(out / "run.json"),
        "terminal": printed.of_terminal(summary),
        "--json": printed.of_summary(summary),
        "report.html": printed.of_report(out / "report.html"),
        "汇总.xlsx": printed.of_prefecture_book(out / "汇总.xlsx"),
        "counties/*.xlsx": printed.of_county_books(out / "counties"),
        "核查结果.xlsx": printed.of_verified_list(out / "核查结果.xlsx"),
        "复函.docx": printed.of_reply(out / "复函.docx"),
        "走访单": {"tier_a": slips.firms},
        "*.csv": printed.of_csv(out),
        "store": printed.of_store(workspace / "gapmatch.db", QUARTER),
        "API": printed.of_api(Workspace(workspace)),
        "cases": printed.of_cases(ask(workspace, "cases", "--by-county")),
        "diff": printed.of_diff(diff, workspace / "out" / f"{BEFORE}-{QUARTER}"),
    }


def test_every_figure_is_one_number_wherever_it_is_printed(places: Places) -> None:
    first: dict[str, tuple[str, float]] = {}
    for place, figures in places.items():
        for code, value in figures.items():
            where, known = first.setdefault(code, (place, value))
            assert abs(value - known) <= ROUNDED, (code, where, place)


def test_every_paper_was_read(places: Places) -> None:
    total = places["run.json"]
    assert total["visited"] > 0
    assert total["list_repeated"] == REPEATED
    assert {code for code in total if "|" not in code} >= {
        *list_figure_labels(),
        *list_verdict_figures(),
        *(f"change_{kind}" for kind in list_labels("change")),
    }
    own = {place: {code for code in found if "|" not in code} for place, found in places.items()}
    statuses = {"insured", "covered_by_parent", "uninsured", "review", "firms", "tier_a"}
    for place in (
        "terminal",
        "--json",
        "report.html",
        "汇总.xlsx",
        "counties/*.xlsx",
        "*.csv",
        "API",
    ):
        assert statuses <= own[place], place
    progress = {"visited", "closed", "enrolled", "persons", "refused", "overdue"}
    for place in ("report.html", "汇总.xlsx", "cases"):
        assert progress <= own[place], place
    verdicts = {*list_verdict_figures()}
    for place in ("report.html", "核查结果.xlsx", "复函.docx"):
        assert verdicts <= own[place], place
    changes = {f"change_{kind}" for kind in list_labels("change")}
    for place in ("report.html", "汇总.xlsx", "diff"):
        assert changes <= own[place], place


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_two_figures_have_the_same_words(language: str) -> None:
    with use_language(language):
        words = [*list_figure_labels().items(), *list_labels("change").items()]
        words += [(code, w) for code, w in list_verdict_figures().items() if code != "outside"]
    labels = [label for _code, label in words]
    assert len(set(labels)) == len(labels)


def test_the_page_of_figures_shows_this_quarter(places: Places) -> None:
    page = printed.write_page(places)
    if os.environ.get("GAPMATCH_WRITE_PAGE"):
        PAGE.write_text(page, encoding="utf-8")
    assert page == PAGE.read_text(encoding="utf-8")


def test_branches_that_a_head_office_insures_are_one_number(sample: Workspace) -> None:
    """Decision 0050: no false gaps, for no unit is theirs; each place says how many besides."""
    out = sample.path / "out" / QUARTER
    noted = json.loads((out / "run.json").read_text(encoding="utf-8"))["quality"]
    value = noted["covered_branches"]["value"]
    assert value > 0
    words, sentence = "此外预计由总公司参保的分支机构", r"可能已由总公司参保（估计 ([\d,]+) 户"
    report = (out / "report.html").read_text(encoding="utf-8")
    estimate = estimate_settings(workspace=sample.path).as_dict()["covered_branches"]
    page = build_whatif_page(load_quarter(sample.path), {}).as_texts()["covered_branches"]
    shown = {
        "run.json": value,
        "sentence": printed.number(re.search(sentence, report)[1]),
        "report.html": printed.number(re.search(rf"{words}</td><td[^>]*>([\d,.]+)", report)[1]),
        "汇总.xlsx": {
            row[0]: row[1]
            for block in printed.sheet_blocks(out / "汇总.xlsx", "质量")
            for row in block
        }[words],
        "what-if": estimate["value"],
        "desk": printed.number(page.partition(" ")[0]),
    }
    assert {k: v for k, v in shown.items() if abs(float(v) - value) > ROUNDED} == {}


def test_english_papers_print_the_same_figures(
    places: Places, sample: Workspace, tmp_path: Path
) -> None:
    workspace = tmp_path / "workspace"
    shutil.copytree(sample.path, workspace)
    (workspace / SETTINGS_NAME).write_text('language = "en"\n', encoding="utf-8")
    extracts = workspace / "extracts" / QUARTER
    tax, units = extracts / "正常纳税企业清册.xlsx", extracts / "参保单位.csv"
    lists = [tax, list_again(tax, workspace / "补充名单.csv")]
    verify_earlier_quarter(workspace)
    with use_language("en"):
        summary = run_quarter(QUARTER, Sources(lists, [units]), workspace, NullObserver(), VERIFY)
        out = summary.out
        english = {
            "run.json": printed.of_run_json(out / "run.json"),
            "terminal": printed.of_terminal(summary),
            "report.html": printed.of_report(out / "report.html"),
            "summary.xlsx": printed.of_prefecture_book(out / "summary.xlsx"),
            "counties/*.xlsx": printed.of_county_books(out / "counties"),
            "verified list.xlsx": printed.of_verified_list(out / "verified list.xlsx"),
            "*.csv": printed.of_csv(out),
            "API": printed.of_api(Workspace(workspace)),
        }
        folder = workspace / "out" / f"{BEFORE}-{QUARTER}"
        diff = printed.of_diff(ask(workspace, "diff", BEFORE, QUARTER), folder)
    known = places["run.json"]
    statuses = {"insured", "uninsured", "review", "firms", "tier_a"}
    for place, figures in english.items():
        assert statuses <= figures.keys() or place == "verified list.xlsx", place
        for code in figures.keys() & known.keys():
            assert abs(figures[code] - known[code]) <= ROUNDED, (code, place)
    assert {*list_verdict_figures()} <= english["verified list.xlsx"].keys()
    assert {code: known[code] for code in diff} == diff
