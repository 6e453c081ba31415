import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gapmatch.errors import InputError
from gapmatch.run import quarter_run
from gapmatch.run.assessed_run import InputCount, Summary

SUMMARY = Summary(
    quarter="2022Q4",
    run=1,
    out=Path("out/2022Q4"),
    seconds=6.4,
    inputs=[InputCount("tax", "清册[1].xlsx", 1_200, 1_190, 7, 3, not_data=5)],
    by_county={
        "东山县": {"firms": 1000, "insured": 300, "uninsured": 650, "review": 50, "tier_a": 40},
        "未知": {"firms": 190, "insured": 90, "covered_by_parent": 10, "uninsured": 90},
    },
    quality={},
    warnings=[],
    refused_over_limit=False,
    timings={},
)


class Runs:
    """A stand-in for running a quarter: what it was asked for, and what it answers."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.answer: Summary | Exception = SUMMARY

    def run(self, quarter, sources, workspace, observer, options=None):
        self.asked.append(
            {"quarter": quarter, "sources": sources, "workspace": workspace, "options": options}
        )
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def runs(monkeypatch):
    runs = Runs()
    monkeypatch.setattr(quarter_run, "run_quarter", runs.run)
    return runs


@pytest.fixture
def extracts(tmp_path):
    # A folder with settings is one that was made on purpose, whatever other tests left next to it.
    (tmp_path / "gapmatch.toml").touch()
    for name in ("税.csv", "保.csv", "记.csv"):
        (tmp_path / name).touch()
    return "--tax", "税.csv", "--enrollment", "保.csv"


def test_a_run_hands_over_what_was_typed(say, runs, extracts):
    assert say("run", "2022年四季度", *extracts, "--registry", "记.csv", "-w", "w").code == 0
    (asked,) = runs.asked
    sources = quarter_run.Sources([Path("税.csv")], [Path("保.csv")], [Path("记.csv")])
    assert (asked["quarter"], asked["sources"], asked["workspace"]) == (
        "2022Q4",
        sources,
        Path("w"),
    )


def test_a_run_on_a_cluster_hands_over_which(say, runs, extracts):
    assert say("run", "2022Q4", *extracts, "--engine", "SPARK", "--master", "local[2]").code == 0
    options = runs.asked[0]["options"]
    assert options.accept is None
    assert (options.engine.name, options.engine.master) == ("spark", "local[2]")


def test_an_engine_that_there_is_not_is_wrong_usage(say, runs, extracts):
    said = say("run", "2022Q4", *extracts, "--engine", "sprak")
    assert said.code == 2
    assert "spark" in said.err
    assert not runs.asked


def test_results_that_lie_as_parquet_alone_are_not_sought_in_workbooks(say, runs, extracts):
    runs.answer = replace(SUMMARY, run=0)
    said = say("run", "2022Q4", *extracts)
    assert "Parquet" in said.out
    assert "counties" not in said.out


def test_a_run_ends_with_a_table_by_county_and_what_to_do_next(say, runs, extracts):
    said = say("run", "2022Q4", *extracts)
    lines = said.out.splitlines()
    (county,) = [line for line in lines if line.startswith("东山县")]
    (total,) = [line for line in lines if line.startswith("合计")]
    assert county.split()[1:] == ["1,000", "300", *["0"] * 4, "50", "650", "0", "0", "40"]
    assert total.split()[1:4] == ["1,190", "390", "10"]
    assert "清册[1].xlsx" in said.out
    assert "gapmatch explain" in said.out
    assert "counties" in said.out
    assert said.err == ""


def test_the_columns_of_the_table_line_up_however_wide_the_characters(say, runs, extracts):
    from rich.cells import cell_len

    lines = say("run", "2022Q4", *extracts).out.splitlines()
    table = [line for line in lines if line.startswith(("县区", "东山县", "未知", "合计"))]
    assert len(table) == 4
    assert len({cell_len(line.rstrip()) for line in table}) == 1


def test_a_quiet_run_says_nothing(say, runs, extracts):
    assert say("run", "2022Q4", *extracts, "--quiet") == (0, "", "")


def test_a_run_for_a_program_prints_json_and_nothing_else(say, runs, extracts):
    said = say("run", "2022Q4", *extracts, "--json")
    assert json.loads(said.out)["by_county"]["未知"]["firms"] == 190
    assert said.err == ""


def test_too_many_refused_rows_end_with_exit_code_3(say, runs, extracts):
    runs.answer = replace(SUMMARY, refused_over_limit=True)
    said = say("run", "2022Q4", *extracts)
    assert said.code == 3
    assert "defects.csv" in said.err


def test_sheets_with_most_of_their_rows_hidden_end_with_exit_code_3(say, runs, extracts):
    runs.answer = replace(SUMMARY, mostly_hidden=True)
    said = say("run", "2022Q4", *extracts)
    assert said.code == 3
    assert "隐藏" in said.err


def test_warnings_are_heard_even_when_quiet(say, runs, extracts):
    runs.answer = replace(SUMMARY, warnings=["没有人数列"])
    assert "没有人数列" in say("run", "2022Q4", *extracts, "--quiet").err


def test_bad_input_is_told_without_a_traceback(say, runs, extracts):
    runs.answer = InputError("税.csv：没有表头", "请检查")
    said = say("run", "2022Q4", *extracts, "--json")
    assert (said.code, said.out) == (1, "")
    assert "没有表头" in said.err
    assert "Traceback" not in said.err


def test_the_demo_makes_up_as_many_firms_as_asked_for(say, monkeypatch):
    asked = []
    monkeypatch.setattr(
        "gapmatch.synth.sample_workspace.run_demo",
        lambda firms, workspace, _observer: asked.append((firms, workspace)) or SUMMARY,
    )
    assert say("demo", "--firms", "500", "-w", "w").code == 0
    assert asked == [(500, Path("w"))]


def test_where_nothing_was_run_no_database_is_left_behind(say, tmp_path):
    said = say("runs", "-w", tmp_path)
    assert said.code == 1
    assert "gapmatch run" in said.err
    assert list(tmp_path.iterdir()) == []


def test_runs_are_listed_newest_first(say, tmp_path):
    from invented_quarter import write_run

    from gapmatch.schemas import DEFECTS, FIRMS, GAPS, LINKS, TARGETS, UNITS
    from gapmatch.store.runs import RunRecord, Store

    tables = (FIRMS, UNITS, LINKS, GAPS, TARGETS, DEFECTS)
    frames = {table.name.lower(): table.empty() for table in tables}
    with Store.open(tmp_path) as store:
        for quarter in ("2022Q3", "2022Q4"):
            record = RunRecord(quarter, "0.1.0", "2022-12-31T00:00:00+00:00")
            write_run(store, record, frames)
    said = say("runs", "-w", tmp_path)
    assert said.code == 0
    assert said.out.index("2022Q4") < said.out.index("2022Q3")
    assert json.loads(say("runs", "-w", tmp_path, "--json").out)["runs"][0]["quarter"] == "2022Q4"
