import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from gapmatch.errors import InputError


@dataclass
class Count:
    side: str = "tax"
    file: str = "清册[1].xlsx"
    read: int = 1_200
    used: int = 1_190
    duplicates: int = 7
    refused: int = 3
    not_data: int = 5


@dataclass
class Summary:
    quarter: str = "2022Q4"
    out: Path = Path("out/2022Q4")
    seconds: float = 6.4
    left_out: list[str] = field(default_factory=list)
    inputs: list[Count] = field(default_factory=lambda: [Count()])
    by_county: dict[str, dict[str, int]] = field(
        default_factory=lambda: {
            "东山县": {"firms": 1000, "insured": 300, "uninsured": 650, "review": 50, "tier_a": 40},
            "未知": {"firms": 190, "insured": 90, "covered_by_parent": 10, "uninsured": 90},
        }
    )
    warnings: list[str] = field(default_factory=list)
    refused_over_limit: bool = False
    run: int = 1
    quality: dict[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        return {"quarter": self.quarter, "out": self.out, "by_county": self.by_county}


@pytest.fixture
def workspace(monkeypatch):
    """A stand-in for what commands call, that remembers its calls."""
    module: Any = ModuleType("gapmatch.run.quarter_run")
    module.calls = []
    module.summary = Summary()

    def run_quarter(*arguments):
        module.calls.append(arguments)
        if isinstance(module.summary, Exception):
            raise module.summary
        return module.summary

    module.run_quarter = run_quarter
    module.run_demo = run_quarter
    module.Sources = lambda *sides: sides
    module.RunOptions = lambda *options, **_verify: options
    for name in ("run.quarter_run", "synth.sample_workspace"):
        monkeypatch.setitem(sys.modules, f"gapmatch.{name}", module)
    return module


@pytest.fixture
def extracts(tmp_path):
    # A folder with settings is one that was made on purpose, whatever other tests left next to it.
    (tmp_path / "gapmatch.toml").touch()
    for name in ("税.csv", "保.csv", "记.csv"):
        (tmp_path / name).touch()
    return "--tax", "税.csv", "--enrollment", "保.csv"


def test_a_run_hands_over_what_was_typed(say, workspace, extracts):
    assert say("run", "2022年四季度", *extracts, "--registry", "记.csv", "-w", "w").code == 0
    sources = ([Path("税.csv")], [Path("保.csv")], [Path("记.csv")])
    assert workspace.calls[0][:3] == ("2022Q4", sources, Path("w"))


def test_a_run_on_a_cluster_hands_over_which(say, workspace, extracts):
    assert say("run", "2022Q4", *extracts, "--engine", "SPARK", "--master", "local[2]").code == 0
    _publish, engine, accept = workspace.calls[0][4]
    assert accept is None
    assert (engine.name, engine.master) == ("spark", "local[2]")


def test_an_engine_that_there_is_not_is_wrong_usage(say, workspace, extracts):
    said = say("run", "2022Q4", *extracts, "--engine", "sprak")
    assert said.code == 2
    assert "spark" in said.err
    assert not workspace.calls


def test_results_that_lie_as_parquet_alone_are_not_sought_in_workbooks(say, workspace, extracts):
    workspace.summary.run = 0
    said = say("run", "2022Q4", *extracts)
    assert "Parquet" in said.out
    assert "counties" not in said.out


def test_a_run_ends_with_a_table_by_county_and_what_to_do_next(say, workspace, extracts):
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


def test_the_columns_of_the_table_line_up_however_wide_the_characters(say, workspace, extracts):
    from rich.cells import cell_len

    lines = say("run", "2022Q4", *extracts).out.splitlines()
    table = [line for line in lines if line.startswith(("县区", "东山县", "未知", "合计"))]
    assert len(table) == 4
    assert len({cell_len(line.rstrip()) for line in table}) == 1


def test_a_quiet_run_says_nothing(say, workspace, extracts):
    assert say("run", "2022Q4", *extracts, "--quiet") == (0, "", "")


def test_a_run_for_a_program_prints_json_and_nothing_else(say, workspace, extracts):
    said = say("run", "2022Q4", *extracts, "--json")
    assert json.loads(said.out)["by_county"]["未知"]["firms"] == 190
    assert said.err == ""


def test_too_many_refused_rows_end_with_exit_code_3(say, workspace, extracts):
    workspace.summary = Summary(refused_over_limit=True)
    said = say("run", "2022Q4", *extracts)
    assert said.code == 3
    assert "defects.csv" in said.err


def test_warnings_are_heard_even_when_quiet(say, workspace, extracts):
    workspace.summary = Summary(warnings=["没有人数列"])
    assert "没有人数列" in say("run", "2022Q4", *extracts, "--quiet").err


def test_bad_input_is_told_without_a_traceback(say, workspace, extracts):
    workspace.summary = InputError("税.csv：没有表头", "请检查")
    said = say("run", "2022Q4", *extracts, "--json")
    assert (said.code, said.out) == (1, "")
    assert "没有表头" in said.err
    assert "Traceback" not in said.err


def test_the_demo_makes_up_as_many_firms_as_asked_for(say, workspace):
    assert say("demo", "--firms", "500", "-w", "w").code == 0
    assert workspace.calls[0][:2] == (500, Path("w"))


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
